"""Which functions nested tensors take part in, by name: almost all are those of their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch.nested._along import ALONG, inner
from ferrotorch.nested._tensor import NestedTensor, is_nested, like, parts_of, sizes, to_padded_tensor, values_of, wrap

# Functions of single elements, and layers that treat them alike.
_BY_VALUES = frozenset(
    [
        "abs",
        "acos",
        "add",
        "add_",
        "and",
        "asin",
        "atan",
        "bool",
        "ceil",
        "clamp",
        "clone",
        "contiguous",
        "cos",
        "cosh",
        "cpu",
        "cuda",
        "detach",
        "div",
        "div_",
        "double",
        "dropout",
        "elu",
        "eq",
        "erf",
        "exp",
        "expm1",
        "fill_",
        "float",
        "floor",
        "floor_divide",
        "ge",
        "gelu",
        "gt",
        "half",
        "hardswish",
        "hardtanh",
        "isinf",
        "isnan",
        "le",
        "leaky_relu",
        "log",
        "log1p",
        "log2",
        "logical_not",
        "lt",
        "maximum",
        "minimum",
        "masked_fill",
        "mish",
        "mul",
        "mul_",
        "ne",
        "neg",
        "ones_like",
        "pow",
        "rand_like",
        "randn_like",
        "reciprocal",
        "relu",
        "relu_",
        "remainder",
        "round",
        "rsqrt",
        "sgn",
        "sigmoid",
        "sign",
        "silu",
        "sin",
        "softplus",
        "sqrt",
        "square",
        "sub",
        "sub_",
        "tan",
        "tanh",
        "to",
        "true_divide",
        "type",
        "where",
        "zeros_like",
        "zero_",
        "empty_like",
        "full_like",
        "embedding",
        "bernoulli",
        "bfloat16",
        "selu",
        "rsub",
    ]
)
_OPERATORS = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__rsub__": "rsub", "__mul__": "mul", "__rmul__": "mul",
    "__truediv__": "div", "__pow__": "pow", "__neg__": "neg", "__gt__": "gt", "__ge__": "ge", "__lt__": "lt",
    "__le__": "le", "__eq__": "eq", "__ne__": "ne", "__matmul__": "matmul", "__iadd__": "add_", "__imul__": "mul_",
}  # fmt: skip
# What is asked of the values' tensor as it is.
_PASSED_ON = frozenset(
    [
        "dtype",
        "device",
        "requires_grad",
        "grad_fn",
        "is_leaf",
        "numel",
        "nelement",
        "backward",
        "register_hook",
        "retain_grad",
        "is_floating_point",
        "is_complex",
        "requires_grad_",
        "is_cuda",
        "is_cpu",
        "is_meta",
        "element_size",
        "get_device",
        "is_quantized",
        "is_sparse",
        "is_sparse_csr",
        "_version",
        "__hash__",
        "storage_offset",
        "__dict__",
        "output_nr",
    ]
)


def call(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a function with nested tensors among its arguments.

    Raises:
        NotImplementedError: the function cannot be computed from the values.
    """
    raw = getattr(func, "__name__", "")
    name = getattr(func.__self__, "__name__", "") if raw in ("__get__", "__set__") else _OPERATORS.get(raw, raw)
    if name in _PASSED_ON:
        with _C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs)
    if name == "grad" and raw == "__get__":
        with _C.DisableTorchFunctionSubclass():
            grad = args[0].grad
        return grad if grad is None or is_nested(grad) else like(args[0], grad)
    own = _OWN.get(name)
    if own is not None:
        return own(*args, **kwargs)
    if name in _BY_VALUES:
        return _elementwise(func, args, kwargs)
    raise NotImplementedError(
        f"{name}() is not supported for nested tensors; use unbind() or torch.nested.to_padded_tensor(x, padding) first"
    )


def _first(args: tuple[Any, ...], kwargs: dict[str, Any]) -> NestedTensor:
    return next(x for x in (*args, *kwargs.values()) if is_nested(x))


def _require_same(x: NestedTensor, y: NestedTensor) -> None:
    if x._ragged_idx != y._ragged_idx or (x._offsets is not y._offsets and not torch.equal(x._offsets, y._offsets)):
        raise RuntimeError(
            f"cannot call binary pointwise function with inputs of shapes {sizes(x)} and {sizes(y)}: "
            "their sequences differ"
        )


def _elementwise(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NestedTensor:
    model = _first(args, kwargs)

    def values(x: Any) -> Any:
        if is_nested(x):
            _require_same(model, x)
            return values_of(x)
        if isinstance(x, Tensor) and x.dim() >= model._ragged_idx + 1 and x.dim() == len(sizes(model)):
            return _rows_of_batch(model, x)
        return x

    result = func(*[values(x) for x in args], **{key: values(x) for key, x in kwargs.items()})
    name = func.__name__
    is_in_place = _OPERATORS.get(name, name).endswith("_")
    return model if is_in_place and args[0] is model else like(model, result)


def _rows_of_batch(model: NestedTensor, x: Tensor) -> Tensor:
    """A dense tensor (batch or 1, 1 at the ragged dimension, *) for each of the values."""
    if x.size(model._ragged_idx) != 1:
        raise RuntimeError(
            "cannot combine a nested tensor with a dense one of a size other than 1 at its ragged dimension"
        )
    rows = x.squeeze(model._ragged_idx)
    lengths = model._offsets[1:] - model._offsets[:-1]
    return rows if rows.size(0) == 1 else rows.repeat_interleave(lengths, 0)


def _size(x: NestedTensor, dim: int | None = None) -> Any:
    every = sizes(x)
    if dim is None:
        if x._layout == torch.strided:
            raise RuntimeError("NestedTensors of the strided layout have no sizes; ask for size(dim)")
        return every
    if x._layout == torch.strided and dim % len(every) == x._ragged_idx:
        raise RuntimeError(f"Given dimension {dim} is irregular and does not have a size.")
    return every[dim]


def _last_dims(func: Callable[..., Tensor]) -> Callable[..., NestedTensor]:
    """A layer that works along the last dimensions, which are those of the values."""

    def apply(x: NestedTensor, *args: Any, **kwargs: Any) -> NestedTensor:
        if x._ragged_idx == len(sizes(x)) - 1:
            raise RuntimeError(f"{func.__name__}(): the last dimension of the nested tensor is the ragged one")
        if x._ragged_idx != 1:
            raise NotImplementedError(f"{func.__name__}(): the ragged dimension must be the first after the batch")
        return like(x, func(values_of(x), *args, **kwargs))

    return apply


def _softmax(log: bool) -> Callable[..., NestedTensor]:
    def apply(input: NestedTensor, dim: int, *args: Any, dtype: Any = None, **kwargs: Any) -> NestedTensor:
        function = torch.log_softmax if log else torch.softmax
        return like(input, function(values_of(input), inner(input, dim, "softmax"), dtype=dtype))

    return apply


def _sum(x: NestedTensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    values = values_of(x)
    if dim is None:
        return values.sum(dtype=dtype)
    (dim,) = (dim,) if isinstance(dim, int) else dim
    if dim % len(sizes(x)) == x._ragged_idx:
        lengths = x._offsets[1:] - x._offsets[:-1]
        rows = torch.arange(lengths.numel(), device=values.device).repeat_interleave(lengths)
        total = values.new_zeros((lengths.numel(), *values.shape[1:])).index_add(0, rows, values)
        return total.unsqueeze(x._ragged_idx) if keepdim else total
    return like(x, values.sum(inner(x, dim, "sum"), keepdim=keepdim, dtype=dtype))


def _mean(x: NestedTensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    if dim is None:
        return values_of(x).mean(dtype=dtype)
    (dim,) = (dim,) if isinstance(dim, int) else dim
    total = _sum(x, dim, keepdim, dtype=dtype)
    if not is_nested(total):
        lengths = x._offsets[1:] - x._offsets[:-1]
        return total / lengths.reshape(-1, *[1] * (total.dim() - 1))
    return total / sizes(x)[dim]


def _transpose(x: NestedTensor, dim0: int, dim1: int) -> NestedTensor:
    count = len(sizes(x))
    a, b = sorted((dim0 % count, dim1 % count))
    if a == 0:
        raise RuntimeError("transpose(): not supported for NestedTensor on dim=0")
    order = list(range(1, count))
    order[a - 1], order[b - 1] = order[b - 1], order[a - 1]
    ragged = order.index(x._ragged_idx) + 1
    # The values have the ragged dimension first, and the others in their order.
    have = [d for d in range(1, count) if d != x._ragged_idx]
    want = [d for d in order if d != x._ragged_idx]
    return like(x, values_of(x).permute(0, *[have.index(d) + 1 for d in want]), ragged)


def _unflatten(x: NestedTensor, dim: int, shape: Any) -> NestedTensor:
    return like(x, values_of(x).unflatten(inner(x, dim, "unflatten"), shape))


def _flatten(x: NestedTensor, start_dim: int = 0, end_dim: int = -1) -> NestedTensor:
    return like(x, values_of(x).flatten(inner(x, start_dim, "flatten"), inner(x, end_dim, "flatten")))


def _attention(
    query: NestedTensor, key: NestedTensor, value: NestedTensor, attn_mask: Any = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> NestedTensor:  # fmt: skip
    """Attention within each sequence: padded, masked and packed again."""
    if attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention(): attn_mask is not supported for nested tensors")
    q, k, v = (to_padded_tensor(x, 0.0) for x in (query, key, value))
    lengths = key._offsets[1:] - key._offsets[:-1]
    is_there = torch.arange(k.size(-2), device=k.device) < lengths.reshape(-1, 1, 1, 1)
    if is_causal:
        is_there = is_there & torch.ones(q.size(-2), k.size(-2), dtype=torch.bool, device=k.device).tril()
    is_there = is_there.squeeze(1) if q.dim() == 3 else is_there
    output = torch.nn.functional.scaled_dot_product_attention(
        q, k, v, is_there, dropout_p, scale=scale, enable_gqa=enable_gqa
    )
    rows = output.movedim(query._ragged_idx, 1)
    own = query._offsets[1:] - query._offsets[:-1]
    return like(query, rows[torch.arange(rows.size(1), device=rows.device) < own.unsqueeze(1)])


def _cat(tensors: Any, dim: int = 0) -> NestedTensor:
    first = tensors[0]
    if dim == 0:
        lengths = torch.cat([x._offsets[1:] - x._offsets[:-1] for x in tensors])
        offsets = torch.nn.functional.pad(lengths.cumsum(0), (1, 0))
        return wrap(torch.cat([values_of(x) for x in tensors]), offsets, first._layout, first._ragged_idx)
    for x in tensors[1:]:
        _require_same(first, x)
    return like(first, torch.cat([values_of(x) for x in tensors], inner(first, dim, "cat")))


def _packed(x: NestedTensor) -> Tensor:
    values = values_of(x)
    return values.reshape(-1) if x._layout == torch.strided else values


def _deepcopy(x: NestedTensor, memo: dict[int, Any]) -> NestedTensor:
    copy = like(x, values_of(x).detach().clone())
    memo[id(x)] = copy
    return copy.requires_grad_(x.requires_grad)


_OWN: dict[str, Callable[..., Any]] = {
    "size": _size, "shape": _size, "dim": lambda x: len(sizes(x)), "ndim": lambda x: len(sizes(x)),
    "ndimension": lambda x: len(sizes(x)), "__len__": lambda x: len(x._offsets) - 1, "is_nested": lambda x: True,
    "layout": lambda x: x._layout, "unbind": lambda x, dim=0: parts_of(x), "values": _packed,
    "offsets": lambda x: x._offsets, "lengths": lambda x: None, "to_padded_tensor": to_padded_tensor,
    "__getitem__": lambda x, index: parts_of(x)[index], "__iter__": lambda x: iter(parts_of(x)),
    "is_contiguous": lambda x, memory_format=None: x._ragged_idx == 1, "linear": _last_dims(torch.nn.functional.linear),
    "layer_norm": _last_dims(torch.nn.functional.layer_norm), "rms_norm": _last_dims(torch.nn.functional.rms_norm),
    "matmul": _last_dims(torch.matmul), "softmax": _softmax(False), "log_softmax": _softmax(True), "sum": _sum,
    "mean": _mean, "transpose": _transpose,
    "unflatten": _unflatten, "flatten": _flatten, "scaled_dot_product_attention": _attention, "cat": _cat,
    "__deepcopy__": _deepcopy, "glu": _last_dims(torch.nn.functional.glu),
    **ALONG,
}  # fmt: skip
