"""Normalisations against their formulas."""

import ferrotorch as torch
import numpy as np
import pytest
from reference import compare, draw, same

F = torch.nn.functional


def normalised(x, axes):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)


def column(p, ndim):
    return p.reshape(1, -1, *[1] * (ndim - 2))


@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 6), (1, 300), (5, 1030)])
def test_layer_and_rms_norm(shape, device):
    size = shape[-1:]
    compare(
        lambda x, w, b: F.layer_norm(x, size, w, b),
        lambda x, w, b: normalised(x, -1) * w + b,
        [shape, size, size],
        device,
    )
    compare(
        lambda x, w: F.rms_norm(x, size, w, 1e-5),
        lambda x, w: x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5) * w,
        [shape, size],
        device,
    )


@pytest.mark.parametrize("shape", [(4, 6), (3, 6, 5), (2, 6, 4, 3)])
def test_batch_norm(shape, device):
    axes, n = tuple(i for i in range(len(shape)) if i != 1), len(shape)
    shapes = [shape, (6,), (6,)]

    def train(x, w, b):
        return F.batch_norm(x, None, None, w, b, training=True)

    compare(train, lambda x, w, b: normalised(x, axes) * column(w, n) + column(b, n), shapes, device)
    compare(
        lambda x, m, v: F.batch_norm(x, m, v),
        lambda x, m, v: (x - column(m, n)) / np.sqrt(column(v, n) + 1e-5),
        shapes,
        device,
        0.5,
        2,
    )


def test_running_statistics(device):
    x = torch.arange(8.0, device=device).reshape(4, 2)
    mean, var = torch.zeros(2, device=device), torch.ones(2, device=device)
    F.batch_norm(x, mean, var, training=True, momentum=0.5)
    same(mean, x.mean(0).cpu().numpy() / 2)
    same(var, 0.5 + x.var(0).cpu().numpy() / 2)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_and_instance_norm(groups, device):
    def reference(x):
        return normalised(x.reshape(2, groups, -1), -1).reshape(x.shape)

    compare(lambda x: F.group_norm(x, groups), reference, [(2, 6, 5)], device)
    compare(F.instance_norm, lambda x: normalised(x, -1), [(2, 6, 5)], device)


@pytest.mark.parametrize("shape", [(2, 6), (3, 6, 5), (2, 6, 4, 70)])
def test_group_norm_with_weights(shape, device):
    def reference(x, w, b):
        normal = normalised(x.reshape(shape[0], 3, -1), -1).reshape(shape)
        return normal * column(w, len(shape)) + column(b, len(shape))

    compare(lambda x, w, b: F.group_norm(x, 3, w, b), reference, [shape, (6,), (6,)], device)


def test_group_norm_of_nothing(device):
    x = torch.ones(0, 6, 5, device=device, requires_grad=True)
    w = torch.ones(6, device=device, requires_grad=True)
    y = F.group_norm(x, 3, w)
    y.sum().backward()
    assert y.shape == x.grad.shape == (0, 6, 5)
    same(w.grad, np.zeros(6))


def test_group_norm_of_half_types(device):
    x = torch.arange(12.0, device=device).reshape(1, 4, 3)
    w = torch.tensor([1.0, 2.0, 3.0, 4.0], device=device)
    y = F.group_norm(x.bfloat16(), 2, w)
    assert y.dtype == torch.bfloat16
    assert (y.float() - F.group_norm(x, 2, w)).abs().max().item() < 0.05
    with pytest.raises(RuntimeError, match="scalar type"):
        F.group_norm(x, 2, w.double())


def test_running_variance_near_zero(device):
    x = torch.tensor([[1e-6, 3.3], [-1e-6, 3.3]], device=device).repeat(2, 1)
    mean, var = torch.zeros(2, device=device), torch.zeros(2, device=device)
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    assert mean.tolist() == pytest.approx([0.0, 3.3])
    assert var.tolist() == [pytest.approx(4e-12 / 3, rel=1e-5), 0.0]


def test_batch_norm_takes_weights_of_any_shape(device):
    x = torch.from_numpy(draw((4, 3, 5))).to(device)
    w, b = torch.from_numpy(draw((3, 1), seed=1)).to(device), torch.from_numpy(draw((1, 3), seed=2)).to(device)
    w, b = w.requires_grad_(), b.requires_grad_()
    got = F.batch_norm(x, None, None, w, b, training=True)
    want = F.batch_norm(x, None, None, w.reshape(3), b.reshape(3), training=True)
    same(got, want.detach().cpu().numpy())
    g = torch.from_numpy(draw((4, 3, 5), seed=3)).to(device)
    for a, e in zip(torch.autograd.grad(got, (w, b), g), torch.autograd.grad(want, (w, b), g), strict=True):
        same(a, e.cpu().numpy())


def test_refused(device):
    x = torch.ones(2, 6, device=device)
    for call, error, message in (
        (lambda: F.layer_norm(x, (5,)), RuntimeError, r"normalized_shape=\[5\].*\[2, 6\]"),
        (lambda: F.group_norm(x, 4), RuntimeError, r"divisible by num_groups.*\[2, 6\].*4"),
        (lambda: F.batch_norm(x, None, None), RuntimeError, "running_mean and running_var"),
        (lambda: F.batch_norm(x[:1], None, None, training=True), ValueError, "more than 1 value per channel"),
        (lambda: F.layer_norm(x, (6,), torch.ones(5, device=device)), RuntimeError, r"weight of shape \[5\]"),
        (lambda: F.batch_norm(x, x[0].reshape(6, 1), x[0], training=True), RuntimeError, r"running_mean.*\[6, 1\]"),
        (lambda: F.batch_norm(x, x[0], x[0].reshape(1, 6)), RuntimeError, r"running_var.*\[1, 6\]"),
    ):
        with pytest.raises(error, match=message):
            call()
