"""What functions of matrices ask of their inputs."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors

Tensor = _C.Tensor


def dtype_name(dtype: Any) -> str:
    """The name of a dtype as messages have it, such as ``Float``."""
    return _C.empty(0, dtype=dtype).type().rpartition(".")[2].removesuffix("Tensor") if dtype else "None"


def require_float(op: str, x: Tensor, *, low_precision: bool = True) -> None:
    """Refuse integers, and with ``low_precision`` false the 16-bit floats too."""
    if not (x.is_floating_point() or x.is_complex()):
        raise NotImplementedError(
            f"{op}: Expected a floating point or complex tensor as input. Got {dtype_name(x.dtype)}"
        )
    if not low_precision and x.dtype in (_C.float16, _C.bfloat16):
        raise NotImplementedError(f"{op}: Low precision dtypes not supported. Got {dtype_name(x.dtype)}")


def require_matrices(op: str, name: str, x: Tensor) -> None:
    """Refuse what has fewer than two dimensions."""
    require_tensors(op, **{name or "input": x})
    if x.dim() < 2:
        raise RuntimeError(f"{op}: The input tensor{name and f' {name}'} must have at least 2 dimensions.")


def require_square(op: str, name: str, x: Tensor) -> None:
    """Refuse matrices that are not square."""
    require_matrices(op, name, x)
    if x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{op}: {name} must be batches of square matrices, but they are {x.shape[-2]} by {x.shape[-1]} matrices"
        )


def require_wider(op: str, input: Any, dtype: Any) -> None:
    """Refuse a dtype for the computation that is not as wide as the input's, or of another kind."""
    kind = "complex" if input.is_complex else "real"
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(f"{op}: dtype should be floating point or complex, but got {dtype_name(dtype)}")
    if input.is_complex != dtype.is_complex:
        raise RuntimeError(f"{op}: dtype should be {kind} for {kind} inputs, but got {dtype_name(dtype)}")
    if _C.promote_types(input, dtype) is not dtype:
        raise RuntimeError(
            f"{op}: the dtype of the input ({dtype_name(input)}) should be convertible without narrowing to the "
            f"specified dtype ({dtype_name(dtype)})"
        )
