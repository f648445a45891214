"""Masks of causal attention that say what they are, so that none has to be made where the two lengths agree."""

from __future__ import annotations

import enum
import warnings
from typing import Any

import ferrotorch as torch
import ferrotorch.nn.functional as F

__all__ = ["CausalBias", "CausalVariant", "causal_lower_right", "causal_upper_left"]


class CausalVariant(enum.IntEnum):
    """Where the diagonal of a mask begins that is not square: above on the left, or below on the right."""

    UPPER_LEFT = enum.auto()
    LOWER_RIGHT = enum.auto()


class CausalBias(torch.Tensor):
    """A causal mask for ``scaled_dot_product_attention``.

    Args:
        variant: Where its diagonal is.
        seq_len_q: Number of queries, of rows.
        seq_len_kv: Number of keys, of columns.

    Raises:
        AssertionError: ``variant`` is no :class:`CausalVariant`.
    """

    def __new__(cls, variant: CausalVariant, seq_len_q: int, seq_len_kv: int) -> CausalBias:
        return torch.empty(0).as_subclass(cls)

    def __init__(self, variant: CausalVariant, seq_len_q: int, seq_len_kv: int) -> None:
        if not isinstance(variant, CausalVariant):
            raise AssertionError(f"variant must be a CausalVariant, got {type(variant).__name__}")
        super().__init__()
        self.variant = variant
        self.seq_len_q = seq_len_q
        self.seq_len_kv = seq_len_kv
        if seq_len_q > seq_len_kv and variant is CausalVariant.LOWER_RIGHT:
            message = "Lower right causal bias will produce NaNs in the output when seq_len_q > seq_len_kv!"
            warnings.warn(message, stacklevel=2)

    def _materialize(self, device: torch.device | str | None = None) -> torch.Tensor:
        """The mask as a boolean tensor: True where a query sees a key."""
        offset = self.seq_len_kv - self.seq_len_q if self.variant is CausalVariant.LOWER_RIGHT else 0
        return torch.ones(self.seq_len_q, self.seq_len_kv, dtype=torch.bool, device=device).tril(offset)

    @staticmethod
    def _dispatch(
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: CausalBias,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        **options: Any,
    ) -> torch.Tensor:
        if is_causal:
            raise ValueError("CausalBias should not be used with causal=True")
        at_left = attn_mask.variant is CausalVariant.UPPER_LEFT or attn_mask.seq_len_q == attn_mask.seq_len_kv
        mask = None if at_left else attn_mask._materialize(query.device)
        return F.scaled_dot_product_attention(query, key, value, mask, dropout_p, at_left, **options)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            return cls._dispatch(*args, **(kwargs or {}))
        return super().__torch_function__(func, types, args, kwargs or {})

    def __repr__(self) -> str:
        return repr(self._materialize())


def _of_size(variant: CausalVariant, size: tuple[int, ...]) -> CausalBias:
    if len(size) != 2:
        side = "upper left" if variant is CausalVariant.UPPER_LEFT else "lower right"
        raise AssertionError(f"causal_{side.replace(' ', '_')} only supports 2D tensors, got {len(size)}D")
    return CausalBias(variant, *size)


def causal_upper_left(*size: int) -> CausalBias:
    """A mask of shape ``size`` whose diagonal begins above on the left: what ``is_causal=True`` means.

    Raises:
        AssertionError: ``size`` is not two numbers.
    """
    return _of_size(CausalVariant.UPPER_LEFT, size)


def causal_lower_right(*size: int) -> CausalBias:
    """A mask of shape ``size`` whose diagonal ends below on the right: the last query sees every key.

    Raises:
        AssertionError: ``size`` is not two numbers.
    """
    return _of_size(CausalVariant.LOWER_RIGHT, size)
