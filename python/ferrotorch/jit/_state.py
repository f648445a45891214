"""Whether TorchScript is on, as PyTorch keeps it: ``PYTORCH_JIT=0`` turns it off. Programs run as Python either way."""

from __future__ import annotations

import os

__all__ = ["EnabledProxy", "disable", "enable"]


class EnabledProxy:
    """A truth value that is shared."""

    def __init__(self) -> None:
        value = os.environ.get("PYTORCH_JIT", "1").lower()
        if value not in {"1", "true", "yes", "1v", "0", "false", "no", "0v"}:
            raise ValueError("Unknown setting of PYTORCH_JIT. Try using 0 or 1.")
        self.enabled = value in {"1", "true", "yes", "1v"}

    def __bool__(self) -> bool:
        return self.enabled


_enabled = EnabledProxy()


def disable() -> None:
    """Keep that it is off."""
    _enabled.enabled = False


def enable() -> None:
    """Keep that it is on."""
    _enabled.enabled = True
