"""Gradients of every sample by weights that all samples share."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.func import functional_call, grad, jvp, vmap

F = nn.functional
SAMPLES = 4
# A layer of (input, weight), the shape of a sample's input, and that of the weight.
LAYERS = {
    "conv1d": (lambda x, w: F.conv1d(x, w, stride=2, padding=1), (2, 4, 7), (6, 4, 3)),
    "conv1d of one image": (F.conv1d, (4, 7), (6, 4, 3)),
    "conv2d": (lambda x, w: F.conv2d(x, w, padding=1, dilation=2), (2, 3, 6, 5), (4, 3, 3, 2)),
    "conv2d in groups": (lambda x, w: F.conv2d(x, w, stride=(2, 1), groups=2), (1, 4, 5, 5), (6, 2, 3, 3)),
    "conv2d of each channel": (lambda x, w: F.conv2d(x, w, groups=3), (2, 3, 5, 5), (3, 1, 3, 3)),
    "conv3d": (F.conv3d, (1, 2, 3, 4, 4), (3, 2, 2, 2, 2)),
    "conv_transpose1d": (lambda x, w: F.conv_transpose1d(x, w, None, 2, 1, 1), (2, 4, 5), (4, 3, 3)),
    "conv_transpose2d": (lambda x, w: F.conv_transpose2d(x, w, groups=2, dilation=2), (2, 4, 3, 3), (4, 3, 2, 2)),
    "conv_transpose3d": (F.conv_transpose3d, (2, 2, 3, 2), (2, 3, 2, 2, 2)),
    "linear": (F.linear, (2, 3), (4, 3)),
    "matrix times vector": (lambda x, w: w @ x, (3,), (4, 3)),
    "stack of matrices": (lambda x, w: x @ w, (2, 5, 3), (3, 4)),
}


def operands(name, device, dtype=torch.float64):
    _, of_x, of_w = LAYERS[name]
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=dtype).to(device)  # noqa: E731
    return draw(SAMPLES, *of_x), draw(*of_w)


def loss(name):
    layer = LAYERS[name][0]
    return lambda w, x: layer(x, w).sin().sum()


def close(found, expected, tolerance=1e-9):
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", LAYERS)
def test_first_derivatives(name, device):
    dtype, tolerance = (torch.float64, 1e-9) if device == "cpu" else (torch.float32, 1e-4)
    x, w = operands(name, device, dtype)
    derivative = grad(loss(name), (0, 1))
    found = vmap(derivative, (None, 0))(w, x)
    for part, column in zip(found, zip(*(derivative(w, sample) for sample in x), strict=True), strict=True):
        close(part, torch.stack(column), tolerance)


@pytest.mark.parametrize("name", LAYERS)
def test_second_derivatives(name):
    x, w = operands(name, "cpu")
    derivative = grad(lambda w, x: grad(loss(name))(w, x).square().sum(), (0, 1))
    found = vmap(derivative, (None, 0))(w, x)
    for part, column in zip(found, zip(*(derivative(w, sample) for sample in x), strict=True), strict=True):
        close(part, torch.stack(column))


@pytest.mark.parametrize("name", LAYERS)
def test_derivatives_along_a_direction(name):
    x, w = operands(name, "cpu")
    along = lambda w, x: jvp(grad(loss(name)), (w, x), (w.cos(), x.cos()))[1]  # noqa: E731
    close(vmap(along, (None, 0))(w, x), torch.stack([along(w, sample) for sample in x]))


def test_a_bias_of_every_sample():
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(SAMPLES, 2, 3, 5, generator=generator)
    w, b = torch.randn(4, 3, 2, generator=generator), torch.randn(4, generator=generator)
    derivative = grad(lambda w, b, x: F.conv1d(x, w, b).tanh().sum(), (0, 1))
    found = vmap(derivative, (None, None, 0))(w, b, x)
    for part, column in zip(found, zip(*(derivative(w, b, sample) for sample in x), strict=True), strict=True):
        close(part, torch.stack(column), 1e-5)


@pytest.mark.parametrize("outer", [0, None])
def test_samples_of_samples(outer):
    """Weights that the inner samples share, and the outer ones may have each."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(2, SAMPLES, 1, 3, 5, generator=generator, dtype=torch.float64)
    w = torch.randn(2, 4, 3, 2, generator=generator, dtype=torch.float64)
    w = w if outer == 0 else w[0]
    derivative = grad(lambda w, x: F.conv1d(x, w).sin().sum())
    found = vmap(vmap(derivative, (None, 0)), (outer, 0))(w, x)
    each = [[derivative(w[i] if outer == 0 else w, sample) for sample in x[i]] for i in range(2)]
    close(found, torch.stack([torch.stack(row) for row in each]))


def test_no_samples():
    w = torch.randn(4, 3, 2)
    found = vmap(grad(lambda w, x: F.conv1d(x, w).sum()), (None, 0))(w, torch.zeros(0, 1, 3, 5))
    assert found.shape == (0, 4, 3, 2)


def test_a_network():
    torch.manual_seed(4)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)).double()
    x, y = torch.randn(5, 1, 8, 8, dtype=torch.float64), torch.tensor([0, 2, 1, 1, 0])
    call = lambda p, x, y: F.cross_entropy(functional_call(net, p, (x[None],)), y[None])  # noqa: E731
    found = vmap(grad(call), (None, 0, 0))({n: p.detach() for n, p in net.named_parameters()}, x, y)
    for i in range(5):
        net.zero_grad()
        F.cross_entropy(net(x[i : i + 1]), y[i : i + 1]).backward()
        for name, parameter in net.named_parameters():
            close(found[name][i], parameter.grad)
