"""Products of complex matrices: sizes around those of tiles, layouts, scalars, and how exact they are."""

import ferrotorch as torch
import numpy as np
import pytest

DTYPES = [torch.complex64, torch.complex128]
# Rows and columns around tiles of 3, 6 and 8, 16; sums around the depth of a block.
SHAPES = [(1, 7, 5), (2, 1, 9), (6, 8, 16), (7, 9, 17), (13, 33, 15), (25, 330, 31), (70, 90, 67)]


def draw(*shape, seed=0):
    generator = np.random.default_rng(seed)
    return generator.standard_normal(shape) + 1j * generator.standard_normal(shape)


def tolerance(dtype, depth):
    return (1e-6 if dtype is torch.complex64 else 1e-15) * 4 * (depth + 4)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_layouts(shape, dtype):
    m, k, n = shape
    a, b = draw(m, k), draw(k, n, seed=1)
    expected = torch.from_numpy(a @ b).to(dtype)
    lefts = [a, np.ascontiguousarray(a.T), np.ascontiguousarray(a.conj().T), np.repeat(a, 2, axis=1)]
    rights = [b, np.ascontiguousarray(b.T), np.ascontiguousarray(b.conj().T), np.repeat(b, 2, axis=1)]
    views = [lambda x: x, lambda x: x.T, lambda x: x.mH, lambda x: x[:, ::2]]
    for left, of_left in zip(lefts, views, strict=True):
        for right, of_right in zip(rights, views, strict=True):
            x, y = of_left(torch.from_numpy(left).to(dtype)), of_right(torch.from_numpy(right).to(dtype))
            torch.testing.assert_close(x @ y, expected, rtol=0, atol=tolerance(dtype, k))


@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_and_what_is_added(dtype):
    a, b, c = draw(5, 19, 40), draw(5, 40, 23, seed=1), draw(5, 19, 23, seed=2)
    x, y, z = (torch.from_numpy(array).to(dtype) for array in (a, b, c))
    alpha, beta = 0.5 - 2j, 1.5j
    atol = 4 * tolerance(dtype, 40)
    expected = torch.from_numpy(beta * c + alpha * (a @ b)).to(dtype)
    torch.testing.assert_close(torch.baddbmm(z, x, y, beta=beta, alpha=alpha), expected, rtol=0, atol=atol)
    torch.testing.assert_close(torch.addmm(z[0], x[0], y[0], beta=beta, alpha=alpha), expected[0], rtol=0, atol=atol)
    torch.testing.assert_close(
        torch.einsum("bij,bjk->bki", x, y), torch.from_numpy(a @ b).to(dtype).mT, rtol=0, atol=atol
    )
    out = torch.empty(5, 23, 19, dtype=dtype).mT
    torch.bmm(x, y, out=out)
    torch.testing.assert_close(out, torch.from_numpy(a @ b).to(dtype), rtol=0, atol=atol)
    vector = torch.from_numpy(draw(40)).to(dtype)
    torch.testing.assert_close(x @ vector, (x * vector).sum(-1), rtol=0, atol=atol)


def test_parts_are_as_exact_as_their_own_size():
    # Four real products a complex one: no part loses digits to the other.
    a = torch.tensor([[1.0 + 1e-6j, 1.0 - 1e-6j]]).repeat(64, 32)
    b = torch.eye(64, dtype=torch.complex64)
    assert torch.equal(a @ b, a)
    product = a @ torch.ones(64, 64, dtype=torch.complex64)
    assert (product.imag.abs() <= 64 * 2e-13).all() and (product.real == 64).all()


def test_infinities_stay_in_their_row():
    a = torch.from_numpy(draw(20, 30)).to(torch.complex64)
    a[3, 4] = complex(float("inf"), 0)
    product = a @ torch.from_numpy(draw(30, 20)).to(torch.complex64)
    assert not product[3].isfinite().any() and product[[i for i in range(20) if i != 3]].isfinite().all()


def test_gradients():
    a = torch.from_numpy(draw(9, 20)).requires_grad_()
    b = torch.from_numpy(draw(20, 10, seed=1)).requires_grad_()
    g = torch.from_numpy(draw(9, 10, seed=2))
    (a @ b).backward(g)
    torch.testing.assert_close(a.grad, torch.from_numpy(g.numpy() @ b.detach().numpy().conj().T))
    torch.testing.assert_close(b.grad, torch.from_numpy(a.detach().numpy().conj().T @ g.numpy()))


@pytest.mark.parametrize("dtype", DTYPES)
def test_convolutions(dtype):
    x, w = torch.from_numpy(draw(2, 5, 9, 11)).to(dtype), torch.from_numpy(draw(7, 5, 3, 3, seed=1)).to(dtype)
    x.requires_grad_()
    w.requires_grad_()
    convolve = torch.nn.functional.conv2d
    y = convolve(x, w, padding=1)
    parts = [[convolve(p, q, padding=1) for q in (w.real, w.imag)] for p in (x.real, x.imag)]
    expected = torch.complex(parts[0][0] - parts[1][1], parts[0][1] + parts[1][0])
    torch.testing.assert_close(y, expected, rtol=0, atol=tolerance(dtype, 45))
    g = torch.from_numpy(draw(*y.shape, seed=2)).to(dtype)
    for own, of_parts in zip(torch.autograd.grad(y, (x, w), g), torch.autograd.grad(expected, (x, w), g), strict=True):
        torch.testing.assert_close(own, of_parts, rtol=0, atol=tolerance(dtype, 400))
