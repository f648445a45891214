"""The keyword `out`: what it takes, what it refuses."""

import warnings

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
    with pytest.raises(RuntimeError, match=rf"({name}\(\): )?Expected .*(float64|complex128|Double)"):
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


@pytest.mark.parametrize(
    ("call", "want"),
    [
        (lambda out: torch.linspace(0, 3, 4, out=out), [0, 1, 2, 3]),
        (lambda out: torch.logspace(0, 3, 4, 2, out=out), [1, 2, 4, 8]),
        (lambda out: torch.arange(1.0, 5.0, out=out), [1, 2, 3, 4]),
        (lambda out: torch.range(1, 4, out=out), [1, 2, 3, 4]),
    ],
)
def test_sequences_count_elements_and_keep_the_view(call, want):
    memory = torch.full((2, 3), -1.0)
    out = memory.narrow(1, 1, 2)
    assert call(out) is out
    assert out.shape == (2, 2)
    assert memory.tolist() == [[-1, *want[:2]], [-1, *want[2:]]]


@pytest.mark.parametrize("name", ["linspace", "zeros", "cat", "exp", "rad2deg", "sum"])
def test_a_view_is_resized_from_its_own_start(name):
    call = {
        "linspace": lambda out: torch.linspace(1, 2, 3, out=out),
        "zeros": lambda out: torch.zeros(3, out=out),
        "cat": lambda out: torch.cat([torch.ones(1), torch.ones(2)], out=out),
        "exp": lambda out: torch.exp(torch.ones(3), out=out),
        "rad2deg": lambda out: torch.rad2deg(torch.ones(3), out=out),
        "sum": lambda out: torch.sum(torch.ones(3, 2), 1, out=out),
    }[name]
    memory = torch.full((10,), -1.0)
    out = memory[4:6]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call(out)
    assert bool(seen) == (name not in ("linspace", "zeros"))
    assert (out.shape, out.storage_offset(), out.data_ptr()) == ((3,), 4, memory[4:].data_ptr())
    assert memory[:4].tolist() == [-1] * 4
    assert memory[7:].tolist() == [-1] * 3
    assert memory._version == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda out: torch.rad2deg(X, out=out),
        lambda out: torch.norm(X, dim=0, out=out),
        lambda out: torch.tensordot(X, X, 2, out=out),
        lambda out: torch.cross(X, X, 1, out=out),
        lambda out: torch.mvlgamma(X + 3, 2, out=out),
        lambda out: torch.nn.functional.softplus(X, out=out),
        lambda out: torch.nn.functional.gelu(X, out=out),
        lambda out: torch.expand_copy(X, (2, 3), out=out),
        lambda out: torch.view_copy(X, (3, 2), out=out),
        lambda out: torch.alias_copy(X, out=out),
        lambda out: torch.matmul(X, X.t(), out=out),
        lambda out: torch.arange(5.0, out=out),
        lambda out: torch.nn.functional.avg_pool2d(X[None], 2, out=out),
    ],
)
def test_another_size_is_resized_with_a_warning(call):
    want = call(torch.empty(0))
    with pytest.warns(UserWarning, match="was resized since it had shape|does not match the computed number"):
        out = call(torch.ones(7))
    assert torch.equal(out, want)


@pytest.mark.parametrize("name", ["sum", "prod", "median", "nanmedian", "std", "var"])
def test_overloads_without_it_refuse_it(name):
    args = (True,) if name in ("std", "var") else ()
    with pytest.raises(TypeError):
        getattr(torch, name)(X, *args, out=torch.empty(()))
    out = torch.empty(0), torch.empty(0, dtype=torch.int64)
    getattr(torch, name)(X, 1, out=out if "median" in name else out[0])
    assert out[0].shape == (2,)


def test_draws_of_zero_and_one_go_into_any_dtype():
    out = torch.empty(3, dtype=torch.int64)
    assert torch.bernoulli(torch.ones(3), out=out) is out
    assert out.tolist() == [1, 1, 1]
    with pytest.raises(TypeError):
        torch.bernoulli(torch.ones(3), 0.5, out=out)


def test_memory_that_numpy_looks_at_does_not_grow():
    x = torch.ones(2, 2)
    view = x.numpy()
    with pytest.raises(RuntimeError, match="not resizable"):
        x.resize_(10, 10)
    assert x.resize_(3).tolist() == [1, 1, 1]
    assert view.tolist() == [[1, 1], [1, 1]]


def test_a_write_into_a_view_is_counted_by_its_base():
    memory = torch.zeros(4)
    with torch.no_grad():
        torch.exp(torch.zeros(2), out=memory[1:3])
    assert memory._version == 1
    with pytest.raises(RuntimeError, match="automatic differentiation"):
        torch.exp(torch.zeros(2), out=torch.zeros(2, requires_grad=True))


def test_slice_scatter():
    out = torch.empty(0)
    assert torch.slice_scatter(X, torch.zeros(1, 3), 0, 0, 1, out=out) is out
    assert out.tolist() == [[0, 0, 0], [3, 4, 5]]


@pytest.mark.parametrize(
    ("call", "want"),
    [
        (lambda x, out: torch.sum(x, 0, out=out), [4, 7]),
        (lambda x, out: torch.prod(x, 0, out=out), [3, 10]),
        (lambda x, out: torch.cumsum(x[0], 0, out=out), [1, 3]),
        (lambda x, out: torch.cumprod(x[1], 0, out=out), [3, 15]),
    ],
)
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.float64, torch.float16])
def test_sums_are_formed_in_the_dtype_of_out(call, want, dtype):
    x = torch.tensor([[1.6, 2.3], [3.9, 5.2]])
    x = x if dtype.is_floating_point else x + 0.01
    out = torch.empty(2, dtype=dtype)
    call(x.floor() if dtype.is_floating_point else x, out)
    assert out.tolist() == want


@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
def test_a_dtype_asked_for_must_be_that_of_out(name):
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype float64, but got float32"):
        getattr(torch, name)(X, 0, dtype=torch.float64, out=torch.empty(3))


@pytest.mark.parametrize("call", [torch.exp, torch.neg, lambda x, out: torch.add(x, x, out=out), torch.signbit])
def test_what_is_resized_gets_the_strides_of_the_result(call):
    x = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)
    out = torch.empty(0, dtype=torch.bool if call is torch.signbit else torch.float32)
    call(x, out=out)
    assert (out.shape, out.stride()) == (x.shape, (1, 12, 4))
    fitting = torch.empty(4, 2, 3, dtype=out.dtype)
    call(x, out=fitting)
    assert fitting.stride() == (6, 3, 1) and torch.equal(fitting, out)


@pytest.mark.parametrize("name", ["zeros", "ones", "full", "empty"])
def test_a_constant_may_be_written_to_an_expanded_tensor(name):
    args = ((3,), 7.0) if name == "full" else ((3,),)
    shared = torch.zeros(1).expand(3)
    assert getattr(torch, name)(*args, out=shared) is shared
    assert shared.stride() == (0,) and (name == "empty" or shared.tolist() == getattr(torch, name)(*args).tolist())
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        torch.arange(3, out=torch.zeros(1, dtype=torch.int64).expand(3))


@pytest.mark.parametrize("name", ["zeros", "rand", "arange"])
def test_an_expanded_tensor_of_another_size_is_resized_first(name):
    out = torch.zeros(1).expand(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(torch, name)(3, out=out)
    assert (out.shape, out.stride()) == ((3,), (1,))
