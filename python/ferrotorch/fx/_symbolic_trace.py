"""Tracing: a program run once with proxies for its inputs."""

from __future__ import annotations

import collections
import copy
import functools
import inspect
import math
import warnings
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, ClassVar

import ferrotorch as torch
from ferrotorch.fx._annotations import annotations_of
from ferrotorch.fx._patching import (
    _create_wrapped_func,
    _create_wrapped_method,
    _find_proxy,
    _wrapped_fns_to_patch,
    _wrapped_methods_to_patch,
    autowrap,
    is_tensor_module,
    patch_wrapped_functions,
    patching,
    without_variadics,
    wrap,
)
from ferrotorch.fx._placeholders import PH, PHBase, PHWithMeta, transfer_attributes
from ferrotorch.fx.graph import Graph, _PyTreeCodeGen, _PyTreeInfo
from ferrotorch.fx.graph_module import GraphModule
from ferrotorch.fx.node import Argument, base_types
from ferrotorch.fx.proxy import ParameterProxy, Proxy, Scope, ScopeContextManager, TracerBase
from ferrotorch.utils import _pytree as pytree

__all__ = [
    "PH",
    "PHBase",
    "PHWithMeta",
    "ProxyableClassMeta",
    "Tracer",
    "_create_wrapped_func",
    "_create_wrapped_method",
    "_find_proxy",
    "_wrapped_fns_to_patch",
    "_wrapped_methods_to_patch",
    "is_fx_symbolic_tracing",
    "is_fx_tracing",
    "symbolic_trace",
    "wrap",
]

_STARS = {"*": inspect.CO_VARARGS, "**": inspect.CO_VARKEYWORDS}
_HAS_VARIADICS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_proxyable_classes: dict[type, None] = {}
_depth = 0


def is_fx_tracing() -> bool:
    """Is a program being traced?"""
    return _depth > 0


def is_fx_symbolic_tracing() -> bool:
    """Is a program being traced?"""
    return _depth > 0


class ProxyableClassMeta(type):
    """A metaclass: making an instance from proxies is a node of the graph."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        _proxyable_classes[cls] = None
        super().__init__(name, bases, attrs)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        proxy = _find_proxy(args, kwargs) if is_fx_tracing() else None
        if proxy is not None:
            return proxy.tracer.create_proxy("call_function", cls, args, kwargs)
        return super().__call__(*args, **kwargs)


class Tracer(TracerBase):
    """Traces modules and functions; subclasses override what is a leaf, and how calls and arguments are written.

    Args:
        autowrap_modules: modules whose functions are nodes where proxies are among their arguments.
        autowrap_functions: functions for which the same holds.
        param_shapes_constant: let shapes of parameters be numbers instead of proxies.
    """

    def __init__(
        self,
        autowrap_modules: Iterable[ModuleType] = (math,),
        autowrap_functions: Iterable[Callable[..., Any]] = (),
        param_shapes_constant: bool = False,
    ) -> None:
        modules = tuple(autowrap_modules)
        self._autowrap_function_ids = {
            id(value)
            for module in modules
            for name, value in vars(module).items()
            if not name.startswith("_") and callable(value)
        } | {id(function) for function in autowrap_functions}
        self._autowrap_search: list[ModuleType] = list(modules)
        self.param_shapes_constant = param_shapes_constant
        self.submodule_paths: dict[torch.nn.Module, str] | None = None
        self.root_module_name = ""
        self.scope = Scope("", None)
        self.module_stack = collections.OrderedDict()
        self.num_calls: dict[str, int] = {}
        self.node_name_to_scope = {}

    _qualname_counter: ClassVar[dict[str, int]] = collections.defaultdict(int)

    @classmethod
    def _graph_module_deserialization_tracer(cls, root: torch.nn.Module) -> Tracer:
        """The tracer that reads a module from its code."""
        return cls()

    def get_fresh_qualname(self, prefix: str) -> str:
        """A name that the module has nothing under yet."""
        number = 0 if not hasattr(self.root, f"{prefix}0") else self._qualname_counter[prefix]
        while hasattr(self.root, f"{prefix}{number}"):
            number += 1
        self._qualname_counter[prefix] = number + 1
        return f"{prefix}{number}"

    # ---- arguments

    def create_arg(self, a: Any) -> Argument:
        """What a graph has for an argument: parameters, buffers, modules and other tensors become ``get_attr``.

        A tensor that the module does not have is kept by it as ``_tensor_constant0`` and so on.
        """
        member = self._member_path(a)
        if member is not None:
            return self.create_node("get_attr", member, (), {})
        if isinstance(a, tuple) and hasattr(a, "_fields"):
            return self.create_node("call_function", type(a), tuple(self.create_arg(item) for item in a), {})
        if isinstance(a, torch.Tensor | pytree.TreeSpec):
            prefix = "_tensor_constant" if isinstance(a, torch.Tensor) else "_tree_spec_constant"
            path = self._constants.get(id(a), (None, ""))[1] or self._keep(a, prefix)
            return self.create_node("get_attr", path, (), {})
        if type(a) in _proxyable_classes:
            return self.create_node("get_attr", self._keep(a, f"_{type(a).__name__}_constant_"), (), {})
        return super().create_arg(a)

    def _member_path(self, a: Any) -> str | None:
        if isinstance(a, torch.nn.Parameter):
            found = next((name for name, value in self.root.named_parameters() if value is a), None)
            if found is None:
                raise NameError("parameter is not a member of this module")
            return found
        if isinstance(a, torch.Tensor):
            return next((name for name, value in self.root.named_buffers() if value is a), None)
        if isinstance(a, torch.nn.Module):
            return next((name for name, value in self.root.named_modules() if value is a), None)
        return None

    def _keep(self, value: Any, prefix: str) -> str:
        path = self.get_fresh_qualname(prefix)
        self._constants[id(value)] = (value, path)
        setattr(self.root, path, value)
        return path

    def _collect_constants(self, module: torch.nn.Module, path: tuple[str, ...] = ()) -> None:
        """Where modules have tensors that are neither parameters nor buffers."""
        for name, value in vars(module).items():
            if isinstance(value, torch.Tensor):
                self._constants[id(value)] = (value, ".".join((*path, name)))
        for name, child in module.named_children():
            self._collect_constants(child, (*path, name))

    # ---- modules

    def is_leaf_module(self, m: torch.nn.Module, module_qualified_name: str) -> bool:
        """Is a module a node, instead of being traced through? Those of ``torch.nn`` are, but for ``Sequential``."""
        return is_tensor_module(m) and not isinstance(m, torch.nn.Sequential)

    def path_of_module(self, mod: torch.nn.Module) -> str:
        """The dotted name of a module in the one that is traced."""
        paths = self.submodule_paths or {module: name for name, module in self.root.named_modules()}
        if mod not in paths:
            raise NameError("module is not installed as a submodule")
        return paths[mod]

    def call_module(
        self, m: torch.nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """What a call of a module comes to: a node for a leaf, the result of its function otherwise."""
        path = self.path_of_module(m)
        with ScopeContextManager(self.scope, Scope(path, type(m))) as scope:
            calls = self.num_calls.get(path, 0)
            key = f"{scope.module_path}@{calls}" if calls else scope.module_path
            self.module_stack[key] = (path, scope.module_type)
            self.num_calls[path] = calls + 1
            if self.is_leaf_module(m, path):
                result: Any = self.create_proxy("call_module", path, args, kwargs)
            else:
                result = forward(*args, **kwargs)
            self.module_stack.popitem()
        return result

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Proxy]) -> Any:
        """What an attribute of a module comes to: parameters are proxies, buffers if ``proxy_buffer_attributes``."""
        members: Iterable[tuple[str, Any]] = ()
        if isinstance(attr_val, torch.nn.Parameter):
            members = self.root.named_parameters()
        elif self.proxy_buffer_attributes and isinstance(attr_val, torch.Tensor):
            members = self.root.named_buffers()
        for name, value in members:
            if attr_val is value:
                if name not in parameter_proxy_cache:
                    parameter_proxy_cache[name] = self._proxy_of_member(name, attr_val)
                return parameter_proxy_cache[name]
        return attr_val

    def _proxy_of_member(self, name: str, value: Any) -> Proxy:
        options: dict[str, Any] = {}
        if self.param_shapes_constant and "proxy_factory_fn" in inspect.signature(self.create_proxy).parameters:
            options["proxy_factory_fn"] = lambda node: ParameterProxy(self, node, name, value)
        return self.create_proxy("get_attr", name, (), {}, **options)

    # ---- inputs

    def create_args_for_root(
        self, root_fn: Callable[..., Any], is_module: bool, concrete_args: Any = None
    ) -> tuple[Any, list[Any]]:
        """Write placeholders for the parameters of a function; the function to call, and its arguments."""
        function: Any = inspect.unwrap(root_fn)
        code = function.__code__
        count = code.co_argcount + code.co_kwonlyargcount
        names = list(code.co_varnames)
        if is_module and count == 0:
            raise RuntimeError("``self`` argument cannot be part of *args expansion!")
        args: list[Any] = [self.root] if is_module else []
        variadic = bool(code.co_flags & _HAS_VARIADICS)
        if isinstance(concrete_args, tuple) and concrete_args and variadic and count == 1:
            return root_fn, args + [self._flat_placeholder(i, value) for i, value in enumerate(concrete_args)]
        own = names[len(args) : count]
        if isinstance(concrete_args, tuple):
            if len(own) != len(concrete_args):
                raise RuntimeError(
                    f"Tracing expected {len(own)} arguments but got {len(concrete_args)} concrete arguments"
                )
            concrete_args = dict(zip(own, concrete_args, strict=True))
        parameters = inspect.signature(function).parameters
        starred = [
            name for flag, name in ((inspect.CO_VARARGS, "*"), (inspect.CO_VARKEYWORDS, "**")) if code.co_flags & flag
        ]
        own += [star + name for star, name in zip(starred, names[count:], strict=False)]
        args += [self._placeholder(name, concrete_args, parameters, function) for name in own]
        if code.co_kwonlyargcount > 0 or variadic:
            root_fn = without_variadics(root_fn, len(args))
        return self._flattened(root_fn, args, names[:count])

    def _flattened(self, root_fn: Callable[..., Any], args: list[Any], names: list[str]) -> tuple[Any, list[Any]]:
        """The function of leaves, where an argument is a container."""
        flat, in_spec = pytree.tree_flatten(tuple(args))
        if all(child.is_leaf() for child in in_spec.children()):
            return root_fn, args
        codegen = _PyTreeCodeGen(_PyTreeInfo(names, in_spec, None))
        self.graph._codegen = codegen

        # An annotation of what it returns would be taken for the graph's.
        def of_leaves(*leaves: Any):  # type: ignore[no-untyped-def]
            result, out_spec = pytree.tree_flatten(root_fn(*pytree.tree_unflatten(list(leaves), in_spec)))
            codegen.pytree_info = codegen.pytree_info._replace(out_spec=out_spec)
            return result

        return of_leaves, flat

    def _flat_placeholder(self, number: int, value: Any) -> Proxy:
        proxy = self.create_proxy("placeholder", f"input_{number}", (), {})
        if isinstance(value, PHBase):
            transfer_attributes(value, proxy.node)
        return proxy

    def _placeholder(self, name: str, concrete_args: Any, parameters: Any, function: Any) -> Any:
        default = (
            () if name[0] == "*" or parameters[name].default is inspect.Parameter.empty else (parameters[name].default,)
        )
        if concrete_args is None or name not in concrete_args:
            annotation = annotations_of(function).get(name)
            return self.create_proxy("placeholder", name, default, {}, type_expr=annotation)
        count = 0

        def specialized(value: Any) -> Any:
            nonlocal count
            count += 1
            proxy = self.create_proxy("placeholder", f"{name}_{count}", default, {})
            return self._specialized(name, proxy, value)

        return pytree.tree_map(specialized, concrete_args[name])

    def _specialized(self, name: str, proxy: Proxy, value: Any) -> Any:
        """A concrete value in the place of an input, with a node that checks it."""
        if isinstance(value, PHBase):
            transfer_attributes(value, proxy.node)
            return proxy
        text = f"{name} has been specialized to have value {value} but got another value"
        if isinstance(value, base_types) and not isinstance(value, torch.Tensor):
            torch._assert(proxy == value, text)
        elif value is None:
            self.create_proxy("call_function", _assert_is_none, (proxy, text), {})
        else:
            warnings.warn(
                f"Was not able to add assertion to guarantee correct input {name} to specialized function. It is up to "
                "the user to make sure that your inputs match the inputs you specialized the function with.",
                stacklevel=2,
            )
        return value

    # ---- the walk

    def trace(self, root: torch.nn.Module | Callable[..., Any], concrete_args: Any = None) -> Graph:
        """The graph of a module or function.

        Args:
            root: what is traced.
            concrete_args: values of parameters that are no inputs of the graph, by name; ``PH`` inside of containers
                stands for inputs.

        Raises:
            TraceError: control flow depends on an input.
        """
        global _depth
        _depth += 1
        try:
            self._trace(root, concrete_args)
        finally:
            _depth -= 1
        return self.graph

    def _trace(self, root: Any, concrete_args: Any) -> None:
        is_module = isinstance(root, torch.nn.Module)
        if is_module:
            if not hasattr(type(root), self.traced_func_name):
                raise AssertionError(f"traced_func_name={self.traced_func_name} doesn't exist in {type(root).__name__}")
            self.root, function = root, getattr(type(root), self.traced_func_name)
            self.root_module_name = root._get_name()
            self.submodule_paths = {module: name for name, module in root.named_modules()}
        else:
            self.root, function = torch.nn.Module(), root
        self.graph = Graph(tracer_cls=type(self))
        self._constants: dict[int, tuple[Any, str]] = {}
        self._collect_constants(self.root)
        function = getattr(function, "__wrapped__", function) if type(function).__name__ == "_Overridable" else function
        if not isinstance(function, FunctionType):
            raise AssertionError(f"Expected FunctionType, got {type(function)}")
        code = function.__code__
        self.graph._co_fields = {
            "co_name": code.co_name,
            "co_filename": code.co_filename,
            "co_firstlineno": code.co_firstlineno,
        }
        called, args = self.create_args_for_root(function, is_module, concrete_args)
        returns = annotations_of(inspect.unwrap(called)).get("return")
        with patching() as patcher:
            self._patch_modules(patcher)
            patch_wrapped_functions(patcher)
            for namespace in (function.__globals__, *map(vars, self._autowrap_search)):
                autowrap(patcher, namespace, self._autowrap_function_ids)
            self.create_node("output", "output", (self.create_arg(called(*args)),), {}, type_expr=returns)
        self.submodule_paths = None

    def _patch_modules(self, patcher: Any) -> None:
        """Let calls and attributes of modules go through the tracer."""
        module_class = torch.nn.Module
        plain_getattr, plain_call = module_class.__getattr__, module_class.__call__
        proxies: dict[str, Proxy] = {}

        @functools.wraps(plain_getattr)
        def get_attribute(module: torch.nn.Module, name: str) -> Any:
            return self.getattr(name, plain_getattr(module, name), proxies)

        @functools.wraps(plain_call)
        def call(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
            namespace = getattr(getattr(module, "forward", module), "__globals__", {})
            autowrap(patcher, namespace, self._autowrap_function_ids)
            return self.call_module(module, functools.partial(plain_call, module), args, kwargs)

        patcher.patch_method(module_class, "__getattr__", get_attribute, once=False)
        patcher.patch_method(module_class, "__call__", call, once=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tracer:
        # Modules of Python cannot be copied.
        new = Tracer.__new__(Tracer)
        for name, value in vars(self).items():
            vars(new)[name] = copy.copy(value) if name == "_autowrap_search" else copy.deepcopy(value, memo)
        return new


def _assert_is_none(value: Any, msg: str) -> None:
    """A node that checks an input that was None."""
    if value is not None:
        raise AssertionError(msg)


def symbolic_trace(root: torch.nn.Module | Callable[..., Any], concrete_args: Any = None) -> GraphModule:
    """Run a module or function once with proxies for its inputs; the module of the graph that comes of it.

    Args:
        root: what is traced.
        concrete_args: see :meth:`Tracer.trace`.
    """
    tracer = Tracer()
    graph = tracer.trace(root, concrete_args)
    name = type(root).__name__ if isinstance(root, torch.nn.Module) else root.__name__
    return GraphModule(tracer.root, graph, name)
