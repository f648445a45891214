"""Masks as functions of positions: ``mask_mod(b, h, q_idx, kv_idx)`` says whether a query may look at a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import Tensor

__all__ = ["and_masks", "create_mask", "each_position", "noop_mask", "or_masks"]

MaskMod = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def each_position(function: Callable[..., Any], with_score: bool) -> Callable[..., Any]:
    """A function of single positions as one of the indices of all: the result is (B, H, Q, KV).

    Args:
        function: a function of batch, head, query and key; of a score before these if ``with_score``.
        with_score: whether it is.
    """
    score = (0,) if with_score else ()
    for axis in (3, 2, 1, 0):
        dims = tuple(0 if axis == position else None for position in range(4))
        function = torch.vmap(function, in_dims=(*score, *dims))
    return function


def noop_mask(batch: Tensor, head: Tensor, token_q: Tensor, token_kv: Tensor) -> Tensor:
    """The mask that lets every query look at every key."""
    return batch.new_ones(size=(), dtype=torch.bool, device=batch.device)


def or_masks(*mask_mods: MaskMod) -> MaskMod:
    """The mask that lets through what any of several does."""
    return _joined(mask_mods, torch.logical_or, False)


def and_masks(*mask_mods: MaskMod) -> MaskMod:
    """The mask that lets through what all of several do."""
    return _joined(mask_mods, torch.logical_and, True)


def _joined(masks: tuple[MaskMod, ...], join: Callable[[Tensor, Tensor], Tensor], start: bool) -> MaskMod:
    if not all(callable(mask) for mask in masks):
        raise RuntimeError(f"All inputs should be callable mask_mods: {masks}")

    def joined(b: Tensor, h: Tensor, q_idx: Tensor, kv_idx: Tensor) -> Tensor:
        result = b.new_full((), start, dtype=torch.bool)
        for mask in masks:
            result = join(result, mask(b, h, q_idx, kv_idx))
        return result

    return joined


def positions(batch: int, heads: int, queries: int, keys: int, device: Any) -> list[Tensor]:
    """The indices of batch, heads, queries and keys."""
    return [torch.arange(size, device=device) for size in (batch, heads, queries, keys)]


def create_mask(
    mod_fn: Callable[..., Tensor], B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device: Any = None
) -> Tensor:
    """A mask in full: (B, H, Q_LEN, KV_LEN), true where ``mod_fn(b, h, q_idx, kv_idx)`` is.

    Args:
        mod_fn: the mask; a function of five arguments changes a score, and lets through all but minus infinity.
        B, H: numbers of batches and heads; None: one.
        Q_LEN, KV_LEN: numbers of queries and keys.
        device: where the mask shall be.
    """
    import inspect

    size = (1 if B is None else B, 1 if H is None else H, Q_LEN, KV_LEN)
    indices = positions(*size, device)
    takes = sum(p.default is p.empty for p in inspect.signature(mod_fn).parameters.values())
    if takes == 5:
        scores = torch.zeros(size, device=device)
        return ~torch.isneginf(each_position(mod_fn, True)(scores, *indices)).broadcast_to(size)
    if takes != 4:
        raise ValueError(f"mod_fn takes {takes} positions; a mask takes 4, a change of scores 5")
    return each_position(mod_fn, False)(*indices).broadcast_to(size)
