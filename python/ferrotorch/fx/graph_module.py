"""Modules that run the code of a graph."""

from __future__ import annotations

import contextlib
import copy
import itertools
import linecache
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Self

import ferrotorch as torch
from ferrotorch.fx import _members
from ferrotorch.fx._generated import _forward_from_src, _import_block, for_this_library
from ferrotorch.fx.graph import Graph, PythonCode, _PyTreeCodeGen
from ferrotorch.fx.node import Node
from ferrotorch.utils._pytree import TreeSpec

__all__ = ["GraphModule", "_assign_attr", "_copy_attr", "reduce_graph_module"]

# By these names packages take members over.
_copy_attr, _assign_attr = _members.copy_member, _members.assign_member

_HOOK_LISTS = ("_replace_hooks", "_create_node_hooks", "_erase_node_hooks", "_deepcopy_hooks")
_KEPT_IN_COPIES = ("_state_dict_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks", *_HOOK_LISTS)
_USER_PRESERVED_ATTRIBUTES_KEY = "_user_preserved_attributes"


class GraphModule(torch.nn.Module):
    """A module whose ``forward`` is the code of a graph.

    Assigning ``graph`` generates the code; after changes of a graph in place, :meth:`recompile` does.

    Args:
        root: where modules, parameters and buffers that the graph refers to are taken from: a module, or a dict by
            dotted names.
        graph: the graph.
        class_name: the name of the class.
    """

    _graph: Graph
    _code: str

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Every instance has a class of its own, which has its forward function.
        base = next(c for c in cls.__mro__ if c.__qualname__.split(".")[-1] != "GraphModuleImpl")
        own = type(
            "GraphModuleImpl",
            (base,),
            {"__module__": __name__, "__qualname__": "GraphModule.__new__.<locals>.GraphModuleImpl"},
        )
        return super().__new__(own)

    def __init__(self, root: torch.nn.Module | dict[str, Any], graph: Graph, class_name: str = "GraphModule") -> None:
        super().__init__()
        type(self).__name__ = class_name
        targets = [str(node.target) for node in graph.nodes if node.op in ("get_attr", "call_module")]
        if isinstance(root, torch.nn.Module):
            self.training = getattr(root, "training", True)
            if isinstance(root, _CodeOnlyModule):
                members = (root.named_children(), root.named_buffers(), root.named_parameters())
                targets = [name for kind in members for name, _ in kind] + targets
            for target in targets:
                _members.copy_member(root, self, target)
        elif isinstance(root, dict):
            self._take_from_dict(root, graph)
        else:
            raise RuntimeError(f"Unsupported type {root} passed for root!")
        self.meta: dict[str, Any] = {}
        for name in _HOOK_LISTS:
            setattr(self, name, [])
        self.graph = graph
        tracer_cls = graph._tracer_cls
        # A class inside of a function cannot be found again by pickle.
        self._tracer_cls = None if tracer_cls is None or "<locals>" in tracer_cls.__qualname__ else tracer_cls
        self._tracer_extras = graph._tracer_extras or {}

    def _take_from_dict(self, root: dict[str, Any], graph: Graph) -> None:
        targets = []
        for node in graph.nodes:
            if node.op in ("get_attr", "call_module"):
                if node.target not in root:
                    raise RuntimeError(
                        f"Node {node} referenced target {node.target} but that target was not provided in ``root``!"
                    )
                targets.append(str(node.target))
        # What is above comes first: assigned later it would hide what is below.
        for target in sorted(targets, key=lambda path: path.count(".")):
            _members.assign_member(root[target], self, target)

    # ---- graph and code

    @property
    def graph(self) -> Graph:
        """The graph; assigning another one generates code."""
        return self._graph

    @graph.setter
    def graph(self, g: Graph) -> None:
        if not isinstance(g, Graph):
            raise AssertionError(f"Expected a Graph instance, but got {type(g)}")
        self._graph = g
        g.owning_module = self
        self.recompile()

    @property
    def code(self) -> str:
        """The generated text."""
        if "_code" not in self.__dict__:
            raise RuntimeError("Code has not been generated!")
        return self._code

    def recompile(self) -> PythonCode:
        """Generate the code of the graph as it is now, of modules below, too."""
        codegen = self._graph._codegen
        if isinstance(codegen, _PyTreeCodeGen):
            self._in_spec, self._out_spec = codegen.pytree_info.in_spec, codegen.pytree_info.out_spec
        text = self._graph.python_code(root_module="self")
        self._code, self._lineno_map, self._prologue_start = text.src, text._lineno_map, text._prologue_start
        cls: Any = type(self)
        cls.forward = _forward_from_src(self._code, text.globals, self._graph._co_fields)
        if "_wrapped_call" not in vars(cls):
            cls._wrapped_call = _WrappedCall(cls, vars(cls).get("__call__"))
            cls.__call__ = _call_wrapped
        self._recompile_submodules()
        return text

    def _recompile_submodules(self) -> list[tuple[str, PythonCode]]:
        return [(name, child.recompile()) for name, child in self.named_children() if isinstance(child, GraphModule)]

    def print_readable(
        self,
        print_output: bool = True,
        include_stride: bool = False,
        include_device: bool = False,
        colored: bool = False,
        *,
        fast_sympy_print: bool = False,
        expanded_def: bool = False,
        additional_meta: list[str] | None = None,
    ) -> str:
        """The code as classes, with what is known of values, of modules below, too.

        Args:
            print_output: print it as well.
            include_stride, include_device: what to show of tensors.
            colored: mark it for a terminal.
            fast_sympy_print: accepted for compatibility: there are no symbolic sizes.
            expanded_def: show each parameter on a line of its own.
            additional_meta: what of the nodes' ``meta`` to show.
        """
        options = {"include_stride": include_stride, "include_device": include_device, "colored": colored}
        text = _readable(self, self._get_name(), {**options, "additional_meta": additional_meta}, expanded_def)
        if print_output:
            print(text)
        return text

    def __str__(self) -> str:
        hint = "# To see more debug info, please use `graph_module.print_readable()`"
        return "\n".join([super().__str__(), self._code, hint])

    def to_folder(self, folder: str | os.PathLike[str], module_name: str = "FxModule") -> None:
        """Write the module as a package: its code, its state, and modules below as code or pickles."""
        _members.write_package(self, folder, module_name)

    # ---- members

    def add_submodule(self, target: str, m: torch.nn.Module) -> bool:
        """Add a module under a dotted name, with empty ones above; False where something else is in the way."""
        *above, name = target.split(".")
        module: Any = self
        for part in above:
            child = getattr(module, part, None)
            if child is None:
                child = torch.nn.Module()
                setattr(module, part, child)
            if not isinstance(child, torch.nn.Module):
                return False
            module = child
        module.add_module(name, m)
        return True

    def delete_submodule(self, target: str) -> bool:
        """Remove the module of a dotted name; False if there is none."""
        *above, name = target.split(".")
        module: Any = self
        for part in above:
            module = getattr(module, part, None)
            if not isinstance(module, torch.nn.Module):
                return False
        if not isinstance(getattr(module, name, None), torch.nn.Module):
            return False
        delattr(module, name)
        return True

    def delete_all_unused_submodules(self) -> None:
        """Remove the modules that the graph does not refer to."""
        used: set[str] = set()
        for node in self.graph.nodes:
            if node.op in ("call_module", "get_attr"):
                path = str(node.target)
                used.update(itertools.accumulate(path.split("."), lambda above, name: f"{above}.{name}"))
                if node.op == "call_module":
                    with contextlib.suppress(AttributeError):
                        below = self.get_submodule(path).named_modules()
                        used.update(f"{path}.{name}" for name, _ in below if name)
        for name in [name for name, _ in self.named_modules() if name and name not in used]:
            self.delete_submodule(name)

    # ---- copies

    def __reduce__(self) -> Any:
        """For pickle: the code and what it needs; the graph is traced from it again."""
        state = self.__dict__.copy()
        block = _import_block(self.recompile().globals)
        del state["_graph"]
        return reduce_graph_module, (state, block)

    def __deepcopy__(self, memo: dict[int, Any]) -> GraphModule:
        result = type(self).__new__(type(self))
        memo[id(self)] = result
        state = _CodeOnlyModule(copy.deepcopy(self.__dict__, memo))
        GraphModule.__init__(result, state, state.__dict__["_graph"], type(self).__name__)
        for name in _KEPT_IN_COPIES:
            if name in self.__dict__:
                setattr(result, name, copy.deepcopy(self.__dict__[name], memo))
        result.meta = copy.deepcopy(self.meta, memo)
        for name, value in result.meta.get(_USER_PRESERVED_ATTRIBUTES_KEY, {}).items():
            setattr(result, name, value)
        for hook in self._deepcopy_hooks:
            hook(result)
        return result

    def __copy__(self) -> GraphModule:
        result = GraphModule(self, self.graph)
        result.meta = self.meta
        return result

    # ---- hooks

    @contextlib.contextmanager
    def _set_replace_hook(self, f: Callable[..., Any]) -> Iterator[None]:
        """A context in which ``f(old=, new=, user=)`` is told when a user of a node uses another."""
        self._register_replace_node_hook(f)
        try:
            yield
        finally:
            self._unregister_replace_node_hook(f)

    def _register_hook(self, kind: str, f: Callable[..., Any]) -> None:
        if not callable(f):
            raise AssertionError(f"{kind} hook must be a callable.")
        getattr(self, f"_{kind}_hooks").append(f)

    def _register_replace_node_hook(self, f: Callable[..., Any]) -> None:
        self._register_hook("replace", f)

    def _unregister_replace_node_hook(self, f: Callable[..., Any]) -> None:
        self._replace_hooks.remove(f)

    def _register_create_node_hook(self, f: Callable[[Node], Any]) -> None:
        self._register_hook("create_node", f)

    def _unregister_create_node_hook(self, f: Callable[[Node], Any]) -> None:
        self._create_node_hooks.remove(f)

    def _register_erase_node_hook(self, f: Callable[[Node], Any]) -> None:
        self._register_hook("erase_node", f)

    def _unregister_erase_node_hook(self, f: Callable[[Node], Any]) -> None:
        self._erase_node_hooks.remove(f)

    def _register_deepcopy_hook(self, f: Callable[[GraphModule], Any]) -> None:
        self._register_hook("deepcopy", f)

    def _unregister_deepcopy_hook(self, f: Callable[[GraphModule], Any]) -> None:
        self._deepcopy_hooks.remove(f)


class _WrappedCall:
    """Calls a module, and shows the line of the generated code where that fails."""

    def __init__(self, cls: Any, cls_call: Callable[..., Any] | None) -> None:
        self.cls, self.cls_call = cls, cls_call

    def __call__(self, obj: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            if self.cls_call is not None:
                return self.cls_call(obj, *args, **kwargs)
            above: Any = super(self.cls, obj)
            return above.__call__(*args, **kwargs)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            if frames and "eval_with_key" in frames[-1].filename:
                print(_place_of_error(frames[-1]), file=sys.stderr)
                raise error.with_traceback(None)  # noqa: B904 (the frames of this file would only be in the way)
            raise


def _call_wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
    return self._wrapped_call(self, *args, **kwargs)


def _place_of_error(frame: traceback.FrameSummary) -> str:
    number, line = frame.lineno or 0, frame.line or ""
    lines = linecache.getlines(frame.filename)
    return "\n".join(
        [
            traceback.format_exc(),
            f"Call using an FX-traced Module, line {number} of the traced Module's generated forward function:",
            "".join(lines[number - 2 : number]),
            "~" * len(line) + "~~~ <--- HERE",
            "\n".join(lines[number : number + 2]),
        ]
    )


def _readable(module: GraphModule, name: str, options: dict[str, Any], expanded_def: bool = False) -> str:
    source = module.graph.python_code("self", verbose=True, expanded_def=expanded_def, **options).src.lstrip("\n")
    below = [
        _readable(child, child_name, options)
        for child_name, child in module.named_children()
        if isinstance(child, GraphModule)
    ]
    text = _members.indented(f"class {name}(torch.nn.Module):\n{source}")
    return text + _members.indented("\n".join(["", *below]))


class _CodeOnlyModule(torch.nn.Module):
    """What a pickled module is read into, before its graph is traced."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__()
        self.__dict__ = body


def reduce_graph_module(body: dict[str, Any], import_block: str) -> torch.nn.Module:
    """A module from its pickled state: its code is traced, with all modules as leaves."""
    source = body.get("_code") or body["code"]
    return _deserialize_graph_module(_forward_from_src(for_this_library(import_block) + source, {}), body)


def _deserialize_graph_module(
    forward: Callable[..., Any], body: dict[str, Any], graph_module_cls: type | None = None
) -> torch.nn.Module:
    from ferrotorch.fx._symbolic_trace import Tracer

    tracer_cls: type[Tracer] = body.get("_tracer_cls") or Tracer
    traced = type("_CodeOnlyModule", (_CodeOnlyModule,), {"forward": forward})(body)

    class KeepModules(tracer_cls):  # type: ignore[valid-type,misc]
        def is_leaf_module(self, m: torch.nn.Module, module_qualified_name: str) -> bool:
            return True

    options = dict(body.get("_tracer_extras", {}))
    if body.get("_in_spec") is not None:
        options["concrete_args"] = _containers(forward, body["_in_spec"])
    graph = KeepModules._graph_module_deserialization_tracer(traced).trace(traced, **options)
    graph._tracer_cls = tracer_cls
    module = (graph_module_cls or GraphModule)(traced, graph, body.get("_graphmodule_cls_name", "GraphModule"))
    for name, value in body.items():
        if not hasattr(module, name):
            setattr(module, name, value)
    return module


def _containers(forward: Any, in_spec: TreeSpec) -> dict[str, Any]:
    """Containers of placeholders for the parameters of a function that are containers, by their names."""
    from ferrotorch.fx._placeholders import PH

    names = forward.__code__.co_varnames[1:]
    # The first argument that was traced was the module, unless it was a function.
    specs = in_spec.children()[-forward.__code__.co_argcount + 1 :]
    inputs = zip(names, specs, strict=False)
    return {name: spec.unflatten([PH] * spec.num_leaves) for name, spec in inputs if not spec.is_leaf()}
