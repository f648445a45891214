"""Norms of matrices, and the condition number that they give."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors
from ferrotorch._functions._names_of_numpy import numpy_names
from ferrotorch._functions._out import write_out
from ferrotorch.linalg._inputs import require_float, require_matrices, require_square, require_wider

Tensor = _C.Tensor
_linalg: Any = _C._linalg
_ORDERS = (1.0, 2.0, float("inf"))


@numpy_names
def matrix_norm(
    input: Tensor,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Norm of the matrices that two dimensions hold.

    Args:
        input: float or complex, of shape ``(*, m, n)``; the result has the real dtype and shape ``*``.
        ord: ``"fro"``, the root of the sum of squares; ``"nuc"``, the sum of the singular values; 2 or -2, the largest
            or smallest of these; 1 or -1, the largest or smallest sum of absolute values of a column; ``inf`` or
            ``-inf``, of a row.
        dim: the dimensions of rows and columns.
        keepdim: keep these with size 1.
        dtype: computed in, at least as wide as that of ``input``.
        out: takes the result.

    Raises:
        RuntimeError: another order, such as a complex number; fewer than two dimensions.
        TypeError: an order that is no number and no name.
        NotImplementedError: ``input`` holds integers, or 16-bit floats where singular values are needed.
    """
    op = "linalg.matrix_norm"
    require_matrices(op, "A", input)
    require_float(op, input)
    rows, columns = _two_dims(op, dim)
    wrapped = [_wrapped(d, input.dim()) for d in (rows, columns)]
    if wrapped[0] == wrapped[1]:
        raise RuntimeError(f"{op}: dims must be different. Got ({rows}, {columns})")
    if ord == "fro":
        return _linalg.vector_norm(input, 2, wrapped, keepdim, dtype=dtype, out=out)
    if dtype is not None:
        require_wider(op, input.dtype, dtype)
        input = input.to(dtype)
    if ord != "nuc":
        ord = _order(op, ord)
    if ord in ("nuc", 2, -2):
        require_float(op, input, low_precision=False)
        result = _of_singular_values(input, ord, wrapped, keepdim)
    else:
        result = _of_sums(input, ord, wrapped, keepdim)
    return write_out("linalg_matrix_norm", result, out, own_dtype=True)


def _two_dims(op: str, dim: Any) -> tuple[int, int]:
    if isinstance(dim, int):
        raise TypeError(f"{op}(): argument 'dim' must be tuple of ints, not int")
    if len(dim) != 2:
        raise RuntimeError(f"{op}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    rows, columns = dim
    return rows, columns


def _order(op: str, ord: Any) -> float:
    ord = _scalar(op, ord, RuntimeError)
    if not isinstance(ord, (int, float, str)):
        raise TypeError(f"{op}(): argument 'ord' (position 2) must be Number, not {type(ord).__name__}")
    if not _is_order(ord):
        raise RuntimeError(f"{op}: Order {_shown(ord)} not supported.")
    return float(ord)


def _scalar(op: str, ord: Any, error: type[Exception]) -> Any:
    """An order with a tensor of one number taken as that; a complex number is an error of this class."""
    if isinstance(ord, Tensor) and ord.dim() == 0:
        ord = ord.item()
    if isinstance(ord, complex):
        raise error(f"{op}: Expected a non-complex scalar as the order of norm.")
    return ord


def _shown(ord: Any) -> str:
    return f"{ord:g}" if isinstance(ord, (int, float)) else str(ord)


def _is_order(ord: Any) -> bool:
    return isinstance(ord, (int, float)) and abs(ord) in _ORDERS


def _wrapped(dim: int, ndim: int) -> int:
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    return dim % ndim


def _of_sums(A: Tensor, ord: float, dims: list[int], keepdim: bool) -> Tensor:
    summed, compared = dims if abs(ord) == 1 else reversed(dims)
    sums = _linalg.vector_norm(A, 1, summed, True)
    if ord > 0 and A.shape[compared] == 0:
        result = sums.sum(compared, True)
    else:
        result = (sums.amax if ord > 0 else sums.amin)(compared, True)
    return result if keepdim else result.squeeze(dims)


def _of_singular_values(A: Tensor, ord: Any, dims: list[int], keepdim: bool) -> Tensor:
    values = _linalg.svdvals(A.movedim(dims, (-2, -1)))
    if ord == "nuc" or (ord == 2 and values.shape[-1] == 0):
        result = values.sum(-1)
    else:
        result = (values.amax if ord > 0 else values.amin)(-1)
    if keepdim:
        for d in sorted(dims):
            result = result.unsqueeze(d)
    return result


@numpy_names
def norm(
    input: Tensor,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
) -> Tensor:
    """Norm of vectors or matrices.

    Args:
        input: float or complex; the result has the real dtype.
        ord: None is the 2-norm of all elements or those of ``dim``. A name, or a number with two dimensions, means
            :func:`matrix_norm`; a number with one dimension :func:`vector_norm`.
        dim: one dimension for norms of vectors, two for norms of matrices; None takes all of ``input``, which with an
            ``ord`` has one or two.
        keepdim: keep these with size 1.
        out: takes the result.
        dtype: computed in, at least as wide as that of ``input``.

    Raises:
        RuntimeError: the order and the number of dimensions do not go together.
    """
    if ord is None:
        return _linalg.vector_norm(input, 2, dim, keepdim, dtype=dtype, out=out)
    require_tensors("linalg_norm", input=input)
    if dim is None and input.dim() not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {input.dim()}D."
        )
    if isinstance(ord, str):
        dims = (-2, -1) if dim is None else (dim,) if isinstance(dim, int) else dim
        return matrix_norm(input, ord, dims, keepdim, dtype=dtype, out=out)
    dims = tuple(range(input.dim())) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if len(dims) == 1:
        return _linalg.vector_norm(input, ord, dims, keepdim, dtype=dtype, out=out)
    return matrix_norm(input, ord, dims, keepdim, dtype=dtype, out=out)


@numpy_names
def cond(input: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Condition number of matrices: the product of the norm of a matrix and of its inverse.

    Args:
        input: float or complex, of shape ``(*, m, n)``, square unless ``p`` is None, 2 or -2; the result has the real
            dtype and shape ``*``. It is infinite for a matrix without inverse.
        p: the order of the norm, as of :func:`matrix_norm`. None is 2: the ratio of the largest singular value and the
            smallest.
        out: takes the result.

    Raises:
        ValueError: another order.
        RuntimeError: not square; fewer than two dimensions.
    """
    require_matrices("linalg.cond", "", input)
    p = _scalar("linalg.cond", p, ValueError)
    if p is not None and p not in ("fro", "nuc") and not _is_order(p):
        raise ValueError(f"linalg.cond got an invalid norm type: {_shown(p)}")
    if input.numel() == 0 and (p in (None, 2, -2) or input.shape[-1] == input.shape[-2]):
        # There are no numbers to divide; PyTorch says 0.
        result = _linalg.vector_norm(input, 2, (-2, -1))
    elif p in (None, 2, -2):
        values = _linalg.svdvals(input)
        largest, smallest = values.select(-1, 0), values.select(-1, -1)
        result = smallest / largest if p == -2 else largest / smallest
    else:
        require_square(f"linalg.cond(ord={p})", "A", input)
        inverse, info = _linalg.inv_ex(input)
        result = _C.where(info > 0, float("inf"), matrix_norm(input, p) * matrix_norm(inverse, p))
    return write_out("linalg_cond", result, out)
