"""Pipes that leave samples out or change their order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import IterDataPipe, functional_datapipe
from ferrotorch.utils.data.sampler import draw_seed

__all__ = ["FilterIterDataPipe", "ShufflerIterDataPipe"]


@functional_datapipe("filter")
class FilterIterDataPipe(IterDataPipe[Any]):
    """The samples for which a function is true.

    Args:
        datapipe: where samples come from.
        filter_fn: the function, which gives a truth value.
        input_col: of samples that are tuples, lists or dictionaries, the place or places whose values it gets.

    Raises:
        ValueError: another result of the function, noticed on the way.
    """

    def __init__(self, datapipe: IterDataPipe[Any], filter_fn: Callable[..., Any], input_col: Any = None) -> None:
        self.datapipe = datapipe
        self.filter_fn = filter_fn
        self.input_col = input_col

    def _is_chosen(self, sample: Any) -> bool:
        if self.input_col is None:
            answer = self.filter_fn(sample)
        elif isinstance(self.input_col, (list, tuple)):
            answer = self.filter_fn(*(sample[column] for column in self.input_col))
        else:
            answer = self.filter_fn(sample[self.input_col])
        if not isinstance(answer, bool):
            raise ValueError(f"Boolean output is required for `filter_fn` of FilterIterDataPipe, got {type(answer)}")
        return answer

    def __iter__(self) -> Iterator[Any]:
        return filter(self._is_chosen, self.datapipe)


@functional_datapipe("shuffle")
class ShufflerIterDataPipe(IterDataPipe[Any]):
    """Samples in another order: each is drawn from as many as a buffer holds.

    The order follows from :meth:`set_seed`, or from a seed that is drawn at each pass from the generator of this
    library.

    Args:
        datapipe: where samples come from.
        buffer_size: how many samples wait to be drawn.
        unbatch_level: levels of lists that are taken apart before; see ``unbatch``.

    Raises:
        ValueError: a buffer of no samples.
    """

    def __init__(self, datapipe: IterDataPipe[Any], *, buffer_size: int = 10000, unbatch_level: int = 0) -> None:
        if buffer_size <= 0:
            raise ValueError("buffer_size should be larger than 0")
        self.datapipe = datapipe if unbatch_level == 0 else datapipe.unbatch(unbatch_level=unbatch_level)
        self.buffer_size = buffer_size
        self._enabled = True
        self._seed: int | None = None

    def set_shuffle(self, shuffle: bool = True) -> ShufflerIterDataPipe:
        """Say whether the order changes at all."""
        self._enabled = shuffle
        return self

    def set_seed(self, seed: int) -> ShufflerIterDataPipe:
        """Say what the order of the next pass follows from."""
        self._seed = seed
        return self

    def __iter__(self) -> Iterator[Any]:
        if not self._enabled:
            yield from self.datapipe
            return
        rng = random.Random(draw_seed() if self._seed is None else self._seed)
        self._seed = None
        buffer: list[Any] = []
        for sample in self.datapipe:
            if len(buffer) < self.buffer_size:
                buffer.append(sample)
                continue
            drawn = rng.randint(0, len(buffer) - 1)
            buffer[drawn], sample = sample, buffer[drawn]
            yield sample
        while buffer:
            yield buffer.pop(rng.randint(0, len(buffer) - 1))

    def __len__(self) -> int:
        return len(self.datapipe)
