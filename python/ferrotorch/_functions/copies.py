"""Views as copies, and other forms of what the operators already do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors
from ferrotorch._functions._out import write_out
from ferrotorch._functions._tables import Table

Tensor = _C.Tensor


def _copying(view: Callable[..., Any], name: str) -> Callable[..., Any]:
    def copied(input: Tensor, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        require_tensors(name, input=input)
        since = _C._moment()
        result = view(input, *args, **kwargs)
        if isinstance(result, Tensor):
            return write_out(name, _copies(name, since, [result])[0], out, own_dtype=True)
        if isinstance(out, Tensor):
            raise TypeError(f"{name}(): argument 'out' must be tuple of Tensors, not Tensor")
        copies = tuple(_copies(name, since, list(result)))
        if out is None:
            return copies
        if len(out) != len(copies):
            raise RuntimeError(f"{name}() expected an out= argument of size {len(copies)}, got size {len(out)}")
        for target, part in zip(out, copies, strict=True):
            write_out(name, part, target, own_dtype=True)
        return None

    copied.__name__ = copied.__qualname__ = name
    copied.__doc__ = f"The result of ``{name.removesuffix('_copy')}`` as a copy instead of a view."
    return copied


def _copies(name: str, since: int, parts: list[Tensor]) -> list[Tensor]:
    """Copies of what a view made of a tensor, as the results of one node."""
    copies = [part.clone(memory_format=_C.contiguous_format) for part in parts]
    view = parts[0].grad_fn if parts else None
    node = _NODES.get(name) or (f"{view.name()}_copy" if view else None)
    if node is None or not any(copy.requires_grad for copy in copies):
        return copies
    return _C._as_one_node(node, since, copies)


def _reshaped(input: Tensor, *size: Any, **kwargs: Any) -> Tensor:
    """A view of any tensor to be copied, as `view` gives of those that have one."""
    if kwargs or isinstance(size[0], _C.dtype):
        return input.view(*size, **kwargs)
    return input.reshape(*size)


# Nodes that are not named after those of the views.
_NODES = {
    "alias_copy": "AliasBackward0_copy",
    "narrow_copy": "NarrowCopyBackward0",
    "view_copy": "ViewBackward0_copy",
}
_VIEWS = [
    "as_strided",
    "diagonal",
    "expand",
    "narrow",
    "permute",
    "select",
    "split",
    "split_with_sizes",
    "squeeze",
    "t",
    "transpose",
    "unbind",
    "unfold",
    "unsqueeze",
    "view_as_complex",
    "view_as_real",
    "detach",
]
FUNCTIONS: Table = {
    f"{name}_copy": _copying(getattr(Tensor, name, None) or getattr(_C, name), f"{name}_copy") for name in _VIEWS
}
FUNCTIONS["view_copy"] = _copying(_reshaped, "view_copy")
FUNCTIONS["alias_copy"] = _copying(lambda input: input, "alias_copy")
METHODS: Table = {"narrow_copy": FUNCTIONS["narrow_copy"]}
IN_PLACE: Table = {}
