"""The parts that compute: what they can do here, and the switches of PyTorch's that programs set.

The switches choose among kernels of PyTorch that differ in speed or precision. There is one kernel for each op here,
which computes in the dtype of the tensors: a switch keeps what it is set to, and results are those of its strictest
setting. See docs/compatibility.md.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from ferrotorch.backends import cpu

_PARTS = ("cuda", "cudnn", "mha", "mkl", "mkldnn", "mps", "nnpack", "openmp", "opt_einsum", "quantized", "xnnpack")

__all__ = ["cpu", "disable_global_flags", "flags_frozen", "fp32_precision"]

fp32_precision = "none"


def disable_global_flags() -> None:
    """Accepted: from then on PyTorch refuses to set switches outside of ``with`` blocks."""


def flags_frozen() -> bool:
    """False: switches may be set anywhere."""
    return False


@contextlib.contextmanager
def __allow_nonbracketed_mutation() -> Iterator[None]:
    """A block in which switches may be set, as they may anywhere."""
    yield


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name in _PARTS:
        return importlib.import_module(f"ferrotorch.backends.{name}")
    raise AttributeError(f"module 'torch.backends' has no attribute {name!r}")
