"""Accelerators of Meta, which are not here."""

from __future__ import annotations

from ferrotorch._absent_device import none_of

_FUNCTIONS = none_of(
    "mtia",
    AssertionError,
    "current_device current_stream default_stream empty_cache get_rng_state init set_device set_rng_state "
    "set_stream stream synchronize",
)
globals().update(_FUNCTIONS)
__all__ = sorted(_FUNCTIONS)
