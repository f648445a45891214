"""A hash of all elements, or of those along dimensions."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors, type_name
from ferrotorch._functions._out import write_out
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor

_WIDE = (_C.float64, _C.float32, _C.float16, _C.bfloat16)
_INTEGERS = (_C.int64, _C.int32, _C.int16, _C.int8, _C.uint8, _C.bool)


def hash_tensor(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, mode: int = 0, out: Tensor | None = None
) -> Tensor:
    """The exclusive or of the bits of all elements, each as a float64 or int64.

    Args:
        input: of a float dtype, or of integers up to int64.
        dim: one dimension, several, or all.
        keepdim: do reduced dimensions stay, with size 1?
        mode: 0, the only one.
        out: takes the result, of dtype uint64.

    Raises:
        RuntimeError: another mode; no elements and no dimension; ``out`` of another dtype.
        IndexError: a dimension that is not there, or has no elements.
        NotImplementedError: another dtype.
    """
    require_tensors("hash_tensor", input=input)
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    if input.dtype not in (*_WIDE, *_INTEGERS):
        raise NotImplementedError(f"\"xor_sum_cpu\" not implemented for '{type_name(input)}'")
    if out is not None and out.dtype is not _C.uint64:
        raise RuntimeError(f"Expected result to be of dtype uint64, but got {type_name(out)}")
    dims = _dims(input, dim)
    wide = input.detach().to(_C.float64 if input.dtype in _WIDE else _C.int64)
    bits = wide.view(_C.int64)
    for d in dims:
        bits = _exclusive_or(bits, d)
    if not keepdim and input.dim() > 0:
        bits = bits.squeeze(dims)
    return write_out("hash_tensor", bits.contiguous().view(_C.uint64), out)


def _dims(input: Tensor, dim: Any) -> list[int]:
    given = [] if dim is None else [dim] if isinstance(dim, int) else list(dim)
    count = max(input.dim(), 1)
    for d in given:
        if not -count <= d < count:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {d})"
            )
    dims = [d % count for d in given]
    for d in dims:
        if dims.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        if input.dim() and input.shape[d] == 0:
            raise IndexError(f"hash_tensor: Expected reduction dim {d} to have non-zero size.")
    if not dims and input.numel() == 0:
        raise RuntimeError(
            "hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
            "with the 'dim' argument."
        )
    return [] if input.dim() == 0 else dims or list(range(input.dim()))


def _exclusive_or(bits: Tensor, dim: int) -> Tensor:
    """Of all elements along a dimension, which becomes 1: halves are joined until one element is left."""
    while (size := bits.shape[dim]) > 1:
        half = size // 2
        joined = bits.narrow(dim, 0, half) ^ bits.narrow(dim, half, half)
        bits = _C.cat([joined, bits.narrow(dim, size - 1, 1)], dim) if size % 2 else joined
    return bits


FUNCTIONS = named(hash_tensor)
METHODS: Table = named(hash_tensor)
IN_PLACE: Table = {}
