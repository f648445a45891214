"""Counts of floating-point operations: two for each multiplication and addition of products."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import nn
from ferrotorch.utils.flop_counter import FlopCounterMode, register_flop_formula

aten = torch.ops.aten


def flops(run):
    with FlopCounterMode(display=False) as mode:
        run()
    return mode.get_total_flops()


def grad(*shape):
    return torch.ones(*shape, requires_grad=True)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (lambda: torch.ones(3, 4) @ torch.ones(4, 5), 2 * 3 * 4 * 5),
        (lambda: torch.ones(3, 4) @ torch.ones(4), 2 * 3 * 4),
        (lambda: torch.bmm(torch.ones(7, 3, 4), torch.ones(7, 4, 5)), 2 * 7 * 3 * 4 * 5),
        (lambda: torch.addmm(torch.ones(5), torch.ones(3, 4), torch.ones(4, 5)), 2 * 3 * 4 * 5),
        (lambda: F.linear(torch.ones(2, 3, 4), torch.ones(5, 4), torch.ones(5)), 2 * 6 * 4 * 5),
        (lambda: torch.einsum("bij,bjk->bik", torch.ones(7, 3, 4), torch.ones(7, 4, 5)), 2 * 7 * 3 * 4 * 5),
        (lambda: F.conv2d(torch.ones(2, 6, 8, 8), torch.ones(9, 6, 3, 3), padding=1), 2 * (2 * 9 * 64) * (6 * 9)),
        (lambda: F.conv1d(torch.ones(2, 6, 8), torch.ones(4, 3, 3), groups=2), 2 * (2 * 4 * 6) * (3 * 3)),
        (lambda: F.conv_transpose2d(torch.ones(1, 2, 4, 4), torch.ones(2, 3, 2, 2)), 2 * (1 * 2 * 16) * (3 * 4)),
        (lambda: (grad(3, 4) @ grad(4, 5)).sum().backward(), 3 * 2 * 3 * 4 * 5),
        (lambda: (grad(3, 4) @ torch.ones(4, 5)).sum().backward(), 2 * 2 * 3 * 4 * 5),
        (
            lambda: F.conv2d(grad(2, 6, 8, 8), grad(9, 6, 3, 3), padding=1).sum().backward(),
            3 * 2 * (2 * 9 * 64) * (6 * 9),
        ),
        (lambda: torch.ones(100).exp().sum(), 0),
    ],
)
def test_totals(run, expected):
    assert flops(run) == expected


def test_convolutions_and_their_gradients_are_told_apart():
    with FlopCounterMode(display=False) as mode:
        F.conv_transpose2d(torch.ones(1, 2, 4, 4), torch.ones(2, 3, 2, 2))
        F.conv1d(grad(1, 1, 4), grad(1, 1, 2)).sum().backward()
    assert mode.get_flop_counts()["Global"] == {aten.convolution: 768 + 12, aten.convolution_backward: 24}


def test_attention():
    q, k, v = torch.ones(2, 3, 5, 8), torch.ones(2, 3, 7, 8), torch.ones(2, 3, 7, 8)
    assert flops(lambda: F.scaled_dot_product_attention(q, k, v)) == 2 * 6 * 5 * 7 * (8 + 8)


def test_by_module():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    with FlopCounterMode(display=False) as mode:
        model(torch.ones(3, 4))
    first, second = 2 * 3 * 4 * 8, 2 * 3 * 8 * 2
    counts = mode.get_flop_counts()
    assert counts["Global"] == {aten.addmm: first + second}
    assert counts["Sequential"] == {aten.addmm: first + second}
    assert counts["Sequential.0"] == {aten.addmm: first}
    assert counts["Sequential.2"] == {aten.addmm: second}
    table = mode.get_table().splitlines()
    assert table[0].split() == ["Module", "FLOP", "%", "Total"]
    assert [line.split()[0] for line in table[2:] if not line.strip().startswith("-")] == [
        "Global",
        "Sequential",
        "Sequential.0",
        "Sequential.2",
    ]
    assert len(mode.get_table(1).splitlines()) == 6


def test_by_module_in_backward_passes():
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    with FlopCounterMode(display=False) as mode:
        model(torch.ones(3, 4)).sum().backward()
        torch.ones(1, 2) @ torch.ones(2, 1)
    first, second = 2 * 3 * 4 * 8, 2 * 3 * 8 * 2
    counts = mode.get_flop_counts()
    # The first layer's input needs no gradient.
    assert counts["Sequential.0"] == {aten.addmm: first, aten.mm: first}
    assert counts["Sequential.2"] == {aten.addmm: second, aten.mm: 2 * second}
    assert counts["Sequential"] == {aten.addmm: first + second, aten.mm: first + 2 * second}
    assert counts["Global"][aten.mm] == first + 2 * second + 4


def test_formulas_of_ones_own():
    with FlopCounterMode(display=False, custom_mapping={aten.exp: lambda x, out_shape: 7 * out_shape.numel()}) as mode:
        torch.exp(torch.ones(3))
        torch.ones(1, 2) @ torch.ones(2, 1)
    assert mode.get_flop_counts()["Global"] == {aten.exp: 21, aten.mm: 4}
    with pytest.raises(ValueError, match="expected each target to be OpOverloadPacket"):
        register_flop_formula(torch.exp)(lambda: 0)


def test_the_table_is_shown(capsys):
    with FlopCounterMode():
        torch.ones(100, 100) @ torch.ones(100, 100)
    assert "2.000M" in capsys.readouterr().out


def test_modules_that_take_and_give_several_tensors():
    class Inner(nn.Module):
        def forward(self, x):
            product = torch.mm(x["a"], x["b"])
            return {"a": product, "b": product @ x["b"]}

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = Inner(), Inner()

        def forward(self, x):
            return self.second(self.first(x))

    x = {"a": torch.ones(10, 10, requires_grad=True), "b": torch.ones(10, 10, requires_grad=True)}
    with FlopCounterMode(display=False) as mode:
        result = Outer()(x)
        (result["a"].sum() + result["b"].sum()).backward()
    counts = {name: sum(ops.values()) for name, ops in mode.flop_counts.items()}
    # A module is entered when the gradients of all its results are there: the first one after its second product.
    assert counts == {"Outer": 20000, "Outer.first": 8000, "Outer.second": 12000, "Global": 24000}
