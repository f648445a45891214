"""Methods of ``Tensor`` that are written in Python; importing the module adds them to the type."""

from __future__ import annotations

import copy
import copyreg
import functools
import numbers
import sys
import warnings
from typing import Any, SupportsIndex

from ferrotorch import _C, _exchange, _interception
from ferrotorch._checks import require_tensors
from ferrotorch._functions import FAMILIES
from ferrotorch._legacy import dtype_named, type_name

Tensor = _C.Tensor


def __repr__(self: Tensor, *, tensor_contents: Any = None) -> str:
    from ferrotorch import _tensor_str

    return _tensor_str.tensor_str(self, tensor_contents=tensor_contents)


def _repr_html_(self: Tensor) -> str:
    from ferrotorch.display._html import tensor_html

    return tensor_html(self)


def __format__(self: Tensor, spec: str) -> str:
    if self.dim() == 0 and not self.is_meta and type(self) is Tensor:
        return format(self.item(), spec)
    return object.__format__(self, spec)


def __reversed__(self: Tensor) -> Tensor:
    """The entries of the first dimension in reverse order."""
    return self.flip(0) if self.dim() else self


def __deepcopy__(self: Tensor, memo: dict[int, Any]) -> Tensor:
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment."
        )
    if id(self) in memo:
        return memo[id(self)]
    if self.is_conj() or self.is_neg():
        result = self.detach().clone()
    else:
        storage = _deepcopy_storage(self.untyped_storage(), memo)
        result = _C._tensor_from_storage(storage, self.dtype, self.storage_offset(), tuple(self.shape), self.stride())
    result = _like_in_class_and_grad(result, self)
    memo[id(self)] = result
    if self.grad is not None:
        result.grad = copy.deepcopy(self.grad, memo)
    _copy_attributes(self, result, memo)
    return result


def _copy_attributes(tensor: Tensor, result: Tensor, memo: dict[int, Any]) -> None:
    """Give a copy what a tensor has of its own, in its dict and in slots of its class."""
    for name, value in (*tensor.__dict__.items(), *slots_of(tensor).items()):
        setattr(result, name, copy.deepcopy(value, memo))


def slots_of(tensor: Tensor) -> dict[str, Any]:
    """What the slots of a tensor's class hold, by name."""
    names: list[str] = copyreg._slotnames(type(tensor))  # type: ignore[attr-defined]
    return {name: getattr(tensor, name) for name in names if hasattr(tensor, name)}


def _deepcopy_storage(storage: Any, memo: dict[Any, Any]) -> Any:
    """One copy of a storage, however many of the tensors that are copied with it look into it."""
    copies = memo.setdefault("ferrotorch", {})
    if storage not in copies:
        copies[storage] = storage.clone()
    return copies[storage]


def __copy__(self: Tensor) -> Tensor:
    """Another tensor over the same memory, with the same attributes but no gradient."""
    result = _like_in_class_and_grad(self.data, self)
    result.__dict__.update(self.__dict__)
    return result


def _like_in_class_and_grad(tensor: Tensor, model: Tensor) -> Tensor:
    if type(model) is not Tensor:
        return Tensor._make_subclass(type(model), tensor, model.requires_grad)
    return tensor.requires_grad_(model.requires_grad)


def __torch_function__(
    cls: type[Tensor], func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
) -> Any:
    """Call a function that is called with instances of a subclass, and make the tensors that it returns instances, too.

    Overrides of classes are off meanwhile. ``NotImplemented`` where one of the ``types`` is no base of the class.
    """
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    return _C._call_for_subclass(cls, func, args, kwargs, func not in KEPT_AS_THEY_ARE)


_convert = _C._to_subclass


def __reduce_ex__(self: Tensor, protocol: SupportsIndex) -> Any:
    from ferrotorch._pickling.reduce import reduce_tensor

    return reduce_tensor(self, protocol)


def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
    """The legacy type name, or the tensor converted to a dtype or legacy type."""
    require_tensors("type", self=self)
    if dtype is None:
        return type_name(self)
    if dtype is Tensor or dtype in ("Tensor", "torch.Tensor"):
        dtype = _C.get_default_dtype()
    elif isinstance(dtype, str):
        dtype = dtype_named(dtype)
    elif isinstance(dtype, type):
        named = getattr(dtype, "dtype", None)
        if not isinstance(named, _C.dtype):
            raise ValueError(f"invalid type: '{dtype.__name__}'")
        dtype = named
    if not isinstance(dtype, _C.dtype):
        raise TypeError("dtype must be a type, str, or dtype object")
    return self.to(dtype)


def new(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """What the legacy constructor of this tensor's dtype and device makes of sizes, data or a tensor."""
    require_tensors("new", self=self)
    kwargs.setdefault("device", self.device)
    return _C._legacy_tensor(self.dtype, *args, **kwargs)


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of data with this tensor's dtype and device."""
    require_tensors("new_tensor", self=self)
    return _C.tensor(data, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)


@functools.cache
def _warn_of_typed_storages() -> None:
    """Once a process."""
    warnings.warn(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
        "class. This should only matter to you if you are using storages directly.  To access UntypedStorage directly, "
        "use tensor.untyped_storage() instead of tensor.storage()",
        stacklevel=4,
    )


def storage(self: Tensor) -> Any:
    """The memory as a typed storage, a class that PyTorch deprecates."""
    require_tensors("storage", self=self)
    from ferrotorch._typed_storage import TypedStorage

    _warn_of_typed_storages()
    return TypedStorage(wrap_storage=self.untyped_storage(), dtype=self.dtype)


def storage_type(self: Tensor) -> Any:
    """The class of the typed storage, such as ``torch.FloatStorage``."""
    require_tensors("storage_type", self=self)
    from ferrotorch import _typed_storage

    return _typed_storage.legacy(_typed_storage.TypedStorage(0, dtype=self.dtype).pickle_storage_type())


def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Set the main diagonal to a number: the elements whose indices are all the same.

    With ``wrap`` the diagonal of a tall matrix begins anew a row below its end.

    Raises:
        RuntimeError: fewer than two dimensions; more than two that are not of one size.
    """
    require_tensors("fill_diagonal_", self=self)
    if self.dim() < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.dim() > 2 and len(set(self.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    if self.dim() > 2:
        self.as_strided(self.shape[:1], [sum(self.stride())], self.storage_offset()).fill_(fill_value)
        return self
    rows, columns = self.shape
    for start in range(0, rows if wrap and columns else min(rows, 1), columns + 1):
        self[start:].diagonal().fill_(fill_value)
    return self


def hardshrink(self: Tensor, lambd: float = 0.5) -> Tensor:
    """Zero between ``-lambd`` and ``lambd``, elements themselves elsewhere."""
    from ferrotorch.nn import functional

    return functional.hardshrink(self, lambd)


def dense_dim(self: Tensor) -> int:
    """Number of dense dimensions: all."""
    require_tensors("dense_dim", self=self)
    return self.dim()


def sparse_dim(self: Tensor) -> int:
    """Number of sparse dimensions: 0."""
    require_tensors("sparse_dim", self=self)
    return 0


def apply_(self: Tensor, callable: Any) -> Tensor:
    """Replace each element by ``callable(element)``; refused where gradients are asked for."""
    require_tensors("apply_", self=self)
    _refuse_graphs("apply_", self)
    values = [_a_number(callable(x)) for x in self.reshape(-1).tolist()]
    return self.copy_(_C.tensor(values, dtype=self.dtype).reshape(self.shape))


def _refuse_graphs(op: str, *tensors: Tensor) -> None:
    if any(tensor.requires_grad for tensor in tensors):
        raise RuntimeError(f"Can't call {op}() on Variable that requires grad. Use var.detach().{op}() instead.")


def _a_number(value: Any) -> Any:
    if not isinstance(value, numbers.Number | Tensor):
        raise TypeError(f"must be real number, not {type(value).__name__}")
    return value


def map_(self: Tensor, tensor: Tensor, callable: Any) -> Tensor:
    """Replace each element by ``callable(element, other)``; refused where gradients are asked for."""
    require_tensors("map_", self=self, tensor=tensor)
    _refuse_graphs("map_", self, tensor)
    other = tensor.expand_as(self).reshape(-1).tolist()
    values = [_a_number(callable(x, y)) for x, y in zip(self.reshape(-1).tolist(), other, strict=True)]
    return self.copy_(_C.tensor(values, dtype=self.dtype).reshape(self.shape))


def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Any) -> Tensor:
    """Replace each element by ``callable(element, of_x, of_y)``; refused where gradients are asked for."""
    require_tensors("map2_", self=self, x=x, y=y)
    _refuse_graphs("map2_", self, x, y)
    others = [other.expand_as(self).reshape(-1).tolist() for other in (x, y)]
    values = [_a_number(callable(*places)) for places in zip(self.reshape(-1).tolist(), *others, strict=True)]
    return self.copy_(_C.tensor(values, dtype=self.dtype).reshape(self.shape))


def _itself(self: Tensor) -> Tensor:
    """The tensor itself."""
    return self


def to_dense(self: Tensor, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
    """The tensor itself, which is dense already, or its values in another ``dtype``."""
    require_tensors("to_dense", self=self)
    return self if dtype is None else self.to(dtype)


def _false(self: Tensor) -> bool:
    """False: there are no such tensors here."""
    return False


def is_cpu(self: Tensor) -> bool:
    """Is the tensor in the host's memory?"""
    return self.device.type == "cpu"


def is_cuda(self: Tensor) -> bool:
    """Is the tensor on a GPU that goes by the name ``"cuda"``?"""
    return self.device.type == "cuda"


def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor on device ``"cuda"``, which is another name of the GPU or raises what to use instead."""
    require_tensors("cuda", self=self)
    place = "cuda" if device is None else f"cuda:{device}" if isinstance(device, int) else device
    return self.to(place) if memory_format is None else self.to(place, memory_format=memory_format)


def is_shared(self: Tensor) -> bool:
    """Is the memory one that other processes see, as that of a GPU counts?"""
    require_tensors("is_shared", self=self)
    shared = sys.modules.get("ferrotorch.multiprocessing._shared")
    return not self.is_cpu or (shared is not None and shared.is_shared(self))


def share_memory_(self: Tensor) -> Tensor:
    """Move the tensor to memory that other processes see when it is sent to them. Nothing happens on a GPU.

    Other tensors over the old memory stay there.
    """
    require_tensors("share_memory_", self=self)
    from ferrotorch.multiprocessing._shared import share

    return share(self)


def record_stream(self: Tensor, stream: Any) -> None:
    """Accepted: a device has one queue, in whose order memory is given out again."""


def module_load(self: Tensor, other: Tensor, assign: bool = False) -> Tensor:
    """What a module takes for this tensor of its own when ``other`` is loaded and tensors are swapped.

    Asked by ``load_state_dict`` under ``torch.__future__.set_swap_module_params_on_conversion(True)``; subclasses
    override it by ``__torch_function__``.

    Args:
        other: the tensor of a state dict.
        assign: take it as it is? Otherwise its elements are copied into this tensor.
    """
    require_tensors("module_load", self=self, other=other)
    return other.detach() if assign else self.copy_(other).detach()


def is_meta(self: Tensor) -> bool:
    """Is the tensor without memory, on device ``"meta"``?"""
    return self.device.type == "meta"


def names(self: Tensor) -> tuple[None, ...]:
    """No dimension has a name."""
    return (None,) * self.dim()


def name(self: Tensor) -> None:
    """A tensor has no name."""
    return None


_METHODS = {
    "__torch_function__": classmethod(__torch_function__),
    "__repr__": __repr__, "__format__": __format__, "__copy__": __copy__, "__deepcopy__": __deepcopy__,
    "__reduce_ex__": __reduce_ex__, "__reversed__": __reversed__,
    "type": type_, "nelement": Tensor.numel, "new_tensor": new_tensor, "storage": storage, "storage_type": storage_type,
    "fill_diagonal_": fill_diagonal_, "hardshrink": hardshrink, "dense_dim": dense_dim, "sparse_dim": sparse_dim,
    "apply_": apply_, "map_": map_, "map2_": map2_,
    "new": new, "is_pinned": _false, "is_shared": is_shared, "share_memory_": share_memory_,
    "pin_memory": _itself, "ndimension": Tensor.dim, "to_dense": to_dense,
    "is_sparse": property(_false), "is_quantized": property(_false), "is_meta": property(is_meta),
    "is_cuda": property(is_cuda), "cuda": cuda, "record_stream": record_stream, "module_load": module_load,
    **dict.fromkeys(["is_mps", "is_xpu", "is_mtia", "is_mkldnn", "is_sparse_csr"], property(_false)),
    "is_nested": property(_false), "is_cpu": property(is_cpu),
    "names": property(names), "name": property(name), "__array_priority__": 1000, "__rdiv__": Tensor.__rtruediv__,
    **_exchange.METHODS,
}  # fmt: skip

for _table in (_METHODS, *(family.METHODS | family.IN_PLACE for family in FAMILIES)):
    for _name, _method in _table.items():
        setattr(Tensor, _name, _interception.member(_name, _method))

# Notebooks look for it; programs do not call it, so nobody needs to override it.


def _make_wrapper_subclass(cls: type[Tensor], size: Any, *how: Any, **kwargs: Any) -> Tensor:
    """A tensor without memory of a class with a ``__torch_dispatch__``; see :mod:`ferrotorch._wrappers`."""
    from ferrotorch._wrappers import make_wrapper_subclass

    return make_wrapper_subclass(cls, size, *how, **kwargs)


def _init_subclass(cls: type[Any], /, **kwargs: Any) -> None:
    """A class that says by ``__torch_dispatch__`` what ops do overrides no functions, unless it says so."""
    super(Tensor, cls).__init_subclass__(**kwargs)
    dispatches = cls.__torch_dispatch__ is not _C._disabled_torch_dispatch_impl
    if dispatches and getattr(cls.__torch_function__, "__func__", None) is __torch_function__:
        setattr(cls, "__torch_function__", _C._disabled_torch_function_impl)  # noqa: B010


def __getattr__(name: str) -> Any:
    """The function by which pickled tensors of other classes are made again."""
    if name != "_rebuild_from_type_v2":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _rebuild_from_type


def _rebuild_from_type(func: Any, new_type: type, args: tuple[Any, ...], state: Any) -> Any:
    """What ``func(*args)`` makes as a tensor of a class, with its state. Files are read by a stricter function."""
    from ferrotorch._pickling import rebuild

    return rebuild.as_instance(func(*args), new_type, state)


setattr(Tensor, "__init_subclass__", classmethod(_init_subclass))  # noqa: B010
setattr(Tensor, "_make_wrapper_subclass", staticmethod(_make_wrapper_subclass))  # noqa: B010
setattr(Tensor, "_repr_html_", _repr_html_)  # noqa: B010 (the stub says what programs call)

# Attributes that are other tensors, which do not become instances of the class whose attribute they are.
KEPT_AS_THEY_ARE = frozenset(getattr(Tensor, name).__get__ for name in ("_base", "grad"))
