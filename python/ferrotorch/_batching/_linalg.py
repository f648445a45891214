"""Systems of equations, whose right hand sides are batches of matrices or of vectors, as their shapes have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._batching._fold import levels_of, spread
from ferrotorch._batching._products import _operand

Tensor = _C.Tensor


def _system(
    solve: Callable[..., Any], matrix_name: str = "A", right: str = "B", *, several: bool = False
) -> Callable[..., Any]:
    """The rule of what takes A and B: as many dimensions for both, the hidden ones in front.

    With ``several`` results each of them is that of all samples.
    """

    def rule(**options: Any) -> Any:
        a, b = options.pop(matrix_name), options.pop(right)
        _require_matrix(solve, matrix_name, a)
        vector = options.get("left", True) and (b.dim() == 1 or (a.dim() - 1 == b.dim() and b.shape == a.shape[:-1]))
        matrix = b.unsqueeze(-1) if vector else b
        levels, rank = levels_of(a, matrix), max(a.dim(), matrix.dim())
        if several:
            # What else is said of the matrix is said for all samples.
            a = spread(a, levels)
        results = solve(_operand(a, levels, rank), _operand(matrix, levels, rank), **options)
        first, *rest = (results,) if isinstance(results, Tensor) else results
        first = _C._batched(first, levels)
        first = first.squeeze(-1) if vector else first
        return type(results)((first, *(_result(other, levels) for other in rest))) if rest else first

    return rule


def _require_matrix(solve: Callable[..., Any], name: str, tensor: Tensor) -> None:
    """Raise RuntimeError for a sample that is no matrix: the hidden dimensions would make one of it."""
    if tensor.dim() < 2:
        raise RuntimeError(
            f"linalg.{solve.__name__}: The input tensor {name} must have at least 2 dimensions, but has {tensor.dim()} "
            "dimensions instead."
        )


def _result(result: Tensor, levels: Any) -> Tensor:
    """A further result; one that the algorithm does not have is empty for all samples."""
    return result if result.dim() == 1 and result.numel() == 0 else _C._batched(result, levels)


def _factored(solve: Callable[..., Any], factors: str) -> Callable[..., Any]:
    """The rule of what takes factors of A, their pivots, which have one dimension less, and B."""

    def rule(pivots: Tensor, B: Tensor, **options: Any) -> Tensor:
        a = options.pop(factors)
        _require_matrix(solve, factors, a)
        levels, rank = levels_of(a, pivots, B), max(a.dim(), B.dim())
        operands = (_operand(a, levels, rank), _operand(pivots, levels, rank - 1), _operand(B, levels, rank))
        return _C._batched(solve(*operands, **options), levels)

    return rule


_LINALG = _C._linalg
RULES: dict[str, Any] = {
    "solve": _system(_LINALG.solve),
    "solve_ex": _system(_LINALG.solve_ex, several=True),
    "lstsq": _system(_LINALG.lstsq, "input", "b", several=True),
    "lu_solve": _factored(_LINALG.lu_solve, "LU"),
    "ldl_solve": _factored(_LINALG.ldl_solve, "LD"),
}
