"""Initialisers: distributions, bounds and errors."""

import math

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn import init


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv_transpose2d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, math.sqrt(2 / (1 + 0.01**2))),
        ("leaky_relu", 1.0, 1.0),
        ("selu", None, 0.75),
    ],
)
def test_gains(nonlinearity, param, gain):
    assert init.calculate_gain(nonlinearity, param) == pytest.approx(gain)


def test_unknown_gains():
    with pytest.raises(ValueError, match="Unsupported nonlinearity swish"):
        init.calculate_gain("swish")
    with pytest.raises(ValueError, match="not a valid number"):
        init.calculate_gain("leaky_relu", True)


@pytest.mark.parametrize(
    ("function", "bound"),
    [
        (lambda t: init.uniform_(t, -0.25, 0.25), 0.25),
        (init.xavier_uniform_, math.sqrt(6 / (30 * 20 + 50 * 20))),
        (lambda t: init.xavier_uniform_(t, gain=3), 3 * math.sqrt(6 / (30 * 20 + 50 * 20))),
        (init.kaiming_uniform_, math.sqrt(6 / (30 * 20))),
        (lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="linear"), math.sqrt(3 / (50 * 20))),
        (lambda t: init.kaiming_uniform_(t, a=math.sqrt(5)), 1 / math.sqrt(30 * 20)),
    ],
)
def test_uniform_bounds(function, bound):
    torch.manual_seed(0)
    tensor = torch.empty(50, 30, 4, 5)
    assert function(tensor) is tensor
    largest = float(tensor.abs().max())
    assert 0.99 * bound < largest <= bound
    assert float(tensor.std()) == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize(
    ("function", "std"),
    [
        (lambda t: init.normal_(t, 0.0, 0.5), 0.5),
        (init.xavier_normal_, math.sqrt(2 / 250)),
        (init.kaiming_normal_, math.sqrt(2 / 150)),
        (lambda t: init.kaiming_normal_(t, mode="fan_out"), math.sqrt(2 / 100)),
    ],
)
def test_normal_deviations(function, std):
    torch.manual_seed(0)
    assert float(function(torch.empty(100, 150)).std()) == pytest.approx(std, rel=0.03)


@pytest.mark.parametrize(("a", "b"), [(-2.0, 2.0), (-0.1, 0.1), (1.5, 1.8), (-1.0, 3.0)])
def test_truncated_normal_matches_the_distribution_function(a, b):
    torch.manual_seed(1)
    sample = init.trunc_normal_(torch.empty(20000), 0.0, 1.0, a, b)
    assert a <= float(sample.min()) < float(sample.max()) <= b
    cdf = lambda x: (1 + math.erf(x / math.sqrt(2))) / 2  # noqa: E731
    middle = (a + b) / 2
    expected = (cdf(middle) - cdf(a)) / (cdf(b) - cdf(a))
    assert float((sample < middle).float().mean()) == pytest.approx(expected, abs=0.015)


def test_truncated_normal_far_from_its_interval_warns():
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        init.trunc_normal_(torch.empty(3), mean=10.0, a=5.0, b=6.0)


def test_fixed_values():
    assert init.constant_(torch.empty(2), 3).tolist() == [3.0, 3.0]
    assert init.ones_(torch.empty(2)).tolist() == [1.0, 1.0]
    assert init.zeros_(torch.empty(2)).tolist() == [0.0, 0.0]
    assert init.eye_(torch.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_passes_channels_through(groups):
    conv = nn.Conv2d(4, 4, 3, padding=1, groups=groups, bias=False)
    init.dirac_(conv.weight, groups)
    x = torch.arange(32.0).reshape(1, 4, 2, 4)
    assert torch.equal(conv(x), x)


def test_sparse_columns():
    torch.manual_seed(0)
    tensor = init.sparse_(torch.empty(10, 4), 0.25)
    assert (tensor == 0).sum(0).tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.xavier_uniform_(torch.empty(3)), "fewer than 2 dimensions"),
        (lambda: init.kaiming_uniform_(torch.empty(3, 3), mode="fan"), "Mode fan not supported"),
        (lambda: init.eye_(torch.empty(3)), "Only tensors with 2 dimensions"),
        (lambda: init.dirac_(torch.empty(3, 3)), "Only tensors with 3, 4, or 5 dimensions"),
        (lambda: init.dirac_(torch.empty(3, 3, 3), groups=2), "divisible by groups"),
        (lambda: init.sparse_(torch.empty(3), 0.1), "Only tensors with 2 dimensions"),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_old_names_warn():
    with pytest.warns(FutureWarning, match="now deprecated in favor of `nn.init.constant_`"):
        assert init.constant(torch.empty(1), 2.0).tolist() == [2.0]


def test_leaves_are_filled_without_a_graph():
    parameter = nn.Parameter(torch.empty(2, 2))
    assert init.normal_(parameter) is parameter
    assert parameter.is_leaf


def test_layers_of_equal_seed_are_equal():
    def draw():
        torch.manual_seed(3)
        return nn.LSTM(3, 4)

    for a, b in zip(draw().parameters(), draw().parameters(), strict=True):
        assert torch.equal(a, b)
