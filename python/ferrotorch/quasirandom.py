"""Points that fill a cube more evenly than random ones: Sobol sequences.

Source: Joe and Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008), whose
primitive polynomials and direction numbers are in ``_sobol_directions.bin``; Owen, "Scrambling Sobol and
Niederreiter-Xing points" (1998), for scrambling.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch._C import Tensor

__all__ = ["SobolEngine"]

# How many primitive polynomials over two elements there are of each degree, from 1 on.
_POLYNOMIALS = (1, 1, 2, 2, 6, 6, 18, 16, 48, 60, 176, 144, 630, 756, 1800, 2048, 7710, 7776)


def _initial_numbers() -> Iterator[tuple[int, int, list[int]]]:
    """For each dimension after the first: degree, inner coefficients of the polynomial, and first direction numbers.

    In the file every degree has a little-endian number of its own, in which dimensions follow one another: first the
    ``degree - 1`` coefficients, then direction number ``j`` without its last bit, which is one, in ``j`` bits.
    """
    packed = Path(__file__).with_name("_sobol_directions.bin").read_bytes()
    start = 0
    for degree, count in enumerate(_POLYNOMIALS, 1):
        width = degree - 1 + degree * (degree - 1) // 2
        end = start + (count * width + 7) // 8
        for i in range(count):
            first, last = i * width // 8, ((i + 1) * width + 7) // 8
            bits = int.from_bytes(packed[start + first : start + last], "little") >> (i * width % 8)
            coefficients, place = bits & ((1 << (degree - 1)) - 1), degree - 1
            numbers = [1]
            for j in range(1, degree):
                numbers.append((bits >> place & ((1 << j) - 1)) << 1 | 1)
                place += j
            yield degree, coefficients, numbers
        start = end


def _directions(dimension: int, bits: int) -> Tensor:
    """Direction numbers (dimension, bits), with the leading bit first."""
    rows = [[1] * bits]
    for _, (degree, coefficients, numbers) in zip(range(dimension - 1), _initial_numbers(), strict=False):
        row = numbers[:bits]
        for j in range(degree, bits):
            value = row[j - degree] << degree ^ row[j - degree]
            for k in range(1, degree):
                if coefficients >> (k - 1) & 1:
                    value ^= row[j - k] << k
            row.append(value)
        rows.append(row)
    return torch.tensor(rows) << torch.arange(bits - 1, -1, -1)


class SobolEngine:
    """A generator of (scrambled) Sobol sequences.

    Args:
        dimension: number of coordinates of a point, 1 to 21201.
        scramble: permute the digits of the coordinates at random? Points stay as even, and no two sequences are equal.
        seed: of the random numbers for scrambling; the default generator's by default.

    Raises:
        ValueError: a dimension out of that range.
    """

    MAXBIT: ClassVar[int] = 30
    MAXDIM: ClassVar[int] = 21201

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if not 1 <= dimension <= self.MAXDIM:
            raise ValueError(f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}]")
        self.seed = seed
        self.scramble = scramble
        self.dimension = dimension
        self.sobolstate = _directions(dimension, self.MAXBIT)
        self.shift = torch.zeros(dimension, dtype=torch.int64)
        if scramble:
            self._scramble()
        self.quasi = self.shift.clone()
        self._first_point = (self.quasi / 2**self.MAXBIT).reshape(1, -1)
        self.num_generated = 0

    def _scramble(self) -> None:
        """Shift all digits, and multiply the direction numbers by lower triangular matrices of bits."""
        generator = None
        if self.seed is not None:
            generator = torch.Generator()
            generator.manual_seed(self.seed)
        bits = self.MAXBIT
        digits = torch.randint(2, (self.dimension, bits), generator=generator)
        self.shift = (digits << torch.arange(bits)).sum(1)
        matrices = torch.randint(2, (self.dimension, bits, bits), generator=generator).tril()
        matrices.diagonal(dim1=-2, dim2=-1).fill_(1)
        # Digits of the direction numbers, the leading one first: (dimension, digit, number).
        leading_first = torch.arange(bits - 1, -1, -1)
        state = self.sobolstate.unsqueeze(1) >> leading_first.unsqueeze(1) & 1
        mixed = torch.zeros_like(state)
        for j in range(bits):
            mixed ^= matrices[:, :, j : j + 1] & state[:, j : j + 1]
        self.sobolstate = (mixed << leading_first.unsqueeze(1)).sum(1)

    def _points(self, first: int, count: int) -> Tensor:
        """The points (count, dimension) from number ``first`` on, as integers."""
        number = torch.arange(first, first + count)
        gray = number ^ (number >> 1)
        points = self.shift.expand(count, -1).clone()
        for bit in range(max(first + count - 1, 1).bit_length()):
            points ^= (gray >> bit & 1).unsqueeze(1) * self.sobolstate[:, bit]
        return points

    def draw(self, n: int = 1, out: Tensor | None = None, dtype: Any = None) -> Tensor:
        """The next ``n`` points (n, dimension), with coordinates from 0 up to 1.

        Args:
            n: number of points.
            out: where the points go, instead of a new tensor.
            dtype: of the points; the default dtype by default.
        """
        if n < 1:
            raise ValueError(f"SobolEngine.draw(): n must be at least 1, got {n}")
        points = self._points(self.num_generated, n)
        self._move_to(self.num_generated + n, points[-1])
        result = points.to(dtype or torch.get_default_dtype()) * 2.0**-self.MAXBIT
        if out is None:
            return result
        return out.resize_(result.shape).copy_(result)

    def _move_to(self, number: int, last: Tensor) -> None:
        self.num_generated = number
        self.quasi = last.clone()

    def draw_base2(self, m: int, out: Tensor | None = None, dtype: Any = None) -> Tensor:
        """The next ``2**m`` points, whose number in all must stay a power of two; see `draw`.

        Raises:
            ValueError: it would not, so that the points would lose their balance.
        """
        n = 2**m
        total = self.num_generated + n
        if total & (total - 1) != 0:
            raise ValueError(
                "The balance properties of Sobol' points require n to be a power of 2. "
                f"{self.num_generated} points have been previously generated, then: "
                f"n={self.num_generated}+2**{m}={total}. "
                "If you still want to do this, please use 'SobolEngine.draw()' instead."
            )
        return self.draw(n, out, dtype)

    def reset(self) -> SobolEngine:
        """Begin with the first point again."""
        self.quasi = self.shift.clone()
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out the next ``n`` points."""
        if n > 0:
            self._move_to(self.num_generated + n, self._points(self.num_generated + n - 1, 1)[0])
        return self

    def __repr__(self) -> str:
        text = f"dimension={self.dimension}"
        if self.scramble:
            text += ", scramble=True"
        if self.seed is not None:
            text += f", seed={self.seed}"
        return f"{type(self).__name__}({text})"
