"""Conjugation and negation as views, computed when elements are read."""

import copy
import io
import pickle

import ferrotorch as torch
import numpy as np
import pytest

Z = [[1 + 2j, 3 - 4j], [5 + 6j, 7 - 8j]]
CONJUGATE = [[1 - 2j, 3 + 4j], [5 - 6j, 7 + 8j]]


@pytest.fixture
def z():
    return torch.tensor(Z)


def test_a_conjugate_is_a_view(z):
    v = z.conj()
    assert v._base is z and v.is_conj() and torch.is_conj(v) and v.data_ptr() == z.data_ptr()
    assert v.imag.is_neg() and torch.is_neg(v.imag) and not v.imag.is_conj() and not v.real.is_neg()
    assert v.tolist() == CONJUGATE and v.imag.tolist() == [[-2, 4], [-6, 8]] and v.real.tolist() == [[1, 3], [5, 7]]
    assert not v.conj().is_conj() and v.conj().tolist() == Z
    z.mul_(2)
    assert v[0, 0].item() == 2 - 4j and v._version == z._version == 1


def test_real_tensors_have_nothing_to_conjugate():
    x = torch.ones(2, 2)
    assert x.conj() is x and not x.conj().is_conj() and x.mH.tolist() == x.tolist() and not x.mH.is_conj()


@pytest.mark.parametrize(
    ("view", "values"),
    [
        (lambda v: v.t(), [[1 - 2j, 5 - 6j], [3 + 4j, 7 + 8j]]),
        (lambda v: v[:, 0], [1 - 2j, 5 - 6j]),
        (lambda v: v.reshape(4), [1 - 2j, 3 + 4j, 5 - 6j, 7 + 8j]),
        (lambda v: v.view(4), [1 - 2j, 3 + 4j, 5 - 6j, 7 + 8j]),
        (lambda v: v.flatten(), [1 - 2j, 3 + 4j, 5 - 6j, 7 + 8j]),
        (lambda v: v.diagonal(), [1 - 2j, 7 + 8j]),
        (lambda v: v.unbind()[1], [5 - 6j, 7 + 8j]),
        (lambda v: v[0].expand(2, 2), [[1 - 2j, 3 + 4j]] * 2),
        (lambda v: v.as_strided((2,), (2,)), [1 - 2j, 5 - 6j]),
        (lambda v: v.detach(), CONJUGATE),
        (lambda v: v.contiguous(), CONJUGATE),
        (lambda v: v.to(torch.complex64), CONJUGATE),
        (lambda v: torch.nn.Parameter(v), CONJUGATE),
    ],
)
def test_views_of_a_conjugate_are_conjugates(z, view, values):
    seen = view(z.conj())
    assert seen.is_conj() and seen.tolist() == values


@pytest.mark.parametrize("transposed", [torch.Tensor.adjoint, lambda x: x.mH, lambda x: x.H])
def test_adjoints_are_views(z, transposed):
    h = transposed(z)
    assert h.is_conj() and h._base is z and h.tolist() == [[1 - 2j, 5 - 6j], [3 + 4j, 7 + 8j]]


COMPUTED = {
    "clone": lambda v: v.clone(),
    "to": lambda v: v.to(torch.complex128),
    "copied": lambda v: v.to(torch.complex64, copy=True),
    "transposed": lambda v: v.t().contiguous(),
    "reshaped": lambda v: v.t().reshape(4),
    "resolved": lambda v: v.resolve_conj(),
    "mul": lambda v: v * v + 1,
    "abs": lambda v: v.abs(),
    "angle": lambda v: v.angle(),
    "matmul": lambda v: v @ v.t(),
    "adjoint product": lambda v: v.mH @ v,
    "sum": lambda v: v.sum(0),
    "norm": lambda v: torch.linalg.vector_norm(v) if hasattr(torch, "linalg") else v.norm(),
    "cumsum": lambda v: v.cumsum(0),
    "cat": lambda v: torch.cat([v, v.conj()]),
    "stack": lambda v: torch.stack([v, v.conj()]),
    "index": lambda v: v[torch.tensor([1, 0], device=v.device)],
    "gather": lambda v: v.gather(0, torch.zeros(1, 2, dtype=torch.int64, device=v.device)),
    "where": lambda v: torch.where(v.real > 2, v, 0),
    "flip": lambda v: v.flip(0),
    "roll": lambda v: v.roll(1, 0),
    "pad": lambda v: torch.nn.functional.pad(v, (1, 1)),
    "repeat": lambda v: v.repeat(2, 2),
    "expanded": lambda v: v[:1].expand(5, 2) * 2,
    "tril": lambda v: v.tril(),
    "exp": lambda v: v.exp(),
    "eq": lambda v: v == v.conj(),
    "isfinite": lambda v: v.isfinite(),
    "nan_to_num": lambda v: v.nan_to_num(),
    "bool": lambda v: v.bool(),
    "imag": lambda v: v.imag * 3,
    "half": lambda v: v.imag.half(),
    "int": lambda v: v.imag.int(),
    "neg": lambda v: -v,
    "physical": lambda v: v.conj_physical(),
    "conv": lambda v: torch.nn.functional.conv1d(v[None], v[None]),
    "index_put": lambda v: v.index_put((torch.tensor([0], device=v.device),), v[1]),
    "vdot": lambda v: torch.vdot(v[0], v[1]),
    "einsum": lambda v: torch.einsum("ij,jk", v, v.conj()),
    "as_complex": lambda v: torch.view_as_complex(torch.view_as_real(v.resolve_conj())._neg_view()),
}


@pytest.mark.parametrize("compute", COMPUTED.values(), ids=COMPUTED)
def test_ops_compute_with_the_conjugate(z, compute, device):
    try:
        z = z.to(device)
    except (RuntimeError, NotImplementedError):
        pytest.skip("the adapter holds no complex numbers")
    got, plain = compute(z.conj()), compute(torch.tensor(CONJUGATE, device=device))
    assert not got.is_conj()
    torch.testing.assert_close(got, plain)


def test_negative_views():
    x = torch.arange(4, dtype=torch.int64)
    v = x._neg_view()
    assert v._base is x and v.is_neg() and v.tolist() == [0, -1, -2, -3] and not v.resolve_neg().is_neg()
    assert (v + 1).tolist() == [1, 0, -1, -2] and v[1:].is_neg() and not v._neg_view().is_neg()
    v.add_(1)
    assert x.tolist() == [-1, 0, 1, 2]
    assert x.resolve_neg() is x
    with pytest.raises(NotImplementedError):
        torch.tensor([True])._neg_view()


def test_writes_go_through_the_view(z):
    v = z.conj()
    v.mul_(1j)
    assert z.tolist() == [[2 - 1j, -4 - 3j], [6 - 5j, -8 - 7j]] and v._version == z._version == 1
    v.imag.zero_()
    assert z.real.tolist() == [[2, -4], [6, -8]] and not z.imag.any()
    v[0] = torch.tensor([9 + 1j, 8 + 2j])
    assert z[0].tolist() == [9 - 1j, 8 - 2j]
    v.copy_(torch.tensor(Z))
    assert z.tolist() == CONJUGATE
    z.copy_(v)
    assert z.tolist() == Z
    z.add_(v)
    assert z.tolist() == [[2, 6], [10, 14]]
    v.add_(z * 1j)
    assert z.tolist() == [[2 - 2j, 6 - 6j], [10 - 10j, 14 - 14j]]
    v.index_put_((torch.tensor([0]),), torch.tensor(1j))
    assert z[0].tolist() == [-1j, -1j]
    v.fill_(1 + 2j)
    assert z.tolist() == [[1 - 2j] * 2] * 2
    v.masked_fill_(torch.tensor([[True, False]]), 3j)
    assert z[0].tolist() == [-3j, 1 - 2j]


def test_random_numbers_are_those_that_the_view_shows():
    x, y = torch.zeros(5, dtype=torch.complex64), torch.zeros(5, dtype=torch.complex64)
    torch.manual_seed(0)
    x.normal_()
    torch.manual_seed(0)
    y.conj().normal_()
    assert y.conj().tolist() == x.tolist()


def test_results_are_written_through_out(z):
    memory = torch.zeros(2, 2, dtype=torch.complex64)
    out = memory.conj()
    assert torch.add(z, 0, out=out) is out and out.is_conj()
    assert out.tolist() == Z and memory.tolist() == CONJUGATE
    empty = torch.empty(0, dtype=torch.complex64).conj()
    torch.mul(z, 2, out=empty)
    assert empty.is_conj() and empty[0].tolist() == [2 + 4j, 6 - 8j]


@pytest.mark.parametrize("force", [False, True])
def test_arrays_of_other_libraries_cannot_put_off(z, force):
    for tensor, bit, method in ((z.conj(), "conjugate", "conj"), (z.conj().imag, "negative", "neg")):
        if force:
            assert tensor.numpy(force=True).tolist() == tensor.tolist()
            continue
        with pytest.raises(
            RuntimeError, match=rf"has {bit} bit set. Use tensor.resolve_{method}\(\).numpy\(\) instead"
        ):
            tensor.numpy()
        with pytest.raises(RuntimeError, match=bit):
            np.asarray(tensor)
        with pytest.raises(BufferError, match=f"{bit} bit set"):
            tensor.__dlpack__()


def test_bytes_cannot_be_read_as_another_dtype(z):
    with pytest.raises(RuntimeError, match="unresolved conjugated tensors"):
        torch.view_as_real(z.conj())
    with pytest.raises(RuntimeError, match="conjugate view tensors"):
        z.conj().view(torch.float32)
    with pytest.raises(RuntimeError, match="negative bit set"):
        z.conj().imag.view(torch.int32)
    assert torch.view_as_real(z._neg_view()).is_neg()
    assert torch.view_as_real(z._neg_view())[0, 0].tolist() == [-1, -2]


def saved(tensor):
    file = io.BytesIO()
    torch.save(tensor, file)
    file.seek(0)
    return torch.load(file)


def test_files_keep_what_is_put_off(z):
    plain, v, part = z.clone(), z.conj(), z.clone().conj().imag
    first, second = saved([z, v])
    assert second.is_conj() and second.tolist() == CONJUGATE and first.tolist() == plain.tolist()
    assert second.untyped_storage().data_ptr() == first.untyped_storage().data_ptr()
    assert saved(part).is_neg() and saved(part).tolist() == part.tolist()


def test_pickles_and_copies(z):
    v = z.conj()
    again = pickle.loads(pickle.dumps(v))
    assert again.is_conj() and again.tolist() == CONJUGATE
    for tensor in (v, v.imag, v[1]):
        for twin in (copy.deepcopy(tensor), pickle.loads(pickle.dumps(tensor)), copy.copy(tensor)):
            assert twin.tolist() == tensor.tolist()
    assert not copy.deepcopy(v).is_conj()


def test_printing_and_numbers(z):
    v = z.conj()
    assert repr(v) == repr(torch.tensor(CONJUGATE)) and repr(v.imag) == repr(torch.tensor([[-2.0, 4.0], [-6.0, 8.0]]))
    assert v[0, 0].item() == complex(v[0, 0]) == 1 - 2j
    assert torch.equal(v, torch.tensor(CONJUGATE)) and not torch.equal(v, z)
    assert torch.tensor(v).tolist() == CONJUGATE and not torch.tensor(v).is_conj()


def test_resolving_what_is_not_put_off(z):
    assert z.resolve_conj() is z and z.resolve_neg() is z and z.conj().resolve_neg().is_conj()


def test_gradients(z):
    x = z.clone().requires_grad_()
    y = x.conj()
    assert y.grad_fn.name() == "ConjBackward0" and x._neg_view().grad_fn.name() == "NegViewBackward0"
    assert y.resolve_conj().grad_fn.name() == "CloneBackward0"
    y.imag.sum().backward()
    assert x.grad.tolist() == [[-1j] * 2] * 2 and not x.grad.is_conj()


def test_gradients_through_writes_into_a_conjugate():
    def written(x, w):
        base = x * 2
        view = base.conj()
        view[0] = w
        view.mul_(1 + 1j)
        return base * view

    x = torch.randn(2, 2, dtype=torch.complex128, requires_grad=True)
    w = torch.randn(2, dtype=torch.complex128, requires_grad=True)
    assert torch.autograd.gradcheck(written, (x, w))
    assert torch.autograd.gradcheck(lambda x: (x.mH @ x.conj()).imag, (x,))
    assert torch.autograd.gradgradcheck(lambda x: x.conj()._neg_view() * x, (x,))
    torch.testing.assert_close(written(x, w)[0].real, 2 * w.abs() ** 2)
