"""Anomaly mode: backward stops at the first rule that yields NaN."""

from __future__ import annotations

from ferrotorch import _C


class set_detect_anomaly:
    """Turns anomaly mode on or off, at once and until the end of the block."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = _C.is_anomaly_enabled(), _C.is_anomaly_check_nan_enabled()
        _C.set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        _C.set_anomaly_enabled(*self._before)


class detect_anomaly:
    """Anomaly mode within the block."""

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan

    def __enter__(self) -> None:
        self._before = _C.is_anomaly_enabled(), _C.is_anomaly_check_nan_enabled()
        _C.set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exception: object) -> None:
        _C.set_anomaly_enabled(*self._before)
