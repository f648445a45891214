"""Tensors in memory that several processes see, and their way from one to another.

Shared memory is a file without a name, mapped; its descriptor goes along with what is sent. Where the system has no
such thing, tensors are copied.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Sequence
from multiprocessing import reduction
from typing import Any

import ferrotorch
from ferrotorch import _C
from ferrotorch.storage import _over

__all__ = ["is_shared", "register", "share"]

Tensor = _C.Tensor
_CAN_SHARE = hasattr(reduction, "DupFd") and os.name == "posix"


class _Memory(mmap.mmap):
    """Shared memory that is mapped, and the descriptor of its file, which is closed with it."""

    descriptor: int

    def __del__(self) -> None:
        os.close(self.descriptor)


# The memory that storages lie in, by its address.
_mapped: weakref.WeakValueDictionary[int, _Memory] = weakref.WeakValueDictionary()


def _new_file(nbytes: int) -> int:
    """The descriptor of a file without a name."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("ferrotorch")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, nbytes)
    return descriptor


def _map(descriptor: int, nbytes: int) -> _C.UntypedStorage:
    memory = _Memory(descriptor, nbytes)
    memory.descriptor = descriptor
    storage = _over(memory)
    _mapped[storage.data_ptr()] = memory
    return storage


def is_shared(tensor: Tensor) -> bool:
    """Do other processes see a tensor's memory, or could they?"""
    return not tensor.is_cpu or tensor.untyped_storage().data_ptr() in _mapped


def share(tensor: Tensor) -> Tensor:
    """Move a tensor of the host to shared memory, in place. Other tensors over its old memory stay there.

    Raises:
        RuntimeError: the system has no shared memory that can be handed on.
    """
    storage = tensor.untyped_storage()
    if is_shared(tensor) or storage.nbytes() == 0:
        return tensor
    if not _CAN_SHARE:
        raise RuntimeError("share_memory_(): this system has no file descriptors that can be sent to other processes")
    shared = _map(_new_file(storage.nbytes()), storage.nbytes()).copy_(storage)
    moved = _C._tensor_from_storage(shared, tensor.dtype, tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
    tensor.data = moved
    return tensor


def _reduce(tensor: Tensor) -> tuple[Any, ...]:
    """What is sent in the place of a tensor."""
    from ferrotorch.utils.data import get_worker_info

    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(
            "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support "
            "crossing process boundaries.  If you just want to transfer the data, call detach() on the tensor before "
            "serializing (e.g., putting it on the queue)."
        )
    lazy = tensor.is_conj() or tensor.is_neg()
    # Workers of a DataLoader may end before their batches are taken: these are copied.
    if not tensor.is_cpu or tensor.numel() == 0 or lazy or not _CAN_SHARE or get_worker_info() is not None:
        return tensor.__reduce_ex__(2)
    share(tensor)
    storage = tensor.untyped_storage()
    descriptor = reduction.DupFd(_mapped[storage.data_ptr()].descriptor)
    layout = tensor.dtype, tensor.storage_offset(), tuple(tensor.shape), tensor.stride()
    return _rebuild, (descriptor, storage.nbytes(), layout, tensor.requires_grad, type(tensor), tensor.__dict__ or None)


def _rebuild(
    descriptor: Any,
    nbytes: int,
    layout: tuple[_C.dtype, int, Sequence[int], Sequence[int]],
    requires_grad: bool,
    kind: type[Tensor],
    attributes: dict[str, Any] | None,
) -> Tensor:
    tensor = _C._tensor_from_storage(_map(descriptor.detach(), nbytes), *layout)
    if kind is not Tensor:
        tensor = kind(tensor, requires_grad=requires_grad)  # type: ignore[call-arg]
    tensor.__dict__.update(attributes or {})
    return tensor.requires_grad_(requires_grad)


def register() -> None:
    """Let queues and pipes of this process send tensors by their memory."""
    for kind in (Tensor, ferrotorch.nn.Parameter):
        reduction.ForkingPickler.register(kind, _reduce)
