"""What was measured, and how sure it is."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Measurement", "TaskSpec", "select_unit", "trim_sigfig"]

_MAX_SIGNIFICANT_FIGURES = 4
# From this share of the median on, a spread between quartiles is worth a warning.
_IQR_WARN_THRESHOLD, _IQR_GROSS_WARN_THRESHOLD = 0.1, 0.25
# A measurement whose median is off by less than this many digits is as good as it shall be.
_MIN_CONFIDENCE_INTERVAL = 25e-9


def select_unit(t: float) -> tuple[str, float]:
    """The unit of a time in seconds, and how many seconds that is."""
    if t <= 0:
        return "ns", 1e-9
    index = max(-3, min(int(math.log10(t) // 3), 1))
    return {-3: ("ns", 1e-9), -2: ("us", 1e-6), -1: ("ms", 1e-3), 0: ("s", 1.0), 1: ("s", 1.0)}[index]


def trim_sigfig(x: float, n: int) -> float:
    """A number with ``n`` significant figures."""
    if x == 0:
        return 0.0
    scale = 10 ** (math.ceil(math.log10(abs(x))) - n)
    return float(round(x / scale) * scale)


@dataclass(frozen=True)
class TaskSpec:
    """What is measured: statements, and what tables call them."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or the statement, and the second label."""
        if self.label is not None:
            return f"{self.label}{f': {self.sub_label}' if self.sub_label else ''}"
        if "\n" not in self.stmt:
            return f"{self.stmt}{f': {self.sub_label}' if self.sub_label else ''}"
        return f"stmt:{f' ({self.sub_label})' if self.sub_label else ''}\n{_indented(self.stmt)}"

    def summarize(self) -> str:
        """Title, description and setup, as text; an empty line follows what takes several."""
        setup = f"setup:\n{_indented(self.setup)}" if "\n" in self.setup else f"setup: {self.setup}"
        parts = [self.title, self.description or "", setup if self.setup else ""]
        return "\n".join(f"{part}\n" if "\n" in part else part for part in parts if part)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines())


@dataclass(init=True, repr=False)
class Measurement:
    """Times of a statement.

    Attributes:
        number_per_run: how often the statement ran for each time.
        raw_times: the times, in seconds.
        task_spec: what was measured.
        metadata: whatever shall go along.
    """

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        spec = self.__dict__.get("task_spec")
        if spec is None or name.startswith("__"):
            raise AttributeError(name)
        return getattr(spec, name)

    @property
    def times(self) -> list[float]:
        """Seconds for one run of the statement."""
        return [time / self.number_per_run for time in self.raw_times]

    def _quartiles(self) -> list[float]:
        times = sorted(self.times)
        if not times:
            raise ValueError("a measurement without times")
        return statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3

    @property
    def median(self) -> float:
        """The median of the times."""
        return self._quartiles()[1]

    @property
    def mean(self) -> float:
        """The mean of the times."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """The distance between the quartiles."""
        first, _, third = self._quartiles()
        return third - first

    @property
    def significant_figures(self) -> int:
        """How many figures of the median can be believed, from the spread of the times: one to four."""
        times = sorted(self.times)
        # The times between the quartiles alone: stragglers say little of how well the median is known.
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        # 90 percent of a normal distribution are within 1.645 standard deviations.
        interval = max(1.645 * statistics.pstdev(middle) / len(middle) ** 0.5, _MIN_CONFIDENCE_INTERVAL)
        relative = math.log10(self.median / interval)
        return min(max(math.floor(relative), 1), _MAX_SIGNIFICANT_FIGURES)

    @property
    def has_warnings(self) -> bool:
        """Is the measurement doubtful?"""
        return not self.meets_confidence()

    def meets_confidence(self, threshold: float = _IQR_WARN_THRESHOLD) -> bool:
        """Is the spread below a share of the median?"""
        return self.iqr / self.median < threshold

    @property
    def title(self) -> str:
        """The title of the task."""
        return self.task_spec.title

    @property
    def env(self) -> str:
        """Where it was measured."""
        return self.task_spec.env or "Unspecified env"

    @property
    def as_row_name(self) -> str:
        """What a table calls its row."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """Measurements of one task together."""
        groups: dict[TaskSpec, list[Measurement]] = defaultdict(list)
        for measurement in measurements:
            groups[measurement.task_spec].append(measurement)
        return [
            Measurement(1, [time for measurement in group for time in measurement.times], spec)
            for spec, group in groups.items()
        ]

    def __repr__(self) -> str:
        """The median, how sure it is, and of what."""
        unit, scale = select_unit(self.median)
        count, threads = len(self.times), self.task_spec.num_threads
        lines = [
            f"<{type(self).__module__}.{type(self).__name__} object at {hex(id(self))}>",
            self.task_spec.summarize(),
            f"  {'Median: ' if count > 1 else ''}{self.median / scale:.2f} {unit}",
        ]
        if count >= 4:
            first, _, third = (quartile / scale for quartile in self._quartiles())
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({first:.2f} to {third:.2f})")
        lines.append(
            f"  {count} measurement{'s' if count > 1 else ''}, {self.number_per_run} runs "
            f"{'per measurement,' if count > 1 else ','} {threads} thread{'s' if threads > 1 else ''}"
        )
        if self.has_warnings:
            gross = not self.meets_confidence(_IQR_GROSS_WARN_THRESHOLD)
            what = "suggests significant environmental influence" if gross else "could indicate system fluctuation"
            lines += [
                f"  WARNING: Interquartile range is {self.iqr / self.median * 100:.1f}% of the median measurement.",
                f"           This {what}.",
            ]
        return "\n".join(lines)
