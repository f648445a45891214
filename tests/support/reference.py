"""Compares an op with NumPy on lists of shapes, in the layouts and dtypes that tensors come in."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ferrotorch as torch
import numpy as np

Shape = tuple[int, ...]
TOLERANCE = {torch.float64: 1e-10, torch.float32: 2e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}
PAIRS: list[tuple[Shape, Shape]] = [
    ((2, 3), (2, 3)),
    ((2, 1), (3,)),
    ((), (4,)),
    ((0, 3), (1, 3)),
    ((7, 1, 5), (3, 1)),
    ((), ()),
    ((70, 40), (40,)),
]
SHAPES: list[Shape] = [(2, 3), (), (0,), (5, 0, 2), (1,), (257,), (3, 4, 5)]


def draw(shape: Shape, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Float32 numbers, so that every dtype begins from the same values."""
    return np.asarray(np.random.default_rng(seed).uniform(low, high, shape), dtype=np.float32)


def layouts(values: np.ndarray, device: str) -> Iterator[torch.Tensor]:
    """The same values contiguous, transposed, with gaps, and expanded where the values allow."""
    x = torch.from_numpy(np.array(values)).to(device)
    yield x
    if values.ndim > 1:
        yield x.transpose(0, -1).contiguous().transpose(0, -1)
    if values.ndim:
        wide = torch.zeros(*values.shape[:-1], 2 * values.shape[-1] + 1, dtype=x.dtype, device=device)
        wide[..., 1::2] = x
        yield wide[..., 1::2]


def same(got: torch.Tensor, want: Any, tolerance: float | None = None) -> None:
    """Equal shapes and, within the dtype's precision, equal values."""
    want = np.asarray(want)
    assert tuple(got.shape) == want.shape
    tolerance = TOLERANCE.get(got.dtype, 1e-6) if tolerance is None else tolerance
    values = got.detach().cpu()
    values = values.float().numpy() if values.dtype in (torch.float16, torch.bfloat16) else values.numpy()
    np.testing.assert_allclose(values, want, rtol=tolerance, atol=tolerance)


def compare(
    op: Callable[..., Any],
    reference: Callable[..., Any],
    shapes: Iterable[Shape],
    device: str,
    low: float = -2,
    high: float = 2,
) -> None:
    """`op` against `reference` on operands of these shapes, in every layout of the first."""
    values = [draw(shape, low, high, seed) for seed, shape in enumerate(shapes)]
    rest = [torch.from_numpy(np.array(v)).to(device) for v in values[1:]]
    want = reference(*(v.astype(np.float64) for v in values))
    for x in layouts(values[0], device):
        same(op(x, *rest), want)
