"""Normalisation of layers, groups of channels, and neighbouring channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn import init
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.parameter import Parameter


class _OfChannels(Module):
    """What layers that look at neighbouring channels are told."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LocalResponseNorm(_OfChannels):
    """``x / (k + alpha * mean(x^2 over size neighbouring channels))^beta`` for (N, C, *)."""

    def forward(self, input: Tensor) -> Tensor:
        """Applies the layer to ``input``; the class says which shapes."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)


class CrossMapLRN2d(_OfChannels):
    """``x / (k + alpha / size * s)^beta`` for images (N, C, H, W), the older form of :class:`LocalResponseNorm`.

    ``s`` is the sum of x^2 over the ``(size - 1) // 2`` neighbouring channels on each side and the channel itself. As
    in PyTorch, the first channel counts for all later ones, too, however far they are from it.

    Raises:
        ValueError: another number of dimensions.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Tensor) -> Tensor:
        """Applies the layer to ``input``; the class says which shapes."""
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        squares, side = input.square(), (self.size - 1) // 2
        near = F.pad(squares, (0, 0, 0, 0, side, side)).unfold(1, 2 * side + 1, 1).sum(-1)
        sums = torch.cat([near[:, : side + 1], near[:, side + 1 :] + squares[:, :1]], dim=1)
        return input * (self.k + self.alpha / self.size * sums) ** -self.beta


class _Affine(Module):
    """A weight and a bias, each of which may be absent, that start as 1 and 0."""

    weight: Parameter | None
    bias: Parameter | None

    def _register(self, shape: int | Sequence[int], names: dict[str, bool], **options: Any) -> None:
        """Make those parameters of ``names`` that are wanted; the others are None."""
        for name, wanted in names.items():
            self.register_parameter(name, Parameter(torch.empty(shape, **options)) if wanted else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_Affine):
    """Normalises the last dimensions, of shape ``normalized_shape``, to mean 0 and variance 1."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        names = {"weight": elementwise_affine, "bias": elementwise_affine and bias}
        self._register(self.normalized_shape, names, device=device, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Applies the layer to ``input``; the class says which shapes."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divides the last dimensions, of shape ``normalized_shape``, by the root of their mean square."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        self.register_parameter(
            "weight", Parameter(torch.empty(shape, device=device, dtype=dtype)) if elementwise_affine else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Applies the layer to ``x``; the class says which shapes."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """Normalises each of ``num_groups`` groups of channels of (N, C, *)."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels must be divisible by num_groups, but got {num_channels} channels and {num_groups} groups"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        names = {"weight": affine, "bias": affine and bias}
        self._register(num_channels, names, device=device, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        """Applies the layer to ``input``; the class says which shapes."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
