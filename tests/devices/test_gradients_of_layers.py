"""Gradients that kernels compute together, of the parameters of linear layers and of layer norm; optimizer steps."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import nn

# Rows, input features, output features: narrow ones, and products that are summed in chunks.
SIZES = [(1, 1, 1), (3, 5, 2), (32, 64, 10), (70, 33, 65), (2, 130, 129), (3000, 4, 6), (700, 17, 1)]


def check(actual, expected, tolerance):
    for a, e in zip(actual, expected, strict=True):
        torch.testing.assert_close(a.cpu().double(), e, rtol=tolerance, atol=tolerance)


def gradients(layer, x, g):
    x = x.detach().requires_grad_()
    layer(x).backward(g)
    return [x.grad, *(p.grad for p in layer.parameters())]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
def test_linear(device, sizes, dtype):
    rows, features, units = sizes
    torch.manual_seed(0)
    layer = nn.Linear(features, units).to(dtype)
    x, g = torch.randn(rows, features).to(dtype), (torch.randn(rows, units) / rows).to(dtype)
    exact = nn.Linear(features, units).double()
    exact.load_state_dict(layer.state_dict())
    expected = gradients(exact, x.double(), g.double())
    check(gradients(layer.to(device), x.to(device), g.to(device)), expected, 1e-5 if dtype == torch.float32 else 3e-3)


def test_linear_where_gradients_lie_anyhow(device):
    torch.manual_seed(0)
    layer, exact = nn.Linear(6, 4), nn.Linear(6, 4).double()
    exact.load_state_dict(layer.state_dict())
    x, g = torch.randn(5, 2, 6), torch.randn(4, 2, 5)
    expected = gradients(exact, x.double(), g.double().permute(2, 1, 0))
    check(gradients(layer.to(device), x.to(device), g.to(device).permute(2, 1, 0)), expected, 1e-5)


def test_gradients_of_gradients_of_linear(device):
    torch.manual_seed(0)
    x, w, b = torch.randn(3, 4), torch.randn(2, 4), torch.randn(2)

    def second(x, w, b):
        leaves = [t.detach().requires_grad_() for t in (x, w, b)]
        first = torch.autograd.grad(F.linear(*leaves).square().sum(), leaves, create_graph=True)
        return torch.autograd.grad(sum(t.square().sum() for t in first), leaves)

    check(second(*(t.to(device) for t in (x, w, b))), second(x.double(), w.double(), b.double()), 1e-4)


@pytest.mark.parametrize("rows", [1, 10, 64, 65, 500])
@pytest.mark.parametrize("columns", [1, 7, 300])
def test_layer_norm(device, rows, columns):
    torch.manual_seed(0)
    x, g = torch.randn(rows, columns), torch.randn(rows, columns)
    layer, exact = nn.LayerNorm(columns), nn.LayerNorm(columns).double()
    with torch.no_grad():
        for own, other in zip(layer.parameters(), exact.parameters(), strict=True):
            own.copy_(torch.linspace(0.5, 2, columns))
            other.copy_(own)
    found = gradients(layer.to(device), x.to(device), g.to(device))
    check(found[1:], gradients(exact, x.double(), g.double())[1:], 2e-4)
    if columns > 1:
        check(found[:1], gradients(exact, x.double(), g.double())[:1], 2e-4)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_steps_of_many_parameters(device, name):
    torch.manual_seed(0)
    shapes = [(3,), (2, 2), (1,), (5, 3), (4,), (7,), (2, 3), (6,), (1, 1), (8,), (3, 3)]
    values, slopes = [[torch.randn(s) for s in shapes] for _ in range(2)]

    def trained(device):
        parameters = [v.clone().to(device).requires_grad_() for v in values]
        optimizer = getattr(torch.optim, name)(parameters, lr=0.1)
        for _ in range(3):
            for p, g in zip(parameters, slopes, strict=True):
                p.grad = g.to(device)
            optimizer.step()
        return [p.detach().cpu() for p in parameters]

    torch.testing.assert_close(trained(device), trained("cpu"), rtol=1e-5, atol=1e-6)


def test_seven_parameters_a_launch(gpu):
    parameters = [torch.ones(4, device=gpu, requires_grad=True) for _ in range(14)]
    for p in parameters:
        p.grad = torch.ones_like(p)
    optimizer = torch.optim.AdamW(parameters)
    optimizer.step()
    torch.wgpu.reset_stats()
    optimizer.step()
    assert torch.wgpu.stats().shaders == {"Optimize adam": 2}
