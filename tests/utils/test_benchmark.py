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
    assert "Median: 3.00 us" in text and "5 measurements, 10 runs per measurement, 1 thread" in text
    assert "WARNING: Interquartile range is 66.7% of the median measurement." in text


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


def rows():
    """Measurements that are sure and doubtful, of two numbers of threads in two places; one cell is empty."""
    results = []
    for threads in (1, 4):
        for env in ("main", "branch"):
            task = {"label": "sums", "num_threads": threads, "env": env}
            results += [
                measured([1e-5 * threads, 1.01e-5 * threads, 1.02e-5], sub_label="small", description="first", **task),
                measured([4e-5, 6e-5, 4.1e-5, 7e-5], sub_label="small", description="second", **task),
                measured([2e-3, 2.002e-3, 2.001e-3, 2.003e-3], description="first", **task),
            ]
    return results


# A tilde is a space at the end of a line.
PLAIN = """\
[--------------- sums ---------------]
                   |  first  |  second
1 threads: ---------------------------
  (branch)  small  |    1.0  |   5.0~~
            x + y  |  200.2  |~~~~~~~~
  (main)    small  |    1.0  |   5.0~~
            x + y  |  200.2  |~~~~~~~~
4 threads: ---------------------------
  (branch)  small  |    4.0  |   5.0~~
            x + y  |  200.2  |~~~~~~~~
  (main)    small  |    4.0  |   5.0~~
            x + y  |  200.2  |~~~~~~~~

Times are in microseconds (us).
"""

TRIMMED = """\
[-------------------- sums -------------------]
                   |     first     |    second~
1 threads: ------------------------------------
  (branch)  small  |     1         |  5 (! 43%)
            x + y  |   200         |~~~~~~~~~~~
  (main)    small  |     1         |  5 (! 43%)
            x + y  |   200         |~~~~~~~~~~~
4 threads: ------------------------------------
  (branch)  small  |    4 (! 38%)  |  5 (! 43%)
            x + y  |   200         |~~~~~~~~~~~
  (main)    small  |    4 (! 38%)  |  5 (! 43%)
            x + y  |   200         |~~~~~~~~~~~

Times are in microseconds (us).
(! XX%) Measurement has high variance, where XX is the IQR / median * 100.
"""

ROWWISE = """\
[------------ sums ------------]
             |  first  |  second
1 threads: ---------------------
      small  |  {best}  1.0{end}  |  {bad} 5.0  {end}
      x + y  |  {best}200.2{end}  |~~~~~~~~

Times are in microseconds (us).
"""

COLUMNWISE = """\
[------------ sums ------------]
             |  first  |  second
1 threads: ---------------------
      small  |  {best}  1.0{end}  |  {best} 5.0  {end}
      x + y  |  {worst}200.2{end}  |~~~~~~~~

Times are in microseconds (us).
"""


def coloured(table):
    """The table with what a terminal makes colours of, and spaces for tildes."""
    return table.replace("~", " ").format(
        best="\x1b[92m\x1b[1m", bad="\x1b[2m\x1b[91m", worst="\x1b[31m\x1b[1m", end="\x1b[0m\x1b[0m"
    )


def test_tables():
    assert str(Compare(rows())) == PLAIN.replace("~", " ")
    sure = Compare(rows())
    sure.trim_significant_figures()
    sure.highlight_warnings()
    assert str(sure) == TRIMMED.replace("~", " ")
    for rowwise, expected in ((True, ROWWISE), (False, COLUMNWISE)):
        one = Compare(rows()[:3])
        one.colorize(rowwise)
        assert str(one) == coloured(expected)


def test_tables_of_labels():
    labels = [measured([1e-3] * 3, label=label, description="d") for label in ("one", "two", "one")]
    titles = [line for line in str(Compare(labels)).split("\n") if line.startswith("[")]
    assert [title.strip("[]-") for title in titles] == [" one ", " two "]
    assert str(Compare(labels)).count("Times are in microseconds (us).") == 2
    with pytest.raises(ValueError, match="Expected an instance of `Measurement`"):
        Compare([1])


def test_environment():
    from ferrotorch.utils.collect_env import get_pretty_env_info

    text = get_pretty_env_info()
    assert f"PyTorch version: {torch.__version__} (ferrotorch)" in text and "CPU capability" in text
