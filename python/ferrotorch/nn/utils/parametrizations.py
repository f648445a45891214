"""Ready parametrizations of weights."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.utils import parametrize
from ferrotorch.nn.utils._length import length, with_length
from ferrotorch.nn.utils._orthogonal import orthogonal_parametrization


class _WeightNorm(Module):
    """``g * v / |v|`` (Salimans & Kingma, 2016)."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return with_length(weight_g, weight_v, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Length and direction of a given weight."""
        return length(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int = 0) -> Module:
    """Train the length (``original0``) and the direction (``original1``) of a weight apart.

    ``dim`` is the dimension along which lengths are separate, None for one length. State dicts of the older
    :func:`ferrotorch.nn.utils.weight_norm` can be loaded.
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(module: Module, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """The older names of length and direction as those of the parametrization."""
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state_dict for key in old):
            for number, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{number}"] = state_dict.pop(key)

    module.register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    """``W / sigma(W)``, the largest singular value being estimated by power iteration (Miyato et al., 2018)."""

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if dim >= weight.dim() or dim < -weight.dim():
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.dim()}, {weight.dim() - 1}] but "
                f"got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % weight.dim()
        self.eps = eps
        self.n_power_iterations = n_power_iterations
        if weight.dim() > 1:
            matrix = self._matrix(weight.detach())
            rows, columns = matrix.shape
            self.register_buffer("_u", F.normalize(matrix.new_empty(rows).normal_(0, 1), dim=0, eps=eps))
            self.register_buffer("_v", F.normalize(matrix.new_empty(columns).normal_(0, 1), dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Tensor) -> Tensor:
        return weight.transpose(0, self.dim).flatten(1) if weight.dim() > 1 else weight

    def _iterate(self, matrix: Tensor, count: int) -> None:
        with torch.no_grad():
            for _ in range(count):
                self._u.copy_(F.normalize(torch.mv(matrix, self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(torch.mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        # transpose, not permute: rows in the order of the dimension is all that matters to singular values.
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        # Copies: the next iteration changes the vectors that backward of this one needs.
        u, v = self._u.clone(), self._v.clone()
        return weight / torch.vdot(u, torch.mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The weight itself: that it is normalised already cannot be told."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value; ``dim`` is that of the outputs, 1 in transposed convolutions.

    Raises:
        ValueError: no tensor of this name.
    """
    weight: Any = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if dim is None:
        dim = 1 if getattr(module, "transposed", False) else 0
    return parametrize.register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keep a matrix orthogonal: its columns orthonormal, or its rows where there are more columns.

    Args:
        module: the module that has the weight, of shape ``(*, m, n)``.
        name: the weight's name.
        orthogonal_map: ``"matrix_exp"`` or ``"cayley"`` of a skew-Hermitian matrix, or ``"householder"`` for a product
            of reflections. By default the first for square and complex matrices, the last for others.
        use_trivialization: multiply with a fixed orthogonal matrix, so that training begins near the identity.

    Raises:
        ValueError: no tensor of this name, no matrix, or no such map.
    """
    weight: Any = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    rule = orthogonal_parametrization(weight, orthogonal_map, use_trivialization)
    return parametrize.register_parametrization(module, name, rule, unsafe=True)
