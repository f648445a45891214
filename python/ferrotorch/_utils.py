"""Private tools of PyTorch that packages import."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import ferrotorch as torch

__all__ = ["ExceptionWrapper"]


class ExceptionWrapper:
    """An exception as its class and the text of its traceback, which can go from one process or thread to another.

    Args:
        exc_info: As ``sys.exc_info()`` has it; by default the exception that is being handled.
        where: Where it was raised, for the message.
    """

    def __init__(self, exc_info: Any = None, where: str = "in background") -> None:
        kind, error, trace = sys.exc_info() if exc_info is None else exc_info
        self.exc_type = kind
        self.exc_msg = "".join(traceback.format_exception(kind, error, trace))
        self.where = where

    def reraise(self) -> NoReturn:
        """Raise an exception of the class, with the text in its message."""
        assert self.exc_type is not None
        message = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        try:
            error = self.exc_type(message)
        except Exception:
            raise RuntimeError(message) from None
        raise error


def _flatten_dense_tensors(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """All elements in one row."""
    return torch.cat([tensor.contiguous().view(-1) for tensor in tensors])


def _unflatten_dense_tensors(flat: torch.Tensor, tensors: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """Parts of a row in the shapes of tensors."""
    parts = flat.split([tensor.numel() for tensor in tensors])
    return tuple(part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True))


def _take_tensors(tensors: Iterable[torch.Tensor], size_limit: int) -> Iterable[list[torch.Tensor]]:
    """Tensors in groups of one dtype, none larger in bytes than a limit but for single tensors."""
    groups: dict[torch.dtype, list[torch.Tensor]] = {}
    sizes: dict[torch.dtype, int] = {}
    for tensor in tensors:
        dtype, size = tensor.dtype, tensor.numel() * tensor.element_size()
        if groups.get(dtype) and sizes[dtype] + size > size_limit:
            yield groups.pop(dtype)
        groups.setdefault(dtype, []).append(tensor)
        sizes[dtype] = size + (sizes[dtype] if len(groups[dtype]) > 1 else 0)
    yield from groups.values()


def _get_available_device_type() -> str | None:
    """The kind of GPU that is there."""
    return torch._C._gpu_kind() if torch.wgpu.is_available() else None


def _get_all_device_indices() -> list[int]:
    return list(range(torch.wgpu.device_count()))


def _get_device_index(device: Any, optional: bool = False, allow_cpu: bool = False) -> int:
    """The number of a GPU; -1 for the host where that is allowed."""
    if device is None and not optional:
        raise ValueError(f"Expected a torch.device with a specified index or an integer, but got:{device}")
    if isinstance(device, int):
        return device
    named = None if device is None else torch.device(device)
    if named is not None and named.type == "cpu":
        if allow_cpu:
            return -1
        raise ValueError(f"Expected a non cpu device, but got: {device}")
    return torch.wgpu.current_device() if named is None or named.index is None else named.index


def _element_size(dtype: torch.dtype) -> int:
    """Bytes of an element."""
    return dtype.itemsize


def _to_cpu(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.cpu()


def is_compiling() -> bool:
    """False: nothing is ever compiled."""
    return False


def _get_device_module(device_type: str) -> Any:
    """The module of a kind of device, such as ``torch.cpu``.

    Raises:
        RuntimeError: there is none.
    """
    found = getattr(torch, device_type, None)
    if found is None:
        raise RuntimeError(
            f"Device '{device_type}' does not have a corresponding module registered as 'torch.{device_type}'."
        )
    return found


def __getattr__(name: str) -> Any:
    """The functions by which pickled tensors are made again."""
    from ferrotorch._pickling import names

    found = names._FUNCTIONS.get(f"torch._utils.{name}") if name.startswith("_rebuild") else None
    if found is None:
        raise AttributeError(f"module 'torch._utils' has no attribute {name!r}")
    return found
