"""The memory of the process: what tensors let go of goes back to the system, and what a loop needs again is kept."""

import subprocess
import sys

import ferrotorch as torch
import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="the size of the process is asked of Linux")

PRELUDE = """
import gc, os
import ferrotorch as torch
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20
"""


def run(program: str) -> str:
    command = [sys.executable, "-c", PRELUDE + program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@linux
def test_a_peak_goes_back_to_the_system():
    before, peak, after = map(
        int,
        run("""
before = resident()
x = [torch.ones(25_000_000) for _ in range(6)]
peak = resident()
del x
print(before, peak, resident())""").split(),
    )
    assert peak > before + 500 and after < before + 80


@linux
def test_the_cache_can_be_emptied():
    before, after = map(
        int,
        run("""
before = resident()
for _ in range(5):  # a loop, whose memory is kept
    x = [torch.ones(10_000_000) for _ in range(5)]
    del x
torch.cpu.empty_cache()
print(before, resident())""").split(),
    )
    assert after < before + 40


def test_a_loop_gets_its_memory_back():
    for _ in range(3):
        x = [torch.ones(1 << 22) for _ in range(8)]
        del x
    assert torch.cpu.memory_stats()["reserved_bytes.all.current"] >= 8 << 24
    torch.cpu.empty_cache()
    assert torch.cpu.memory_stats()["reserved_bytes.all.current"] < 8 << 24


def test_figures():
    torch.cpu.empty_cache()
    before = torch.cpu.memory_allocated()
    torch.cpu.reset_peak_memory_stats()
    x = torch.ones(1 << 20)
    assert torch.cpu.memory_allocated() - before >= 1 << 22
    del x
    stats = torch.cpu.memory_stats()
    assert stats["allocated_bytes.all.current"] == torch.cpu.memory_allocated() < before + (1 << 22)
    assert stats["allocated_bytes.all.peak"] == torch.cpu.max_memory_allocated() >= before + (1 << 22)


@linux
def test_a_long_run_does_not_grow():
    first, last = map(
        int,
        run("""
net = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.Adam(net.parameters())
x = torch.ones(4, 8)
for step in range(3000):
    optimizer.zero_grad()
    net(x).square().mean().backward()
    optimizer.step()
    if step == 500: first = resident()
print(first, resident())""").split(),
    )
    assert last <= first + 4
