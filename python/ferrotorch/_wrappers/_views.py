"""Views of wrappers, and writing to them.

A view of a wrapper is a wrapper of its own; its handle notes the base and the ops that lead there. What is written to a
view is written to the base: this becomes the output of a node, and every view of it gets a new history, the same ops of
the base as it is now. All of them count writes together.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch._wrappers import handle_of
from ferrotorch.autograd import Function
from ferrotorch.utils import _pytree

_SINGLE = frozenset(
    [
        "alias",
        "as_strided",
        "diagonal",
        "expand",
        "expand_as",
        "movedim",
        "moveaxis",
        "narrow",
        "permute",
        "select",
        "slice",
        "squeeze",
        "swapaxes",
        "swapdims",
        "t",
        "transpose",
        "unfold",
        "unsqueeze",
        "unflatten",
        "view",
        "view_as",
        "view_as_complex",
        "view_as_real",
    ]
)
_MULTIPLE = frozenset(["chunk", "split", "split_with_sizes", "tensor_split", "unbind"])

_AMBIGUOUS = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case "
    "is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace "
    "either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want "
    "the inplace to be tracked)."
)
_SEVERAL = (
    "Output {} of {} is a view and is being modified inplace. This view is the output of a function that returns "
    "multiple views. Such functions do not allow the output views to be modified inplace. You should replace the "
    "inplace operation by an out-of-place one."
)


@dataclass
class Link:
    """How a view was made.

    Attributes:
        base: what it is a view of, itself no view.
        steps: the functions that lead from there to the view; None for a view without a derivative.
        refusal: why it cannot be written to where gradients are wanted.
    """

    base: Tensor
    steps: list[Callable[[Tensor], Tensor]] | None
    refusal: str | None

    def follow(self, base: Tensor) -> Tensor:
        """The view of another base."""
        for step in self.steps or []:
            base = step(base)
        return base


def link_of(x: Any) -> Link | None:
    """How a wrapper was made, if it is a view."""
    handle = handle_of(x)
    return None if handle is None else handle.link


def base_of(x: Tensor) -> Any:
    """What a wrapper is a view of, if there is a derivative of that; otherwise the core answers."""
    link = link_of(x)
    return NotImplemented if link is None or link.steps is None else link.base


def version_of(x: Tensor) -> Any:
    """How often what a wrapper is a view of was written to; the core answers for what is no view."""
    link = link_of(x)
    return NotImplemented if link is None else link.base._version


def note(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    """Note of the results of an op that views the first argument that they are views of it."""
    name = func.overloadpacket.__name__
    if name != "detach" and name not in _SINGLE and name not in _MULTIPLE:
        return
    several = isinstance(result, list | tuple)
    for i, view in enumerate(result if several else [result]):
        step = None if name == "detach" else _step(func, args, kwargs, i if several else None)
        _connect(args[0], view, step, _SEVERAL.format(i, name.title()) if several else None)


def _step(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], place: int | None) -> Callable[[Tensor], Tensor]:
    from ferrotorch._wrappers import _recording

    others = _pytree.tree_map(lambda x: x.detach() if isinstance(x, Tensor) else x, args[1:])

    def step(x: Tensor) -> Tensor:
        result = _recording.run(func, (x, *others), kwargs)
        made: Tensor = result if place is None else result[place]
        return made

    return step


def _connect(source: Tensor, view: Any, step: Callable[[Tensor], Tensor] | None, refusal: str | None) -> None:
    handle, above = handle_of(view), link_of(source)
    base = source if above is None else above.base
    if handle is None or view is source or handle.link is not None or handle_of(base) is None:
        return
    steps: list[Callable[[Tensor], Tensor]] | None = None if above is None else above.steps
    if above is None or steps is not None:
        steps = None if step is None else [*(steps or []), step]
    if above is not None and above.refusal is not None:
        refusal = above.refusal
    elif refusal is None and not _C.is_grad_enabled():
        refusal = _AMBIGUOUS
    handle.link = Link(base, steps, refusal)
    views = handle_of(base).views  # type: ignore[union-attr]
    views.append(weakref.ref(view, views.remove))


def check(name: str, target: Tensor) -> None:
    """Refuse to write to a view whose derivative would be lost.

    Raises:
        RuntimeError: it is one of several views of one op, was made without recording, or is a view of a leaf.
    """
    link = link_of(target)
    if link is None or link.steps is None:
        return
    if link.refusal is not None:
        raise RuntimeError(link.refusal)
    if link.base.requires_grad and link.base.is_leaf:
        raise RuntimeError(
            f"{name}(): a view of a leaf Variable that requires grad is being used in an in-place operation."
        )


def written(target: Tensor) -> None:
    """Count a write to a wrapper and to all that shares its memory."""
    link = link_of(target)
    base = target if link is None else link.base
    handle = handle_of(base)
    for ref in [] if handle is None else handle.views:
        if (view := ref()) is not None:
            _C._increment_version(view)
    _C._increment_version(base)


def renew(target: Tensor) -> None:
    """Give all views of what a recorded write changed a history that begins there."""
    link = link_of(target)
    base = target if link is None else link.base
    handle = handle_of(base)
    for ref in [] if handle is None else list(handle.views):
        view = ref()
        found = None if view is None else link_of(view)
        if view is None or found is None or found.steps is None or found.refusal is not None:
            continue
        with torch.no_grad():
            view.detach_()
        Renewed.apply(view, found.follow(base))


class Renewed(Function):
    """A view with the history of another tensor of its shape."""

    @staticmethod
    def forward(ctx: Any, view: Tensor, like: Tensor) -> Tensor:
        """The view."""
        ctx.mark_dirty(view)
        return view

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient goes the other tensor's way."""
        return None, grad
