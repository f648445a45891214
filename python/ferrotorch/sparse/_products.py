"""Products of matrices of which one at least is sparse."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch.autograd import Function
from ferrotorch.sparse import _conversion, _views
from ferrotorch.sparse._arithmetic import add
from ferrotorch.sparse._doors import at_pattern, build, values_of
from ferrotorch.sparse._errors import unsupported
from ferrotorch.sparse._handles import Compressed, Coo, compressed_of, coo_of, handle_of
from ferrotorch.sparse._names import layout_name, legacy_type
from ferrotorch.sparse._out import stored
from ferrotorch.sparse._views import coordinates_of


def _places(x: Tensor) -> tuple[Coo, Tensor]:
    """The coordinates of a matrix, and its values in their order, differentiable."""
    handle = coo_of(x)
    if handle is not None:
        return handle, values_of(x)
    own = compressed_of(x)
    assert own is not None
    places, _ = _conversion.coordinates(own)
    return places, values_of(x).reshape(places.values.shape)


def sparse_times_dense(places: Coo, values: Tensor, dense: Tensor) -> Tensor:
    """(n, m) in coordinates times (m, *): each value times its row of the dense factor, summed by rows."""
    rows, columns = places.indices[0], places.indices[1]
    dtype = torch.promote_types(values.dtype, dense.dtype)
    factors = values.to(dtype).reshape(-1, *[1] * (dense.dim() - 1))
    return _conversion.summed(factors * dense.to(dtype)[columns], rows, places.size[0])


class MatrixProduct(Function):
    """A sparse matrix times a dense one, with dense gradients of both."""

    @staticmethod
    def forward(ctx: Any, sparse: Tensor, dense: Tensor) -> Tensor:
        """(n, m) times (m, k) or (m)."""
        ctx.save_for_backward(sparse, dense)
        places, values = _places(sparse)
        return sparse_times_dense(places, values, dense)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """``grad @ dense^H`` and ``sparse^H @ grad``."""
        sparse, dense = ctx.saved_tensors
        of_sparse = of_dense = None
        if ctx.needs_input_grad[0]:
            of_sparse = torch.outer(grad, dense.conj()) if dense.dim() == 1 else grad @ dense.mH
        if ctx.needs_input_grad[1]:
            places, values = _places(sparse)
            flipped = Coo(places.indices.flip(0), values, (sparse.size(1), sparse.size(0)), False)
            of_dense = sparse_times_dense(flipped, values.conj(), grad)
        return of_sparse, of_dense


class DenseTimesSparse(Function):
    """A dense matrix times a sparse one, with dense gradients of both."""

    @staticmethod
    def forward(ctx: Any, dense: Tensor, sparse: Tensor) -> Tensor:
        """(k, n) times (n, m): the transpose of the product of the transposes."""
        ctx.save_for_backward(dense, sparse)
        return MatrixProduct.apply(_views.t(sparse), dense.t()).t()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        """``grad @ sparse^H`` and ``dense^H @ grad``."""
        dense, sparse = ctx.saved_tensors
        of_dense = of_sparse = None
        if ctx.needs_input_grad[0]:
            places, values = _places(sparse)
            of_dense = sparse_times_dense(places, values.conj(), grad.t()).t()
        if ctx.needs_input_grad[1]:
            of_sparse = dense.mH @ grad
        return of_dense, of_sparse


def _require_inner(a: Tensor, b: Tensor) -> None:
    if a.dim() != 2:
        raise RuntimeError(f"addmm: 2D tensor expected, got {a.dim()}D tensor")
    if a.size(1) != b.size(0):
        raise RuntimeError(f"addmm: Argument #3 (dense): Expected dim 0 size {a.size(1)}, got {b.size(0)}")
    _require_same_dtype(a, b)


def _require_same_dtype(sparse: Tensor, other: Tensor) -> None:
    """Products do not convert their factors, except under autocast."""
    if sparse.dtype == other.dtype or torch.is_autocast_enabled(sparse.device.type):
        return
    if handle_of(other) is not None:
        wanted, found = legacy_type(sparse.dtype), legacy_type(other.dtype)
        raise RuntimeError(f"mat1 dtype {wanted} does not match mat2 dtype {found}")
    raise RuntimeError(f"expected scalar type {legacy_type(sparse.dtype)} but found {legacy_type(other.dtype)}")


@one_node("MmBackward0")
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices: dense if one of them is, sparse otherwise. Gradients of sparse factors are dense."""
    if input.dim() != 2 or mat2.dim() != 2:
        raise RuntimeError("self must be a matrix" if input.dim() != 2 else "mat2 must be a matrix")
    if handle_of(input) is None:
        if input.size(1) != mat2.size(0):
            shapes = f"{'x'.join(map(str, input.shape))} and {'x'.join(map(str, mat2.shape))}"
            raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({shapes})")
        _require_same_dtype(mat2, input)
        return DenseTimesSparse.apply(input, mat2)
    _require_inner(input, mat2)
    return MatrixProduct.apply(input, mat2) if handle_of(mat2) is None else sparse_times_sparse(input, mat2)


def _node_of_mm(sparse: Tensor, dense: Tensor, reduce: str | None = None) -> str | None:
    """PyTorch's name of the node of `sparse_mm`."""
    if handle_of(sparse) is None:
        return None
    return "SparseAddmmBackward0" if handle_of(dense) is None else "SparseSparseMatmulBackward0"


@one_node(_node_of_mm)
def sparse_mm(sparse: Tensor, dense: Tensor, reduce: str | None = None) -> Tensor:
    """``torch.sparse.mm``: as `mm`, but the gradient of a sparse factor is sparse, with its pattern.

    Args:
        sparse: (n, m).
        dense: (m, k), dense or sparse.
        reduce: what becomes of the products of a row: ``"sum"`` (the default), ``"mean"``, ``"amax"`` or ``"amin"``;
            the last three need compressed rows.

    Raises:
        RuntimeError: sizes that do not fit; another ``reduce``.
    """
    if reduce is not None and reduce != "sum":
        return _reduced_product(sparse, dense, reduce)
    if handle_of(sparse) is None:
        return torch.mm(sparse, dense)
    if dense.dim() != 2:
        dense.size(1)
    _require_inner(sparse, dense)
    if handle_of(dense) is not None:
        return sparse_times_sparse(sparse, dense)
    places, values = _places(sparse)
    return sparse_times_dense(places, values, dense)


def _reduced_product(sparse: Tensor, dense: Tensor, reduce: str) -> Tensor:
    handle = compressed_of(sparse)
    if reduce not in ("mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if handle is None or handle.layout != torch.sparse_csr:
        raise RuntimeError(f"torch.sparse.mm: reduce='{reduce}' expects a sparse_csr tensor")
    _require_inner(sparse, dense)
    places, values = _places(sparse)
    terms = values.unsqueeze(1) * dense[places.indices[1]]
    index = places.indices[0].unsqueeze(1).expand_as(terms)
    zeros = terms.new_zeros((handle.size[0], dense.size(1)))
    return zeros.scatter_reduce(0, index, terms, reduce, include_self=False)


def sparse_times_sparse(a: Tensor, b: Tensor) -> Tensor:
    """(n, m) times (m, k), both sparse: each entry of the first one meets the entries of its row of the second one."""
    layout = handle_of(a)
    left, left_values = _places(a)
    right, right_values = _places(_conversion.coalesce(_conversion.to_sparse_coo(b)))
    starts = torch.searchsorted(right.indices[0], torch.arange(b.size(0) + 1, device=b.device))
    inner = left.indices[1]
    counts = (starts[1:] - starts[:-1])[inner]
    entries = torch.repeat_interleave(torch.arange(left.nnz, device=a.device), counts)
    within = torch.arange(entries.numel(), device=a.device) - (counts.cumsum(0) - counts)[entries]
    partners = starts[inner[entries]] + within
    dtype = torch.promote_types(left_values.dtype, right_values.dtype)
    values = left_values.to(dtype)[entries] * right_values.to(dtype)[partners]
    indices = torch.stack([left.indices[0][entries], right.indices[1][partners]])
    product = _conversion.merged(values, Coo(indices, values.detach(), (a.size(0), b.size(1)), False))
    return _conversion.as_compressed(product, layout) if isinstance(layout, Compressed) else product


@one_node("MvBackward0")
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """A matrix times a vector."""
    if handle_of(vec) is not None:
        raise unsupported("mv", vec)
    if input.dim() != 2 or vec.dim() != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {1}, {input.dim()}, {vec.dim()}")
    if input.size(1) != vec.size(0):
        raise RuntimeError(
            f"size mismatch, got input ({input.size(0)}), mat ({input.size(0)}x{input.size(1)}), vec ({vec.size(0)})"
        )
    _require_same_dtype(input, vec)
    return MatrixProduct.apply(input, vec)


@one_node("BmmBackward0")
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of the matrices of a sparse batch (b, n, m) and those of a dense one (b, m, k)."""
    handle = coo_of(input)
    if handle is None or handle_of(mat2) is not None:
        raise unsupported("bmm", input if handle is None else mat2)
    if input.dim() != 3 or mat2.dim() != 3 or handle.sparse_dim != 3:
        raise RuntimeError("bmm_sparse: Tensor 'self' and 'mat2' must have 3 dimensions, all of 'self' sparse")
    _require_same_dtype(input, mat2)
    b, n, m = handle.size
    if mat2.size(0) != b or mat2.size(1) != m:
        raise RuntimeError(f"bmm_sparse: sizes {list(handle.size)} and {list(mat2.shape)} do not fit")
    number, rows, columns = handle.indices
    flat = Coo(torch.stack([number * n + rows, number * m + columns]), handle.values, (b * n, b * m), handle.coalesced)
    return sparse_times_dense(flat, values_of(input), mat2.reshape(b * m, mat2.size(2))).reshape(b, n, mat2.size(2))


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The product by the rules of ``torch.matmul``."""
    dims = (input.dim(), other.dim())
    if dims == (2, 2):
        return mm(input, other)
    if dims == (2, 1):
        return mv(input, other)
    if dims == (1, 2):
        return mv(_views.t(other), input)
    if dims == (3, 3):
        return bmm(input, other)
    if dims == (1, 1):
        raise unsupported("dot", input)
    raise RuntimeError("expand is unsupported for Sparse tensors")


def rmatmul(input: Tensor, other: Tensor) -> Tensor:
    """``other @ input``."""
    return matmul(other, input)


@one_node("AddmmBackward0")
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """``beta * input + alpha * mat1 @ mat2``."""
    return _added(input, mm(mat1, mat2), beta, alpha)


@one_node("SparseAddmmBackward0")
def sparse_addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, beta: Any = 1.0, alpha: Any = 1.0) -> Tensor:
    """``torch.sparse.addmm``: as ``torch.addmm``, but the gradient of a sparse factor is sparse, with its pattern."""
    return _added(mat, sparse_mm(mat1, mat2), beta, alpha)


def _added(input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    product = product if alpha == 1 else product * alpha
    scaled = input if beta == 1 else input * beta
    if handle_of(scaled) is None and handle_of(product) is None:
        return scaled + product
    return add(scaled, product)


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """``beta * input + alpha * mat @ vec``."""
    return input * beta + mv(mat, vec) * alpha


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias``, of a dense input or a sparse matrix."""
    if handle_of(weight) is None:
        product = mm(input, weight.t())
    else:
        flat = input.reshape(-1, input.size(-1)) if handle_of(input) is None else input
        product = mm(flat, _views.t(weight))
        product = product.reshape(*input.shape[:-1], weight.size(0)) if handle_of(input) is None else product
    return product if bias is None else product + bias


def hspmm(mat1: Tensor, mat2: Tensor) -> Tensor:
    """A sparse matrix times a dense one, with a coordinate for each row of the product that is stored."""
    coordinates_of("hspmm", mat1)
    require_tensors("hspmm", mat2=mat2)
    handle = coordinates_of("hspmm", _conversion.coalesce(mat1))
    rows, inverse = torch.unique(handle.indices[0], return_inverse=True)
    narrow = Coo(torch.stack([inverse, handle.indices[1]]), handle.values, (rows.numel(), mat1.size(1)), True)
    values = sparse_times_dense(narrow, values_of(_conversion.coalesce(mat1)), mat2)
    return build(values, Coo(rows.unsqueeze(0), values.detach(), (mat1.size(0), mat2.size(1)), True))


def sspaddmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """``beta * input + alpha * mat1 @ mat2``, sparse: all elements of the rows that the product has are stored."""
    own, product = coordinates_of("sspaddmm", input), hspmm(mat1, mat2)
    handle = coordinates_of("sspaddmm", product)
    wide = mat2.size(1)
    columns = torch.arange(wide, device=mat2.device).repeat(handle.nnz)
    indices = torch.stack([handle.indices[0].repeat_interleave(wide), columns])
    values = values_of(product).reshape(-1) * alpha
    joined = torch.cat([values_of(input) * beta, values])
    return build(joined, Coo(torch.cat([own.indices, indices], 1), joined.detach(), own.size, False))


def smm(input: Tensor, mat: Tensor) -> Tensor:
    """A sparse matrix times a dense one, sparse: all elements of the rows that the product has are stored."""
    handle = coordinates_of("smm", input)
    require_tensors("smm", mat=mat)
    return sspaddmm(_conversion.empty_like_coo(handle, (input.size(0), mat.size(1))), input, mat)


@one_node("SparseSampledAddmmBackward0")
def sampled_addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1.0, alpha: Any = 1.0, out: Any = None
) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)`` at the places that are stored in ``input`` (n, m), compressed rows.

    Raises:
        RuntimeError: another layout, sizes that do not fit.
    """
    handle = compressed_of(input)
    if handle is None:
        if handle_of(input) is not None:
            raise unsupported("sparse_sampled_addmm", input)
        raise RuntimeError(f"sampled_addmm: Expected self to have CSR layout, but got {input.layout}")
    if mat1.size(-1) != mat2.size(-2):
        shapes = f"{'x'.join(map(str, mat1.shape[-2:]))} and {'x'.join(map(str, mat2.shape[-2:]))}"
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({shapes})")
    input, handle = _spread_over_batch(input, handle, mat1, mat2)
    places, as_values = _conversion.coordinates(handle)
    *batch, rows, columns = places.indices
    left, right = mat1[(*batch, rows)], mat2.transpose(-1, -2)[(*batch, columns)]
    result = build(as_values((left * right).sum(-1)) * alpha + values_of(input) * beta, handle)
    return result if out is None else stored("sampled_addmm", result, out)


def _spread_over_batch(input: Tensor, handle: Compressed, mat1: Tensor, mat2: Tensor) -> tuple[Tensor, Compressed]:
    """A matrix once for each of a batch of factors; one that is of a batch must be of theirs."""
    own, first, second = (list(x.shape[:-2]) for x in (input, mat1, mat2))
    if first != second:
        raise RuntimeError(
            f"sampled_addmm: Expected mat1 and mat2 to have the same batch size, but got {first} and {second}"
        )
    if own == first:
        return input, handle
    if own:
        raise RuntimeError(
            f"sampled_addmm: Expected self and mat1 to have the same batch size, but got {own} and {first}"
        )
    compressed, plain, values = (
        x.expand(*first, *x.shape).contiguous() for x in (handle.compressed, handle.plain, values_of(input))
    )
    spread = Compressed(handle.layout, compressed, plain, values.detach(), (*first, *handle.size))
    return build(values, spread), spread


def sparse_mask(self: Tensor, mask: Tensor) -> Tensor:
    """The elements of a tensor, dense or sparse, at the places that are stored in ``mask``.

    Raises:
        RuntimeError: sizes that differ.
        NotImplementedError: the mask is dense.
    """
    handle = handle_of(mask)
    if handle is None:
        raise unsupported("sparse_mask", mask)
    if self.shape != mask.shape:
        raise RuntimeError(
            f"sparse_mask(): operands have incompatible sizes; self has size {list(self.shape)} but mask has size "
            f"{list(mask.shape)}"
        )
    return build(at_pattern(self, handle), handle)


def spdiags(diagonals: Tensor, offsets: Tensor, shape: Any, layout: Any = None) -> Tensor:
    """A sparse matrix with the rows of ``diagonals`` (k, n) along the diagonals that ``offsets`` (k) names.

    An element of column ``j`` of the matrix is element ``j`` of the row, as in ``scipy.sparse.spdiags``.

    Args:
        diagonals: the rows, or one of them.
        offsets: numbers of the diagonals: 0 is the main one, those above are positive.
        shape: sizes (rows, columns).
        layout: coordinates by default, or compressed rows or columns.

    Raises:
        RuntimeError: shapes that do not fit, a diagonal that is named twice.
    """
    diagonals, offsets = torch.atleast_2d(diagonals), torch.atleast_1d(offsets)
    if diagonals.dim() != 2:
        raise RuntimeError("Diagonals must be vector or matrix")
    _check_spdiags(diagonals, offsets, shape, layout)
    rows, columns = shape
    if torch.unique(offsets).numel() != offsets.numel():
        raise RuntimeError("Offset tensor contains duplicate values")
    column = torch.arange(diagonals.size(1), device=diagonals.device).expand_as(diagonals)
    row = column - offsets.unsqueeze(1)
    is_inside = (row >= 0) & (row < rows) & (column < columns)
    values = diagonals[is_inside]
    indices = torch.stack([row[is_inside], column[is_inside]])
    result = build(values, Coo(indices, values.detach(), (rows, columns), False))
    return result if layout is None or layout == torch.sparse_coo else _conversion.to_compressed(result, layout)


def _check_spdiags(diagonals: Tensor, offsets: Tensor, shape: Any, layout: Any) -> None:
    if len(shape) != 2:
        raise RuntimeError("Output shape must be 2d")
    if offsets.dim() != 1:
        raise RuntimeError("Offsets must be scalar or vector")
    if diagonals.size(0) != offsets.numel():
        raise RuntimeError(
            f"Number of diagonals ({diagonals.size(0)}) does not match the number of offsets ({offsets.numel()})"
        )
    if layout not in (None, torch.sparse_coo, torch.sparse_csr, torch.sparse_csc):
        raise RuntimeError(
            f"Only output layouts (Sparse, SparseCsc, SparseCsr) are supported, got {layout_name(layout)}"
        )
    if offsets.dtype != torch.int64:
        raise RuntimeError(f"Offset Tensor must have dtype Long but got {legacy_type(offsets.dtype)}")


# Older names.
hsmm, saddmm = hspmm, sspaddmm
