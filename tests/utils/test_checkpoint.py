"""Activation checkpointing: nothing but memory and time tells a checkpoint from a plain call."""

import contextlib
import dataclasses
import math
from typing import NamedTuple

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.autograd import graph
from ferrotorch.utils.checkpoint import (
    CheckpointError,
    GraphExecGroup,
    checkpoint,
    checkpoint_sequential,
    set_checkpoint_debug_enabled,
    set_checkpoint_early_stop,
)


class Pair(NamedTuple):
    first: object
    second: object


@dataclasses.dataclass
class Record:
    tensor: object
    other: object = None


class Bag:
    def __init__(self, tensor):
        self.tensor = tensor


def lossless(function, *args, **kwargs):
    return checkpoint(function, *args, use_reentrant=False, **kwargs)


def leaf(*values, device="cpu"):
    return torch.tensor(list(values), requires_grad=True, device=device)


def gradients(net, x, run):
    net.zero_grad()
    x.grad = None
    torch.manual_seed(3)
    run().pow(2).sum().backward()
    return [x.grad.clone(), *(p.grad.clone() for p in net.parameters())]


@pytest.mark.parametrize("use_reentrant", [False, True])
@pytest.mark.parametrize("segments", [0, 1, 2, 3])
def test_gradients_are_those_without_checkpoints(segments, use_reentrant, device):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)).to(
        device
    )
    x = torch.randn(5, 4).to(device).requires_grad_()
    want = gradients(net, x, lambda: net(x))
    if segments:
        got = gradients(net, x, lambda: checkpoint_sequential(net, segments, x, use_reentrant=use_reentrant))
    else:
        got = gradients(net, x, lambda: checkpoint(net, x, use_reentrant=use_reentrant))
    assert all(torch.equal(a, b) for a, b in zip(got, want, strict=True))


WRAPPINGS = {
    "plain": (lambda t: t, lambda w: w),
    "dict": (lambda t: {"t": t}, lambda w: w["t"]),
    "list": (lambda t: [1, [t]], lambda w: w[1][0]),
    "tuple": (lambda t: (t, None, {"x": 3}), lambda w: w[0]),
    "namedtuple": (lambda t: Pair(2, t), lambda w: w.second),
    "dataclass": (Record, lambda w: w.tensor),
    "object": (Bag, lambda w: w.tensor),
}


@pytest.mark.parametrize("given", WRAPPINGS)
@pytest.mark.parametrize("returned", WRAPPINGS)
@pytest.mark.parametrize("keyword", [False, True])
def test_tensors_in_any_nest_of_inputs_and_outputs(given, returned, keyword):
    (wrap, unwrap), (wrap_result, unwrap_result) = WRAPPINGS[given], WRAPPINGS[returned]
    weight, x = leaf(3.0), leaf(0.5)

    def function(value):
        return wrap_result((unwrap(value) * weight).exp())

    result = lossless(function, value=wrap(x)) if keyword else lossless(function, wrap(x))
    assert type(result) is type(wrap_result(x))
    unwrap_result(result).sum().backward()
    assert x.grad.item() == pytest.approx(3 * math.exp(1.5))
    assert weight.grad.item() == pytest.approx(0.5 * math.exp(1.5))


def test_gradients_to_what_is_inside_and_nowhere_else():
    layer, x = nn.Linear(2, 2), leaf(1.0, 2.0)
    y = lossless(lambda x: layer(x).exp(), x).sum()
    (of_x,) = torch.autograd.grad(y, x, retain_graph=True)
    assert layer.weight.grad is None and x.grad is None
    (of_weight,) = torch.autograd.grad(y, layer.weight, retain_graph=True)
    y.backward(inputs=[x])
    assert layer.weight.grad is None
    assert torch.equal(x.grad, of_x)
    plain = layer(x).exp().sum()
    assert all(
        torch.equal(a, b) for a, b in zip(torch.autograd.grad(plain, (x, layer.weight)), (of_x, of_weight), strict=True)
    )


def test_higher_derivatives():
    x = leaf(1.0, 2.0)
    y = lossless(lambda x: x.exp() * x * x, x)
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = torch.autograd.grad(second.sum(), x)
    for got, factor in ((first, x * x + 2 * x), (second, x * x + 4 * x + 2), (third, x * x + 6 * x + 6)):
        assert torch.allclose(got, x.exp() * factor)


def test_requires_grad_is_that_of_a_plain_call():
    frozen = nn.Linear(2, 2).requires_grad_(False)
    x = torch.ones(2)
    assert not lossless(frozen, x).requires_grad
    assert [t.requires_grad for t in lossless(lambda x: (x * 2, x.detach()), leaf(1.0))] == [True, False]
    with torch.no_grad():
        assert not lossless(lambda x: x * 2, leaf(1.0)).requires_grad


def test_hooks_fire_once():
    weight, seen = leaf(2.0), []
    weight.register_hook(lambda grad: seen.append(grad.item()))
    (lossless(lambda x: x * weight, leaf(5.0)) + weight).sum().backward()
    assert seen == [6.0]


@pytest.mark.parametrize(("early", "runs"), [(True, ["a", "b", "a"]), (False, ["a", "b", "a", "b"])])
def test_early_stop(early, runs):
    for by_context in (False, True):
        log = []

        def function(x, log=log):
            x = x.sin()
            log.append("a")
            x = x.exp()
            log.append("b")
            return x

        with set_checkpoint_early_stop(early) if by_context else contextlib.nullcontext():
            y = lossless(function, leaf(1.0), **({} if by_context else {"early_stop": early}))
        y.sum().backward()
        assert log == runs


def test_nothing_is_recomputed_that_saves_nothing():
    runs = []
    lossless(lambda x: runs.append(1) or x + 1, leaf(1.0)).sum().backward()
    assert runs == [1]


def unlike(first, second):
    functions = iter([first, second])
    return lambda x: next(functions)(x)


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (unlike(lambda x: x.sin().exp(), lambda x: x.sin()), {}, "A different number of tensors was saved"),
        (unlike(lambda x: x.sin(), lambda x: x.sin().exp()), {"early_stop": False}, "trying to save more tensors"),
        (unlike(lambda x: x.sin(), lambda x: x[:1].sin()), {}, "have different metadata"),
        (unlike(lambda x: x.sin(), lambda x: x.double().sin()), {}, "have different metadata"),
        (unlike(lambda x: x.sin(), lambda x: x[:1].sin()), {"debug": True}, "2. Tensors saved during recomputation"),
    ],
)
def test_determinism_check(function, options, message):
    y = lossless(function, leaf(1.0, 2.0), **options)
    with pytest.raises(CheckpointError, match=message):
        y.sum().backward()


def test_determinism_check_none():
    x = leaf(1.0)
    lossless(unlike(lambda x: x.sin(), lambda x: x.double().sin()), x, determinism_check="none").sum().backward()
    assert x.grad.item() == pytest.approx(math.cos(1))


def test_debug_by_context():
    with set_checkpoint_debug_enabled(True):
        y = lossless(unlike(lambda x: x.sin(), lambda x: x[:1].sin()), leaf(1.0, 2.0))
    with pytest.raises(CheckpointError, match=r"test_checkpoint\.py"):
        y.sum().backward()


def test_random_numbers_are_the_same_and_those_outside_go_on(device):
    torch.manual_seed(0)
    x = torch.ones(1000, device=device, requires_grad=True)
    y = lossless(lambda x: nn.functional.dropout(x, 0.5), x)
    after = torch.rand(3, device=device)
    y.sum().backward()
    assert torch.equal(y, x.grad)
    further = torch.rand(3, device=device)
    torch.manual_seed(0)
    torch.rand(1000, device=device)
    assert not torch.equal(after, further)
    y = lossless(lambda x: nn.functional.dropout(x, 0.5), x, preserve_rng_state=False)
    x.grad = None
    y.sum().backward()
    assert not torch.equal(y, x.grad)


@pytest.mark.parametrize("levels", [1, 3, 12, 60])
@pytest.mark.parametrize("use_reentrant", [False, True])
def test_nested(levels, use_reentrant):
    x = leaf(1.0)

    def nest(function):
        return lambda x: checkpoint(function, x, use_reentrant=use_reentrant)

    def wanted(x):
        return x.sin().exp().sin()

    function = wanted
    for _ in range(levels if use_reentrant else min(levels, 8)):
        function = nest(function)
    function(x).sum().backward()
    (want,) = torch.autograd.grad(wanted(x).sum(), x)
    assert torch.equal(x.grad, want)


def test_nested_second_derivatives():
    x = leaf(1.0)
    y = lossless(lambda x: lossless(lambda x: lossless(lambda x: x.sin().exp().sin(), x), x), x)
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert first.item() == pytest.approx(-0.85342, abs=1e-5)
    assert second.item() == pytest.approx(-0.28253, abs=1e-5)


@pytest.mark.parametrize("outer", [False, True])
def test_one_kind_within_the_other(outer):
    x = leaf(1.0)

    def inner(x):
        return checkpoint(lambda x: x.exp().sin(), x.sin(), use_reentrant=not outer) * 2

    checkpoint(inner, x, use_reentrant=outer).sum().backward()
    (want,) = torch.autograd.grad((x.sin().exp().sin() * 2).sum(), x)
    assert torch.equal(x.grad, want)


def test_backward_within_the_function():
    x = leaf(1.0)

    def function(x):
        y = x.sin()
        z = y.cos()
        (y * z).sum().backward(retain_graph=True)
        return z

    lossless(function, x).sum().backward()
    # The inner backward runs in both computations.
    inner = math.cos(1) * (math.cos(math.sin(1)) - math.sin(1) * math.sin(math.sin(1)))
    outer = -math.sin(math.sin(1)) * math.cos(1)
    assert x.grad.item() in (pytest.approx(inner + outer), pytest.approx(2 * inner + outer))


def test_several_walks_over_one_graph():
    x, runs = leaf(1.0), []
    a, b = lossless(lambda x: (runs.append(1) or x.sin(), x.exp().sin()), x)
    a.sum().backward(retain_graph=True)
    a.sum().backward(retain_graph=True)
    assert x.grad.item() == pytest.approx(2 * math.cos(1))
    assert len(runs) == 3
    with GraphExecGroup():
        a.sum().backward(retain_graph=True)
        b.sum().backward()
        with pytest.raises(RuntimeError, match="cannot be nested"), GraphExecGroup():
            pass
    assert len(runs) == 4


def test_saved_tensors_can_be_looked_at():
    y = lossless(lambda x: x.exp().exp(), leaf(0.0))
    for _ in range(2):
        assert y.grad_fn._saved_result.item() == pytest.approx(math.e)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        _ = y.grad_fn._saved_result


def test_writes_in_place_are_noticed():
    x = leaf(1.0) * 2
    y = lossless(lambda x: x.exp(), x)
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()

    def overwrites(x):
        y = x.exp()
        y.mul_(2)
        return y.exp()

    y = lossless(overwrites, leaf(1.0))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_contexts_and_hooks_of_others():
    log = []

    @contextlib.contextmanager
    def note(name):
        log.append(name)
        yield

    lossless(lambda x: x.exp(), leaf(1.0), context_fn=lambda: (note("first"), note("second"))).sum().backward()
    assert log == ["first", "second"]

    x, kinds = leaf(1.0), []

    def function(x):
        with graph.saved_tensors_hooks(lambda t: kinds.append("pack") or t, lambda t: kinds.append("unpack") or t):
            x = x.exp()
        return x.exp()

    with graph.save_on_cpu():
        y = lossless(function, x * 1)
    y.sum().backward()
    assert x.grad.item() == pytest.approx(math.exp(math.e + 1), rel=1e-6)
    assert kinds == ["pack", "pack", "unpack"]


def test_device_of_a_block_is_that_of_the_first_run():
    with torch.device("wgpu"):
        x = torch.ones(2, requires_grad=True)
        y = lossless(lambda x: (x * torch.full((2,), 3.0)).exp(), x)
    y.sum().backward()
    assert x.grad.tolist() == [pytest.approx(3 * math.exp(3), rel=1e-5)] * 2


def test_memory_is_that_of_one_segment():
    nodes = torch._C._live_nodes()
    x = leaf(1.0)
    y = x
    for _ in range(5):
        y = lossless(lambda x: x.sin().exp(), y)
    y.sum().backward()
    del y
    assert torch._C._live_nodes() == nodes


def test_decorator():
    class Model:
        factor = 3

        @checkpoint(use_reentrant=False)
        def run(self, x):
            return (x * self.factor).exp()

    x = leaf(1.0)
    Model().run(x).sum().backward()
    assert x.grad.item() == pytest.approx(3 * math.exp(3))
    assert Model.run.__name__ == "run"


def test_reentrant_refusals():
    x = leaf(1.0)
    with pytest.warns(UserWarning, match="None of the inputs"):
        checkpoint(lambda x: x, torch.ones(1), use_reentrant=True)
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        checkpoint(lambda x: x * 1, x)
    with pytest.raises(ValueError, match="Unexpected keyword arguments: k"):
        checkpoint(lambda x: x, x, use_reentrant=True, k=1)
    with pytest.raises(ValueError, match="only supported when use_reentrant=False"):
        checkpoint(lambda x: x, x, use_reentrant=True, debug=True)
    with pytest.raises(RuntimeError, match=r"incompatible with \.grad"):
        torch.autograd.grad(checkpoint(lambda x: x.exp(), x, use_reentrant=True).sum(), x)


def test_lossless_refusals():
    x = leaf(1.0)
    with pytest.raises(ValueError, match="determinism_check should be one of"):
        lossless(lambda x: x, x, determinism_check="strict")
    with pytest.raises(ValueError, match="incompatible with non-default context_fn"):
        lossless(lambda x: x, x, debug=True, context_fn=lambda: (contextlib.nullcontext(),) * 2)
    with pytest.raises(RuntimeError, match="suppressed an exception"):
        lossless(
            lambda x: 1 / 0, x, context_fn=lambda: (contextlib.suppress(ZeroDivisionError), contextlib.nullcontext())
        )
