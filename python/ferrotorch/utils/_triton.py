"""What programs ask of Triton, the compiler of kernels. Kernels here are shaders and Rust: it is not used."""

from __future__ import annotations

__all__ = ["has_triton", "has_triton_package", "has_triton_tma", "has_triton_tma_device"]


def has_triton_package() -> bool:
    """False: what is compiled by Triton cannot work on tensors of this library, whether it is installed or not."""
    return False


def has_triton(*, include_cpu: bool = False) -> bool:
    """False, as :func:`has_triton_package`."""
    return False


def has_triton_tma() -> bool:
    """False, as :func:`has_triton_package`."""
    return False


def has_triton_tma_device() -> bool:
    """False, as :func:`has_triton_package`."""
    return False
