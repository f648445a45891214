"""Weights with biases as ``torch.ops.quantized`` packs them: here they are kept as they are."""

from __future__ import annotations

from typing import Any

from ferrotorch._C import Tensor

__all__ = ["ConvPackedParams", "LinearPackedParams"]


class LinearPackedParams:
    """A quantized weight (out, in) and a bias (out)."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        self._weight = weight
        self._bias = None if bias is None else bias.detach()

    def unpack(self) -> tuple[Tensor, Tensor | None]:
        """Weight and bias."""
        return self._weight, self._bias

    def __getstate__(self) -> Any:
        return self._weight, self._bias

    def __setstate__(self, state: Any) -> None:
        self._weight, self._bias = state


class ConvPackedParams(LinearPackedParams):
    """A quantized weight and a bias, with how the weight goes over the input."""

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        output_padding: Any = None,
        transposed: bool = False,
    ) -> None:
        super().__init__(weight, bias)
        self._geometry = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        if transposed:
            self._geometry["output_padding"] = output_padding
        self.is_transposed = transposed

    @property
    def geometry(self) -> dict[str, Any]:
        """Arguments of a convolution."""
        return {
            name: tuple(value) if isinstance(value, list | tuple) else value for name, value in self._geometry.items()
        }

    def stride(self) -> list[int]:
        """How far the weight moves."""
        return list(self._geometry["stride"])

    def padding(self) -> list[int]:
        """How far it starts outside."""
        return list(self._geometry["padding"])

    def dilation(self) -> list[int]:
        """How far its elements are apart."""
        return list(self._geometry["dilation"])

    def output_padding(self) -> list[int]:
        """How much is added to one side of a transposed convolution's result."""
        return list(self._geometry.get("output_padding") or [0] * len(self._geometry["stride"]))

    def groups(self) -> int:
        """How many groups of channels there are."""
        return int(self._geometry["groups"])

    def transpose(self) -> bool:
        """Is the convolution a transposed one?"""
        return self.is_transposed

    def __getstate__(self) -> Any:
        return self._weight, self._bias, self._geometry, self.is_transposed

    def __setstate__(self, state: Any) -> None:
        self._weight, self._bias, self._geometry, self.is_transposed = state
