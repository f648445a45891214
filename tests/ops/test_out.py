"""The keyword `out`: what it takes, what it refuses."""

import ferrotorch as torch
import numpy as np
import pytest

X, ROWS, PAIRS = torch.arange(6.0).reshape(2, 3), torch.tensor([0, 1]), torch.tensor([[0, 1, 1]])
MASK = torch.tensor([True, False, True])
OWN_DTYPE = {
    "gather": (X, 0, PAIRS),
    "take_along_dim": (X, PAIRS, 0),
    "scatter": (X, 0, PAIRS, X),
    "scatter_add": (X, 0, PAIRS, X),
    "scatter_reduce": (X, 0, PAIRS, X, "sum"),
    "index_select": (X, 1, ROWS),
    "index_add": (X, 0, ROWS, X),
    "index_copy": (X, 0, ROWS, X),
    "index_reduce": (X, 0, ROWS, X, "prod"),
    "take": (X, ROWS),
    "masked_select": (X, MASK),
    "abs": (X,),
    "floor": (X,),
    "frac": (X,),
    "neg": (X,),
    "nan_to_num": (X,),
    "round": (X,),
    "sign": (X,),
    "amax": (X, 0),
    "logcumsumexp": (X, 0),
    "msort": (X,),
    "quantile": (X, 0.5),
    "tril": (X,),
    "diag": (X,),
    "unsqueeze_copy": (X, 0),
    "complex": (X, X),
    "polar": (X, X),
}


@pytest.mark.parametrize("name", OWN_DTYPE)
def test_of_the_result_s_own_dtype(name):
    op, args = getattr(torch, name), OWN_DTYPE[name]
    want = op(*args)
    out = torch.empty(0, dtype=want.dtype)
    assert op(*args, out=out) is out
    assert torch.equal(out, want)
    wide = torch.complex128 if want.is_complex() else torch.float64
    with pytest.raises(RuntimeError, match=rf"{name}\(\): Expected .*float64|{name}\(\): Expected .*complex128"):
        op(*args, out=torch.empty(want.shape, dtype=wide))


def test_of_a_wider_dtype():
    out = torch.empty(0, dtype=torch.float64)
    assert torch.cat([X, X], out=out) is out
    assert torch.cumsum(X, 0, out=torch.empty(0, dtype=torch.float64)).dtype is torch.float64
    with pytest.raises(TypeError, match="can't be cast"):
        torch.cat([X, X], out=torch.empty(0, dtype=torch.int64))


@pytest.mark.parametrize("name", ["index_select", "gather", "masked_select"])
def test_elements_in_one_place(name):
    op, args = getattr(torch, name), OWN_DTYPE[name]
    out = torch.zeros(1).expand(op(*args).shape)
    with pytest.raises(RuntimeError, match=rf"{name}\(\): .*single memory location"):
        op(*args, out=out)


def test_pointwise_ops_refuse_it_too():
    with pytest.raises(RuntimeError, match="single memory location"):
        torch.exp(X, out=torch.zeros(1).expand(2, 3))


def test_memory_of_another_library_does_not_grow():
    out = torch.from_numpy(np.zeros(0, np.float32))
    with pytest.raises(RuntimeError, match="not resizable"):
        torch.cat([X, X], out=out)
    room = torch.from_numpy(np.zeros(12, np.float32))
    with pytest.warns(UserWarning, match="resized"):
        torch.cat([X, X], out=room)
    assert room.shape == (4, 3)


def test_gradients_do_not_go_through_it():
    x = torch.ones(3, requires_grad=True)
    for op, args in ((torch.complex, (x, x)), (torch.exp, (x,)), (torch.cat, ([x, x],))):
        with pytest.raises(RuntimeError, match="automatic differentiation"):
            op(*args, out=torch.empty(0, dtype=op(*args).dtype))


@pytest.mark.parametrize("name", ["argmax", "any", "isneginf", "signbit"])
def test_truths_and_indices_keep_their_dtype(name):
    with pytest.raises(RuntimeError, match=rf"{name}\(\): Expected out tensor to have dtype"):
        getattr(torch, name)(X, out=torch.empty(0))


@pytest.mark.parametrize("name", ["max", "sort", "topk", "cummax", "mode", "kthvalue"])
def test_indices_of_pairs_are_int64(name):
    args = (X, 1) if name in ("topk", "kthvalue") else (X, 0)
    op = getattr(torch, name)
    with pytest.raises(RuntimeError, match="int64"):
        op(*args, out=(torch.empty(0), torch.empty(0, dtype=torch.int32)))


def test_results_without_a_derivative_need_no_graph():
    x = torch.tensor([1.0, -1.0], requires_grad=True)
    out = torch.empty(2, dtype=torch.bool)
    assert torch.gt(x, 0, out=out) is out
    assert out.tolist() == [True, False]


def test_creation_takes_the_dtype_of_it():
    out = torch.empty(0, dtype=torch.int64)
    assert torch.zeros(2, out=out) is out
    assert out.tolist() == [0, 0]
    assert torch.full((2,), 1.5, out=torch.empty(2, dtype=torch.int64)).tolist() == [1, 1]
    assert torch.linspace(0, 1, 3, out=torch.empty(3, dtype=torch.int64)).tolist() == [0, 0, 1]
    assert torch.range(0, 2, out=torch.empty(3, dtype=torch.int8)).dtype is torch.int8
    assert torch.rand(2, out=torch.empty(2, dtype=torch.float64)).dtype is torch.float64


def test_kronecker_product():
    out = torch.empty(0)
    assert torch.kron(X[:1], X[:, :1], out=out).shape == (2, 3)
    assert out.tolist() == [[0, 0, 0], [0, 3, 6]]
