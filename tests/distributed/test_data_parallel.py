"""DistributedDataParallel, hooks of communication, uneven inputs, SyncBatchNorm and DistributedSampler."""

import pytest


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("program", ["data_parallel", "backward_passes"])
def test_between_processes(launch, program, count):
    done = launch(count, program)
    assert done.returncode == 0, done.stderr
