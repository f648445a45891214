"""Running graphs node by node, rewriting them, and the passes over them."""

from __future__ import annotations

import ferrotorch as torch
import pytest
from ferrotorch import fx, nn
from ferrotorch.fx.passes.fake_tensor_prop import FakeTensorProp


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(2, 2)

    def forward(self, x, y=1.0):
        return torch.neg(self.lin(x).sigmoid()) + y


def test_interpreter():
    net, x = Net(), torch.rand(3, 2)
    traced = fx.symbolic_trace(net)

    class Count(fx.Interpreter):
        calls = 0

        def run_node(self, n):
            self.calls += 1
            return super().run_node(n)

    interpreter = Count(traced)
    assert torch.equal(interpreter.run(x), net(x)) and interpreter.calls == 7
    assert list(interpreter.env) == [traced.graph.output_node()]
    lin = next(n for n in traced.graph.nodes if n.op == "call_module")
    assert torch.equal(Count(traced).run(x, 2.0, initial_env={lin: x}), 2.0 - torch.sigmoid(x))
    args = [x, 3.0]
    assert torch.equal(Count(traced).boxed_run(args), net(x, 3.0)) and args == []
    with pytest.raises(RuntimeError, match="Expected positional argument for parameter x, but one was not passed in!"):
        Count(traced).run()
    with pytest.raises(RuntimeError, match="While executing %lin"):
        Count(traced).run(torch.rand(3, 3))


def test_transformer():
    class Swap(fx.Transformer):
        def call_function(self, target, args, kwargs):
            return super().call_function(torch.abs if target is torch.neg else target, args, kwargs)

        def call_method(self, target, args, kwargs):
            return super().call_method("tanh" if target == "sigmoid" else target, args, kwargs)

    net, x = Net(), torch.rand(3, 2)
    swapped = Swap(fx.symbolic_trace(net)).transform()
    assert torch.equal(swapped(x), net.lin(x).tanh().abs() + 1.0)
    assert [n.name for n in swapped.graph.nodes] == ["x", "y", "lin", "tanh", "abs_1", "add", "output"]


def test_proxies_append_to_graphs():
    graph = fx.Graph()
    x = fx.Proxy(graph.placeholder("x"))
    graph.output((torch.relu(x) * 2).node)
    assert fx.GraphModule({}, graph)(torch.tensor([-1.0, 2.0])).tolist() == [0.0, 4.0]


def test_replace_pattern():
    def model(x, w):
        a = torch.relu(x) + 1
        return torch.relu(w) + 1 + a

    traced = fx.symbolic_trace(model)
    found = fx.replace_pattern(traced, lambda x: torch.relu(x) + 1, lambda x: torch.sigmoid(x))
    assert len(found) == 2 and [str(match.anchor) for match in found] == ["add", "add"]
    x, w = torch.rand(3), torch.rand(3)
    assert torch.equal(traced(x, w), torch.sigmoid(w) + torch.sigmoid(x))


def test_patterns_do_not_match_what_is_used_elsewhere():
    def model(x):
        y = torch.relu(x)
        return (y + 1) * y

    traced = fx.symbolic_trace(model)
    assert fx.replace_pattern(traced, lambda x: torch.relu(x) + 1, _sigmoid) == []
    filtered = fx.subgraph_rewriter.replace_pattern_with_filters(
        traced, lambda x: x * 2, lambda x: x + x, match_filters=[lambda match, graph, pattern: False]
    )
    assert filtered == []
    traced = fx.symbolic_trace(lambda x: x * 3)
    found = fx.subgraph_rewriter.replace_pattern_with_filters(
        traced, lambda x: x * 2, lambda x: x + x, ignore_literals=True
    )
    assert len(found) == 1 and traced(torch.ones(1)).item() == 2.0


def _sigmoid(x):
    return torch.sigmoid(x)


def test_shapes_without_computing():
    traced = fx.symbolic_trace(Net())
    result = FakeTensorProp(traced).propagate(torch.rand(5, 2))
    assert result.is_meta and result.shape == (5, 2)
    values = {n.name: n.meta["val"] for n in traced.graph.nodes if n.op != "output"}
    assert values["lin"].shape == (5, 2) and values["lin"].is_meta and values["y"] == 1.0
    assert traced.lin.weight.device.type == "cpu"
