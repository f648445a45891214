"""Attention with several heads as PyTorch makes it of ops. What is called here is asked about by itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import _nn

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]


def _additive(mask: Tensor | None, like: Tensor) -> Tensor | None:
    if mask is None or mask.dtype is not torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill_(mask, -math.inf)


def _unpacked(projected: Tensor, count: int, size: int) -> list[Tensor]:
    parts = torch.unflatten(projected, -1, (count, size)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
    return [torch.select(parts, 0, i) for i in range(count)]


def _projected(query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None) -> list[Tensor]:
    size = query.shape[-1]
    if key is value:
        if query is key:
            return _unpacked(_nn.linear(query, weight, bias), 3, size)
        first, rest = weight.split([size, 2 * size])
        own, others = (None, None) if bias is None else bias.split([size, 2 * size])
        projected = _nn.linear(query, first, own)
        return [projected, *_unpacked(_nn.linear(key, rest, others), 2, size)]
    weights = weight.chunk(3)
    biases = [None] * 3 if bias is None else bias.chunk(3)
    return [_nn.linear(*each) for each in zip((query, key, value), weights, biases, strict=True)]


def _merged_mask(attn: Tensor | None, padding: Tensor | None, batch: int, heads: int) -> Tensor | None:
    if attn is not None and attn.dim() == 2:
        attn = attn.unsqueeze(0)
    if padding is None:
        return attn
    width = padding.shape[-1]
    padding = padding.view(batch, 1, 1, width).expand(-1, heads, -1, -1).reshape(batch * heads, 1, width)
    return padding if attn is None else attn + padding


def multi_head_attention_forward(
    ask: Ask, query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Any, bias_v: Any, add_zero_attn: bool,
    dropout_p: float, out_proj_weight: Tensor, out_proj_bias: Tensor | None, training: bool = True,
    key_padding_mask: Tensor | None = None, need_weights: bool = True, attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Any = None, k_proj_weight: Any = None,
    v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None, average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Any:  # fmt: skip
    """Projections, heads as matrices of a stack, and one more projection."""
    plain = bias_k is None and bias_v is None and static_k is None and static_v is None and not add_zero_attn
    if not plain or query.dim() != 3 or use_separate_proj_weight or is_causal or in_proj_weight is None:
        return NotImplemented
    length, batch, size = query.shape
    padding, attn = _additive(key_padding_mask, query), _additive(attn_mask, query)
    projected = _projected(query, key, value, in_proj_weight, in_proj_bias)
    if attn is not None and attn.dim() == 2:
        attn = attn.unsqueeze(0)
    width = size // num_heads
    heads = [x.view(x.shape[0], batch * num_heads, width).transpose(0, 1) for x in projected]
    mask = _merged_mask(attn, padding, batch, num_heads)
    dropout_p = dropout_p if training else 0.0
    out = (out_proj_weight, out_proj_bias)
    if not need_weights:
        return _without_weights(heads, mask, (length, batch, num_heads, width), dropout_p, out), None
    scaled = heads[0] * math.sqrt(1.0 / width)
    turned = heads[1].transpose(-2, -1)
    scores = torch.bmm(scaled, turned) if mask is None else torch.baddbmm(mask, scaled, turned)
    weights = _nn.dropout(torch.softmax(scores, -1), dropout_p, True)
    result = torch.bmm(weights, heads[2]).transpose(0, 1).reshape(length * batch, size)
    result = _nn.linear(result, *out).view(length, batch, out_proj_weight.shape[0])
    weights = weights.view(batch, num_heads, length, key.shape[0])
    return result, weights.mean(1) if average_attn_weights else weights


def _without_weights(heads: Any, mask: Tensor | None, sizes: tuple[int, ...], dropout_p: float, out: Any) -> Tensor:
    length, batch, num_heads, width = sizes
    if mask is not None:
        shared = mask.shape[0] == 1 and mask.dim() == 3
        mask = mask.unsqueeze(0) if shared else mask.view(batch, num_heads, -1, heads[1].shape[1])
    q, k, v = (x.view(batch, num_heads, x.shape[1], width) for x in heads)
    result = _nn.scaled_dot_product_attention(q, k, v, mask, dropout_p, False)
    result = result.permute(2, 0, 1, 3).contiguous().view(batch * length, num_heads * width)
    projected: Tensor = _nn.linear(result, *out).view(length, batch, out[0].shape[0])
    return projected


RULES: dict[str, Rule] = {"multi_head_attention_forward": multi_head_attention_forward}
