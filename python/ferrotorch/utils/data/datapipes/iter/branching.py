"""Pipes that several others come from: copies of one, and the samples of one by class."""

from __future__ import annotations

import copy as copies
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import IterDataPipe, functional_datapipe

__all__ = ["DemultiplexerIterDataPipe", "ForkerIterDataPipe"]

_END = object()


class _Source(IterDataPipe[Any]):
    """What branches read together: one pass over a pipe at a time, that all of them take part in.

    A branch that is iterated over again begins a new pass, and iterators of the last one end with an error.
    """

    def __init__(self, datapipe: IterDataPipe[Any], count: int, buffer_size: int) -> None:
        self.main_datapipe = datapipe
        self.num_instances = count
        self.buffer_size = buffer_size
        self.reset()

    def reset(self) -> None:
        """Begin a new pass."""
        self._pass = object()
        self._samples: Iterator[Any] | None = None
        self._joined = [False] * self.num_instances

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.reset()

    def join(self, branch: int) -> Iterator[Any]:
        """The samples of a branch."""
        if self._joined[branch]:
            self.reset()
        self._joined[branch] = True
        return self._read(branch, self._pass)

    def _next(self, current: object) -> Any:
        """The next sample of the pipe, for whom it may be."""
        if current is not self._pass:
            raise RuntimeError(
                "This iterator has been invalidated because another iterator has been created from the same "
                "IterDataPipe: a branch was iterated over again, and they all begin anew"
            )
        if self._samples is None:
            self._samples = iter(self.main_datapipe)
        return next(self._samples, _END)

    def _read(self, branch: int, current: object) -> Iterator[Any]:
        raise NotImplementedError


class _Branch(IterDataPipe[Any]):
    """One of the pipes that read from a source."""

    def __init__(self, main_datapipe: _Source, instance_id: int) -> None:
        self.main_datapipe = main_datapipe
        self.instance_id = instance_id

    def __iter__(self) -> Iterator[Any]:
        return self.main_datapipe.join(self.instance_id)

    def __len__(self) -> int:
        return len(self.main_datapipe)


def _branches(source: _Source) -> list[Any]:
    return [_Branch(source, number) for number in range(source.num_instances)]


def _check_count(num_instances: int) -> None:
    if num_instances < 1:
        raise ValueError(f"Expected `num_instances` larger than 0, but {num_instances} is found")


class _Copied(_Source):
    """Gives each branch all samples; those that a slower branch has yet to read wait."""

    def __init__(self, datapipe: IterDataPipe[Any], count: int, buffer_size: int, copy: Any) -> None:
        self.copy = copy
        super().__init__(datapipe, count, buffer_size)

    def reset(self) -> None:
        """Begin a new pass."""
        super().reset()
        self._waiting: deque[Any] = deque()
        self._first = 0
        self._read_by = [0] * self.num_instances

    def __len__(self) -> int:
        return len(self.main_datapipe)

    def _read(self, branch: int, current: object) -> Iterator[Any]:
        while True:
            place = self._read_by[branch] - self._first if current is self._pass else len(self._waiting)
            if place == len(self._waiting):
                sample = self._next(current)
                if sample is _END:
                    return
                self._waiting.append(sample)
            sample = self._waiting[place]
            self._read_by[branch] += 1
            while self._first < min(self._read_by):
                self._waiting.popleft()
                self._first += 1
            if 0 <= self.buffer_size < len(self._waiting):
                raise BufferError(f"ForkerIterDataPipe buffer overflow,buffer size {self.buffer_size} is insufficient.")
            yield {None: lambda value: value, "shallow": copies.copy, "deep": copies.deepcopy}[self.copy](sample)


class _Classified(_Source):
    """Gives each branch the samples of its class; those of other branches wait."""

    def __init__(
        self, datapipe: IterDataPipe[Any], count: int, buffer_size: int, classify: Callable[[Any], Any], drop: bool
    ) -> None:
        self.classifier_fn = classify
        self.drop_none = drop
        super().__init__(datapipe, count, buffer_size)

    def reset(self) -> None:
        """Begin a new pass."""
        super().reset()
        self._waiting: list[deque[Any]] = [deque() for _ in range(self.num_instances)]

    def __len__(self) -> int:
        raise TypeError("how many samples are of a class is not known before they are read")

    def _read(self, branch: int, current: object) -> Iterator[Any]:
        while True:
            while current is self._pass and self._waiting[branch]:
                yield self._waiting[branch].popleft()
            sample = self._next(current)
            if sample is _END:
                return
            number = self.classifier_fn(sample)
            if number is None and self.drop_none:
                continue
            if number is None or not 0 <= number < self.num_instances:
                raise ValueError(
                    f"Output of the classification fn should be between 0 and {self.num_instances - 1}. "
                    f"{number} is returned."
                )
            self._waiting[number].append(sample)
            others = sum(len(waiting) for place, waiting in enumerate(self._waiting) if place != branch)
            if 0 <= self.buffer_size < others:
                raise BufferError(
                    f"DemultiplexerIterDataPipe buffer overflow, buffer size {self.buffer_size} is insufficient."
                )


@functional_datapipe("fork")
class ForkerIterDataPipe(IterDataPipe[Any]):
    """A list of pipes with the samples of one.

    Args:
        datapipe: where samples come from.
        num_instances: how many pipes.
        buffer_size: how far one may be ahead of another; -1 for any number of samples.
        copy: None for the samples themselves, "shallow" or "deep" for copies.

    Raises:
        ValueError: fewer than one, or another way to copy.
        BufferError: one is too far ahead, noticed on the way.
    """

    def __new__(cls, datapipe: IterDataPipe[Any], num_instances: int, buffer_size: int = 1000, copy: Any = None) -> Any:
        """The pipes; the pipe itself for one."""
        _check_count(num_instances)
        if num_instances == 1:
            return datapipe
        if copy not in (None, "shallow", "deep"):
            raise ValueError(f"Unknown copy method `{copy}` requested, choose one of None, `shallow` or `deep`.")
        return _branches(_Copied(datapipe, num_instances, buffer_size, copy))


@functional_datapipe("demux")
class DemultiplexerIterDataPipe(IterDataPipe[Any]):
    """A list of pipes with the samples of one, each with those of a class.

    Args:
        datapipe: where samples come from.
        num_instances: how many pipes.
        classifier_fn: which pipe a sample is for, from 0 on.
        drop_none: leave out samples for which it is None.
        buffer_size: how many samples may wait for other pipes; -1 for any number.

    Raises:
        ValueError: fewer than one; a class that there is not, noticed on the way.
        BufferError: too many wait, noticed on the way.
    """

    def __new__(
        cls, datapipe: IterDataPipe[Any], num_instances: int, classifier_fn: Callable[[Any], int | None],
        drop_none: bool = False, buffer_size: int = 1000,
    ) -> Any:  # fmt: skip
        """The pipes."""
        _check_count(num_instances)
        return _branches(_Classified(datapipe, num_instances, buffer_size, classifier_fn, drop_none))
