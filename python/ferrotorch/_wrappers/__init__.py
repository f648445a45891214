"""Tensors of classes that say themselves, by a ``__torch_dispatch__``, what ops do with them.

A wrapper has a shape, a dtype, a device and a place in the graph, and no memory: what it stands for lies in the
attributes of its object. It is opaque to the core. A tensor that ``_make_subclass`` made has memory besides. Calls with
either come here (:mod:`ferrotorch._opaque`), below overrides and autocasting. `_call.py` makes an op of ``aten`` of a
call, and asks the class; `_recording.py` records the op above that. What is composed of ops goes through to these.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ferrotorch import _C
from ferrotorch._C import Tensor

if TYPE_CHECKING:
    from ferrotorch._wrappers._views import Link


class Asking:
    """Computes by asking the classes of tensors."""

    __slots__ = ()

    @staticmethod
    def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """See `ferrotorch._opaque.Handle`."""
        from ferrotorch._wrappers import _call

        return _call.call(name, composed, args, kwargs)

    @staticmethod
    def sum_of_gradients(total: Tensor | None, grad: Tensor, in_place: bool) -> Tensor:
        """See `ferrotorch._opaque.sum_of_gradients`."""
        if total is None:
            return grad.detach()
        return total.add_(grad) if in_place and type(total) is type(grad) else total + grad


class Handle(Asking):
    """What stands in the place of a wrapper's memory: its class, how its memory would lie, what it is a view of."""

    __slots__ = ("link", "offset", "strides", "tensor_class", "views")

    def __init__(self, tensor_class: type[Tensor], strides: tuple[int, ...], offset: int) -> None:
        self.tensor_class, self.strides, self.offset = tensor_class, strides, offset
        self.link: Link | None = None
        self.views: list[weakref.ref[Tensor]] = []


def make_wrapper_subclass(
    cls: type[Tensor],
    size: Any,
    strides: Any = None,
    storage_offset: int | None = None,
    memory_format: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    dispatch_sizes_strides_policy: str | None = None,
    dispatch_device: bool = False,
    dispatch_layout: bool = False,
) -> Tensor:
    """A tensor without memory of a class with a ``__torch_dispatch__(func, types, args=(), kwargs=None)``.

    Args:
        cls: the class.
        size: its shape, which attributes and methods answer whatever the class says: the last three arguments, which
            hand such questions to the class in PyTorch, may be given and change nothing.
        strides: what ``stride()`` answers; those of contiguous memory by default.
        storage_offset: what ``storage_offset()`` answers.
        memory_format: contiguous memory is the only one.
        dtype: its dtype, ``torch.get_default_dtype()`` by default.
        layout: strided is the only one.
        device: its device.
        pin_memory: must be False: there is no memory.
        requires_grad: is it a leaf that gets a gradient?

    Raises:
        TypeError: ``cls`` is no subclass of ``Tensor``, or has no ``__torch_dispatch__``.
        RuntimeError: the memory is to lie in a way that wrappers cannot have.
    """
    import ferrotorch as torch

    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"cls must be a type deriving from Tensor, got {cls!r}")
    asked: Any = cls
    if asked.__torch_dispatch__ is _C._disabled_torch_dispatch_impl:
        raise TypeError(f"{cls.__name__} must define __torch_dispatch__, which says what ops do with wrappers")
    if layout not in (None, torch.strided) or memory_format not in (None, torch.contiguous_format) or pin_memory:
        raise RuntimeError("_make_wrapper_subclass(): wrappers are strided, contiguous and not pinned")
    if dispatch_sizes_strides_policy not in (None, "sizes", "strides"):
        raise RuntimeError(f"Unknown policy for sizes and strides: {dispatch_sizes_strides_policy!r}")
    del dispatch_device, dispatch_layout  # The wrapper answers by itself.
    size = [int(extent) for extent in size]
    lay = tuple(map(int, strides)) if strides is not None else contiguous(size)
    handle = Handle(_Alias if _has_slots(cls) else cls, lay, storage_offset or 0)
    base = _C._opaque_tensor(
        handle, size, torch.get_default_dtype() if dtype is None else dtype, torch.empty(0, device=device).device
    )
    # A class with slots has instances that no object of another class can become.
    result: Tensor = base if type(base) is cls else base.as_subclass(cls)
    return result.requires_grad_() if requires_grad else result


class _Alias(Tensor):
    """What shares the place of a wrapper whose class has slots, without what these hold."""

    __torch_function__: Any = _C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise RuntimeError(
            f"{func}: this tensor shares the place of a wrapper, and nothing is known of what that wraps"
        )


def _has_slots(cls: type[Tensor]) -> bool:
    return any(vars(base).get("__slots__") for base in cls.__mro__ if issubclass(base, Tensor) and base is not Tensor)


def contiguous(size: Sequence[int]) -> tuple[int, ...]:
    """The strides of contiguous memory."""
    strides: list[int] = []
    step = 1
    for extent in reversed(size):
        strides.insert(0, step)
        step *= max(extent, 1)
    return tuple(strides)


def is_asked(x: Any) -> bool:
    """Is it a tensor whose class is asked what ops do with it?"""
    return handle_of(x) is not None or _C._has_torch_dispatch(x)


def handle_of(x: Any) -> Handle | None:
    """The handle of a wrapper; None for what is none."""
    handle = _C._opaque_handle(x)
    return handle if isinstance(handle, Handle) else None
