"""GPUs of Apple by the name that PyTorch has for them; here they are ``torch.wgpu``."""

from __future__ import annotations

from ferrotorch._absent_device import none_of

_FUNCTIONS = none_of(
    "mps",
    RuntimeError,
    "current_allocated_memory driver_allocated_memory empty_cache get_rng_state recommended_max_memory seed "
    "set_per_process_memory_fraction set_rng_state synchronize",
)
globals().update(_FUNCTIONS)
__all__ = sorted(_FUNCTIONS)
