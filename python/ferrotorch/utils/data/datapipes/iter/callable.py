"""Pipes that call a function for each sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ferrotorch.utils.data._collate import default_collate
from ferrotorch.utils.data.datapipes.datapipe import IterDataPipe, functional_datapipe

__all__ = ["CollatorIterDataPipe", "MapperIterDataPipe"]


@functional_datapipe("map")
class MapperIterDataPipe(IterDataPipe[Any]):
    """What a function makes of each sample.

    Args:
        datapipe: where samples come from.
        fn: the function.
        input_col: of samples that are tuples, lists or dictionaries, the place or places whose values the function
            gets; by default it gets the sample.
        output_col: the place that the result is put at, -1 for a new one at the end; by default that of ``input_col``,
            the first of several.

    Raises:
        ValueError: ``output_col`` without ``input_col``; several of it.
    """

    def __init__(
        self, datapipe: IterDataPipe[Any], fn: Callable[..., Any], input_col: Any = None, output_col: Any = None
    ) -> None:
        self.datapipe = datapipe
        self.fn = fn
        if input_col is None and output_col is not None:
            raise ValueError("`output_col` must be None when `input_col` is None.")
        if isinstance(output_col, (list, tuple)):
            if len(output_col) > 1:
                raise ValueError("`output_col` must be a single-element list or tuple")
            output_col = output_col[0]
        self.input_col, self.output_col = input_col, output_col

    def _apply(self, sample: Any) -> Any:
        if self.input_col is None:
            return self.fn(sample)
        several = isinstance(self.input_col, (list, tuple))
        columns = list(self.input_col) if several else [self.input_col]
        result = self.fn(*(sample[column] for column in columns))
        changed: Any = dict(sample) if isinstance(sample, dict) else list(sample)
        if self.output_col is None:
            changed[columns[0]] = result
            for column in sorted(columns[1:], reverse=True):
                del changed[column]
        elif self.output_col == -1 and isinstance(changed, list):
            changed.append(result)
        else:
            changed[self.output_col] = result
        return tuple(changed) if isinstance(sample, tuple) else changed

    def __iter__(self) -> Iterator[Any]:
        return map(self._apply, self.datapipe)

    def __len__(self) -> int:
        return len(self.datapipe)


@functional_datapipe("collate")
class CollatorIterDataPipe(MapperIterDataPipe):
    """A batch of each list of samples.

    Args:
        datapipe: where lists come from.
        conversion: none but None here: conversions of single columns are functions given as ``collate_fn``.
        collate_fn: makes a batch of a list; default ``default_collate``.
    """

    def __init__(self, datapipe: IterDataPipe[Any], conversion: Any = None, collate_fn: Any = None) -> None:
        if callable(conversion):
            conversion, collate_fn = None, conversion
        if conversion is not None:
            raise NotImplementedError("collate(): conversions by column are not here; give a function as collate_fn")
        super().__init__(datapipe, default_collate if collate_fn is None else collate_fn)
