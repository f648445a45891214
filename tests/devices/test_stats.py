"""What a GPU is asked to do is counted, and training steps ask for no more than they did."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import nn


def work_of(step, times=3):
    """The counts of a step, once everything that is made at first use is there."""
    for _ in range(times):
        step()
    torch.wgpu.reset_stats()
    step()
    return torch.wgpu.stats()


def trainer(model, loss):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def test_counts_of_single_calls(gpu):
    x = torch.arange(8.0).to(gpu)
    x.sum().item()
    torch.wgpu.reset_stats()
    before = torch.wgpu.stats()
    assert (before.launches, before.submissions, before.waits, before.fallbacks) == (0, 0, 0, {})
    y = x + 1
    assert torch.wgpu.stats().launches == 1
    assert torch.wgpu.stats().submissions == 0
    assert y.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    after = torch.wgpu.stats()
    assert (after.launches, after.submissions, after.waits, after.bytes_read) == (1, 1, 1, 32)
    x.copy_(torch.zeros(8))
    assert torch.wgpu.stats().since(after).bytes_written == 32
    assert torch.wgpu.stats("wgpu:0") == torch.wgpu.stats(0)


def test_long_work_is_handed_over_before_anyone_reads(gpu):
    x = torch.eye(8, device=gpu)
    x.sum().item()
    torch.wgpu.reset_stats()
    for _ in range(60):
        x = x @ x
    assert torch.wgpu.stats().submissions == 1
    assert x.sum(0).tolist() == [1.0] * 8
    assert torch.wgpu.stats().submissions == 2


@pytest.mark.filterwarnings("ignore:.*runs on the host")
def test_what_runs_on_the_host_waits_once(gpu):
    a, b = torch.eye(4, dtype=torch.float64).to(gpu) * 2 + 1, torch.rand(2, 4, dtype=torch.float64).to(gpu).T
    torch.wgpu.reset_stats()
    y = torch.linalg.solve_triangular(a, b, upper=False)
    stats = torch.wgpu.stats()
    assert stats.fallbacks == {"linalg.solve_triangular": 1}
    assert (stats.waits, stats.submissions) == (1, 1)
    assert torch.allclose(y.cpu(), torch.linalg.solve_triangular(a.cpu(), b.cpu(), upper=False))


def test_a_step_of_a_multilayer_perceptron(gpu):
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).to(gpu)
    x, y = torch.randn(32, 64).to(gpu), torch.randint(0, 10, (32,)).to(gpu)
    work = work_of(trainer(model, lambda m: F.cross_entropy(m(x), y)))
    assert work.launches <= 12
    assert work.submissions <= 2
    assert work.waits == 1
    assert work.fallbacks == {}


def test_a_step_of_a_convolutional_network(gpu):
    model = nn.Sequential(
        *[nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(16, 10)],
    ).to(gpu)
    x, y = torch.randn(4, 1, 12, 12).to(gpu), torch.randint(0, 10, (4,)).to(gpu)
    work = work_of(trainer(model, lambda m: F.cross_entropy(m(x), y)))
    assert work.launches <= 31
    assert work.submissions <= 2
    assert work.waits == 1
    assert work.fallbacks == {}


class Block(nn.Module):
    """A layer of a transformer that sees what is before."""

    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        n, length, width = x.shape
        q, k, v = self.qkv(self.first(x)).view(n, length, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(n, length, width))
        return x + self.down(F.gelu(self.up(self.second(x))))


class Gpt(nn.Module):
    def __init__(self, layers, width):
        super().__init__()
        self.words, self.places = nn.Embedding(20, width), nn.Embedding(8, width)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 20)

    def forward(self, x):
        places = torch.arange(x.shape[1], device=x.device)
        return self.head(self.norm(self.blocks(self.words(x) + self.places(places))))


def test_a_step_of_a_language_model(gpu):
    x = torch.randint(0, 20, (2, 8)).to(gpu)
    steps = {}
    for layers in (1, 2):
        model = Gpt(layers, 8).to(gpu)
        steps[layers] = work_of(trainer(model, lambda m: F.cross_entropy(m(x).flatten(0, 1), x.flatten())))
    assert steps[1].launches <= 51
    assert steps[2].launches - steps[1].launches <= 31
    assert steps[2].submissions <= 2
    assert steps[2].waits == 1
    assert steps[2].fallbacks == {}
