"""Recurrent layers on each device: values and gradients are those of float64 on the host, where ops are the cells."""

import ferrotorch as torch
import pytest
from ferrotorch import nn

SIZES = [(1, 1, 1, 1), (4, 3, 5, 6), (7, 2, 3, 70)]
LAYERS = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}


def results(layer, x, state, seeds):
    """The output and last state of a layer, and the gradients of its input, first state and parameters."""
    leaves = [t.detach().clone().requires_grad_() for t in (x, *state)]
    first = tuple(leaves[1:]) if len(leaves) > 2 else leaves[1]
    output, last = layer(leaves[0], first)
    last = last if isinstance(last, tuple) else (last,)
    total = sum((t * s).sum() for t, s in zip((output, *last), seeds, strict=True))
    return [output, *last, *torch.autograd.grad(total, [*leaves, *layer.parameters()])]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"num_layers": 2, "bidirectional": True}], ids=str)
def test_values_and_gradients(device, name, sizes, options):
    steps, batch, features, hidden = sizes
    torch.manual_seed(0)
    layer = LAYERS[name](features, hidden, **options)
    exact = LAYERS[name](features, hidden, **options).double()
    exact.load_state_dict(layer.state_dict())
    count = 4 if options.get("bidirectional") else 1
    x = torch.randn(steps, batch, features)
    state = [torch.randn(count, batch, hidden) for _ in range(2 if name == "LSTM" else 1)]
    width = 2 * hidden if count == 4 else hidden
    seeds = [torch.randn(steps, batch, width), *(torch.randn_like(s) for s in state)]
    expected = results(exact, x.double(), [s.double() for s in state], [s.double() for s in seeds])
    there = [[t.to(device) for t in some] for some in (state, seeds)]
    found = results(layer.to(device), x.to(device), *there)
    for a, e in zip(found, expected, strict=True):
        torch.testing.assert_close(a.detach().cpu().double(), e.detach(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_without_gradients_the_values_are_the_same(device, name):
    torch.manual_seed(0)
    layer, x = LAYERS[name](3, 5).to(device), torch.randn(6, 2, 3).to(device)
    recorded, _ = layer(x)
    with torch.no_grad():
        plain, _ = layer(x)
    torch.testing.assert_close(plain.cpu(), recorded.detach().cpu(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_gradients_of_gradients(device, name):
    torch.manual_seed(0)
    layer = LAYERS[name](2, 3)
    exact = LAYERS[name](2, 3).double()
    exact.load_state_dict(layer.state_dict())
    x = torch.randn(3, 2, 2)

    def second(layer, x):
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(layer(x)[0].square().sum(), x, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), [x, *layer.parameters()])

    expected = second(exact, x.double())
    for a, e in zip(second(layer.to(device), x.to(device)), expected, strict=True):
        torch.testing.assert_close(a.cpu().double(), e, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_types(device, name, dtype):
    torch.manual_seed(0)
    layer, x = LAYERS[name](4, 5).to(dtype), torch.randn(3, 2, 4).to(dtype)
    exact = LAYERS[name](4, 5)
    exact.load_state_dict({key: value.float() for key, value in layer.state_dict().items()})
    expected, _ = exact(x.float())
    found, _ = layer.to(device)(x.to(device))
    tolerance = 4e-3 if dtype == torch.float16 else 3e-2
    torch.testing.assert_close(found.detach().cpu().float(), expected.detach(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_two_launches_a_step(gpu, name):
    torch.manual_seed(0)
    layer = LAYERS[name](3, 5).to(gpu)
    launches = {}
    for steps in (4, 9):
        x = torch.randn(steps, 2, 3).to(gpu)
        for _ in range(3):  # pointwise calls that follow one another are put together from the third time on
            layer(x)[0].sum().backward()
        torch.wgpu.reset_stats()
        output, _ = layer(x)
        forward = torch.wgpu.stats().launches
        output.sum().backward()
        launches[steps] = forward, torch.wgpu.stats().launches - forward
    assert [b - a for a, b in zip(*launches.values(), strict=True)] == [10, 10]
