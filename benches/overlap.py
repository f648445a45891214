"""How much of the communication of a training step is hidden behind its backward pass.

mpiexec -n 2 python benches/overlap.py [TRACE]      TRACE: a folder for Chrome traces, one for each process and step

Of the time in which gradients are on their way: the part in which the process does not stand still for them, in the
median step. The traces show both on a time line: messages in a lane of their own, `mpi:wait` in that of the program.
Standing still includes waiting for a process that is slower.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ferrotorch as torch
import ferrotorch.distributed as dist
import ferrotorch.nn.functional as F
from ferrotorch import nn
from ferrotorch.nn.parallel import DistributedDataParallel
from ferrotorch.profiler import profile

STEPS, WARM_UP = 20, 5


class Block(nn.Module):
    """Two convolutions beside a way past them."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.two = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(outputs) for _ in range(2))
        self.past = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if stride > 1 else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        y = F.relu(self.norms[0](self.one(x)))
        return F.relu(self.norms[1](self.two(y)) + self.past(x))


def network() -> nn.Module:
    """A ResNet for images of 32 x 32, with 0.7 million parameters."""
    widths = [(16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 2), (128, 128, 1)]
    blocks = [Block(*each) for each in widths]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10)]
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), *blocks, *pooled)


def stepping(model: nn.Module) -> Callable[[], None]:
    """A training step on random images."""
    images, classes = torch.randn(16, 3, 32, 32), torch.randint(0, 10, (16,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(images), classes).backward()
        optimizer.step()

    return step


def seconds(step: Callable[[], None]) -> float:
    """The median time of a step."""
    times = []
    for _ in range(STEPS + WARM_UP):
        dist.barrier()
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times[WARM_UP:])


Spans = list[tuple[float, float]]


def joined(spans: Spans) -> Spans:
    """The same times in spans that do not meet."""
    found: Spans = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def hidden_in(trace: dict[str, Any]) -> float:
    """The part of the communication's time in a Chrome trace that the process does not wait for."""
    events = [(event["name"], event["ts"], event["ts"] + event["dur"]) for event in trace["traceEvents"]]
    on_the_way = joined([(start, end) for name, start, end in events if name == "mpi:all_reduce"])
    waits = [(start, end) for name, start, end in events if name == "mpi:wait"]
    waited = sum(
        max(min(end, other_end) - max(start, other_start), 0.0)
        for start, end in waits
        for other_start, other_end in on_the_way
    )
    return 1 - waited / sum(end - start for start, end in on_the_way)


def traced(step: Callable[[], None], folder: Path) -> float:
    """The hidden part of the median step, by Chrome traces that are written."""
    shares = []
    for number in range(STEPS):
        dist.barrier()
        with profile() as recorded:
            step()
        path = folder / f"rank{dist.get_rank()}-step{number}.json"
        recorded.export_chrome_trace(str(path))
        shares.append(hidden_in(json.loads(path.read_text())))
    return statistics.median(shares)


def main() -> None:
    """Print the measures, in the first process."""
    torch.set_num_threads(1)
    dist.init_process_group()
    torch.manual_seed(0)
    model = DistributedDataParallel(network(), bucket_cap_mb=0.5)
    step = stepping(model)
    whole = seconds(step)

    def without() -> None:
        with model.no_sync():
            step()

    alone = seconds(without)
    buffers = [bucket.buffer().clone() for bucket in model.reducer.buckets]

    def messages() -> None:
        for buffer in buffers:
            dist.all_reduce(buffer)

    of_messages = seconds(messages)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        folder.mkdir(parents=True, exist_ok=True)
        share = traced(step, folder)
    if dist.get_rank() == 0:
        print(f"a step {whole * 1e3:.1f} ms, without messages {alone * 1e3:.1f} ms")
        print(f"its messages, one by one with nothing beside them {of_messages * 1e3:.2f} ms")
        print(f"hidden {share:.0%} of the time in which gradients are on their way")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
