"""Models whose stages are in different processes."""

import pytest


@pytest.mark.parametrize("count", [1, 2, 4])
def test_between_processes(launch, count):
    done = launch(count, "pipelines", timeout=240)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("count", [2, 4])
def test_options_of_stages(launch, count):
    done = launch(count, "stage_options")
    assert done.returncode == 0, done.stderr
