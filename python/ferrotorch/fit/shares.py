"""Each process's share of a loader's samples, where several processes train one model."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import ferrotorch as torch
from ferrotorch.fit import parallel
from ferrotorch.fit.errors import FitError
from ferrotorch.utils.data import BatchSampler, DataLoader, Sampler

__all__ = ["count_of", "own_share"]


def count_of(total: int, trains: bool) -> int:
    """How many of ``total`` samples this process has. In training all have as many, so that none waits for another."""
    rank, world = parallel.rank(), parallel.world_size()
    return total // world if trains else len(range(rank, total, world))


class _Share(Sampler[Any]):
    """Every n-th of the samples of another sampler, in the order that it gives them in the first process."""

    def __init__(self, sampler: Any, trains: bool) -> None:
        self._sampler, self._trains = sampler, trains

    def __iter__(self) -> Iterator[int]:
        order = torch.tensor(list(self._sampler), dtype=torch.int64)
        parallel.broadcast([order])
        return iter(order[parallel.rank() :: parallel.world_size()][: len(self)].tolist())

    def __len__(self) -> int:
        return count_of(len(self._sampler), self._trains)


def own_share(loader: Any, trains: bool) -> Any:
    """The same loader of this process's share of its samples; one whose sampler knows of processes is that already.

    Raises:
        FitError: it does not choose its samples by number, or chooses whole batches.
    """
    if parallel.world_size() == 1 or hasattr(getattr(loader, "sampler", None), "set_epoch"):
        return loader
    batches = getattr(loader, "batch_sampler", None)
    plain = batches is None or (type(batches) is BatchSampler and batches.sampler is loader.sampler)
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, torch.utils.data.IterableDataset) or not plain:
        raise FitError(
            "fit: several processes train together, and this loader gives each of them all the data; make it a "
            "DataLoader without batch_sampler over a dataset with indices, or pass arrays"
        )
    share, sampler = copy.copy(loader), _Share(loader.sampler, trains)
    # A loader refuses new samplers, for it may have begun; the copy has not.
    own: dict[str, Any] = {"sampler": sampler, "_iterator": None}
    if batches is not None:
        own["batch_sampler"] = BatchSampler(sampler, batches.batch_size, batches.drop_last)
    vars(share).update(own)
    return share
