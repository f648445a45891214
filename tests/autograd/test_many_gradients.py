"""Many gradients at once: one walk gives what a walk for each of them does."""

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch import _C
from ferrotorch.func import jacrev, vjp, vmap
from samples import CALLS, GRADIENTS, NN, NN_CALLS

MANY = 3
SAMPLES = {**GRADIENTS, **NN}


def op_of(name):
    if name in NN:
        return NN_CALLS.get(name) or getattr(_C._nn, name)
    return CALLS.get(name) or getattr(torch, name)


def weights_like(y, seed):
    rng = np.random.default_rng(seed)
    values = [torch.from_numpy(np.asarray(rng.uniform(-1, 1, (MANY, *y.shape)))) for _ in range(2)]
    return torch.complex(*values) if y.is_complex() else values[0]


def prepared(name, sample):
    """Results that have gradients, what they are differentiated by, and many weights of each."""
    leaves = [x.requires_grad_() for x in sample.tensors(0)]
    results = sample.bind(op_of(name))(*leaves)
    results = results if isinstance(results, (tuple, list)) else [results]
    results = [y for y in results if isinstance(y, torch.Tensor) and y.requires_grad]
    return results, leaves, [weights_like(y, seed) for seed, y in enumerate(results)]


def each(results, leaves, weights, **options):
    """A walk for each of the weights."""
    rows = [
        torch.autograd.grad(results, leaves, [w[i] for w in weights], retain_graph=True, allow_unused=True, **options)
        for i in range(MANY)
    ]
    return [None if column[0] is None else torch.stack(column) for column in zip(*rows, strict=True)]


def together(results, leaves, weights, **options):
    return torch.autograd.grad(
        results, leaves, weights, retain_graph=True, allow_unused=True, is_grads_batched=True, **options
    )


def check(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        if b is None or a is None:
            assert all(x is None or not x.any() for x in (a, b))
            continue
        assert a.shape == b.shape and a.dtype == b.dtype
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11, equal_nan=True)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_op(name):
    for sample in SAMPLES[name]:
        results, leaves, weights = prepared(name, sample)
        if results:
            check(together(results, leaves, weights), each(results, leaves, weights))


def second(results, leaves, weights, walk):
    """The gradients of the gradients, by everything that these depend on."""
    weights = [w.requires_grad_() for w in weights]
    firsts = [g for g in walk(results, leaves, weights, create_graph=True) if g is not None and g.requires_grad]
    if not firsts:
        return []
    total = sum((g * g.conj()).real.sum() for g in firsts)
    return torch.autograd.grad(total, [*leaves, *weights], allow_unused=True, retain_graph=True)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_recorded(name):
    for sample in SAMPLES[name]:
        if sample.order > 1:
            results, leaves, weights = prepared(name, sample)
            found, wanted = (second(results, leaves, weights, walk) for walk in (together, each))
            check(found, wanted)


def test_many_of_many():
    x = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3).requires_grad_()
    y = (x.exp() @ x.T).tanh()
    first = weights_like(y, 1).requires_grad_()
    (g,) = torch.autograd.grad(y, x, first, create_graph=True, is_grads_batched=True)
    assert g.shape == (MANY, 2, 3)
    weights = weights_like(g, 2)
    check(together([g], [x, first], [weights]), each([g], [x, first], [weights]))


def test_hooks_see_one_gradient_after_the_other():
    seen = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    inner = x * 3
    inner.register_hook(lambda g: seen.append(g.tolist()) or g * 2)
    x.register_hook(lambda g: g + 1)
    inner.grad_fn.register_hook(lambda inputs, outputs: tuple(g if g is None else g * 10 for g in inputs))
    (g,) = torch.autograd.grad(inner.sin(), x, torch.eye(2), is_grads_batched=True)
    cosine = (x * 3).detach().cos()
    assert torch.allclose(g, torch.diag(cosine) * 60 + 1)
    assert len(seen) == 2 and seen[0][1] == 0 and seen[1][0] == 0


def test_custom_function():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            assert g.shape == (2,)
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(Cube.apply(x), x, torch.eye(2), is_grads_batched=True)
    assert g.tolist() == [[3, 0], [0, 12]]


def test_a_composite_is_walked_with_all():
    x = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4).requires_grad_()
    y = torch.nn.functional.gelu(torch.cosine_similarity(x, x.flip(0), dim=1))
    check(together([y], [x], [weights_like(y, 3)]), each([y], [x], [weights_like(y, 3)]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.complex64])
def test_dtypes_of_the_gradients(dtype):
    x = torch.ones(2, dtype=dtype, requires_grad=True)
    w = torch.ones(2, dtype=torch.promote_types(dtype, torch.float32), requires_grad=True)
    y = x * w
    found = torch.autograd.grad(y, [x, w], torch.ones(4, 2, dtype=y.dtype), is_grads_batched=True)
    assert [(g.dtype, tuple(g.shape)) for g in found] == [(x.dtype, (4, 2)), (w.dtype, (4, 2))]


def test_none_of_them():
    x = torch.ones(3, requires_grad=True)
    (g,) = torch.autograd.grad(x * 2, x, torch.ones(0, 3), is_grads_batched=True)
    assert g.shape == (0, 3)


def test_what_a_weight_must_be():
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="the first dimension of each grad_output as the batch dimension"):
        torch.autograd.grad(x * 2, x, torch.ones(2, 4), is_grads_batched=True)
    with pytest.raises(RuntimeError, match="leading dimension"):
        torch.autograd.grad([x * 2, x * 3], x, [torch.ones(2, 3), torch.ones(3, 3)], is_grads_batched=True)


def test_weights_of_samples_of_two_levels():
    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    _, products = vjp(lambda x: x.sin() * x.sum(), x)
    weights = torch.arange(24, dtype=torch.float64).reshape(2, 4, 3)
    (found,) = vmap(vmap(products))(weights)
    wanted = torch.stack([torch.stack([products(w)[0] for w in row]) for row in weights])
    assert torch.allclose(found, wanted)
    (found,) = vmap(vmap(products), 2)(weights.permute(1, 2, 0))
    assert torch.allclose(found, wanted)


def test_a_jacobian_runs_the_function_once():
    runs = []

    def f(x):
        runs.append(x.shape)
        return x.exp() if x.sum().item() > 0 else x

    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert torch.allclose(jacrev(f)(x), torch.diag(x.exp()))
    assert runs == [(2,)]


def test_jacobians_of_samples():
    x = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    f = lambda x: torch.outer(x, x).sin()  # noqa: E731
    found = vmap(jacrev(jacrev(f)))(x)
    assert torch.allclose(found, torch.stack([jacrev(jacrev(f))(row) for row in x]))
