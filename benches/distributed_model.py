"""How long a step of data-parallel training takes with many processes: a simulation, beside the model on paper.

python benches/distributed_model.py [--parameters 25e6] [--compute 0.1] [--jitter 0.0]

Each process computes its backward pass; gradients fill buckets from the last layer on. A full bucket is averaged by a
ring: in 2 (n - 1) rounds each process sends a part of the bucket to its neighbour, and a round of a process begins when
it has sent and received those before it. Buckets follow one another. The model on paper is in docs/distributed.md.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import ferrotorch as torch


class Job(NamedTuple):
    """What a step is made of; times in seconds, sizes in bytes.

    `compute` is that of forward and backward pass, a third of it forward; gradients come evenly during the backward
    pass. `jitter` is the standard deviation of the compute of a process, as a share of it.
    """

    ranks: int
    bandwidth: float
    bucket: float
    gradients: float
    compute: float
    latency: float = 5e-6
    jitter: float = 0.0


def buckets(job: Job) -> Iterator[tuple[float, float]]:
    """For each bucket the share of the backward pass after which it is full, and its size."""
    filled = 0.0
    while filled < job.gradients:
        size = min(job.bucket, job.gradients - filled)
        filled += size
        yield filled / job.gradients, size


def ring(job: Job, size: float) -> float:
    """The time that a ring takes for a bucket, if all processes begin at once."""
    if job.ranks == 1:
        return 0.0
    return 2 * (job.ranks - 1) * (size / job.ranks / job.bandwidth + job.latency)


def on_paper(job: Job) -> float:
    """The model: a bucket begins when it is full and the one before has arrived."""
    forward, backward = job.compute / 3, job.compute * 2 / 3
    end = 0.0
    for share, size in buckets(job):
        end = max(end, forward + share * backward) + ring(job, size)
    return max(end, job.compute)


def simulated(job: Job, seed: int = 0) -> float:
    """The step, message by message, in all processes."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(job.ranks, generator=generator, dtype=torch.float64)
    compute = job.compute * (1 + job.jitter * noise).clamp(min=0.1)
    free = torch.zeros(job.ranks, dtype=torch.float64)
    for share, size in buckets(job):
        free = torch.maximum(free, compute / 3 + share * compute * 2 / 3)
        if job.ranks == 1:
            continue
        cost = size / job.ranks / job.bandwidth + job.latency
        for _ in range(2 * (job.ranks - 1)):
            # A process goes on when its own message is out and its neighbour's is in.
            free = torch.maximum(free, free.roll(1)) + cost
    return torch.maximum(free, compute).max().item()


def main() -> None:
    """Print a table: a line for each number of processes and bandwidth, a column for each size of buckets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parameters", type=float, default=25e6)
    parser.add_argument("--compute", type=float, default=0.1)
    parser.add_argument("--jitter", type=float, default=0.0)
    options = parser.parse_args()
    sizes = (1, 5, 25, 100)
    print("step in ms, simulated / on paper; compute alone takes", options.compute * 1e3)
    print(f"{'ranks':>6} {'Gbit/s':>7}" + "".join(f"{f'{size} MiB':>18}" for size in sizes))
    for ranks in (1, 2, 4, 16, 64, 256, 1024):
        for gigabits in (1, 10, 100):
            cells = []
            for size in sizes:
                job = Job(ranks, gigabits * 1.25e8, size * 2**20, 4 * options.parameters, options.compute,
                          jitter=options.jitter)  # fmt: skip
                cells.append(f"{simulated(job) * 1e3:9.1f} /{on_paper(job) * 1e3:7.1f}")
            print(f"{ranks:>6} {gigabits:>7}" + "".join(cells))


if __name__ == "__main__":
    main()
