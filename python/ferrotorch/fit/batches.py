"""What training data may be given as, read as pairs of inputs and targets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

import ferrotorch as torch
from ferrotorch.fit import parallel
from ferrotorch.fit.errors import FitError
from ferrotorch.fit.shares import count_of, own_share

__all__ = ["ArrayBatches", "Batch", "LoaderBatches", "as_batches", "map_tensors", "shapes_of", "size_of"]

Batch = tuple[Any, Any]

# Bytes of rows that are picked at once: a call for each small batch takes longer than its copy.
_PICKED = 1 << 18


def as_batches(
    data: Any, batch_size: int, shuffle: bool, *, trains: bool = False, has_target: bool = True
) -> ArrayBatches | LoaderBatches:
    """Batches of ``(inputs, targets)`` arrays or tensors, or of a loader that yields such pairs.

    Without a target the arrays are inputs alone: one, a tuple of several, or a dict. Where several processes train
    together each has its share of the samples, all as many if it ``trains``; without a target each has all of them.

    Raises:
        FitError: it is neither, or the lengths differ.
    """
    if isinstance(data, (np.ndarray, torch.Tensor, tuple, dict)):
        if not has_target:
            return ArrayBatches(data, None, batch_size, shuffle, is_shared=False)
        if not isinstance(data, tuple) or len(data) < 2:
            raise FitError(f"fit: expected data as (inputs, targets) or a DataLoader of such pairs, got {_kind(data)}")
        return ArrayBatches(_inputs_of(data), data[-1], batch_size, shuffle, trains=trains)
    if isinstance(data, torch.utils.data.Dataset):
        is_indexed = not isinstance(data, torch.utils.data.IterableDataset)
        data = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=(is_indexed and shuffle) or None)
    if not hasattr(data, "__iter__") or isinstance(data, str | bytes):
        raise FitError(f"fit: expected arrays, tensors, a Dataset or a DataLoader, got {_kind(data)}")
    if _is_empty(data):
        raise FitError("fit: the data yielded no batch")
    return LoaderBatches(own_share(data, trains) if has_target else data, has_target)


def _is_empty(data: Any) -> bool:
    try:
        return len(data) == 0
    except TypeError:  # nobody knows
        return False


def _kind(data: Any) -> str:
    return f"{type(data).__name__} of {len(data)}" if isinstance(data, (tuple, dict)) else type(data).__name__


def _inputs_of(batch: Any) -> Any:
    """All but the last of a batch; a single one as itself."""
    return batch[0] if len(batch) == 2 else tuple(batch[:-1])


def map_tensors(value: Any, function: Any) -> Any:
    """A tensor, or tensors in tuples, lists and dicts, each replaced by what the function makes of it."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, dict):
        return {name: map_tensors(item, function) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(map_tensors(item, function) for item in value)
    return value


def _tensors(value: Any) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    map_tensors(value, found.append)
    return found


def shapes_of(value: Any) -> Any:
    """The shapes of tensors, in the tuples and dicts that they are in."""
    return map_tensors(value, lambda tensor: tuple(tensor.shape))


def size_of(batch: Any) -> int:
    """How many samples a batch has: the length of its first tensor."""
    if isinstance(batch, torch.Tensor):
        try:
            return len(batch)
        except TypeError:  # a single number
            return 1
    first = next(iter(_tensors(batch)), None)
    return 1 if first is None or first.dim() == 0 else len(first)


def _as_tensors(value: Any) -> Any:
    """Arrays as tensors over the same memory; NumPy's float64 as the default dtype, small integers as int64."""
    if isinstance(value, dict):
        return {name: _as_tensors(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_as_tensors, value))
    if isinstance(value, torch.Tensor):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "fciub":
        raise FitError(f"fit: expected arrays of numbers, got one of dtype {array.dtype} and shape {array.shape}")
    tensor = torch.as_tensor(array)
    if tensor.dtype == torch.float64:
        return tensor.to(torch.get_default_dtype())
    return tensor.to(torch.int64) if tensor.dtype in (torch.int32, torch.int16) else tensor


class ArrayBatches:
    """Batches of arrays that are in memory. In random order, drawn from the default generator, if ``shuffle``.

    Where several processes train together each has its share of them, unless ``is_shared`` is False.
    """

    def __init__(
        self,
        inputs: Any,
        target: Any,
        batch_size: int,
        shuffle: bool,
        *,
        trains: bool = False,
        is_shared: bool = True,
    ) -> None:
        self._inputs, self._target = _as_tensors(inputs), None if target is None else _as_tensors(target)
        every = _tensors((self._inputs, self._target))
        lengths = [len(tensor) if tensor.dim() else 0 for tensor in every]
        if not lengths or len(set(lengths)) > 1 or lengths[0] == 0:
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in every)
            raise FitError(f"fit: expected arrays of one length, at least 1, got shapes {shapes}")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"fit: batch_size must be an integer of at least 1, got {batch_size!r}")
        self._count, self._size, self._shuffle = lengths[0], batch_size, shuffle
        self._rank, self._world = (parallel.rank(), parallel.world_size()) if is_shared else (0, 1)
        #: Samples of this process.
        self._own = count_of(lengths[0], trains) if is_shared else lengths[0]

    #: Sources of random numbers besides the default ones.
    generators: tuple[torch.Generator, ...] = ()

    def __len__(self) -> int:
        return -(-self._own // self._size)

    def start(self, epoch: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from number ``skip`` on.

        The number of the epoch, ``epoch``, is not needed: every one draws an order of its own.
        """
        if not self._shuffle and self._world == 1:
            return self._parts(self._inputs, self._target, skip * self._size, self._count)
        return self._selections(self._order(), skip)

    def _order(self) -> torch.Tensor:
        order = torch.randperm(self._count) if self._shuffle else torch.arange(self._count)
        parallel.broadcast([order])
        return order[self._rank :: self._world][: self._own].clone()

    def _parts(self, inputs: Any, target: Any, first: int, end: int) -> Iterator[Batch]:
        """Slices of a batch's size from one row to another."""
        for start in range(first, end, self._size):
            part = slice(start, start + self._size)
            yield map_tensors(inputs, lambda t: t[part]), map_tensors(target, lambda t: t[part])  # noqa: B023

    def _selections(self, order: torch.Tensor, skip: int) -> Iterator[Batch]:
        """Picked rows. Batches are detached of each other, so that a model may change its inputs in place."""
        for rows in order[skip * self._size :].split(self._size * self._batches_at_once()):
            inputs, target = map_tensors((self._inputs, self._target), lambda t: t[rows])  # noqa: B023
            if isinstance(inputs, torch.Tensor) and isinstance(target, torch.Tensor):
                for x, y in zip(inputs.split(self._size), target.split(self._size), strict=True):
                    yield x.detach(), y.detach()
            else:
                for part in self._parts(inputs, target, 0, len(rows)):
                    yield map_tensors(part, torch.Tensor.detach)

    def _batches_at_once(self) -> int:
        """How many batches' rows are picked by one call, 1 where they are large."""
        every = _tensors((self._inputs, self._target))
        row = sum(tensor.numel() // len(tensor) * tensor.element_size() for tensor in every)
        return max(1, _PICKED // (row * self._size or 1))


class LoaderBatches:
    """The batches of a `DataLoader`, or of anything else that can be iterated over once for each epoch."""

    def __init__(self, loader: Any, has_target: bool) -> None:
        self._loader, self._has_target = loader, has_target
        sampler = getattr(loader, "sampler", None)
        found = [getattr(loader, "generator", None), getattr(sampler, "generator", None)]
        self.generators = tuple({id(g): g for g in found if isinstance(g, torch.Generator)}.values())
        self._sampler: Any = sampler

    def __len__(self) -> int:
        return len(self._loader)

    def start(self, epoch: int, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from number ``skip`` on.

        What is skipped is loaded all the same, so that datasets that draw random numbers draw what they drew before.
        """
        if hasattr(self._sampler, "set_epoch"):
            self._sampler.set_epoch(epoch)
        batches = iter(self._loader)
        for _ in itertools.islice(batches, skip):
            pass
        return map(self._pair, batches)

    def _pair(self, batch: Any) -> Batch:
        if isinstance(batch, (tuple, list)) and len(batch) >= 2:
            return _inputs_of(batch), batch[-1]
        if self._has_target:
            raise FitError(f"fit: expected the loader to yield (inputs, targets), got {_kind(batch)}{_advice(batch)}")
        return batch, None


def _advice(batch: Any) -> str:
    """How what is no pair becomes one."""
    if isinstance(batch, dict):
        return "; a collate_fn can make a pair of it, whose inputs may be a dict of the model's keywords"
    return "; a list is one of batches: arrays are given as a tuple" if isinstance(batch, torch.Tensor) else ""
