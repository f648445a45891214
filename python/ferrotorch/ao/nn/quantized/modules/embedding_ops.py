"""Embeddings whose rows are quantized, each with its own scale."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.ao.nn.quantized.modules.utils import quantized_weight
from ferrotorch.nn.modules.module import Module

__all__ = ["Embedding", "EmbeddingBag", "EmbeddingPackedParams"]

F = torch.nn.functional


class EmbeddingPackedParams(Module):
    """The weight of a quantized embedding, under PyTorch's names in a state dict."""

    _version = 1

    def __init__(self, num_embeddings: int, embedding_dim: int, dtype: Any = torch.quint8) -> None:
        super().__init__()
        if dtype != torch.quint8:
            raise NotImplementedError(f"Unsupported dtype on quantized embedding! Supports quint8 here, not {dtype}.")
        self.dtype = dtype
        self.set_weight(
            torch._empty_per_channel_affine_quantized(
                [num_embeddings, embedding_dim],
                scales=torch.ones(num_embeddings, dtype=torch.float),
                zero_points=torch.zeros(num_embeddings, dtype=torch.float),
                axis=0,
                dtype=dtype,
            )
        )

    def set_weight(self, weight: Tensor) -> None:
        """Take over a weight."""
        self._packed_weight = weight

    def _weight(self) -> Tensor:
        return self._packed_weight

    def forward(self, x: Tensor) -> Tensor:
        """The tensor."""
        return x

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "dtype"] = self.dtype
        destination[prefix + "_packed_weight"] = self._weight()

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool, *lists: Any
    ) -> None:
        self.dtype = state_dict.pop(prefix + "dtype")
        self.set_weight(state_dict.pop(prefix + "_packed_weight"))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    def __repr__(self) -> str:
        return repr(self._weight())


class Embedding(Module):
    """An embedding whose rows are quantized and looked up as numbers.

    Only sizes and dtype describe a quantized table: ``padding_idx``, ``max_norm``, ``norm_type``,
    ``scale_grad_by_freq`` and ``sparse``, which training needs, are accepted.

    Args:
        num_embeddings, embedding_dim: sizes of the weight.
        dtype: ``torch.quint8``.
        others: accepted, as of ``nn.Embedding``; they matter for training only.
    """

    _version = 1
    _name = "QuantizedEmbedding"

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        dtype: Any = torch.quint8,
    ) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim, self.dtype = num_embeddings, embedding_dim, dtype
        self._packed_params = EmbeddingPackedParams(num_embeddings, embedding_dim, dtype)
        if _weight is not None:
            if list(_weight.shape) != [num_embeddings, embedding_dim]:
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.set_weight(_weight)

    def forward(self, indices: Tensor) -> Tensor:
        """Rows by their indices (...), as float32 (..., embedding_dim)."""
        return F.embedding(indices, self.weight().dequantize())

    def _get_name(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"{self._name}({self.extra_repr()})"

    def extra_repr(self) -> str:
        """Sizes, dtype and scheme of the weight."""
        return (
            f"num_embeddings={self.num_embeddings}, embedding_dim={self.embedding_dim}, "
            f"dtype={self._packed_params.dtype}, qscheme={self.weight().qscheme()}"
        )

    def set_weight(self, w: Tensor) -> None:
        """Take over a weight (num_embeddings, embedding_dim)."""
        self._packed_params.set_weight(w)

    def weight(self) -> Tensor:
        """The weight (num_embeddings, embedding_dim)."""
        return self._packed_params._weight()

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> Any:
        """The quantized embedding of one in floating point."""
        from ferrotorch.ao.quantization.qconfig import float_qparams_weight_only_qconfig

        has_own = getattr(mod, "qconfig", None) is not None and mod.qconfig.weight is not None
        observer = (mod.qconfig if has_own else float_qparams_weight_only_qconfig).weight()
        if observer.qscheme != torch.per_channel_affine_float_qparams:
            raise AssertionError(
                "Embedding quantization is currently only supported with float_qparams_weight_only_qconfig"
            )
        if not use_precomputed_fake_quant:
            observer(mod.weight)
        made = cls(mod.num_embeddings, mod.embedding_dim)
        made.set_weight(quantized_weight(mod.weight, observer))
        return made


class EmbeddingBag(Embedding):
    """Sums of the rows of bags of indices.

    Args: see `Embedding`.
        mode: ``"sum"``.
        include_last_offset: does the last offset say where the last bag ends?

    ``max_norm``, ``norm_type``, ``scale_grad_by_freq`` and ``sparse``, which training needs, are accepted.
    """

    _name = "QuantizedEmbeddingBag"

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "sum",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        dtype: Any = torch.quint8,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, _weight=_weight, dtype=dtype)
        if mode != "sum":
            raise NotImplementedError(f"quantized EmbeddingBag: mode {mode!r}; only sum")
        self.mode, self.include_last_offset = mode, include_last_offset

    def forward(
        self, indices: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
    ) -> Tensor:
        """Sums of rows (bags, embedding_dim), as float32."""
        return F.embedding_bag(
            indices,
            self.weight().dequantize(),
            offsets,
            mode="sum",
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
        )

    @classmethod
    def from_float(cls, mod: Any, use_precomputed_fake_quant: bool = False) -> EmbeddingBag:
        """The quantized embedding of one in floating point."""
        made: EmbeddingBag = super().from_float(mod, use_precomputed_fake_quant)
        made.include_last_offset = mod.include_last_offset
        return made
