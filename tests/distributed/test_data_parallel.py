"""DistributedDataParallel, hooks of communication, uneven inputs, SyncBatchNorm and DistributedSampler."""

from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("program", ["data_parallel", "backward_passes"])
def test_between_processes(launch, program, count):
    done = launch(count, program)
    assert done.returncode == 0, done.stderr


def test_hooks_as_in_pytorch(launch):
    done = launch(2, "hooks", DATA / "hooks.json")
    assert done.returncode == 0, done.stderr
