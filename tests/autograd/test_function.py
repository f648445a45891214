"""Functions with a derivative of one's own."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import Function


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad):
        (y,) = ctx.saved_tensors
        return grad * y


def test_double_and_third_derivative():
    x = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(Exp.apply, (x,))
    y = Exp.apply(x)
    for _ in range(3):
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    assert torch.allclose(y, x.exp())


def test_mark_non_differentiable():
    class Sorted(Function):
        @staticmethod
        def forward(ctx, x):
            values, index = x.sort()
            weights = values * 2
            ctx.mark_non_differentiable(index, weights)
            ctx.save_for_backward(index)
            return values, index, weights

        @staticmethod
        def backward(ctx, grad, of_index, of_weights):
            assert not of_index.any() and not of_weights.any()
            (index,) = ctx.saved_tensors
            return torch.zeros(3).scatter(0, index, grad)

    x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, index, weights = Sorted.apply(x)
    assert values.requires_grad and not index.requires_grad and not weights.requires_grad
    (values * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize("materialize", [True, False])
def test_set_materialize_grads(materialize):
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(materialize)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            seen.append(b)
            return a * 2

    x = torch.ones(2, requires_grad=True)
    Two.apply(x)[0].sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert seen[0].tolist() == [0.0, 0.0] if materialize else seen[0] is None


def test_mark_dirty():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    x = torch.ones(2, requires_grad=True)
    y = x * 1
    assert Double.apply(y) is y
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_setup_context():
    class Scale(Function):
        @staticmethod
        def forward(x, factor):
            return x * factor

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.factor = inputs[1]

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.factor, None

    x = torch.ones(2, requires_grad=True)
    Scale.apply(x, 4).sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


def test_needs_input_grad():
    seen = []

    class Product(Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, grad):
            seen.append(ctx.needs_input_grad)
            _, b = ctx.saved_tensors
            return grad * b, None

    a = torch.ones(2, requires_grad=True)
    Product.apply(a, torch.ones(2)).sum().backward()
    assert seen == [(True, False)]


def test_wrong_number_of_gradients():
    class Bad(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad, grad

    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        Bad.apply(torch.ones(2, requires_grad=True)).sum().backward()


def test_saved_tensor_written_to():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            return grad * 2 * ctx.saved_tensors[0]

    x = torch.ones(2, requires_grad=True) * 1
    y = Square.apply(x)
    x.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_exception_in_backward():
    class Raises(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        Raises.apply(torch.ones(2, requires_grad=True)).sum().backward()


def test_once_differentiable():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad):
            return grad * 2 * ctx.saved_tensors[0]

    x = torch.ones(2, requires_grad=True)
    (g,) = torch.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
    assert g.tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="does not require grad"):
        g.sum().backward()
    weights = torch.ones(2, requires_grad=True)
    (g,) = torch.autograd.grad(Once.apply(x), x, weights, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiate twice"):
        g.sum().backward()


class TripleInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x.mul_(3))
        return x

    @staticmethod
    def backward(ctx, grad):
        return grad * 3


def test_a_view_written_to_in_place_changes_the_history_of_its_base():
    x = torch.ones(2, requires_grad=True)
    base = x * 1
    view = base[:1]
    assert TripleInPlace.apply(view) is view
    (base * base).sum().backward()
    assert base.tolist() == [3.0, 1.0] and x.grad.tolist() == [18.0, 2.0]
    with pytest.raises(RuntimeError, match="view of a leaf"):
        TripleInPlace.apply(x[:1])


class Scale(Function):
    @staticmethod
    def forward(x, factor=2, shift=1):
        return x * factor + shift

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ctx.factor, ctx.shift = inputs

    @staticmethod
    def backward(ctx, grad):
        assert ctx.needs_input_grad == (True, False, False)
        return grad * ctx.factor, None, None


def test_arguments_by_default_and_by_name():
    x = torch.ones(2, requires_grad=True)
    assert torch.autograd.grad(Scale.apply(x).sum(), x)[0].tolist() == [2.0, 2.0]
    assert torch.autograd.grad(Scale.apply(x, shift=0, factor=5).sum(), x)[0].tolist() == [5.0, 5.0]


def test_the_derivative_may_be_named_vjp():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def vjp(ctx, grad):
            return grad * 2

    x = torch.ones(2, requires_grad=True)
    assert torch.autograd.grad(Double.apply(x).sum(), x)[0].tolist() == [2.0, 2.0]


def test_what_is_no_tensor():
    class Odd(Function):
        @staticmethod
        def forward(ctx, x, saved):
            ctx.save_for_backward(saved)
            return 5 if saved is None else x * 1

        @staticmethod
        def backward(ctx, grad):
            return [grad, None]

    x = torch.ones(2, requires_grad=True)
    assert Odd.apply(x, None) == 5
    with pytest.raises(TypeError, match="argument 0 is of type int"):
        Odd.apply(x, 3)
    with pytest.raises(RuntimeError, match=r"expected 2, got 1"):
        Odd.apply(x, torch.ones(1)).sum().backward()


@pytest.mark.parametrize("materialize", [True, False])
def test_gradients_of_outputs_that_have_none(materialize):
    seen = []

    class Signed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx._materialize_non_diff_grads = materialize
            positive = x > 0
            ctx.mark_non_differentiable(positive)
            return x * 2, positive

        @staticmethod
        def backward(ctx, grad, other):
            seen.append(other)
            return grad * 2

    x = torch.ones(2, requires_grad=True)
    Signed.apply(x)[0].sum().backward()
    assert (seen[0] is not None) == materialize
    assert x.grad.tolist() == [2, 2]


def test_the_older_name_of_saved_tensors():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            with pytest.warns(DeprecationWarning, match="'saved_variables' is deprecated; use 'saved_tensors'"):
                (x,) = ctx.saved_variables
            return 2 * x * grad

    x = torch.tensor([3.0], requires_grad=True)
    Square.apply(x).backward()
    assert x.grad.item() == 6
