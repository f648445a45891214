"""Lines longer than what one thread walks over, and many short ones: each value is checked against what it must be."""

import ferrotorch as torch
import pytest

LONG = [9_000_000, 2**24 + 5, 4_194_304, 8_388_607]


@pytest.mark.parametrize("n", LONG)
@pytest.mark.parametrize("dtype", [torch.float32, torch.int32, torch.int8])
def test_extrema_of_one_long_line(device, n, dtype):
    x = torch.zeros(n, dtype=dtype, device=device)
    for at in [n - 1, n // 2]:
        x[at] = 5
        assert x.argmax().item() == at
        value, index = x.max(0)
        assert (value.item(), index.item()) == (5, at)
        x[at] = -5
        assert x.argmin().item() == at
        value, index = x.min(0)
        assert (value.item(), index.item()) == (-5, at)
        assert [v.item() for v in x.aminmax()] == [-5, 0]
        x[at] = 0
    assert x.argmax().item() == 0


def test_extrema_of_few_long_lines(device):
    n = 3_000_000
    x = torch.zeros(2, n, device=device)
    x[0, -1], x[1, 2_500_000] = 5, float("nan")
    for lines, dim in [(x, 1), (x.t().contiguous(), 0)]:
        value, index = lines.max(dim)
        assert index.tolist() == [n - 1, 2_500_000]
        assert value[0].item() == 5
        assert value[1].isnan().item()
    y = torch.zeros(3, 400_000, dtype=torch.int64, device=device)
    y[:, 399_999] = torch.tensor([1, 2**40, 3], device=device)
    assert y.max(1).values.tolist() == [1, 2**40, 3]
    assert y.argmax(1).tolist() == [399_999] * 3


@pytest.mark.parametrize("length", [1, 2, 3, 17, 100])
def test_many_short_lines(device, length):
    lines = 70_000
    x = (torch.arange(lines * length) * 7919 % 1009).reshape(lines, length)
    expected = x.max(1)
    for dtype in [torch.float32, torch.int32]:
        value, index = x.to(dtype).to(device).max(1)
        assert torch.equal(value.cpu(), expected.values.to(dtype))
        assert torch.equal(index.cpu(), expected.indices)
    y = x.float().to(device)
    assert torch.equal(y.sum(1).cpu(), x.sum(1).float())
    assert torch.equal(y.amin(1).cpu(), x.amin(1).float())
    assert torch.allclose(y.softmax(1).sum(1), torch.ones(lines, device=device))


def test_softmax_of_long_lines(device):
    n = 70_000
    x = torch.zeros(n, 64, device=device)
    x[0], x[-1] = 1.0, 2.0
    total = n - 2 + torch.tensor(1.0).exp() + torch.tensor(2.0).exp()
    for y in [x.softmax(0), x.log_softmax(0).exp(), x.t().contiguous().softmax(1).t()]:
        assert torch.allclose(y[1:-1].cpu() * total, torch.ones(n - 2, 64), rtol=1e-4)
        assert torch.allclose(y[-1].cpu() * total, torch.tensor(2.0).exp(), rtol=1e-4)
    x.requires_grad_()
    x.log_softmax(0)[-1].sum().backward()
    assert torch.allclose(x.grad[-1].cpu(), 1 - torch.tensor(2.0).exp() / total, rtol=1e-4)
    assert torch.allclose(x.grad[1].cpu() * total, torch.full((64,), -1.0), rtol=1e-4)


@pytest.mark.parametrize(("m", "k", "n"), [(2, 200_000, 3), (1, 70_000, 1), (64, 40_000, 128), (40, 20_000, 40)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
def test_sums_of_long_products(device, m, k, n, dtype):
    a = torch.full((m, k), 0.25, dtype=dtype, device=device)
    a[1:, k // 2 :] = 0.5
    b = torch.full((k, n), 0.5, dtype=dtype, device=device)
    expected = torch.full((m, n), 0.1875 * k)
    expected[0] = 0.125 * k
    assert torch.allclose((a @ b).cpu().float(), expected, rtol=1e-3 if dtype == torch.float16 else 1e-6)


def test_weight_gradients_over_many_rows(device):
    rows = 300_000
    norm = torch.nn.LayerNorm(4).to(device)
    x = torch.tensor([-1.0, 1.0, -1.0, 1.0], device=device).expand(rows, 4).contiguous()
    norm(x).sum().backward()
    assert torch.allclose(norm.bias.grad.cpu(), torch.full((4,), float(rows)))
    assert torch.allclose(norm.weight.grad.cpu(), torch.tensor([-1.0, 1.0, -1.0, 1.0]) * rows, rtol=1e-4)


@pytest.mark.parametrize("shape", [(300_000,), (3, 100_000), (100_000, 3), (200, 7, 300)])
@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.float16, torch.bool, torch.float32])
def test_reductions_agree_with_the_host(gpu, shape, dtype):
    n = int(torch.tensor(shape).prod())
    x = (torch.arange(n) * 7919 % 11 - 5).to(dtype).reshape(shape)
    if dtype == torch.float16:
        x = x / 8
    reductions = [torch.amax, torch.amin, torch.sum, torch.any, torch.all, torch.count_nonzero]
    reductions += [torch.argmax, torch.argmin] if dtype != torch.bool else []
    reductions += [torch.mean, torch.var, torch.logsumexp] if dtype.is_floating_point else []
    for reduce in reductions:
        for dim in [*range(len(shape)), *([] if reduce is torch.logsumexp else [None])]:
            args = () if dim is None else (dim,)
            here, there = reduce(x, *args), reduce(x.to(gpu), *args).cpu()
            assert torch.allclose(here.double(), there.double(), rtol=2e-3 if dtype == torch.float16 else 1e-5), reduce
