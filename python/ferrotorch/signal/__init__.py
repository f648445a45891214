"""Signal processing: window functions."""

from ferrotorch.signal import windows

__all__ = ["windows"]
