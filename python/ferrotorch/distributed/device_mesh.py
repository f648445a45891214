"""Devices of several processes in rows and columns: there are none here."""

from __future__ import annotations

from typing import Any, NoReturn

from ferrotorch.distributed import _ABSENT, _Absent

__all__ = ["DeviceMesh", "init_device_mesh"]


class DeviceMesh(_Absent):
    """Devices of several processes in rows and columns."""


def init_device_mesh(device_type: str, mesh_shape: tuple[int, ...], **kwargs: Any) -> NoReturn:
    """Make a mesh of the devices of all processes.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)
