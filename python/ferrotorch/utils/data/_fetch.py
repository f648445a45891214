"""Fetching the samples of a batch and putting them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ferrotorch
from ferrotorch import Tensor

from ._collate import default_collate
from .dataset import Subset, TensorDataset

__all__ = ["DatasetEnded", "DatasetKind", "Fetch", "IterableFetch", "gather", "make_fetch"]

Fetch = Callable[[Any], Any]


class DatasetKind:
    """The two kinds of datasets: samples by number, and samples one after the other."""

    Map, Iterable = 0, 1

    @staticmethod
    def create_fetcher(
        kind: int, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool
    ) -> Any:
        """An object whose ``fetch`` makes a batch of what the sampler yields, for the iterators of packages."""
        from ._utils import fetch

        found = fetch._IterableDatasetFetcher if kind == DatasetKind.Iterable else fetch._MapDatasetFetcher
        return found(dataset, auto_collation, collate_fn, drop_last)


class DatasetEnded(Exception):
    """An iterable dataset has no more samples. A StopIteration from elsewhere is an error and no end."""


def make_fetch(
    kind: int, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool
) -> Fetch:
    """A function from what the sampler yields to a batch; it raises `DatasetEnded` where an iterable dataset ends."""
    if kind == DatasetKind.Iterable:
        return IterableFetch(dataset, auto_collation, collate_fn, drop_last)
    if not auto_collation:
        return lambda index: collate_fn(dataset[index])
    if collate_fn is default_collate and _tensors_of(dataset) is not None:
        return lambda indices: _gather_list(dataset, indices)
    getitems = getattr(dataset, "__getitems__", None)
    if callable(getitems):
        return lambda indices: collate_fn(getitems(indices))
    return lambda indices: collate_fn([dataset[index] for index in indices])


class IterableFetch:
    """Takes samples from an iterable dataset as they come; an index only says how many."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.dataset = dataset
        self.dataset_iter: Iterator[Any] = iter(dataset)
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.ended = False

    def __call__(self, indices: Any) -> Any:
        if self.ended:
            raise DatasetEnded
        if not self.auto_collation:
            try:
                sample = next(self.dataset_iter)
            except StopIteration:
                raise DatasetEnded from None
            return self.collate_fn(sample)
        batch = []
        for _ in indices:
            try:
                batch.append(next(self.dataset_iter))
            except StopIteration:
                self.ended = True
                break
        if not batch or (self.drop_last and len(batch) < len(indices)):
            raise DatasetEnded
        return self.collate_fn(batch)


def _tensors_of(dataset: Any) -> tuple[Tensor, ...] | None:
    """The tensors behind a `TensorDataset` or its subsets; None for any other dataset, subclasses included."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return dataset.tensors if type(dataset) is TensorDataset else None


def gather(dataset: TensorDataset, index: Tensor) -> list[Tensor]:
    """What `default_collate` makes of the samples at the indices, by one gather a tensor."""
    return [tensor.index_select(0, index) for tensor in dataset.tensors]


def _gather_list(dataset: Any, indices: list[int]) -> list[Tensor]:
    while type(dataset) is Subset:
        indices = [dataset.indices[i] for i in indices]
        dataset = dataset.dataset
    index = ferrotorch.tensor(indices)
    return [tensor[index] for tensor in dataset.tensors]
