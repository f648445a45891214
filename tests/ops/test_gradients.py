"""Gradients of the first and second order of every differentiable op, against central differences in float64."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import _C
from numeric import check, gradients
from samples import ALIASES, CALLS, GRADIENTS, NN, NN_CALLS, NO_GRADIENT, POINTWISE, ZERO_GRADIENT, native_names


def op_of(name):
    return CALLS.get(name) or getattr(torch, name)


def nn_of(name):
    return NN_CALLS.get(name) or getattr(_C._nn, name)


def test_every_op_has_a_sample():
    known = {*GRADIENTS, *ALIASES, *NO_GRADIENT, *ZERO_GRADIENT}
    assert set(native_names(_C)) - known == set()
    assert set(native_names(_C._nn)) - set(NN) == set()


@pytest.mark.parametrize("name", sorted(GRADIENTS))
def test_op(name):
    for seed, sample in enumerate(GRADIENTS[name]):
        check(sample.bind(op_of(name)), sample.tensors(seed), sample.order)


@pytest.mark.parametrize("name", sorted(NN))
def test_nn_op(name):
    for seed, sample in enumerate(NN[name]):
        check(sample.bind(nn_of(name)), sample.tensors(seed), sample.order)


@pytest.mark.parametrize("name", sorted(POINTWISE))
def test_strided_inputs(name):
    for seed, sample in enumerate(POINTWISE[name][:2]):
        check(sample.bind(op_of(name)), sample.tensors(seed, strided=True), order=1)


@pytest.mark.parametrize("name", sorted(n for n in POINTWISE if hasattr(torch.Tensor, f"{n}_") and n != "polygamma"))
def test_in_place(name):
    sample = POINTWISE[name][0]
    in_place = sample.bind(lambda x, *rest, **kwargs: getattr(x.clone(), f"{name}_")(*rest, **kwargs))
    check(in_place, sample.tensors(0), order=1)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases(alias, name):
    sample = GRADIENTS[name][0]
    found = [
        gradients(sample.bind(getattr(torch, n)), [x.requires_grad_() for x in sample.tensors(0)])
        for n in (alias, name)
    ]
    for a, b in zip(*found, strict=True):
        assert torch.equal(a, b)


SPOT_CHECK = [
    "exp",
    "tanh",
    "mul",
    "div",
    "sum",
    "amax",
    "cumsum",
    "softmax",
    "matmul",
    "permute",
    "cat",
    "index_select",
    "gather",
]


@pytest.mark.parametrize("name", SPOT_CHECK)
def test_float32_agrees(name, device):
    for seed, sample in enumerate(GRADIENTS[name]):
        inputs = sample.tensors(seed)
        want = gradients(sample.bind(op_of(name)), [x.requires_grad_() for x in inputs])

        def move(x):
            return x.to(device) if isinstance(x, torch.Tensor) else x

        sample.args = tuple(map(move, sample.args))
        call = sample.bind(op_of(name))
        leaves = [x.detach().float().requires_grad_() for x in inputs]
        got = gradients(lambda *xs, call=call: [y.cpu() for y in as_list(call(*map(move, xs)))], leaves)
        sample.args = tuple(x.cpu() if isinstance(x, torch.Tensor) else x for x in sample.args)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-5)


def as_list(result):
    return result if isinstance(result, (tuple, list)) else [result]
