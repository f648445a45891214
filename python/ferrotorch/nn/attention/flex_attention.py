"""Attention whose scores and mask are functions: ``score_mod(score, b, h, q_idx, kv_idx)`` and a :class:`BlockMask`.

The functions are applied to all positions at once by ``torch.vmap``, to scores in full: what a block mask leaves out
is computed and then left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch import Tensor
from ferrotorch.nn.attention._block_mask import _DEFAULT_SPARSE_BLOCK_SIZE, BlockMask, create_block_mask
from ferrotorch.nn.attention._mods import and_masks, create_mask, each_position, noop_mask, or_masks, positions

__all__ = [
    "_DEFAULT_SPARSE_BLOCK_SIZE",
    "AuxOutput",
    "AuxRequest",
    "BlockMask",
    "and_masks",
    "create_block_mask",
    "create_mask",
    "flex_attention",
    "noop_mask",
    "or_masks",
]

_score_mod_signature = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
_mask_mod_signature = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


class AuxRequest(NamedTuple):
    """What is to be returned beside the result: logarithms of sums, largest scores."""

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """What was asked for by :class:`AuxRequest`."""

    lse: Tensor | None = None
    max_scores: Tensor | None = None


def flex_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_mod: _score_mod_signature | None = None,
    block_mask: BlockMask | None = None,
    scale: float | None = None,
    enable_gqa: bool = False,
    return_lse: bool = False,
    kernel_options: Any = None,
    *,
    return_aux: AuxRequest | None = None,
) -> Any:
    """``softmax(score_mod(query @ key^T * scale)) @ value``, of what a mask lets through.

    Args:
        query: (B, Hq, L, E).
        key: (B, Hkv, S, E).
        value: (B, Hkv, S, Ev).
        score_mod: changes a score, given batch, head, query and key.
        block_mask: which keys queries look at.
        scale: the factor of scores; one through the root of E by default.
        enable_gqa: let several heads of queries share one of keys.
        return_lse: return logarithms of the sums of exponentials, too: (B, Hq, L).
        kernel_options: accepted for compatibility.
        return_aux: what else to return.

    Returns:
        (B, Hq, L, Ev), zero for a query that looks at nothing; with what was asked for.

    Raises:
        ValueError: shapes that do not go together.
        RuntimeError: a mask of fewer queries or keys.
    """
    if return_lse and return_aux is not None:
        raise ValueError("return_lse and return_aux cannot be given together: ask for AuxRequest(lse=True)")
    key, value = _of_each_head(query, key, value, block_mask, enable_gqa)
    scores = _scores(query, key, score_mod, block_mask, 1 / math.sqrt(query.size(-1)) if scale is None else scale)
    lse = torch.logsumexp(scores, -1)
    weights = torch.exp(scores - torch.where(lse == -torch.inf, torch.zeros_like(lse), lse)[..., None])
    result = weights.to(query.dtype) @ value
    if return_aux is not None:
        largest = scores.amax(-1) if return_aux.max_scores else None
        return result, AuxOutput(lse if return_aux.lse else None, largest)
    return (result, lse) if return_lse else result


def _of_each_head(
    query: Tensor, key: Tensor, value: Tensor, block_mask: BlockMask | None, enable_gqa: bool
) -> tuple[Tensor, Tensor]:
    """Keys and values with as many batches and heads as the queries."""
    if not query.dim() == key.dim() == value.dim() == 4:
        raise NotImplementedError("NYI: query, key, and value must be 4D tensors")
    if not query.dtype == key.dtype == value.dtype:
        raise ValueError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {query.dtype}, key.dtype: "
            f"{key.dtype}, and value.dtype: {value.dtype} instead."
        )
    if query.size(-1) != key.size(-1):
        raise ValueError(
            "Expect query and key/value to have the same embedding dimension but got "
            f"E={query.size(-1)} and E={key.size(-1)}."
        )
    heads, shared = query.size(1), key.size(1)
    if heads != shared and not enable_gqa:
        raise ValueError(
            f"Expect query and key/value to have the same number of heads but got Hq={heads} and Hkv={shared}. Try "
            "setting enable_gqa=True for GQA."
        )
    if heads % shared:
        raise ValueError(
            f"Expect number of query heads to be a multiple of kv heads for GQA but got Hq={heads} and Hkv={shared}."
        )
    if query.size(0) != key.size(0) and block_mask is None:
        raise ValueError(
            "Expect query and key/value to have the same batch size, or non-none block_mask, but got block_mask=None, "
            f"Bq={query.size(0)}, and Bkv={key.size(0)}."
        )
    repeated = (tensor.repeat_interleave(heads // shared, 1) if heads != shared else tensor for tensor in (key, value))
    key, value = (tensor.expand(query.size(0), -1, -1, -1) for tensor in repeated)
    return key, value


def _scores(
    query: Tensor, key: Tensor, score_mod: _score_mod_signature | None, block_mask: BlockMask | None, scale: float
) -> Tensor:
    """Changed scores in at least single precision, minus infinity where the mask lets nothing through."""
    precise = torch.float64 if query.dtype is torch.float64 else torch.float32
    scores = (query @ key.transpose(-2, -1)).to(precise) * scale
    batch, heads, queries, keys = scores.shape
    if score_mod is not None:
        indices = positions(batch, heads, queries, keys, query.device)
        scores = each_position(score_mod, True)(scores, *indices).to(precise)
    if block_mask is None:
        return scores
    lengths = block_mask.seq_lengths
    if queries > lengths[0] or keys > lengths[1]:
        raise RuntimeError(
            "block_mask was created for a smaller length than you're using it for, you likely need to create a new "
            f"block mask: its shape is {block_mask.shape}, there are {queries} queries and {keys} keys"
        )
    for name, found, wanted in (("B", block_mask.shape[0], batch), ("H", block_mask.shape[1], heads)):
        if found not in (1, wanted):
            raise ValueError(f"block_mask has {name}={found}, which does not go with {wanted} of the queries")
    mask = create_mask(block_mask.mask_mod, batch, heads, queries, keys, query.device) & _of_blocks(
        block_mask, queries, keys
    )
    return scores.masked_fill(~mask, -torch.inf)


def _of_blocks(block_mask: BlockMask, queries: int, keys: int) -> Tensor:
    """Which pairs are in blocks that are computed at all."""
    rows, columns = block_mask.BLOCK_SIZE
    dense = block_mask.to_dense().to(torch.bool)
    return dense.repeat_interleave(rows, -2)[..., :queries, :].repeat_interleave(columns, -1)[..., :keys]
