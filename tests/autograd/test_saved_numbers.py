"""Numbers that nodes of pointwise ops save, and which of their arguments are inputs in the graph."""

import ferrotorch as torch
import pytest

F = torch.nn.functional
A = "torch::autograd::AccumulateGrad"


def leaf():
    return torch.tensor([0.5, 1.5, -2.0], requires_grad=True)


def saved(node):
    return {name for name in dir(node) if name.startswith("_saved")}


SAVED = {
    "x + y": {"alpha": 1},
    "x.add(y, alpha=3)": {"alpha": 3},
    "torch.sub(x, y, alpha=0.5)": {"alpha": 0.5},
    "2 - x": {"alpha": 1},
    "x.addcmul(y, y, value=2)": {"value": 2},
    "x.addcdiv(y, y, value=2.5)": {"value": 2.5},
    "x.clamp(-1, 1)": {"min": -1, "max": 1},
    "x.clamp(min=-1.5)": {"min": -1.5, "max": None},
    "x.clamp(max=1)": {"min": None, "max": 1},
    "F.leaky_relu(x, 0.25)": {"negative_slope": 0.25},
    "F.elu(x, 1.5)": {"alpha": 1.5, "scale": 1, "input_scale": 1},
    "F.softplus(x, 2, 10)": {"beta": 2, "threshold": 10},
    "F.threshold(x, 0.25, 3)": {"threshold": 0.25},
    "F.hardtanh(x, -2, 3)": {"min_val": -2, "max_val": 3},
    "F.softshrink(x, 0.25)": {"lambd": 0.25},
    "F.hardshrink(x, 0.75)": {"lambd": 0.75},
    "torch.polygamma(2, x)": {"n": 2},
    "x ** 2": {"exponent": 2},
    "2 ** x": {"self": 2},
    "torch.lerp(x, y, 0.25)": {"weight": 0.25},
    "torch.xlogy(x, 3)": {"other": 3},
    "torch.xlogy(3, x)": {"self": 3},
}


@pytest.mark.parametrize("call", SAVED)
def test_numbers_are_attributes(call):
    node = eval(call, {"torch": torch, "F": F, "x": leaf(), "y": leaf()}).grad_fn
    for name, value in SAVED[call].items():
        assert getattr(node, f"_saved_{name}") == value
        assert f"_saved_{name}" in dir(node)


@pytest.mark.parametrize(
    ("call", "kept", "value"),
    [
        ("x * 2", torch.int64, 2),
        ("2 * x", torch.int64, 2),
        ("x * 2.5", torch.float64, 2.5),
        ("x * 2j", torch.complex128, 2j),
        ("x / 2", torch.int64, 2),
    ],
)
def test_numbers_in_the_place_of_tensors_are_tensors(call, kept, value):
    node = eval(call, {"x": leaf()}).grad_fn
    assert (node._saved_other.dtype, node._saved_other.shape, node._saved_other.item()) == (kept, (), value)
    assert node._saved_self is None


EDGES = {
    "x ** 2": ("PowBackward0", [A]),
    "2 ** x": ("PowBackward2", [A]),
    "x ** y": ("PowBackward1", [A, A]),
    "2 - x": ("RsubBackward1", [A]),
    "x - 2": ("SubBackward0", [A, None]),
    "2 + x": ("AddBackward0", [A, None]),
    "2 * x": ("MulBackward0", [A, None]),
    "torch.mul(2, x)": ("MulBackward0", [None, A]),
    "x % 2": ("RemainderBackward0", [A]),
    "x.fmod(2)": ("FmodBackward0", [A]),
    "torch.lerp(x, y, 2)": ("LerpBackward0", [A, A]),
    "torch.lerp(x, y, y)": ("LerpBackward1", [A, A, A]),
    "torch.copysign(x, 2)": ("CopysignBackward1", [A]),
    "torch.xlogy(x, 2)": ("XlogyBackward2", [A]),
    "torch.xlogy(2, x)": ("XlogyBackward1", [A]),
    "torch.special.xlog1py(2, x)": ("SpecialXlog1PyBackward1", [A]),
    "torch.where(x > 0, x, y)": ("WhereBackward0", [A, A]),
    "torch.where(x > 0, x, 2)": ("WhereBackward0", [A, None]),
}


@pytest.mark.parametrize("call", EDGES)
def test_what_stands_in_the_graph(call):
    x, y = leaf(), leaf()
    result = eval(call, {"torch": torch, "x": x, "y": y})
    edges = [node and node.name() for node, _ in result.grad_fn.next_functions]
    assert (result.grad_fn.name(), edges) == EDGES[call]
    # The graph is walked as it was, whatever is shown of it.
    result.nan_to_num().sum().backward()
    assert x.grad.shape == (3,)


def test_a_number_does_not_save_what_no_derivative_reads():
    assert saved((leaf() % 2).grad_fn) == set()
    assert saved((leaf() ** 2).grad_fn) == {"_saved_self", "_saved_exponent"}
    assert saved(torch.lerp(leaf(), leaf(), 2).grad_fn) == {"_saved_weight"}
