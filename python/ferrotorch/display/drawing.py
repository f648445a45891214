"""Drawings of graphs: of modules, of the data flow between them, and of what autograd has recorded."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ferrotorch as torch
from ferrotorch import nn

__all__ = ["Drawing", "draw"]

# Nodes beyond which a graph is not laid out: graphviz would take minutes, and nobody could read it.
_MOST_NODES = 5000


@dataclass
class Drawing:
    """Labelled nodes and the edges between them.

    ``print`` shows it as text; a notebook as SVG where graphviz is installed.

    Attributes:
        nodes: labels by name.
        edges: pairs of names.
        leaves: the names of nodes that are data: inputs and parameters.
    """

    nodes: dict[str, str] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    leaves: set[str] = field(default_factory=set)

    @property
    def dot(self) -> str:
        """The drawing in graphviz's language."""
        lines = ["digraph {", '  node [shape=box, fontname="sans-serif", fontsize=10, style=filled, fillcolor=white];']
        for name, label in self.nodes.items():
            colour = ' fillcolor="lightblue"' if name in self.leaves else ""
            lines.append(f"  {_quoted(name)} [label={_quoted(label)}{colour}];")
        lines += [f"  {_quoted(start)} -> {_quoted(end)};" for start, end in self.edges]
        return "\n".join([*lines, "}"])

    @property
    def svg(self) -> str:
        """The drawing as SVG.

        Raises:
            RuntimeError: graphviz is not installed, or fails.
        """
        text = self._render("svg").decode()
        return text[text.index("<svg") :]

    def save(self, path: Any) -> None:
        """Write the drawing to a file: ``.dot`` and ``.txt`` as text, ``.svg``, ``.png`` and ``.pdf`` by graphviz.

        Raises:
            ValueError: the name ends in something else.
            RuntimeError: graphviz is needed and not installed, or fails.
        """
        kind = os.path.splitext(os.fspath(path))[1].removeprefix(".")
        if kind in ("dot", "txt"):
            content = (self.dot if kind == "dot" else str(self)).encode()
        elif kind in ("svg", "png", "pdf"):
            content = self._render(kind)
        else:
            raise ValueError(
                f"Drawing.save: expected a name in .svg, .png, .pdf, .dot or .txt, got {os.fspath(path)!r}"
            )
        with open(path, "wb") as file:
            file.write(content)

    def _render(self, kind: str) -> bytes:
        program = shutil.which("dot")
        if program is None:
            raise RuntimeError(
                "a Drawing is laid out by graphviz, whose program `dot` is not installed; print() shows text"
            )
        done = subprocess.run([program, f"-T{kind}"], input=self.dot.encode(), capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"graphviz failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def __str__(self) -> str:
        """One line for each node, with the nodes that lead to it."""
        sources: dict[str, list[str]] = {name: [] for name in self.nodes}
        for start, end in self.edges:
            sources[end].append(start)
        numbers = {name: i for i, name in enumerate(self.nodes)}
        width = len(str(max(len(self.nodes) - 1, 0)))
        lines = []
        for name, label in self.nodes.items():
            text = label.replace("\n", " ")
            origin = ", ".join(str(numbers[start]) for start in sources[name])
            lines.append(f"{numbers[name]:>{width}}  {text}" + (f"  <- {origin}" if origin else ""))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if shutil.which("dot") is None:
            return f"<pre>{html.escape(str(self))}</pre>"
        return self.svg


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def draw(
    thing: nn.Module | torch.Tensor, *, flow: bool = False, names: dict[str, torch.Tensor] | None = None
) -> Drawing:
    """Draw a model, or the graph that a tensor was computed by.

    Args:
        thing: a module, whose parts are drawn as a tree, or a tensor with a history.
        flow: draw what runs through the module instead: the nodes of its symbolic trace (`torch.fx`), which does not
            follow control flow that depends on values.
        names: names for leaves of a tensor's graph, such as ``dict(model.named_parameters())``.

    Raises:
        TypeError: it is neither.
        ValueError: the tensor has no history, or its graph has too many nodes to be read.
    """
    if isinstance(thing, nn.Module):
        return _flow(thing) if flow else _tree(thing)
    if not isinstance(thing, torch.Tensor):
        raise TypeError(f"draw: expected a module or a tensor, got {type(thing).__name__}")
    if thing.grad_fn is None:
        raise ValueError("draw: the tensor has no history: nothing that requires gradients led to it")
    return _history(thing, {id(tensor): name for name, tensor in (names or {}).items()})


def _tree(model: nn.Module) -> Drawing:
    drawing = Drawing()
    # Under each of its names: a module that is used twice is drawn twice.
    for path, module in model.named_modules(remove_duplicate=False):
        own = sum(p.numel() for p in module.parameters(recurse=False))
        title = f"{path.rpartition('.')[2]}: {type(module).__name__}" if path else type(module).__name__
        details = [title, module.extra_repr().replace("\n", " "), f"{own:,} parameters" if own else ""]
        drawing.nodes[path] = "\n".join(filter(None, details))
        if path:
            drawing.edges.append((path.rpartition(".")[0], path))
    return drawing


def _flow(model: nn.Module) -> Drawing:
    drawing = Drawing()
    modules = dict(model.named_modules())
    for node in _trace(model).graph.nodes:
        drawing.nodes[node.name] = _label(node, modules)
        drawing.edges += [(source.name, node.name) for source in node.all_input_nodes]
        if node.op in ("placeholder", "get_attr"):
            drawing.leaves.add(node.name)
    return drawing


def _trace(model: nn.Module) -> torch.fx.GraphModule:
    try:
        return torch.fx.symbolic_trace(model)
    except torch.fx.proxy.TraceError as error:
        error.add_note("draw: what depends on values is not traced; draw(model(inputs)) draws what autograd recorded")
        raise


def _label(node: Any, modules: dict[str, nn.Module]) -> str:
    if node.op == "call_module":
        return f"{node.target}: {type(modules[node.target]).__name__}"
    if node.op == "call_function":
        return getattr(node.target, "__name__", str(node.target))
    return "output" if node.op == "output" else str(node.target)


def _history(tensor: torch.Tensor, names: dict[int, str]) -> Drawing:
    drawing = Drawing()
    numbers: dict[Any, str] = {}
    for node in _in_order(tensor.grad_fn):
        numbers[node] = str(len(numbers))
        if len(numbers) > _MOST_NODES:
            raise ValueError(f"draw: the graph has more than {_MOST_NODES} nodes")
        variable = getattr(node, "variable", None)
        if variable is None:
            drawing.nodes[numbers[node]] = node.name().removesuffix("0")
        else:
            name = names.get(id(variable), "leaf")
            drawing.nodes[numbers[node]] = f"{name}\n{tuple(variable.shape)}"
            drawing.leaves.add(numbers[node])
        sources = [source for source, _ in node.next_functions if source is not None]
        drawing.edges += [(numbers[source], numbers[node]) for source in sources]
    drawing.nodes["result"] = f"result\n{tuple(tensor.shape)}"
    drawing.edges.append((numbers[tensor.grad_fn], "result"))
    return drawing


def _in_order(root: Any) -> Iterator[Any]:
    """The nodes that lead to one, each after those that lead to it."""
    seen, stack = {root}, [(root, iter(root.next_functions))]
    while stack:
        node, rest = stack[-1]
        source = next((s for s, _ in rest if s is not None and s not in seen), None)
        if source is None:
            yield node
            stack.pop()
        else:
            seen.add(source)
            stack.append((source, iter(source.next_functions)))
