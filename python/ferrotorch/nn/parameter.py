"""Tensors that a module owns: parameters, which are trained, and buffers, which are not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Self

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor


class _ParameterMeta(type(Tensor)):  # type: ignore[misc]
    """Counts a tensor of another class as an instance of a class whose mark it carries; subclasses have no mark."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        mark = cls.__dict__.get("_mark")
        return mark is not None and isinstance(instance, Tensor) and getattr(instance, mark, False)


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that becomes a parameter of the module it is assigned to.

    Shares the memory of ``data`` (by default an empty tensor). Unlike a tensor it requires gradients unless told
    otherwise, and also when it is made under ``no_grad``.
    """

    _mark = "_is_param"
    # What is computed from a parameter is a plain tensor.
    __torch_function__: Any = _C._disabled_torch_function_impl

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Self:
        if data is None:
            data = torch.empty(0)
        # A tensor of another class may be a parameter already, by its mark: it stays of its class, too.
        if type(data) is not Tensor and not issubclass(type(data), Parameter):
            return _marked(data, requires_grad)
        return Tensor._make_subclass(cls, data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if id(self) in memo:
            return memo[id(self)]
        result = type(self)(self.data.clone(), self.requires_grad)
        memo[id(self)] = result
        return result

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        from ferrotorch._pickling.rebuild import rebuild_parameter, rebuild_parameter_with_state

        # Hooks are not pickled: the third argument is always empty, and part of the file format.
        args: tuple[Any, ...] = (self.data, self.requires_grad, OrderedDict())
        state = getattr(self, "__dict__", None)
        return (rebuild_parameter_with_state, (*args, state)) if state else (rebuild_parameter, args)


def _marked(data: Tensor, requires_grad: bool) -> Any:
    """A parameter that stays of the class of its data: it is known by a mark.

    Raises:
        RuntimeError: what the class makes of ``detach`` is of another class.
    """
    marked = data.detach().requires_grad_(requires_grad)
    if type(marked) is not type(data):
        raise RuntimeError(
            f"Creating a Parameter from an instance of type {type(data).__name__} requires that detach() returns an "
            f"instance of the same type, but return type {type(marked).__name__} was found instead. To use the type as "
            "a Parameter, please correct the detach() semantics defined by its __torch_dispatch__() implementation."
        )
    result: Any = marked
    result._is_param = True
    return result


_C._set_parameter_class(Parameter)
# A class of buffers of one's own has this class.
_BufferMeta = _ParameterMeta


class Buffer(Tensor, metaclass=_ParameterMeta):
    """A tensor that becomes a buffer of the module it is assigned to.

    The result is a plain tensor which shares the memory of ``data``, marked as a buffer. ``persistent`` buffers are
    part of the module's ``state_dict``.
    """

    _mark = "_is_buffer"
    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        if data is None:
            data = torch.empty(0)
        result: Any = data.detach().requires_grad_(data.requires_grad)
        result.persistent = persistent
        result._is_buffer = True
        return result


class UninitializedTensorMixin:
    """What parameters and buffers without a shape share: it cannot be asked for, and there are no values."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Attributes and conversions are as those of a tensor; what needs values is a ValueError."""
        if getattr(func, "__name__", "") not in _NEED_NO_VALUES:
            raise ValueError(_uninitialized(func, cls))
        with _C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    def share_memory_(self) -> Any:
        """There is no memory to share yet, which is a RuntimeError."""
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    @property
    def shape(self) -> Any:
        """There is none yet, which is a RuntimeError."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. "
            "Call `forward` to initialize the parameters before accessing their attributes."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            empty: Any = self
            memo[id(self)] = type(self)(empty.requires_grad, empty.data.device, empty.data.dtype)  # type: ignore[call-arg]
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        empty: Any = self
        return type(self), (empty.requires_grad, empty.data.device, empty.data.dtype)


# Methods that need no values: conversions, and what a module's conversions ask.
_NEED_NO_VALUES = frozenset(
    [
        "as_subclass", "bfloat16", "char", "copy_", "cpu", "cuda", "double", "float", "get_device", "half", "int",
        "is_complex", "is_floating_point", "long", "requires_grad_", "short", "size", "to", "_make_subclass",
        "__class__", "__del__", "__hash__", "__get__", "__set__", "__delete__", "__torch_dispatch__",
    ]
)  # fmt: skip
_COMPARISONS = frozenset(["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"])


def _uninitialized(func: Any, kind: type) -> str:
    return (
        f"Attempted to use an uninitialized parameter in {func}. This error happens when you are using a `LazyModule` "
        f"or explicitly manipulating `torch.nn.parameter.{kind.__name__}` objects. When using LazyModules Call "
        "`forward` with a dummy batch to initialize the parameters before calling torch functions"
    )


def _refusal(name: str) -> Any:
    """A method that says what to do first, in the place of one that would compute with the absent values."""

    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise ValueError(_uninitialized(getattr(Tensor, name), type(self)))

    refuse.__name__ = name
    return refuse


for _name in dir(Tensor):
    _own = hasattr(object, _name) and _name not in _COMPARISONS
    _internal = _name.startswith("_") and not _name.endswith("__")
    _kept = _own or _internal or _name in _NEED_NO_VALUES or _name in UninitializedTensorMixin.__dict__
    if not _kept and callable(getattr(Tensor, _name)):
        setattr(UninitializedTensorMixin, _name, _refusal(_name))


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet; see the lazy layers."""

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Self:
        return Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)

    def materialize(self, shape: int | Sequence[int], device: Any = None, dtype: Any = None) -> None:
        """Become a :class:`Parameter` of this shape with undefined values; it stays the same object."""
        device = self.data.device if device is None else device
        dtype = self.data.dtype if dtype is None else dtype
        self.data = torch.empty(shape, device=device, dtype=dtype)
        self.__class__ = Parameter  # type: ignore[assignment]


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer whose shape is not known yet: the lazy layers put a tensor in its place."""

    persistent: bool

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Self:
        result = Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)
        result.persistent = persistent
        result._is_buffer = True
        return result

    def materialize(self, shape: int | Sequence[int], device: Any = None, dtype: Any = None) -> None:
        """Become a tensor of this shape with undefined values; it stays the same object."""
        device = self.data.device if device is None else device
        dtype = self.data.dtype if dtype is None else dtype
        self.data = torch.empty(shape, device=device, dtype=dtype)
        self.__class__ = Tensor  # type: ignore[assignment]


def is_lazy(value: Any) -> bool:
    """Whether ``value`` is a parameter or buffer without a shape."""
    return isinstance(value, UninitializedTensorMixin)
