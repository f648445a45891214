"""Graphs that are split by the tags of their nodes."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any


def _pass(s: Any, name: str) -> Any:
    return import_module(f"{s.torch.__name__}.fx.passes.{name}")


def _network(s: Any) -> Any:
    class Network(s.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = s.nn.Sequential(s.nn.Linear(3, 3), s.nn.ReLU())
            self.last = s.nn.Linear(3, 2)
            self.scale = s.nn.Parameter(s.torch.tensor(2.0))

        def forward(self, x: Any, y: Any) -> Any:
            first = self.inner(x) * self.scale
            second = (first + y).sin()
            return self.last(second) * self.scale, first, self.scale

    s.torch.manual_seed(0)
    return import_module(f"{s.torch.__name__}.fx").symbolic_trace(Network())


def _tagged(s: Any, tags: dict[str, str]) -> Any:
    module = _network(s)
    for node in module.graph.nodes:
        if node.op not in ("placeholder", "get_attr", "output"):
            node.tag = tags.get(node.name, tags[""])
    return module


FIRST = {"": "b", "inner_0": "a", "inner_1": "a", "mul": "a"}


def _shown(graph: Any) -> list[Any]:
    return [[n.op, n.name, str(n.target).split(" at ")[0], str(n.args), getattr(n, "tag", "")] for n in graph.nodes]


def parts_of_a_network(s: Any) -> Any:
    answers: list[Any] = []
    x, y = s.torch.arange(6.0).reshape(2, 3), s.torch.ones(3)
    for options in ({}, {"return_tuple": True}):
        module = _tagged(s, FIRST)
        split, paths = _pass(s, "split_utils").split_by_tags(module, ["a", "b"], return_fqn_mapping=True, **options)
        answers += [_shown(split.graph), sorted(paths.items()), split(x, y), module(x, y)]
        answers += [[_shown(part.graph), sorted(dict(part.named_parameters()))] for part in split.children()]
    return answers


def splits_that_are_refused(s: Any) -> Any:
    split = _pass(s, "split_utils").split_by_tags
    untagged = _tagged(s, FIRST)
    del next(node for node in untagged.graph.nodes if node.name == "sin").tag
    return [
        s.said(lambda: split(_tagged(s, FIRST), ["b", "a"])),
        s.said(lambda: split(untagged, ["a", "b"])),
        s.raised(lambda: split(_tagged(s, FIRST), ["a"])),
    ]


def attributes_by_paths(s: Any) -> Any:
    m, module = _pass(s, "split_utils"), _network(s)
    module.several = s.nn.ModuleList([s.nn.ReLU()])
    m.setattr_recursive(module, "inner.0.note", 3)
    paths = ("inner.0.note", "several.0", "several.1", "no.thing", "scale")
    return [str(m.getattr_recursive(module, path)).replace("ferrotorch", "torch").split("\n")[0] for path in paths]


def modules_of_subgraphs(s: Any) -> Any:
    common, module = import_module(f"{s.torch.__name__}.fx.passes.utils.common"), _network(s)
    lifted, paths = common.lift_subgraph_as_module(module, module.graph, "part", "Lifted")
    graph = lambda f: import_module(f"{s.torch.__name__}.fx").symbolic_trace(f).graph  # noqa: E731
    return [
        type(lifted).__name__,
        sorted(paths.items()),
        sorted(dict(lifted.named_parameters())),
        common.compare_graphs(graph(lambda x: x + 1), graph(lambda y: y + 1)),
        common.compare_graphs(graph(lambda x: x + 1), graph(lambda y: y * 1)),
        sorted(dict(common.HolderModule({"a": s.nn.ReLU()}).named_children())),
    ]


def sizes_move_over_boundaries(s: Any) -> Any:
    fx = import_module(f"{s.torch.__name__}.fx")
    answers: list[Any] = []
    for function in (
        lambda x: x.sin().reshape(x.size(0) * 2, -1),
        lambda x: (x.sin() * x.size(1)).view(x.size(1), -1),
        lambda x: x.cos() + x.dim(),
    ):
        module = fx.symbolic_trace(function)
        _pass(s, "shape_prop").ShapeProp(module).propagate(s.torch.ones(4, 6))
        nodes = [node for node in module.graph.nodes if node.op.startswith("call")]
        for at in range(1, len(nodes)):
            parts = [SimpleNamespace(nodes=nodes[:at], is_acc=True), SimpleNamespace(nodes=nodes[at:], is_acc=False)]
            _pass(s, "split_utils").move_non_tensor_nodes_on_boundary(parts)
            answers.append([sorted(node.name for node in part.nodes) for part in parts])
        answers.append([_pass(s, "tools_common").is_node_output_tensor(node) for node in nodes])
    return answers
