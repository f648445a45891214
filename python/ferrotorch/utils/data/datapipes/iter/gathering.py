"""Pipes that put samples of a kind together, or take them in a sampler's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from typing import Any

from ferrotorch.utils.data.datapipes.datapipe import DataChunk, IterDataPipe, functional_datapipe
from ferrotorch.utils.data.sampler import SequentialSampler

__all__ = ["GrouperIterDataPipe", "SamplerIterDataPipe"]


@functional_datapipe("groupby")
class GrouperIterDataPipe(IterDataPipe[Any]):
    """Lists of samples with the same key.

    Args:
        datapipe: where samples come from.
        group_key_fn: the key of a sample.
        keep_key: give tuples of the key and the list.
        buffer_size: how many samples wait for others; when there are more, the largest group is given.
        group_size: a group of so many is given at once.
        guaranteed_group_size: the least that a group has that is given because too many wait; ``group_size`` by
            default.
        drop_remaining: leave out smaller ones then.

    Raises:
        AssertionError: sizes that contradict each other.
        RuntimeError: too many wait, and no group is large enough, noticed on the way.
    """

    def __init__(
        self, datapipe: IterDataPipe[Any], group_key_fn: Callable[[Any], Any], *, keep_key: bool = False,
        buffer_size: int = 10000, group_size: int | None = None, guaranteed_group_size: int | None = None,
        drop_remaining: bool = False,
    ) -> None:  # fmt: skip
        if group_size is not None and buffer_size is not None and not 0 < group_size <= buffer_size:
            raise AssertionError("group_size must be > 0 and <= buffer_size")
        if guaranteed_group_size is not None and not 0 < guaranteed_group_size <= (group_size or 0):
            raise AssertionError("guaranteed_group_size must be > 0 and <= group_size and group_size must be set")
        self.datapipe = datapipe
        self.group_key_fn = group_key_fn
        self.keep_key = keep_key
        self.max_buffer_size = buffer_size
        self.group_size = group_size
        self.guaranteed_group_size = group_size if guaranteed_group_size is None else guaranteed_group_size
        self.drop_remaining = drop_remaining

    def _given(self, key: Any, group: list[Any]) -> Any:
        return (key, DataChunk(group)) if self.keep_key else DataChunk(group)

    def _take_largest(self, groups: dict[Any, list[Any]]) -> list[Any] | None:
        """Make room; the group that is given."""
        group = groups.pop(max(groups, key=lambda key: len(groups[key])))
        if self.guaranteed_group_size is None or len(group) >= self.guaranteed_group_size:
            return group
        if not self.drop_remaining:
            raise RuntimeError("Failed to group items", str(group))
        return None

    def __iter__(self) -> Iterator[Any]:
        groups: dict[Any, list[Any]] = {}
        for sample in self.datapipe:
            key = self.group_key_fn(sample)
            groups.setdefault(key, []).append(sample)
            if len(groups[key]) == self.group_size:
                yield self._given(key, groups.pop(key))
            if sum(map(len, groups.values())) == self.max_buffer_size:
                group = self._take_largest(groups)
                if group is not None:
                    # As in PyTorch, the key is that of the last sample.
                    yield self._given(key, group)
        for key, group in groups.items():
            yield self._given(key, group)


class SamplerIterDataPipe(IterDataPipe[Any]):
    """What a sampler makes of a pipe with a length: its places, in some order.

    Args:
        datapipe: the pipe.
        sampler: the class of samplers.
        sampler_args, sampler_kwargs: further arguments for it; ``data_source`` is the pipe.

    Raises:
        AssertionError: the pipe has no length.
    """

    def __init__(
        self, datapipe: IterDataPipe[Any], sampler: type[Any] = SequentialSampler,
        sampler_args: tuple[Any, ...] | None = None, sampler_kwargs: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(datapipe, Sized):
            raise AssertionError("Sampler class requires input datapipe implemented `__len__`")
        self.datapipe = datapipe
        self.sampler_args = sampler_args or ()
        self.sampler_kwargs = {**(sampler_kwargs or {}), "data_source": datapipe}
        self.sampler = sampler(*self.sampler_args, **self.sampler_kwargs)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.sampler)

    def __len__(self) -> int:
        if isinstance(self.sampler, Sized):
            return len(self.sampler)
        raise TypeError(f"{type(self).__name__} instance doesn't have valid length")
