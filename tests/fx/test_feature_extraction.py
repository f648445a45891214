"""Graphs as packages of vision use them: parts of a model's graph as modules of their own."""

from __future__ import annotations

import copy

import ferrotorch as torch
from ferrotorch import fx, nn
from ferrotorch.fx.graph_module import _CodeOnlyModule, _copy_attr


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)) + x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.layer1, self.layer2 = Block(4), nn.Sequential(Block(4), Block(4))
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.layer2(self.layer1(self.stem(x)))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


class PathTracer(fx.Tracer):
    """Names nodes by the modules that they come from."""

    def __init__(self):
        super().__init__()
        self.current, self.names = "", {}

    def call_module(self, m, forward, args, kwargs):
        before, self.current = self.current, self.path_of_module(m)
        try:
            return super().call_module(m, forward, args, kwargs)
        finally:
            self.current = before

    def create_proxy(self, kind, target, args, kwargs, name=None, type_expr=None, *rest):
        proxy = super().create_proxy(kind, target, args, kwargs, name, type_expr)
        self.names[proxy.node] = f"{self.current}.{proxy.node.name}".strip(".")
        return proxy


def test_parts_of_a_model():
    model = Net().eval()
    tracer = PathTracer()
    graph = tracer.trace(model)
    wanted = {"layer1.relu": "early", "layer2.1.relu_2": "late"}
    outputs = {wanted[name]: node for node, name in tracer.names.items() if name in wanted}
    assert set(outputs) == {"early", "late"}
    old = graph.output_node()
    with graph.inserting_after(old):
        new = graph.output(outputs)
    graph.erase_node(old)
    assert graph.output_node() is new
    features = fx.GraphModule(model, graph, "Features")
    assert graph.eliminate_dead_code()
    features.recompile()
    features.delete_all_unused_submodules()
    x = torch.rand(2, 3, 8, 8)
    found = features(x)
    early = model.layer1(model.stem(x))
    assert torch.equal(found["early"], early) and torch.equal(found["late"], model.layer2(early))
    assert not hasattr(features, "fc") and set(features.state_dict()) < set(model.state_dict())
    found["late"].sum().backward()
    assert model.stem.weight.grad is not None and model.fc.weight.grad is None


def test_members_are_taken_by_name():
    source, target = Net(), nn.Module()
    for path in ("layer1.conv", "layer1.bn.running_mean", "fc.weight"):
        _copy_attr(source, target, path)
    assert target.layer1.conv is source.layer1.conv and target.fc.weight is source.fc.weight
    assert [name for name, _ in target.named_buffers()] == ["layer1.bn.running_mean"]
    shell = _CodeOnlyModule(copy.copy(source.__dict__))
    assert shell.stem is source.stem
