"""Products, powers, and what is composed of them."""

import itertools

import ferrotorch as torch
import pytest


def numbers(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    n = 1
    for size in shape:
        n *= size
    return ((torch.arange(n) * 7 % 11 - 5).to(dtype) / 3).reshape(shape)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.complex64])
def test_cross_is_at_right_angles(dtype: torch.dtype, device: str) -> None:
    a = (numbers(4, 3) * 3).to(dtype).to(device)
    b = (numbers(1, 3) + 2).to(dtype).to(device)
    c = torch.linalg.cross(a, b)
    assert c.shape == (4, 3)
    assert (a * c).sum(-1).abs().max() < 1e-4
    want = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    assert (c[:, 2] - want).abs().max() < 1e-4
    assert torch.equal(torch.cross(a.t(), b.t(), dim=0), c.t())


def test_cross_finds_its_dimension() -> None:
    a, b = numbers(3, 2), numbers(3, 2) ** 2
    assert torch.equal(torch.cross(a, b), torch.linalg.cross(a, b, dim=0))
    for x, y in ((a[:2], b[:2]), (a.t(), b), (a, b[0])):
        with pytest.raises(RuntimeError):
            torch.linalg.cross(x, y)


def test_vecdot_conjugates_the_first(device: str) -> None:
    x = torch.complex(numbers(2, 3), numbers(2, 3) ** 2).to(torch.complex64).to(device)
    y = torch.complex(numbers(3), numbers(3) + 1).to(torch.complex64).to(device)
    want = (x.conj() * y).sum(-1)
    assert torch.allclose(torch.linalg.vecdot(x, y), want)
    assert torch.allclose(torch.linalg.vecdot(x[0], y), want[0])
    assert torch.allclose(torch.linalg.vecdot(x.t(), y[:, None], dim=0), want)
    with pytest.raises(NotImplementedError, match="floating point"):
        torch.linalg.vecdot(torch.ones(3).int(), torch.ones(3).int())


def test_products_of_samples() -> None:
    a, b = numbers(5, 2, 3), numbers(4, 3)
    together = torch.vmap(torch.vmap(torch.linalg.cross, (0, None)), (None, 0))(a[:, 0], b)
    assert torch.allclose(together, torch.linalg.cross(a[None, :, 0], b[:, None, :]))
    assert torch.allclose(torch.vmap(torch.linalg.vecdot)(a, a), (a * a).sum(-1))


def test_multi_dot_multiplies_in_the_cheapest_order() -> None:
    for sizes in itertools.product((1, 3, 5), repeat=5):
        factors = [numbers(m, n) for m, n in itertools.pairwise(sizes)]
        want = factors[0] @ factors[1] @ factors[2] @ factors[3]
        assert torch.allclose(torch.linalg.multi_dot(factors), want)
    row, column = numbers(4), numbers(3)
    assert torch.linalg.multi_dot([row, numbers(4, 3), column]).shape == ()
    assert torch.linalg.multi_dot([row, numbers(4, 3)]).shape == (3,)
    assert torch.chain_matmul(numbers(2, 3), numbers(3, 2)).shape == (2, 2)


@pytest.mark.parametrize("n", range(6))
def test_matrix_power(n: int) -> None:
    a = numbers(2, 3, 3).requires_grad_()
    want = torch.eye(3, dtype=torch.float64).expand(2, 3, 3)
    for _ in range(n):
        want = want @ a
    assert torch.allclose(torch.linalg.matrix_power(a, n), want)
    assert torch.autograd.gradcheck(lambda a: torch.matrix_power(a, n), a)


def test_vander() -> None:
    x = torch.tensor([1, 2, -3])
    assert torch.linalg.vander(x, N=4).tolist() == [[1, 1, 1, 1], [1, 2, 4, 8], [1, -3, 9, -27]]
    assert torch.vander(x).tolist() == [[1, 1, 1], [4, 2, 1], [9, -3, 1]]
    assert torch.vander(x, 2, increasing=True).tolist() == [[1, 1], [1, 2], [1, -3]]
    assert torch.vander(x, 0).shape == (3, 0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: torch.linalg.multi_dot([numbers(2, 2)]), "at least 2 tensors"),
        (lambda: torch.linalg.multi_dot([numbers(2, 2), numbers(3, 2)]), "cannot be multiplied"),
        (lambda: torch.linalg.multi_dot([numbers(2, 2), numbers(2), numbers(2, 2)]), "tensor 1 must be 2D"),
        (lambda: torch.linalg.multi_dot([numbers(2, 2), numbers(2, 2).float()]), "dtype"),
        (lambda: torch.linalg.matrix_power(numbers(2, 3), 2), "square"),
        (lambda: torch.linalg.vander(numbers(3), N=1), "greater than 1"),
        (lambda: torch.linalg.tensorinv(numbers(2, 3)), "prod"),
        (lambda: torch.linalg.tensorsolve(numbers(2, 3), numbers(2)), "prod"),
        (lambda: torch.linalg.diagonal(numbers(3, 3), dim1=0, dim2=-2), "identical"),
    ],
)
def test_what_is_refused(call: object, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        call()
