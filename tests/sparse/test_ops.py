"""Ops on sparse tensors, by the values of the dense ones."""

from __future__ import annotations

import copy
import io
import pickle

import ferrotorch as torch
import pytest

UNARY = [
    "abs",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "ceil",
    "deg2rad",
    "erf",
    "erfinv",
    "expm1",
    "floor",
    "frac",
    "log1p",
    "neg",
    "rad2deg",
    "relu",
    "round",
    "sgn",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
    "nan_to_num",
    "positive",
    "isnan",
    "isinf",
    "signbit",
]


def sample(*shape, seed=0):
    torch.manual_seed(seed)
    return torch.where(torch.rand(shape) < 0.5, torch.rand(shape), 0)


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr"])
@pytest.mark.parametrize("name", UNARY)
def test_functions_that_keep_zeros(name, layout):
    x = sample(3, 4)
    result = getattr(torch, name)(x.to_sparse(layout=getattr(torch, layout)))
    assert result.layout == getattr(torch, layout)
    assert result.to_dense().tolist() == getattr(torch, name)(x).tolist()


def test_functions_see_sums_of_values_at_one_place():
    x = torch.sparse_coo_tensor([[0, 0]], [1.0, -2.0], (1,))
    assert x.abs().to_dense().tolist() == [1.0]
    assert x.relu().to_dense().tolist() == [0.0]
    assert (x**2).to_dense().tolist() == [1.0]
    assert (x * x).to_dense().tolist() == [1.0]
    assert x.neg()._nnz() == 2
    assert x.norm().item() == 1.0


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr"])
@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: torch.add(x, y, alpha=3),
        lambda x, y: x * y,
        lambda x, y: x * 2.5,
        lambda x, y: 2 * x,
        lambda x, y: x / 4,
        lambda x, y: x // 0.3,
        lambda x, y: x * torch.tensor(3.0),
        lambda x, y: x.mul(y).add(x),
        lambda x, y: x.pow(3),
        lambda x, y: x @ y.t(),
        lambda x, y: -x,
    ],
)
def test_arithmetic(function, layout):
    layout = getattr(torch, layout)
    x, y = sample(3, 4), sample(3, 4, seed=1)
    result = function(x.to_sparse(layout=layout), y.to_sparse(layout=layout))
    assert result.layout == layout
    torch.testing.assert_close(result.to_dense(), function(x, y))


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr"])
def test_dense_and_sparse(layout):
    blocks = {"blocksize": (1, 2)} if layout == "sparse_bsr" else {}
    x, d = sample(3, 4), sample(3, 4, seed=2)
    s = x.to_sparse(layout=getattr(torch, layout), **blocks)
    assert (d + s).tolist() == (d + x).tolist()
    assert torch.add(d, s, alpha=2).tolist() == torch.add(d, x, alpha=2).tolist()
    assert (d - s).tolist() == (d - x).tolist()
    assert (s * d).to_dense().tolist() == (d * s).to_dense().tolist() == (x * d).tolist()
    target = d.clone()
    assert target.add_(s, alpha=2) is target
    assert target.tolist() == torch.add(d, x, alpha=2).tolist()
    target.sub_(s)
    torch.testing.assert_close(target, d + x)


def test_sums_with_hybrid_tensors():
    x = torch.sparse_coo_tensor([[0, 2]], torch.arange(4.0).reshape(2, 2), (3, 2))
    assert (torch.ones(3, 2) + x).tolist() == [[1.0, 2.0], [1.0, 1.0], [3.0, 4.0]]
    assert (x + x).to_dense().tolist() == [[0.0, 2.0], [0.0, 0.0], [4.0, 6.0]]
    assert (x * torch.tensor([[1.0, 2.0]])).to_dense().tolist() == [[0.0, 2.0], [0.0, 0.0], [2.0, 6.0]]


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (lambda x: x + 1, RuntimeError, r"add\(sparse, dense\) is not supported. Use add\(dense, sparse\) instead."),
        (lambda x: x + torch.ones(2, 2), RuntimeError, r"add\(sparse, dense\) is not supported"),
        (lambda x: x / torch.ones(2, 2), RuntimeError, "Sparse division requires a scalar or zero-dim dense tensor"),
        (lambda x: x**0, RuntimeError, "cannot raise to zeroth power on sparse tensor"),
        (lambda x: x + torch.eye(3).to_sparse(), RuntimeError, "expected sizes of 'self' and 'other' to match"),
        (
            lambda x: x.exp(),
            NotImplementedError,
            "Could not run 'aten::exp' with arguments from the 'SparseCPU' backend",
        ),
        (lambda x: x > 1, NotImplementedError, "Could not run 'aten::gt.Scalar' with arguments from the 'SparseCPU'"),
        (lambda x: torch.softmax(x, 0), NotImplementedError, "with arguments from the 'SparseCPU' backend"),
        (lambda x: x.view(4), NotImplementedError, "Could not run 'aten::view'"),
        (lambda x: x.fill_(1), NotImplementedError, "Could not run 'aten::fill_"),
        (lambda x: x[0:1], NotImplementedError, "Could not run 'aten::as_strided'"),
        (lambda x: x.reshape(4), RuntimeError, "reshape is not implemented for sparse tensors"),
        (lambda x: x.expand(2, 2, 2), RuntimeError, "expand is unsupported for Sparse tensors"),
        (lambda x: x.numpy(), TypeError, "can't convert Sparse layout tensor to numpy. Use Tensor.to_dense"),
        (lambda x: x.storage(), NotImplementedError, "Cannot access storage of SparseTensorImpl"),
        (lambda x: x.data_ptr(), RuntimeError, "Cannot access data pointer of Tensor that doesn't have storage"),
        (lambda x: bool(x), RuntimeError, "Boolean value of Tensor with more than one value is ambiguous"),
        (lambda x: x[2], IndexError, "index 2 is out of bounds for dimension 0 with size 2"),
        (lambda x: x.select(5, 0), IndexError, "Dimension out of range"),
        (lambda x: torch.ones(2, 2).copy_(x), RuntimeError, r"copy_\(\) between dense and sparse Tensors"),
        (lambda x: torch.mm(x, torch.ones(3, 2)), RuntimeError, r"Argument #3 \(dense\): Expected dim 0 size 2, got 3"),
        (lambda x: torch.linalg.svd(x), NotImplementedError, "with arguments from the 'SparseCPU' backend"),
        (lambda x: setattr(torch.ones(2, 2), "data", x), RuntimeError, "incompatible tensor type"),
    ],
)
def test_what_sparse_tensors_do_not_do(function, error, text):
    with pytest.raises(error, match=text):
        function(torch.eye(2).to_sparse())


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.t(), lambda x: x.T, lambda x: x.mT, lambda x: x.transpose(0, 1), lambda x: x.permute(1, 0),
        lambda x: x.unsqueeze(0), lambda x: x.unsqueeze(1), lambda x: x.unsqueeze(2), lambda x: x[1], lambda x: x[-1],
        lambda x: x[None], lambda x: x[:, 2], lambda x: x[..., 0], lambda x: x[2, 3], lambda x: x.select(1, 2),
        lambda x: x.index_select(0, torch.tensor([2, 0, 2])), lambda x: x.index_select(1, torch.tensor([3, 3])),
        lambda x: torch.narrow_copy(x, 1, 1, 2), lambda x: torch.cat([x, x]), lambda x: torch.cat([x, x], 1),
        lambda x: torch.stack([x, x]), lambda x: torch.stack([x, x], 1), lambda x: x.unbind(1)[2],
        lambda x: x.sum(), lambda x: x.sum(0), lambda x: x.sum(1),
        lambda x: x.sum(-1, keepdim=True), lambda x: x.sum((0, 1)),
    ],
)  # fmt: skip
def test_views_and_sums(view):
    x = sample(3, 4)
    result = view(x.to_sparse())
    torch.testing.assert_close(result.to_dense(), view(x))


def test_views_of_hybrid_tensors():
    x = sample(3, 4, 2)
    s = x.to_sparse(1)
    for view in (
        lambda x: x.transpose(1, 2), lambda x: x[1], lambda x: x.select(2, 1), lambda x: torch.cat([x, x], 1),
        lambda x: x.index_select(2, torch.tensor([1, 1])), lambda x: x.unsqueeze(2), lambda x: x.sum(1),
    ):  # fmt: skip
        torch.testing.assert_close(view(s).to_dense(), view(x))
    with pytest.raises(RuntimeError, match="transposed dimensions must be both sparse or both dense"):
        s.transpose(0, 1)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax_counts_what_is_stored(dim):
    x = sample(3, 4)
    lowest = torch.where(x == 0, -torch.inf, x)
    expected = torch.softmax(lowest, dim).nan_to_num(0.0)
    torch.testing.assert_close(torch.sparse.softmax(x.to_sparse(), dim).to_dense(), expected)
    logs = torch.sparse.log_softmax(x.to_sparse(), dim)
    torch.testing.assert_close(logs.values().exp(), expected[x != 0])
    assert torch.sparse.softmax(x.to_sparse(), dim, dtype=torch.float64).dtype == torch.float64


def test_softmax_along_a_dense_dimension():
    x = torch.sparse_coo_tensor([[0, 1]], torch.arange(4.0).reshape(2, 2))
    torch.testing.assert_close(torch.sparse.softmax(x, 1).values(), torch.softmax(torch.arange(4.0).reshape(2, 2), 1))


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc"])
def test_products(layout):
    a, b, v = sample(3, 4), sample(4, 5, seed=1), sample(4, seed=2)
    s = a.to_sparse(layout=getattr(torch, layout))
    for result in (s @ b, torch.mm(s, b), torch.sparse.mm(s, b), s.matmul(b), torch.matmul(s, b)):
        torch.testing.assert_close(result, a @ b)
    for result in (s @ v, torch.mv(s, v), s.mv(v)):
        torch.testing.assert_close(result, a @ v)
    torch.testing.assert_close(sample(2, 3) @ s, sample(2, 3) @ a)
    torch.testing.assert_close(
        torch.addmm(torch.ones(3, 5), s, b, beta=2, alpha=3), torch.addmm(torch.ones(3, 5), a, b, beta=2, alpha=3)
    )
    torch.testing.assert_close(torch.sparse.mm(s, b.to_sparse()).to_dense(), a @ b)
    torch.testing.assert_close(torch.nn.functional.linear(b.t(), s), b.t() @ a.t())


def test_products_of_batches():
    a, b = sample(2, 3, 4), sample(2, 4, 5, seed=1)
    torch.testing.assert_close(torch.bmm(a.to_sparse(), b), a @ b)
    torch.testing.assert_close(a.to_sparse() @ b, a @ b)


@pytest.mark.parametrize("reduce", ["sum", "mean", "amax", "amin"])
def test_products_with_another_reduction(reduce):
    a, b = sample(3, 4) + torch.eye(3, 4), sample(4, 2, seed=1)
    result = torch.sparse.mm(a.to_sparse_csr(), b, reduce)
    for row in range(3):
        terms = (a[row].unsqueeze(1) * b)[a[row] != 0]
        torch.testing.assert_close(result[row], getattr(terms, reduce)(0))


def test_products_at_given_places():
    mask = sample(3, 4).to_sparse_csr()
    a, b = sample(3, 2, seed=1), sample(2, 4, seed=2)
    result = torch.sparse.sampled_addmm(mask, a, b, beta=0.5, alpha=2)
    expected = torch.where(mask.to_dense() != 0, 2 * (a @ b) + 0.5 * mask.to_dense(), 0)
    torch.testing.assert_close(result.to_dense(), expected)
    assert result.layout == torch.sparse_csr


def test_products_that_stay_sparse():
    a, b = sample(3, 4), sample(4, 2, seed=1)
    torch.testing.assert_close(torch.hspmm(a.to_sparse(), b).to_dense(), a @ b)
    torch.testing.assert_close(torch.smm(a.to_sparse(), b).to_dense(), a @ b)
    c = sample(3, 2, seed=3)
    result = torch.sspaddmm(c.to_sparse(), a.to_sparse(), b, beta=2, alpha=3)
    torch.testing.assert_close(result.to_dense(), 2 * c + 3 * (a @ b))


def test_masks():
    x, mask = sample(3, 4), sample(3, 4, seed=1).to_sparse()
    expected = torch.where(mask.to_dense() != 0, x, 0).tolist()
    assert x.sparse_mask(mask).to_dense().tolist() == expected
    assert x.to_sparse().sparse_mask(mask).to_dense().tolist() == expected
    assert x.sparse_mask(mask.to_sparse_csr()).to_dense().tolist() == expected
    assert x.to_sparse().sparse_mask(mask)._nnz() == mask._nnz()
    with pytest.raises(RuntimeError, match="operands have incompatible sizes"):
        torch.eye(2).sparse_mask(mask)


def test_diagonals():
    rows = torch.arange(1.0, 10.0).reshape(3, 3)
    x = torch.sparse.spdiags(rows, torch.tensor([-1, 0, 1]), (3, 3))
    assert x.to_dense().tolist() == [[4.0, 8.0, 0.0], [1.0, 5.0, 9.0], [0.0, 2.0, 6.0]]
    assert torch.sparse.spdiags(rows, torch.tensor([-1, 0, 1]), (3, 3), torch.sparse_csr).layout == torch.sparse_csr
    with pytest.raises(RuntimeError, match="Offset tensor contains duplicate values"):
        torch.sparse.spdiags(rows, torch.tensor([0, 0, 1]), (3, 3))


def test_in_place():
    x = torch.eye(2).to_sparse()
    assert x.mul_(3) is x
    assert x.div_(2).to_dense().tolist() == [[1.5, 0.0], [0.0, 1.5]]
    x.add_(torch.ones(2, 2).to_sparse(), alpha=2)
    assert x.to_dense().tolist() == [[3.5, 2.0], [2.0, 3.5]]
    x.copy_(torch.eye(2).to_sparse())
    assert x.to_dense().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert x.zero_()._nnz() == 0
    y = torch.eye(2).to_sparse().sparse_resize_((3, 3), 2, 0)
    assert y.to_dense().tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert y.sparse_resize_and_clear_((4, 2), 2, 0).to_dense().tolist() == [[0.0, 0.0]] * 4
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch.eye(2).to_sparse().requires_grad_().mul_(2)


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc"])
def test_copies_and_files(layout):
    x = sample(3, 4).to_sparse(layout=getattr(torch, layout))
    buffer = io.BytesIO()
    torch.save({"x": x}, buffer)
    buffer.seek(0)
    loaded = torch.load(buffer, weights_only=True)["x"]
    for y in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x), loaded):
        assert (y.layout, y.shape, y.to_dense().tolist()) == (x.layout, x.shape, x.to_dense().tolist())
    y = copy.deepcopy(x.requires_grad_())
    assert y.requires_grad
    y.detach().values().zero_()
    assert x.detach().to_dense().tolist() == sample(3, 4).tolist()


def test_assert_close_names_what_differs():
    x = torch.eye(2).to_sparse()
    torch.testing.assert_close(x, x.clone())
    with pytest.raises(AssertionError, match="Sparse COO values are not close!"):
        torch.testing.assert_close(x, x * 2)
    with pytest.raises(AssertionError, match="number of specified values in sparse COO tensors does not match: 2 != 4"):
        torch.testing.assert_close(x, torch.ones(2, 2).to_sparse())
    with pytest.raises(AssertionError, match="The values for attribute 'layout' do not match"):
        torch.testing.assert_close(x, torch.eye(2))
    with pytest.raises(AssertionError, match="Sparse CSR values are not close!"):
        torch.testing.assert_close(x.to_sparse_csr(), x.to_sparse_csr() * 2)
    torch.testing.assert_close(x, torch.eye(2), check_layout=False)


def test_devices(device):
    x = sample(3, 4)
    s = x.to_sparse().to(device)
    assert (s.device.type, s.values().device.type, s.indices().device.type) == (device,) * 3
    torch.testing.assert_close((s @ x.t().to(device)).cpu(), x @ x.t())
    torch.testing.assert_close(s.to_sparse_csr().to_dense().cpu(), x)
    assert (s + s).coalesce().to_dense().cpu().tolist() == (x + x).tolist()


def test_results_go_where_they_are_asked_to():
    x = torch.eye(2).to_sparse()
    out = torch.zeros(2, 2, layout=torch.sparse_coo)
    assert torch.add(x, x, out=out) is out
    assert out.to_dense().tolist() == [[2.0, 0.0], [0.0, 2.0]]
    torch.abs(-x, out=out)
    assert out.to_dense().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    dense = torch.zeros(2, 2)
    assert torch.mm(x, torch.ones(2, 2), out=dense) is dense
    assert dense.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    with pytest.raises(RuntimeError, match="expected out to have layout"):
        torch.add(x, x, out=dense)


def test_views_in_place_and_what_cannot_be_written():
    x = sample(2, 3).to_sparse()
    assert x.t_() is x
    assert x.to_dense().tolist() == sample(2, 3).t().tolist()
    assert x.unsqueeze_(0).shape == (1, 3, 2)
    with pytest.raises(TypeError, match="Cannot assign to a sparse tensor"):
        x[0] = 1


def test_older_constructors():
    indices, values = torch.tensor([[0, 1], [1, 0]]), torch.tensor([2.0, 3.0])
    x = torch.sparse.FloatTensor(indices, values, torch.Size([2, 2]))
    assert x.to_dense().tolist() == [[0.0, 2.0], [3.0, 0.0]]
    assert isinstance(x, torch.sparse.FloatTensor)
    assert not isinstance(x, torch.sparse.DoubleTensor)
    assert (torch.sparse.LongTensor(2, 3).dtype, torch.sparse.LongTensor(2, 3).shape) == (torch.int64, (2, 3))
    assert torch.sparse.DoubleTensor(indices, values).dtype == torch.float64


def test_patterns_with_other_values():
    x = sample(2, 3).to_sparse_csr()
    assert torch.ones_like(x).to_dense().tolist() == (sample(2, 3) != 0).float().tolist()
    assert torch.full_like(x, 3).values().tolist() == [3.0] * x._nnz()
    assert torch.randn_like(x).layout == torch.sparse_csr


def test_broadcasting_by_name():
    x = sample(1, 3)
    result = torch._sparse_broadcast_to(x.to_sparse(), (2, 4, 3))
    assert result.to_dense().tolist() == x.expand(2, 4, 3).tolist()
    with pytest.raises(RuntimeError, match=r"of size \[1, 3\] cannot be broadcast to \[4, 2\]"):
        torch._sparse_broadcast_to(x.to_sparse(), (4, 2))


def test_parts_can_be_checked_without_a_tensor():
    torch._validate_sparse_coo_tensor_args([[0, 1]], [1.0, 2.0], (2,))
    with pytest.raises(RuntimeError, match="found index 2"):
        torch._validate_sparse_coo_tensor_args([[0, 2]], [1.0, 2.0], (2,))
    with pytest.raises(RuntimeError, match="crow_indices"):
        torch._validate_sparse_compressed_tensor_args([1, 1], [0], [1.0], (1, 1), torch.sparse_csr)


def test_where_nothing_is_stored():
    for layout in ("sparse_coo", "sparse_csr", "sparse_csc"):
        x = torch.zeros(2, 3, layout=getattr(torch, layout))
        assert x.to_sparse_csc().to_sparse_csr().to_sparse_coo().to_dense().tolist() == [[0.0] * 3] * 2
        assert (x @ torch.ones(3, 2)).tolist() == [[0.0] * 2] * 2
    assert torch.zeros(2, 2, layout=torch.sparse_coo).to_sparse_bsr((1, 2)).to_sparse_coo()._nnz() == 0
    assert torch.bmm(sample(2, 3, 4).to_sparse(), torch.ones(2, 4, 0)).shape == (2, 3, 0)


def test_conversions_keep_the_dtype_of_indices():
    indices = [torch.tensor(x, dtype=torch.int32) for x in ([0, 1, 2], [0, 1])]
    x = torch.sparse_csr_tensor(*indices, torch.ones(2), (2, 2)).to_sparse_csc()
    assert (x.ccol_indices().dtype, x.row_indices().dtype) == (torch.int32, torch.int32)


def test_new_tensors_of_the_same_dtype():
    x = torch.eye(2).double().to_sparse()
    y = x.new(torch.tensor([[1]]), torch.tensor([3]), (2,))
    assert (y.dtype, y.to_dense().tolist()) == (torch.float64, [0.0, 3.0])
    assert x.new(2, 3).shape == (2, 3)


def _staircase():
    return torch.arange(24.0).reshape(2, 3, 4)


def test_products_of_sparse_tensors_are_broadcast_along_the_dimensions_of_values():
    a = _staircase()
    narrow = a[:, :, :1]
    for left, right in ((a, narrow), (narrow, a)):
        product = left.to_sparse(2) * right.to_sparse(2)
        assert product.shape == (2, 3, 4)
        assert product.to_dense().tolist() == (left * right).tolist()
    with pytest.raises(RuntimeError, match=r"incompatible sizes: \[2, 3, 4\] and \[2, 3, 1\]"):
        a.to_sparse(3) * narrow.to_sparse(3)


@pytest.mark.parametrize("sparse_dim", [1, 2, 3])
@pytest.mark.parametrize("index", [(0,), (slice(None), slice(1)), (slice(1),)], ids=["leading", "middle", "first"])
def test_a_sparse_tensor_is_broadcast_to_a_dense_factor(sparse_dim, index):
    a = _staircase()
    small = a[index] + 1
    sparse = small.to_sparse(min(sparse_dim, small.dim()))
    assert (sparse * a).to_dense().tolist() == (a * sparse).to_dense().tolist() == (small * a).tolist()


COMPRESSED = {
    "rows": (lambda: torch.eye(2).to_sparse_csr(), (0,), (2,)),
    "batch": (lambda: torch.ones(3, 2, 2).to_sparse_csc(), (3, 0), (3, 4)),
    "vectors": (lambda: torch.ones(2, 2, 5).to_sparse_csr(dense_dim=1), (0, 5), (4, 5)),
    "blocks": (lambda: torch.ones(2, 4).to_sparse_bsr((1, 2)), (0, 1, 2), (4, 1, 2)),
    "batch of blocks": (lambda: torch.ones(3, 2, 4).to_sparse_bsc((2, 1)), (3, 0, 2, 1), (3, 4, 2, 1)),
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_zeros_and_empty_like_a_compressed_tensor(name):
    make, of_zeros, of_empty = COMPRESSED[name]
    x = make()
    zeros, empty = torch.zeros_like(x, dtype=torch.float64), torch.empty_like(x)
    assert (zeros.layout, zeros.dtype, zeros.shape) == (x.layout, torch.float64, x.shape)
    assert (zeros.values().shape, empty.values().shape) == (of_zeros, of_empty)
    assert zeros.to_dense().tolist() == torch.zeros(x.shape).tolist()
    assert empty.shape == x.shape
    assert x.zero_()._nnz() == 0
    assert x.to_dense().tolist() == zeros.to_dense().tolist()


def test_like_functions_do_not_guess_the_size_of_blocks():
    x = torch.eye(2).to_sparse_csr()
    with pytest.raises(RuntimeError, match=r"self is SparseCsr but you requested SparseCsc"):
        torch.empty_like(x, layout=torch.sparse_csc)
    for make in (lambda: torch.zeros_like(x, layout=torch.sparse_bsr), lambda: torch.empty(2, layout=torch.sparse_bsr)):
        with pytest.raises(
            RuntimeError, match=r"expected sparse compressed \(non-block\) tensor layout but got SparseBsr"
        ):
            make()
    hybrid = torch.ones(2, 3, 4).to_sparse(1)
    assert torch.zeros_like(hybrid, layout=torch.sparse_coo).dense_dim() == 2


def test_results_go_where_out_says():
    a, b = torch.arange(9.0).reshape(3, 3), torch.arange(9.0).reshape(3, 3)
    mask = torch.tensor([[0.0, 1, 0], [2, 0, 3], [0, 0, 4]]).to_sparse_csr()
    out = mask.clone()
    assert torch.sparse.sampled_addmm(mask, a, b, out=out) is out
    assert out.to_dense().tolist() == [[0, 19, 0], [44, 0, 69], [0, 0, 115]]
    with pytest.raises(RuntimeError, match=r"expected out to have layout torch\.sparse_csr, but got"):
        torch.sparse.sampled_addmm(mask, a, b, out=torch.zeros(3, 3))
    x = mask.to_sparse_coo()
    dense, whole = torch.zeros(3, 3), torch.zeros(3, 3, dtype=torch.int64)
    assert torch.mm(x, a, out=dense) is dense and dense.tolist() == (x.to_dense() @ a).tolist()
    assert torch.addmm(a, x, a, out=dense) is dense and dense.tolist() == (a + x.to_dense() @ a).tolist()
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        torch.mm(x, a, out=whole)


def test_compressed_tensors_are_copied_by_like_ones():
    rows, columns = torch.eye(3).to_sparse_csr(), torch.eye(3).to_sparse_csc()
    with pytest.raises(RuntimeError, match="self layout is SparseCsr and src layout is SparseCsc"):
        rows.copy_(columns)
    with pytest.raises(RuntimeError, match="with the same number of specified elements"):
        rows.copy_(torch.eye(4).to_sparse_csr())
    assert torch.equal(rows.copy_(2 * rows).to_dense(), 2 * torch.eye(3))
