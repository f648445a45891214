"""Rearrangement of channels."""

from __future__ import annotations

from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn.modules.module import Module


class ChannelShuffle(Module):
    """Interleaves groups of channels of (N, C, *)."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """Applies the layer to ``input``; the class says which shapes."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The arguments as they stand in the printed form."""
        return f"groups={self.groups}"
