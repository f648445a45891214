"""Orthogonal matrices: as initial values, and as what a weight stays in training."""

import ferrotorch as torch
import pytest
from ferrotorch import nn


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (2, 3, 2)])
def test_initial_values_are_orthogonal(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    made = nn.init.orthogonal_(torch.empty(shape), gain=2.0).reshape(shape[0], -1)
    product = made @ made.t() if made.shape[0] <= made.shape[1] else made.t() @ made
    assert torch.allclose(product, 4 * torch.eye(len(product)), atol=1e-5)
    with pytest.raises(ValueError, match="2 or more dimensions"):
        nn.init.orthogonal_(torch.empty(3))


@pytest.mark.parametrize("name", [None, "matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_a_weight_stays_orthogonal(name: str | None, trivial: bool, shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(shape[1], shape[0])
    nn.utils.parametrizations.orthogonal(layer, orthogonal_map=name, use_trivialization=trivial)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (layer(torch.ones(1, shape[1])) ** 2).sum().backward()
        optimizer.step()
    weight = layer.weight.detach()
    product = weight @ weight.t() if shape[0] <= shape[1] else weight.t() @ weight
    assert torch.allclose(product, torch.eye(min(shape)), atol=1e-5)


def test_an_orthogonal_matrix_can_be_assigned() -> None:
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))
    want = nn.init.orthogonal_(torch.empty(3, 3))
    layer.weight = want
    assert torch.allclose(layer.weight, want, atol=1e-5)
    plain = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="use_trivialization=False"):
        plain.weight = want
    with pytest.raises(ValueError, match="orthogonal_map"):
        nn.utils.parametrizations.orthogonal(nn.Linear(3, 3), orthogonal_map="foo")
