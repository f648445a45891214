"""Parametrized and fused weights, and adaptive softmax."""

import copy
import pickle

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn.utils import fuse_conv_bn_eval, fuse_linear_bn_eval, parametrizations, parametrize


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).t()


def test_a_parametrized_weight_is_computed_and_trained():
    layer = nn.Linear(3, 3)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert torch.equal(layer.weight, layer.weight.t())
    assert sorted(name for name, _ in layer.named_parameters()) == ["bias", "parametrizations.weight.original"]
    assert parametrize.is_parametrized(layer, "weight")
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    assert isinstance(layer, nn.Linear)
    layer(torch.ones(1, 3)).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None
    with parametrize.cached():
        assert layer.weight is layer.weight


@pytest.mark.parametrize("leave", [True, False])
def test_parametrizations_are_removed(leave):
    layer = nn.Linear(3, 3)
    original = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Symmetric())
    symmetric = layer.weight.detach().clone()
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=leave)
    assert type(layer) is nn.Linear
    assert torch.equal(layer.weight.detach(), symmetric if leave else original)
    assert isinstance(layer.weight, nn.Parameter)


def test_shapes_must_stay():
    class Half(nn.Module):
        def forward(self, x):
            return x[:1]

    with pytest.raises(ValueError, match="may not change the shape"):
        parametrize.register_parametrization(nn.Linear(2, 2), "weight", Half())
    with pytest.raises(ValueError, match="does not have a parameter"):
        parametrize.register_parametrization(nn.Linear(2, 2), "kernel", Half())


def test_weight_norm_separates_length_and_direction():
    layer = nn.Linear(4, 3)
    before = layer.weight.detach().clone()
    parametrizations.weight_norm(layer)
    assert torch.allclose(layer.weight, before, atol=1e-6)
    assert layer.parametrizations.weight.original0.shape == (3, 1)
    with torch.no_grad():
        layer.parametrizations.weight.original0.fill_(2.0)
    assert torch.allclose(torch.norm(layer.weight, 2, 1), torch.full((3,), 2.0), atol=1e-5)


def test_spectral_norm_bounds_the_largest_singular_value():
    torch.manual_seed(0)
    layer = parametrizations.spectral_norm(nn.Linear(5, 4), n_power_iterations=50)
    weight = layer.weight.detach()
    x = torch.randn(5)
    for _ in range(200):
        x = nn.functional.normalize(weight.t() @ (weight @ x), dim=0)
    assert float(torch.norm(weight @ x)) == pytest.approx(1.0, abs=1e-3)


def trained(norm):
    torch.manual_seed(0)
    with torch.no_grad():
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
        norm.weight.normal_()
        norm.bias.normal_()
    return norm.eval()


def test_fused_layers_do_what_the_pair_does():
    x = torch.randn(2, 3, 5, 5)
    conv, norm = nn.Conv2d(3, 4, 3, bias=False).eval(), trained(nn.BatchNorm2d(4))
    assert torch.allclose(fuse_conv_bn_eval(conv, norm)(x), norm(conv(x)), atol=1e-4)
    up = nn.ConvTranspose2d(3, 4, 3).eval()
    assert torch.allclose(fuse_conv_bn_eval(up, norm, transpose=True)(x), norm(up(x)), atol=1e-4)
    linear, norm = nn.Linear(3, 4).eval(), trained(nn.BatchNorm1d(4))
    assert torch.allclose(fuse_linear_bn_eval(linear, norm)(x[0, :, 0].t()), norm(linear(x[0, :, 0].t())), atol=1e-4)
    with pytest.raises(AssertionError, match="only for eval"):
        fuse_linear_bn_eval(linear.train(), norm)


def test_adaptive_softmax_is_a_distribution():
    torch.manual_seed(0)
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [4, 7], div_value=2.0)
    x, target = torch.randn(5, 8), torch.tensor([0, 3, 5, 11, 7])
    log_prob = layer.log_prob(x)
    assert torch.allclose(log_prob.exp().sum(1), torch.ones(5), atol=1e-5)
    output, loss = layer(x, target)
    assert torch.allclose(output, log_prob.gather(1, target.unsqueeze(1)).squeeze(1), atol=1e-5)
    assert torch.allclose(loss, -output.mean())
    assert torch.equal(layer.predict(x), log_prob.argmax(1))
    with pytest.raises(RuntimeError, match="Target values should be in"):
        layer(x, target + 5)


def test_parametrized_modules_are_copied_but_not_pickled():
    layer = nn.Linear(2, 2)
    parametrize.register_parametrization(layer, "weight", nn.ReLU())
    with pytest.raises(RuntimeError, match=r"state_dict\(\)"):
        pickle.dumps(layer)
    twin = copy.deepcopy(layer)
    assert torch.equal(twin.weight, layer.weight)
    assert twin.parametrizations.weight.original is not layer.parametrizations.weight.original


@pytest.mark.parametrize("training", [True, False])
def test_a_parametrization_takes_the_mode_of_its_module(training):
    net = nn.Linear(2, 2).train(training)
    for _ in range(2):
        parametrize.register_parametrization(net, "weight", nn.Identity())
    assert [m.training for m in net.parametrizations.weight] == [training] * 2


class Doubled(nn.Module):
    def forward(self, x):
        return x * 2

    def right_inverse(self, y):
        return y / 2


@pytest.mark.parametrize(("first", "factor"), [(Doubled, 2.0), (Symmetric, 2.0)])
def test_a_further_parametrization_acts_on_the_result_of_the_others(first, factor):
    """The originals stay as they are, also where those before have no inverse."""
    net = nn.Linear(2, 2)
    parametrize.register_parametrization(net, "weight", first())
    before, original = net.weight.detach(), net.parametrizations.weight.original.detach().clone()
    parametrize.register_parametrization(net, "weight", Doubled())
    assert torch.equal(net.weight, before * factor)
    assert torch.equal(net.parametrizations.weight.original, original)


class Cropped(nn.Module):
    def forward(self, x):
        return x[:1]


class Halfway(nn.Module):
    def forward(self, x):
        return x

    def right_inverse(self, y):
        return y[:1]


@pytest.mark.parametrize(
    ("further", "message"), [(Cropped, "may not change the shape"), (Halfway, "must have the same shape")]
)
def test_a_further_parametrization_keeps_the_shape(further, message):
    net = nn.Linear(2, 2)
    parametrize.register_parametrization(net, "weight", Doubled())
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(net, "weight", further())
    assert len(net.parametrizations.weight) == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64])
def test_spectral_norm_keeps_the_phase(dtype):
    layer = nn.Linear(2, 2, dtype=dtype)
    diagonal = torch.tensor([0.5, -0.25]).to(dtype) * (1j if dtype.is_complex else 1)
    layer.weight = nn.Parameter(torch.diag(diagonal))
    parametrizations.spectral_norm(layer)
    torch.testing.assert_close(layer.weight.detach(), torch.diag(diagonal / 0.5), atol=1e-4, rtol=1e-4)


def of(forward, right_inverse=None):
    """A parametrization of two functions."""
    members = {"forward": lambda self, *tensors: forward(*tensors)}
    if right_inverse is not None:
        members["right_inverse"] = lambda self, tensor: right_inverse(tensor)
    return type("Parametrization", (nn.Module,), members)()


@pytest.mark.parametrize(
    ("forward", "right_inverse", "message"),
    [
        (lambda x: x, lambda x: None, "must return a Tensor or a Sequence of tensors .* Got NoneType"),
        (lambda x, y: y, lambda x: (None, x), "Got element 0 of the sequence with type NoneType"),
        (lambda x: x.float(), lambda x: x.bool(), "outputs one tensor, it may not change the dtype"),
        (lambda x: 2, None, "A parametrization must return a tensor. Got int"),
        (lambda x: x.bool(), None, "may not change the dtype of the tensor"),
        (lambda x, y: (x + y).bool(), lambda x: (x, x), "may not change the dtype of the tensor"),
    ],
)
def test_what_a_tensor_cannot_be_computed_from(forward, right_inverse, message):
    net = nn.Linear(2, 2)
    before = net.weight
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(net, "weight", of(forward, right_inverse))
    assert net.weight is before
    assert not parametrize.is_parametrized(net)


@pytest.mark.parametrize(
    ("right_inverse", "message"),
    [
        (lambda x: (x, x), "right_inverse must return a tensor. Got: tuple"),
        (lambda x: x.bool(), "must have the same dtype as module's tensor"),
    ],
)
def test_inverses_of_further_parametrizations(right_inverse, message):
    net = nn.Linear(2, 2)
    parametrize.register_parametrization(net, "weight", Doubled())
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(net, "weight", of(lambda x: x, right_inverse))


@pytest.mark.parametrize(
    ("first", "later", "message"),
    [
        (lambda x: x, lambda x: None, "`right_inverse` should return a tensor. Got NoneType"),
        (lambda x: x, lambda x: x.bool(), "has dtype torch.bool while `original` has dtype torch.float32"),
        (lambda x: (x, x), lambda x: x[0] if x is None else 1, "must return a sequence of tensors. Got int"),
        (lambda x: (x, x), lambda x: (x,), "of length 2. Got a sequence of length 1"),
        (lambda x: (x, x), lambda x: (x, 3), "Got element 1 of type int"),
        (lambda x: (x, x), lambda x: (x, x.bool()), "Tensor 1 .* dtype torch.bool while `original1` has dtype"),
    ],
)
def test_inverses_of_what_is_assigned(first, later, message):
    inverse = [first]
    net = nn.Linear(2, 2)
    parametrize.register_parametrization(net, "weight", of(lambda x, *rest: x, lambda x: inverse[0](x)))
    inverse[0] = later
    with pytest.raises(ValueError, match=message):
        net.weight = torch.ones(2, 2)


def test_a_parameter_stays_that_an_optimizer_holds():
    net = nn.Linear(2, 2)
    before, value = net.weight, net.weight.detach().clone()
    parametrize.register_parametrization(net, "weight", of(lambda x: x * 2, lambda x: x / 2))
    assert net.parametrizations.weight.original is before
    torch.testing.assert_close(before.detach(), value / 2)
    torch.testing.assert_close(net.weight.detach(), value)


@pytest.mark.parametrize("several", [False, True])
def test_parametrizations_are_transferred(several):
    split = of(lambda x, y: x + y, lambda x: (x / 2, x / 2)) if several else Doubled()
    source, target, empty = nn.Linear(2, 2), nn.Linear(2, 2), nn.Module()
    parametrize.register_parametrization(source, "weight", split)
    parametrize.register_parametrization(source, "bias", Doubled())
    assert parametrize.transfer_parametrizations_and_params(source, target, "weight") is target
    assert not parametrize.is_parametrized(target, "bias")
    assert torch.equal(target.weight, source.weight)
    names = ["original0", "original1"] if several else ["original"]
    for name in names:
        assert getattr(target.parametrizations.weight, name) is getattr(source.parametrizations.weight, name)
    parametrize.transfer_parametrizations_and_params(source, empty)
    assert torch.equal(empty.weight, source.weight)
    assert torch.equal(empty.bias, source.bias)
    assert parametrize.transfer_parametrizations_and_params(nn.Linear(1, 1), nn.Module()).training
