"""Tensors, and modules, over several processes."""

import pytest


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("program", ["dtensor", "tensor_parallel"])
def test_between_processes(launch, program, count):
    if (program, count) == ("tensor_parallel", 1):
        pytest.skip("one process holds all")
    done = launch(count, program)
    assert done.returncode == 0, done.stderr


def test_counts_and_pictures(launch):
    done = launch(2, "counted")
    assert done.returncode == 0, done.stderr
