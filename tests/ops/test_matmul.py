"""Products of matrices against NumPy: shapes, layouts, dtypes."""

import ferrotorch as torch
import numpy as np
import pytest
from reference import compare, draw, same

PAIRS = [
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((2, 1, 2, 3), (4, 3, 2)),
    ((5, 2, 3), (3,)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((1, 1), (1, 1)),
    ((65, 130), (130, 33)),
    ((3,), (2, 3, 4)),
    ((17, 1), (1, 19)),
]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_matmul(a, b, device):
    compare(torch.matmul, np.matmul, [a, b], device)
    compare(lambda x, y: x @ y, np.matmul, [a, b], device)


@pytest.mark.parametrize(
    ("name", "shapes", "reference"),
    [
        ("mm", [(2, 3), (3, 4)], np.matmul),
        ("bmm", [(5, 2, 3), (5, 3, 4)], np.matmul),
        ("mv", [(2, 3), (3,)], np.matmul),
        ("dot", [(7,), (7,)], np.dot),
        ("vdot", [(7,), (7,)], np.vdot),
        ("outer", [(2,), (3,)], np.outer),
        ("addmm", [(4,), (2, 3), (3, 4)], lambda c, a, b: c + a @ b),
        ("addmv", [(2,), (2, 3), (3,)], lambda c, a, b: c + a @ b),
        ("addr", [(2, 3), (2,), (3,)], lambda c, a, b: c + np.outer(a, b)),
        ("baddbmm", [(5, 2, 4), (5, 2, 3), (5, 3, 4)], lambda c, a, b: c + a @ b),
        ("addbmm", [(2, 4), (5, 2, 3), (5, 3, 4)], lambda c, a, b: c + (a @ b).sum(0)),
        ("kron", [(2, 3), (2, 2)], np.kron),
        ("inner", [(2, 3), (4, 3)], np.inner),
    ],
)
def test_products(name, shapes, reference, device):
    compare(getattr(torch, name), reference, shapes, device)


@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
def test_transposed_operands(transposed, device):
    a, b = draw((33, 20)), draw((20, 41), seed=1)
    x, y = (torch.from_numpy(m.T.copy() if t else m).to(device) for m, t in zip((a, b), transposed, strict=True))
    same((x.t() if transposed[0] else x) @ (y.t() if transposed[1] else y), a @ b, 1e-4)


def test_beta_zero_ignores_what_was_there(device):
    nan = torch.full((2, 2), float("nan"), device=device)
    eye = torch.eye(2, device=device)
    assert torch.addmm(nan, eye, eye, beta=0).tolist() == eye.tolist()


@pytest.mark.parametrize(
    "dtype", [torch.int64, torch.int32, torch.uint8, torch.float16, torch.bfloat16, torch.float64, torch.complex128]
)
def test_dtypes(dtype):
    a, b = torch.arange(6).reshape(2, 3).to(dtype), torch.arange(12).reshape(3, 4).to(dtype)
    got = a @ b
    assert got.dtype == dtype
    assert got.to(torch.complex128).real.tolist() == (np.arange(6).reshape(2, 3) @ np.arange(12).reshape(3, 4)).tolist()


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]),
        ("ii->i", [(3, 3)]),
        ("ii", [(3, 3)]),
        ("ij->ji", [(2, 3)]),
        ("i,j->ij", [(2,), (3,)]),
        ("...ij,...jk->...ik", [(2, 2, 3), (3, 4)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
        ("bhid,bhjd->bhij", [(2, 2, 3, 4), (2, 2, 5, 4)]),
    ],
)
def test_einsum(equation, shapes, device):
    compare(lambda *xs: torch.einsum(equation, *xs), lambda *xs: np.einsum(equation, *xs), shapes, device)


@pytest.mark.parametrize("axes", [1, 2, ([0], [1]), ([1, 2], [1, 0])])
def test_tensordot(axes, device):
    shapes = (
        [(2, 3, 4), (3, 4, 5)] if axes == 2 else [(2, 3, 3), (3, 3, 5)] if axes != ([0], [1]) else [(2, 3, 4), (5, 2)]
    )
    compare(lambda x, y: torch.tensordot(x, y, axes), lambda x, y: np.tensordot(x, y, axes), shapes, device)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", [(2, 3), (4, 2)]),
        ("bmm", [(2, 2, 3), (3, 3, 2)]),
        ("mv", [(2, 3), (2,)]),
        ("dot", [(2,), (3,)]),
        ("matmul", [(2, 3), (2, 3)]),
        ("matmul", [(), (2,)]),
        ("addmm", [(5,), (2, 3), (3, 4)]),
    ],
)
def test_shapes_that_do_not_fit(name, shapes, device):
    with pytest.raises(RuntimeError, match=r"shape|size|dim|\(\)|broadcast"):
        getattr(torch, name)(*(torch.ones(s, device=device) for s in shapes))


def test_mixed_dtypes_are_refused():
    with pytest.raises(RuntimeError, match="dtype"):
        torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)


SUMS = {
    "addmm": ((3, 4), (3, 5), (5, 4)),
    "addmv": ((3,), (3, 5), (5,)),
    "baddbmm": ((2, 3, 4), (2, 3, 5), (2, 5, 4)),
    "addbmm": ((3, 4), (2, 3, 5), (2, 5, 4)),
}


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sums_with_products_are_rounded_once(name, dtype):
    tensors = [torch.from_numpy(draw(shape, seed=i)).to(dtype) for i, shape in enumerate(SUMS[name])]
    got = getattr(torch, name)(*tensors, beta=3.4445, alpha=-0.7)
    want = getattr(torch, name)(*(t.double() for t in tensors), beta=3.4445, alpha=-0.7)
    assert torch.equal(got, want.to(dtype))


@pytest.mark.parametrize("name", SUMS)
def test_sums_with_products_broadcast_their_input(name, device):
    _, *factors = [torch.from_numpy(draw(shape, seed=i)).to(device) for i, shape in enumerate(SUMS[name])]
    product = getattr(torch, name)(torch.zeros((), device=device), *factors)
    for shape in [(), (1,), product.shape[-1:]]:
        x = torch.from_numpy(draw(shape, seed=3)).to(device)
        same(getattr(torch, name)(x, *factors, beta=2, alpha=-3), (2 * x - 3 * product).cpu().numpy(), 1e-4)
    nan = torch.full((), float("nan"), device=device)
    same(getattr(torch, name)(nan, *factors, beta=0), product.cpu().numpy())
    with pytest.raises(RuntimeError, match=rf"{name}\(\): the expanded size of the input \[7\]"):
        getattr(torch, name)(torch.zeros(7, device=device), *factors)


def test_sums_with_empty_products_are_the_input():
    x = torch.ones(2, 3)
    assert torch.addmm(x, torch.ones(2, 0), torch.ones(0, 3), beta=2).tolist() == [[2, 2, 2]] * 2
    assert torch.addmv(x[:, 0], torch.ones(2, 0), torch.ones(0)).tolist() == [1, 1]
    assert torch.addmm(x[:0], torch.ones(0, 2), torch.ones(2, 3)).shape == (0, 3)


def test_sums_with_complex_products():
    from ferrotorch.autograd import gradcheck

    x, a, b = (
        torch.from_numpy(draw((2, 2), seed=i) + 1j * draw((2, 2), seed=i + 3)).to(torch.complex128) for i in range(3)
    )
    inputs = [t.requires_grad_() for t in (x, a, b)]
    assert gradcheck(lambda *t: torch.addmm(*t, beta=1 + 2j, alpha=2 - 1j), inputs)
