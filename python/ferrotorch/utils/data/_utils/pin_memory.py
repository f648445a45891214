"""Memory that a GPU reads by itself: there is none, transfers go through buffers of the driver."""

from __future__ import annotations

import queue
import threading
from typing import Any

from ferrotorch.utils.data._utils import MP_STATUS_CHECK_INTERVAL

__all__ = ["pin_memory"]


def pin_memory(data: Any, device: Any = None) -> Any:
    """The data as they are, whose tensors a GPU takes from any memory."""
    return data


def _pin_memory_loop(
    in_queue: Any, out_queue: Any, device_id: Any, done_event: threading.Event, device: Any = None
) -> None:
    """What a loader's thread between the workers' queue and the program's runs: batches go on as they are.

    Ends when ``done_event`` is set.
    """
    while not done_event.is_set():
        try:
            item = in_queue.get(timeout=MP_STATUS_CHECK_INTERVAL)
        except queue.Empty:
            continue
        while not done_event.is_set():
            try:
                out_queue.put(item, timeout=MP_STATUS_CHECK_INTERVAL)
            except queue.Full:
                continue
            break
