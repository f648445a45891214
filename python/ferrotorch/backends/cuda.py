"""CUDA's libraries, which are not here, and PyTorch's switches for them.

Attention is computed by one kernel here whatever ``enable_flash_sdp`` and its like are set to, and products of a dtype
in this dtype, with sums in float32.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = [
    "allow_fp16_bf16_reduction_math_sdp",
    "can_use_cudnn_attention",
    "can_use_efficient_attention",
    "can_use_flash_attention",
    "cudnn_sdp_enabled",
    "cufft_plan_cache",
    "enable_cudnn_sdp",
    "enable_flash_sdp",
    "enable_math_sdp",
    "enable_mem_efficient_sdp",
    "flash_sdp_enabled",
    "fp16_bf16_reduction_math_sdp_allowed",
    "is_built",
    "is_flash_attention_available",
    "math_sdp_enabled",
    "matmul",
    "mem_efficient_sdp_enabled",
    "preferred_blas_library",
    "preferred_linalg_library",
    "sdp_kernel",
]


class _Products:
    """How exact products of matrices must be at least; they are computed in full precision."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True
    allow_fp16_accumulation = False
    fp32_precision = "none"


class _Plans:
    """Plans of Fourier transforms that CUDA's library keeps: there are none."""

    size = 0
    max_size = 0

    def clear(self) -> None:
        """There are no plans."""


matmul = _Products()
cufft_plan_cache = _Plans()
_sdp = {"flash": True, "math": True, "mem_efficient": True, "cudnn": True, "reduction": False}


def is_built() -> bool:
    """False: CUDA is not here."""
    return False


def flash_sdp_enabled() -> bool:
    """What was set last."""
    return _sdp["flash"]


def enable_flash_sdp(enabled: bool) -> None:
    """Accepted: attention has one kernel here."""
    _sdp["flash"] = bool(enabled)


def mem_efficient_sdp_enabled() -> bool:
    """What was set last."""
    return _sdp["mem_efficient"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Accepted: attention has one kernel here."""
    _sdp["mem_efficient"] = bool(enabled)


def math_sdp_enabled() -> bool:
    """What was set last."""
    return _sdp["math"]


def enable_math_sdp(enabled: bool) -> None:
    """Accepted: attention has one kernel here."""
    _sdp["math"] = bool(enabled)


def cudnn_sdp_enabled() -> bool:
    """What was set last."""
    return _sdp["cudnn"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Accepted: attention has one kernel here."""
    _sdp["cudnn"] = bool(enabled)


def fp16_bf16_reduction_math_sdp_allowed() -> bool:
    """What was set last."""
    return _sdp["reduction"]


def allow_fp16_bf16_reduction_math_sdp(enabled: bool) -> None:
    """Accepted: sums are taken in float32."""
    _sdp["reduction"] = bool(enabled)


def is_flash_attention_available() -> bool:
    """False: CUDA's kernel is not here."""
    return False


def can_use_flash_attention(params: Any, debug: bool = False) -> bool:
    """False: CUDA's kernel is not here."""
    return False


def can_use_efficient_attention(params: Any, debug: bool = False) -> bool:
    """False: CUDA's kernel is not here."""
    return False


def can_use_cudnn_attention(params: Any, debug: bool = False) -> bool:
    """False: CUDA's kernel is not here."""
    return False


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[None]:
    """A block in which the kernels of attention are enabled or not; there is one here."""
    before = dict(_sdp)
    _sdp.update(flash=enable_flash, math=enable_math, mem_efficient=enable_mem_efficient, cudnn=enable_cudnn)
    try:
        yield
    finally:
        _sdp.update(before)


def preferred_linalg_library(backend: str | None = None) -> str:
    """``"default"``: linear algebra has one implementation here.

    Raises:
        RuntimeError: another one is asked for.
    """
    if backend not in (None, "default"):
        raise RuntimeError(f"preferred_linalg_library(): {backend!r} is not here, ferrotorch's own is the only one")
    return "default"


def preferred_blas_library(backend: str | None = None) -> str:
    """``"default"``: products have one implementation here.

    Raises:
        RuntimeError: another one is asked for.
    """
    if backend not in (None, "default"):
        raise RuntimeError(f"preferred_blas_library(): {backend!r} is not here, ferrotorch's own is the only one")
    return "default"
