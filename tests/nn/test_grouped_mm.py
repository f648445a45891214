"""Products of groups of matrices, and of matrices of 8 bits with scales."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch.nn.functional import ScalingType

OFFS = torch.tensor([2, 5, 6], dtype=torch.int32)
WHOLE, ROWS = ScalingType.TensorWise, ScalingType.RowWise


def spans():
    ends = OFFS.tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def test_rows_of_groups_are_shared_out():
    torch.manual_seed(0)
    x, w = torch.randn(8, 4, requires_grad=True), torch.randn(3, 4, 5, requires_grad=True)
    result = F.grouped_mm(x, w, offs=OFFS)
    assert result.shape == (8, 5)
    for i, (start, end) in enumerate(spans()):
        torch.testing.assert_close(result[start:end], x[start:end] @ w[i])
    assert result[6:].abs().max() == 0
    (result**2).sum().backward()
    assert x.grad[6:].abs().max() == 0
    torch.testing.assert_close(w.grad[1], 2 * x[2:5].t() @ result[2:5])
    torch.testing.assert_close(x.grad[5:6], 2 * result[5:6] @ w[2].t())


def test_columns_and_the_shared_dimension_are_shared_out():
    torch.manual_seed(0)
    a, b = torch.randn(3, 4, 5), torch.randn(5, 6)
    by_column = torch._grouped_mm(a, b, offs=OFFS)
    by_both = torch._grouped_mm(torch.randn(4, 6), torch.ones(6, 5), offs=OFFS)
    assert by_column.shape == (4, 6) and by_both.shape == (3, 4, 5)
    for i, (start, end) in enumerate(spans()):
        torch.testing.assert_close(by_column[:, start:end], a[i] @ b[:, start:end])
    torch.testing.assert_close(F.grouped_mm(a, torch.ones(3, 5, 2)), a @ torch.ones(3, 5, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, w: F.grouped_mm(x, w), "Have to provide offsets"),
        (lambda x, w: F.grouped_mm(w, w.mT, offs=OFFS), "no offset if both matrices are 3d"),
        (lambda x, w: F.grouped_mm(x, w, offs=OFFS.long()), "Offsets have to be int32"),
        (lambda x, w: F.grouped_mm(x, w, offs=OFFS[:2]), "one element for each group"),
        (lambda x, w: F.grouped_mm(x.double(), w.double(), offs=OFFS), "Expected mat_a to be Float32"),
        (lambda x, w: F.grouped_mm(x, w.bfloat16(), offs=OFFS), "to have the same dtype"),
        (lambda x, w: F.grouped_mm(x, w, offs=OFFS, bias=w[:, 0]), "Bias not supported yet"),
        (lambda x, w: F.grouped_mm(x[:, :3], w, offs=OFFS), "contraction dimension"),
    ],
)
def test_what_does_not_fit(call, message):
    with pytest.raises(RuntimeError, match=message):
        call(torch.ones(6, 4), torch.ones(3, 4, 5))


def eighths(*shape):
    values = torch.arange(torch.Size(shape).numel()).remainder(7).sub(3) / 2
    return values.reshape(shape).to(torch.float8_e4m3fn)


def test_products_of_matrices_of_8_bits():
    a, b = eighths(3, 4), eighths(5, 4).t()
    exact = a.float() @ b.float()
    half, two = torch.tensor(0.5), torch.tensor(2.0)
    assert torch._scaled_mm(a, b, half, two).dtype is torch.float8_e4m3fn
    scaled = torch._scaled_mm(a, b, half, half, bias=torch.ones(5), out_dtype=torch.float32)
    assert torch.equal(scaled, exact / 4 + 1)
    rows, columns = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([[1.0, 2.0, 4.0, 8.0, 16.0]])
    by_row = F.scaled_mm(a, b, [rows], [ROWS], columns, ROWS, output_dtype=torch.float32)
    assert torch.equal(by_row, exact * rows * columns)
    assert F.scaled_mm(a, b, half, WHOLE, two, WHOLE).dtype is torch.bfloat16
    with pytest.raises(ValueError, match="Invalid scaling configuration"):
        torch._scaled_mm(a.float(), b, half, two)
    with pytest.raises(RuntimeError, match=r"cannot be multiplied \(3x4 and 3x5\)"):
        torch._scaled_mm(a, b[:3], half, two)
    with pytest.raises(NotImplementedError, match="rows and columns"):
        F.scaled_mm(a, b, half, ScalingType.BlockWise1x32, two, WHOLE)


def test_products_of_groups_of_8_bits():
    x, w = eighths(6, 4), torch.stack([eighths(4, 5).float()] * 3).to(torch.float8_e4m3fn)
    rows, columns = torch.arange(1.0, 7), torch.full((3, 5), 0.5)
    result = F.scaled_grouped_mm(x, w, rows, ROWS, columns, ROWS, offs=OFFS, output_dtype=torch.float32)
    exact = F.grouped_mm(x.float() * rows[:, None], w.float() * 0.5, offs=OFFS)
    assert torch.equal(result, exact)
    with pytest.raises(NotImplementedError, match="with ScalingType"):
        F.scaled_grouped_mm(x, w, rows, WHOLE, columns, WHOLE, offs=OFFS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contraction_dim": (0,)}, "contraction_dim"),
        ({"scale_recipe_a": F.ScalingType.RowWise}, "one recipe"),
        ({"scale_a": torch.ones(16, 1)}, "scale_a must have 1 Float element"),
        ({"scale_b": torch.tensor(1.0).double()}, "scale_b must have 1 Float element"),
    ],
)
def test_scales_follow_their_recipe(change, message):
    a = torch.eye(16).to(torch.float8_e4m3fn)
    recipe, scale = F.ScalingType.TensorWise, torch.tensor(1.0)
    call = {
        "scale_a": scale,
        "scale_recipe_a": recipe,
        "scale_b": scale,
        "scale_recipe_b": recipe,
        "contraction_dim": (1, 0),
    }
    assert torch.equal(F.scaled_mm(a, a.t(), **call).float(), torch.eye(16))
    with pytest.raises(ValueError, match=message):
        F.scaled_mm(a, a.t(), **{**call, **change})


@pytest.mark.parametrize(
    ("left", "right", "shape"), [((4, 8), (3, 8, 5), (4, 5)), ((4, 6), (6, 5), (3, 4, 5)), ((3, 4, 8), (8, 6), (4, 6))]
)
def test_shapes_without_elements(left: tuple[int, ...], right: tuple[int, ...], shape: tuple[int, ...]) -> None:
    with torch.device("meta"):
        a = torch.empty(left, requires_grad=True)
        result = F.grouped_mm(a, torch.empty(right), offs=torch.empty(3, dtype=torch.int32))
    assert result.is_meta and result.shape == shape
    assert torch.autograd.grad(result.sum(), a)[0].shape == left
