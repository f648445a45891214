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


class Product(torch.autograd.Function):
    """Saves inputs, its output, something made on the way, and nothing."""

    @staticmethod
    def forward(ctx, x, y):
        z = x * y
        ctx.save_for_backward(x, y, z, x + 1, None)
        ctx.number = 5
        return z

    @staticmethod
    def backward(ctx, grad):
        x, y, z, more, nothing = ctx.saved_tensors
        assert nothing is None
        assert torch.equal(z, x * y)
        assert torch.equal(more, x + 1)
        return grad * y, grad * x


def leaves():
    return torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)


def counting():
    log = []

    def pack(tensor):
        log.append("pack")
        return "packed", tensor.tolist(), tensor.dtype

    def unpack(packed):
        log.append("unpack")
        return torch.tensor(packed[1], dtype=packed[2])

    return log, graph.saved_tensors_hooks(pack, unpack)


def test_what_a_custom_function_saves():
    (x, y), (log, hooks) = leaves(), counting()
    with hooks:
        z = Product.apply(x, y)
    assert log == ["pack"] * 4
    z.sum().backward()
    assert log == ["pack"] * 4 + ["unpack"] * 4
    assert x.grad.tolist() == [3, 4] and y.grad.tolist() == [1, 2]


def test_second_derivative_through_an_unpacked_output_of_a_custom_function():
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0]

    x, _ = leaves()
    with graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = Exp.apply(x)
    for _ in range(3):
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        assert torch.allclose(y, x.exp())


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_what_recurrent_layers_save(kind):
    layer, x = getattr(torch.nn, kind)(2, 3), torch.randn(4, 1, 2, requires_grad=True)
    layer(x)[0].sum().backward()
    want, x.grad = x.grad, None
    log, hooks = counting()
    with hooks:
        y = layer(x)[0]
    assert "pack" in log
    y.sum().backward()
    assert "unpack" in log
    assert torch.allclose(x.grad, want)


@pytest.mark.parametrize(
    ("run", "saved"),
    [
        (lambda a, b: a * b, 2),
        (lambda a, b: a / b, 2),
        (lambda a, b: a**b, 3),
        (lambda a, b: a @ b, 2),
        (lambda a, b: torch.atan2(a, b), 2),
        (lambda a, b: a.exp(), 1),
        (lambda a, b: a + b, 0),
        (lambda a, b: a.var(), 1),
        (lambda a, b: torch.lerp(a, b, a), 3),
        (lambda a, b: torch.nn.functional.layer_norm(a, (2,)), 3),
    ],
)
def test_each_saved_tensor_is_packed_and_unpacked_once(run, saved):
    (a, b), (log, hooks) = leaves(), counting()
    with hooks:
        y = run(a, b)
    assert log == ["pack"] * saved
    y.sum().backward()
    assert log == ["pack"] * saved + ["unpack"] * saved


def test_an_unpacked_tensor_has_its_place_in_the_graph_and_counts_its_own_writes():
    a, _ = leaves()
    b = a * 1
    with graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = b.exp().sin()
        z = a * a
    saved = y.grad_fn._saved_self
    saved.detach().add_(1)
    assert y.grad_fn._saved_self.grad_fn.name() == "ExpBackward0"
    assert y.grad_fn._saved_self._version == 0
    leaf = z.grad_fn._saved_self
    assert leaf.is_leaf and leaf.requires_grad and leaf.grad_fn is None and leaf is not a
    assert torch.autograd.grad((leaf * 3).sum(), a)[0].tolist() == [3, 3]


def test_attributes_of_nodes():
    a, b = leaves()
    node = (a * b).grad_fn
    assert node._saved_self is a and node._saved_other is b
    assert {"_saved_self", "_saved_other", "_raw_saved_self"} <= set(dir(node))
    assert (a * b.detach()).grad_fn._saved_self is None
    assert (a * 3).grad_fn._saved_other == 3
    assert torch.equal(a.exp().grad_fn._saved_result, a.exp())
    assert (a**b).grad_fn._saved_exponent is b
    matrix = torch.ones(2, 2, requires_grad=True)
    assert (matrix @ matrix).grad_fn._saved_mat2 is matrix
    assert torch.addmm(a, matrix, matrix).grad_fn._saved_mat1 is matrix
    assert torch.softmax(a, 0).grad_fn._saved_result.shape == (2,)
    assert a.gather(0, torch.tensor([1])).grad_fn._saved_index.tolist() == [1]
    with pytest.raises(AttributeError, match="'MulBackward0' object has no attribute '_saved_result'"):
        _ = node._saved_result


def test_attributes_of_freed_nodes():
    a, b = leaves()
    y, z = a * b, Product.apply(a, b)
    node, custom, raw = y.grad_fn, z.grad_fn, y.grad_fn._raw_saved_self
    assert custom.number == 5 and custom.saved_tensors[0] is a and len(custom._raw_saved_tensors) == 5
    (y + z).sum().backward()
    for read in (lambda: node._saved_self, lambda: custom.saved_tensors, lambda: custom._raw_saved_tensors):
        with pytest.raises(RuntimeError, match="after they have already been freed"):
            read()
    assert custom.number == 5
    with pytest.raises(RuntimeError, match="after it has been freed"):
        raw.register_hooks(lambda t: t, lambda t: t)


def test_hooks_on_one_saved_tensor():
    a, b = leaves()
    for y, attribute, want in (
        (a.exp(), "_raw_saved_result", 2 * a.exp()),
        (a.sin(), "_raw_saved_self", (2 * a).cos()),
    ):
        saved = getattr(y.grad_fn, attribute)
        saved.register_hooks(lambda t: 2 * t, lambda t: t)
        with pytest.raises(RuntimeError, match="only one pair of hooks"):
            saved.register_hooks(lambda t: t, lambda t: t)
        assert torch.allclose(torch.autograd.grad(y.sum(), a)[0], want)
    with pytest.raises(RuntimeError, match="with value None is forbidden"):
        (a * b.detach()).grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(RuntimeError, match="pack hook is modifying its input in place"):
        (a * b).grad_fn._raw_saved_self.register_hooks(lambda t: t.mul_(2), lambda t: t)
    a, b = leaves()
    y = Product.apply(a, b)
    y.grad_fn._raw_saved_tensors[0].register_hooks(lambda t: 2 * t, lambda t: t / 2)
    assert torch.autograd.grad(y.sum(), b)[0].tolist() == [1, 2]


def test_hooks_cannot_be_disabled_while_there_are_some():
    with (
        graph.save_on_cpu(),
        pytest.raises(RuntimeError, match="not here"),
        graph.disable_saved_tensors_hooks("not here"),
    ):
        pass


def test_saved_tensors_may_be_written_to_in_a_block():
    a, _ = leaves()
    with graph.allow_mutation_on_saved_tensors():
        b = a.clone()
        c = (b**2).sum()
        b.sin_()
        c.backward(retain_graph=True)
        assert a.grad.tolist() == [2, 4]
        with pytest.raises(RuntimeError, match="cannot be nested"), graph.allow_mutation_on_saved_tensors():
            pass
    with pytest.raises(AssertionError, match="outside of the 'allow_mutation_on_saved_tensors' context"):
        c.backward()
