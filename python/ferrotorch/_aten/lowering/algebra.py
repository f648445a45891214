"""Products and decompositions as PyTorch makes them of ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._aten.lowering.shapes import contiguous, reshape
from ferrotorch._ops import aten

__all__ = ["RULES", "linear", "matmul"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]


def linear(ask: Ask, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A product with the transposed weight, of all rows at once."""
    if weight.dim() != 2 or input.dim() == 0:
        return ask(aten.linear.default, input, weight, bias)
    if bias is None:
        return matmul(ask, input, ask(aten.t.default, weight))
    if input.dim() == 2:
        return ask(aten.addmm.default, bias, input, ask(aten.t.default, weight))
    if not input.is_contiguous():
        return ask(aten.add.Tensor, matmul(ask, input, ask(aten.t.default, weight)), bias)
    shape = input.shape
    rows = reshape(ask, input, [math.prod(shape[:-1]), shape[-1]])
    result = ask(aten.addmm.default, bias, rows, ask(aten.t.default, weight))
    return ask(aten._unsafe_view.default, result, [*shape[:-1], weight.shape[0]])


def matmul(ask: Ask, input: Tensor, other: Tensor) -> Tensor:
    """A product of two matrices, of matrices and vectors, or of stacks of matrices."""
    dims = input.dim(), other.dim()
    for pair, op in (((1, 1), aten.dot), ((2, 1), aten.mv), ((2, 2), aten.mm)):
        if dims == pair:
            return ask(op.default, input, other)
    if dims == (1, 2):
        product = ask(aten.mm.default, ask(aten.unsqueeze.default, input, 0), other)
        return ask(aten.squeeze_.dim, product, 0)
    if min(dims) == 0:
        return ask(aten.matmul.default, input, other)
    turned = None
    if dims[0] < dims[1] and dims[0] <= 2:
        turned = ask(aten.transpose.int, other, -2, -1)
    if _folds(input, other, turned):
        return _folded(ask, input, other, turned)
    return _stacked(ask, input, other)


def _folds(input: Tensor, other: Tensor, turned: Tensor | None) -> bool:
    """Are the rows of all matrices multiplied at once?"""
    stack, single = (input, other) if turned is None else (turned, input)
    if stack.dim() < 3 or single.dim() > 2:
        return False
    if single.requires_grad:
        return True
    if input.dim() == 2:
        return False
    steps, sizes = stack.stride(), stack.shape
    return stack.numel() == 0 or all(steps[i] == steps[i + 1] * sizes[i + 1] for i in range(stack.dim() - 2))


def _folded(ask: Ask, input: Tensor, other: Tensor, turned: Tensor | None) -> Tensor:
    stack, single = input, other
    if turned is not None:
        stack, single = ask(aten.transpose.int, other, -2, -1), input
        single = ask(aten.t.default, single) if single.dim() == 2 else single
    rows = reshape(ask, stack, [math.prod(stack.shape[:-1]), stack.shape[-1]])
    op = aten.mm if single.dim() == 2 else aten.mv
    product = ask(op.default, rows, single)
    result = ask(aten._unsafe_view.default, product, [*stack.shape[:-1], *single.shape[1:]])
    if turned is None or single.dim() == 1:
        return result
    return contiguous(ask, ask(aten.transpose.int, result, -2, -1))


def _stacked(ask: Ask, input: Tensor, other: Tensor) -> Tensor:
    stack = torch.broadcast_shapes(input.shape[:-2], other.shape[:-2])
    n, m = (input.shape[-2] if input.dim() > 1 else 1), input.shape[-1]
    p = other.shape[-1] if other.dim() > 1 else 1
    left = ask(aten.expand.default, input, [*stack, n, m])
    left = reshape(ask, left, [math.prod(stack), n, m])
    right = other if other.dim() > 1 else ask(aten.unsqueeze.default, other, 1)
    right = ask(aten.expand.default, right, [*stack, m, p])
    right = reshape(ask, right, [math.prod(stack), m, p])
    ends = ([n] if input.dim() > 1 else []) + ([p] if other.dim() > 1 else [])
    return ask(aten._unsafe_view.default, ask(aten.bmm.default, left, right), [*stack, *ends])


def outer(ask: Ask, input: Tensor, vec2: Tensor) -> Tensor:
    """A column times a row."""
    return ask(aten.mul.Tensor, reshape(ask, input, [input.shape[0], 1]), vec2)


def _check(ask: Ask, info: Tensor, name: str, input: Tensor) -> None:
    ask(aten._linalg_check_errors.default, info, name, is_matrix=input.dim() == 2)


def inv(ask: Ask, A: Tensor) -> Tensor:
    """The inverse, and a look whether there is one."""
    result, info = ask(aten.linalg_inv_ex.default, A)
    _check(ask, info, "linalg.inv", A)
    return result


def det(ask: Ask, A: Tensor) -> Tensor:
    """The determinant of a factorisation."""
    return ask(aten._linalg_det.default, A)[0]


def _signed(kind: Any) -> Rule:
    """The rule for sign and logarithm of the determinant, with the type of the result."""

    def rule(ask: Ask, A: Tensor) -> Any:
        return kind(ask(aten._linalg_slogdet.default, A)[:2])

    return rule


def logdet(ask: Ask, A: Tensor) -> Tensor:
    """The logarithm of the determinant, nan where that is negative."""
    sign, logarithm = ask(aten._linalg_slogdet.default, A)[:2]
    is_negative = ask(aten.eq.Scalar, sign, -1)
    nan = ask(aten.scalar_tensor.default, math.nan, dtype=A.dtype, layout=torch.strided, device=A.device)
    return ask(aten.where.self, is_negative, nan, logarithm)


def solve(ask: Ask, A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """A solution, and a look whether there is one."""
    result = ask(aten._linalg_solve_ex.default, A, B, left=left)
    _check(ask, result[3], "torch.linalg.solve", A)
    return result[0]


def solve_ex(ask: Ask, A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """A solution, and what became of it."""
    result = ask(aten._linalg_solve_ex.default, A, B, left=left, check_errors=check_errors)
    return torch.return_types.linalg_solve_ex((result[0], result[3]))


def cholesky(ask: Ask, A: Tensor, *, upper: bool = False) -> Tensor:
    """The factor, and a look whether there is one."""
    result, info = ask(aten.linalg_cholesky_ex.default, A, upper=upper)
    _check(ask, info, "linalg.cholesky", A)
    return result


def lu_factor(ask: Ask, A: Tensor, *, pivot: bool = True) -> Any:
    """The factors, and a look whether there are some."""
    factors, pivots, info = ask(aten.linalg_lu_factor_ex.default, A, pivot=pivot)
    _check(ask, info, "torch.linalg.lu_factor", A)
    return torch.return_types.linalg_lu_factor((factors, pivots))


def svd(ask: Ask, A: Tensor, full_matrices: bool = True, *, driver: Any = None) -> Any:
    """The three factors."""
    return torch.return_types.linalg_svd(ask(aten._linalg_svd.default, A, full_matrices, True, driver=driver))


def svdvals(ask: Ask, A: Tensor, *, driver: Any = None) -> Tensor:
    """The factor in the middle."""
    return ask(aten._linalg_svd.default, A, False, driver=driver)[1]


def eigh(ask: Ask, A: Tensor, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors."""
    return torch.return_types.linalg_eigh(ask(aten._linalg_eigh.default, A, UPLO))


def eigvalsh(ask: Ask, A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues alone."""
    return ask(aten._linalg_eigh.default, A, UPLO)[0]


def cross(ask: Ask, input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """A product of vectors along the first dimension of three, where none is named."""
    if dim is None:
        dim = next((i for i, size in enumerate(input.shape) if size == 3), -1)
    return ask(aten.linalg_cross.default, input, other, dim=dim)


RULES: dict[str, Rule] = {
    "cross": cross,
    "det": det,
    "ger": outer,
    "inverse": inv,
    "linalg_cholesky": cholesky,
    "linalg_det": det,
    "linalg_eigh": eigh,
    "linalg_eigvalsh": eigvalsh,
    "linalg_inv": inv,
    "linalg_lu_factor": lu_factor,
    "linalg_slogdet": _signed(torch.return_types.linalg_slogdet),
    "linalg_solve": solve,
    "linalg_solve_ex": solve_ex,
    "linalg_svd": svd,
    "linalg_svdvals": svdvals,
    "linear": linear,
    "logdet": logdet,
    "matmul": matmul,
    "outer": outer,
    "slogdet": _signed(torch.return_types.slogdet),
}
