"""How long code takes: many runs, in one thread unless more are asked for, and tables of what was measured."""

from __future__ import annotations

from ferrotorch.utils.benchmark._compare import Compare
from ferrotorch.utils.benchmark._fuzzer import FuzzedParameter, FuzzedTensor, Fuzzer, ParameterAlias
from ferrotorch.utils.benchmark._measurement import Measurement, TaskSpec, select_unit, trim_sigfig
from ferrotorch.utils.benchmark._sparse_fuzzer import FuzzedSparseTensor
from ferrotorch.utils.benchmark._timer import Timer, timer

__all__ = [
    "Compare",
    "FuzzedParameter",
    "FuzzedSparseTensor",
    "FuzzedTensor",
    "Fuzzer",
    "Measurement",
    "ParameterAlias",
    "TaskSpec",
    "Timer",
    "select_unit",
    "timer",
    "trim_sigfig",
]
