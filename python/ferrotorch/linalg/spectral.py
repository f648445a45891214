"""What follows from singular values or eigenvalues: rank, pseudoinverse, square root, polar decomposition."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C, return_types
from ferrotorch._checks import refuse_gradients, require_tensors
from ferrotorch._functions._names_of_numpy import numpy_names
from ferrotorch._functions._out import write_out
from ferrotorch.autograd import no_grad
from ferrotorch.linalg._inputs import dtype_name, require_matrices, require_square
from ferrotorch.type_info import finfo

Tensor = _C.Tensor
_linalg: Any = _C._linalg
Tolerance = float | Tensor | None


def _tolerances(op: str, A: Tensor, atol: Tolerance, rtol: Tolerance) -> tuple[Tensor, Tensor]:
    """Absolute and relative tolerance as tensors, with PyTorch's defaults."""
    for name, value in (("atol", atol), ("rtol", rtol)):
        if isinstance(value, Tensor) and value.is_complex():
            raise RuntimeError(
                f"torch.{op}: {name} tensor of complex type is not supported. Got {dtype_name(value.dtype)}"
            )
        if not (value is None or isinstance(value, (int, float, Tensor))):
            raise TypeError(
                f"{op.replace('.', '_')}(): argument '{name}' must be float or Tensor, not {type(value).__name__}"
            )
    absolute = _as_tensor(0.0 if atol is None else atol, A)
    if rtol is not None:
        return absolute, _as_tensor(rtol, A)
    default = _as_tensor(finfo(A.dtype).eps * max(A.shape[-2:]), A)
    return absolute, default if atol is None else _C.where(absolute > 0, 0.0, default)


def _as_tensor(value: float | Tensor, A: Tensor) -> Tensor:
    return value if isinstance(value, Tensor) else _C.full((), value, dtype=_C.float64, device=A.device)


def _threshold(largest: Tensor, atol: Tensor, rtol: Tensor) -> Tensor:
    """Singular values up to this, of a last dimension, count as zero."""
    return _C.maximum(atol.unsqueeze(-1), rtol.unsqueeze(-1) * largest)


def _sizes(A: Tensor, hermitian: bool) -> Tensor:
    return _linalg.eigvalsh(A).abs() if hermitian else _linalg.svdvals(A)


@numpy_names
def matrix_rank(
    input: Tensor,
    tol: Tolerance = None,
    hermitian: bool = False,
    *,
    atol: Tolerance = None,
    rtol: Tolerance = None,
    out: Tensor | None = None,
) -> Tensor:
    """Number of singular values that are not zero.

    Args:
        input: float or complex, of shape ``(*, m, n)``; the result is int64, of shape ``*``.
        tol: NumPy's name: an absolute tolerance, with no relative one.
        hermitian: take the matrices as Hermitian and read the lower triangle only.
        atol: singular values up to this count as zero. 0 by default.
        rtol: so do those up to this share of the largest. By default ``max(m, n)`` times the epsilon of the dtype, or 0
            where ``atol`` is positive. Tolerances are numbers or tensors, one for each matrix.
        out: takes the result.

    Raises:
        RuntimeError: fewer than two dimensions.
    """
    op = "linalg.matrix_rank"
    require_matrices(f"torch.{op}", "input", input)
    if tol is not None:
        if atol is not None or rtol is not None:
            raise TypeError("linalg_matrix_rank(): give either tol or atol and rtol, not both")
        atol, rtol = tol, 0.0
    absolute, relative = _tolerances(op, input, atol, rtol)
    with no_grad():
        if input.numel() == 0:
            result = _C.zeros(input.shape[:-2], dtype=_C.int64, device=input.device)
        else:
            sizes = _sizes(input, hermitian)
            result = (sizes > _threshold(sizes.amax(-1, True), absolute, relative)).sum(-1)
    return write_out("linalg_matrix_rank", result, out)


@numpy_names
def pinv(
    input: Tensor,
    rcond: Tolerance = None,
    hermitian: bool = False,
    *,
    atol: Tolerance = None,
    rtol: Tolerance = None,
    out: Tensor | None = None,
) -> Tensor:
    """Pseudoinverse (Moore-Penrose) by the singular value decomposition, or that of Hermitian matrices by eigenvalues.

    Args:
        input: float or complex, of shape ``(*, m, n)``; the result has shape ``(*, n, m)``.
        rcond: NumPy's name of ``rtol``.
        hermitian: take the matrices as Hermitian and read the lower triangle only.
        atol: singular values up to this count as zero. 0 by default.
        rtol: so do those up to this share of the largest. By default ``max(m, n)`` times the epsilon of the dtype, or 0
            where ``atol`` is positive. Tolerances are numbers or tensors, one for each matrix.
        out: takes the result.

    Raises:
        RuntimeError: fewer than two dimensions, or integers.

    The derivative is that of the pseudoinverse itself, as long as the rank stays (Golub & Pereyra, "The Differentiation
    of Pseudo-Inverses and Nonlinear Least Squares Problems Whose Variables Separate", 1973): equal singular values do
    no harm.
    """
    op = "linalg.pinv"
    require_tensors("linalg_pinv", input=input)
    if input.dim() < 2 or not (input.is_floating_point() or input.is_complex()):
        raise RuntimeError(
            f"{op}({dtype_name(input.dtype)}{{{list(input.shape)}}}): expected a tensor with 2 or more dimensions of "
            "float, double, cfloat or cdouble types"
        )
    if rcond is not None:
        if rtol is not None:
            raise TypeError("linalg_pinv(): give either rcond or rtol, not both")
        rtol = rcond
    refuse_gradients("linalg_pinv", atol=atol, rtol=rtol)
    absolute, relative = _tolerances(op, input, atol, rtol)
    with no_grad():
        inverse = _pseudoinverse(input.detach(), absolute, relative, hermitian)
    return write_out("linalg_pinv", _linalg._as_pinv(input, inverse), out)


def _pseudoinverse(A: Tensor, atol: Tensor, rtol: Tensor, hermitian: bool) -> Tensor:
    if A.numel() == 0:
        return _C.zeros(A.mT.shape, dtype=A.dtype, device=A.device)
    if hermitian:
        values, left = _linalg.eigh(A)
        right = left
    else:
        left, values, adjoint = _linalg.svd(A, full_matrices=False)
        right = adjoint.mH
    sizes = values.abs()
    kept = sizes > _threshold(sizes.amax(-1, True), atol, rtol)
    reciprocals = _C.where(kept, values.reciprocal(), 0.0).to(values.dtype)
    return (right * reciprocals.unsqueeze(-2)) @ left.mH


def matrix_sqrth(input: Tensor) -> Tensor:
    """Principal square root of Hermitian matrices without negative eigenvalues.

    Args:
        input: float or complex, of shape ``(*, n, n)``, as the result; the lower triangle alone is read. Negative
            eigenvalues count as 0.

    Raises:
        RuntimeError: not square.
    """
    require_square("linalg.matrix_sqrth", "A", input)
    values, vectors = _linalg.eigh(input)
    roots = values.clamp(min=0).sqrt().to(vectors.dtype)
    return (vectors * roots.unsqueeze(-2)) @ vectors.mH


def polar(A: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """Polar decomposition ``A = U @ H``: orthonormal columns times a Hermitian matrix without negative eigenvalues.

    Args:
        A: float or complex, of shape ``(*, m, n)`` with ``m >= n``.
        out: takes the results.

    Returns:
        A named tuple ``(U, H)`` of shapes ``(*, m, n)`` and ``(*, n, n)``.

    Raises:
        RuntimeError: more columns than rows; fewer than two dimensions.
    """
    require_matrices("linalg.polar", "A", A)
    if A.shape[-2] < A.shape[-1]:
        raise RuntimeError(
            "linalg.polar: input must have at least as many rows as columns, but got "
            f"{A.shape[-2]} by {A.shape[-1]} matrices"
        )
    left, values, adjoint = _linalg.svd(A, full_matrices=False)
    parts: tuple[Tensor, ...] = left @ adjoint, (adjoint.mH * values.unsqueeze(-2)) @ adjoint
    if out is not None:
        parts = tuple(write_out("linalg_polar", part, o, own_dtype=True) for part, o in zip(parts, out, strict=True))
    return return_types.linalg_polar(parts)
