"""Runs statements and takes their time."""

from __future__ import annotations

import textwrap
import timeit
from collections.abc import Callable
from typing import Any, NoReturn

import ferrotorch as torch
from ferrotorch.utils.benchmark._measurement import _IQR_WARN_THRESHOLD, Measurement, TaskSpec

__all__ = ["Timer", "timer"]


def timer() -> float:
    """The time in seconds, when GPUs in use have done what was given to them."""
    if torch._C._gpu_is_open():
        torch.accelerator.synchronize()
    return timeit.default_timer()


class Timer:
    """Takes the time of a statement.

    Args:
        stmt: the statement, run many times.
        setup: run once before.
        global_setup: accepted for compatibility with statements in C++, which cannot be timed here.
        timer: the clock.
        globals: names that the statements may use.
        label, sub_label, description, env: what tables call it: title, row, column, and where.
        num_threads: threads that ops may use.
        language: Python.

    Raises:
        ValueError: another language.
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: str = "python",
    ) -> None:
        if str(getattr(language, "value", language)).lower() not in ("python", "py", "0"):
            raise ValueError(f"Timer: statements in {language} cannot be compiled here; language must be 'python'")
        stmt, setup = (textwrap.dedent(text).strip() for text in (stmt, setup))
        names = {**(globals or {})}
        names.setdefault("torch", torch)
        self._timer = timeit.Timer(stmt, setup or "pass", timer, globals=names)
        shown = "" if setup == "pass" else setup
        self._task_spec = TaskSpec(stmt, shown, global_setup, label, sub_label, description, env, num_threads)

    def _threads(self) -> _Threads:
        return _Threads(self._task_spec.num_threads)

    def timeit(self, number: int = 1000000) -> Measurement:
        """Run the statement ``number`` times; one time for all."""
        with self._threads():
            self._timer.timeit(max(number // 100, 2))
            return Measurement(number, [self._timer.timeit(number)], self._task_spec)

    def repeat(self, repeat: int = -1, number: int = -1) -> NoReturn:
        """Raises NotImplementedError, as in PyTorch: see :meth:`blocked_autorange`."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def autorange(self, callback: Callable[[int, float], Any] | None = None) -> Measurement:
        """Run the statement until it has taken long enough to be timed; see :meth:`blocked_autorange`."""
        measured = self.blocked_autorange()
        if callback is not None:
            callback(measured.number_per_run, sum(measured.raw_times))
        return measured

    def _block_size(self, min_run_time: float) -> int:
        """How often the statement must run for the clock to be of no account."""
        # The first runs load what later ones find.
        self._timer.timeit(2)
        overhead = min(self._timer.timeit(0) for _ in range(5))
        number = 1
        while True:
            time = self._timer.timeit(number)
            if time > min_run_time or (time >= min_run_time / 1000 and overhead <= 1e-4 * time):
                return number
            number *= 10

    def _blocks(
        self,
        number: int,
        min_run_time: float,
        enough: Callable[[list[float]], bool],
        max_run_time: float,
        callback: Callable[[int, float], Any] | None,
    ) -> Measurement:
        times: list[float] = []
        total = 0.0
        while (total < min_run_time or not enough(times)) and (total < max_run_time or not times):
            times.append(self._timer.timeit(number))
            total += times[-1]
            if callback is not None:
                callback(number, times[-1])
        return Measurement(number, times, self._task_spec)

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Run the statement in blocks for at least ``min_run_time`` seconds; a time for each block.

        Args:
            callback: is called with the number of runs and the seconds of each block.
            min_run_time: how long to go on.
        """
        with self._threads():
            number = self._block_size(min_run_time)
            return self._blocks(number, min_run_time, lambda times: True, float("inf"), callback)

    def adaptive_autorange(
        self,
        threshold: float = _IQR_WARN_THRESHOLD,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """As :meth:`blocked_autorange`, until the spread of the times is below a share of their median."""
        with self._threads():
            number = self._block_size(min_run_time)

            def enough(times: list[float]) -> bool:
                return len(times) > 3 and Measurement(number, times, self._task_spec).meets_confidence(threshold)

            return self._blocks(number, min_run_time, enough, max_run_time, callback)

    def collect_callgrind(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Counts of instructions come from a build of Python for Valgrind: raises NotImplementedError."""
        raise NotImplementedError("Timer.collect_callgrind: instructions cannot be counted here; use blocked_autorange")


class _Threads:
    """A context in which ops use a number of threads."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> None:
        self._before = torch.get_num_threads()
        torch.set_num_threads(self._number)

    def __exit__(self, *exception: object) -> None:
        torch.set_num_threads(self._before)
