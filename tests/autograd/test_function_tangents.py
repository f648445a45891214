"""What the ``jvp`` of a custom function is given, and what it may return."""

import ferrotorch as torch
import ferrotorch.autograd.forward_ad as fw
import pytest
from ferrotorch.autograd import Function
from ferrotorch.autograd.function import InplaceFunction


def function(forward, jvp):
    return type("Custom", (Function,), {"forward": staticmethod(forward), "jvp": staticmethod(jvp)})


def tangent(x):
    return fw.unpack_dual(x).tangent


def test_what_is_saved_for_backward_is_not_for_jvp() -> None:
    seen = []

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clone()

    def jvp(ctx, v):
        seen.append(ctx.saved_tensors)
        return v

    with fw.dual_level():
        function(forward, jvp).apply(fw.make_dual(torch.ones(2), torch.ones(2)))
    assert seen == [()]


def of_input_written_to(result):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    return function(forward, lambda ctx, v: result(v))


def test_an_input_that_was_written_to_keeps_its_tangent() -> None:
    with fw.dual_level():
        x = fw.make_dual(torch.tensor([1.0, 3.0]), torch.tensor([5.0, 7.0]))
        y = of_input_written_to(lambda v: v.mul_(2)).apply(x)
        assert y is x
        assert (y.tolist(), tangent(y).tolist()) == ([2.0, 6.0], [10.0, 14.0])
        with pytest.raises(RuntimeError, match="jvp function must modify the corresponding gradient inplace"):
            of_input_written_to(lambda v: 2 * v).apply(fw.make_dual(torch.ones(2), torch.ones(2)))
        with pytest.raises(RuntimeError, match="jvp function must modify the corresponding gradient inplace"):
            of_input_written_to(lambda v: v).apply(fw.make_dual(torch.ones(2), torch.ones(2)))


@pytest.mark.parametrize(
    ("result", "of_view", "message"),
    [
        (lambda v: v[:2], False, None),
        (lambda v: v[:2], True, None),
        (lambda v: v[:2].clone(), False, "jvp is not returning a view"),
        (lambda v: v[:2].clone()[:], False, "jvp is not returning a view of the given"),
        (lambda v: v[:2].clone()[:], True, "jvp is not returning a view of the same base"),
    ],
)
def test_the_tangent_of_a_view_is_a_view(result, of_view, message) -> None:
    window = function(lambda ctx, x: x[:2], lambda ctx, v: result(v))
    with fw.dual_level():
        x = fw.make_dual(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 5.0, 6.0]))
        x = x.view_as(x) if of_view else x
        if message is None:
            y = window.apply(x)
            assert (y.tolist(), tangent(y).tolist()) == ([1.0, 2.0], [4.0, 5.0])
        else:
            with pytest.raises(RuntimeError, match=message):
                window.apply(x)


def test_outputs_without_derivatives_have_no_tangents() -> None:
    def forward(ctx, x):
        out = x.clone()
        ctx.mark_non_differentiable(out)
        return x * 2, out, x.argmax()

    with fw.dual_level():
        x = fw.make_dual(torch.tensor([1.0, 2.0]), torch.ones(2))
        y, out, index = function(forward, lambda ctx, v: (v * 2, None, None)).apply(x)
        assert tangent(y).tolist() == [2.0, 2.0]
        assert tangent(out) is None
        assert (index.item(), tangent(index)) == (1, None)
        with pytest.raises(RuntimeError, match="You should return None at that position instead"):
            function(forward, lambda ctx, v: (v * 2, v, None)).apply(x)


def test_functions_are_called_by_apply() -> None:
    with pytest.raises(RuntimeError, match="Legacy autograd function with non-static forward method is deprecated"):
        function(lambda ctx, x: x, lambda ctx, v: v)()(torch.ones(2))
    assert InplaceFunction(inplace=True).inplace
    assert not InplaceFunction().inplace


def test_a_mode_decorates_the_first_method_of_a_class() -> None:
    with pytest.warns(FutureWarning, match="Decorating classes is deprecated"):

        @torch.no_grad()
        class Made:
            def __init__(self) -> None:
                self.recorded = torch.is_grad_enabled()

    assert not Made().recorded


def test_what_jvp_writes_to_is_its_own() -> None:
    given = torch.tensor([5.0, 7.0], requires_grad=True)
    with fw.dual_level():
        x = fw.make_dual(torch.tensor([1.0, 3.0]), given)
        y = of_input_written_to(lambda v: v.mul_(2)).apply(x.clone())
        assert tangent(y).tolist() == [10.0, 14.0]
        tangent(y).sum().backward()
    assert given.tolist() == [5.0, 7.0]
    assert given.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("keep", ["save_for_backward", "save_for_forward"])
@pytest.mark.parametrize("which", ["input", "output"])
@pytest.mark.parametrize("dirty", [False, True])
def test_an_input_that_is_returned_is_not_saved(keep, which, dirty) -> None:
    class Same(Function):
        @staticmethod
        def forward(x):
            return x

        @staticmethod
        def setup_context(ctx, inputs, output):
            if dirty:
                ctx.mark_dirty(inputs[0])
            getattr(ctx, keep)(inputs[0] if which == "input" else output)

        @staticmethod
        def backward(ctx, grad):
            return grad

        @staticmethod
        def jvp(ctx, v):
            return v.add_(0)

    x = torch.ones(2, requires_grad=True)
    if dirty:
        Same.apply(x.clone()).sum().backward()
        assert x.grad.tolist() == [1, 1]
        return
    with pytest.raises(RuntimeError, match="A input that has been returned as-is as output is being saved"):
        Same.apply(x.clone())
    with fw.dual_level(), pytest.raises(RuntimeError, match="A input that has been returned as-is"):
        Same.apply(fw.make_dual(torch.ones(2), torch.ones(2)))
