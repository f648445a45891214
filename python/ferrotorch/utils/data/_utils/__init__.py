"""The parts of the data pipeline by the private names that packages import."""

from __future__ import annotations

import atexit
import importlib.util
import sys
from typing import Any

IS_WINDOWS = sys.platform == "win32"
HAS_NUMPY = importlib.util.find_spec("numpy") is not None
# How long, in seconds, processes of a loader wait for one another before they look whether the other is there.
MP_STATUS_CHECK_INTERVAL = 5.0
# True once the interpreter has begun to end: nothing may be waited for any more.
python_exit_status = False

_PARTS = ("collate", "fetch", "pin_memory", "signal_handling")


def _note_exit() -> None:
    global python_exit_status
    python_exit_status = True


atexit.register(_note_exit)


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in _PARTS:
        return importlib.import_module(f"ferrotorch.utils.data._utils.{name}")
    if name == "worker":
        # The very module of the workers, so that who this worker is may be set there.
        return importlib.import_module("ferrotorch.utils.data._worker")
    raise AttributeError(f"module 'torch.utils.data._utils' has no attribute {name!r}")
