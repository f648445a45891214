"""DistributedDataParallel, hooks of communication, uneven inputs, SyncBatchNorm and DistributedSampler."""

import pytest


@pytest.mark.parametrize("count", [2, 4])
def test_between_processes(launch, count):
    done = launch(count, "data_parallel")
    assert done.returncode == 0, done.stderr
