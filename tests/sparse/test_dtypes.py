"""Dtypes of what ops on sparse tensors make, and of what they refuse."""

from __future__ import annotations

import ferrotorch as torch
import pytest

PLACES = [[0, 1, 1], [2, 0, 2]]


def matrix(dtype=torch.float32):
    return torch.sparse_coo_tensor(PLACES, torch.tensor([3, 4, 5], dtype=dtype), (2, 3))


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int32])
def test_sums_of_integers_along_a_dimension_are_int64(dtype):
    total = matrix(dtype).sum(0)
    values = [1, 2] if dtype == torch.bool else [4, 8]
    assert total.dtype == torch.int64
    assert total.to_dense().tolist() == [values[0], 0, values[1]]
    assert torch.sum(matrix(dtype), 1, keepdim=True, dtype=torch.float64).dtype == torch.float64


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int32, torch.float64])
def test_sparse_sum_keeps_the_dtype_of_a_sparse_result(dtype):
    total = torch.sparse.sum(matrix(dtype), 0)
    assert total.dtype == dtype
    assert total.to_dense().tolist() == ([True, False, True] if dtype == torch.bool else [4, 0, 8])


@pytest.mark.parametrize("dtype", [torch.bool, torch.int32, torch.bfloat16])
def test_a_product_of_one_dtype_keeps_it(dtype):
    product = matrix(dtype) * matrix(dtype)
    assert product.dtype == dtype
    assert product.to_dense()[1].tolist() == ([True, False, True] if dtype == torch.bool else [16, 0, 25])


def test_truth_values_are_not_subtracted():
    with pytest.raises(NotImplementedError, match="with two bool tensors is not supported"):
        matrix(torch.bool) - matrix(torch.bool)


PRODUCTS = {
    "matmul": lambda s, d: s @ d,
    "mm": torch.mm,
    "sparse.mm": torch.sparse.mm,
    "mv": lambda s, d: s.mv(d[:, 0]),
    "addmm": lambda s, d: torch.addmm(torch.zeros(2, 2), s, d),
    "compressed": lambda s, d: s.to_sparse_csr() @ d,
    "batch": lambda s, d: torch.bmm(torch.stack([s, s]), torch.stack([d, d])),
    "linear": lambda s, d: torch.nn.functional.linear(s, d.t()),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_do_not_convert_their_factors(name):
    with pytest.raises(RuntimeError, match="expected scalar type Double but found Float"):
        PRODUCTS[name](matrix(torch.float64), torch.ones(3, 2))
    with pytest.raises(RuntimeError, match="mat1 dtype Long does not match mat2 dtype Float"):
        torch.sparse.mm(matrix(torch.int64), matrix().t())


def test_a_dense_factor_on_the_left_has_the_dtype_of_the_sparse_one():
    with pytest.raises(RuntimeError, match="expected scalar type Int but found Float"):
        torch.ones(4, 2) @ matrix(torch.int32)


def test_autocast_converts_factors():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        product = matrix() @ torch.ones(3, 2, dtype=torch.bfloat16)
    assert product.tolist() == [[3, 3], [9, 9]]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda x: x.div_(2), "Float"),
        (lambda x: x.mul_(2.5), "Float"),
        (lambda x: x.add_(matrix()), "Float"),
        (lambda x: x.sqrt_(), "Float"),
        (lambda x: x.to_dense().add_(matrix(torch.float64)), "Double"),
    ],
)
def test_results_that_a_dtype_cannot_hold_are_not_stored_in_it(change, found):
    with pytest.raises(RuntimeError, match=f"result type {found} can't be cast to the desired output type Int"):
        change(matrix(torch.int32))


@pytest.mark.parametrize("convert", [torch.Tensor.to_sparse_coo, torch.Tensor.to_sparse_csr])
def test_parts_of_complex_tensors(convert):
    x = torch.tensor([[0, 1 + 2j], [3 - 4j, 0]], requires_grad=True)
    s = convert(x)
    assert (s.real.dtype, s.real.layout) == (torch.float32, s.layout)
    assert s.real.to_dense().tolist() == torch.real(s).to_dense().tolist() == [[0, 1], [3, 0]]
    assert s.imag.to_dense().tolist() == torch.imag(s).to_dense().tolist() == [[0, 2], [-4, 0]]
    s.imag.to_dense().sum().backward()
    assert x.grad.to_dense().tolist() == [[0, 1j], [1j, 0]]


def test_python_numbers_are_made_of_one_element():
    one = torch.sparse_coo_tensor([[0]], [2.5], (1,))
    assert (int(one), float(one), complex(one)) == (2, 2.5, 2.5 + 0j)
    assert [type(kind(one)) for kind in (int, float, complex)] == [int, float, complex]
    assert "abc"[torch.sparse_coo_tensor([[0]], [2], (1,))] == "c"
    for kind in (int, float, complex):
        with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
            kind(matrix())
    with pytest.raises(TypeError, match="only integer tensors of a single element"):
        "abc"[one]


@pytest.mark.parametrize("dtype", [torch.bool, torch.int8, torch.int32, torch.float64])
def test_a_single_element_keeps_the_dtype(dtype):
    repeated = torch.sparse_coo_tensor([[1, 1]], torch.tensor([1, 2], dtype=dtype), (3,))
    for element, value in ((repeated[1], 3), (repeated[0], 0), (matrix(dtype)[1, 2], 5)):
        assert element.dtype == dtype
        assert element.item() == (bool(value) if dtype == torch.bool else value)
    compressed = matrix(dtype).to_sparse_csr()
    assert (compressed[1, 0].dtype, compressed[1, 0].item()) == (dtype, True if dtype == torch.bool else 4)
