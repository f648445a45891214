"""Counts by intervals, reductions of segments, parts of floats, derivatives of sampled functions."""

import math

import ferrotorch as torch
import pytest

X = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 4.0, 7.0])


def test_an_interval_has_its_lower_edge_and_the_last_one_both(device: str) -> None:
    hist, edges = torch.histogram(X.to(device), 4, range=(0.0, 2.0))
    assert edges.tolist() == [0, 0.5, 1, 1.5, 2]
    assert hist.tolist() == [1, 1, 1, 2]
    hist, _ = torch.histogram(X.to(device), torch.tensor([0.0, 1.0, 4.0], device=device))
    assert hist.tolist() == [2, 4]


def test_weights_and_density() -> None:
    weight = torch.arange(7.0)
    hist, edges = torch.histogram(X, 2, weight=weight)
    assert (hist.tolist(), edges.tolist()) == ([10.0, 11.0], [0, 3.5, 7])
    density, _ = torch.histogram(X, 2, weight=weight, density=True)
    assert (density * 3.5).sum().item() == pytest.approx(1)
    one, edges = torch.histogram(torch.ones(3), 2)
    assert (one.tolist(), edges.tolist()) == ([0, 3], [0.5, 1, 1.5])


def test_histogram_of_points() -> None:
    points = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.2]])
    hist, edges = torch.histogramdd(points, [2, 2])
    assert hist.tolist() == [[0, 1], [2, 0]]
    assert [e.tolist() for e in edges] == [[0, 0.5, 1]] * 2
    for call in (
        lambda: torch.histogramdd(points, [2, 2, 2]),
        lambda: torch.histogramdd(points[0], 2),
        lambda: torch.histogram(X, 0),
        lambda: torch.histogram(X, 2, range=(1.0, 0.0)),
        lambda: torch.histogram(X, 2, weight=torch.ones(3)),
    ):
        with pytest.raises(RuntimeError):
            call()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_parts_of_floats(dtype: torch.dtype) -> None:
    smallest = torch.finfo(dtype).tiny * torch.finfo(dtype).eps
    values = [0.0, 1.0, -3.5, 0.75, 6.0, smallest, torch.finfo(dtype).max]
    mantissa, exponent = torch.frexp(torch.tensor(values, dtype=dtype))
    parts = list(zip(mantissa.tolist(), exponent.tolist(), strict=True))
    assert parts == [math.frexp(v) for v in values]
    assert (mantissa.dtype, exponent.dtype) == (dtype, torch.int32)
    odd = torch.frexp(torch.tensor([math.inf, -math.inf, math.nan], dtype=dtype))
    assert odd.exponent.tolist() == [0, 0, 0]
    assert odd.mantissa.tolist()[:2] == [math.inf, -math.inf]


def test_the_mantissa_has_a_derivative() -> None:
    x = torch.tensor([6.0, -0.3], dtype=torch.float64, requires_grad=True)
    torch.frexp(x).mantissa.sum().backward()
    assert x.grad.tolist() == [0.125, 2.0]


SEGMENTS = {
    "sum": [1.0, 0.0, 9.0],
    "mean": [1.0, math.nan, 3.0],
    "max": [1.0, -math.inf, 4.0],
    "min": [1.0, math.inf, 2.0],
    "prod": [1.0, 1.0, 24.0],
}


@pytest.mark.parametrize(("how", "want"), SEGMENTS.items())
def test_segments(how: str, want: list[float]) -> None:
    data = torch.tensor([1.0, 2, 3, 4], dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([1, 0, 3])
    for named in ({"lengths": lengths}, {"offsets": torch.tensor([0, 1, 1, 4])}):
        assert torch.segment_reduce(data, how, **named).tolist() == pytest.approx(want, nan_ok=True)
    batch = torch.stack([data, data]).detach()[..., None]
    rows = torch.segment_reduce(batch, how, lengths=lengths.expand(2, 3), axis=1)
    assert rows[1, :, 0].tolist() == pytest.approx(want, nan_ok=True)
    assert torch.autograd.gradcheck(lambda x: torch.segment_reduce(x, how, lengths=torch.tensor([1, 3])), data)


def test_segments_must_add_up() -> None:
    with pytest.raises(RuntimeError, match=r"sum to data\.size"):
        torch.segment_reduce(torch.ones(4), "sum", lengths=torch.tensor([1, 2]))
    with pytest.raises(RuntimeError, match="negative"):
        torch.segment_reduce(torch.ones(4), "sum", lengths=torch.tensor([-1, 5]))
    assert torch.segment_reduce(torch.ones(4), "mean", lengths=torch.tensor([0, 4]), initial=2).tolist() == [2, 1.5]


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_is_exact_for_parabolas(edge_order: int) -> None:
    places = torch.tensor([0.0, 1.0, 3.0, 3.5, 5.0], dtype=torch.float64)
    (got,) = torch.gradient(places**2, spacing=(places,), edge_order=edge_order)
    inside = slice(None) if edge_order == 2 else slice(1, -1)
    assert got[inside].tolist() == pytest.approx((2 * places)[inside].tolist())
    even = torch.arange(5.0, dtype=torch.float64)
    (got,) = torch.gradient(even**2, spacing=0.5, edge_order=edge_order)
    assert got[inside].tolist() == pytest.approx((4 * even)[inside].tolist())


def test_gradient_by_several_dimensions() -> None:
    x = torch.arange(6).reshape(2, 3)
    rows, columns = torch.gradient(x)
    assert (rows.tolist(), columns.tolist()) == ([[3.0] * 3] * 2, [[1.0] * 3] * 2)
    assert torch.gradient(x, spacing=2.0, dim=1)[0].tolist() == [[0.5] * 3] * 2
    for call in (
        lambda: torch.gradient(x, spacing=(1.0,)),
        lambda: torch.gradient(x, edge_order=2),
        lambda: torch.gradient(x, dim=(0, 0)),
        lambda: torch.gradient(x, edge_order=3),
    ):
        with pytest.raises(RuntimeError):
            call()
