"""Which implementation computes attention, and attention with scores and masks of one's own.

``scaled_dot_product_attention`` has one implementation here. It stands for those of PyTorch that a CPU has, and gives
the same values whichever is asked for.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

__all__ = ["WARN_FOR_UNFUSED_KERNELS", "SDPBackend", "sdpa_kernel"]

WARN_FOR_UNFUSED_KERNELS = False


class SDPBackend(enum.Enum):
    """PyTorch's implementations of attention: names with a number each, which are no numbers themselves."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __int__(self) -> int:
        return self.value

    __index__ = __int__

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self.name}: {self.value}>"

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


_ALL = (
    SDPBackend.CUDNN_ATTENTION,
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
    SDPBackend.OVERRIDEABLE,
)
_enabled: ContextVar[tuple[SDPBackend, ...]] = ContextVar("sdpa_backends", default=_ALL)


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[SDPBackend]:
    """The implementations that may be used."""
    return list(_enabled.get())


@contextlib.contextmanager
def sdpa_kernel(backends: list[SDPBackend] | SDPBackend, set_priority: bool = False) -> Iterator[dict[str, Any]]:
    """A context in which attention is to be computed by some implementations.

    Values do not depend on it: there is one implementation here, which stands for all.

    Args:
        backends: the implementations.
        set_priority: accepted for compatibility.

    Raises:
        AssertionError: ``backends`` names none.
    """
    if not isinstance(backends, list | SDPBackend):
        raise AssertionError(
            "Backend must be an instance of SDPBackend or a list of SDPBackend instances, got "
            f"{type(backends).__name__}"
        )
    chosen = [backends] if isinstance(backends, SDPBackend) else backends
    token = _enabled.set(tuple(dict.fromkeys(chosen)))
    try:
        yield {}
    finally:
        _enabled.reset(token)
