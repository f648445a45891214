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
    with pytest.raises(RuntimeError, match="can't be cast"):
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
