"""Rules for matrix products."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._batching._fold import Batch, is_batched, levels_of, on_whole

Tensor = _C.Tensor


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Hidden dimensions are leading ones, which matrix products take as a batch."""
    if input.dim() == 0 or other.dim() == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {input.dim()}D and {other.dim()}D"
        )
    row, column = input.dim() == 1, other.dim() == 1
    a = input.unsqueeze(0) if row else input
    b = other.unsqueeze(1) if column else other
    levels, rank = levels_of(a, b), max(a.dim(), b.dim())
    product = _C.matmul(_operand(a, levels, rank), _operand(b, levels, rank))
    result = _C._batched(product, levels)
    result = result.squeeze(-1) if column else result
    return result.squeeze(-1 if column else -2) if row else result


def _operand(tensor: Tensor, levels: int, rank: int) -> Tensor:
    return _C._aligned(tensor, levels, rank) if is_batched(tensor) else tensor


def _product(name: str, first: int, second: int, argument: str) -> Callable[..., Tensor]:
    """A product of tensors of so many dimensions."""

    def rule(input: Tensor, **other: Tensor) -> Tensor:
        by = other[argument]
        if input.dim() != first or by.dim() != second:
            raise RuntimeError(
                f"Shape mismatch: Got incorrect dims for {name}(a, b). a has dim {input.dim()} and b has dim "
                f"{by.dim()} but expected them to have dim {first} and dim {second}"
            )
        return matmul(input, by)

    return rule


def _vdot(input: Tensor, other: Tensor) -> Tensor:
    return torch.dot(input.conj(), other)


def _outer(input: Tensor, vec2: Tensor) -> Tensor:
    if input.dim() != 1 or vec2.dim() != 1:
        raise RuntimeError(f"outer: Expected 1-D arguments, but got {input.dim()}-D and {vec2.dim()}-D")
    return input.unsqueeze(1) * vec2


def _plus(input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """``beta * input + alpha * product``; with ``beta`` 0 it does not matter what is in ``input``."""
    scaled = product if alpha == 1 else product * alpha
    return scaled if beta == 0 else scaled + (input if beta == 1 else input * beta)


def _sum_of_product(
    first: str, second: str, ranks: tuple[int, int], product: Callable[[Tensor, Tensor], Tensor]
) -> Callable[..., Tensor]:
    """A sum with a product of tensors of so many dimensions."""

    def rule(input: Tensor, beta: Any = 1, alpha: Any = 1, **factors: Tensor) -> Tensor:
        for name, rank in zip((first, second), ranks, strict=True):
            if factors[name].dim() != rank:
                raise RuntimeError(f"{name} must be a {rank}-D tensor, got a {factors[name].dim()}-D tensor")
        return _plus(input, product(factors[first], factors[second]), beta, alpha)

    return rule


def _linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if not is_batched(weight) and not is_batched(bias) and input.dim() > 0:
        return on_whole(input, lambda whole, _: _C._nn.linear(whole, weight, bias))
    product = matmul(input, weight.mT if weight.dim() == 2 else weight)
    return product if bias is None else product + bias


def einsum(equation: str, operands: Sequence[Tensor]) -> Tensor:
    """A letter that the equation does not use stands for the samples."""
    batch = Batch(*operands)
    letter = next(letter for letter in string.ascii_letters if letter not in equation)
    terms, arrow, result = equation.replace(" ", "").partition("->")
    if not arrow:
        once = sorted(x for x in set(terms) - {",", "."} if terms.count(x) == 1)
        result = ("..." if "..." in terms else "") + "".join(once)
    named = [
        letter + term if is_batched(operand) else term for term, operand in zip(terms.split(","), operands, strict=True)
    ]
    whole = [batch.fold_batched(operand) for operand in operands]
    return batch.unfold(_C._einsum(",".join(named) + "->" + letter + result, whole))


def _summed(a: Tensor, dims: Sequence[int], other: Tensor, others: Sequence[int]) -> Tensor:
    """A dimension that is contracted with one of size 1, which broadcasts, is summed first."""
    wide = [d for d, o in zip(dims, others, strict=True) if a.shape[d] != 1 and other.shape[o] == 1]
    return a.sum(wide, keepdim=True, dtype=a.dtype) if wide else a


def tensordot(a: Tensor, b: Tensor, dims_a: Sequence[int], dims_b: Sequence[int]) -> Tensor:
    """As a product of matrices: rows are the dimensions of ``a`` that stay, columns those of ``b``."""
    a, b = _summed(a, dims_a, b, dims_b), _summed(b, dims_b, a, dims_a)
    if any(a.shape[i] != b.shape[j] for i, j in zip(dims_a, dims_b, strict=True)):
        raise RuntimeError("contracted dimensions need to match in tensordot()")
    by_a, by_b = [d % a.dim() for d in dims_a], [d % b.dim() for d in dims_b]
    rows = [d for d in range(a.dim()) if d not in by_a]
    columns = [d for d in range(b.dim()) if d not in by_b]
    inner = 1
    for d in by_a:
        inner *= a.shape[d]
    left = a.permute(*rows, *by_a).reshape(-1, inner) if inner else a.permute(*rows, *by_a).flatten(0, len(rows))
    right = b.permute(*by_b, *columns).reshape(inner, -1)
    return matmul(left, right).reshape([a.shape[d] for d in rows] + [b.shape[d] for d in columns])


def _cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Entry by entry of vectors whose samples broadcast."""
    if input.dim() != other.dim():
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if dim is None:
        dim = next((i for i, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    if input.size(dim) != 3 or other.size(dim) != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.size(dim)} and {other.size(dim)}"
        )
    a, b = input.unbind(dim), other.unbind(dim)
    return torch.stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)], dim)


def _vecdot(x: Tensor, y: Tensor, dim: int = -1) -> Tensor:
    return (x.conj() * y).sum(dim)


RULES: dict[str, Callable[..., Any]] = {
    "matmul": matmul, "mm": _product("mm", 2, 2, "mat2"), "bmm": _product("bmm", 3, 3, "mat2"),
    "mv": _product("mv", 2, 1, "vec"), "dot": _product("dot", 1, 1, "tensor"), "vdot": _vdot, "outer": _outer,
    "cross": _cross, "vecdot": _vecdot,
    "addmm": _sum_of_product("mat1", "mat2", (2, 2), matmul), "addmv": _sum_of_product("mat", "vec", (2, 1), matmul),
    "addr": _sum_of_product("vec1", "vec2", (1, 1), _outer),
    "baddbmm": _sum_of_product("batch1", "batch2", (3, 3), matmul),
    "addbmm": _sum_of_product("batch1", "batch2", (3, 3), lambda a, b: matmul(a, b).sum(0)),
    "linear": _linear, "_einsum": einsum, "_tensordot": tensordot,
}  # fmt: skip
