"""Scaled dot product attention, and multi-head attention with its projections (Vaswani et al., 2017)."""

from __future__ import annotations

import math
from typing import NamedTuple

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors


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

    ``attn_mask`` (broadcast to (*, L, S)) is True where to attend, or is added to the scores; rows that it lets see no
    key give 0. ``scale`` is ``1 / sqrt(E)`` unless given. ``dropout_p`` applies always. With ``enable_gqa`` each head
    (dimension -3) of key and value serves several heads of the query, one after the other.
    """
    if enable_gqa:
        return _nn.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale, True)
    return _nn.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale)


class _Source(NamedTuple):
    """What is attended to: keys and values, and masks to add to the scores of the keys."""

    key: Tensor
    value: Tensor
    attn_mask: Tensor | None
    key_padding_mask: Tensor | None

    def extended(self, key: Tensor, value: Tensor, dim: int) -> _Source:
        """With one more key and value along ``dim``, which no mask excludes."""
        return _Source(
            torch.cat([self.key, key], dim),
            torch.cat([self.value, value], dim),
            _with_extra_key(self.attn_mask),
            _with_extra_key(self.key_padding_mask),
        )

    def with_bias(self, bias_k: Tensor | None, bias_v: Tensor | None) -> _Source:
        """With a learned key and value (1, 1, E), if there are such."""
        if bias_k is None or bias_v is None:
            return self
        batch = self.key.size(1)
        return self.extended(bias_k.expand(1, batch, -1), bias_v.expand(1, batch, -1), 0)

    def in_heads(self, num_heads: int, static_k: Tensor | None, static_v: Tensor | None) -> _Source:
        """(S, N, E) as (N, heads, S, E / heads), or ``static_k`` and ``static_v`` (N * heads, S, E / heads) instead."""
        key, value = (
            _split_heads(x, num_heads) if static is None else static.reshape(x.size(1), num_heads, *static.shape[-2:])
            for x, static in ((self.key, static_k), (self.value, static_v))
        )
        return self._replace(key=key, value=value)

    def joint_mask(self) -> Tensor | None:
        """Both masks as one that broadcasts to (N, heads, L, S); keys are in heads."""
        batch, num_heads = self.key.shape[:2]
        attn_mask, key_padding_mask = self.attn_mask, self.key_padding_mask
        if attn_mask is not None:
            shape = (1, 1) if attn_mask.dim() == 2 else (batch, num_heads)
            attn_mask = attn_mask.reshape(*shape, *attn_mask.shape[-2:])
        if key_padding_mask is None:
            return attn_mask
        key_padding_mask = key_padding_mask.reshape(batch, 1, 1, key_padding_mask.size(-1))
        return key_padding_mask if attn_mask is None else attn_mask + key_padding_mask


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
    require_tensors("multi_head_attention_forward", query=query, key=key, value=value, out_proj_weight=out_proj_weight)
    is_batched = _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not is_batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    target_len, batch, embed_dim = query.shape
    _check_embedding(embed_dim, embed_dim_to_check, num_heads)
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    if bias_k is not None and bias_v is not None:
        for what, static in (("key", static_k), ("value", static_v)):
            if static is not None:
                raise AssertionError(f"bias cannot be added to static {what}.")

    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = _project(query, key, value, in_proj_weight, separate, in_proj_bias)
    source = _Source(k, v, _additive(attn_mask, "attn_mask", q), _additive(key_padding_mask, "key_padding_mask", q))
    q, source = _split_heads(q, num_heads), source.with_bias(bias_k, bias_v).in_heads(num_heads, static_k, static_v)
    if add_zero_attn:
        zeros = q.new_zeros((batch, num_heads, 1, embed_dim // num_heads))
        source = source.extended(zeros, zeros, 2)
    output, attention = _attend(q, source, dropout_p if training else 0.0, need_weights)

    merged = output.permute(2, 0, 1, 3).reshape(target_len * batch, embed_dim)
    result = _nn.linear(merged, out_proj_weight, out_proj_bias).reshape(target_len, batch, out_proj_weight.size(0))
    if attention is not None and average_attn_weights:
        attention = attention.mean(1)
    if is_batched:
        return result, attention
    return result.squeeze(1), None if attention is None else attention.squeeze(0)


def _mha_shape_check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> bool:
    """Whether there is a batch dimension.

    Raises:
        AssertionError: numbers of dimensions or shapes that do not go together.
        RuntimeError: the shape of a mask that does not fit batches.
    """
    ndim = query.dim()
    if ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    if key.dim() != ndim or value.dim() != ndim:
        raise AssertionError(
            f"For {_KINDS[ndim]} `query`, expected `key` and `value` to be {ndim}-D but "
            f"found {key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if key.shape[:-1] != value.shape[:-1]:
        raise AssertionError(
            f"key's sequence and batch dims do not match value's: key shape {key.shape} does not match value shape "
            f"{value.shape}"
        )
    batch_shape = (query.size(1),) if ndim == 3 else ()
    target_len, source_len = query.size(0), key.size(0)
    if key_padding_mask is not None and key_padding_mask.dim() != len(batch_shape) + 1:
        raise AssertionError(
            f"For {_KINDS[ndim]} `query`, expected `key_padding_mask` to be `None` or {len(batch_shape) + 1}-D but "
            f"found {key_padding_mask.dim()}-D tensor instead"
        )
    if key_padding_mask is not None and tuple(key_padding_mask.shape) != (*batch_shape, source_len):
        raise AssertionError(
            f"expecting key_padding_mask shape of {(*batch_shape, source_len)}, but got {tuple(key_padding_mask.shape)}"
        )
    if attn_mask is not None:
        per_head = (num_heads * (batch_shape[0] if batch_shape else 1), target_len, source_len)
        _check_attn_mask(attn_mask, ndim, {2: (target_len, source_len), 3: per_head})
    return ndim == 3


_KINDS = {2: "unbatched (2-D)", 3: "batched (3-D)"}


def _check_attn_mask(mask: Tensor, ndim: int, shapes: dict[int, tuple[int, ...]]) -> None:
    """Raise unless a mask has one of the shapes, which are given by numbers of dimensions."""
    if mask.dim() not in shapes:
        raise AssertionError(
            f"For {_KINDS[ndim]} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D "
            "tensor instead"
        )
    expected = shapes[mask.dim()]
    if ndim == 2 and mask.dim() == 3 and tuple(mask.shape) != expected:
        raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {mask.shape}")
    if tuple(mask.shape) != expected:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {expected}.")


def _check_embedding(embed_dim: int, expected: int, num_heads: int) -> None:
    if embed_dim != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {embed_dim}")
    if embed_dim % num_heads:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {num_heads}")


def _project(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    stacked: Tensor | None,
    separate: tuple[Tensor | None, ...] | None,
    bias: Tensor | None,
) -> tuple[Tensor, ...]:
    """Queries, keys and values projected by the thirds of one weight, or by separate ones."""
    if separate is None:
        if stacked is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        if query is key and key is value:
            return _nn.linear(query, stacked, bias).chunk(3, -1)
        weights = list(stacked.chunk(3))
    else:
        weights = [weight for weight in separate if weight is not None]
        if len(weights) != 3:
            raise AssertionError("use_separate_proj_weight is True but one of q_, k_ and v_proj_weight is None")
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return tuple(_nn.linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))


def _attend(q: Tensor, source: _Source, dropout_p: float, need_weights: bool) -> tuple[Tensor, Tensor | None]:
    """The values weighted by attention, (N, heads, L, E / heads), and the weights if they are needed."""
    mask = source.joint_mask()
    if not need_weights:
        return scaled_dot_product_attention(q, source.key, source.value, mask, dropout_p), None
    scores = (q * math.sqrt(1.0 / q.size(-1))) @ source.key.transpose(-2, -1)
    attention = torch.softmax(scores if mask is None else scores + mask, -1)
    if dropout_p > 0.0:
        attention = _nn.dropout(attention, dropout_p, True)
    return attention @ source.value, attention


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


def _split_heads(x: Tensor, num_heads: int) -> Tensor:
    """(L, N, E) to (N, heads, L, E / heads)."""
    length, batch, size = x.shape
    return x.reshape(length, batch, num_heads, size // num_heads).permute(1, 2, 0, 3)
