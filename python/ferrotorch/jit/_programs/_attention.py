"""The two ops that PyTorch's layers of transformers call where no gradient is asked for."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.nn import functional as F

__all__ = ["encoder_layer", "multi_head_attention"]

Tensor = _C.Tensor


def _scores_mask(mask: Tensor | None, kind: int | None) -> Tensor | None:
    """What is masked, in the shape of the scores (N, heads, L, S): of places (0), of keys (1), of both (2)."""
    if mask is None or kind == 2:
        return mask
    return mask[:, None, None, :] if kind == 1 else mask


def multi_head_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim: int,
    num_head: int,
    qkv_weight: Tensor,
    qkv_bias: Tensor,
    proj_weight: Tensor,
    proj_bias: Tensor,
    mask: Tensor | None = None,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    mask_type: int | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Attention of several heads, batch first: the result, and the weights where they are asked for."""
    parts = [
        F.linear(x, weight, bias).unflatten(-1, (num_head, -1)).transpose(1, 2)
        for x, weight, bias in zip((query, key, value), qkv_weight.chunk(3), qkv_bias.chunk(3), strict=True)
    ]
    q, k, v = parts
    scores = q @ k.transpose(-2, -1) * (embed_dim // num_head) ** -0.5
    masked = _scores_mask(mask, mask_type)
    if masked is not None:
        scores = scores.masked_fill(masked, float("-inf")) if masked.dtype is torch.bool else scores + masked
    weights = scores.softmax(-1)
    result = F.linear((weights @ v).transpose(1, 2).flatten(2), proj_weight, proj_bias)
    if not need_weights:
        return result, None
    return result, weights.mean(1) if average_attn_weights else weights


def encoder_layer(src: Tensor, embed_dim: int, num_heads: int, *rest: Any) -> Tensor:
    """A layer of an encoder: attention and two linear layers, each with a way around it and a norm."""
    attention, (use_gelu, norm_first, eps), norms = rest[:4], rest[4:7], rest[7:11]
    (w1, b1, w2, b2), (mask, kind) = rest[11:15], (*rest[15:], None, None)[:2]

    def attend(x: Tensor) -> Tensor:
        given: Any = (*attention, mask, False, True, kind)
        return multi_head_attention(x, x, x, embed_dim, num_heads, *given)[0]

    def feed(x: Tensor) -> Tensor:
        hidden = F.linear(x, w1, b1)
        return F.linear(F.gelu(hidden) if use_gelu else F.relu(hidden), w2, b2)

    def norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return F.layer_norm(x, (embed_dim,), weight, bias, eps)

    if norm_first:
        x = src + attend(norm(src, *norms[:2]))
        return x + feed(norm(x, *norms[2:]))
    x = norm(src + attend(src), *norms[:2])
    return norm(x + feed(x), *norms[2:])
