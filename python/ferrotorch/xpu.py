"""GPUs of Intel by the name that PyTorch has for them; here they are ``torch.wgpu``."""

from __future__ import annotations

from ferrotorch._absent_device import none_of

_FUNCTIONS = none_of(
    "xpu",
    AssertionError,
    "current_device current_stream get_device_capability get_device_name get_device_properties get_rng_state "
    "init initial_seed mem_get_info set_device set_rng_state set_stream stream synchronize",
)
globals().update(_FUNCTIONS)
__all__ = sorted([*_FUNCTIONS, "empty_cache"])


def empty_cache() -> None:
    """Nothing is kept: there are no such devices."""
