"""Forward mode of every differentiable op: against central differences, and against reverse mode."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import _C
from ferrotorch.autograd import forward_ad as fw
from numeric import gradients, outputs
from samples import CALLS, GRADIENTS, NN, NN_CALLS, POINTWISE, ZERO_GRADIENT

STEP = 1e-6


SAMPLES = {**GRADIENTS, **NN}


def op_of(name):
    if name in NN:
        return NN_CALLS.get(name) or getattr(_C._nn, name)
    return CALLS.get(name) or getattr(torch, name)


def inexact(result):
    """The tensors among the results that have a derivative."""
    items = result if isinstance(result, (tuple, list)) else [result]
    return [y for y in items if isinstance(y, torch.Tensor) and (y.is_floating_point() or y.is_complex())]


def push(function, inputs, directions):
    """The tangents of the results, None where there is none."""
    with fw.dual_level():
        results = inexact(function(*map(fw.make_dual, inputs, directions)))
        return [fw.unpack_dual(y).tangent for y in results]


def directions_like(inputs, seed):
    rng = np.random.default_rng(seed)

    def uniform(x):
        return torch.from_numpy(np.asarray(rng.uniform(-1, 1, tuple(x.shape))))

    return [torch.complex(uniform(x), uniform(x)) if x.is_complex() else uniform(x) for x in inputs]


def difference(function, inputs, directions):
    """How the results change with a step in a direction."""
    sides = [
        inexact(function(*(x.detach() + step * v for x, v in zip(inputs, directions, strict=True))))
        for step in (STEP, -STEP)
    ]
    return [(a - b) / (2 * STEP) for a, b in zip(*sides, strict=True)]


def close(got, want, tolerance=1e-5):
    got, want = (x.detach().resolve_conj().resolve_neg().numpy() for x in (got, want))
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def check_push(function, inputs, seed, tolerance=1e-5):
    directions = directions_like(inputs, seed)
    found = push(function, inputs, directions)
    wanted = difference(function, inputs, directions)
    for tangent, want in zip(found, wanted, strict=True):
        if tangent is None:
            assert not want.numel() or want.abs().max() < tolerance
        else:
            assert tangent.dtype == want.dtype and not tangent.requires_grad
            close(tangent, want, tolerance)
    check_transpose(function, inputs, directions, found)


def check_transpose(function, inputs, directions, tangents):
    """``u (J v) = (u J) v`` for the `u` of a seed."""
    leaves = [x.detach().requires_grad_() for x in inputs]
    results = inexact(function(*leaves))
    weights = directions_like(results, 7)
    pairs = [(y, u) for y, u in zip(results, weights, strict=True) if y.requires_grad]
    grads = torch.autograd.grad(
        [y for y, _ in pairs], leaves, [u for _, u in pairs], allow_unused=True, materialize_grads=True
    ) if pairs else []  # fmt: skip
    forward = sum(dot(u, t) for u, t in zip(weights, tangents, strict=True) if t is not None)
    backward = sum(dot(g, v) for g, v in zip(grads, directions, strict=bool(pairs)))
    np.testing.assert_allclose(forward, backward, rtol=1e-8, atol=1e-10)


def dot(u, v):
    return (u.detach().conj() * v.detach()).sum().real.item()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_op(name):
    for seed, sample in enumerate(SAMPLES[name]):
        check_push(sample.bind(op_of(name)), sample.tensors(seed), seed)


@pytest.mark.parametrize("name", sorted(POINTWISE))
def test_strided_inputs(name):
    for seed, sample in enumerate(POINTWISE[name][:2]):
        check_push(sample.bind(op_of(name)), sample.tensors(seed, strided=True), seed)


@pytest.mark.parametrize("name", sorted(n for n in POINTWISE if hasattr(torch.Tensor, f"{n}_") and n != "polygamma"))
def test_in_place(name):
    sample = POINTWISE[name][0]
    in_place = sample.bind(lambda x, *rest, **kwargs: getattr(x.clone(), f"{name}_")(*rest, **kwargs))
    check_push(in_place, sample.tensors(0), 0)


@pytest.mark.parametrize("name", sorted(n for n in POINTWISE if hasattr(torch.Tensor, f"{n}_") and n != "polygamma"))
def test_in_place_on_a_view(name):
    sample = POINTWISE[name][0]

    def function(x, *rest, **kwargs):
        base = torch.stack([x, x * 2, x])
        getattr(base[0], f"{name}_")(*rest, **kwargs)
        return base.clone(), base[0], base[1]

    check_push(sample.bind(function), sample.tensors(0), 0)


def complex_ops():
    """The ops of complex numbers, with a sample."""
    for name, samples in sorted(GRADIENTS.items()):
        inputs = as_complex(samples[0].tensors(0))
        try:
            results = inexact(samples[0].bind(op_of(name))(*inputs))
        except (RuntimeError, TypeError, NotImplementedError):
            continue
        if results:
            yield name


def as_complex(tensors):
    return [torch.complex(x, 0.3 * x.flip(0) if x.dim() else 0.3 * x) for x in tensors]


COMPLEX = list(complex_ops())


def test_ops_of_complex_numbers_are_found():
    assert len(COMPLEX) > 100 and {"mul", "pow", "abs", "sgn", "matmul", "cumprod"} <= set(COMPLEX)


@pytest.mark.parametrize("name", COMPLEX)
def test_complex(name):
    for seed, sample in enumerate(GRADIENTS[name]):
        check_push(sample.bind(op_of(name)), as_complex(sample.tensors(seed)), seed)


@pytest.mark.parametrize("name", sorted(n for n in SAMPLES if n not in ZERO_GRADIENT))
def test_forward_over_reverse(name):
    """Tangents of gradients are the gradients of gradients in the direction of the tangents."""
    for seed, sample in enumerate(SAMPLES[name]):
        if sample.order < 2:
            continue
        call, inputs = sample.bind(op_of(name)), sample.tensors(seed)
        directions = directions_like(inputs, seed)

        def gradient(*xs, call=call):
            return gradients(call, [x.view_as(x).requires_grad_() for x in xs])

        found = push(gradient, inputs, directions)
        leaves = [x.detach().requires_grad_() for x in inputs]
        along = sum((g * v).sum() for g, v in zip(gradients(call, leaves, True), directions, strict=True))
        wanted = torch.autograd.grad(along, leaves, allow_unused=True, materialize_grads=True) if along.requires_grad \
            else [torch.zeros_like(x) for x in leaves]  # fmt: skip
        for tangent, want in zip(found, wanted, strict=True):
            close(torch.zeros_like(want) if tangent is None else tangent, want, 1e-7)


@pytest.mark.parametrize("name", ["exp", "mul", "matmul", "cumprod", "softmax", "cat", "index_select", "prod", "norm"])
def test_reverse_over_forward(name):
    """The gradient of a tangent, by the values and by the direction."""
    for seed, sample in enumerate(GRADIENTS[name][:2]):
        call, inputs = sample.bind(op_of(name)), sample.tensors(seed)
        directions = directions_like(inputs, seed)
        leaves = [x.detach().requires_grad_() for x in inputs]
        along = [v.requires_grad_() for v in directions]
        with fw.dual_level():
            tangents = [fw.unpack_dual(y).tangent for y in outputs(call(*map(fw.make_dual, leaves, along)))]
            total = sum(t.sum() for t in tangents)
            found = torch.autograd.grad(total, leaves + along, allow_unused=True, materialize_grads=True)
        points = [x.detach().requires_grad_() for x in inputs]
        one = [torch.ones_like(y) for y in outputs(call(*points))]
        grads = torch.autograd.grad(outputs(call(*points)), points, one, create_graph=True)
        by_direction = [g.detach() for g in grads]
        along_grads = sum((g * v.detach()).sum() for g, v in zip(grads, directions, strict=True))
        by_value = (
            torch.autograd.grad(along_grads, points, allow_unused=True, materialize_grads=True)
            if along_grads.requires_grad
            else [torch.zeros_like(x) for x in points]
        )
        for got, want in zip(found, [*by_value, *by_direction], strict=True):
            close(got, want, 1e-8)
