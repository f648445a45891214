"""Questions about the compiler, which is not here."""

from __future__ import annotations

import contextlib
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

__all__ = ["counters", "disable_cache_limit", "is_compile_supported", "warn_once"]

# How often a compiler did what, by its parts: nothing is compiled, and nothing is counted.
counters: defaultdict[str, Counter[str]] = defaultdict(Counter)
_WARNED: set[str] = set()


def is_compile_supported(device_type: Any) -> bool:
    """False: nothing is compiled."""
    return False


def warn_once(msg: str, stacklevel: int = 1) -> None:
    """Warn, unless the very same was said before."""
    if msg not in _WARNED:
        _WARNED.add(msg)
        warnings.warn(msg, stacklevel=stacklevel + 1)


@contextlib.contextmanager
def disable_cache_limit() -> Iterator[None]:
    """A block in which a compiler may keep any number of programs of one function, as options of
    ``torch._dynamo.config`` say. There is none, and the options are put back afterwards.
    """
    from ferrotorch._dynamo import config

    largest = 2**63 - 1
    with config.patch(recompile_limit=largest, accumulated_recompile_limit=largest):
        yield
