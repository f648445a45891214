"""Timers tell of their blocks while they run."""

import pytest
from ferrotorch.utils.benchmark import Timer


@pytest.mark.parametrize("method", ["blocked_autorange", "adaptive_autorange"])
def test_a_callback_hears_of_every_block(method):
    seen = []
    timer = Timer("sum(range(20))", num_threads=1)
    blocks = getattr(timer, method)(min_run_time=0.005, callback=lambda number, seconds: seen.append((number, seconds)))
    assert [seconds for _, seconds in seen] == blocks.raw_times
    assert {number for number, _ in seen} == {blocks.number_per_run}
