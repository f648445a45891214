"""Graphs: nodes, their order and uses, checks, and what is generated from them."""

from __future__ import annotations

import copy
import operator
import pickle

import ferrotorch as torch
import pytest
from ferrotorch import fx, nn
from ferrotorch.fx.immutable_collections import immutable_dict, immutable_list


def simple():
    """x + y, then relu."""
    graph = fx.Graph()
    x, y = graph.placeholder("x"), graph.placeholder("y", default_value=2)
    total = graph.call_function(operator.add, (x, y))
    graph.output(graph.call_method("relu", (total,)))
    return graph


def test_nodes_know_their_uses():
    graph = simple()
    x, y, total, relu, _ = graph.nodes
    assert list(total.users) == [relu] and total.all_input_nodes == [x, y] and x.next is y and y.prev is x
    total.args = (x, x)
    assert list(y.users) == [] and list(x.users) == [total]
    total.update_arg(1, 3)
    total.insert_arg(0, y)
    total.update_kwarg("k", x)
    assert total.args == (y, x, 3) and total.kwargs == {"k": x} and list(y.users) == [total]
    total.replace_input_with(x, y)
    assert total.all_input_nodes == [y] and not x.users
    with pytest.raises(TypeError, match="'immutable_list' object does not support mutation"):
        graph.call_function(max, ([x],)).args[0].append(1)
    assert x < y < total and not relu < total


def test_insertion_and_removal():
    graph = simple()
    x, _, total, relu, output = graph.nodes
    with graph.inserting_before(relu):
        doubled = graph.call_function(operator.mul, (total, 2))
    with graph.inserting_after(x):
        graph.call_function(operator.neg, (x,))
    relu.replace_input_with(total, doubled)
    assert [n.name for n in graph.nodes] == ["x", "neg", "y", "add", "mul", "relu", "output"]
    assert x < total < doubled < relu < output
    assert graph.eliminate_dead_code() and not graph.eliminate_dead_code()
    assert len(graph.nodes) == 6
    with pytest.raises(RuntimeError, match="Tried to erase Node mul but it still had 1 users in the graph"):
        graph.erase_node(doubled)
    assert doubled.replace_all_uses_with(total) == [relu]
    graph.erase_node(doubled)
    graph.lint()
    assert fx.GraphModule({}, graph)(torch.tensor([-5.0, 1.0])).tolist() == [0.0, 3.0]


def test_lint():
    graph, other = simple(), simple()
    graph.output_node().args = (next(iter(other.nodes)),)
    with pytest.raises(RuntimeError, match="Argument 'x' of Node 'output' does not belong to this Graph"):
        graph.lint()
    graph = simple()
    x, _, total, _, _ = graph.nodes
    total.append(x)
    with pytest.raises(RuntimeError, match="Argument 'x' of Node 'add' was used before it has been defined!"):
        graph.lint()
    graph = fx.Graph()
    graph.output(graph.call_module("missing", ()))
    with pytest.raises(AttributeError, match="missing"):
        fx.GraphModule(nn.Module(), graph)
    with pytest.raises(RuntimeError, match="Node missing referenced target missing but that target was not provided"):
        fx.GraphModule({}, graph)
    with pytest.raises(ValueError, match="target f has type str but a Callable is expected"):
        fx.Graph().create_node("call_function", "f")


def test_random_numbers_are_not_dead():
    def draw(x):
        torch.rand(3)
        torch._assert(x.sum() == 1, "one")
        torch.exp(x)
        return x

    traced = fx.symbolic_trace(draw)
    traced.graph.eliminate_dead_code()
    assert [n.name for n in traced.graph.nodes] == ["x", "sum_1", "eq", "_assert", "output"]


def test_names_are_unique_and_legal():
    graph = fx.Graph()
    names = [
        graph.create_node("placeholder", name).name for name in ("x", "x", "x_1", "1a", "in", "a.b", "relu", "sum")
    ]
    assert names == ["x", "x_1", "x_2", "_1a", "in_1", "a_b", "relu", "sum_1"]


def test_code_frees_values_and_can_be_changed():
    graph = simple()
    assert graph.python_code("self").src == (
        "\n\n\ndef forward(self, x, y = 2):\n    add = x + y;  x = y = None\n    relu = add.relu();  add = None\n"
        "    return relu\n    "
    )
    module = fx.GraphModule({}, graph)
    with graph.on_generate_code(lambda before: lambda body: ["x = x + 1\n", *body]):
        module.recompile()
        assert module(torch.zeros(1)).item() == 3.0
    module.recompile()
    assert module(torch.zeros(1)).item() == 2.0


def test_copies():
    graph = simple()
    module = fx.GraphModule({}, graph)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module)), copy.copy(module)):
        assert str(twin.graph) == str(graph) and twin(torch.ones(1), 1).item() == 2.0
    new = fx.Graph()
    values = {}
    new.output(new.graph_copy(graph, values))
    assert str(new) == str(graph) and len(values) == 4


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(2, 2)
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        return torch.relu(self.lin(x))


def test_modules_of_graphs():
    net = Net()
    traced = fx.symbolic_trace(net)
    assert type(traced).__name__ == "Net" and isinstance(traced, fx.GraphModule)
    assert [name for name, _ in traced.named_children()] == ["lin"] and traced.lin is net.lin
    assert traced.add_submodule("a.b", nn.ReLU()) and isinstance(traced.a.b, nn.ReLU)
    traced.delete_all_unused_submodules()
    assert [name for name, _ in traced.named_children()] == ["lin"]
    assert not traced.delete_submodule("no.such") and traced.eval().training is False
    for node in traced.graph.nodes:
        if node.target is torch.relu:
            node.target = torch.sigmoid
    traced.recompile()
    x = torch.rand(3, 2)
    assert torch.equal(traced(x), torch.sigmoid(net.lin(x)))
    traced(x).sum().backward()
    assert net.lin.weight.grad is not None


READABLE = """\
class Net(torch.nn.Module):
    def forward(self, x: "f32[3, 2]"):
        # No stacktrace found for following nodes
        lin: "f32[3, 2]" = self.lin(x);  x = None
        relu: "f32[3, 2]" = torch.relu(lin);  lin = None
        return relu
"""


def test_print_readable(capsys):
    from ferrotorch.fx.passes.shape_prop import ShapeProp

    traced = fx.symbolic_trace(Net())
    ShapeProp(traced).propagate(torch.rand(3, 2))
    text = traced.print_readable()
    assert capsys.readouterr().out == text + "\n"
    lines = [line for line in text.split("\n") if line.strip()]
    assert lines == READABLE.rstrip().split("\n")
    metadata = next(n for n in traced.graph.nodes if n.name == "relu").meta["tensor_meta"]
    assert metadata.shape == (3, 2) and metadata.dtype is torch.float32 and metadata.stride == (2, 1)


def test_errors_show_the_generated_line(capsys):
    traced = fx.symbolic_trace(lambda x: torch.mm(x, x))
    with pytest.raises(RuntimeError):
        traced(torch.ones(2, 3))
    assert "Call using an FX-traced Module, line 5 of the traced Module's generated forward function:" in (
        capsys.readouterr().err
    )


def test_packages(tmp_path, monkeypatch):
    import importlib

    net = Net()
    traced = fx.symbolic_trace(net)
    traced.to_folder(tmp_path / "written_net", "Written")
    monkeypatch.syspath_prepend(str(tmp_path))
    written = importlib.import_module("written_net").Written()
    x = torch.rand(3, 2)
    assert torch.equal(written(x), net(x))


def test_immutable_collections():
    assert hash(immutable_list([1, 2])) == hash((1, 2)) and immutable_dict(a=1) == {"a": 1}
    assert pickle.loads(pickle.dumps(immutable_list([1]))) == [1]
    with pytest.raises(TypeError, match="does not support mutation"):
        immutable_dict(a=1).update(b=2)


def test_hooks_of_modules():
    traced = fx.symbolic_trace(Net())
    seen = []
    traced._register_create_node_hook(lambda node: seen.append(("new", node.name)))
    traced._register_erase_node_hook(lambda node: seen.append(("gone", node.name)))
    relu = next(n for n in traced.graph.nodes if n.name == "relu")
    with traced._set_replace_hook(lambda old, new, user: seen.append((old.name, new, user.name))):
        with traced.graph.inserting_after(relu):
            new = traced.graph.call_function(torch.sigmoid, (relu.args[0],))
        relu.replace_all_uses_with(new)
    traced.graph.erase_node(relu)
    assert seen == [("new", "sigmoid"), ("relu", "sigmoid", "output"), ("gone", "relu")]
