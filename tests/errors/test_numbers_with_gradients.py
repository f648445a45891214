"""A 0-dim tensor passes for a number, unless the gradient that it asks for would be lost."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

ONES, M, FIRST = torch.ones(3), torch.ones(1, 1), torch.tensor([0])
CALLS = {
    "alpha": lambda t: torch.add(ONES, ONES, alpha=t),
    "alpha of a method": lambda t: ONES.sub(ONES, alpha=t),
    "value": lambda t: torch.addcmul(ONES, ONES, ONES, value=t),
    "rtol": lambda t: torch.isclose(ONES, ONES, rtol=t),
    "atol": lambda t: torch.allclose(ONES, ONES, atol=t),
    "beta": lambda t: torch.addmm(M, M, M, beta=t),
    "fill_value": lambda t: torch.full((2,), t),
    "end": lambda t: torch.arange(t),
    "index_add": lambda t: ONES.index_add(0, FIRST, ONES[:1], alpha=t),
    "normal_": lambda t: ONES.clone().normal_(t),
    "logit": lambda t: torch.logit(ONES / 2, t),
    "histc": lambda t: torch.histc(ONES, 3, 0, t),
}


@pytest.mark.parametrize("name", CALLS)
def test_it_is_refused_as_a_number(name):
    with pytest.raises(TypeError):
        CALLS[name](torch.tensor(0.25, requires_grad=True))
    CALLS[name](torch.tensor(0.25))


def test_where_a_tensor_may_stand_it_keeps_its_gradient():
    t = torch.tensor(0.5, requires_grad=True)
    for result in (ONES * t, ONES.lerp(ONES * 3, t), ONES.pow(t), torch.where(ONES > 0, t, 0.0), ONES.clamp(max=t)):
        result.sum().backward()
    assert t.grad is not None


V = torch.tensor([[1.0, 2.0], [4.0, 6.0]])
COMPOSED = {
    "cdist": lambda t: torch.cdist(V, V, t),
    "norm": lambda t: torch.norm(V, t),
    "norm of rows": lambda t: V.norm(p=t, dim=1),
    "dist": lambda t: torch.dist(V, V + 1, t),
    "renorm": lambda t: torch.renorm(V, t, 0, 1.0),
    "maxnorm": lambda t: torch.renorm(V, 2, 0, t),
    "pairwise_distance": lambda t: F.pairwise_distance(V, V + 1, t),
    "normalize": lambda t: F.normalize(V, t),
    "pdist": lambda t: F.pdist(V, t),
    "cosine_embedding_loss": lambda t: F.cosine_embedding_loss(V, V, torch.ones(2), margin=t),
    "triplet margin": lambda t: F.triplet_margin_loss(V, V, V + 1, margin=t),
    "triplet p": lambda t: F.triplet_margin_loss(V, V, V + 1, p=t),
    "multi_margin_loss": lambda t: F.multi_margin_loss(V, torch.tensor([0, 1]), margin=t),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_functions_of_several_ops_refuse_it_too(name):
    with pytest.raises(TypeError, match="must be"):
        COMPOSED[name](torch.tensor(2.0, requires_grad=True))
    COMPOSED[name](2.0)
