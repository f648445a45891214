"""Linear algebra under its old names; :mod:`ferrotorch.linalg` has the new ones.

That module is loaded at the first use of one of these.
"""

from __future__ import annotations

from typing import Any

from ferrotorch import _C, return_types
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch._functions._names_of_numpy import numpy_names
from ferrotorch._functions._out import with_out_of_own_dtype, write_out
from ferrotorch._functions._tables import Table, named

Tensor = _C.Tensor
_linalg: Any = _C._linalg


def _results(kind: str, results: tuple[Tensor, ...], out: Any) -> Any:
    """The results as a named tuple, in the tensors of ``out`` where that is given."""
    if out is not None:
        results = tuple(write_out(kind, x, o, own_dtype=True) for x, o in zip(results, out, strict=True))
    return getattr(return_types, kind)(results)


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """:func:`ferrotorch.linalg.matrix_power`."""
    from ferrotorch import linalg

    return linalg.matrix_power(input, n, out=out)


@numpy_names
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """:func:`ferrotorch.linalg.pinv` with a relative tolerance."""
    from ferrotorch import linalg

    return linalg.pinv(input, rtol=rcond)


def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """Product of matrices; :func:`ferrotorch.linalg.multi_dot` takes a list of them."""
    from ferrotorch import linalg

    require_tensors("chain_matmul", **{f"matrices[{i}]": x for i, x in enumerate(matrices)})
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for x in matrices:
        if x.dim() != 2:
            raise RuntimeError(f"chain_matmul(): Tensor dimension is {x.dim()}, expected 2 instead.")
    if len(matrices) == 1:
        return write_out("chain_matmul", matrices[0], out)
    return linalg.multi_dot(matrices, out=out)


def cholesky(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """:func:`ferrotorch.linalg.cholesky`."""
    return _linalg.cholesky(input, upper=upper, out=out)


def qr(input: Tensor, some: bool = True, *, out: Any = None) -> Any:
    """:func:`ferrotorch.linalg.qr`: the reduced decomposition, or with ``some`` false the complete one."""
    return _results("qr", tuple(_linalg.qr(input, "reduced" if some else "complete")), out)


@numpy_names
def svd(input: Tensor, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> Any:
    """Singular value decomposition ``(U, S, V)``; :func:`ferrotorch.linalg.svd` gives the adjoint of ``V``.

    With ``some`` false ``U`` and ``V`` are square; with ``compute_uv`` false they are zeros.
    """
    require_tensors("svd", input=input)
    if input.dim() < 2:
        raise RuntimeError("linalg.svd: input should have at least 2 dimensions, but has " + f"{input.dim()} instead")
    if compute_uv:
        u, s, vh = _linalg.svd(input, full_matrices=not some)
        return _results("svd", (u, s, vh.mH), out)
    u, v = (_C.zeros(*input.shape[:-2], n, n, dtype=input.dtype, device=input.device) for n in input.shape[-2:])
    return _results("svd", (u, _linalg.svdvals(input), v), out)


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """LU factors in one matrix, with the pivots: :func:`ferrotorch.linalg.lu_factor_ex`.

    Returns:
        ``(LU, pivots)``, with ``get_infos`` a named tuple with ``info``: where a factor is singular, which of its
        pivots is 0, counted from 1.
    """
    results = _linalg.lu_factor_ex(A, pivot=pivot)
    if out is not None:
        results = tuple(write_out("lu", x, o, own_dtype=True) for x, o in zip(results, out, strict=False))
    return return_types._lu_with_info(tuple(results)) if get_infos else tuple(results[:2])


@with_out_of_own_dtype
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """Solve ``A @ X = input`` by the LU factors of ``A``: :func:`ferrotorch.linalg.lu_solve`."""
    return _linalg.lu_solve(LU_data, LU_pivots, input)


def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    out: Any = None,
) -> Any:
    """Solve ``A @ X = input`` for triangular ``A``: :func:`ferrotorch.linalg.solve_triangular`.

    Args:
        input: the right sides, of shape ``(*, m, k)``.
        A: of shape ``(*, m, m)``.
        upper: is the upper triangle meant?
        transpose: solve with the transposed matrix.
        unitriangular: take the diagonal as ones.
        out: two tensors that take the results.

    Returns:
        A named tuple ``(solution, cloned_coefficient)``.
    """
    require_tensors("triangular_solve", input=input, A=A)
    for name, x in (("b", input), ("A", A)):
        if x.dim() < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {x.dim()} "
                "dimensions instead"
            )
    return _results("triangular_solve", _solved(input, A, upper, transpose, unitriangular), out)


@one_node("TriangularSolveBackward0")
def _solved(input: Tensor, A: Tensor, upper: bool, transpose: bool, unitriangular: bool) -> tuple[Tensor, Tensor]:
    matrix = A.mT if transpose else A
    solution = _linalg.solve_triangular(matrix, input, upper=upper != transpose, unitriangular=unitriangular)
    return solution, A.expand(*solution.shape[:-2], *A.shape[-2:]).clone()


@numpy_names
def nuclear_norm(input: Tensor, dim: Any = (-2, -1), keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """:func:`ferrotorch.linalg.matrix_norm` of order ``"nuc"``."""
    from ferrotorch import linalg

    return linalg.matrix_norm(input, "nuc", dim, keepdim, out=out)


@numpy_names
def frobenius_norm(input: Tensor, dim: Any, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """:func:`ferrotorch.linalg.vector_norm` of order 2."""
    return _linalg.vector_norm(input, 2, dim, keepdim, out=out)


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """Norms of the slices of a dimension, with all others of size 1; of the whole tensor where ``dim`` is -1."""
    require_tensors("norm_except_dim", v=v)
    if dim == -1:
        return _linalg.vector_norm(v, pow)
    if not -v.dim() <= dim < v.dim():
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-v.dim()}, {v.dim() - 1}], but got {dim})"
        )
    others = [d for d in range(v.dim()) if d != dim % v.dim()]
    return _linalg.vector_norm(v, pow, others, True) if others else v.abs()


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde matrix of a vector: powers ``N - 1`` to 0 in columns, or the other way with ``increasing``.

    Args:
        x: of shape ``(n,)``; the result has shape ``(n, N)``, int64 for integers.
        N: the number of powers, by default ``n``.
        increasing: begin with the lowest power.

    Raises:
        RuntimeError: ``x`` is no vector; ``N`` is negative.
    """
    require_tensors("vander", x=x)
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    x = x if x.is_floating_point() or x.is_complex() else x.to(_C.int64)
    first = _C.ones(x.shape[0], min(count, 1), dtype=x.dtype, device=x.device)
    powers = x.unsqueeze(-1).expand(-1, max(count - 1, 0)).cumprod(-1)
    result = _C.cat([first, powers], -1)
    return result if increasing else result.flip(-1)


def _int_mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices of int8 or uint8 in int32.

    Args:
        input: (n, m).
        mat2: (m, p).
        out: takes the result: int32, of its very shape.

    Raises:
        RuntimeError: other dtypes or shapes.
    """
    require_tensors("_int_mm", input=input, mat2=mat2)
    for name, x in (("self", input), ("mat2", mat2)):
        if x.dim() != 2:
            raise RuntimeError(f"_int_mm: {name} must be a matrix, got {x.dim()}-D tensor")
        if x.dtype not in (_C.int8, _C.uint8):
            raise RuntimeError(f"int_mm_out_cpu: Expected {name} dtype to be int8 or uint8 but got {x.dtype}")
    if input.shape[1] != mat2.shape[0]:
        shapes = " and ".join("x".join(map(str, x.shape)) for x in (input, mat2))
        raise RuntimeError(f"_int_mm: mat1 and mat2 shapes cannot be multiplied ({shapes})")
    result = _C.mm(input.to(_C.int32), mat2.to(_C.int32))
    if out is None:
        return result
    if out.dtype is not _C.int32:
        raise RuntimeError(f"int_mm_out_cpu: Expected result dtype to be of type kInt but got {out.dtype}")
    if out.shape != result.shape:
        raise RuntimeError(f"int_mm_out_cpu: Expected result of shape {list(result.shape)} but got {list(out.shape)}")
    return out.copy_(result)


METHODS = named(matrix_power, pinverse, cholesky, qr, svd, lu_solve, triangular_solve)
IN_PLACE: Table = {}
FUNCTIONS = METHODS | named(chain_matmul, lu, nuclear_norm, frobenius_norm, norm_except_dim, vander, _int_mm)
METHODS |= {"lu": lu}
