"""Multi-head attention as a layer."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn import init
from ferrotorch.nn.modules.linear import NonDynamicallyQuantizableLinear
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.parameter import Parameter


class MultiheadAttention(Module):
    """Attention of queries (L, N, E) to keys (S, N, kdim) and values (S, N, vdim), in ``num_heads`` heads.

    With ``batch_first`` the batch dimension comes first; it may be absent.
    """

    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        if embed_dim % num_heads:
            raise AssertionError("embed_dim must be divisible by num_heads")
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        options = {"device": device, "dtype": dtype}
        self._add_input_projections(options)
        self.register_parameter("in_proj_bias", Parameter(torch.empty(3 * embed_dim, **options)) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **options)
        self.register_parameter("bias_k", Parameter(torch.empty((1, 1, embed_dim), **options)) if add_bias_kv else None)
        self.register_parameter("bias_v", Parameter(torch.empty((1, 1, embed_dim), **options)) if add_bias_kv else None)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _add_input_projections(self, options: dict[str, Any]) -> None:
        """One stacked weight, or one each where keys or values have a size of their own."""
        shapes: dict[str, tuple[int, int]]
        if self._qkv_same_embed_dim:
            shapes = {"in_proj_weight": (3 * self.embed_dim, self.embed_dim)}
        else:
            shapes = {
                "q_proj_weight": (self.embed_dim, self.embed_dim),
                "k_proj_weight": (self.embed_dim, self.kdim),
                "v_proj_weight": (self.embed_dim, self.vdim),
            }
        for name, shape in shapes.items():
            self.register_parameter(name, Parameter(torch.empty(shape, **options)))
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if name not in shapes:
                self.register_parameter(name, None)

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend; see :func:`~ferrotorch.nn.functional.multi_head_attention_forward` for masks and results."""
        if query.is_nested or key.is_nested or value.is_nested:
            self._require_self_attention_of_nested(query, key, value, key_padding_mask, attn_mask)
            return self._of_nested(query, need_weights, average_attn_weights)
        swap = self.batch_first and query.dim() == 3
        if swap:
            query, key, value = _swap_together(query, key, value)
        output, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (output.transpose(0, 1) if swap else output), weights

    def _require_self_attention_of_nested(self, query: Tensor, key: Tensor, value: Tensor, *masks: Any) -> None:
        """Raise AssertionError but where a nested tensor attends to itself, without masks and gradients."""
        parameters = (self.in_proj_weight, self.in_proj_bias, self.out_proj.weight, self.out_proj.bias)
        records = torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in (query, *parameters))
        reasons = {
            "non-self attention was used (query, key, and value are not the same Tensor)": not (query is key is value),
            "training is enabled": self.training,
            "batch_first was not True": not self.batch_first,
            "self.bias_k was not None": self.bias_k is not None,
            "add_zero_attn was enabled": self.add_zero_attn,
            "_qkv_same_embed_dim was not True": not self._qkv_same_embed_dim,
            "a mask is not supported with NestedTensor input": any(mask is not None for mask in masks),
            "grad is enabled and at least one of query or the input/output projection weights or biases "
            "requires_grad": records,
        }
        for reason, holds in reasons.items():
            if holds:
                raise AssertionError(
                    "MultiheadAttention does not support NestedTensor outside of its fast path. The fast path was not "
                    f"hit because {reason}"
                )

    def _of_nested(self, query: Tensor, need_weights: bool, average_attn_weights: bool) -> tuple[Tensor, Tensor | None]:
        """Sequences of several lengths that attend to themselves; weights are those of padded sequences, or 0."""
        padded = torch.nested.to_padded_tensor(query, 0.0)
        lengths = [len(sequence) for sequence in query.unbind()]
        positions = torch.arange(padded.size(1), device=padded.device)
        absent = positions >= torch.tensor(lengths, device=padded.device).unsqueeze(1)
        output, weights = self.forward(
            padded, padded, padded, absent, need_weights, average_attn_weights=average_attn_weights
        )
        if weights is not None:
            rows = absent if average_attn_weights else absent.unsqueeze(1)
            weights = weights.masked_fill(rows.unsqueeze(-1), 0.0)
        sequences = [sequence[:length] for sequence, length in zip(output, lengths, strict=True)]
        return torch.nested.as_nested_tensor(sequences), weights


def _swap_together(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Batch first to sequence first; what was one tensor stays one, which the projection makes use of."""
    swapped: dict[int, Tensor] = {}
    for x in (query, key, value):
        if id(x) not in swapped:
            swapped[id(x)] = x.transpose(0, 1)
    return swapped[id(query)], swapped[id(key)], swapped[id(value)]
