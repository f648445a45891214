"""Printing of tensors; the expected texts are PyTorch's."""

import math

import ferrotorch as torch
import pytest

NAN, INF = math.nan, math.inf

TEXTS = [
    (lambda: torch.tensor(1), "tensor(1)"),
    (lambda: torch.tensor(2.0), "tensor(2.)"),
    (lambda: torch.tensor([]), "tensor([])"),
    (lambda: torch.zeros(0, 3), "tensor([], size=(0, 3))"),
    (lambda: torch.zeros(2, 0, dtype=torch.int64), "tensor([], size=(2, 0), dtype=torch.int64)"),
    (lambda: torch.zeros(2, 0, requires_grad=True), "tensor([], size=(2, 0), requires_grad=True)"),
    (lambda: torch.tensor([1.5, 2.0, 3.25]), "tensor([1.5000, 2.0000, 3.2500])"),
    (lambda: torch.tensor([1e10, 1.0]), "tensor([1.0000e+10, 1.0000e+00])"),
    (lambda: torch.tensor([1e5, 1e-5]), "tensor([1.0000e+05, 1.0000e-05])"),
    (lambda: torch.tensor([1e-5]), "tensor([1.0000e-05])"),
    (lambda: torch.tensor([NAN, 1.0, INF, -INF]), "tensor([nan, 1., inf, -inf])"),
    (lambda: torch.tensor([INF, 1.5]), "tensor([   inf, 1.5000])"),
    (lambda: torch.tensor([-0.0, 0.0]), "tensor([-0., 0.])"),
    (lambda: torch.tensor([-5, 100, 7]), "tensor([ -5, 100,   7])"),
    (lambda: torch.tensor([True, False]), "tensor([ True, False])"),
    (lambda: torch.tensor([1, 2], dtype=torch.uint8), "tensor([1, 2], dtype=torch.uint8)"),
    (lambda: torch.tensor([1.5, 2.0], dtype=torch.bfloat16), "tensor([1.5000, 2.0000], dtype=torch.bfloat16)"),
    (
        lambda: torch.tensor([1e-3, 1.5, 2], dtype=torch.float16),
        "tensor([1.0004e-03, 1.5000e+00, 2.0000e+00], dtype=torch.float16)",
    ),
    (lambda: torch.tensor([1 + 2j, 3.5 - 1j]), "tensor([1.0000+2.j, 3.5000-1.j])"),
    (lambda: torch.tensor([1.0, 2.0], requires_grad=True), "tensor([1., 2.], requires_grad=True)"),
    (lambda: torch.tensor([1.0, 2.0], requires_grad=True) * 2, "tensor([2., 4.], grad_fn=<MulBackward0>)"),
    (lambda: torch.nn.Parameter(torch.zeros(2)), "Parameter containing:\ntensor([0., 0.], requires_grad=True)"),
    (lambda: torch.arange(6.0).reshape(2, 3), "tensor([[0., 1., 2.],\n        [3., 4., 5.]])"),
    (lambda: torch.ones(2, 1, 2), "tensor([[[1., 1.]],\n\n        [[1., 1.]]])"),
    (lambda: torch.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    (
        lambda: torch.zeros(7, 1001),
        "tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n"
        + "        [0., 0., 0.,  ..., 0., 0., 0.],\n" * 2
        + "        ...,\n"
        + "        [0., 0., 0.,  ..., 0., 0., 0.],\n" * 2
        + "        [0., 0., 0.,  ..., 0., 0., 0.]])",
    ),
]


@pytest.fixture(autouse=True)
def default_options():
    yield
    torch.set_printoptions(profile="default")


@pytest.mark.parametrize(("make", "want"), TEXTS)
def test_texts(make, want):
    assert repr(make()) == want


def test_lines_break_at_the_width():
    text = repr(torch.arange(30.0) / 7)
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[0] == "tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000, 1.1429,"
    torch.set_printoptions(linewidth=30)
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True) * 2
    assert repr(x) == "tensor([0., 0., 0.],\n       dtype=torch.float64,\n       grad_fn=<MulBackward0>)"


@pytest.mark.parametrize(
    ("options", "values", "want"),
    [
        ({"precision": 2}, [0.123456, 7.5], "tensor([0.12, 7.50])"),
        ({"precision": 0}, [1 / 3, 2.0], "tensor([0, 2])"),
        ({"sci_mode": True}, [1.0, 2.0], "tensor([1.0000e+00, 2.0000e+00])"),
        ({"sci_mode": False}, [1e-4, 2.5], "tensor([0.0001, 2.5000])"),
        ({"sci_mode": True}, [0.0, INF], "tensor([0., inf])"),
        ({"edgeitems": 1, "threshold": 3}, [0.0, 1.0, 2.0, 3.5], "tensor([0.0000,  ..., 3.5000])"),
        ({"profile": "short"}, [0.5, 1.25], "tensor([0.50, 1.25])"),
        ({"edgeitems": 0, "threshold": 2}, [1.0, 2.0, 3.0], "tensor([...], size=(3,))"),
    ],
)
def test_options(options, values, want):
    torch.set_printoptions(**options)
    assert repr(torch.tensor(values)) == want


def test_full_profile_and_unknown_profile():
    torch.set_printoptions(profile="full")
    assert "..." not in repr(torch.zeros(2000))
    with pytest.raises(ValueError, match="profile"):
        torch.set_printoptions(profile="huge")


def test_options_of_a_block():
    from ferrotorch._tensor_str import get_printoptions, printoptions

    before = get_printoptions()
    with printoptions(precision=1):
        assert repr(torch.tensor(0.25)) == "tensor(0.2)"
    assert get_printoptions() == before
