"""autograd.grad, its options, higher derivatives, anomaly mode, edges."""

import gc

import ferrotorch as torch
import pytest
from ferrotorch.autograd import grad, graph


def test_third_derivative():
    x = torch.tensor([0.3, 1.2], dtype=torch.float64, requires_grad=True)
    y = (x**4).sum() + x.sin().sum()
    for _ in range(3):
        (y,) = grad(y.sum(), x, create_graph=True)
    assert torch.allclose(y, 24 * x - x.cos())


def test_create_graph_mixes_inputs():
    x = torch.tensor(2.0, requires_grad=True)
    y = torch.tensor(3.0, requires_grad=True)
    (g,) = grad(x * x * y, x, create_graph=True)
    assert [t.item() for t in grad(g, (x, y))] == [6.0, 4.0]


def test_unused_inputs():
    x, other = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        grad(x.sum(), (x, other))
    assert grad(x.sum(), (x, other), allow_unused=True)[1] is None
    assert grad(x.sum(), (x, other), materialize_grads=True)[1].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="materialize_grads=True"):
        grad(x.sum(), x, allow_unused=False, materialize_grads=True)


def test_batched_weights():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (j,) = grad(x * x, x, torch.eye(2), is_grads_batched=True)
    assert j.tolist() == [[2.0, 0.0], [0.0, 4.0]]
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    rows = grad([a * 2, b * 3], (a, b), [torch.eye(2), torch.eye(2)], is_grads_batched=True)
    assert [r.tolist() for r in rows] == [[[2.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 3.0]]]


def test_wrong_weights():
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="only for scalar outputs"):
        grad(x * 2, x)
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        grad(x * 2, x, torch.ones(3))
    with pytest.raises(RuntimeError, match="does not require grad"):
        grad(torch.ones(1), x)


def test_edges_stand_for_tensors():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    edge, leaf = graph.get_gradient_edge(y), graph.get_gradient_edge(x)
    z = (y * 3).sum()
    del y
    assert grad(z, [edge, leaf], retain_graph=True)[0].tolist() == [3.0, 3.0]
    assert grad(z, leaf, retain_graph=True)[0].tolist() == [6.0, 12.0]
    assert grad(edge, x, torch.ones(2))[0].tolist() == [2.0, 4.0]
    with pytest.raises(RuntimeError, match="gradient edge"):
        graph.get_gradient_edge(torch.ones(2))


def test_backward_into_some_inputs():
    a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    (a * b).sum().backward(inputs=[a])
    assert a.grad.item() == 1 and b.grad is None


def test_next_functions():
    a, b = torch.ones(1, requires_grad=True), torch.ones(1)
    node = (a * b).grad_fn
    (first, number), (second, _) = node.next_functions
    assert node.name() == "MulBackward0" and number == 0
    assert first.variable is a and second is None


def test_anomaly_mode():
    x = torch.zeros(1, requires_grad=True)
    with (
        torch.autograd.detect_anomaly(),
        pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan values in its 0th output"),
    ):
        (x / x).sqrt().sum().backward()
    with torch.autograd.detect_anomaly(check_nan=False):
        (x / x).sqrt().sum().backward()
    assert x.grad.isnan().all()


def test_checkpoint_gives_the_same_gradients():
    from ferrotorch.utils.checkpoint import checkpoint

    torch.manual_seed(0)
    w = torch.randn(3, 3, requires_grad=True)
    x = torch.randn(2, 3, requires_grad=True)

    def f(x):
        return (x @ w).tanh() @ w

    expected = grad(f(x).sum(), (x, w))
    gc.collect()
    nodes = torch._C._live_nodes()
    checkpoint(f, x, use_reentrant=False).sum().backward()
    assert torch.allclose(x.grad, expected[0]) and torch.allclose(w.grad, expected[1])
    assert torch._C._live_nodes() == nodes


def test_modes():
    x = torch.ones(1, requires_grad=True)
    with torch.no_grad():
        assert not (x * 2).requires_grad
        with torch.enable_grad():
            assert (x * 2).requires_grad
    with torch.autograd.set_multithreading_enabled(False):
        (x * 2).backward()
    assert x.grad.item() == 2


def test_bad_arguments_of_grad():
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="cannot be empty"):
        torch.autograd.grad(x.sum(), [])
    with pytest.raises(RuntimeError, match="complex64"):
        x.mul(2).backward(torch.ones(2, dtype=torch.complex64))
    with pytest.raises(RuntimeError, match="must be a bool"):
        x.requires_grad = 3


def test_decorated_generators_pass_on_what_they_are_sent_and_thrown():
    @torch.no_grad()
    def conversation():
        received = yield torch.is_grad_enabled()
        try:
            yield received, torch.is_grad_enabled()
        except ValueError:
            yield "caught", torch.is_grad_enabled()
        return "end"

    talk = conversation()
    assert next(talk) is False and talk.send(3) == (3, False) and torch.is_grad_enabled()
    assert talk.throw(ValueError()) == ("caught", False) and torch.is_grad_enabled()
    with pytest.raises(StopIteration, match="end"):
        next(talk)


def test_a_decorated_generator_is_closed_within_its_mode():
    seen = []

    @torch.no_grad()
    def endless():
        try:
            yield
        finally:
            seen.append(torch.is_grad_enabled())

    talk = endless()
    next(talk)
    talk.close()
    assert seen == [False]


def test_nodes_have_a_class_for_each_name():
    x = torch.ones(2, requires_grad=True)
    node = (x * 2).exp().grad_fn
    assert type(node).__name__ == "ExpBackward0" and isinstance(node, torch.autograd.graph.Node)
    assert type(node) is type(x.exp().grad_fn) and node != x.exp().grad_fn
    (inner, _), leaf = node.next_functions[0], (x * 1).grad_fn.next_functions[0][0]
    assert type(inner).__name__ == "MulBackward0" and type(leaf).__name__ == "AccumulateGrad"
    assert leaf.variable is x and not hasattr(node, "variable")


def test_an_edge_in_the_place_of_a_tensor():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    edge = torch.autograd.graph.get_gradient_edge(y)
    assert torch.autograd.grad((y * 3).sum(), edge)[0].tolist() == [3, 3]
    elsewhere = torch.autograd.graph.get_gradient_edge(x * 1)
    assert torch.autograd.grad(y.sum(), [elsewhere], allow_unused=True, retain_graph=True) == (None,)
    with pytest.raises(RuntimeError, match="materialize_grads cannot be used when the given input is a GradientEdge"):
        torch.autograd.grad(y.sum(), [elsewhere], materialize_grads=True)


@pytest.mark.parametrize("unique", [torch.unique, torch.unique_consecutive, lambda x: torch.unique(x, dim=0)])
def test_distinct_elements_have_no_derivative(unique):
    x = torch.tensor([1.0, 1.0, 2.0], requires_grad=True)
    assert unique(x).requires_grad
    with pytest.raises(NotImplementedError, match=r"derivative for '.*unique.*' is not implemented"):
        unique(x).sum().backward()


def test_a_graph_that_was_freed_is_no_unused_input():
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).exp()
    torch.autograd.grad(y.sum(), x)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        torch.autograd.grad(y * 3, x, torch.ones(2), allow_unused=True)
