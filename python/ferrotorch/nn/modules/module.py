"""The base class of all neural network modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import ferrotorch as torch
from ferrotorch import __future__ as _future
from ferrotorch._C import Tensor
from ferrotorch.nn.modules import hook_tables, state, traversal
from ferrotorch.nn.modules.hook_tables import (
    apply_registration_hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from ferrotorch.nn.modules.hooks import Hooks
from ferrotorch.nn.modules.state import EXTRA_STATE_KEY, StateDict
from ferrotorch.nn.modules.state import _IncompatibleKeys as _IncompatibleKeys
from ferrotorch.nn.modules.traversal import Traversal
from ferrotorch.nn.parameter import Buffer, Parameter, is_lazy

# What packages know them by.
_EXTRA_STATE_KEY_SUFFIX = EXTRA_STATE_KEY

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


def _type_name(value: Any) -> str:
    """The full name of a value's class; of a tensor, its legacy type."""
    if isinstance(value, Tensor):
        return value.type()
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _addindent(text: str, spaces: int) -> str:
    """Indent all lines but the first."""
    return text.replace("\n", "\n" + " " * spaces)


def _converted(parameter: Any, fn: Callable[[Tensor], Tensor]) -> Any:
    """A parameter with what ``fn`` makes of it: the same one, unless `ferrotorch.__future__` says otherwise."""
    with torch.no_grad():
        if _future.get_swap_module_params_on_conversion() or _future.get_overwrite_module_params_on_conversion():
            made = Parameter(fn(parameter.data), parameter.requires_grad)
            if parameter.grad is not None:
                made.grad = fn(parameter.grad.data).requires_grad_(parameter.grad.requires_grad)
            if not _future.get_swap_module_params_on_conversion():
                return made
            torch.utils.swap_tensors(parameter, made)
            return parameter
        parameter.data = fn(parameter.data)
        if parameter.grad is not None:
            parameter.grad.data = fn(parameter.grad.data)
    return parameter


class Module(Hooks, StateDict, Traversal):
    """A function with parameters, made of other modules.

    Subclasses define :meth:`forward`, and in ``__init__``, after ``super().__init__()``, assign :class:`Parameter`,
    buffers and modules to attributes, which registers them.
    """

    training: bool
    # Whether the constructor passes its arguments on to the next class, in classes with several bases.
    call_super_init: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if (args or kwargs) and not self.call_super_init:
            init = f"{type(self).__name__}.__init__()"
            if kwargs:
                raise TypeError(f"{init} got an unexpected keyword argument '{next(iter(kwargs))}'")
            raise TypeError(f"{init} takes 1 positional argument but {len(args) + 1} were given")
        # Past __setattr__, which would look each value's kind up.
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _modules={}, _non_persistent_buffers_set=set())
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input: Any) -> Any:
        """What the module computes; defined by each subclass."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted, with the arguments of ``torch.compile``: the module goes on to run as the Python that it is."""
        from ferrotorch._compile import compile

        compile(*args, **kwargs)

    # ---- registration

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that moves with the module and is not trained; ``persistent``: part of the ``state_dict``.

        Raises:
            TypeError: ``tensor`` is neither a tensor nor None, or ``name`` is no string.
            KeyError: a name that is taken, empty, or has a dot.
        """
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = apply_registration_hooks("buffer", self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter.

        Raises:
            TypeError: ``param`` is neither a Parameter nor None, or ``name`` is no string.
            ValueError: ``param`` is the result of a computation.
            KeyError: a name that is taken, empty, or has a dot.
        """
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None "
                "required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                f"To express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = apply_registration_hooks("parameter", self, name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module below this one.

        Raises:
            TypeError: ``module`` is neither a Module nor None, or ``name`` is no string.
            KeyError: a name that is taken, empty, or has a dot.
        """
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{_type_name(module)} is not a Module subclass")
        self._check_name("module", name, self._modules)
        self._modules[name] = apply_registration_hooks("module", self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """Another name of :meth:`add_module`."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name: str, table: dict[str, Any]) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_type_name(name)}")
        if hasattr(self, name) and name not in table:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            given = f", got: {name}" if kind == "module" else ""
            raise KeyError(f'{kind} name can\'t contain "."{given}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')

    # ---- attributes

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            members = self.__dict__.get(table)
            if members is not None and name in members:
                return members[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        members = self.__dict__
        if "_parameters" not in members:
            self._set_before_init(name, value)
        elif isinstance(value, Parameter):
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif name in members["_parameters"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            self._forget(name, "_modules")
            members["_modules"][name] = apply_registration_hooks("module", self, name, value)
        elif name in members["_modules"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            members["_modules"][name] = apply_registration_hooks("module", self, name, None)
        elif name in members["_buffers"] or isinstance(value, Buffer):
            self._set_buffer(name, value)
        else:
            object.__setattr__(self, name, value)

    def _set_before_init(self, name: str, value: Any) -> None:
        for cls, kind in ((Parameter, "parameters"), (Module, "module"), (Buffer, "buffer")):
            if isinstance(value, cls):
                raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        object.__setattr__(self, name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{_type_name(value)}' as buffer '{name}' "
                "(torch.nn.Buffer, torch.Tensor or None expected)"
            )
        known = name not in self._non_persistent_buffers_set
        persistent = value.persistent if isinstance(value, Buffer) else known
        self.register_buffer(name, value, persistent)

    def _forget(self, name: str, kept: str) -> None:
        """Remove what else has the name, so that it means the same in all tables."""
        self.__dict__.pop(name, None)
        for table in ("_parameters", "_buffers", "_modules"):
            if table != kept:
                self.__dict__[table].pop(name, None)
        if kept != "_buffers":
            self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers}
        return sorted(name for name in names if not name[0].isdigit())

    # ---- conversion

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the data of all parameters, their gradients and all buffers by what ``fn`` makes of them."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, parameter in self._parameters.items():
            if parameter is not None:
                self._parameters[name] = _converted(parameter, fn)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call ``fn`` with every module below this one and then with this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move and convert parameters and buffers, in place: only floating point ones change their dtype.

        Forms: ``to(device, dtype, non_blocking)``, ``to(dtype, non_blocking)``, ``to(tensor, non_blocking)``,
        ``to(memory_format=...)``.

        Raises:
            TypeError: a dtype that is neither floating point nor complex, or arguments of no form.
            NotImplementedError: parameters on device ``"meta"``, which have no values to move: :meth:`to_empty`.
        """
        target = _Target.parse(*args, **kwargs)
        dtype = target.dtype
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        return self._apply(target.convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move to ``device`` without copying: the values are undefined."""
        return self._apply(lambda t: torch.empty_like(t, device=device), recurse)

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers to a dtype."""
        return self._apply(lambda t: t.type(dst_type))

    def _cast(self, dtype: Any) -> Self:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self) -> Self:
        """Convert floating point parameters and buffers to float32."""
        return self._cast(torch.float32)

    def double(self) -> Self:
        """Convert floating point parameters and buffers to float64."""
        return self._cast(torch.float64)

    def half(self) -> Self:
        """Convert floating point parameters and buffers to float16."""
        return self._cast(torch.float16)

    def bfloat16(self) -> Self:
        """Convert floating point parameters and buffers to bfloat16."""
        return self._cast(torch.bfloat16)

    def share_memory(self) -> Self:
        """Move parameters and buffers to memory that other processes see when the module is sent to them.

        Raises:
            RuntimeError: one has no shape yet.
        """
        for tensor in (*self.parameters(), *self.buffers()):
            if is_lazy(tensor):
                tensor.share_memory_()
        return self._apply(lambda tensor: tensor.share_memory_())

    def cpu(self) -> Self:
        """Move to the host."""
        return self.to("cpu")

    def cuda(self, device: int | Any | None = None) -> Self:
        """Move to ``"cuda"``, which exists as an alias of another device or raises what to use instead."""
        if device is None:
            device = "cuda"
        return self.to(f"cuda:{device}" if isinstance(device, int) else device)

    # ---- modes

    def train(self, mode: bool = True) -> Self:
        """Put this module and those below in training mode, which matters to dropout and batch norm among others.

        Raises:
            ValueError: ``mode`` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Put this module and those below in evaluation mode."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Whether autograd records operations on the parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad = torch.zeros_like(parameter.grad)

    # ---- printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """The arguments as they are printed; overridden by subclasses."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = [f"({name}): {_addindent(repr(module), 2)}" for name, module in self._modules.items()]
        return format_repr(self._get_name(), extra_lines, child_lines)

    def _repr_html_(self) -> str:
        from ferrotorch.display._html import module_html

        return module_html(self)


# Annotations in the files of the class's parts name it, and programs ask what they mean.
for _part in (hook_tables, state, traversal):
    vars(_part)["Module"] = Module


def format_repr(name: str, extra_lines: list[str], child_lines: list[str]) -> str:
    """``name(...)``, on one line where there are no children."""
    if len(extra_lines) == 1 and not child_lines:
        return f"{name}({extra_lines[0]})"
    lines = extra_lines + child_lines
    if not lines:
        return f"{name}()"
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"


class _Target:
    """Where and to what :meth:`Module.to` converts."""

    def __init__(self, device: Any, dtype: Any, non_blocking: bool, memory_format: Any) -> None:
        self.device = device
        self.dtype = None if dtype is None else torch._C._dtype_of(dtype)
        self.non_blocking = non_blocking
        self.memory_format = memory_format

    @classmethod
    def parse(cls, *args: Any, **kwargs: Any) -> _Target:
        """Tell the forms of ``to`` apart."""
        if "copy" in kwargs:
            raise RuntimeError(".to() does not accept copy argument")
        memory_format = kwargs.pop("memory_format", None)
        first, *rest = args if args else (None,)
        if isinstance(first, Tensor):
            (non_blocking,) = _take(rest, kwargs, {"non_blocking": False})
            return cls(first.device, first.dtype, non_blocking, memory_format)
        if isinstance(first, torch.dtype) or first in (float, int, complex, bool):
            (non_blocking,) = _take(rest, kwargs, {"non_blocking": False})
            return cls(None, first, non_blocking, memory_format)
        if "tensor" in kwargs and not args:
            return cls.parse(kwargs.pop("tensor"), memory_format=memory_format, **kwargs)
        device, dtype, non_blocking = _take(list(args), kwargs, {"device": None, "dtype": None, "non_blocking": False})
        if device is not None:
            device = torch.device(device)
        return cls(device, dtype, non_blocking, memory_format)

    def convert(self, tensor: Tensor) -> Tensor:
        """The tensor as it should be; itself where nothing changes."""
        dtype = self.dtype if tensor.is_floating_point() or tensor.is_complex() else None
        options = (
            {} if self.memory_format is None or tensor.dim() not in (4, 5) else {"memory_format": self.memory_format}
        )
        device = tensor.device if self.device is None else self.device
        if tensor.is_meta and device.type != "meta":
            raise NotImplementedError(
                "Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of "
                "torch.nn.Module.to() when moving module from meta to a different device."
            )
        return tensor.to(device, tensor.dtype if dtype is None else dtype, self.non_blocking, **options)


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any, bool, Any]:
    """Device, dtype, ``non_blocking`` and memory format of the arguments of a ``to``."""
    target = _Target.parse(*args, **kwargs)
    return target.device, target.dtype, target.non_blocking, target.memory_format


def _take(args: list[Any], kwargs: dict[str, Any], defaults: dict[str, Any]) -> list[Any]:
    """Values of the names in ``defaults``, from positional and keyword arguments."""
    if (
        len(args) > len(defaults)
        or not kwargs.keys() <= defaults.keys()
        or kwargs.keys() & set(list(defaults)[: len(args)])
    ):
        raise TypeError(
            f"to() received an invalid combination of arguments - got {len(args)} positional and {sorted(kwargs)}; "
            "expected (device, dtype, non_blocking), (dtype, non_blocking) or (tensor, non_blocking), with "
            "memory_format"
        )
    values = {**defaults, **dict(zip(defaults, args, strict=False)), **kwargs}
    return [values[name] for name in defaults]


def __getattr__(name: str) -> Any:
    """The tables of hooks that every module has."""
    if name.startswith("_global_"):
        return getattr(hook_tables, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
