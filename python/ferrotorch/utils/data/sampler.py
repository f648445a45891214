"""Samplers: in which order a dataset's samples are taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import ferrotorch
from ferrotorch import Tensor

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "draw_seed",
    "index_batches",
]

T_co = TypeVar("T_co", covariant=True)


def draw_seed(generator: ferrotorch.Generator | None = None) -> int:
    """A seed drawn from a generator (the default one if None)."""
    return int(ferrotorch.empty((), dtype=ferrotorch.int64).random_(generator=generator).item())


class Sampler(Generic[T_co]):
    """Base class of samplers: an iterable of indices, or of lists of indices, with a length where it is known."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__()")


class SequentialSampler(Sampler[int]):
    """Takes the samples in their order.

    Args:
        data_source: the dataset.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)

    def _chunks(self) -> Iterator[Tensor]:
        yield ferrotorch.arange(len(self.data_source))


class RandomSampler(Sampler[int]):
    """Takes the samples in random order.

    Args:
        data_source: the dataset.
        replacement: draw each sample anew, so that one may come twice.
        num_samples: how many to draw (default: the dataset's length).
        generator: source of the random numbers; None means one that is seeded from the default generator.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: ferrotorch.Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many samples are drawn."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        for chunk in self._chunks():
            yield from chunk.tolist()

    def __len__(self) -> int:
        return self.num_samples

    def _chunks(self) -> Iterator[Tensor]:
        """The indices in tensors, drawn in the order and sizes in which PyTorch draws them."""
        n, generator = len(self.data_source), self.generator
        if generator is None:
            generator = ferrotorch.Generator()
            generator.manual_seed(draw_seed())
        if self.replacement:
            for _ in range(self.num_samples // 32):
                yield ferrotorch.randint(n, (32,), generator=generator)
            yield ferrotorch.randint(n, (self.num_samples % 32,), generator=generator)
        else:
            for _ in range(self.num_samples // n):
                yield ferrotorch.randperm(n, generator=generator)
            # Drawn even where nothing of it is used: the generator is left as PyTorch leaves it.
            yield ferrotorch.randperm(n, generator=generator)[: self.num_samples % n]


class SubsetRandomSampler(Sampler[int]):
    """Takes the given indices in random order.

    Args:
        indices: the indices.
        generator: source of the random numbers.
    """

    def __init__(self, indices: Sequence[int], generator: ferrotorch.Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in ferrotorch.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Draws indices with given probabilities.

    Args:
        weights: a weight for each index; they need not sum to 1.
        num_samples: how many to draw.
        replacement: whether an index may be drawn again.
        generator: source of the random numbers.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: ferrotorch.Generator | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = ferrotorch.as_tensor(weights, dtype=ferrotorch.float64)
        if self.weights.dim() != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = ferrotorch.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Groups the indices of another sampler into lists.

    Args:
        sampler: any iterable of indices.
        batch_size: length of the lists.
        drop_last: leave out a last list that is shorter.
    """

    def __init__(self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        count: int = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)


def index_batches(sampler: Any) -> Iterator[Tensor] | None:
    """The batches of a `BatchSampler` as index tensors; None where only its lists are known."""
    if type(sampler) is not BatchSampler:
        return None
    source = sampler.sampler
    # Not of subclasses, which may draw otherwise.
    if type(source) is not RandomSampler and type(source) is not SequentialSampler:
        return None
    return _split(source._chunks(), sampler.batch_size, sampler.drop_last)


def _split(chunks: Iterator[Tensor], size: int, drop_last: bool) -> Iterator[Tensor]:
    rest = None
    for chunk in chunks:
        if rest is not None:
            chunk = ferrotorch.cat([rest, chunk])
        count = chunk.size(0)
        whole = count - count % size
        for start in range(0, whole, size):
            yield chunk[start : start + size]
        rest = chunk[whole:] if whole < count else None
    if rest is not None and not drop_last:
        yield rest
