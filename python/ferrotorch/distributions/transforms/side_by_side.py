"""Transforms of the pieces of a tensor, each by a transform of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.transforms.base import Transform
from ferrotorch.distributions.utils import lazy_property, sum_rightmost

__all__ = ["CatTransform", "StackTransform"]


class _SideBySide(Transform):
    """One transform for each of the pieces that ``_pieces`` cuts a tensor into along ``dim``.

    Raises:
        AssertionError: something among them that is no transform, or values that cannot be cut so.
    """

    def __init__(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        if not all(isinstance(transform, Transform) for transform in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        self.transforms = [t.with_cache(cache_size) for t in tseq] if cache_size else list(tseq)
        super().__init__(cache_size=cache_size)
        self.dim = dim

    def _pieces(self, value: Tensor) -> Sequence[Tensor]:
        raise NotImplementedError

    def _joined(self, pieces: list[Tensor]) -> Tensor:
        raise NotImplementedError

    def _require_size(self, value: Tensor, expected: int, name: str) -> None:
        """Raise AssertionError unless ``value`` has ``expected`` elements along ``dim``."""
        if not -value.dim() <= self.dim < value.dim():
            raise AssertionError(f"dim {self.dim} out of range for tensor with {value.dim()} dimensions")
        if value.size(self.dim) != expected:
            raise AssertionError(f"x.size({self.dim}) = {value.size(self.dim)} must equal {name} {expected}")

    def _call(self, x: Tensor) -> Tensor:
        return self._joined([t(piece) for t, piece in zip(self.transforms, self._pieces(x), strict=True)])

    def _inverse(self, y: Tensor) -> Tensor:
        return self._joined([t.inv(piece) for t, piece in zip(self.transforms, self._pieces(y), strict=True)])

    def _jacobians(self, x: Tensor, y: Tensor) -> Iterator[tuple[Transform, Tensor]]:
        """Each transform and the logarithm of its Jacobian."""
        for t, before, after in zip(self.transforms, self._pieces(x), self._pieces(y), strict=True):
            yield t, t.log_abs_det_jacobian(before, after)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Are all parts?"""
        return all(t.bijective for t in self.transforms)


class CatTransform(_SideBySide):
    """Transforms of consecutive pieces, of ``lengths``, along ``dim``."""

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    @lazy_property
    def event_dim(self) -> int:
        """The largest of the parts'."""
        return max(t.event_dim for t in self.transforms)

    @lazy_property
    def length(self) -> int:
        """Size of ``dim``."""
        return sum(self.lengths)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """This transform with a cache of ``cache_size`` (0 or 1) last values."""
        if self._cache_size == cache_size:
            return self
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _pieces(self, value: Tensor) -> Sequence[Tensor]:
        self._require_size(value, self.length, "length")
        return value.split(self.lengths, self.dim)

    def _joined(self, pieces: list[Tensor]) -> Tensor:
        return torch.cat(pieces, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log |det(dy / dx)|``, summed over the dimensions of an event."""
        terms = [sum_rightmost(term, self.event_dim - t.event_dim) for t, term in self._jacobians(x, y)]
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        dim += self.event_dim
        # Along an event dimension the pieces' terms add up, otherwise they lie side by side.
        if dim < 0:
            return torch.cat(terms, dim=dim)
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    @constraints.dependent_property
    def domain(self) -> Any:
        """The parts' domains side by side."""
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The parts' codomains side by side."""
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)


class StackTransform(_SideBySide):
    """One transform for each slice along ``dim``."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """This transform with a cache of ``cache_size`` (0 or 1) last values."""
        return self if self._cache_size == cache_size else StackTransform(self.transforms, self.dim, cache_size)

    def _pieces(self, value: Tensor) -> Sequence[Tensor]:
        self._require_size(value, len(self.transforms), "len(transforms)")
        return value.unbind(self.dim)

    def _joined(self, pieces: list[Tensor]) -> Tensor:
        return torch.stack(pieces, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """``log |det(dy / dx)|``, summed over the dimensions of an event."""
        return torch.stack([term for _, term in self._jacobians(x, y)], self.dim)

    @constraints.dependent_property
    def domain(self) -> Any:
        """The parts' domains stacked."""
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The parts' codomains stacked."""
        return constraints.stack([t.codomain for t in self.transforms], self.dim)
