"""Modules whose parameters, gradients and optimizer states are spread over processes."""

import pytest


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("program", ["fully_shard", "fsdp_wrapper"])
def test_between_processes(launch, program, count):
    done = launch(count, program, timeout=240)
    assert done.returncode == 0, done.stderr
