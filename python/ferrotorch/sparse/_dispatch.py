"""Which function computes what with sparse tensors, by the names of the functions and methods of dense ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch._composite import one_node
from ferrotorch._opaque import BY_CORE
from ferrotorch.sparse import (
    _arithmetic,
    _comparison,
    _construction,
    _conversion,
    _members,
    _printing,
    _products,
    _reductions,
    _serialization,
    _unary,
    _views,
)
from ferrotorch.sparse._errors import unsupported
from ferrotorch.sparse._handles import coo_of, handle_of
from ferrotorch.sparse._out import require_castable, stored


def _subtracted_from(self: Tensor, other: Any) -> Tensor:
    return _arithmetic.rsub(self, other)


def _divided_into(self: Tensor, other: Any) -> Tensor:
    raise unsupported("reciprocal", self)


def _relu(input: Tensor, inplace: bool = False) -> Tensor:
    return _in_place("relu", (input,), {}) if inplace else _unary.unary("relu")(input)


def _scalar_of(x: Any) -> Any:
    return "Scalar" if not isinstance(x, Tensor) else "Tensor"


OPS: dict[str, Callable[..., Any]] = {
    **{name: _unary.unary(name) for name in _unary.LINEAR | _unary.NONLINEAR if name != "threshold_backward"},
    **{name: _unary.converted(name) for name in (
        "double", "float", "half", "bfloat16", "int", "long", "short", "char", "byte", "bool", "cfloat", "cdouble",
        "cpu", "cuda",
    )},
    "relu": _relu,
    "add": _arithmetic.add, "sub": _arithmetic.sub, "subtract": _arithmetic.sub, "rsub": _arithmetic.rsub,
    "mul": _arithmetic.mul, "multiply": _arithmetic.mul, "div": _arithmetic.div, "divide": _arithmetic.div,
    "true_divide": _arithmetic.div, "floor_divide": _arithmetic.floor_divide, "pow": _arithmetic.pow,
    "zero_": _arithmetic.zero_, "fill_": _arithmetic.fill_, "dropout": _unary.dropout,
    "__rsub__": _subtracted_from, "__rtruediv__": _divided_into, "__rfloordiv__": _divided_into,
    "clone": _unary.clone, "to": _unary.to, "type": _members.type_name, "detach": _members.detach,
    "coalesce": _conversion.coalesce, "to_dense": _conversion.to_dense, "to_sparse": _conversion.to_sparse,
    "to_sparse_coo": _conversion.to_sparse_coo,
    "indices": _members.indices, "values": _members.values, "_indices": _members._indices, "_values": _members._values,
    "crow_indices": _members.crow_indices, "col_indices": _members.col_indices,
    "ccol_indices": _members.ccol_indices, "row_indices": _members.row_indices,
    "is_coalesced": _members.is_coalesced, "_coalesced_": _members._coalesced_, "_nnz": _members._nnz,
    "sparse_dim": _members.sparse_dim, "dense_dim": _members.dense_dim, "_dimI": _members.sparse_dim,
    "_dimV": _members.dense_dim, "stride": _members.stride, "is_contiguous": _members.is_contiguous,
    "contiguous": _members.contiguous, "storage": _members.storage, "untyped_storage": _members.storage,
    "data_ptr": _members.data_ptr, "tolist": _members.data_ptr, "numpy": _members.numpy, "__array__": _members.numpy,
    "item": _members.item, "__bool__": _members.truth, "is_nonzero": _members.truth, "new": _members.new,
    "__float__": _members.converter(float), "__int__": _members.converter(int), "__index__": _members.as_index,
    "__complex__": _members.converter(complex),
    "reshape": _members.reshape, "flatten": _members.reshape, "expand": _members.expand, "repeat": _members.expand,
    "expand_as": _members.expand, "broadcast_to": _members.expand,
    "copy_": _members.copy_, "new_empty": _members.new_empty,
    "new_zeros": _members.new_empty, "zeros_like": _members.zeros_like, "empty_like": _members.empty_like,
    "transpose": _views.transpose, "swapaxes": _views.transpose, "swapdims": _views.transpose, "t": _views.t,
    "adjoint": _views.matrix_transpose, "permute": _views.permute, "unsqueeze": _views.unsqueeze,
    "select": _views.select, "select_copy": _views.select_copy, "index_select": _views.index_select,
    "narrow_copy": _views.narrow_copy, "cat": _views.cat,
    "concat": _views.cat, "concatenate": _views.cat, "stack": _views.stack, "__getitem__": _views.getitem,
    "unbind": _views.unbind, "__setitem__": _views.setitem, "hsmm": _products.hspmm, "dsmm": _products.mm,
    "spmm": _products.mm, "saddmm": _products.sspaddmm,
    **{name: _views.in_place(name) for name in ("t_", "transpose_", "swapaxes_", "swapdims_", "unsqueeze_")},
    **{name: _members.like_values(name) for name in ("ones_like", "full_like", "randn_like")},
    "sparse_resize_": _views.sparse_resize_,
    "sparse_resize_and_clear_": _views.sparse_resize_and_clear_, "resize_as_sparse_": _views.resize_as_sparse_,
    "resize_as_": _views.resize_as_sparse_,
    "mm": _products.mm, "matmul": _products.matmul, "mv": _products.mv, "bmm": _products.bmm,
    "addmm": _products.addmm, "addmv": _products.addmv, "linear": _products.linear, "hspmm": _products.hspmm,
    "smm": _products.smm, "sspaddmm": _products.sspaddmm, "sparse_mask": _products.sparse_mask,
    "__rmatmul__": _products.rmatmul,
    "_sparse_broadcast_to": _views._sparse_broadcast_to,
    "sum": _reductions.sum, "norm": _reductions.norm, "vector_norm": _reductions.vector_norm,
    "linalg_vector_norm": _reductions.vector_norm,
    "any": _reductions.any,
    "__repr__": lambda self, **_: _printing.sparse_str(self), "__str__": _printing.sparse_str,
    "__deepcopy__": _serialization.deepcopy, "__copy__": _serialization.copy,
    "__reduce_ex__": _serialization.reduce, "is_same_size": _comparison.is_same_size,
}  # fmt: skip

for _name, _layout in (("csr", "sparse_csr"), ("csc", "sparse_csc"), ("bsr", "sparse_bsr"), ("bsc", "sparse_bsc")):
    OPS[f"to_sparse_{_name}"] = getattr(_construction, f"to_{_layout}")

# Ops that are one node of the graph, by PyTorch's names.
_NODES: dict[str, Callable[..., Any]] = {
    op: one_node(name)(OPS[op])
    for op, name in {
        "add": "AddBackward0", "sub": "SubBackward0", "mul": "MulBackward0", "div": "DivBackward0",
        "neg": "NegBackward0", "abs": "AbsBackward0", "pow": "PowBackward0", "sum": "SumBackward0",
        "clone": "CloneBackward0", "to_dense": "ToDenseBackward0", "coalesce": "CoalesceBackward0",
        "t": "TBackward0", "transpose": "TransposeBackward0", "cat": "CatBackward0",
        "select": "SelectBackward0", "unsqueeze": "UnsqueezeBackward0", "index_select": "IndexSelectBackward0",
        "values": "ValuesBackward0", "sparse_mask": "SparseMaskBackward0", "relu": "ReluBackward0",
        "to_sparse_csr": "ToSparseCsrBackward0", "to_sparse_csc": "ToSparseCscBackward0",
    }.items()
}  # fmt: skip

_OPERATORS = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul", "__truediv__": "div",
    "__floordiv__": "floor_divide", "__matmul__": "matmul", "__pow__": "pow", "__neg__": "neg", "__abs__": "abs",
    "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_", "__itruediv__": "div_", "__pos__": "positive",
    "__mod__": "remainder", "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__gt__": "gt", "__le__": "le",
    "__ge__": "ge",
}  # fmt: skip

# Attributes that are computed; all others the core answers, as it does for any tensor.
GETTERS: dict[str, Callable[[Tensor], Any]] = {
    "layout": lambda x: handle_of(x).layout,
    "is_sparse": lambda x: coo_of(x) is not None,
    "is_sparse_csr": lambda x: str(x.layout) == "torch.sparse_csr",
    "data": _members.detach,
    "T": lambda x: _views.permute(x, list(range(x.dim()))[::-1]), "mT": _views.matrix_transpose,
    "H": _views.t, "mH": _views.matrix_transpose,
    "itemsize": lambda x: x.dtype.itemsize, "nbytes": lambda x: _members.storage(x),
    "real": _unary.unary("real"), "imag": _unary.unary("imag"), "names": lambda x: (None,) * x.dim(),
}  # fmt: skip

_OVERLOADED = frozenset(["eq", "ne", "lt", "le", "gt", "ge", "remainder", "fmod"])


def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """See `ferrotorch._opaque.Handle`."""
    *path, last = name.split(".")
    if last in ("__get__", "__set__", "__delete__"):
        return _attribute(path[-1], last, args)
    op = _OPERATORS.get(last, last)
    function = OPS.get(op)
    if function is not None:
        out = kwargs.pop("out", None)
        result = _NODES.get(op, function)(*args, **kwargs)
        return result if out is None else stored(op, result, out)
    if op.endswith("_") and not op.startswith("__") and op[:-1] in OPS:
        return _in_place(op[:-1], args, kwargs)
    if composed or op in BY_CORE:
        return NotImplemented
    made = _construction.made_in(op, args, kwargs)
    if made is not None:
        return _views.replaced(kwargs["out"], made)
    overload = f".{_scalar_of(args[1])}" if op in _OVERLOADED and len(args) > 1 else ""
    raise unsupported(op + overload, _first(args, kwargs))


def _first(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    items = [item for arg in (*args, *kwargs.values()) for item in (arg if isinstance(arg, list | tuple) else (arg,))]
    return next(item for item in items if handle_of(item) is not None)


def _attribute(name: str, access: str, args: tuple[Any, ...]) -> Any:
    if access == "__get__" and name in GETTERS:
        return GETTERS[name](args[0])
    if access == "__set__" and name == "data" and (handle_of(args[0]) is None or handle_of(args[1]) is None):
        raise RuntimeError(
            "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor type."
        )
    return NotImplemented


def _in_place(op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """An op whose result takes the place of what its first argument stores."""
    target = args[0]
    handle = handle_of(target)
    if handle is None:
        return _in_place_of_dense(op, args, kwargs)
    if target.requires_grad and _records():
        leaf = "a leaf Variable that requires grad is being used in an in-place operation."
        raise RuntimeError(
            leaf if target.is_leaf else f"{op}_: in-place ops on sparse tensors cannot be differentiated"
        )
    result = OPS[op](*args, **kwargs)
    made = handle_of(result)
    if type(made) is not type(handle) or made.size != handle.size:
        raise RuntimeError(f"{op}_: the result has another layout or size than the tensor that it is to be stored in")
    require_castable(made.values.dtype, target)
    handle.assign(made.with_values(made.values.to(handle.values.dtype)))
    return target


def _records() -> bool:
    import ferrotorch as torch

    return torch.is_grad_enabled()


def _in_place_of_dense(op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """A dense tensor is added to; nothing else can be done to it with a sparse one."""
    import ferrotorch as torch

    dense, sparse = args[:2]
    if op == "mul":
        require_castable(torch.result_type(dense, sparse), dense)
        return dense.copy_(_conversion.to_dense(_arithmetic.mul(dense, sparse)))
    if op not in ("add", "sub"):
        return dense.copy_(OPS[op](*args, **kwargs))
    alpha = kwargs.get("alpha", args[2] if len(args) > 2 else 1)
    alpha = -alpha if op == "sub" else alpha
    if _records() and (dense.requires_grad or sparse.requires_grad):
        return dense.copy_(_arithmetic.add(dense, sparse, alpha=alpha))
    if dense.shape != sparse.shape:
        _arithmetic.add(dense, sparse)
    require_castable(sparse.dtype, dense)
    return _arithmetic.add_into(dense, sparse, alpha)
