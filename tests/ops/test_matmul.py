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
