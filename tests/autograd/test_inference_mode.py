"""Inference mode: what is made in it, and what may be done with that outside."""

import ferrotorch as torch
import pytest

CHANGED = "Inplace update to inference tensor outside InferenceMode is not allowed"
SAVED = "Inference tensors cannot be saved for backward"


def made(*shape: int) -> torch.Tensor:
    with torch.inference_mode():
        return torch.ones(*(shape or (3,)))


def test_what_is_an_inference_tensor():
    x = torch.ones(3, requires_grad=True)
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        assert not torch.is_grad_enabled()
        for t in (
            x.clone(),
            x + 1,
            x.double(),
            torch.tensor([1.0]),
            torch.arange(3),
            torch.cat([x, x]),
            x.detach() * 2,
        ):
            assert t.is_inference()
            assert torch.is_inference(t)
        for t in (x.view(3), x[:1], x.detach(), x.contiguous()):
            assert not t.is_inference()
    t = made()
    assert all(v.is_inference() for v in (t[:1], t.detach(), t.data, *t.split(1)))
    assert not t.clone().is_inference()
    assert not (t + 1).is_inference()


def test_modes_within_each_other():
    x = torch.ones(3, requires_grad=True)
    with torch.inference_mode():
        with torch.inference_mode(False):
            assert (torch.is_inference_mode_enabled(), torch.is_grad_enabled()) == (False, True)
            assert not torch.ones(1).is_inference()
        with torch.enable_grad():
            y = x * 2
            assert torch.is_grad_enabled()
            assert y.is_inference()
            assert not y.requires_grad
        assert torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()

    @torch.inference_mode
    def bare(t):
        return t * 2

    @torch.inference_mode()
    def called(t):
        return t * 2

    @torch.inference_mode(False)
    def off(t):
        return t * 2

    assert bare(x).is_inference()
    assert called(x).is_inference()
    assert off(x).requires_grad


@pytest.mark.parametrize(
    "write",
    [
        lambda t: t.add_(1),
        lambda t: t.__iadd__(1),
        lambda t: t[:1].add_(1),
        lambda t: t.__setitem__(0, 1),
        lambda t: t.__setitem__(t > 0, 1),
        lambda t: t.zero_(),
        lambda t: t.copy_(torch.ones(3)),
        lambda t: t.normal_(),
        lambda t: t.scatter_(0, torch.tensor([0]), 1.0),
        lambda t: t.cumsum_(0),
        lambda t: t.rad2deg_(),
        lambda t: t.t_(),
        lambda t: t.squeeze_(),
        lambda t: t.resize_(2),
        lambda t: torch.add(torch.ones(3), 1, out=t),
        lambda t: torch.cat([torch.ones(3)], out=t),
    ],
)
def test_changes_outside_are_refused(write):
    with pytest.raises(RuntimeError, match=CHANGED):
        write(made())
    with pytest.raises(RuntimeError, match=CHANGED), torch.no_grad():
        write(made())
    with torch.inference_mode():
        write(made())


def test_no_writes_are_counted():
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        made()._version  # noqa: B018
    with torch.inference_mode():
        t = torch.ones(3)
        t[0] = 5
        t[:2].mul_(2)
        assert t.tolist() == [10, 2, 1]


def test_requires_grad():
    with pytest.raises(RuntimeError, match="Setting requires_grad=True on inference tensor outside InferenceMode"):
        made().requires_grad_()
    with pytest.raises(RuntimeError, match="Setting requires_grad=True"):
        torch.nn.Parameter(made())
    assert not made().requires_grad_(False).requires_grad
    with torch.inference_mode():
        leaf = torch.ones(3, requires_grad=True)
        assert not (leaf * 2).requires_grad
    assert leaf.requires_grad


@pytest.mark.parametrize(
    "op",
    [
        lambda x, t: x * t,
        lambda x, t: torch.mv(x.expand(2, 3), t),
        lambda x, t: (x * 1).mul_(t),
        lambda x, t: torch.nn.Linear(3, 2)(t),
        lambda x, t: torch.dot(x, t),
    ],
)
def test_saving_for_backward_is_refused(op):
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match=SAVED):
        op(x, made())
    assert (x * 2).requires_grad  # nothing is left of the refusal


def test_custom_functions_cannot_save_them_either():
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, grad):
            return grad, grad

    with pytest.raises(RuntimeError, match=SAVED):
        Product.apply(torch.ones(3, requires_grad=True), made())
    assert Product.apply(torch.ones(3), made()).tolist() == [1, 1, 1]


def test_custom_functions_are_not_recorded_in_it():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    with torch.inference_mode(), torch.enable_grad():
        y = Double.apply(torch.ones(3, requires_grad=True))
    assert not y.requires_grad
    assert y.is_inference()


def test_ops_that_save_nothing_take_them():
    x = torch.ones(3, requires_grad=True)
    (x + made()).sum().backward()
    assert x.grad.tolist() == [1, 1, 1]
    assert not made().exp().requires_grad
    (x * made().clone()).sum().backward()


def test_normal_tensors_may_be_changed_inside():
    x = torch.ones(3, requires_grad=True)
    product = x * x
    with torch.inference_mode():
        x.add_(1)
        view = x.view(3)
        view.add_(1)
    assert (x.tolist(), x._version, view._version) == ([3, 3, 3], 2, 2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        product.sum().backward()
    plain = torch.ones(3)
    with torch.inference_mode():
        view = plain[:2]
    view.add_(1)
    assert plain.tolist() == [2, 2, 1]
