"""The name ``cuda`` for the GPU of this library, for programs that know no other."""

from __future__ import annotations

import os

from ferrotorch import _C

__all__ = ["VARIABLE", "set_alias"]

# Worker processes and programs started by a program inherit it.
VARIABLE = "FERROTORCH_DEVICE_ALIAS"


def set_alias(text: str) -> None:
    """Let one name of devices mean another, here and in processes that are started from now on.

    Args:
        text: ``"cuda=wgpu"``; or ``""``, which ends it.

    Raises:
        ValueError: any other text.
    """
    if text not in ("", "cuda=wgpu"):
        raise ValueError(f"device alias {text!r}: what there is is 'cuda=wgpu'")
    _C._set_gpus_are_cuda(bool(text))
    os.environ[VARIABLE] = text
