"""Graphs as the text of a Python function."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch.fx import _pytree as fx_pytree
from ferrotorch.fx._emit import Emitter, Globals
from ferrotorch.fx._names import _Namespace, _register_custom_builtin
from ferrotorch.fx._readable import Colors, Describer
from ferrotorch.fx.node import Node
from ferrotorch.utils import _pytree as pytree

__all__ = ["CodeGen", "PythonCode"]

_register_custom_builtin("fx_pytree", "import torch.fx._pytree as fx_pytree", fx_pytree)
_register_custom_builtin("pytree", "import torch.utils._pytree as pytree", pytree)

TransformCodeFunc = Callable[[list[str]], list[str]]
_COUNTER = re.compile(r"# COUNTER: (\d+)")


@dataclass
class PythonCode:
    """A graph as text.

    Attributes:
        src: the definition of a function.
        globals: what the names in it mean that it does not define.
    """

    src: str
    globals: dict[str, Any]
    _lineno_map: dict[int, int | None] | None = None
    _prologue_start: int = 0


class _PyTreeInfo(NamedTuple):
    """Names of the parameters, and the structures of inputs and results."""

    orig_args: list[str]
    in_spec: pytree.TreeSpec
    out_spec: pytree.TreeSpec | None


class CodeGen:
    """How the function of a graph is written; subclasses change how it takes its inputs and returns its results."""

    def __init__(self) -> None:
        self._body_transformer: TransformCodeFunc | None = None
        self._func_name = "forward"

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str, *, expanded_def: bool = False) -> str:
        """The head of the function, for parameters and an annotation of the result."""
        if not free_vars or free_vars[0] != "self":
            free_vars.insert(0, "self")
        if expanded_def:
            lines = "".join(f"    {name},\n" for name in free_vars)
            return f"def {self._func_name}(\n{lines}){maybe_return_annotation}:"
        return f"def {self._func_name}({', '.join(free_vars)}){maybe_return_annotation}:"

    def generate_output(
        self,
        output_args: Any,
        *,
        descs: Sequence[str] | None = None,
        repr_fn: Callable[[Any], str] = repr,
    ) -> str:
        """The ``return`` statement."""
        return f"return {repr_fn(output_args)}"

    def process_inputs(self, *args: Any) -> Any:
        """Arguments of the function as the placeholders take them."""
        return args

    def process_outputs(self, outputs: Any) -> Any:
        """Results of the graph as the function returns them."""
        return outputs

    def additional_globals(self) -> list[tuple[str, Any]]:
        """Further names that the text uses."""
        return []

    def _gen_python_code(
        self,
        nodes: Iterable[Node],
        root_module: str,
        namespace: _Namespace,
        *,
        verbose: bool = False,
        include_stride: bool = False,
        include_device: bool = False,
        colored: bool = False,
        expanded_def: bool = False,
        record_func: bool = False,
        additional_meta: list[str] | None = None,
    ) -> PythonCode:
        nodes, names, colors = list(nodes), Globals(namespace), Colors(colored)
        describer = Describer(names, colors, verbose, include_stride, include_device, additional_meta or [])

        def output(value: Any) -> str:
            return _call_with_known(self.generate_output, value, repr_fn=names.value)

        emitter = Emitter(names, root_module, output, describer.annotation)
        body = self._body(nodes, emitter, describer, colors)
        head = "\n".join(f'{names.add("wrap", torch.fx.wrap)}("{name}")' for name in emitter.wrapped)
        if self._body_transformer is not None:
            body = self._body_transformer(body)
        for name, value in self.additional_globals():
            names.add(name, value)
        prologue = _call_with_known(self.gen_fn_def, emitter.inputs, emitter.returns, expanded_def=expanded_def)
        code, line_map = _without_counters(body, prologue.count("\n") + 1)
        source = f"\n{head}\n\n{prologue}\n{code}"
        return PythonCode(source, names.values, line_map, head.count("\n") + 4)

    def _body(self, nodes: list[Node], emitter: Emitter, describer: Describer, colors: Colors) -> list[str]:
        last_uses = _last_uses(nodes)
        body: list[str] = []
        for i, node in enumerate(nodes):
            body += [describer.origin(node), f"# COUNTER: {i}\n", emitter.line(node)]
            if node.op == "output":
                body.append("\n")
            elif node.op != "placeholder":
                dead = last_uses.get(node, []) + ([] if node.users else [node])
                freed = colors.dim(" = ".join([*map(repr, dead), "None"]))
                body.append(f";  {freed}\n" if dead else "\n")
        return [line for line in body if line] or ["pass\n"]


def _last_uses(nodes: list[Node]) -> dict[Node, list[Node]]:
    """The nodes that each node is the last to use: their values can be freed behind it."""
    seen: set[Node] = set()
    found: dict[Node, list[Node]] = {}
    for user in reversed(nodes):
        fresh = [node for node in user._input_nodes if node not in seen]
        seen.update(fresh)
        if fresh:
            found[user] = fresh
    return found


def _without_counters(body: list[str], offset: int) -> tuple[str, dict[int, int | None]]:
    """The indented body, and by its lines (the first is ``offset``) the position of the node that each is of."""
    lines: list[str] = []
    line_map: dict[int, int | None] = {}
    node: int | None = None
    for line in "".join(body).split("\n"):
        counter = _COUNTER.search(line)
        if counter is not None:
            node = int(counter.group(1))
        else:
            line_map[len(lines) + offset] = node
            lines.append(line)
    code = "\n".join(lines).lstrip("\n")
    return "\n".join("    " + line for line in code.split("\n")), line_map


def _call_with_known(method: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call a method that a subclass may have written when it took fewer options."""
    known = inspect.signature(method).parameters
    return method(*args, **{name: value for name, value in options.items() if name in known})


class _PyTreeCodeGen(CodeGen):
    """Writes functions whose inputs and results are containers."""

    def __init__(self, pytree_info: _PyTreeInfo) -> None:
        super().__init__()
        self.pytree_info = pytree_info

    def process_inputs(self, *args: Any) -> Any:
        """The leaves of the arguments."""
        return pytree.arg_tree_leaves(*args)

    def process_outputs(self, outputs: Any) -> Any:
        """The results put together."""
        if self.pytree_info is None or self.pytree_info.out_spec is None:
            return outputs
        leaves = outputs if isinstance(outputs, list | tuple) else [outputs]
        return pytree.tree_unflatten(leaves, self.pytree_info.out_spec)

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str, *, expanded_def: bool = False) -> str:
        """The head, and the lines that take the arguments apart."""
        if self.pytree_info is None:
            return super().gen_fn_def(free_vars, maybe_return_annotation, expanded_def=expanded_def)
        args = self.pytree_info.orig_args
        if args and args[0] == "self":
            free_vars.insert(0, "self")
        head = super().gen_fn_def(args[:], maybe_return_annotation, expanded_def=expanded_def)
        return head + self.gen_var_bindings(args, free_vars, expanded_def) if free_vars else head

    def gen_var_bindings(self, fn_args: list[str], free_vars: list[str], expanded_def: bool) -> str:
        """The lines that make the values of the placeholders from the parameters."""
        annotated = [name for name in free_vars if ":" in name]
        names = ", ".join(name.split(":")[0].split("#")[0] for name in free_vars)
        call = f"fx_pytree.tree_flatten_spec({self._packed(fn_args)}, self._in_spec)"
        if annotated and expanded_def:
            return "\n    " + "\n    ".join(annotated) + f"\n    {names}, = {call}"
        annotations = f"\n    {'; '.join(annotated)};\n" if annotated else ""
        return f"{annotations}\n    {names}, = {call}"

    def _packed(self, fn_args: list[str]) -> str:
        """The parameters as one tree: those by position, and by name where the structure has both."""
        spec = self.pytree_info.in_spec
        children = spec.children()
        if not (spec.type is tuple and len(children) == 2 and [child.type for child in children] == [tuple, dict]):
            return f"[{', '.join(fn_args)}]"
        count = children[0].num_children
        given, named = self.pytree_info.orig_args[:count], self.pytree_info.orig_args[count:]
        pairs = ", ".join(f"'{key}':{name}" for key, name in zip(children[1].context, named, strict=True))
        return f"([{', '.join(given)}], {{{pairs}}})"

    def generate_output(
        self,
        output_args: Any,
        *,
        descs: Sequence[str] | None = None,
        repr_fn: Callable[[Any], str] = repr,
    ) -> str:
        """The ``return`` statement, which puts the results together."""
        if self.pytree_info and self.pytree_info.out_spec:
            return f"return pytree.tree_unflatten({repr_fn(output_args)}, self._out_spec)"
        return super().generate_output(output_args, repr_fn=repr_fn)


class _BoxedCodeGen(CodeGen):
    """Writes functions that take one list of inputs, and empty it."""

    def gen_fn_def(self, free_vars: list[str], maybe_return_annotation: str, *, expanded_def: bool = False) -> str:
        """The head, and the lines that take the list apart."""
        names = [name.split(":")[0].split("=")[0].strip() for name in free_vars if name != "self"]
        lines = [f"def {self._func_name}(self, args_list){maybe_return_annotation}:"]
        if names:
            lines += ["args_iter = iter(args_list)", *(f"{name} = next(args_iter)" for name in names)]
            lines.append("args_list.clear()")
        return "\n    ".join(lines)
