"""Times of statements, and tables of them."""

from __future__ import annotations

import ferrotorch as torch
import pytest
from ferrotorch.utils.benchmark import Compare, Measurement, Timer, select_unit, trim_sigfig
from ferrotorch.utils.benchmark._measurement import TaskSpec


def measured(times, number=10, **options):
    return Measurement(number, times, TaskSpec("x + y", "", **options))


def test_statistics():
    one = measured([1e-5, 2e-5, 3e-5, 4e-5, 5e-5])
    assert one.median == pytest.approx(3e-6) and one.mean == pytest.approx(3e-6) and one.iqr == pytest.approx(2e-6)
    assert one.has_warnings and not one.meets_confidence()
    assert select_unit(3e-6) == ("us", 1e-6) and select_unit(2.0) == ("s", 1.0) and select_unit(5e-10) == ("ns", 1e-9)
    assert trim_sigfig(123456.0, 3) == 123000.0 and trim_sigfig(0.0, 2) == 0.0
    text = repr(one)
    assert "Median: 3 us" in text and "5 measurements, 10 runs per measurement, 1 thread" in text
    assert "WARNING: Interquartile range is 66.7% of the median." in text


def test_timers():
    names = {"x": torch.ones(8), "calls": []}
    fixed = Timer("calls.append(x + x)", globals=names).timeit(7)
    assert fixed.number_per_run == 7 and len(fixed.times) == 1 and len(names["calls"]) == 9
    blocks = Timer("x + x", globals=names, num_threads=1).blocked_autorange(min_run_time=0.01)
    assert sum(blocks.raw_times) >= 0.01 and 0 < blocks.median < 1
    adaptive = Timer("y = x * 2", "x = torch.ones(2)").adaptive_autorange(min_run_time=0.001, max_run_time=0.05)
    assert adaptive.median > 0
    with pytest.raises(ValueError, match="statements in cpp cannot be compiled here"):
        Timer("x", language="cpp")


def test_tables():
    rows = [
        measured([1e-5] * 3, label="sums", sub_label="small", description="first"),
        measured([4e-5] * 3, label="sums", sub_label="small", description="second"),
        measured([2e-4] * 3, label="sums", sub_label="large", description="first"),
    ]
    lines = str(Compare(rows)).split("\n")
    assert "sums" in lines[0] and [c.strip() for c in lines[1].split("|")] == ["", "first", "second"]
    assert lines[2].startswith("1 threads: -")
    assert [cell.strip() for cell in lines[3].split("|")] == ["small", "1.0", "4.0"]
    assert [cell.strip() for cell in lines[4].split("|")] == ["large", "20.0", ""]
    assert "Times are in microseconds (us)." in lines
    with pytest.raises(ValueError, match="Expected an instance of `Measurement`"):
        Compare([1])


def test_environment():
    from ferrotorch.utils.collect_env import get_pretty_env_info

    text = get_pretty_env_info()
    assert f"PyTorch version: {torch.__version__} (ferrotorch)" in text and "CPU capability" in text
