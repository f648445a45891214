"""Gradients of the first and second order of every differentiable op, against central differences in float64."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import _C
from ferrotorch._functions import FAMILIES, copies, quantization, sparsity
from numeric import check, gradients
from samples import ALIASES, CALLS, FLAT, GRADIENTS, NN, NN_CALLS, NO_GRADIENT, POINTWISE, ZERO_GRADIENT, native_names


def op_of(name):
    return CALLS.get(name) or getattr(torch, name)


def nn_of(name):
    return NN_CALLS.get(name) or getattr(_C._nn, name)


def test_every_op_has_a_sample():
    known = {*GRADIENTS, *ALIASES, *NO_GRADIENT, *ZERO_GRADIENT}
    assert set(native_names(_C)) - known == set()
    # These are parts of interpolate, whose derivatives are tested in nn.
    assert set(native_names(_C._nn)) - set(NN) == {"has_kernel_to_resize", "resized"}
    # Gradients of what takes sparse tensors are tested beside these; quantized ones have none.
    apart = (copies, quantization, sparsity)
    composed = {name for family in FAMILIES if family not in apart for name in family.FUNCTIONS}
    assert {name.removesuffix("_") for name in composed} - known == set()
    assert [name for name, samples in {**GRADIENTS, **NN}.items() if not samples] == []


def check_all(op, samples, flat=False):
    """Checks each sample; and that some gradient is not zero, since zeros agree with zeros."""
    slope = 0.0
    for seed, sample in enumerate(samples):
        call, tensors = sample.bind(op), sample.tensors(seed)
        check(call, tensors, sample.order)
        found = gradients(call, [x.detach().requires_grad_() for x in tensors])
        slope += sum(g.abs().sum().item() for g in found)
    assert (slope == 0) == flat


@pytest.mark.parametrize("name", sorted(GRADIENTS))
def test_op(name):
    check_all(op_of(name), GRADIENTS[name], name in FLAT)


@pytest.mark.parametrize("name", sorted(NN))
def test_nn_op(name):
    check_all(nn_of(name), NN[name])


@pytest.mark.parametrize("name", copies.FUNCTIONS)
def test_copies_of_views(name):
    view = name.removesuffix("_copy")
    if view in ("alias", "detach", "expand", "view", "unfold", "view_as_complex", "view_as_real"):
        x = torch.ones(2, 2, dtype=torch.complex64 if view == "view_as_real" else torch.float32)
        args = {"expand": ((3, 2, 2),), "view": ((4,),), "unfold": (0, 2, 1)}.get(view, ())
        copy = getattr(torch, name)(x, *args)
        assert not copy._is_view() and copy.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
        return
    for seed, sample in enumerate(GRADIENTS[view]):
        check(sample.bind(getattr(torch, name)), sample.tensors(seed), order=1)


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
    found = [gradients(sample.bind(op_of(n)), [x.requires_grad_() for x in sample.tensors(0)]) for n in (alias, name)]
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
