"""Tensors that carry a mask: ops see the elements that count, and results carry masks on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeGuard

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch.masked import _reductions, _scans
from ferrotorch.masked._filling import dims_of

__all__ = ["MaskedTensor", "as_masked_tensor", "is_masked_tensor", "masked_tensor"]

_DTYPES = (
    torch.float16, torch.float32, torch.float64, torch.bool, torch.int8, torch.int16, torch.int32, torch.int64,
)  # fmt: skip

# Ops of single elements, of which the mask is that of the tensor.
_UNARY = frozenset(
    [
        "abs",
        "absolute",
        "acos",
        "arccos",
        "acosh",
        "arccosh",
        "angle",
        "asin",
        "arcsin",
        "asinh",
        "arcsinh",
        "atan",
        "arctan",
        "atanh",
        "arctanh",
        "bitwise_not",
        "ceil",
        "clamp",
        "clip",
        "conj_physical",
        "cos",
        "cosh",
        "deg2rad",
        "digamma",
        "erf",
        "erfc",
        "erfinv",
        "exp",
        "exp2",
        "expm1",
        "fix",
        "floor",
        "frac",
        "lgamma",
        "log",
        "log10",
        "log1p",
        "log2",
        "logit",
        "i0",
        "isnan",
        "nan_to_num",
        "neg",
        "negative",
        "positive",
        "pow",
        "rad2deg",
        "reciprocal",
        "round",
        "rsqrt",
        "sigmoid",
        "sign",
        "sgn",
        "signbit",
        "sin",
        "sinc",
        "sinh",
        "sqrt",
        "square",
        "tan",
        "tanh",
        "trunc",
        "relu",
        "logical_not",
        "to",
        "float",
        "double",
        "half",
        "clone",
        "contiguous",
        "detach",
        "requires_grad_",
        "type",
        "bool",
        "int",
        "long",
        "to_dense",
        "ones_like",
        "zeros_like",
        "full_like",
    ]
)
_BINARY = frozenset(
    [
        "add",
        "atan2",
        "arctan2",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "bitwise_left_shift",
        "bitwise_right_shift",
        "div",
        "divide",
        "floor_divide",
        "fmod",
        "logaddexp",
        "logaddexp2",
        "mul",
        "multiply",
        "nextafter",
        "remainder",
        "sub",
        "subtract",
        "true_divide",
        "eq",
        "ne",
        "le",
        "ge",
        "greater",
        "greater_equal",
        "gt",
        "less_equal",
        "lt",
        "less",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "not_equal",
        "rsub",
        "logical_and",
        "logical_or",
        "logical_xor",
    ]
)
_VIEWS = frozenset(
    [
        "transpose",
        "t",
        "T",
        "mT",
        "permute",
        "reshape",
        "view",
        "unsqueeze",
        "squeeze",
        "expand",
        "expand_as",
        "select",
        "index_select",
        "narrow",
        "flatten",
        "unflatten",
        "__getitem__",
        "diagonal",
        "swapaxes",
        "swapdims",
        "movedim",
        "moveaxis",
        "repeat",
        "flip",
        "unfold",
        "ravel",
    ]
)
_SEVERAL = frozenset(["split", "chunk", "unbind", "tensor_split", "split_with_sizes", "unsafe_chunk", "unsafe_split"])
_REDUCTIONS: dict[str, Callable[..., Tensor]] = {
    "sum": _reductions.sum, "mean": _reductions.mean, "prod": _reductions.prod, "amax": _reductions.amax,
    "amin": _reductions.amin, "argmax": _reductions.argmax, "argmin": _reductions.argmin, "norm": _reductions.norm,
    "var": _reductions.var, "std": _reductions.std,
}  # fmt: skip
_SCANS: dict[str, Callable[..., Tensor]] = {
    "softmax": _scans.softmax, "log_softmax": _scans.log_softmax, "cumsum": _scans.cumsum, "cumprod": _scans.cumprod,
}  # fmt: skip
_OPERATORS = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul", "__truediv__": "div",
    "__floordiv__": "floor_divide", "__mod__": "remainder", "__pow__": "pow", "__neg__": "neg", "__abs__": "abs",
    "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge", "__rsub__": "rsub",
    "__and__": "logical_and", "__or__": "logical_or", "__xor__": "logical_xor", "__invert__": "logical_not",
    "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_",
    "__ifloordiv__": "floor_divide_", "__imod__": "remainder_", "__ipow__": "pow_",
}  # fmt: skip
# What the core answers by the elements' tensor alone.
_PASSED_ON = frozenset(
    [
        "shape",
        "dtype",
        "device",
        "layout",
        "ndim",
        "requires_grad",
        "grad_fn",
        "is_leaf",
        "dim",
        "size",
        "numel",
        "nelement",
        "stride",
        "is_contiguous",
        "backward",
        "register_hook",
        "retain_grad",
        "is_floating_point",
        "is_complex",
        "is_sparse",
        "is_sparse_csr",
        "is_cuda",
        "is_cpu",
        "is_meta",
        "ndimension",
        "element_size",
        "__len__",
        "is_quantized",
        "is_nested",
        "_false",  # the getter of attributes that no tensor has here
        "_version",
        "output_nr",
    ]
)


def _validate(data: Any, mask: Any) -> None:
    for what, x in (("data", data), ("mask", mask)):
        if not isinstance(x, Tensor):
            raise TypeError(f"{what} must be a Tensor, got {type(x)}")
        if is_masked_tensor(x):
            raise TypeError(
                f"{what} must be a Tensor without a mask; get_data() and get_mask() are those of a MaskedTensor"
            )
    if data.layout != mask.layout:
        raise TypeError(f"data and mask must have the same layout, got {data.layout} and {mask.layout}")
    if data.layout != torch.strided:
        raise TypeError(f"data layout of {data.layout} is not supported: only strided tensors carry masks")
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
        mask: a boolean tensor of the same size: which of them count.
        requires_grad: is the tensor a leaf that is differentiated by?

    Raises:
        TypeError: the mask is not boolean, or a dtype that is not supported.
        ValueError: sizes that differ.
    """

    _masked_mask: Tensor

    def __new__(cls, data: Tensor, mask: Tensor, requires_grad: bool = False) -> MaskedTensor:
        _validate(data, mask)
        if requires_grad and not data.is_floating_point():
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        if data.requires_grad and data.is_leaf:
            warnings.warn(
                "It is not recommended to create a MaskedTensor with a tensor that requires_grad. "
                "To avoid this, you can use data.detach().clone()",
                UserWarning,
                stacklevel=2,
            )
        result: MaskedTensor = Tensor._make_subclass(cls, data.detach(), requires_grad)
        object.__setattr__(result, "_masked_mask", mask.detach())
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
        return _reduced("any", self, (), {})

    def is_sparse_coo(self) -> bool:
        """False: the elements lie in a strided tensor."""
        return False

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        from ferrotorch.masked._printing import masked_str

        return masked_str(self)

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute with the elements, and find out the mask of the result."""
        return _call(func, args, kwargs or {})


def _wrap(data: Tensor, mask: Tensor) -> MaskedTensor:
    """A tensor with a mask and the history of ``data``."""
    with _C.DisableTorchFunctionSubclass():
        result = data.as_subclass(MaskedTensor)
    object.__setattr__(result, "_masked_mask", mask)
    return result


def _name_of(func: Any) -> str:
    name = getattr(func, "__name__", "")
    if name in ("__get__", "__set__", "__delete__"):
        # An attribute of the core, or a property.
        owner = func.__self__
        return str(getattr(owner, "__name__", "") or getattr(getattr(owner, "fget", None), "__name__", ""))
    return _OPERATORS.get(name, name)


def _call(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    name = _name_of(func)
    first = args[0] if args else next(iter(kwargs.values()))
    if name in _PASSED_ON:
        with _C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs)
    if name == "grad" and func.__name__ == "__get__":
        grad = first.get_data().grad if first.is_leaf is False else _own_grad(first)
        return grad if grad is None or is_masked_tensor(grad) else _wrap(grad, first.get_mask())
    if name in ("cat", "stack"):
        return _joined(func, args, kwargs)
    if name == "where":
        return _chosen(*args)
    if not is_masked_tensor(first):
        if name in _BINARY:
            return _binary(func, args, kwargs)
        raise _not_supported(name)
    if (name == "pow" and is_masked_tensor(args[1])) or name in _BINARY:
        return _binary(func, args, kwargs)
    if name.endswith("_") and name[:-1] in _UNARY | _BINARY:
        return _in_place(func, args, kwargs)
    if name in _UNARY:
        return _wrap(func(first.get_data(), *args[1:], **kwargs), first.get_mask())
    if name in _VIEWS:
        return _wrap(
            func(first.get_data(), *_plain(args[1:]), **kwargs), func(first.get_mask(), *_plain(args[1:]), **kwargs)
        )
    if name in _SEVERAL:
        parts = zip(
            func(first.get_data(), *args[1:], **kwargs), func(first.get_mask(), *args[1:], **kwargs), strict=True
        )
        return tuple(_wrap(data, mask) for data, mask in parts)
    if name in _SCANS:
        return _wrap(_SCANS[name](first, *args[1:], **kwargs), first.get_mask())
    if name in _REDUCTIONS or name in ("all", "any"):
        return _reduced(name, first, args[1:], kwargs)
    raise _not_supported(name)


def _own_grad(x: MaskedTensor) -> Any:
    with _C.DisableTorchFunctionSubclass():
        return x.grad


def _not_supported(name: str) -> TypeError:
    return TypeError(
        f"{name} is not implemented for MaskedTensor; compute with get_data() and get_mask(), or with to_tensor(value)"
    )


def _plain(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(arg.get_data() if is_masked_tensor(arg) else arg for arg in args)


def _mask_of(args: tuple[Any, ...]) -> Tensor:
    """The mask of the operands that have one."""
    masks = [arg.get_mask() for arg in args[:2] if is_masked_tensor(arg)]
    if len(masks) == 2 and not torch.equal(*masks):
        raise ValueError("Input masks must match. If you need support for this, combine the masks first.")
    return masks[0]


def _binary(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    mask = _mask_of(args)
    data = func(*_plain(args), **kwargs)
    return _wrap(data, mask.expand(data.shape))


def _in_place(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    """The first operand, to whose elements, those too that do not count, the op has written."""
    _mask_of(args)
    target: MaskedTensor = args[0]
    func(*_plain(args), **kwargs)
    return target


def _joined(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    tensors = args[0]
    if not all(is_masked_tensor(x) for x in tensors):
        raise _not_supported(f"{func.__name__} of masked and other tensors")
    data = func([x.get_data() for x in tensors], *args[1:], **kwargs)
    return _wrap(data, func([x.get_mask() for x in tensors], *args[1:], **kwargs))


def _chosen(condition: Any, input: Any, other: Any) -> MaskedTensor:
    if not (is_masked_tensor(input) and is_masked_tensor(other)) or is_masked_tensor(condition):
        raise _not_supported("where with a plain operand or a masked condition")
    data = torch.where(condition, input.get_data(), other.get_data())
    return _wrap(data, torch.where(condition, input.get_mask(), other.get_mask()))


def _reduced(name: str, x: MaskedTensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    names = ("ord", "dim", "keepdim") if name == "norm" else ("dim", "keepdim")
    given = dict(zip(names, args, strict=False)) | kwargs
    given = {("ord" if key == "p" else key): value for key, value in given.items()}
    dim, keepdim = given.get("dim"), given.get("keepdim", False)
    if name in ("all", "any"):
        neutral = x.to_tensor(name == "all")
        data = getattr(neutral, name)() if dim is None else getattr(neutral, name)(dim, keepdim)
    else:
        data = _REDUCTIONS[name](x, **given)
    dims = dims_of(dim, x.get_data())
    counts = x.get_mask().any() if dim is None else x.get_mask().to(torch.int64).sum(dims, keepdim=keepdim) > 0
    return _wrap(data, counts)


def is_masked_tensor(obj: Any) -> TypeGuard[MaskedTensor]:
    """Is an object a tensor that carries a mask?"""
    return isinstance(obj, MaskedTensor)


def masked_tensor(data: Any, mask: Any, requires_grad: bool = False) -> MaskedTensor:
    """A tensor of elements with a mask, without their history; see `MaskedTensor`."""
    return MaskedTensor(data, mask, requires_grad)


class _Masked(torch.autograd.Function):
    """Elements with a mask, whose gradient is that of the elements that count."""

    @staticmethod
    def forward(ctx: Any, data: Tensor, mask: Tensor) -> Tensor:
        """The elements."""
        ctx.mask = mask
        return data.view_as(data)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """The gradient where elements count, zero elsewhere."""
        grad = grad.get_data() if is_masked_tensor(grad) else grad
        return torch.where(ctx.mask, grad, 0), None


def as_masked_tensor(data: Tensor, mask: Tensor) -> MaskedTensor:
    """A tensor of elements with a mask that keeps their history: gradients go on to ``data``."""
    _validate(data, mask)
    return _wrap(_Masked.apply(data, mask), mask)
