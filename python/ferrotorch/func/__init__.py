"""Functions of functions: derivatives, many samples at once, and modules as functions of their parameters."""

from __future__ import annotations

from ferrotorch._functorch.vmap import vmap
from ferrotorch.func._call import functional_call
from ferrotorch.func._einops import rearrange
from ferrotorch.func._ensemble import replace_all_batch_norm_modules_, stack_module_state
from ferrotorch.func._jacfwd import hessian, jacfwd
from ferrotorch.func._jacrev import jacrev
from ferrotorch.func._jvp import jvp
from ferrotorch.func._linearize import linearize
from ferrotorch.func._reverse import grad, grad_and_value, vjp
from ferrotorch.func._tools import debug_unwrap, functionalize

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
    "linearize", "rearrange", "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip
