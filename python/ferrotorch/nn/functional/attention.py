"""Scaled dot product attention, and multi-head attention with its projections (Vaswani et al., 2017)."""

from __future__ import annotations

import math
from typing import NamedTuple

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``softmax(query @ key^T * scale + mask) @ value``; shapes (*, L, E), (*, S, E), (*, S, V) to (*, L, V).

    ``attn_mask`` (broadcast to (*, L, S)) is True where to attend, or is added to the scores. ``scale`` is ``1 /
    sqrt(E)`` unless given. ``dropout_p`` applies always. ``enable_gqa`` repeats the heads (dimension -3) of key and
    value.
    """
    if enable_gqa:
        key = key.repeat_interleave(query.size(-3) // key.size(-3), -3)
        value = value.repeat_interleave(query.size(-3) // value.size(-3), -3)
    return _nn.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale)


class _Projections(NamedTuple):
    """How queries, keys and values are projected: one stacked weight, or one weight each."""

    weights: tuple[Tensor, Tensor, Tensor]
    biases: tuple[Tensor | None, Tensor | None, Tensor | None]


def _thirds(stacked: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    q, k, v = stacked.chunk(3)
    return q, k, v


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Multi-head attention over ``query`` (L, N, E), ``key`` (S, N, EK) and ``value`` (S, N, EV), or without N.

    Masks: ``attn_mask`` (L, S) or (N * heads, L, S), ``key_padding_mask`` (N, S); True excludes, floats are added.
    ``bias_k``, ``bias_v`` (1, 1, E) and ``add_zero_attn`` append one more key and value. Returns the output (L, N,
    E), and with ``need_weights`` the attention weights (N, L, S), or (N, heads, L, S) unless averaged over heads.

    Raises:
        RuntimeError, AssertionError: shapes or masks that do not fit.
    """
    is_batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not is_batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    target_len, batch, embed_dim = query.shape
    if embed_dim != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {embed_dim}")
    if embed_dim % num_heads:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {num_heads}")
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")

    if use_separate_proj_weight:
        if q_proj_weight is None or k_proj_weight is None or v_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is True but one of q_, k_ and v_proj_weight is None")
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
    else:
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        weights = _thirds(in_proj_weight)
    biases = (None, None, None) if in_proj_bias is None else _thirds(in_proj_bias)
    q, k, v = _project(query, key, value, in_proj_weight, in_proj_bias, _Projections(weights, biases))

    key_padding_mask = _additive(key_padding_mask, "key_padding_mask", q)
    attn_mask = _additive(attn_mask, "attn_mask", q)
    if bias_k is not None and bias_v is not None:
        k = torch.cat([k, bias_k.expand(1, batch, embed_dim)])
        v = torch.cat([v, bias_v.expand(1, batch, embed_dim)])
        attn_mask, key_padding_mask = _with_extra_key(attn_mask), _with_extra_key(key_padding_mask)

    head_dim = embed_dim // num_heads
    q = _split_heads(q, batch, num_heads, head_dim)
    k = (
        _split_heads(k, batch, num_heads, head_dim)
        if static_k is None
        else static_k.reshape(batch, num_heads, -1, head_dim)
    )
    v = (
        _split_heads(v, batch, num_heads, head_dim)
        if static_v is None
        else static_v.reshape(batch, num_heads, -1, head_dim)
    )
    if add_zero_attn:
        zeros = k.new_zeros((batch, num_heads, 1, head_dim))
        k, v = torch.cat([k, zeros], 2), torch.cat([v, zeros], 2)
        attn_mask, key_padding_mask = _with_extra_key(attn_mask), _with_extra_key(key_padding_mask)

    mask = _joint_mask(attn_mask, key_padding_mask, batch, num_heads)
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        scores = (q * math.sqrt(1.0 / head_dim)) @ k.transpose(-2, -1)
        attention = torch.softmax(scores if mask is None else scores + mask, -1)
        if dropout_p > 0.0:
            attention = _nn.dropout(attention, dropout_p, True)
        output = attention @ v
    else:
        output = scaled_dot_product_attention(q, k, v, mask, dropout_p)
    merged = output.permute(2, 0, 1, 3).reshape(target_len * batch, embed_dim)
    result = _nn.linear(merged, out_proj_weight, out_proj_bias).reshape(target_len, batch, -1)
    if not is_batched:
        result = result.squeeze(1)
    if not need_weights:
        return result, None
    if average_attn_weights:
        attention = attention.mean(1)
    return result, attention if is_batched else attention.squeeze(0)


def _check_shapes(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> bool:
    """Whether there is a batch dimension."""
    ndim = query.dim()
    if ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    if key.dim() != ndim or value.dim() != ndim:
        raise AssertionError(
            f"For a {ndim}-D `query`, expected `key` and `value` to be {ndim}-D "
            f"but found {key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if key.shape[:-1] != value.shape[:-1]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:-1]} do not match value's {value.shape[:-1]}")
    batch_shape = (query.size(1),) if ndim == 3 else ()
    target_len, source_len = query.size(0), key.size(0)
    if key_padding_mask is not None and tuple(key_padding_mask.shape) != (*batch_shape, source_len):
        raise AssertionError(
            f"expecting key_padding_mask shape of {(*batch_shape, source_len)}, but got {tuple(key_padding_mask.shape)}"
        )
    if attn_mask is not None:
        per_head = (num_heads * (batch_shape[0] if batch_shape else 1), target_len, source_len)
        if tuple(attn_mask.shape) not in ((target_len, source_len), per_head):
            raise RuntimeError(
                f"The shape of the attn_mask is {tuple(attn_mask.shape)}, "
                f"but should be {(target_len, source_len)} or {per_head}."
            )
    return ndim == 3


def _project(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    stacked_weight: Tensor | None,
    stacked_bias: Tensor | None,
    projections: _Projections,
) -> tuple[Tensor, Tensor, Tensor]:
    if query is key and key is value and stacked_weight is not None:
        q, k, v = _nn.linear(query, stacked_weight, stacked_bias).chunk(3, -1)
        return q, k, v
    q, k, v = (
        _nn.linear(x, w, b)
        for x, w, b in zip((query, key, value), projections.weights, projections.biases, strict=True)
    )
    return q, k, v


def _additive(mask: Tensor | None, name: str, like: Tensor) -> Tensor | None:
    """A mask to add to the scores: minus infinity where a bool mask excludes."""
    if mask is None:
        return None
    if mask.dtype == torch.bool:
        zeros = torch.zeros(mask.shape, dtype=like.dtype, device=like.device)
        return zeros.masked_fill(mask, float("-inf"))
    if not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported, but got {mask.dtype}")
    return mask.to(like.dtype)


def _with_extra_key(mask: Tensor | None) -> Tensor | None:
    return None if mask is None else _nn.pad(mask, [0, 1], "constant", 0)


def _split_heads(x: Tensor, batch: int, num_heads: int, head_dim: int) -> Tensor:
    """(L, N, E) to (N, heads, L, E / heads)."""
    return x.reshape(x.size(0), batch, num_heads, head_dim).permute(1, 2, 0, 3)


def _joint_mask(attn_mask: Tensor | None, key_padding_mask: Tensor | None, batch: int, num_heads: int) -> Tensor | None:
    """Both masks as one that broadcasts to (N, heads, L, S)."""
    if attn_mask is not None:
        shape = (1, 1) if attn_mask.dim() == 2 else (batch, num_heads)
        attn_mask = attn_mask.reshape(*shape, *attn_mask.shape[-2:])
    if key_padding_mask is None:
        return attn_mask
    key_padding_mask = key_padding_mask.reshape(batch, 1, 1, -1)
    return key_padding_mask if attn_mask is None else attn_mask + key_padding_mask
