"""What calls with masked tensors compute, and which masks their results have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeGuard

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch.masked import _scans
from ferrotorch.masked.maskedtensor import binary, reductions, unary
from ferrotorch.masked.maskedtensor._layouts import same_places

if TYPE_CHECKING:
    from ferrotorch.masked.maskedtensor.core import MaskedTensor

_UNARY = unary.OTHER_NAMES | set(unary.UNARY_NAMES)
_BINARY = binary.OTHER_NAMES | set(binary.BINARY_NAMES)
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
        "ravel",
    ]
)
_SEVERAL = frozenset(["split", "chunk", "unbind", "tensor_split", "split_with_sizes", "unsafe_chunk", "unsafe_split"])
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


# The single element as a number.
_NUMBERS = frozenset(["item", "__bool__", "__float__", "__int__", "__index__", "__complex__"])
_CONVERSIONS = frozenset(["to_dense", "to_sparse", "to_sparse_coo", "to_sparse_csr"])


def _is_masked(x: Any) -> TypeGuard[MaskedTensor]:
    from ferrotorch.masked.maskedtensor.core import MaskedTensor

    return isinstance(x, MaskedTensor)


def wrap(data: Tensor, mask: Tensor) -> MaskedTensor:
    """A tensor with a mask and the history of ``data``."""
    from ferrotorch.masked.maskedtensor.core import MaskedTensor

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


def call(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function makes of arguments among which there are masked tensors.

    Raises:
        TypeError: a function that has no result for them.
        ValueError: masks that differ; what sparse elements have no answer to.
    """
    name = _name_of(func)
    first = args[0] if args else next(iter(kwargs.values()))
    if name in _PASSED_ON:
        with _C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs)
    if name == "grad" and func.__name__ == "__get__":
        return _grad(first)
    if name in ("cat", "stack"):
        return _joined(func, args, kwargs)
    if name == "where":
        return _chosen(*args)
    if not _is_masked(first):
        if name in _BINARY:
            return _binary(func, args, kwargs)
        raise _not_supported(name)
    if (name == "pow" and _is_masked(args[1])) or name in _BINARY:
        return _binary(func, args, kwargs)
    if name.endswith("_") and name[:-1] in _UNARY | _BINARY:
        return _in_place(func, args, kwargs)
    return _of_one(name, func, first, args[1:], kwargs)


def _of_one(name: str, func: Any, x: MaskedTensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a function of one masked tensor."""
    data, mask = x.get_data(), x.get_mask()
    if name in ("is_contiguous", "contiguous") and data.layout is not torch.strided:
        raise ValueError(f"MaskedTensors with sparse data do not have {name}")
    if name == "is_contiguous":
        return func(data, *args, **kwargs)
    if name in _NUMBERS:
        return _number(func, data, mask)
    if name in _CONVERSIONS:
        return _converted(name, x)
    if name in _UNARY:
        return wrap(unary.of_elements(func, data, *args, **kwargs), mask)
    if name in _VIEWS:
        return wrap(func(data, *_plain(args), **kwargs), func(mask, *_plain(args), **kwargs))
    if name == "unfold":
        return _windows(func, data, mask, args, kwargs)
    if name in _SEVERAL:
        parts = zip(func(data, *args, **kwargs), func(mask, *args, **kwargs), strict=True)
        return tuple(wrap(part, counts) for part, counts in parts)
    if name in _SCANS:
        return wrap(_SCANS[name](x, *args, **kwargs), mask)
    if name in reductions.REDUCE_NAMES or name == "any":
        return wrap(*reductions.reduced(name, data, mask, args, kwargs))
    raise _not_supported(name)


def _number(func: Any, data: Tensor, mask: Tensor) -> Any:
    """The single element as a number; one that does not count is none."""
    if mask.numel() == 1 and not mask:
        raise ValueError("__torch_dispatch__, aten._local_scalar_dense: expected a mask tensor")
    return func(data)


def _windows(func: Any, data: Tensor, mask: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    """`unfold`, the view or the one of images; the latter computes, and not with booleans."""
    if func is torch.nn.functional.unfold:
        return wrap(func(data, *args, **kwargs), func(mask.to(data.dtype), *args, **kwargs).to(torch.bool))
    return wrap(func(data, *args, **kwargs), func(mask, *args, **kwargs))


def _converted(name: str, x: MaskedTensor) -> MaskedTensor:
    """A masked tensor in another layout."""
    data, mask = x.get_data(), x.get_mask()
    if name == "to_dense":
        return x if data.layout is torch.strided else wrap(data.to_dense(), mask.to_dense())
    if name == "to_sparse_csr" and data.dim() != 2:
        raise ValueError(f"Only 2D tensors can be converted to the SparseCsr layout but got shape: {data.size()}")
    layout = torch.sparse_csr if name == "to_sparse_csr" else torch.sparse_coo
    if data.layout is layout:
        return x
    places = mask.to_sparse_csr() if layout is torch.sparse_csr else mask.to_sparse_coo().coalesce()
    return wrap(data.sparse_mask(places), places)


def _grad(x: MaskedTensor) -> Any:
    """The gradient of a masked tensor, with its mask."""
    if x.is_leaf is False:
        grad = x.get_data().grad
    else:
        with _C.DisableTorchFunctionSubclass():
            grad = x.grad
    if grad is None or _is_masked(grad):
        return grad
    mask = x.get_mask()
    if mask.layout is not torch.strided and not (grad.layout is mask.layout and same_places(grad, mask)):
        grad = grad.sparse_mask(mask)
    return wrap(grad, mask)


def _not_supported(name: str) -> TypeError:
    return TypeError(
        f"Multiple dispatch failed for 'torch._ops.aten.{name}.default': {name} is not implemented for MaskedTensor; "
        "compute with get_data() and get_mask(), or with to_tensor(value)"
    )


def _plain(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(arg.get_data() if _is_masked(arg) else arg for arg in args)


def _mask_of(args: tuple[Any, ...]) -> Tensor:
    """The mask of the operands that have one."""
    masks = [arg.get_mask() for arg in args[:2] if _is_masked(arg)]
    if len(masks) == 2 and not _masks_agree(*masks):
        raise ValueError("Input masks must match. If you need support for this, please open an issue on Github.")
    return masks[0]


def _masks_agree(a: Tensor, b: Tensor) -> bool:
    if a.layout is torch.strided and b.layout is torch.strided:
        return torch.equal(a, b)
    return a.layout is b.layout and same_places(a, b) and torch.equal(a.values(), b.values())


def _binary(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    mask = _mask_of(args)
    data = binary.of_two(func, *_plain(args), **kwargs)
    return wrap(data, mask.expand(data.shape) if data.layout is torch.strided else mask)


def _in_place(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    """The first operand, to whose elements, those too that do not count, the op has written."""
    _mask_of(args)
    target: MaskedTensor = args[0]
    plain = _plain(args)
    if plain[0].layout is torch.strided:
        func(*plain, **kwargs)
    else:
        func(*(x.values() if isinstance(x, Tensor) and x.layout is not torch.strided else x for x in plain), **kwargs)
    return target


def _joined(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> MaskedTensor:
    tensors = args[0]
    if not all(_is_masked(x) for x in tensors):
        raise _not_supported(f"{func.__name__} of masked and other tensors")
    data = func([x.get_data() for x in tensors], *args[1:], **kwargs)
    return wrap(data, func([x.get_mask() for x in tensors], *args[1:], **kwargs))


def _chosen(condition: Any, input: Any, other: Any) -> MaskedTensor:
    if _is_masked(condition):
        raise _not_supported("where")
    (a, mask), (b, others) = [
        (x.get_data(), x.get_mask()) if _is_masked(x) else (x, torch.ones_like(x, dtype=torch.bool))
        for x in (input, other)
    ]
    return wrap(torch.where(condition, a, b), torch.where(condition, mask, others))
