"""Nodes and edges of the graph, and what the graph keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from ferrotorch import _C

Tensor = _C.Tensor
Node = _C.Node

__all__ = [
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks", "get_gradient_edge",
    "increment_version", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip


class GradientEdge(NamedTuple):
    """Where a gradient goes: an output of a node."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge along which the gradient of a tensor comes.

    Raises:
        RuntimeError: The tensor requires no gradient.
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = tensor.grad_fn
    if node is None:
        # The node of a leaf is known to the nodes that use the leaf.
        with _recording():
            user = tensor.view_as(tensor).grad_fn
        assert user is not None  # the view was recorded
        node = user.next_functions[0][0]
    return GradientEdge(node, tensor.output_nr)


@contextmanager
def _recording() -> Iterator[None]:
    before = _C._set_grad_enabled(True)
    try:
        yield
    finally:
        _C._set_grad_enabled(before)


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Tell the graph that tensors were written to in a way that it could not see."""
    for t in [tensor] if isinstance(tensor, Tensor) else tensor:
        _C._increment_version(t)


class _Handles:
    """Several hooks, removed together."""

    def __init__(self, handles: Sequence[Any]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Remove every hook."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> _Handles:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., None], *, mode: str = "all") -> _Handles:
    """Call ``fn`` when the gradients of all tensors (or, with ``mode="any"``, of the first one) are there.

    In mode ``"all"`` a backward that reaches some of the tensors only calls it at the end, with None for the others.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    grads: dict[int, Tensor] = {}

    def hook(i: int, grad: Tensor) -> None:
        if not grads:
            _C._call_after_walk(finish)
            if mode == "any":
                fn(grad)
        grads[i] = grad
        if mode == "all" and len(grads) == len(tensors):
            fn([grads[j] for j in range(len(tensors))])

    def finish(complete: bool) -> None:
        found = dict(grads)
        grads.clear()
        if complete and mode == "all" and len(found) < len(tensors):
            fn([found.get(j) for j in range(len(tensors))])

    return _Handles([t.register_hook(partial(hook, i)) for i, t in enumerate(tensors)])


_forbidden = threading.local()
_mutable = threading.local()


class saved_tensors_hooks:
    """Send the tensors that ops save for backward through a pair of functions, within a ``with`` block.

    Args:
        pack_hook: Called with each tensor when it is saved; what it returns is kept in its place. It must not write
            to the tensor. An exception in it is raised by the op that saves.
        unpack_hook: Called with that when the tensor is needed; must return a tensor of the same contents.

    Of nested pairs the innermost is called.

    Raises:
        RuntimeError: On entry, within ``disable_saved_tensors_hooks``.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        message = getattr(_forbidden, "message", None)
        if message is not None:
            raise RuntimeError(message)
        _C._push_saved_tensors_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *exception: object) -> None:
        _C._pop_saved_tensors_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Keep saved tensors on the host, within a ``with`` block; they go back to their device when they are needed.

    Args:
        pin_memory: Accepted for compatibility: host memory is not pinned.
        device_type: Accepted for compatibility.
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: Tensor) -> Any:
            return tensor.device, tensor.detach().clone() if tensor.device.type == "cpu" else tensor.detach().cpu()

        def unpack(packed: Any) -> Tensor:
            device, tensor = packed
            return tensor.to(device)

        super().__init__(pack, unpack)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Forbid ``saved_tensors_hooks`` within a ``with`` block: entering one raises RuntimeError with this message.

    So does entering this block within one of ``saved_tensors_hooks``.
    """
    if _C._any_saved_tensors_hooks():
        raise RuntimeError(error_message)
    before = getattr(_forbidden, "message", None)
    _forbidden.message = error_message
    try:
        yield
    finally:
        _forbidden.message = before


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[None]:
    """Within a ``with`` block saved tensors are copied, so that the originals may be written to before backward.

    Backward must run in the block too. Blocks cannot be nested.
    """
    if getattr(_mutable, "block", None) is not None:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    block = _mutable.block = object()

    def pack(tensor: Tensor) -> Tensor:
        return tensor.detach().clone()

    def unpack(kept: Tensor) -> Tensor:
        if getattr(_mutable, "block", None) is not block:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context in which the graph was "
                "originally recorded."
            )
        return kept

    try:
        with saved_tensors_hooks(pack, unpack):
            yield
    finally:
        _mutable.block = None
