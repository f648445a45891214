"""Sums of products over named dimensions, and products of many, as PyTorch makes them of ops."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._aten.lowering.algebra import inv, matmul
from ferrotorch._aten.lowering.shapes import reshape
from ferrotorch._ops import aten

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]
# The name of the dimensions that an ellipsis stands for, in their order.
_DOTS = "."


def _labels(term: str, count: int) -> list[str]:
    """Names of all dimensions of an operand; those of an ellipsis are counted from its end."""
    term = term.replace("...", _DOTS)
    extra = count - len(term.replace(_DOTS, ""))
    dots = [f"{_DOTS}{extra - i}" for i in range(extra)]
    return [label for letter in term for label in (dots if letter == _DOTS else [letter])]


def einsum(ask: Ask, equation: str, *operands: Any) -> Any:
    """Operands in one order of dimensions, contracted from left to right."""
    tensors = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else list(operands)
    if not isinstance(equation, str) or not tensors or not all(isinstance(x, Tensor) for x in tensors):
        return NotImplemented
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(tensors) or any(
        x.dim() < len(t.replace("...", "")) for x, t in zip(tensors, terms, strict=True)
    ):
        return NotImplemented
    names = [_labels(term, x.dim()) for x, term in zip(tensors, terms, strict=True)]
    dots = max((sum(n.startswith(_DOTS) for n in each) for each in names), default=0)
    if arrow:
        out = _labels(right, len(right.replace("...", "")) + (dots if "..." in right else 0))
    else:
        flat = left.replace("...", "").replace(",", "")
        once = sorted(letter for letter in set(flat) if flat.count(letter) == 1)
        out = [f"{_DOTS}{dots - i}" for i in range(dots)] + once
    known = {label for each in names for label in each}
    order = [*out, *sorted(known - set(out), key=lambda n: (n not in string.ascii_letters, n))]
    spread = [_spread(ask, x, each, order) for x, each in zip(tensors, names, strict=True)]
    return _contracted(ask, spread, len(out), len(order))


def _spread(ask: Ask, x: Tensor, names: list[str], order: list[str]) -> Tensor:
    """An operand with all dimensions, in their order."""
    names = list(names)
    for label in dict.fromkeys(names):
        while names.count(label) > 1:
            first = names.index(label)
            second = names.index(label, first + 1)
            x = ask(aten.diagonal.default, x, 0, first, second)
            moved = list(range(x.dim() - 1))
            moved.insert(first, x.dim() - 1)
            x = ask(aten.permute.default, x, moved)
            del names[second]
    for label in order:
        if label not in names:
            x = ask(aten.unsqueeze.default, x, x.dim())
            names.append(label)
    result: Tensor = ask(aten.permute.default, x, [names.index(label) for label in order])
    return result


def _contracted(ask: Ask, operands: list[Tensor], kept: int, count: int) -> Tensor:
    uses = [sum(x.shape[dim] != 1 for x in operands) for dim in range(count)]
    several = len(operands) > 1
    while len(operands) > 1:
        a, b = operands.pop(0), operands.pop(0)
        alone: tuple[list[int], list[int]] = ([], [])
        both = []
        for dim in range(kept, count):
            if a.shape[dim] != 1 and b.shape[dim] != 1:
                uses[dim] -= 1
                if uses[dim] == 1:
                    both.append(dim)
                    uses[dim] = 0
            elif uses[dim] == 1 and (a.shape[dim] != 1 or b.shape[dim] != 1):
                alone[a.shape[dim] == 1].append(dim)
                uses[dim] = 0
        a, b = (ask(aten.sum.dim_IntList, x, dims, True) if dims else x for x, dims in zip((a, b), alone, strict=True))
        # The result takes the place of the first of them.
        operands.insert(0, _product(ask, a, b, both))
    if count == kept:
        return operands[0]
    if several:
        return ask(aten.view.default, operands[0], list(operands[0].shape[:kept]))
    return ask(aten.sum.dim_IntList, operands[0], list(range(kept, count)))


def _product(ask: Ask, a: Tensor, b: Tensor, summed: list[int]) -> Tensor:
    """The product of two, summed over dimensions, as one of stacks of matrices."""
    if not summed:
        return ask(aten.mul.Tensor, a, b)
    kept = [dim for dim in range(a.dim()) if dim not in summed]
    shared = [dim for dim in kept if a.shape[dim] != 1 and b.shape[dim] != 1]
    left = [dim for dim in kept if a.shape[dim] != 1 and dim not in shared]
    right = [dim for dim in kept if dim not in shared and dim not in left]
    sizes = {dim: a.shape[dim] for dim in shared + left} | dict.fromkeys(summed, 1) | {d: b.shape[d] for d in right}
    stack, rows = (math.prod(sizes[dim] for dim in dims) for dims in (shared, left))
    depth, columns = math.prod(a.shape[dim] for dim in summed), math.prod(sizes[dim] for dim in right)
    a = reshape(ask, ask(aten.permute.default, a, shared + left + summed + right), [stack, rows, depth])
    b = reshape(ask, ask(aten.permute.default, b, shared + summed + right + left), [stack, depth, columns])
    order = shared + left + summed + right
    product = ask(aten.view.default, ask(aten.bmm.default, a, b), [sizes[dim] for dim in order])
    result: Tensor = ask(aten.permute.default, product, [order.index(dim) for dim in range(len(order))])
    return result


def tensordot(ask: Ask, a: Tensor, b: Tensor, dims: Any = 2) -> Any:
    """One product of matrices."""
    if isinstance(dims, int):
        left, right = list(range(-dims, 0)), list(range(dims))
    elif isinstance(dims, list | tuple) and len(dims) == 2:
        left, right = ([each] if isinstance(each, int) else list(each) for each in dims)
    else:
        return NotImplemented
    return _summed_over(ask, a, b, left, right)


def _summed_over(ask: Ask, a: Tensor, b: Tensor, left: list[int], right: list[int]) -> Any:
    if len(left) != len(right) or not a.dim() or not b.dim():
        return NotImplemented
    rest = [i for i in range(a.dim()) if i not in [d % a.dim() for d in left]]
    other = [i for i in range(b.dim()) if i not in [d % b.dim() for d in right]]
    depth = math.prod(a.shape[d] for d in left)
    if any(a.shape[i] != b.shape[j] for i, j in zip(left, right, strict=True)):
        return NotImplemented
    sizes, others = [a.shape[d] for d in rest], [b.shape[d] for d in other]
    a = reshape(ask, ask(aten.permute.default, a, rest + left), [math.prod(sizes), depth])
    b = reshape(ask, ask(aten.permute.default, b, right + other), [depth, math.prod(others)])
    return ask(aten.view.default, ask(aten.mm.default, a, b), sizes + others)


def inner(ask: Ask, input: Tensor, other: Tensor) -> Any:
    """A sum over the last dimensions."""
    if input.dim() == 0 or other.dim() == 0:
        return ask(aten.mul.Tensor, input, other)
    if input.dim() == other.dim() == 1:
        return NotImplemented
    return _summed_over(ask, input, other, [-1], [-1])


def kron(ask: Ask, input: Tensor, other: Tensor) -> Any:
    """All products, as blocks."""
    count = max(input.dim(), other.dim())
    a, b = ([1] * (count - x.dim()) + list(x.shape) for x in (input, other))
    left = ask(aten._unsafe_view.default, input, [size for n in a for size in (n, 1)])
    right = ask(aten._unsafe_view.default, other, [size for n in b for size in (1, n)])
    return ask(aten._unsafe_view.default, ask(aten.mul.Tensor, left, right), [n * m for n, m in zip(a, b, strict=True)])


def multi_dot(ask: Ask, tensors: Sequence[Tensor]) -> Any:
    """Products in the order that takes the fewest multiplications."""
    given = list(tensors)
    if len(given) < 2 or any(x.dim() != 2 for x in given):
        return NotImplemented
    sizes = [given[0].shape[0], *(x.shape[1] for x in given)]
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(len(given))}
    for length in range(1, len(given)):
        for i in range(len(given) - length):
            j = i + length
            costs = [
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            ]
            best[i, j] = min(costs)

    def multiplied(i: int, j: int) -> Tensor:
        if i == j:
            return given[i]
        k = best[i, j][1]
        left, right = multiplied(i, k), multiplied(k + 1, j)
        return ask(aten.mm.default, left, right)

    result = multiplied(0, len(given) - 1)
    return ask(aten.view.default, result, [sizes[0], sizes[-1]])


def chain_matmul(ask: Ask, *matrices: Tensor) -> Any:
    """The same, of arguments."""
    return multi_dot(ask, matrices)


def svd(ask: Ask, input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """The three factors, of which the last is turned."""
    if not compute_uv:
        return NotImplemented
    u, s, vh = ask(aten._linalg_svd.default, input, not some)
    v = ask(aten.transpose.int, vh, -2, -1)
    return torch.return_types.svd((u, s, ask(aten._conj.default, v) if v.is_complex() else v))


def pinv(ask: Ask, A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """One op, with tolerances as tensors."""
    if rcond is not None or any(isinstance(each, float | int) for each in (atol, rtol)):
        return NotImplemented
    return ask(aten.linalg_pinv.atol_rtol_tensor, A, atol=atol, rtol=rtol, hermitian=hermitian)


def pinverse(ask: Ask, input: Tensor, rcond: float = 1e-15) -> Any:
    """One op, with tolerances as tensors."""
    options = {"dtype": torch.float64, "layout": torch.strided, "device": input.device}
    atol, rtol = (ask(aten.full.default, [], value, **options) for value in (0.0, rcond))
    return ask(aten.linalg_pinv.atol_rtol_tensor, input, atol=atol, rtol=rtol)


def matrix_power(ask: Ask, input: Tensor, n: int) -> Any:
    """Products of products."""
    if n == 0:
        return NotImplemented
    if n < 0:
        input, n = inv(ask, input), -n
        if n == 1:
            return input
    if n == 1:
        return ask(aten.clone.default, input)
    if n == 3:
        return matmul(ask, matmul(ask, input, input), input)
    power, result = input, None
    while True:
        if n % 2:
            result = power if result is None else matmul(ask, result, power)
        n //= 2
        if not n:
            return result
        power = matmul(ask, power, power)


def nanmean(ask: Ask, input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum of what is a number over how many there are."""
    dims = [dim] if isinstance(dim, int) else dim
    plain = ask(aten.detach.default, input)
    counted = ask(aten.logical_not_.default, ask(aten.ne.Tensor, plain, plain))
    count = ask(aten.sum.dim_IntList, counted, dims, keepdim)
    return ask(aten.div.Tensor, ask(aten.nansum.default, input, dims, keepdim, dtype=dtype), count)


RULES: dict[str, Rule] = {
    "chain_matmul": chain_matmul,
    "einsum": einsum,
    "inner": inner,
    "kron": kron,
    "matrix_power": matrix_power,
    "multi_dot": multi_dot,
    "nanmean": nanmean,
    "pinv": pinv,
    "pinverse": pinverse,
    "svd": svd,
    "tensordot": tensordot,
}
