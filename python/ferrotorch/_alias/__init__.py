"""The name ``torch`` for this library, in a program that was written for PyTorch."""

from __future__ import annotations

import sys

__all__ = ["install_as_torch"]


def install_as_torch(device_alias: str | None = None) -> None:
    """Make ``import torch`` mean this library from now on in this program, and in its worker processes.

    For notebooks and servers, whose programs are not started by ``python -m ferrotorch``. Again is harmless.

    Args:
        device_alias: ``"cuda=wgpu"`` lets ``"cuda"`` mean the GPU of this library, too.

    Raises:
        RuntimeError: PyTorch itself has been imported.
        ValueError: there is no such alias.
    """
    from ferrotorch._alias import devices, finder

    loaded = sys.modules.get("torch")
    if loaded is not None and loaded is not sys.modules["ferrotorch"]:
        raise RuntimeError(
            "install_as_torch(): PyTorch has been imported already; call this before anything imports it"
        )
    if device_alias is not None:
        devices.set_alias(device_alias)
    finder.install()
