"""Instance normalisation."""

from __future__ import annotations

import warnings
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch._homes import moved_to
from ferrotorch.nn import functional as F
from ferrotorch.nn.modules.batchnorm import _NormBase


class _InstanceNorm(_NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise by the instance's statistics, or in evaluation by the running ones where they are tracked."""
        self._check_input_dim(input)
        channel_dim = input.dim() - self.input_dims[0]
        if input.size(channel_dim) != self.num_features:
            self._refuse_channels(channel_dim, input.size(channel_dim))
        batched = input if channel_dim == 1 else input.unsqueeze(0)
        result = F.instance_norm(
            batched,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0,
            self.eps,
        )
        return result if channel_dim == 1 else result.squeeze(0)

    def _refuse_channels(self, dim: int, channels: int) -> None:
        """A wrong number of channels, which without parameters of its own the layer only warns of."""
        text = f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: {channels}."
        if self.affine:
            raise ValueError(text)
        warnings.warn(f"input's size is not used in the absence of affine parameters; {text}", stacklevel=4)


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of (N, C, L) or (C, L)."""

    input_dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of (N, C, H, W) or (C, H, W)."""

    input_dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of (N, C, D, H, W) or (C, D, H, W)."""

    input_dims = (4, 5)


def __getattr__(name: str) -> Any:
    """Layers that PyTorch has here."""
    return moved_to(__name__, name)
