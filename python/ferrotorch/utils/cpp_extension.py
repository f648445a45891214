"""Extensions of PyTorch in C++ and CUDA, which cannot be built or loaded here: they need PyTorch's own libraries."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["BuildExtension", "CUDAExtension", "CppExtension", "include_paths", "load", "load_inline"]

CUDA_HOME: str | None = None
ROCM_HOME: str | None = None
_ABSENT = (
    "torch.utils.cpp_extension: extensions in C++ and CUDA use PyTorch's own libraries, which ferrotorch does not "
    "have. Use the package's version in Python, if it has one"
)


def load(name: str, sources: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Build an extension.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


def load_inline(name: str, cpp_sources: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Build an extension from text.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


def include_paths(*args: Any, **kwargs: Any) -> NoReturn:
    """Where PyTorch's headers are.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


def CppExtension(name: str, sources: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """An extension for ``setup()``.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(_ABSENT)


CUDAExtension = CppExtension


class BuildExtension:
    """What builds extensions in ``setup()``, which cannot be done here.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(_ABSENT)
