"""Matrix products on GPUs, of shapes on both sides of blocks and tiles, are those of float64."""

import ferrotorch as torch
import pytest

SHAPES = [
    (1, 1, 1),
    (1, 5, 70),
    (70, 1, 300),
    (1, 1, 5000),
    (3, 4, 9),
    (8, 8, 8),
    (17, 9, 33),
    (64, 64, 16),
    (65, 130, 40),
]
SHAPES += [(2, 3, 9000), (129, 140, 31), (5, 200, 3), (200, 1, 2)]


def wave(*shape):
    return ((torch.arange(torch.Size(shape).numel()) * 7919) % 61 - 30).reshape(shape) / 16.0


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_shapes(gpu, m, n, k):
    a, b, c = wave(m, k), wave(k, n + 1)[:, 1:], wave(n)
    expected = a.double() @ b.double()
    ways = [(a, b), (a.T.contiguous().T, b), (a, b.T.contiguous().T), (torch.cat([a, a], 1)[:, k:], b)]
    for left, right in ways:
        product = left.to(gpu) @ right.to(gpu)
        torch.testing.assert_close(product.cpu().double(), expected, rtol=1e-5, atol=1e-3)
    added = torch.addmm(c.to(gpu), a.to(gpu), b.to(gpu), beta=0.5, alpha=2)
    torch.testing.assert_close(added.cpu().double(), 2 * expected + c.double() / 2, rtol=1e-5, atol=2e-3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int8], ids=str)
def test_batches_of_dtypes(gpu, dtype):
    a, b = (wave(*shape).mul(16).to(dtype) for shape in [(3, 20, 300), (3, 300, 24)])
    product = a.to(gpu) @ b.to(gpu)
    assert product.dtype == dtype
    torch.testing.assert_close(product.cpu(), a @ b, rtol=1e-2 if dtype.itemsize == 2 else 1e-12, atol=0)
    shared = a[:1].expand(3, 20, 300).to(gpu) @ b.to(gpu)
    torch.testing.assert_close(shared.cpu(), a[:1] @ b, rtol=1e-2 if dtype.itemsize == 2 else 1e-12, atol=0)


def test_sums_of_nothing(gpu):
    a, b, c = torch.ones(3, 0, device=gpu), torch.ones(0, 2, device=gpu), torch.ones(3, 2, device=gpu)
    assert (a @ b).tolist() == [[0.0, 0.0]] * 3
    assert torch.addmm(c, a, b, beta=3).tolist() == [[3.0, 3.0]] * 3
