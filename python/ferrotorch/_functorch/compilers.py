"""Compilers for `aot_function` that leave a graph as it is, show it, or keep less memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._functorch.aot_autograd import aot_function, aot_module, make_boxed_func
from ferrotorch._functorch.partitioners import min_cut_rematerialization_partition

__all__ = ["memory_efficient_fusion", "nop", "print_compile", "simple_ts_compile", "ts_compile"]


def nop(fx_g: Any, _: Any) -> Any:
    """The graph itself."""
    return make_boxed_func(fx_g.forward)


def ts_compile(fx_g: Any, inps: Any) -> Any:
    """The graph itself: there is no other runtime here that it could be handed to."""
    return nop(fx_g, inps)


def simple_ts_compile(fx_g: Any, _: Any) -> Any:
    """The graph itself, as a module."""
    return fx_g


def print_compile(fx_g: Any, _: Any) -> Any:
    """The graph itself, whose code is printed."""
    print(fx_g.code)
    return make_boxed_func(fx_g.forward)


def memory_efficient_fusion(fn: Any, **kwargs: Any) -> Callable[..., Any]:
    """A function or module whose backward pass computes again what it takes less memory to.

    Args:
        fn: a function, or a module.
        kwargs: further arguments of :func:`aot_function`.
    """
    options = {"fw_compiler": nop, "bw_compiler": nop, "partition_fn": min_cut_rematerialization_partition, **kwargs}
    return aot_module(fn, **options) if isinstance(fn, torch.nn.Module) else aot_function(fn, **options)
