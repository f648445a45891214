"""`nn.utils`: norms and limits of gradients, parameters as one vector, layers fused with a batch normalisation."""

import math

import ferrotorch as torch
import pytest
from ferrotorch import nn

U = nn.utils


def parameters(*gradients):
    """Parameters of zeros with these gradients; None for one without."""
    found = []
    for gradient in gradients:
        p = nn.Parameter(torch.zeros(2 if gradient is None else len(gradient)))
        p.grad = None if gradient is None else torch.tensor(gradient)
        found.append(p)
    return found


# The order 0 counts the tensors that are not zero, for it is a norm of norms.
NORMS = [(2.0, math.sqrt(9 + 16 + 144)), (1.0, 19.0), (math.inf, 12.0), (3.0, (27 + 64 + 1728) ** (1 / 3)), (0.0, 2.0)]


@pytest.mark.parametrize(("order", "expected"), NORMS)
def test_the_norm_of_all_gradients(order, expected):
    p = parameters([3.0, -4.0], None, [12.0, 0.0])
    assert U.get_total_norm([q.grad for q in p if q.grad is not None], order).item() == pytest.approx(expected)
    assert U.clip_grad_norm_(p, 1e9, order).item() == pytest.approx(expected)
    assert p[0].grad.tolist() == [3.0, -4.0], "below the bound nothing changes"


@pytest.mark.parametrize("order", [1.0, 2.0, math.inf])
def test_gradients_are_scaled_to_a_norm(order):
    p = parameters([3.0, -4.0], [12.0, 0.0])
    before = torch.cat([q.grad.clone() for q in p])
    total = U.clip_grad_norm_(p, 0.5, order)
    after = torch.cat([q.grad for q in p])
    assert torch.allclose(after, before * (0.5 / (total + 1e-6)))
    assert after.norm(order).item() == pytest.approx(0.5, rel=1e-5)


def test_gradients_of_no_parameters_and_of_bad_values():
    assert U.clip_grad_norm_([], 1.0).item() == 0.0
    assert U.clip_grad_norm_(parameters(None), 1.0).item() == 0.0
    p = parameters([math.inf, 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        U.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert math.isinf(U.clip_grad_norm_(p, 1.0).item())


def test_gradients_are_limited_element_by_element():
    p = parameters([3.0, -4.0], None, [0.5, -0.25])
    U.clip_grad_value_(p, 1)
    assert p[0].grad.tolist() == [1.0, -1.0] and p[2].grad.tolist() == [0.5, -0.25]
    q = parameters([3.0])[0]
    U.clip_grad_value_(q, 2.5)
    assert q.grad.tolist() == [2.5]


def test_one_norm_for_several_steps():
    p = parameters([3.0, 4.0])
    U.clip_grads_with_norm_(p, 2.0, torch.tensor(10.0))
    assert torch.allclose(p[0].grad, torch.tensor([0.6, 0.8]), atol=1e-6)


def test_parameters_as_one_vector():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1, bias=False))
    vector = U.parameters_to_vector(net.parameters())
    assert vector.shape == (12,)
    assert torch.equal(vector[:6].reshape(3, 2), net[0].weight) and torch.equal(vector[6:9], net[0].bias)
    U.vector_to_parameters(torch.arange(12.0), net.parameters())
    assert net[0].weight.tolist() == [[0, 1], [2, 3], [4, 5]] and net[1].weight.tolist() == [[9, 10, 11]]
    (2 * U.parameters_to_vector(net.parameters())).sum().backward()
    assert net[0].bias.grad.tolist() == [2.0] * 3
    with pytest.raises(TypeError, match=r"expected torch\.Tensor"):
        U.vector_to_parameters([1.0], net.parameters())


def in_evaluation(norm):
    """A batch normalisation whose statistics and parameters are not those it starts with."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for tensor in (norm.running_mean, *norm.parameters()):
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
        norm.running_var.copy_(torch.rand(norm.running_var.shape, generator=generator) + 0.5)
    return norm.eval()


@pytest.mark.parametrize(("conv", "norm", "shape", "transposed"), [
    (nn.Conv1d(3, 4, 3), nn.BatchNorm1d(4), (2, 3, 8), False),
    (nn.Conv2d(4, 6, 3, stride=2, groups=2, bias=False), nn.BatchNorm2d(6), (2, 4, 7, 7), False),
    (nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, affine=False), (2, 3, 4, 4), False),
    (nn.ConvTranspose2d(3, 4, 2), nn.BatchNorm2d(4), (2, 3, 4, 4), True),
], ids=["1d", "groups", "without parameters", "transposed"])  # fmt: skip
def test_a_convolution_takes_a_normalisation_in(conv, norm, shape, transposed):
    conv, norm = conv.eval(), in_evaluation(norm)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(6))
    fused = U.fuse_conv_bn_eval(conv, norm, transposed)
    assert fused is not conv and isinstance(fused, type(conv))
    assert torch.allclose(fused(x), norm(conv(x)), atol=1e-5)


def test_a_linear_layer_takes_a_normalisation_in():
    linear, norm = nn.Linear(3, 4).eval(), in_evaluation(nn.BatchNorm1d(4))
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(7))
    assert torch.allclose(U.fuse_linear_bn_eval(linear, norm)(x), norm(linear(x)), atol=1e-5)
    with pytest.raises(AssertionError):
        U.fuse_linear_bn_eval(linear, norm.train())
