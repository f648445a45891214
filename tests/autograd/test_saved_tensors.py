"""What the graph keeps goes through the user's hooks."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import graph


def run(pack, unpack):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with graph.saved_tensors_hooks(pack, unpack):
        y = x.exp() * x
    return x, y


def test_packed_and_unpacked():
    seen = []
    x, y = run(lambda t: seen.append(t.tolist()) or t.tolist(), lambda values: torch.tensor(values))
    assert len(seen) == 3
    y.sum().backward()
    expected = (x.exp() * (x + 1)).detach()
    assert torch.allclose(x.grad, expected)


def test_second_derivative_through_unpacked_tensors():
    x, y = run(lambda t: t.detach().clone(), lambda t: t)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    assert torch.allclose(h, (x.exp() * (x + 2)).detach())


def test_save_on_cpu():
    x = torch.ones(3, requires_grad=True)
    with graph.save_on_cpu():
        y = (x * x).sum()
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_innermost_hooks_win():
    seen = []
    x = torch.ones(1, requires_grad=True)
    with graph.saved_tensors_hooks(lambda t: seen.append("outer") or t, lambda t: t):
        with graph.saved_tensors_hooks(lambda t: seen.append("inner") or t, lambda t: t):
            x.exp()
        x.exp()
    x.exp()
    assert seen == ["inner", "outer"]


def test_errors():
    with pytest.raises(ZeroDivisionError):
        run(lambda t: 1 / 0, lambda t: t)
    hooks = graph.saved_tensors_hooks(lambda t: t.mul_(2), lambda t: t)
    with pytest.raises(RuntimeError, match="modifying its input in place"), hooks:
        torch.ones(2) * torch.ones(2, requires_grad=True)
    _, y = run(lambda t: 3, lambda t: t)
    with pytest.raises(TypeError, match="unpack_hook expected to be a Tensor"):
        y.sum().backward()


def test_disabled():
    with graph.disable_saved_tensors_hooks("not here"), pytest.raises(RuntimeError, match="not here"):
        run(lambda t: t, lambda t: t)
    run(lambda t: t, lambda t: t)


def test_mutation_allowed():
    x = torch.ones(2, requires_grad=True)
    with graph.allow_mutation_on_saved_tensors():
        y = x.clone()
        z = y * y
        y.zero_()
        z.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_blocks_that_allow_mutation_do_not_nest():
    allow = torch.autograd.graph.allow_mutation_on_saved_tensors
    with allow(), pytest.raises(RuntimeError, match="cannot be nested"), allow():
        pass
    with allow():
        pass
