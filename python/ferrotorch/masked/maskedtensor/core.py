"""Tensors that carry a mask: ops see the elements that count, and results carry masks on."""

from __future__ import annotations

import warnings
from typing import Any, TypeGuard

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch.masked.maskedtensor import _calls, _layouts

__all__ = ["MaskedTensor", "is_masked_tensor"]

_DTYPES = (
    torch.float16, torch.float32, torch.float64, torch.bool, torch.int8, torch.int16, torch.int32, torch.int64,
)  # fmt: skip


def _tensors_match(a: Tensor, b: Tensor, exact: bool = True, rtol: float = 1e-05, atol: float = 1e-08) -> bool:
    """Are two plain tensors of one layout equal, in the dtype of the first, or close?"""
    if is_masked_tensor(a) or is_masked_tensor(b):
        raise ValueError("Neither `a` nor `b` can be a MaskedTensor.")
    if a.layout != b.layout:
        raise ValueError(f"`a` and `b` must have the same layout. Got {a.layout} and {b.layout}")
    b = b.to(a.dtype)
    if a.layout is not torch.strided:
        return _layouts.same_places(a, b) and _tensors_match(a.values(), b.values(), exact)
    if a.dim() != b.dim():
        return False
    return bool((a == b).all()) if exact else torch.allclose(a, b, rtol=rtol, atol=atol)


def _masks_match(a: Any, b: Any) -> bool:
    """Have two tensors the same mask? What has none matches all."""
    return not (is_masked_tensor(a) and is_masked_tensor(b)) or _tensors_match(a.get_mask(), b.get_mask())


def validate(data: Any, mask: Any) -> None:
    """Raise TypeError or ValueError for what is no data and no mask for them."""
    for what, x in (("data", data), ("mask", mask)):
        if not isinstance(x, Tensor) or is_masked_tensor(x):
            raise TypeError(f"{what} must be a Tensor, got {type(x).__name__}")
    if data.layout != mask.layout:
        raise TypeError(f"data and mask must have the same layout, got {data.layout} and {mask.layout}")
    if data.layout not in _layouts.LAYOUTS:
        raise TypeError(f"data layout of {data.layout} is not supported.")
    if mask.dtype != torch.bool:
        raise TypeError("mask must have dtype bool.")
    if data.dtype not in _DTYPES:
        raise TypeError(f"{data.dtype} is not supported in MaskedTensor.")
    if data.dim() != mask.dim():
        raise ValueError("data.dim() must equal mask.dim()")
    if data.size() != mask.size():
        raise ValueError("data.size() must equal mask.size()")


class MaskedTensor(Tensor):
    """A tensor of which some elements do not count.

    Args:
        data: the elements.
        mask: a boolean tensor of the same size and layout: which of them count. Sparse ones lie in coordinates or
            compressed rows, and store an element where the data do.
        requires_grad: is the tensor a leaf that is differentiated by?

    Raises:
        TypeError: the mask is not boolean, or a dtype that is not supported.
        ValueError: sizes that differ.
    """

    _masked_mask: Tensor

    def __new__(cls, data: Tensor, mask: Tensor, requires_grad: bool = False) -> MaskedTensor:
        validate(data, mask)
        if requires_grad and not data.is_floating_point():
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        if data.requires_grad and data.is_leaf:
            warnings.warn(
                "It is not recommended to create a MaskedTensor with a tensor that requires_grad. "
                "To avoid this, you can use data.detach().clone()",
                UserWarning,
                stacklevel=2,
            )
        data, mask = _layouts.prepared(data.detach(), mask.detach())
        result: MaskedTensor = Tensor._make_subclass(cls, data.clone(), requires_grad)
        object.__setattr__(result, "_masked_mask", mask.clone())
        return result

    def get_data(self) -> Tensor:
        """All elements, those that do not count too; differentiable."""
        with _C.DisableTorchFunctionSubclass():
            return self.as_subclass(Tensor)

    def get_mask(self) -> Tensor:
        """Which elements count."""
        return self._masked_mask

    def to_tensor(self, value: Any) -> Tensor:
        """The elements that count, and ``value`` in the place of all others."""
        return self.get_data().masked_fill(~self.get_mask(), value)

    def _is_any_true(self) -> MaskedTensor:
        """Is any of the elements that count true? (0-dim)

        Raises:
            ValueError: the elements are not boolean.
        """
        if self.dtype != torch.bool:
            raise ValueError("__torch_dispatch__, aten._is_any_true: expected a boolean tensor")
        if self.is_sparse:
            raise ValueError("MaskedTensors with sparse data do not have aten._is_any_true")
        return _calls.call(Tensor.any, (self,), {})

    def is_sparse_coo(self) -> bool:
        """Do the elements lie in coordinates?"""
        return self.layout is torch.sparse_coo

    def is_sparse_csr(self) -> bool:  # type: ignore[override]
        """Do the elements lie in compressed rows?"""
        return self.layout is torch.sparse_csr

    @property
    def is_sparse(self) -> bool:
        """Do the elements lie in coordinates or in compressed rows?"""
        return self.is_sparse_coo() or self.is_sparse_csr()

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        from ferrotorch.masked._printing import masked_str

        return masked_str(self)

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute with the elements, and find out the mask of the result."""
        return _calls.call(func, args, kwargs or {})


def is_masked_tensor(obj: Any) -> TypeGuard[MaskedTensor]:
    """Is an object a tensor that carries a mask?"""
    return isinstance(obj, MaskedTensor)
