"""Derivatives of functions, and modules as functions of their parameters and buffers."""

from __future__ import annotations

from ferrotorch.func._call import functional_call
from ferrotorch.func._ensemble import replace_all_batch_norm_modules_, stack_module_state
from ferrotorch.func._jacfwd import jacfwd
from ferrotorch.func._jvp import jvp
from ferrotorch.func._linearize import linearize

__all__ = ["functional_call", "jacfwd", "jvp", "linearize", "replace_all_batch_norm_modules_", "stack_module_state"]
