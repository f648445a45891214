"""Random numbers of every distribution are drawn on the GPU, follow its generator, and have the right moments."""

import math

import ferrotorch as torch
import pytest

pytestmark = pytest.mark.filterwarnings("error:.*runs on the host")

N = 20_000


def given(value, gpu, dtype=torch.float32):
    return torch.full((N,), value, device=gpu, dtype=dtype)


# Each with its mean and variance.
DRAWS = {
    "uniform": (lambda g: torch.rand(N, device=g), 0.5, 1 / 12),
    "uniform in float64": (lambda g: torch.rand(N, device=g, dtype=torch.float64), 0.5, 1 / 12),
    "normal": (lambda g: torch.randn(N, device=g), 0, 1),
    "normal in float64": (lambda g: torch.randn(N, device=g, dtype=torch.float64), 0, 1),
    "exponential in float64": (lambda g: torch.empty(N, device=g, dtype=torch.float64).exponential_(2.0), 0.5, 0.25),
    "geometric in float64": (lambda g: torch.empty(N, device=g, dtype=torch.float64).geometric_(0.25), 4, 12),
    "poisson(9) in float64": (lambda g: torch.poisson(given(9.0, g, torch.float64)), 9, 9),
    "poisson(40) in float64": (lambda g: torch.poisson(given(40.0, g, torch.float64)), 40, 40),
    "gamma(0.3) in float64": (lambda g: torch._standard_gamma(given(0.3, g, torch.float64)), 0.3, 0.3),
    "gamma(20) in float64": (lambda g: torch._standard_gamma(given(20.0, g, torch.float64)), 20, 20),
    "binomial(100, 0.4) in float64": (
        lambda g: torch.binomial(*(given(v, g, torch.float64) for v in (100.0, 0.4))),
        40,
        24,
    ),
    "exponential": (lambda g: torch.empty(N, device=g).exponential_(2.0), 0.5, 0.25),
    "geometric": (lambda g: torch.empty(N, device=g).geometric_(0.25), 4, 12),
    "log_normal": (lambda g: torch.empty(N, device=g).log_normal_(0.0, 0.25), math.exp(1 / 32), 0.0687),
    "bernoulli": (lambda g: torch.empty(N, device=g).bernoulli_(0.25), 0.25, 0.1875),
    "integers": (lambda g: torch.randint(0, 5, (N,), device=g), 2, 2),
    "poisson(0.5)": (lambda g: torch.poisson(given(0.5, g)), 0.5, 0.5),
    "poisson(9)": (lambda g: torch.poisson(given(9.0, g)), 9, 9),
    "poisson(40)": (lambda g: torch.poisson(given(40.0, g)), 40, 40),
    "poisson(2000)": (lambda g: torch.poisson(given(2000.0, g)), 2000, 2000),
    "gamma(0.3)": (lambda g: torch._standard_gamma(given(0.3, g)), 0.3, 0.3),
    "gamma(1)": (lambda g: torch._standard_gamma(given(1.0, g)), 1, 1),
    "gamma(20)": (lambda g: torch._standard_gamma(given(20.0, g)), 20, 20),
    "binomial(5, 0.3)": (lambda g: torch.binomial(given(5.0, g), given(0.3, g)), 1.5, 1.05),
    "binomial(5, 0.9)": (lambda g: torch.binomial(given(5.0, g), given(0.9, g)), 4.5, 0.45),
    "binomial(100, 0.4)": (lambda g: torch.binomial(given(100.0, g), given(0.4, g)), 40, 24),
    "binomial(1000, 0.95)": (lambda g: torch.binomial(given(1000.0, g), given(0.95, g)), 950, 47.5),
}


@pytest.mark.parametrize("name", DRAWS)
def test_moments_and_states(gpu, name):
    draw, mean, variance = DRAWS[name]
    torch.manual_seed(3)
    state = torch.wgpu.get_rng_state()
    x = draw(gpu)
    assert x.device.type == "wgpu"
    other = draw(gpu)
    torch.wgpu.set_rng_state(state)
    assert torch.equal(draw(gpu), x)
    assert not torch.equal(other, x)
    x = x.cpu().double()
    # Five standard errors; of a variance about five times its own.
    assert abs(x.mean().item() - mean) < 5 * math.sqrt(variance / N)
    assert abs(x.var().item() / variance - 1) < 0.12


def test_probabilities_of_small_numbers(gpu):
    torch.manual_seed(0)
    counts = torch.poisson(given(2.0, gpu)).long().cpu().bincount(minlength=5)[:5] / N
    expected = [math.exp(-2) * 2**k / math.factorial(k) for k in range(5)]
    assert torch.allclose(counts, torch.tensor(expected), atol=0.015)
    counts = torch.binomial(given(3.0, gpu), given(0.5, gpu)).long().cpu().bincount(minlength=4) / N
    assert torch.allclose(counts, torch.tensor([1, 3, 3, 1]) / 8, atol=0.015)
    assert torch.poisson(torch.zeros(3, device=gpu)).tolist() == [0, 0, 0]
    edges = torch.binomial(torch.tensor([0.0, 5, 5], device=gpu), torch.tensor([0.5, 0, 1], device=gpu))
    assert edges.tolist() == [0, 0, 5]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_types(gpu, dtype):
    torch.manual_seed(0)
    x = torch.poisson(given(3.0, gpu, dtype))
    assert x.dtype == dtype
    assert abs(x.float().mean().item() - 3) < 0.1
    assert torch._standard_gamma(given(0.01, gpu, dtype)).min().item() > 0


@pytest.mark.parametrize("n", [0, 1, 2, 100, 1024, 1025, 5000])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.float32], ids=str)
def test_permutations(gpu, n, dtype):
    torch.manual_seed(0)
    x = torch.randperm(n, device=gpu, dtype=dtype)
    assert x.dtype == dtype
    assert torch.equal(x.cpu().sort().values, torch.arange(n).to(dtype))
    if n >= 100:
        assert not torch.equal(x, torch.randperm(n, device=gpu, dtype=dtype))
        assert (x.cpu() == torch.arange(n)).sum().item() < 10


def test_every_permutation_comes_equally_often(gpu):
    torch.manual_seed(0)
    rows = torch.stack([torch.randperm(3, device=gpu) for _ in range(1200)])
    numbers = (rows * torch.tensor([9, 3, 1], device=gpu)).sum(1).cpu()
    counts = torch.bincount(numbers)
    assert counts[counts > 0].tolist() == pytest.approx([200] * 6, abs=70)


def test_samples_by_weight(gpu):
    torch.manual_seed(0)
    weights = torch.tensor([0.0, 1, 3, 0, 4], device=gpu)
    drawn = torch.multinomial(weights, N, replacement=True)
    counts = torch.bincount(drawn.cpu(), minlength=5) / N
    assert torch.allclose(counts, weights.cpu() / 8, atol=0.015)
    for _ in range(5):
        assert sorted(torch.multinomial(weights, 3).tolist()) == [1, 2, 4]


def test_numbers_in_float64_have_its_digits(gpu):
    torch.manual_seed(0)
    for draw in (torch.Tensor.normal_, torch.Tensor.exponential_, torch.Tensor.cauchy_, torch.Tensor.log_normal_):
        x = draw(torch.empty(200, dtype=torch.float64, device=gpu))
        assert (x != x.float().double()).float().mean().item() > 0.9
    x = torch._standard_gamma(given(2.5, gpu, torch.float64))
    assert (x != x.float().double()).float().mean().item() > 0.9
