"""Ops of one's own: defined by a schema or a Python function, with kernels, shapes, derivatives and samples.

>>> @custom_op("mylib::sincos", mutates_args=())
... def sincos(x: Tensor) -> tuple[Tensor, Tensor]:
...     return x.sin(), x.cos()
>>> torch.ops.mylib.sincos(torch.ones(3))

``torch.ops.<namespace>.<name>`` finds them. Dispatch keys name kinds of devices here (``"CPU"``, ``"Meta"``), or the
step before kernels (``"Autograd"``). The library's own ops, in ``aten``, are compiled: they cannot be registered anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import ferrotorch as torch
from ferrotorch._library import registry
from ferrotorch._library.custom_ops import CustomOpDef, DeviceTypes, custom_op
from ferrotorch._library.infer import infer_schema
from ferrotorch._library.opcheck import opcheck
from ferrotorch._library.schema import parse_schema
from ferrotorch._ops import OpOverload

__all__ = [
    "CustomOpDef",
    "Library",
    "custom_op",
    "define",
    "fallthrough_kernel",
    "get_ctx",
    "impl",
    "impl_abstract",
    "infer_schema",
    "opcheck",
    "register_autocast",
    "register_autograd",
    "register_fake",
    "register_kernel",
    "register_torch_dispatch",
    "register_vmap",
    "triton_op",
    "wrap_triton",
]

Function = Callable[..., Any]
Op = str | OpOverload | CustomOpDef

_COMPILED = frozenset(["aten", "prim", "prims"])
# Where `define` and the like keep what has no library: for as long as the process lives.
_KEPT: dict[str, Library] = {}


def fallthrough_kernel() -> NoReturn:
    """Registered as a kernel, it stands for none: what else was registered is used."""
    raise NotImplementedError("fallthrough_kernel() should never be called.")


class Library:
    """Ops of a namespace, for as long as the object lives.

    Args:
        ns: the namespace.
        kind: ``"DEF"`` to define ops, ``"FRAGMENT"`` to add to a namespace, ``"IMPL"`` to register kernels only.
        dispatch_key: the key of kernels that are registered without one.
    """

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in ("IMPL", "DEF", "FRAGMENT"):
            raise ValueError("Unsupported kind: ", kind)
        if ns in _COMPILED and ns != "aten":
            raise ValueError(ns, " is a reserved namespace. Please try creating a library with another name.")
        registry.kernel_key(dispatch_key)
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key
        self._entries: list[registry.Entry] = []

    def __repr__(self) -> str:
        return f"Library(kind={self.kind}, ns={self.ns}, dispatch_key={self.dispatch_key})>"

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        """Define an op by its schema; returns its name.

        Args:
            schema: as in ``"add(Tensor x, int n=3) -> Tensor"``.
            alias_analysis: accepted for compatibility.
            tags: accepted for compatibility.

        Raises:
            RuntimeError: the schema cannot be read, or there is an op of this name.
        """
        if self.kind == "IMPL":
            raise RuntimeError("Library.define: a library of kind IMPL registers kernels; use DEF or FRAGMENT")
        _refuse_compiled(self.ns)
        entry = registry.Entry(parse_schema(f"{self.ns}::{schema.strip().removeprefix(f'{self.ns}::')}"))
        registry.register(entry)
        self._entries.append(entry)
        return entry.qualname.partition("::")[2]

    def impl(
        self,
        op_name: str | OpOverload,
        fn: Function,
        dispatch_key: str = "",
        *,
        with_keyset: bool = False,
        allow_override: bool = True,
    ) -> None:
        """Register a kernel for an op.

        Args:
            op_name: the name, without the namespace, or the overload.
            fn: the kernel.
            dispatch_key: what it is for; that of the library by default.
            with_keyset: must be False: there are no sets of keys.
            allow_override: replace a kernel that was registered before; False raises RuntimeError where there is one.
        """
        if with_keyset:
            raise NotImplementedError("Library.impl: kernels get no set of dispatch keys here; use with_keyset=False")
        if not callable(fn):
            raise TypeError(f"Input function is required to be a callable but found type {type(fn)}")
        name = (
            op_name.name().partition("::")[2]
            if isinstance(op_name, OpOverload)
            else op_name.removeprefix(f"{self.ns}::")
        )
        _refuse_compiled(self.ns)
        if fn is fallthrough_kernel:
            return
        key = registry.kernel_key(dispatch_key or self.dispatch_key)
        kernels = registry.kernels_of(f"{self.ns}::{name}")
        if key in kernels and not allow_override and (dispatch_key or self.dispatch_key):
            raise RuntimeError(
                f"This is not allowed since there's already a kernel registered from python overriding {name}'s "
                f"behavior for {dispatch_key or self.dispatch_key} dispatch key and {self.ns} namespace."
            )
        kernels[key] = fn

    def _register_fake(self, op_name: str, fn: Function, _stacklevel: int = 1, *, allow_override: bool = True) -> None:
        registry.set_fake(f"{self.ns}::{op_name}", fn)

    def _destroy(self) -> None:
        """Take the ops of the library away again."""
        for entry in self._entries:
            registry.remove(entry)
        self._entries.clear()


def _refuse_compiled(namespace: str) -> None:
    if namespace in _COMPILED:
        raise NotImplementedError(
            f"ops of {namespace!r} are compiled here: no kernel can be registered for them. Change what they do by "
            "__torch_function__, a TorchFunctionMode or a TorchDispatchMode, or define an op of another namespace"
        )


def _library_of(namespace: str) -> Library:
    return _KEPT.setdefault(namespace, Library(namespace, "FRAGMENT"))


def _entry_of(op: Op, what: str) -> registry.Entry:
    """The registered op that is meant."""
    return registry.find(_name_of(op, what))


def _name_of(op: Op, what: str) -> str:
    """The name of the op that is meant.

    Raises:
        ValueError: something else.
    """
    if isinstance(op, CustomOpDef):
        return op._qualname
    if isinstance(op, OpOverload):
        op = op.name()
    if not isinstance(op, str):
        raise ValueError(f"{what}({op}): got unexpected type for op: {type(op)}")
    namespace, separator, _ = op.partition("::")
    if not separator:
        raise ValueError(f"{what}({op}): expected a name of the form `namespace::name`")
    _refuse_compiled(namespace)
    return op


def define(qualname: str | Library, schema: str | None = None, *, lib: Library | None = None, tags: Any = ()) -> Any:
    """Define an op by its name and schema: ``define("mylib::sin", "(Tensor x) -> Tensor")``.

    Args:
        qualname: the name; or, as a decorator of the kernel for all kinds of devices, the library.
        schema: the schema without the name; with it where a library is given.
        lib: the library that it belongs to.
        tags: accepted for compatibility.
    """
    if isinstance(qualname, Library):
        library = qualname

        def with_kernel(function: Function) -> Function:
            library.impl(library.define(str(schema)), function)
            return function

        return with_kernel
    namespace, separator, name = qualname.partition("::")
    if not separator or schema is None:
        raise ValueError(f"define({qualname!r}, schema): expected a name of the form `namespace::name`, and a schema")
    (lib or _library_of(namespace)).define(f"{name}{schema}")


def impl(qualname: str | Library, types: str | Sequence[str], func: Any = None, *, lib: Library | None = None) -> Any:
    """Register a kernel for an op on kinds of devices. A decorator without ``func``.

    Args:
        qualname: the name of the op; or, as a decorator, the library (then ``types`` is the name of the op and ``func``
            the dispatch key).
        types: kinds of devices such as ``"cpu"``, or dispatch keys, or ``"default"`` for all.
        func: the kernel.
        lib: the library that it belongs to.
    """
    if isinstance(qualname, Library):
        library, name, key = qualname, str(types), func or ""

        def register_key(function: Function) -> Function:
            library.impl(name, function, key)
            return function

        return register_key
    namespace = qualname.partition("::")[0]
    kinds = [types] if isinstance(types, str) else list(types)

    def register(function: Function) -> Function:
        for kind in kinds:
            key = "CompositeExplicitAutograd" if kind == "default" else kind
            key = key if key in registry._KEYS else key.upper() if key.upper() in registry._KEYS else key.capitalize()
            (lib or _library_of(namespace)).impl(qualname, function, key, allow_override=True)
        return function

    return register if func is None else register(func)


def register_kernel(op: Op, device_types: DeviceTypes, func: Function | None = None, /, *, lib: Any = None) -> Any:
    """Register a kernel for an op on kinds of devices; None: all. A decorator without ``func``.

    ``lib`` is accepted: what is registered stays.
    """
    if isinstance(op, CustomOpDef):
        return op.register_kernel(device_types, func)
    entry = _entry_of(op, "register_kernel")
    kinds = [device_types] if device_types is None or isinstance(device_types, str) else list(device_types)

    def register(function: Function) -> Function:
        for kind in kinds:
            entry.kernels["any" if kind in (None, "default") else torch.device(kind).type] = function
        return function

    return register if func is None else register(func)


def register_fake(
    op: Op, func: Function | None = None, /, *, lib: Any = None, _stacklevel: int = 1, allow_override: bool = True
) -> Any:
    """Say what shapes and dtypes an op's results have; see :meth:`CustomOpDef.register_fake`.

    ``lib`` and ``allow_override`` are accepted: what is registered stays until it is replaced.
    """
    name = _name_of(op, "register_fake")

    def register(function: Function) -> Function:
        registry.set_fake(name, function)
        return function

    return register if func is None else register(func)


def impl_abstract(qualname: str, func: Function | None = None, *, lib: Any = None, _stacklevel: int = 1) -> Any:
    """The older name of :func:`register_fake`."""
    return register_fake(qualname, func, lib=lib)


def register_autograd(op: Op, backward: Function, /, *, setup_context: Function | None = None, lib: Any = None) -> None:
    """Give an op a derivative; see :meth:`CustomOpDef.register_autograd`.

    ``lib`` is accepted: what is registered stays.

    Raises:
        RuntimeError: the op writes to its arguments.
    """
    entry = _entry_of(op, "register_autograd")
    if entry.schema.is_mutable:
        raise RuntimeError(
            f"Cannot register autograd formula for non-functional operator {entry.shown_as or op} with schema "
            f"{entry.schema}. Please create a functional operator and register an autograd formula for that."
        )
    entry.backward, entry.setup_context = backward, setup_context
    # From now on the formula is the derivative, not what the kernel does.
    entry.below_autograd = True


def register_vmap(op: Op, func: Function | None = None, /, *, lib: Any = None) -> Any:
    """Say how an op is computed for all samples at once; see :meth:`CustomOpDef.register_vmap`.

    ``lib`` is accepted: what is registered stays.
    """
    entry = _entry_of(op, "register_vmap")

    def register(function: Function) -> Function:
        entry.vmap = function
        return function

    return register if func is None else register(func)


def register_torch_dispatch(
    op: Op, torch_dispatch_class: type, func: Function | None = None, /, *, lib: Any = None
) -> Any:
    """Say what a dispatch mode does with an op; see :meth:`CustomOpDef.register_torch_dispatch`.

    ``lib`` is accepted: what is registered stays.
    """
    entry = _entry_of(op, "register_torch_dispatch")

    def register(function: Function) -> Function:
        entry.torch_dispatch[torch_dispatch_class] = function
        return function

    return register if func is None else register(func)


def register_autocast(op: Op, device_type: str, cast_inputs: torch.dtype, /, *, lib: Any = None) -> None:
    """Cast an op's inputs where autocast is on; see :meth:`CustomOpDef.register_autocast`.

    ``lib`` is accepted: what is registered stays.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"device_type: expected a str, got {type(device_type)}")
    _entry_of(op, "register_autocast").autocast[device_type] = cast_inputs


class FakeImplCtx:
    """What a function that computes shapes may ask for."""

    def new_dynamic_size(self, *, min: int = 0, max: int | None = None) -> NoReturn:
        """A size that values decide: there is none, for shapes are numbers here.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "new_dynamic_size: shapes are plain numbers here, so an op whose result's shape depends on values cannot "
            "be computed on the device meta; call it with tensors that have values"
        )

    create_unbacked_symint = new_dynamic_size


def get_ctx() -> FakeImplCtx:
    """The context of a function that computes shapes."""
    return FakeImplCtx()


def _no_triton(what: str) -> NoReturn:
    raise NotImplementedError(
        f"torch.library.{what}: Triton kernels need CUDA and PyTorch's compiler, which are not available here; "
        "register a Python function by torch.library.custom_op"
    )


def triton_op(name: str, fn: Function | None = None, /, *, mutates_args: Any, schema: str | None = None) -> NoReturn:
    """Raises NotImplementedError: there is no Triton here."""
    _no_triton("triton_op")


def wrap_triton(triton_kernel: Any, /) -> NoReturn:
    """Raises NotImplementedError: there is no Triton here."""
    _no_triton("wrap_triton")


def _scoped_library(*args: Any, **kwargs: Any) -> Any:
    """A context with a library, whose ops are gone at its end."""
    import contextlib

    @contextlib.contextmanager
    def scope() -> Any:
        library = Library(*args, **kwargs)
        try:
            yield library
        finally:
            library._destroy()

    return scope()
