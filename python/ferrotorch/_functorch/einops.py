"""The module ``functorch.einops``: tensors with their dimensions in another order, by a pattern."""

from ferrotorch.func._einops import rearrange

__all__ = ["rearrange"]
