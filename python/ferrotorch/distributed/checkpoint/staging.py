"""Copies of states, which a program may change while they are being saved."""

from __future__ import annotations

import copy
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import ferrotorch as torch
from ferrotorch.distributed.checkpoint.metadata import STATE_DICT_TYPE
from ferrotorch.distributed.tensor._api import DTensor, unwrap

__all__ = ["AsyncStager", "BlockingAsyncStager", "DefaultStager", "StagingOptions"]


@runtime_checkable
class AsyncStager(Protocol):
    """Makes copies of states for :func:`async_save`.

    :func:`async_save` calls :meth:`stage`, begins to save what that returns, or what the future that it returns gives,
    and then, if :attr:`should_synchronize_after_execute` is true, calls :meth:`synchronize_staging`.
    """

    _synchronize_after_execute: bool = True

    @property
    def should_synchronize_after_execute(self) -> bool:
        """Does :func:`async_save` wait until the state is copied?"""
        return self._synchronize_after_execute

    def stage(self, state_dict: STATE_DICT_TYPE) -> Future[STATE_DICT_TYPE] | STATE_DICT_TYPE:
        """A copy of a state, or its future.

        Raises:
            NotImplementedError: unless a derived class does otherwise.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement stage method")

    def synchronize_staging(self) -> None:
        """Wait until the state is copied."""

    def close(self) -> None:
        """Give back what copying needed."""


class _Copier:
    """Copies states to host memory.

    Args:
        keeps: Copy into the memory of the last copy, where shapes and dtypes are as they were.
    """

    def __init__(self, keeps: bool = False) -> None:
        self._keeps = keeps
        self._kept: dict[Any, torch.Tensor] = {}

    def copied(self, tree: Any, path: tuple[Any, ...] = ()) -> Any:
        """A copy of nested dicts and lists, and of what is in them."""
        if isinstance(tree, dict):
            made = copy.copy(tree)
            made.update({key: self.copied(value, (*path, key)) for key, value in tree.items()})
            return made
        if type(tree) in (list, tuple):
            return type(tree)(self.copied(value, (*path, number)) for number, value in enumerate(tree))
        if isinstance(tree, DTensor):
            return DTensor(self._tensor(unwrap(tree), path), tree._spec)
        return self._tensor(tree, path) if isinstance(tree, torch.Tensor) else copy.deepcopy(tree)

    def _tensor(self, tensor: torch.Tensor, path: tuple[Any, ...]) -> torch.Tensor:
        tensor = tensor.detach()
        known = self._kept.get(path)
        if known is not None and known.shape == tensor.shape and known.dtype == tensor.dtype:
            return known.copy_(tensor)
        made = tensor.clone() if tensor.device.type == "cpu" else tensor.cpu()
        if self._keeps:
            self._kept[path] = made
        return made

    def close(self) -> None:
        """Give back the memory."""
        self._kept.clear()


class BlockingAsyncStager(AsyncStager):
    """Copies states to host memory at once.

    Args:
        cache_staged_state_dict: Copy into the memory of the last copy.
        type_check: Accepted: whatever is in a state is copied.
    """

    _synchronize_after_execute = False

    def __init__(self, cache_staged_state_dict: bool = False, type_check: bool = False) -> None:
        self.cache_staged_state_dict, self.type_check = cache_staged_state_dict, type_check
        self._copier = _Copier(cache_staged_state_dict)

    def stage(self, state_dict: STATE_DICT_TYPE) -> STATE_DICT_TYPE:
        """A copy of a state."""
        copied: STATE_DICT_TYPE = self._copier.copied(state_dict)
        return copied

    def synchronize_staging(self) -> None:
        """Nothing is left to wait for."""

    def close(self) -> None:
        """Give back the memory that was kept."""
        self._copier.close()


@dataclass
class StagingOptions:
    """How states are copied.

    Args:
        use_pinned_memory: Accepted: host memory is of one kind here.
        use_shared_memory: Accepted: who saves is a thread of the same process.
        use_async_staging: A thread copies. The program must not change the state until it has.
        use_non_blocking_copy: Needs a device besides the host, as in PyTorch; copies are complete when they are made.
    """

    use_pinned_memory: bool = True
    use_shared_memory: bool = True
    use_async_staging: bool = True
    use_non_blocking_copy: bool = True


class DefaultStager(AsyncStager):
    """Copies states to host memory, at once or in a thread.

    Args:
        config: How.

    Raises:
        AssertionError: ``use_non_blocking_copy`` without another device than the host.
    """

    def __init__(self, config: StagingOptions | None = None) -> None:
        self._config = config or StagingOptions()
        if self._config.use_non_blocking_copy and not torch.accelerator.is_available():
            raise AssertionError("Non-blocking copy requires that the current accelerator is available.")
        self._copier = _Copier()
        self._thread = ThreadPoolExecutor(max_workers=1) if self._config.use_async_staging else None
        self._future: Future[STATE_DICT_TYPE] | None = None

    def stage(self, state_dict: STATE_DICT_TYPE, **kwargs: Any) -> STATE_DICT_TYPE | Future[STATE_DICT_TYPE]:
        """A copy of a state, or with ``use_async_staging`` its future."""
        if self._thread is None:
            copied: STATE_DICT_TYPE = self._copier.copied(state_dict)
            return copied
        self._future = self._thread.submit(self._copier.copied, state_dict)
        return self._future

    def synchronize_staging(self) -> None:
        """Wait until the state is copied."""
        if self._future is not None:
            self._future.result()

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._thread.shutdown(wait=True)
        self._copier.close()
