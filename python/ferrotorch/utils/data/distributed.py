"""Samplers for training in several processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

import ferrotorch

from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Gives each of several processes its share of a dataset.

    The shares are of equal length: indices are repeated, or with ``drop_last`` left out. Call `set_epoch` before each
    epoch, or the order will be the same every time.

    Args:
        dataset: the dataset.
        num_replicas: number of processes; None is that of the default process group.
        rank: number of this process; None is that in the default process group.
        shuffle: shuffle the indices, alike in all processes.
        seed: seed of the shuffling.
        drop_last: leave out the tail that does not divide evenly.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None:
            num_replicas = ferrotorch.distributed.get_world_size()
        if rank is None:
            rank = ferrotorch.distributed.get_rank()
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        self.epoch = 0
        count = len(dataset)
        self.num_samples = count // num_replicas if drop_last else math.ceil(count / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        if self.shuffle:
            generator = ferrotorch.Generator()
            generator.manual_seed(self.seed + self.epoch)
            indices = ferrotorch.randperm(count, generator=generator).tolist()
        else:
            indices = list(range(count))
        missing = self.total_size - count
        if missing > 0:
            indices += (indices * math.ceil(missing / count))[:missing]
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, on which the order depends."""
        self.epoch = epoch
