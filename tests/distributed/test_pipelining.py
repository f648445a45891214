"""Models whose stages are in different processes."""

import pytest


@pytest.mark.parametrize("count", [1, 2, 4])
def test_between_processes(launch, count):
    done = launch(count, "pipelines", timeout=240)
    assert done.returncode == 0, done.stderr
