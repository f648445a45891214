"""`nan_to_num` of complex numbers, part by part, in each of its forms; `nonzero_static` with `out`."""

import ferrotorch as torch
import pytest

INF, NAN = float("inf"), float("nan")
NUMBERS = [complex(NAN, INF), complex(1, -INF), complex(-INF, 2)]
LARGEST = {torch.complex64: 3.4028234663852886e38, torch.complex128: 1.7976931348623157e308}


@pytest.mark.parametrize("dtype", LARGEST)
@pytest.mark.parametrize("limits", [(), (1.0, 2.0, 3.0), (5.0,)])
def test_complex_numbers(dtype, limits):
    nan, high, low = (*limits, *(0.0, LARGEST[dtype], -LARGEST[dtype])[len(limits) :])
    want = [complex(nan, high), complex(1, low), complex(low, 2)]
    x = torch.tensor(NUMBERS, dtype=dtype)
    assert x.nan_to_num(*limits).tolist() == want
    out = torch.zeros(0, dtype=dtype)
    assert torch.nan_to_num(x, *limits, out=out) is out
    assert out.tolist() == want
    base = torch.stack([x, x])
    assert base[1].nan_to_num_(*limits).tolist() == want
    assert base.nan_to_num().tolist()[1] == want
    assert torch.nan_to_num_(x.clone(), *limits).tolist() == want
    assert x.conj().nan_to_num_(*limits).tolist() == [complex(nan, low), complex(1, high), complex(low, -2)]


def test_complex_numbers_in_place_have_gradients():
    x = torch.tensor(NUMBERS[1:], requires_grad=True)
    (x * 1).nan_to_num_().backward(torch.tensor([2 + 3j, 4 + 5j]))
    y = torch.tensor(NUMBERS[1:], requires_grad=True)
    (y * 1).nan_to_num().backward(torch.tensor([2 + 3j, 4 + 5j]))
    assert x.grad.tolist() == y.grad.tolist()


def test_out_of_another_dtype_is_refused():
    with pytest.raises(RuntimeError):
        torch.nan_to_num(torch.tensor(NUMBERS), out=torch.zeros(3))


@pytest.mark.parametrize(("size", "fill"), [(4, -1), (2, -1), (7, -7), (0, 3)])
def test_nonzero_static_into_a_tensor(size, fill):
    x = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 4.0]])
    want = ([[0, 1], [0, 2], [1, 0], [1, 2]] + [[fill, fill]] * 7)[:size]
    out = torch.zeros(0, dtype=torch.int64)
    assert torch.nonzero_static(x, size=size, fill_value=fill, out=out) is out
    assert out.tolist() == want
    with pytest.raises(RuntimeError):
        torch.nonzero_static(x, size=2, out=torch.zeros(2, 2))
