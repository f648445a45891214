"""Wrapper subclasses: tensors without memory whose class says by ``__torch_dispatch__`` what ops do with them."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import ferrotorch as torch
import pytest
from ferrotorch.utils._pytree import tree_map

F = torch.nn.functional


class Wrapper(torch.Tensor):
    """Runs ops on what it wraps, and notes their names."""

    __torch_function__ = torch._C._disabled_torch_function_impl
    seen: ClassVar[list[str]] = []

    @staticmethod
    def __new__(cls, elem, requires_grad=False):
        wrapper = torch.Tensor._make_wrapper_subclass(
            cls, elem.size(), strides=elem.stride(), dtype=elem.dtype, device=elem.device, requires_grad=requires_grad
        )
        wrapper.elem = elem.detach()
        return wrapper

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        Wrapper.seen.append(str(func))

        def unwrap(x: Any) -> Any:
            return x.elem if isinstance(x, Wrapper) else x

        def wrap(x: Any) -> Any:
            return cls(x) if isinstance(x, torch.Tensor) else x

        return tree_map(wrap, func(*tree_map(unwrap, args), **tree_map(unwrap, kwargs or {})))


@pytest.fixture(autouse=True)
def _nothing_seen():
    Wrapper.seen.clear()


CASES = {
    "add.Tensor": (lambda x, y: x + y, (2, 3), (3,)),
    "rsub.Scalar": (lambda x: 1 - x, (2,)),
    "pow.Tensor_Scalar": (lambda x: x**2, (2, 2)),
    "t.default": (F.linear, (2, 3), (4, 3)),
    "mm.default": (lambda x, y: x @ y, (2, 3), (3, 2)),
    "select.int": (lambda x: x[1], (2, 3)),
    "slice.Tensor": (lambda x: x[..., 1:], (2, 3)),
    "index.Tensor": (lambda x: x[[0, 2]], (3, 2)),
    "permute.default": (lambda x: x.T, (2, 3)),
    "cat.default": (lambda x, y: torch.cat([x, y]), (2, 3), (1, 3)),
    "max.dim": (lambda x: x.max(0)[0], (2, 3)),
    "split.Tensor": (lambda x: x.split(1)[1], (2, 3)),
    "mean.dim": (lambda x: x.mean(0, keepdim=True), (2, 3)),
    "native_layer_norm.default": (lambda x: F.layer_norm(x, (3,)), (2, 3)),
    "_softmax.default": (lambda x: x.softmax(-1), (2, 3)),
    "where.self": (lambda x: torch.where(x > 0, x, x * 2), (2, 3)),
    "_to_copy.default": (lambda x: x.to(torch.float32), (2, 3)),
    "mul_.Tensor": (lambda x: x.clone().mul_(x), (2, 3)),
    "gelu.default": (F.gelu, (2, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_what_is_wrapped(name):
    function, *shapes = CASES[name]
    torch.manual_seed(0)
    inputs = [torch.randn(shape, dtype=torch.float64) for shape in shapes]
    plain = [x.clone().requires_grad_() for x in inputs]
    wrapped = [Wrapper(x, requires_grad=True) for x in inputs]
    expected, result = function(*plain), function(*wrapped)
    assert type(result) is Wrapper and result.requires_grad
    assert f"aten.{name}" in Wrapper.seen
    torch.testing.assert_close(result.elem, expected.detach())
    expected.square().sum().backward()
    result.square().sum().backward()
    for a, b in zip(plain, wrapped, strict=True):
        assert type(b.grad) is Wrapper
        torch.testing.assert_close(b.grad.elem, a.grad)


class ByPackets(Wrapper):
    """A class that runs what the packet of an op is, whatever the overload."""

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        packet = func.overloadpacket
        name = packet.__name__
        assert packet == getattr(func, "_overloadpacket", None) and hash(packet) == hash(func.overloadpacket)
        cls.packets.append(name)
        unwrap = lambda x: x.elem if isinstance(x, ByPackets) else x  # noqa: E731
        result = packet(*tree_map(unwrap, args), **tree_map(unwrap, kwargs or {}))
        return tree_map(lambda x: ByPackets(x) if isinstance(x, torch.Tensor) else x, result)

    packets: ClassVar = []


def test_derivatives_run_by_their_packets():
    ByPackets.packets.clear()
    x = torch.tensor([[1.0, -2.0], [3.0, 0.5]])
    plain, wrapped = x.clone().requires_grad_(), ByPackets(x, requires_grad=True)
    for each in (plain, wrapped):
        torch.conv2d(each[None, None], torch.ones(1, 1, 2, 1)).tanh().sum().backward()
    torch.testing.assert_close(wrapped.grad.elem, plain.grad)
    assert {"convolution_backward", "tanh_backward"} <= set(ByPackets.packets)


def test_the_second_derivative():
    x = Wrapper(torch.tensor([1.0, 2.0]), requires_grad=True)
    (first,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert first.elem.tolist() == [3.0, 12.0] and second.elem.tolist() == [6.0, 12.0]


def test_gradients_are_added_up():
    x = Wrapper(torch.tensor([1.0, 2.0]), requires_grad=True)
    for _ in range(2):
        (x * 3).sum().backward()
    assert x.grad.elem.tolist() == [6.0, 6.0]


def test_shapes_are_answered_without_the_class():
    x = Wrapper(torch.ones(2, 3).t())
    assert x.shape == (3, 2) and x.stride() == (1, 3) and x.dtype == torch.float32 and Wrapper.seen == []
    assert Wrapper(torch.tensor(3.0)).item() == 3.0 and repr(x) == "Wrapper(...)"


def test_a_mode_is_asked_before_the_class():
    from ferrotorch.utils._python_dispatch import TorchDispatchMode

    class Doubled(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            assert types == (Wrapper,)
            return func(*args, **(kwargs or {})) * 2

    x = Wrapper(torch.tensor([1.0]))
    with Doubled():
        result = x + 1
    assert result.elem.tolist() == [4.0] and Wrapper.seen == ["aten.add.Tensor", "aten.mul.Tensor"]


def test_a_class_that_declines_is_an_error():
    class Declines(Wrapper):
        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            return NotImplemented

    with pytest.raises(TypeError, match=r"Multiple dispatch failed for 'torch._ops.aten.neg.default'"):
        -Declines(torch.ones(1))


@pytest.mark.parametrize(
    ("arguments", "keywords", "error"),
    [
        ((int, [2]), {}, TypeError),
        ((torch.Tensor, [2]), {}, TypeError),
        ((Wrapper, [2]), {"layout": torch.sparse_coo}, RuntimeError),
        ((Wrapper, [2]), {"pin_memory": True}, RuntimeError),
        ((Wrapper, [2]), {"dispatch_sizes_strides_policy": "all"}, RuntimeError),
    ],
)
def test_what_wrappers_cannot_be(arguments, keywords, error):
    with pytest.raises(error):
        torch.Tensor._make_wrapper_subclass(*arguments, **keywords)


def test_an_op_with_out_is_not_recorded():
    x = Wrapper(torch.ones(1), requires_grad=True)
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        torch.add(x, x, out=Wrapper(torch.ones(1)))


def test_an_op_that_writes_returns_its_argument():
    from ferrotorch.utils._python_dispatch import return_and_correct_aliasing as corrected

    x, out = torch.zeros(1), torch.ones(1)
    assert corrected(torch.ops.aten.add_.Tensor, (x, 1), {}, out) is x
    assert corrected(torch.ops.aten.add.out, (x, 1), {"out": x}, out) is x
    assert corrected(torch.ops.aten.add.Tensor, (x, 1), {}, out) is out


class Slotted(Wrapper):
    """A class whose instances hold what they wrap in a slot."""

    __slots__ = ("inside",)


def test_classes_may_have_slots():
    x = Slotted(torch.tensor([1.0, 2.0]), requires_grad=True)
    x.inside = "kept"
    (x * x).sum().backward()
    assert type(x.grad) is Slotted and x.grad.elem.tolist() == [2.0, 4.0] and x.inside == "kept"


def test_a_copy_is_a_wrapper_of_its_own():
    x = Wrapper(torch.tensor([1.0, 2.0]), requires_grad=True)
    (x * 3).sum().backward()
    made = copy.deepcopy(x)
    x.elem.zero_()
    assert type(made) is Wrapper and made.requires_grad and (made + 1).elem.tolist() == [2.0, 3.0]
    assert made.grad is not x.grad and made.grad.elem.tolist() == [3.0, 3.0]
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(x * 2)
