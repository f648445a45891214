"""Values that ops refuse: at once on the host, and on a GPU when something is next read, so that no call waits."""

import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

CHECKS = {
    "all elements of input should be between 0 and 1": [
        lambda d: F.binary_cross_entropy(torch.tensor([0.5, 1.5], device=d), torch.ones(2, device=d)),
        lambda d: F.binary_cross_entropy(torch.tensor([math.nan], device=d), torch.ones(1, device=d)),
    ],
    "probability tensor contains either `inf`, `nan` or element < 0": [
        lambda d: torch.multinomial(torch.tensor([1.0, -1.0], device=d), 1),
        lambda d: torch.multinomial(torch.tensor([[1.0, math.inf], [1.0, 1.0]], device=d), 1),
    ],
    "sum of probabilities <= 0": [lambda d: torch.multinomial(torch.tensor([[1.0, 0.0], [0.0, 0.0]], device=d), 1)],
    "invalid Poisson rate": [lambda d: torch.poisson(torch.tensor([1.0, -1.0], device=d))],
    "expects all elements of std >= 0.0": [lambda d: torch.normal(0.0, torch.tensor([1.0, -1.0], device=d))],
    "q values must be in the range": [
        lambda d: torch.quantile(torch.ones(3, device=d), torch.tensor([0.5, 1.5], device=d)),
    ],
    "Class values must be non-negative": [lambda d: F.one_hot(torch.tensor([0, -1], device=d), 3)],
    "Class values must be smaller than num_classes": [lambda d: F.one_hot(torch.tensor([0, 3], device=d), 3)],
    "found an invalid max index": [
        lambda d: F.max_unpool1d(torch.ones(1, 1, 2, device=d), torch.tensor([[[0, 9]]], device=d), 2),
    ],
    "cov(): fweights cannot be negative": [
        lambda d: torch.cov(torch.ones(2, 2, device=d), fweights=torch.tensor([1, -1], device=d)),
    ],
    "Expected input_lengths to have values in [0, 5]": [
        lambda d: F.ctc_loss(torch.zeros(5, 1, 4, device=d), torch.ones(1, 2, dtype=torch.long, device=d), (6,), (2,)),
    ],
}


@pytest.mark.parametrize("text", CHECKS)
def test_values_are_refused(device, text):
    for call in CHECKS[text]:
        with pytest.raises(RuntimeError) as caught:
            call(device).cpu()
        assert text in str(caught.value)
        assert torch.ones(2, device=device).sum().item() == 2


# Of those that run on the GPU from end to end.
@pytest.mark.parametrize(
    "text",
    [
        "all elements of input should be between 0 and 1",
        "probability tensor contains either `inf`, `nan` or element < 0",
        "sum of probabilities <= 0",
        "expects all elements of std >= 0.0",
    ],
)
def test_a_gpu_is_not_waited_for(gpu, text):
    for call in CHECKS[text]:
        call(gpu)
        with pytest.raises(RuntimeError) as caught:
            torch.zeros(1, device=gpu).item()
        assert text in str(caught.value)


def test_classes_of_errors(device):
    x = torch.ones(3, device=device)
    with pytest.raises(ValueError, match="var has negative entry"):
        F.gaussian_nll_loss(x, x, torch.tensor([1.0, -1.0, 1.0], device=device)).item()
    indices = torch.zeros(4, dtype=torch.long, device=device)
    with pytest.raises(IndexError, match="offsets must not be negative"):
        F.embedding_bag(indices, torch.ones(2, 2, device=device), torch.tensor([0, -1], device=device)).cpu()


def test_many_elements(device):
    p = torch.full((300_001,), 0.5, device=device)
    assert F.binary_cross_entropy(p, p).item() == pytest.approx(math.log(2), rel=1e-5)
    strided = p.expand(3, 300_001).t()
    assert F.binary_cross_entropy(strided, strided).item() == pytest.approx(math.log(2), rel=1e-5)
    p[-1] = -1e-3
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(p, p).item()


X = [[2.0, 0.0, 3.0, 0.0, 5.0], [0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0]]
G = [[1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 1.0, 2.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0]]
# dx[k] is the sum over i >= k of g[i] times the product of all x[j], j <= i, but x[k].
DX = [
    [sum(g * math.prod(x[:k] + x[k + 1 : i + 1]) for i, g in enumerate(gs) if i >= k) for k in range(len(x))]
    for x, gs in zip(X, G, strict=True)
]


def test_gradients_of_running_products_with_zeros(device):
    x = torch.tensor(X, device=device, requires_grad=True)
    g = torch.tensor(G, device=device)
    (dx,) = torch.autograd.grad(x.cumprod(1), x, g)
    assert dx.tolist() == DX
    (recorded,) = torch.autograd.grad(x.cumprod(1), x, g, create_graph=True)
    assert recorded.tolist() == DX


def test_the_median_of_nan_hands_its_gradient_to_nan(device):
    x = torch.tensor([1.0, math.nan, 2.0, math.nan], device=device, requires_grad=True)
    x.median().backward()
    assert x.grad.tolist() == [0.0, 0.5, 0.0, 0.5]
    y = torch.tensor([3.0, 1.0, 1.0, 7.0, 0.0], device=device, requires_grad=True)
    y.median().backward()
    assert y.grad.tolist() == [0.0, 0.5, 0.5, 0.0, 0.0]
