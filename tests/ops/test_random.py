"""Random numbers: reproducible, in range, with the right moments, whatever the number of threads."""

import ferrotorch as torch
import pytest
from ferrotorch.nn import functional as F

N = 40_000
# call, mean, standard deviation, lowest and highest value
DISTRIBUTIONS = {
    "rand": (lambda d: torch.rand(N, device=d), 0.5, 12**-0.5, 0, 1),
    "randn": (lambda d: torch.randn(N, device=d), 0, 1, -8, 8),
    "randint": (lambda d: torch.randint(-3, 7, (N,), device=d), 1.5, 2.872, -3, 6),
    "uniform_": (lambda d: torch.empty(N, device=d).uniform_(2, 4), 3, 2 / 12**0.5, 2, 4),
    "normal_": (lambda d: torch.empty(N, device=d).normal_(5, 2), 5, 2, -11, 21),
    "bernoulli": (lambda d: torch.bernoulli(torch.full((N,), 0.3, device=d)), 0.3, 0.21**0.5, 0, 1),
    "bernoulli_": (lambda d: torch.empty(N, device=d).bernoulli_(0.7), 0.7, 0.21**0.5, 0, 1),
    "exponential_": (lambda d: torch.empty(N, device=d).exponential_(2), 0.5, 0.5, 0, 20),
    "geometric_": (lambda d: torch.empty(N, device=d).geometric_(0.5), 2, 2**0.5, 1, 60),
    "multinomial": (lambda d: torch.multinomial(torch.tensor([1.0, 0, 3], device=d), N, True), 1.5, 0.866, 0, 2),
    "dropout": (lambda d: torch.nn.functional.dropout(torch.ones(N, device=d), 0.25), 1, (1 / 3) ** 0.5, 0, 4 / 3),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_moments_and_range(name, device):
    draw, mean, deviation, low, high = DISTRIBUTIONS[name]
    torch.manual_seed(3)
    x = draw(device).double().cpu()
    assert abs(x.mean().item() - mean) < 5 * deviation / N**0.5
    assert abs(x.std().item() / deviation - 1) < 0.05
    assert low <= x.min().item() and x.max().item() <= high + 1e-6


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_seed_decides(name, device):
    draw = DISTRIBUTIONS[name][0]

    def sample(seed):
        torch.manual_seed(seed)
        return draw(device), draw(device)

    (a, b), (c, d), (e, _) = sample(1), sample(1), sample(2)
    assert torch.equal(a, c) and torch.equal(b, d)
    assert not torch.equal(a, b) and not torch.equal(a, e)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_threads_change_nothing(name):
    threads, results = torch.get_num_threads(), []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            torch.manual_seed(5)
            results.append(DISTRIBUTIONS[name][0]("cpu"))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*results)


def test_state_and_generators():
    state = torch.get_rng_state()
    a = torch.randn(5)
    torch.set_rng_state(state)
    assert torch.equal(a, torch.randn(5))
    g, h = torch.Generator().manual_seed(7), torch.Generator().manual_seed(7)
    first = torch.rand(3, generator=g)
    assert torch.equal(first, torch.rand(3, generator=h))
    assert g.initial_seed() == 7


def test_permutations(device):
    x = torch.randperm(1000, device=device)
    assert x.sort().values.tolist() == list(range(1000))
    assert torch.randperm(0).tolist() == []


def test_without_replacement(device):
    x = torch.multinomial(torch.ones(20, 10, device=device), 10)
    assert x.sort(1).values.tolist() == [list(range(10))] * 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: torch.randint(3, 3, (2,)), "from=3 >= to=3"),
        (lambda: torch.randint(300, (2,), dtype=torch.uint8), "to - 1 is out of bounds for uint8"),
        (lambda: torch.empty(2, dtype=torch.uint8).random_(-1, 3), "from is out of bounds for uint8"),
        (lambda: torch.empty(2).uniform_(2, 1), "from=2 > to=1"),
        (lambda: torch.empty(2).normal_(0, -1), "std -1"),
        (lambda: torch.multinomial(torch.tensor([0.0, 0.0]), 1), "sum of probabilities <= 0"),
        (lambda: torch.multinomial(torch.ones(2), 3), "without replacement"),
        (lambda: torch.randperm(-1), "non-negative, got -1"),
        (lambda: torch.empty(2).exponential_(-1), "lambda=-1"),
        (lambda: torch.empty(2).geometric_(2), "p=2"),
    ],
)
def test_refused(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


# What PyTorch draws for seed 0 in the form of `torch.ones(3, 2).t()`: the numbers follow memory.
IN_MEMORY_ORDER = {
    "rand_like": (lambda x: torch.rand_like(x), [[0.4963, 0.0885, 0.3074], [0.7682, 0.1320, 0.6341]]),
    "randint_like": (lambda x: torch.randint_like(x, 10), [[4, 3, 3], [9, 0, 9]]),
    "dropout": (lambda x: F.dropout(x), [[0, 2, 0], [0, 0, 0]]),
    "dropout in place": (lambda x: F.dropout(x, inplace=True), [[0, 2, 0], [0, 0, 0]]),
    "alpha_dropout": (
        lambda x: F.alpha_dropout(x, training=True),
        [[-0.7792, 1.6656, -0.7792], [-0.7792, -0.7792, -0.7792]],
    ),
    "multinomial": (lambda x: torch.multinomial(x, 2), [[1, 2], [0, 2]]),
    "gumbel_softmax": (lambda x: F.gumbel_softmax(x), [[0.1047, 0.2984, 0.5969], [0.1974, 0.4831, 0.3195]]),
}


@pytest.mark.parametrize("name", IN_MEMORY_ORDER)
def test_streams_for_transposed_tensors(name):
    draw, expected = IN_MEMORY_ORDER[name]
    torch.manual_seed(0)
    result = draw(torch.ones(3, 2).t())
    torch.testing.assert_close(result, torch.tensor(expected), rtol=0, atol=1e-4, check_dtype=False)


def test_memory_format_of_tensors_in_the_form_of_another():
    x = torch.ones(3, 2).t()
    for like in (torch.rand_like, torch.empty_like, torch.ones_like, lambda x, **k: torch.full_like(x, 1, **k)):
        assert like(x).stride() == (1, 2)
        assert like(x, memory_format=torch.contiguous_format).stride() == (3, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.rand(2, dtype=torch.int64),
        lambda: torch.empty(2, dtype=torch.bool).normal_(),
        lambda: torch.empty(2, dtype=torch.bool).geometric_(0.5),
        lambda: torch.empty(2, dtype=torch.int64).log_normal_(),
        lambda: torch.bernoulli(torch.ones(2, dtype=torch.int64)),
        lambda: torch.empty(2, dtype=torch.complex64).bernoulli_(0.5),
    ],
)
def test_distributions_without_a_kernel_for_a_dtype(call):
    with pytest.raises(NotImplementedError):
        call()


@pytest.mark.parametrize("fill", ["exponential_", "cauchy_"])
def test_continuous_distributions_refuse_integers(fill):
    with pytest.raises(RuntimeError, match="continuous") as caught:
        getattr(torch.empty(2, dtype=torch.int64), fill)()
    assert caught.type is RuntimeError


def test_draws_do_not_depend_on_means_and_deviations():
    mean, std = (torch.ones(3, requires_grad=True) for _ in range(2))
    torch.normal(mean, std).sum().backward()
    assert mean.grad.tolist() == std.grad.tolist() == [0, 0, 0]


def test_integers_beyond_a_float_dtype_are_refused():
    with pytest.raises(RuntimeError, match="out of bounds for float16"):
        torch.empty(3, dtype=torch.float16).random_(0, 2**20)
    with pytest.raises(RuntimeError, match="out of bounds for float16"):
        torch.randint(0, 70000, (3,), dtype=torch.float16)


def test_normal_draws_in_the_dtype_of_the_means():
    half, single = torch.ones(3, dtype=torch.float16), torch.ones(3)
    assert torch.normal(half, single).dtype == torch.normal(0.5, half).dtype == torch.float16
    assert torch.normal(single, half).dtype == torch.float32


@pytest.mark.parametrize("drop", [F.dropout, F.dropout2d, F.alpha_dropout, F.feature_alpha_dropout])
def test_dropout_of_complex_numbers(drop):
    x = torch.full((4, 8, 3, 1), 1 + 2j, requires_grad=True)
    y = drop(x, 0.5, True)
    y.abs().sum().backward()
    assert y.dtype is torch.complex64 and len(set(y.flatten().tolist())) == 2
    if drop in (F.dropout, F.dropout2d):
        kept = y.detach() != 0
        assert 0 < int(kept.sum()) < kept.numel() and (y.detach()[kept] == 2 + 4j).all()
        assert ((x.grad == 0) == ~kept).all()
