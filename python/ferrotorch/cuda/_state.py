"""Whether ``torch.cuda`` is a GPU here.

There is no CUDA. Where programs are to find the GPU of this library under the name ``cuda``
(``python -m ferrotorch --device-alias cuda=wgpu``), the functions of ``torch.cuda`` are those of ``torch.wgpu``;
otherwise they answer as in a build of PyTorch without CUDA.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ferrotorch import _C

ABSENT = (
    "Torch not compiled with CUDA enabled: ferrotorch reaches GPUs of every maker as device 'wgpu'. Write "
    "device='wgpu', or let 'cuda' mean it by `python -m ferrotorch --device-alias cuda=wgpu` (docs/compatibility.md)"
)


def is_alias() -> bool:
    """Does ``cuda`` mean the GPU of this library?"""
    return _C._gpu_kind() == "cuda"


def gpus() -> Any:
    """The module of the GPUs that ``cuda`` means.

    Raises:
        AssertionError: it means none.
    """
    if not is_alias():
        raise AssertionError(ABSENT)
    return module()


def module() -> ModuleType:
    """The module of this library's GPUs."""
    import ferrotorch.wgpu

    return ferrotorch.wgpu
