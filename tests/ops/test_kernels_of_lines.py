"""Choices between tensors, softmax of short rows, log(1 + x): whole lines and blocks of them."""

import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import numpy as np
import pytest

DTYPES = ["bool", "uint8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"]
LAYOUTS = {
    "whole": lambda x: x,
    "turned": lambda x: x.t(),
    "every second": lambda x: x[:, ::2],
    "one row for all": lambda x: x[:1].expand(x.shape),
    "one column for all": lambda x: x[:, :1].expand(x.shape),
    "one for all": lambda x: x[:1, :1].expand(x.shape),
    "short": lambda x: x[:3, :5],
    "rows apart": lambda x: x[:, 3:],
}


def _numbers(dtype: str, seed: int) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=(200, 200)) * 50).astype(np.int64).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("of", ["all", "a", "b", "condition"])
def test_where_moves_elements_of_any_dtype_and_layout(dtype, layout, of):
    a, b = (torch.from_numpy(_numbers(dtype, seed)) for seed in (1, 2))
    condition = torch.from_numpy(_numbers("int64", 3) > 0)
    view = LAYOUTS[layout]
    if of == "all":
        a, b, condition = view(a), view(b), view(condition)
    else:
        whole = LAYOUTS["short" if layout == "short" else "whole"]
        shape = view(a).shape
        cut = [
            view(x) if name == of else whole(x)[: shape[0], : shape[1]]
            for name, x in (("a", a), ("b", b), ("condition", condition))
        ]
        a, b, condition = cut
    expected = np.where(condition.numpy(), a.numpy(), b.numpy())
    assert (torch.where(condition, a, b).numpy() == expected).all()
    target = torch.empty(expected.shape, dtype=a.dtype)
    assert (torch.where(condition, a, b, out=target).numpy() == expected).all()


def test_where_with_numbers_and_into_its_own_inputs():
    x = torch.arange(-500.0, 500.0)
    assert torch.where(x > 0, x, -1.0).tolist() == [v if v > 0 else -1.0 for v in x.tolist()]
    assert torch.where(x > 0, 2, x.long()).tolist() == [2 if v > 0 else int(v) for v in x.tolist()]
    half = torch.where(x > 0, x.half(), 0.1)
    assert half.dtype is torch.float16 and half[0].item() == torch.tensor(0.1).half().item()
    y = x.clone()
    torch.where(y > 0, y, y.flip(0), out=y)
    assert y.tolist() == [v if v > 0 else w for v, w in zip(x.tolist(), x.flip(0).tolist(), strict=True)]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 10, 16, 17, 31, 63, 64])
@pytest.mark.parametrize("rows", [1, 2, 1037])
def test_softmax_of_short_rows(dtype, length, rows):
    x = (torch.randn(rows, length, dtype=torch.float64, generator=torch.Generator().manual_seed(length)) * 5).to(
        getattr(torch, dtype)
    )
    wide = x.double().numpy()
    e = np.exp(wide - wide.max(1, keepdims=True))
    tolerance = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 2e-6, "float64": 1e-13}[dtype]
    for result, expected in (
        (x.softmax(1), e / e.sum(1, keepdims=True)),
        (x.log_softmax(1), np.log(e / e.sum(1, keepdims=True))),
    ):
        assert result.dtype is x.dtype
        assert np.allclose(result.double().numpy(), expected, rtol=tolerance, atol=tolerance)


def test_softmax_of_short_rows_with_infinities():
    low, high, nan = -math.inf, math.inf, math.nan
    rows = torch.tensor([[low, low, low], [low, 0.0, 0.0], [high, 0.0, 1.0], [nan, 0.0, 1.0], [0.0, low, low]])
    plain = rows.softmax(1)
    assert plain[1].tolist() == [0.0, 0.5, 0.5] and plain[4].tolist() == [1.0, 0.0, 0.0]
    assert all(math.isnan(v) for row in (0, 2, 3) for v in plain[row].tolist())
    assert rows.log_softmax(1)[1].tolist() == pytest.approx([low, -math.log(2), -math.log(2)])


def test_log1p_to_the_last_digit():
    rng = np.random.default_rng(0)
    parts = [
        rng.uniform(-1, 1, 50_000),
        rng.uniform(-0.999, 20, 50_000),
        10 ** rng.uniform(-38, 38, 20_000),
        -(10 ** rng.uniform(-38, 0, 20_000)),
    ]
    x = np.concatenate(parts).astype(np.float32)
    x = x[x > -1]
    expected = np.log1p(x.astype(np.float64))
    ulps = np.abs(torch.from_numpy(x).log1p().numpy() - expected) / np.spacing(np.abs(expected).astype(np.float32))
    assert ulps.max() < 1.0
    ends = torch.tensor([0.0, -0.0, -1.0, math.inf, -2.0, math.nan]).log1p().tolist()
    assert ends[:4] == [0.0, 0.0, -math.inf, math.inf] and math.copysign(1, ends[1]) == -1
    assert math.isnan(ends[4]) and math.isnan(ends[5])


def test_prelu_with_one_weight_or_one_a_channel():
    x = torch.arange(-12.0, 12.0).reshape(2, 3, 4).requires_grad_()
    weight = torch.tensor([0.5, 0.0, -1.0], requires_grad=True)
    y = F.prelu(x, weight)
    rows = zip(x.reshape(6, 4).tolist(), [0.5, 0.0, -1.0] * 2, strict=True)
    assert y.reshape(6, 4).tolist() == [[v if v > 0 else w * v for v in row] for row, w in rows]
    y.sum().backward()
    assert weight.grad.tolist() == [-42.0, -26.0, -10.0]
    assert x.grad[0].tolist() == [[0.5] * 4, [0.0] * 4, [-1.0] * 4] and x.grad[1].tolist()[1] == [1.0] * 4
    assert y.grad_fn.name() == "PreluKernelBackward0"
    assert F.prelu(torch.tensor(-2.0), torch.tensor([0.25])).item() == -0.5
    assert math.isinf(F.prelu(torch.tensor([math.inf]), torch.tensor([0.0])).item())
