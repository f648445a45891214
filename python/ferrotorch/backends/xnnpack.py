"""A library of layers for small devices, which is not here: the kernels and threads are the library's own."""

__all__ = ["enabled", "is_available"]

enabled = False


def is_available() -> bool:
    """False: it is not here."""
    return False
