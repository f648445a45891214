"""Samples of a batch, by the objects that packages know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch.utils.data._fetch import DatasetEnded, DatasetKind, IterableFetch, make_fetch

__all__ = ["_BaseDatasetFetcher", "_IterableDatasetFetcher", "_MapDatasetFetcher", "make_fetch"]


class _BaseDatasetFetcher:
    """What makes batches of a dataset: subclasses define ``fetch``."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last

    def fetch(self, possibly_batched_index: Any) -> Any:
        """The batch of what a sampler yields."""
        raise NotImplementedError(f"{type(self).__name__} does not define fetch()")


class _IterableDatasetFetcher(IterableFetch, _BaseDatasetFetcher):
    """Takes samples as they come. ``dataset_iter`` is where they come from, ``ended`` whether there are no more."""

    def fetch(self, possibly_batched_index: Any) -> Any:
        """A batch of as many samples as there are indices.

        Raises:
            StopIteration: the dataset has ended.
        """
        try:
            return self(possibly_batched_index)
        except DatasetEnded:
            raise StopIteration from None


class _MapDatasetFetcher(_BaseDatasetFetcher):
    """Takes samples by their indices."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        super().__init__(dataset, auto_collation, collate_fn, drop_last)
        self._fetch = make_fetch(DatasetKind.Map, dataset, auto_collation, collate_fn, drop_last)

    def fetch(self, possibly_batched_index: Any) -> Any:
        """The batch of the samples at the indices."""
        return self._fetch(possibly_batched_index)
