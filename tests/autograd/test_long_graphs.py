"""Graphs are built, walked and freed without recursion, and nothing of them stays."""

import gc
import resource

import ferrotorch as torch
import pytest


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def chain(length):
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(length):
        y = y + 1
    return x, y


def test_backward_through_a_million_ops():
    nodes = torch._C._live_nodes()
    x, y = chain(1_000_000)
    assert torch._C._live_nodes() == nodes + 1_000_000
    y.backward()
    assert x.grad.item() == 1
    # Nodes that saved no tensor may be walked again, until nobody holds them.
    assert torch._C._live_nodes() == nodes + 1_000_000
    del y
    assert torch._C._live_nodes() == nodes


def test_dropping_a_million_ops():
    nodes = torch._C._live_nodes()
    x, y = chain(1_000_000)
    del x, y
    assert torch._C._live_nodes() == nodes


def test_memory_of_a_long_graph_is_used_again():
    chain(200_000)
    before = resident()
    for _ in range(5):
        x, y = chain(200_000)
        y.backward()
        del x, y
    assert resident() - before < 32 << 20


def test_ten_thousand_training_steps_need_no_more_memory():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters())
    x, target = torch.randn(16, 4), torch.randn(16, 1)

    def train(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), target).backward()
            optimizer.step()

    train(1000)
    gc.collect()
    before, nodes, objects = resident(), torch._C._live_nodes(), len(gc.get_objects())
    train(10_000)
    gc.collect()
    assert torch._C._live_nodes() == nodes
    assert abs(len(gc.get_objects()) - objects) < 50
    assert resident() - before < 4 << 20


def test_what_saved_tensors_is_gone_after_backward():
    nodes = torch._C._live_nodes()
    x = torch.ones(3, requires_grad=True)
    y = (x.exp() * x).sum()
    assert torch._C._live_nodes() == nodes + 3
    y.backward()
    assert torch._C._live_nodes() == nodes + 1
    del y
    assert torch._C._live_nodes() == nodes


def test_second_backward_raises():
    x = torch.ones(3, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_retained_graph_can_be_walked_again():
    x = torch.ones(3, requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4.0, 4.0, 4.0]
