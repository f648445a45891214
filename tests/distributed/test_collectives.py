"""Collective operations and messages between processes."""

import pytest


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("program", ["collectives", "messages", "gradients", "groups", "variants"])
def test_between_processes(launch, program, count):
    done = launch(count, program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("level", ["DETAIL", "OFF"])
def test_levels_of_checking_change_no_result(launch, level):
    for program in ("collectives", "messages"):
        done = launch(2, program, TORCH_DISTRIBUTED_DEBUG=level)
        assert done.returncode == 0, done.stderr
