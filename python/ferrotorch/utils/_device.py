"""The device that tensors are made on where none is named, as a block and as a decorator."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C

__all__ = ["DeviceContext", "device_decorator", "set_device"]


class DeviceContext:
    """A block in which functions make their tensors on a device, unless they are told another.

    Args:
        device: the device, or its name.
    """

    def __init__(self, device: _C.device | str) -> None:
        self.device = torch.device(device)

    def __enter__(self) -> DeviceContext:
        self.device.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.device.__exit__(*exception)


def set_device(device: _C.device | str) -> Callable[..., Any]:
    """A decorator: the function makes its tensors on a device."""
    return lambda func: device_decorator(torch.device(device), func)


def device_decorator(device: _C.device, func: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes its tensors on a device.

    Raises:
        TypeError: a class is given.
    """
    if isinstance(func, type):
        raise TypeError(f"{func} is a class: a device is set for functions, such as its methods")

    @functools.wraps(func)
    def on_device(*args: Any, **kwargs: Any) -> Any:
        with DeviceContext(device):
            return func(*args, **kwargs)

    return on_device
