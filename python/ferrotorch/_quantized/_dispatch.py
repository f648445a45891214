"""Which function computes what with quantized tensors, by the names of the functions and methods of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._opaque import BY_CORE
from ferrotorch._quantized import _arithmetic, _members, _printing, _views
from ferrotorch._quantized._handles import handle_of, required
from ferrotorch._quantized._quantizers import integers_of

F = torch.nn.functional

OPS: dict[str, Callable[..., Any]] = {
    **{name: _views.moved(name) for name in _views.MOVES},
    **{name: _arithmetic.compared(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: _arithmetic.on_integers(name) for name in ("max", "min", "amax", "amin", "sort", "topk", "msort")},
    **{name: _arithmetic.max_pool(name) for name in (
        "max_pool1d", "max_pool2d", "max_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d",
    )},
    **{name: _arithmetic.rounded_again(getattr(F, name)) for name in (
        "gelu", "leaky_relu", "threshold", "pad", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
    )},
    **{name: _arithmetic.averaged(getattr(F, name)) for name in (
        "avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
    )},
    "mean": _arithmetic.averaged(torch.mean), "std": _arithmetic.rounded_again(torch.std),
    **dict.fromkeys(
        ("float", "double", "half", "bfloat16", "int", "long", "short", "char", "byte", "bool"), _members.to_numbers
    ),
    **{name: getattr(_members, name) for name in (
        "dequantize", "int_repr", "q_scale", "q_zero_point", "q_per_channel_scales", "q_per_channel_zero_points",
        "q_per_channel_axis", "qscheme", "clone", "item", "copy_", "fill_", "empty_like", "ones_like",
        "requires_grad_", "storage",
    )},
    **_members.OF_VALUES,
    "to": _members.converted, "cpu": _members.converted, "type": _members.type_name,
    "tolist": _members.refuse_list, "numpy": _members.refuse_array, "__array__": _members.refuse_array,
    "__repr__": _printing.text_of, "__str__": _printing.text_of, "__deepcopy__": _members.deepcopy,
    "__reduce_ex__": _members.reduce, "__float__": _members.item,
    "detach": _views.detach, "alias": _views.detach, "select": _views.select, "__getitem__": _views.getitem,
    "__setitem__": _views.setitem, "masked_fill": _views.masked_fill, "index_put": _views.index_put,
    "new": _members.refuse_new,
    **{name: _views.joined("cat") for name in ("cat", "concat", "concatenate")}, "stack": _views.joined("stack"),
    "relu": _arithmetic.relu, "relu6": _arithmetic.relu6, "clamp": _arithmetic.clamp, "clip": _arithmetic.clamp,
    "hardtanh": _arithmetic.hardtanh, "sigmoid": _arithmetic.sigmoid, "tanh": _arithmetic.tanh,
    "hardsigmoid": _arithmetic.hardsigmoid,
    "equal": _arithmetic.equal, "interpolate": _arithmetic.interpolate,
    "resize_": _members.resize_, "resize_as_": _members.resize_as_,
}  # fmt: skip

_OPERATORS = {
    "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__gt__": "gt", "__le__": "le", "__ge__": "ge",
}  # fmt: skip


def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """See `ferrotorch._opaque.Handle`."""
    *path, last = name.split(".")
    if last in ("__get__", "__set__", "__delete__"):
        return _attribute(path[-1], last, args)
    op = _OPERATORS.get(last, last)
    function = OPS.get(op)
    if function is not None:
        if kwargs.get("out") is not None:
            raise RuntimeError(f"{op}(): out= is not taken with quantized tensors")
        kwargs.pop("out", None)
        return function(*args, **kwargs)
    if op.endswith("_") and not op.startswith("__") and op[:-1] in OPS:
        return _in_place(op[:-1], args, kwargs)
    if composed or op in BY_CORE:
        return NotImplemented
    raise unsupported(op)


def unsupported(op: str) -> NotImplementedError:
    """The error of an op that quantized tensors do not take part in."""
    return NotImplementedError(
        f"Could not run 'aten::{op}' with arguments from the 'QuantizedCPU' backend. This could be because the "
        "operator doesn't exist for this backend. Use dequantize() first, or a function of torch.ops.quantized."
    )


def _attribute(name: str, access: str, args: tuple[Any, ...]) -> Any:
    if access == "__get__" and name in _members.GETTERS:
        getter: Callable[[Tensor], Any] = _members.GETTERS[name]
        return getter(args[0])
    if access == "__set__" and name == "data":
        _members.check_data(*args)
    if access == "__get__" and name in ("T", "mT"):
        return OPS["transpose"](args[0], -2, -1)
    return NotImplemented


def _in_place(op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """An op whose result takes the place of what its first argument holds."""
    target = args[0]
    if handle_of(target) is None:
        raise unsupported(f"{op}_")
    result = required(OPS[op](*args, **kwargs))
    handle = required(target)
    if result.values.shape != handle.values.shape:
        raise RuntimeError(f"{op}_: the result has another shape than the tensor that it is to be stored in")
    handle.values.copy_(result.values.to(integers_of(handle.dtype).dtype))
    handle.quantizer = result.quantizer
    return target
