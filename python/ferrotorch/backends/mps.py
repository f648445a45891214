"""GPUs of Apple by the name that PyTorch has for them; here they are ``torch.wgpu``."""

__all__ = ["is_available", "is_built", "is_macos13_or_newer", "is_macos_or_newer"]


def is_built() -> bool:
    """False: device ``"mps"`` is not here."""
    return False


def is_available() -> bool:
    """False: device ``"mps"`` is not here."""
    return False


def is_macos_or_newer(major: int, minor: int) -> bool:
    """False: device ``"mps"`` is not here."""
    return False


def is_macos13_or_newer(minor: int = 0) -> bool:
    """False: device ``"mps"`` is not here."""
    return False
