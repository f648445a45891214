"""The module ``functorch.compile``: graphs of forward and backward passes for compilers."""

from __future__ import annotations

from ferrotorch._functorch.aot_autograd import aot_function, aot_module, make_boxed_compiler, make_boxed_func
from ferrotorch._functorch.compilers import memory_efficient_fusion, nop, print_compile, simple_ts_compile, ts_compile
from ferrotorch._functorch.partitioners import default_partition, min_cut_rematerialization_partition

__all__ = [
    "aot_function",
    "aot_module",
    "default_partition",
    "make_boxed_compiler",
    "make_boxed_func",
    "memory_efficient_fusion",
    "min_cut_rematerialization_partition",
    "nop",
    "print_compile",
    "simple_ts_compile",
    "ts_compile",
]
