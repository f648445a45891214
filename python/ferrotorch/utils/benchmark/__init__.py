"""How long code takes: many runs, in one thread unless more are asked for, and tables of what was measured."""

from __future__ import annotations

from ferrotorch.utils.benchmark._compare import Compare
from ferrotorch.utils.benchmark._measurement import Measurement, TaskSpec, select_unit, trim_sigfig
from ferrotorch.utils.benchmark._timer import Timer, timer

__all__ = ["Compare", "Measurement", "TaskSpec", "Timer", "select_unit", "timer", "trim_sigfig"]
