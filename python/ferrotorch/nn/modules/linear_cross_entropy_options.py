"""How the cross entropy of scores that a linear map computes is divided into chunks of rows."""

from __future__ import annotations

import dataclasses
from typing import Any

import ferrotorch as torch

__all__ = ["LinearCrossEntropyOptions"]

_POLICIES = ("auto", "accurate", "compact")
_ACC_DTYPES = (None, torch.float16, torch.bfloat16, torch.float32, torch.float64)


@dataclasses.dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """Options of `torch.nn.functional.linear_cross_entropy`: scores are there for one chunk of rows at a time.

    Args:
        allow_retain_graph: is the graph walked several times? It can be, whatever is said here.
        batch_chunk_size: rows of a chunk; all by default.
        chunking_method: ``"aspect_ratio"`` chooses chunks whose scores take the memory of the input,
            ``"aspect_ratio:N"`` an N-th of that; ``"auto"`` does where ``batch_chunk_size`` is None.
        acc_policy: ``"accurate"``, ``"compact"`` or ``"auto"``.
        acc_dtype: in which scores and losses are computed; by default float32 for the half types under ``"auto"``,
            otherwise the input's.

    Raises:
        ValueError: options that are not among these.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: torch.dtype | None = None

    def __post_init__(self) -> None:
        if self.acc_policy not in _POLICIES:
            raise ValueError(
                f"invalid acc_policy: {self.acc_policy!r}; expected one of {', '.join(map(repr, _POLICIES))}"
            )
        if self.chunking_method not in (None, "auto"):
            name, _, factor = self.chunking_method.partition(":")
            valid = ":" not in self.chunking_method or (factor.isdigit() and int(factor) > 0)
            if name != "aspect_ratio" or not valid:
                raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size: Any = self.batch_chunk_size
        if not (size is None or (isinstance(size, int) and size > 0)):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype not in _ACC_DTYPES:
            raise ValueError(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, got "
                f"{self.acc_dtype!r}. Pass acc_dtype=None to let the op pick automatically."
            )

    def _rows(self, rows: int, in_features: int, num_classes: int) -> int:
        """How many of so many rows make a chunk."""
        method = self.chunking_method
        if method == "auto":
            method = None if self.batch_chunk_size is not None else "aspect_ratio"
        if method is None:
            return max(1, min(self.batch_chunk_size or rows, rows))
        wanted = -(-rows // max(1, -(-num_classes // max(in_features, 1))))
        size = (1 << max(wanted - 1, 0).bit_length()) // int(method.partition(":")[2] or 1)
        size = max(1, min(size, rows))
        if self.batch_chunk_size not in (None, size):
            raise ValueError(
                f"batch_chunk_size (={self.batch_chunk_size}) and chunking_method ('{method}') give different chunk "
                f"sizes ({self.batch_chunk_size} vs {size}); pass only one."
            )
        return size

    def _dtype(self, of_input: torch.dtype) -> torch.dtype:
        """In which dtype scores and losses are computed."""
        if self.acc_dtype is not None:
            return self.acc_dtype
        is_half = of_input in (torch.float16, torch.bfloat16)
        return torch.float32 if is_half and self.acc_policy == "auto" else of_input
