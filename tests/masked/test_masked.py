"""Reductions with masks, and tensors that carry one."""

from __future__ import annotations

import operator

import ferrotorch as torch
import pytest

INF, NAN = float("inf"), float("nan")
X = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
MASK = torch.tensor([[True, False, True], [False, False, False]])


@pytest.mark.parametrize(
    ("name", "rows", "total"),
    [
        ("sum", [4.0, 0.0], 4.0),
        ("prod", [3.0, 1.0], 3.0),
        ("amax", [3.0, -INF], 3.0),
        ("amin", [1.0, INF], 1.0),
        ("argmax", [2.0, 0.0], 2.0),
        ("argmin", [0.0, 0.0], 0.0),
        ("mean", [2.0, NAN], 2.0),
        ("median", [1.0, NAN], None),
        ("logsumexp", [3.1269280910491943, -INF], 3.1269280910491943),
        ("var", [2.0, NAN], 2.0),
        ("std", [1.4142135381698608, NAN], 1.4142135381698608),
        ("norm", [10**0.5, 0.0], 10**0.5),
    ],
)
def test_reductions(name, rows, total):
    function = getattr(torch.masked, name)
    along = {"dim": 1}
    assert function(X, **along, mask=MASK).tolist() == pytest.approx(rows, nan_ok=True)
    assert function(X, **along, keepdim=True, mask=MASK).shape == (2, 1)
    if total is not None:
        assert function(X, mask=MASK).item() == pytest.approx(total)
        assert function(torch.masked.masked_tensor(X, MASK)).item() == pytest.approx(total)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("softmax", [[0.11920291185379028, 0.0, 0.8807970285415649], [NAN] * 3]),
        ("log_softmax", [[-2.1269280910491943, -INF, -0.12692804634571075], [NAN] * 3]),
        ("softmin", [[0.8807970285415649, 0.0, 0.11920291185379028], [NAN] * 3]),
        ("cumsum", [[1.0, 1.0, 4.0], [0.0] * 3]),
        ("cumprod", [[1.0, 1.0, 3.0], [1.0] * 3]),
    ],
)
def test_scans(name, expected):
    result = getattr(torch.masked, name)(X, 1, mask=MASK)
    for mine, other in zip(result.tolist(), expected, strict=True):
        assert mine == pytest.approx(other, nan_ok=True)


def test_integers():
    x = X.long()
    assert torch.masked.amax(x, 1, mask=MASK).tolist() == [3, -(2**63)]
    assert torch.masked.amin(x, 1, mask=MASK).tolist() == [1, 2**63 - 1]
    assert torch.masked.median(x, 1, mask=MASK[:1]).tolist() == [1, 4]
    with pytest.raises(ValueError, match="no fully masked out rows"):
        torch.masked.median(x, 1, mask=MASK)
    with pytest.raises(ValueError, match=r"mean\(\): Could not infer output dtype"):
        torch.masked.mean(x, 1, mask=MASK)
    assert torch.masked.mean(x, 1, mask=MASK[:1], dtype=torch.float32).tolist() == [2.0, 5.0]


@pytest.mark.parametrize(
    ("order", "expected"), [(INF, [3.0, 0.0]), (0.0, [2.0, 0.0]), (-INF, [1.0, INF]), (1.0, [4.0, 0.0])]
)
def test_norms(order, expected):
    assert torch.masked.norm(X, order, 1, mask=MASK).tolist() == expected


def test_others():
    assert torch.masked.sum(X, mask=torch.tensor([True, False, True])).item() == 14.0
    assert torch.masked.sum(X, (0, 1), keepdim=True, mask=MASK).tolist() == [[4.0]]
    assert torch.masked.var(X * 1j, 1, False, mask=MASK).dtype == torch.masked.std(X * 1j, 1).dtype == torch.complex64
    assert torch.masked.var(X * 1j, 1, False, mask=MASK)[0] == 1
    assert torch.masked.var(X, 1, False, mask=MASK).tolist() == pytest.approx([1.0, NAN], nan_ok=True)
    normal = torch.masked.normalize(X, 2.0, 1, mask=MASK).tolist()
    assert normal[0] == pytest.approx([0.31622776, 0.0, 0.9486833])
    assert normal[1] == [0.0] * 3
    both = torch.masked.logaddexp(X, X, input_mask=MASK, other_mask=MASK).tolist()
    assert both[0] == pytest.approx([1.6931472, -INF, 3.6931472])
    with pytest.raises(IndexError, match="mask dimensionality higher"):
        torch.masked.sum(X, mask=torch.ones(1, 1, 1).bool())


def test_gradients_of_what_does_not_count_are_zero():
    for name in ("sum", "mean", "amax", "logsumexp", "norm", "var"):
        x = X.clone().requires_grad_()
        getattr(torch.masked, name)(x, mask=MASK).backward()
        assert x.grad[~MASK].tolist() == [0.0] * 4
        assert x.grad[MASK].abs().sum().item() > 0


class TestMaskedTensor:
    """Tensors with a mask of their own."""

    def test_parts(self):
        x = torch.masked.masked_tensor(X, MASK)
        assert isinstance(x, torch.Tensor)
        assert torch.masked.is_masked_tensor(x)
        assert (x.shape, x.dtype, x.dim()) == ((2, 3), torch.float32, 2)
        assert (x.get_data().tolist(), x.get_mask().tolist()) == (X.tolist(), MASK.tolist())
        assert type(x.get_data()) is torch.Tensor
        assert x.to_tensor(0.0).tolist() == [[1.0, 0.0, 3.0], [0.0, 0.0, 0.0]]

    def test_text(self):
        x = torch.masked.masked_tensor(X, MASK)
        lines = ["  [", "    [  1.0000,       --,   3.0000],", "    [      --,       --,       --]", "  ]"]
        assert repr(x) == "MaskedTensor(\n" + "\n".join(lines) + "\n)"
        assert repr(x.mean()) == "MaskedTensor(  2.0000, True)"
        assert repr(x.sum(1)) == "MaskedTensor(\n  [  4.0000,       --]\n)"

    def test_elementwise(self):
        x = torch.masked.masked_tensor(X, MASK)
        for result, expected in (
            (x + x, X + X),
            (x * 2, X * 2),
            (2 - x, 2 - X),
            (x.exp(), X.exp()),
            (-x, -X),
            (x > 1, X > 1),
        ):
            assert result.get_mask().tolist() == MASK.tolist()
            assert result.get_data()[MASK].tolist() == expected[MASK].tolist()
        with pytest.raises(ValueError, match="Input masks must match"):
            x + torch.masked.masked_tensor(X, ~MASK)

    @pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "prod"])
    def test_reductions(self, name):
        x = torch.masked.masked_tensor(X, MASK)
        result = getattr(x, name)(1)
        assert result.get_mask().tolist() == [True, False]
        assert result.get_data()[0].item() == getattr(torch.masked, name)(X, 1, mask=MASK)[0].item()

    def test_views(self):
        x = torch.masked.masked_tensor(X, MASK)
        for view in (
            lambda x: x.t(),
            lambda x: x[0],
            lambda x: x.reshape(3, 2),
            lambda x: x.unsqueeze(0),
            lambda x: x[:, 1:],
        ):
            assert view(x).get_mask().tolist() == view(MASK).tolist()
            assert view(x).get_data().tolist() == view(X).tolist()
        joined = torch.cat([x, x])
        assert joined.get_mask().tolist() == torch.cat([MASK, MASK]).tolist()

    def test_gradients(self):
        x = torch.masked.masked_tensor(X, MASK, requires_grad=True)
        (x * x).sum().backward()
        assert x.grad.to_tensor(0.0).tolist() == [[2.0, 0.0, 6.0], [0.0, 0.0, 0.0]]
        data = X.clone().requires_grad_()
        (torch.masked.as_masked_tensor(data, MASK) * 3).sum().backward()
        assert data.grad.tolist() == [[3.0, 0.0, 3.0], [0.0, 0.0, 0.0]]

    def test_what_is_refused(self):
        with pytest.raises(TypeError, match="mask must have dtype bool"):
            torch.masked.masked_tensor(X, X)
        with pytest.raises(ValueError, match=r"data.size\(\) must equal mask.size\(\)"):
            torch.masked.masked_tensor(X, MASK[:, :2])
        with pytest.raises(TypeError, match="is not implemented for MaskedTensor"):
            torch.masked.masked_tensor(X, MASK).sort()


@pytest.mark.parametrize(
    ("mask", "want"),
    [(None, 2.8563948 - 0.9779503j), ([True, False], 1 + 2j), ([False, False], complex(-INF, 0))],
)
def test_logsumexp_of_complex_numbers(mask, want):
    x = torch.tensor([1 + 2j, 3 - 1j])
    got = torch.masked.logsumexp(x, 0, mask=None if mask is None else torch.tensor(mask)).item()
    assert got == pytest.approx(want, rel=1e-5)


def masked(dtype=torch.float32, **options):
    data = torch.arange(6).view(2, 3)
    return torch.masked.masked_tensor(data.to(dtype), data > 1, **options)


@pytest.mark.parametrize(
    ("change", "data"),
    [
        (lambda x: x.neg_(), [[0, -1, -2], [-3, -4, -5]]),
        (lambda x: x.add_(2), [[2, 3, 4], [5, 6, 7]]),
        (lambda x: x.mul_(masked()), [[0, 1, 4], [9, 16, 25]]),
        (lambda x: x.sub_(torch.ones(3)), [[-1, 0, 1], [2, 3, 4]]),
        (lambda x: x.clamp_(2, 4), [[2, 2, 2], [3, 4, 4]]),
        (lambda x: operator.iadd(x, 1), [[1, 2, 3], [4, 5, 6]]),
        (lambda x: operator.itruediv(x, 2), [[0, 0.5, 1], [1.5, 2, 2.5]]),
    ],
)
def test_ops_in_place_write_to_all_elements(change, data):
    x = masked()
    mask = x.get_mask()
    assert change(x) is x
    assert x.get_data().tolist() == data
    assert x.get_mask() is mask


def test_ops_in_place_refuse():
    other = torch.masked.masked_tensor(torch.ones(2, 3), torch.ones(2, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="masks must match"):
        masked().add_(other)
    with pytest.raises(TypeError, match="add_ is not implemented"):
        torch.ones(2, 3).add_(masked())
    with pytest.raises(RuntimeError, match="leaf"):
        masked(requires_grad=True).add_(1)


def test_truth():
    x = masked(torch.bool)
    assert repr(x) == "MaskedTensor(\n  [\n    [      --,       --, True],\n    [True, True, True]\n  ]\n)"
    assert repr(masked() == masked()) == repr(x)
    assert repr(x.all()) == "MaskedTensor(True, True)"
    assert x._is_any_true().get_data() and not (~x)._is_any_true().get_data()
    with pytest.raises(ValueError, match="expected a boolean tensor"):
        masked()._is_any_true()


def test_conversions_and_tensors_alike():
    x = masked()
    for made, data in [
        (x.bool(), [[False, True, True], [True, True, True]]),
        (x.long(), [[0, 1, 2], [3, 4, 5]]),
        (x.to_dense(), [[0, 1, 2], [3, 4, 5]]),
        (torch.ones_like(x), [[1, 1, 1], [1, 1, 1]]),
        (torch.full_like(x, 2), [[2, 2, 2], [2, 2, 2]]),
    ]:
        assert isinstance(made, torch.masked.MaskedTensor)
        assert made.get_data().tolist() == data and torch.equal(made.get_mask(), x.get_mask())
    assert not x.is_sparse and not x.is_sparse_csr() and not x.is_sparse_coo()


def test_what_is_refused_says_why():
    data, mask = torch.ones(2, 3), torch.ones(2, 3, dtype=torch.bool)
    make = torch.masked.masked_tensor
    for arguments, words in [
        (([1.0], mask), "data must be a Tensor"),
        ((data, [True]), "mask must be a Tensor"),
        ((masked(), mask), "data must be a Tensor, got MaskedTensor"),
        ((data.to_sparse(), mask), "data and mask must have the same layout"),
        ((data.to_sparse_csc(), mask.to_sparse_csc()), r"data layout of torch\.sparse_csc is not supported"),
    ]:
        with pytest.raises(TypeError, match=words):
            make(*arguments)
    with pytest.raises(RuntimeError, match="Only Tensors of floating point"):
        make(mask, mask, requires_grad=True)
