"""Products and powers of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_tensors
from ferrotorch._functions._out import with_out, write_out
from ferrotorch.linalg._inputs import require_square

Tensor = _C.Tensor
_linalg: Any = _C._linalg


def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Product of two or more matrices, multiplied in the order that takes the fewest operations.

    Args:
        tensors: 2-D tensors; the first may be a vector, a row, and the last a vector, a column.
        out: takes the result, a matrix, a vector or a number.

    Raises:
        RuntimeError: fewer than two tensors; shapes that do not fit one another.

    The order is found by dynamic programming over all places of the outermost product (Cormen et al., Introduction to
    Algorithms, "Matrix-chain multiplication").
    """
    factors = list(tensors)
    require_tensors("multi_dot", **{f"tensors[{i}]": x for i, x in enumerate(factors)})
    if len(factors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(factors)}")
    _require_one_dtype(factors)
    result = _chain([_as_matrix(i, x, len(factors)) for i, x in enumerate(factors)])
    if factors[-1].dim() == 1:
        result = result.squeeze(-1)
    if factors[0].dim() == 1:
        result = result.squeeze(0)
    return write_out("linalg_multi_dot", result, out, own_dtype=True, inputs=factors)


def _require_one_dtype(factors: list[Tensor]) -> None:
    for i, x in enumerate(factors):
        if x.dtype is not factors[0].dtype:
            raise RuntimeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                f"{factors[0].dtype} and tensor {i} {x.dtype}"
            )


def _as_matrix(i: int, x: Tensor, n: int) -> Tensor:
    ends = i in (0, n - 1)
    if not (x.dim() == 2 or (ends and x.dim() == 1)):
        where = "the first tensor" if i == 0 else "the last tensor" if i == n - 1 else f"tensor {i}"
        wanted = "1D or 2D" if ends else "2D"
        raise RuntimeError(f"multi_dot(): {where} must be {wanted} but got {x.dim()}D")
    return x if x.dim() == 2 else x.unsqueeze(0 if i == 0 else 1)


def _chain(factors: list[Tensor]) -> Tensor:
    sizes = [factors[0].shape[0]]
    for i, x in enumerate(factors):
        if x.shape[0] != sizes[-1] and i > 0:
            raise RuntimeError(
                f"multi_dot(): tensors {i - 1} and {i} with shapes {list(factors[i - 1].shape)} and {list(x.shape)} "
                "cannot be multiplied"
            )
        sizes.append(x.shape[1])
    if len(factors) == 2:
        return factors[0] @ factors[1]
    places = _best_places(sizes)

    def product(first: int, last: int) -> Tensor:
        if first == last:
            return factors[first]
        place = places[first, last]
        return product(first, place) @ product(place + 1, last)

    return product(0, len(factors) - 1)


def _best_places(sizes: list[int]) -> dict[tuple[int, int], int]:
    """For every run of factors, where its last product divides it; factor ``i`` is ``sizes[i]`` by ``sizes[i + 1]``."""
    n = len(sizes) - 1
    costs = {(i, i): 0 for i in range(n)}
    places = {}
    for length in range(1, n):
        for first in range(n - length):
            last = first + length
            options = {
                at: costs[first, at] + costs[at + 1, last] + sizes[first] * sizes[at + 1] * sizes[last + 1]
                for at in range(first, last)
            }
            places[first, last] = min(options, key=options.__getitem__)
            costs[first, last] = options[places[first, last]]
    return places


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """Square matrices multiplied with themselves ``n`` times, by repeated squaring.

    Args:
        input: of shape ``(*, m, m)``, as the result.
        n: an integer; 0 gives the identity, a negative one the power of the inverse.
        out: takes the result.

    Raises:
        RuntimeError: not square.
        LinAlgError: ``n`` is negative and a matrix has no inverse.
    """
    require_square("linalg.matrix_power", "A", input)
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"linalg_matrix_power(): argument 'n' must be int, not {type(n).__name__}")
    return write_out("linalg_matrix_power", _power(input, n), out, own_dtype=True)


def _power(A: Tensor, n: int) -> Tensor:
    if n == 0:
        # A copy that is written over: its derivative is zero.
        return A.clone().copy_(_C.eye(A.shape[-1], dtype=A.dtype, device=A.device))
    if n < 0:
        A, n = _linalg.inv(A), -n
    if n == 1:
        return A.clone()
    if n == 3:
        return A @ A @ A
    result: Any = None
    while n:
        n, odd = divmod(n, 2)
        if odd:
            result = A if result is None else result @ A
        if n:
            A = A @ A
    return result


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """Vandermonde matrices: the powers 0 to ``N - 1`` of every element, along a new last dimension.

    Args:
        x: of shape ``(*, n)``; the result has shape ``(*, n, N)``. Powers of integers are int64.
        N: the number of powers, by default ``n``.

    Raises:
        RuntimeError: ``N`` is below 2.
    """
    require_tensors("linalg.vander", x=x)
    if x.dtype is _C.bool:
        raise NotImplementedError("linalg.vander supports floating point, complex, and integer tensors, but got Bool")
    # A number is a row of one.
    x = x.unsqueeze(0) if x.dim() == 0 else x
    count = N if N is not None else x.shape[-1]
    if count <= 1:
        raise RuntimeError(f"N must be greater than 1, but got {count} for a tensor of shape {list(x.shape)}")
    x = x if x.is_floating_point() or x.is_complex() else x.to(_C.int64)
    powers = x.unsqueeze(-1).expand(*x.shape, count - 1).cumprod(-1)
    return _C.cat([_C.ones_like(powers[..., :1]), powers], -1)


@with_out
def tensorinv(input: Tensor, ind: int = 2) -> Tensor:
    """Inverse of :func:`tensordot` with a tensor.

    Args:
        input: of a shape whose first ``ind`` sizes have the product of the others; the result has these in front.
        ind: a positive number of dimensions.

    Raises:
        RuntimeError: another shape, or no inverse.
    """
    require_tensors("linalg.tensorinv", input=input)
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    ahead, behind = list(input.shape[:ind]), list(input.shape[ind:])
    rows, columns = _numel(ahead), _numel(behind)
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), "
            f"but got {columns} != {rows}"
        )
    return _linalg.inv(input.reshape(rows, columns)).reshape(behind + ahead)


@with_out
def tensorsolve(input: Tensor, other: Tensor, dims: Any = None) -> Tensor:
    """The tensor ``X`` with ``tensordot(input, X, X.ndim) == other``.

    Args:
        input: of shape ``other.shape + X.shape``, after ``dims`` are moved to the end; the sizes of both have the
            same product.
        other: the right side.
        dims: dimensions of ``input`` that are moved to its end first.

    Raises:
        RuntimeError: another shape, or no solution.
    """
    require_tensors("linalg.tensorsolve", input=input, other=other)
    if dims is not None:
        moved = (dims,) if isinstance(dims, int) else tuple(dims)
        input = input.movedim(moved, tuple(range(input.dim() - len(moved), input.dim())))
    shape = list(input.shape[other.dim() :])
    if _numel(shape) != other.numel() or input.numel() != other.numel() ** 2:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {_numel(shape)} != {_numel(list(input.shape[: other.dim()]))}"
        )
    count = other.numel()
    return _linalg.solve(input.reshape(count, count), other.reshape(count)).reshape(shape)


def _numel(shape: list[int]) -> int:
    count = 1
    for n in shape:
        count *= n
    return count
