"""Activation checkpointing."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Tanh(), nn.Linear(8, 3))


def gradients(net, x, run):
    torch.manual_seed(1)
    net.zero_grad()
    x.grad = None
    run().sum().backward()
    return [x.grad, *(p.grad for p in net.parameters())]


@pytest.mark.parametrize("use_reentrant", [None, True, False])
@pytest.mark.parametrize("segments", [0, 1, 2, 4])
def test_gradients_are_those_without_checkpoints(net, segments, use_reentrant):
    x = torch.ones(2, 4, requires_grad=True)
    want = gradients(net, x, lambda: net(x))
    if segments:
        got = gradients(net, x, lambda: checkpoint_sequential(net, segments, x, use_reentrant=use_reentrant))
    else:
        got = gradients(net, x, lambda: checkpoint(net, x, use_reentrant=use_reentrant))
    for a, b in zip(got, want, strict=True):
        assert torch.allclose(a, b)


def test_the_function_runs_twice_and_parameters_alone_suffice(net):
    calls = []

    def function(x):
        calls.append(torch.is_grad_enabled())
        return net(x)

    checkpoint(function, torch.ones(2, 4), use_reentrant=False).sum().backward()
    assert calls == [False, True] and net[0].weight.grad is not None
    with torch.no_grad():
        checkpoint(function, torch.ones(2, 4), use_reentrant=False)
    assert len(calls) == 3


def test_several_results_and_keywords():
    x = torch.ones(3, requires_grad=True)
    a, b = checkpoint(lambda x, *, k: (x * k, x * x), x, use_reentrant=False, k=3)
    (a + b).sum().backward()
    assert x.grad.tolist() == [5.0] * 3


def test_a_function_that_changes_is_told():
    sizes = iter([2, 3])
    x = torch.ones(4, requires_grad=True)
    y = checkpoint(lambda x: x[: next(sizes)] * 2, x, use_reentrant=False)
    with pytest.raises(CheckpointError, match="other shapes"):
        y.sum().backward()


def test_wrong_use():
    x = torch.ones(1)
    with pytest.warns(UserWarning, match="requires_grad=True"):
        checkpoint(lambda x: x, x, use_reentrant=True)
    with pytest.raises(ValueError, match="Unexpected keyword"):
        checkpoint(lambda x: x, x, use_reentrant=True, k=1)
    with pytest.raises(ValueError, match="determinism_check"):
        checkpoint(lambda x: x, x, determinism_check="strict")
