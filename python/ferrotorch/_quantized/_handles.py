"""What quantized tensors consist of: a strided tensor of integers, their dtype's name and the quantizer."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch._quantized._quantizers import Quantizer, integers_of


class QuantizedTensor(Tensor):
    """The class of quantized tensors. It overrides nothing: see ``_opaque.py``."""

    __torch_function__: Any = _C._disabled_torch_function_impl


QuantizedTensor.__name__ = QuantizedTensor.__qualname__ = "Tensor"
QuantizedTensor.__module__ = "ferrotorch"


class Handle:
    """The handle of a quantized tensor.

    Attributes:
        values: the integers; their shape and strides are the tensor's.
        dtype: ``torch.qint8``, ``torch.quint8`` or ``torch.qint32``.
        quantizer: scales and zero points.
    """

    tensor_class = QuantizedTensor
    __slots__ = ("dtype", "quantizer", "values")

    def __init__(self, values: Tensor, dtype: Any, quantizer: Quantizer) -> None:
        self.values, self.dtype, self.quantizer = values, dtype, quantizer

    @staticmethod
    def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """See `ferrotorch._opaque.Handle`."""
        from ferrotorch._quantized import _dispatch

        return _dispatch.call(name, composed, args, kwargs)

    @staticmethod
    def sum_of_gradients(total: Tensor | None, grad: Tensor, in_place: bool) -> Tensor:
        """Gradients are never quantized.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("a gradient cannot be a quantized tensor: dequantize() it")


def handle_of(x: Any) -> Handle | None:
    """The handle of a quantized tensor; None for what is none."""
    handle = _C._opaque_handle(x)
    return handle if isinstance(handle, Handle) else None


def tensor_of(values: Tensor, dtype: Any, quantizer: Quantizer) -> Tensor:
    """The quantized tensor of integers.

    Raises:
        RuntimeError: the quantizer does not fit the integers' dtype or shape.
    """
    quantizer.check(integers_of(dtype), values.shape)
    handle = Handle(values, dtype, quantizer)
    result: Tensor = _C._opaque_tensor(handle, list(values.shape), values.dtype, values.device)
    return result


def like(x: Tensor, values: Tensor) -> Tensor:
    """The quantized tensor of other integers with the quantizer of ``x``."""
    handle = required(x)
    return tensor_of(values, handle.dtype, handle.quantizer)


def required(x: Tensor) -> Handle:
    """The handle of a tensor that is known to be quantized."""
    handle = handle_of(x)
    assert handle is not None
    return handle
