"""Classes with a ``__torch_dispatch__`` whose instances have memory of their own, and idioms of such classes."""

from __future__ import annotations

import copy
import pickle
from typing import ClassVar

import ferrotorch as torch
import pytest
from ferrotorch.utils._mode_utils import all_same_mode, no_dispatch
from ferrotorch.utils._python_dispatch import (
    TorchDispatchMode,
    _disable_current_modes,
    is_in_torch_dispatch_mode,
    return_and_correct_aliasing,
    transform_subclass,
)
from ferrotorch.utils._pytree import tree_map, tree_map_only

F = torch.nn.functional


class Logged(torch.Tensor):
    """Runs ops on its own memory, and notes their names."""

    __torch_function__ = torch._C._disabled_torch_function_impl
    seen: ClassVar[list[str]] = []

    @staticmethod
    def __new__(cls, data, requires_grad=False):
        return torch.Tensor._make_subclass(cls, data, requires_grad)

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        Logged.seen.append(str(func))
        plain = lambda x: x.as_subclass(torch.Tensor) if isinstance(x, Logged) else x  # noqa: E731
        out = func(*tree_map(plain, args), **tree_map(plain, kwargs or {}))
        return return_and_correct_aliasing(func, args, kwargs or {}, tree_map_only(torch.Tensor, Logged, out))


class Redispatched(torch.Tensor):
    """Asks its base, which computes as on plain tensors."""

    asked: ClassVar[list[str]] = []

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        Redispatched.asked.append(str(func))
        return super().__torch_dispatch__(func, types, list(args), kwargs)


@pytest.fixture(autouse=True)
def _nothing_seen():
    Logged.seen.clear()


CASES = {
    "add.Tensor": (lambda x, y: x + y, (2, 3), (3,)),
    "rsub.Scalar": (lambda x: 1 - x, (2,)),
    "mm.default": (lambda x, y: x @ y, (2, 3), (3, 2)),
    "t.default": (F.linear, (2, 3), (4, 3)),
    "select.int": (lambda x: x[1], (2, 3)),
    "cat.default": (lambda x, y: torch.cat([x, y]), (2, 3), (1, 3)),
    "max.dim": (lambda x: x.max(0)[0], (2, 3)),
    "permute.default": (lambda x: x.T, (2, 3)),
    "view.default": (lambda x: x.reshape(3, 2), (2, 3)),
    "clone.default": (lambda x: x.T.reshape(-1), (2, 3)),
    "_softmax.default": (lambda x: x.softmax(-1), (2, 3)),
    "gelu.default": (F.gelu, (2, 3)),
    "mul_.Tensor": (lambda x: x.clone().mul_(x), (2, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name):
    function, *shapes = CASES[name]
    torch.manual_seed(0)
    inputs = [torch.randn(shape, dtype=torch.float64) for shape in shapes]
    plain = [x.clone().requires_grad_() for x in inputs]
    logged = [Logged(x.clone(), requires_grad=True) for x in inputs]
    expected, result = function(*plain), function(*logged)
    assert type(result) is Logged and result.requires_grad
    assert f"aten.{name}" in Logged.seen
    torch.testing.assert_close(result.detach().as_subclass(torch.Tensor), expected.detach())
    expected.square().sum().backward()
    result.square().sum().backward()
    for a, b in zip(plain, logged, strict=True):
        torch.testing.assert_close(b.grad.as_subclass(torch.Tensor), a.grad)


def test_memory_is_shared_and_answers_for_itself():
    data = torch.arange(6.0).reshape(2, 3).T
    x = Logged(data)
    assert x.shape == (3, 2) and x.stride() == (1, 3) and not x.is_contiguous() and Logged.seen == []
    assert x.data_ptr() == data.data_ptr()
    x.add_(1)
    assert data[0, 0] == 1 and Logged.seen == ["aten.add_.Tensor"]
    assert x[0, 0].item() == 1.0 and "Logged" in repr(x)


def test_an_op_in_place_gives_the_tensor_itself():
    x = Logged(torch.ones(2))
    assert x.mul_(3) is x and x.tolist() == [3.0, 3.0]
    out = Logged(torch.zeros(2))
    assert torch.add(x, x, out=out) is out and out.tolist() == [6.0, 6.0]


def test_the_base_computes_as_on_plain_tensors():
    x = torch.tensor([1.0, 2.0]).as_subclass(Redispatched)
    y = (x * 2).sum()
    assert y.item() == 6.0 and type(y) is torch.Tensor and Redispatched.asked == ["aten.mul.Tensor"]
    assert Redispatched.__torch_function__ is torch._C._disabled_torch_function_impl


@pytest.mark.parametrize("switch", [no_dispatch, torch._C._DisableTorchDispatch])
def test_classes_are_not_asked_where_that_is_switched_off(switch):
    x = Logged(torch.ones(2))
    with switch():
        assert (x + 1).tolist() == [2.0, 2.0]
    guard = switch()
    assert (x + 1).tolist() == [2.0, 2.0]
    assert Logged.seen == []
    del guard
    _ = x + 1
    assert Logged.seen == ["aten.add.Tensor"]


def test_plain_classes_have_the_default():
    assert torch.Tensor.__torch_dispatch__ is torch._C._disabled_torch_dispatch_impl
    assert torch.nn.Parameter.__torch_dispatch__ is torch.Tensor.__torch_dispatch__


def test_a_copy_is_of_the_same_class():
    x = Logged(torch.ones(2), requires_grad=True)
    y = copy.deepcopy(x)
    assert type(y) is Logged and y.requires_grad and y.data_ptr() != x.data_ptr()
    assert y.detach().tolist() == [1.0, 1.0]


def test_modes_see_ops_first():
    names = []

    class Noting(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            names.append((str(func), types))
            return func(*args, **(kwargs or {}))

    x = Logged(torch.ones(2))
    with Noting() as mode:
        assert is_in_torch_dispatch_mode()
        y = x + 1
        with _disable_current_modes() as modes:
            assert modes == [mode] and all_same_mode(modes) and not is_in_torch_dispatch_mode()
            _ = x * 2
    assert names[0] == ("aten.add.Tensor", (Logged,)) and "aten.mul.Tensor" not in dict(names)
    assert type(y) is Logged and Logged.seen == ["aten.add.Tensor", "aten.mul.Tensor"]


class Quantized(torch.Tensor):
    """Numbers of eight bits with a scale for each row, as quantisation libraries have them."""

    @staticmethod
    def __new__(cls, values, scale):
        return torch.Tensor._make_wrapper_subclass(cls, values.shape, dtype=scale.dtype, device=values.device)

    def __init__(self, values, scale):
        self.values, self.scale = values, scale

    @classmethod
    def of(cls, x):
        scale = x.abs().amax(1, keepdim=True) / 127
        return cls((x / scale).round().to(torch.int8), scale)

    def dequantize(self):
        return self.values.to(self.scale.dtype) * self.scale

    def __tensor_flatten__(self):
        return ["values", "scale"], None

    @classmethod
    def __tensor_unflatten__(cls, parts, context, size, stride):
        return cls(parts["values"], parts["scale"])

    def each(self, function):
        return Quantized(function(self.values), function(self.scale))

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func is F.linear:
            x, w, *bias = args
            result = F.linear(x, w.values.to(x.dtype)) * w.scale.squeeze(1)
            return result + bias[0] if bias and bias[0] is not None else result
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        if func in (torch.ops.aten.detach.default, torch.ops.aten.clone.default):
            return return_and_correct_aliasing(func, args, kwargs or {}, args[0].each(func))
        if func is torch.ops.aten.t.default:
            raise NotImplementedError("rows have scales, columns have none")
        whole = lambda x: x.dequantize() if isinstance(x, Quantized) else x  # noqa: E731
        return func(*tree_map(whole, args), **tree_map(whole, kwargs or {}))


def test_a_quantised_weight_in_a_model():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4))
    x = torch.randn(5, 8)
    expected = model(x)
    for layer in (model[0], model[2]):
        layer.weight = torch.nn.Parameter(Quantized.of(layer.weight.detach()), requires_grad=False)
    assert isinstance(model[0].weight, Quantized) and isinstance(model[0].weight, torch.nn.Parameter)
    assert (model(x) - expected).abs().max() < 0.02
    copied = copy.deepcopy(model)
    assert torch.equal(copied[0].weight.values, model[0].weight.values)
    model(x).sum().backward()
    assert model[0].bias.grad is not None and model[0].weight.grad is None
    assert torch.allclose(model[0].weight + 0, model[0].weight.dequantize())


def test_a_quantised_weight_is_saved_by_its_own_names(tmp_path):
    w = Quantized.of(torch.tensor([[1.0, -2.0], [0.5, 4.0]]))
    torch.save({"w": w}, tmp_path / "w.pt")
    with torch.serialization.safe_globals([Quantized]):
        loaded = torch.load(tmp_path / "w.pt")["w"]
    assert torch.equal(loaded.values, w.values) and torch.equal(loaded.scale, w.scale)


def test_a_wrapper_made_of_other_parts():
    w = Quantized.of(torch.tensor([[1.0, -2.0], [0.5, 4.0]]))
    doubled = transform_subclass(w, lambda name, part: part * 2 if name == "scale" else part)
    assert torch.allclose(doubled.dequantize(), w.dequantize() * 2)


class Metres(torch.Tensor):
    """Numbers with a unit, which products multiply and sums must agree on."""

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        powers = [x.power for x in args if isinstance(x, Metres)]
        plain = tree_map_only(Metres, lambda x: x.as_subclass(torch.Tensor), (args, kwargs or {}))
        out = func(*plain[0], **plain[1])
        name = func.overloadpacket.__name__
        if name == "mul":
            return metres(out, sum(powers))
        if name in ("add", "sub"):
            if len(set(powers)) != 1 or len(powers) != 2:
                raise ValueError(f"{name}: units m^{powers} do not agree")
            return metres(out, powers[0])
        return tree_map_only(torch.Tensor, lambda y: metres(y, powers[0]), out)


def metres(x, power=1):
    result = x.as_subclass(Metres)
    result.power = power
    return result


def test_units():
    a, b = metres(torch.tensor([2.0])), metres(torch.tensor([3.0]))
    area = a * b
    assert area.power == 2 and area.item() == 6.0 and (a + b).power == 1
    assert area.exp().power == 2
    with pytest.raises(ValueError, match=r"units m\^\[1, 2\] do not agree"):
        a + area


def test_memory_of_results_is_tracked():
    class Tracking(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.bytes = {}

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            for y in torch.utils._pytree.tree_leaves(out):
                if isinstance(y, torch.Tensor):
                    self.bytes[y.untyped_storage().data_ptr()] = y.untyped_storage().nbytes()
            return out

    with Tracking() as tracking:
        x = torch.ones(100)
        y = x.view(10, 10) + 1
        _ = y.T
    assert sorted(tracking.bytes.values()) == [400, 400]


class Slotted(torch.Tensor):
    """Holds what it wraps in a slot."""

    __slots__ = ["elem"]

    @staticmethod
    def __new__(cls, elem):
        wrapper = torch.Tensor._make_wrapper_subclass(cls, elem.shape, strides=elem.stride(), dtype=elem.dtype)
        wrapper.elem = elem
        return wrapper

    def __repr__(self):
        return super().__repr__(tensor_contents=f"{self.elem.tolist()}")

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        out = func(
            *tree_map_only(Slotted, lambda x: x.elem, args), **tree_map_only(Slotted, lambda x: x.elem, kwargs or {})
        )
        return return_and_correct_aliasing(func, args, kwargs or {}, tree_map_only(torch.Tensor, Slotted, out))


@pytest.mark.parametrize("as_parameter", [False, True])
def test_wrappers_are_saved_with_what_they_wrap(as_parameter, tmp_path):
    x = Slotted(torch.arange(6.0).reshape(2, 3).T)
    x.note = "a note"
    x = torch.nn.Parameter(x) if as_parameter else x
    x.note = "a note"
    torch.save({"x": x}, tmp_path / "x.pt")
    with torch.serialization.safe_globals([Slotted]):
        y = torch.load(tmp_path / "x.pt")["x"]
    for copied in (y, pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert type(copied) is Slotted and copied.shape == (3, 2) and copied.stride() == (1, 3)
        assert torch.equal(copied.elem, x.elem) and copied.elem is not x.elem and copied.note == "a note"
        assert isinstance(copied, torch.nn.Parameter) == copied.requires_grad == as_parameter
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "x.pt")


def test_what_is_printed_of_a_parameter():
    x = Slotted(torch.ones(2))
    assert repr(x) == "Slotted([1.0, 1.0])" and repr(torch.nn.Parameter(x)) == "Parameter(Slotted([1.0, 1.0]))"


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam, torch.optim.Adagrad])
def test_optimizers_step_by_ops_of_the_class(make):
    plain = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    wrapped = torch.nn.Parameter(Slotted(torch.tensor([1.0, -2.0])))
    for p in (plain, wrapped):
        optimizer = make([p], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
    assert type(wrapped) is Slotted and torch.allclose(wrapped.elem, plain.detach())


def test_what_a_class_may_not_return():
    class Wrong(torch.Tensor):
        answer: ClassVar[object] = None

        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            return Wrong.answer

    Wrong.answer = "text"
    with pytest.raises(RuntimeError, match="Unable to cast"):
        torch.ones(1).as_subclass(Wrong).neg()
    Wrong.answer = None
    with pytest.raises(RuntimeError, match="but got None"):
        torch.Tensor._make_subclass(Wrong, torch.ones(1), True).neg()
    with pytest.raises(RuntimeError, match="requires that detach"):
        torch.nn.Parameter(torch.ones(1).as_subclass(Redispatched))


def test_a_mode_is_no_class_method():
    class Mode(TorchDispatchMode):
        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            return func(*args)

    with pytest.raises(RuntimeError, match="classmethod is not supported"), Mode():
        pass


def test_autograd_goes_on_within_a_class_that_asks_for_it():
    class Inner(Slotted):
        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            with torch.overrides.enable_reentrant_dispatch():
                out = func(*tree_map_only(Inner, lambda x: x.elem, args), **(kwargs or {}))
            return Inner(out)

    elem = torch.ones(2, requires_grad=True)
    y = Inner(elem) * 3
    assert not y.requires_grad and y.elem.requires_grad
    y.elem.sum().backward()
    assert elem.grad.tolist() == [3.0, 3.0]


def test_modes_are_off_where_classes_are():
    names = []

    class Noting(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            names.append(str(func))
            return func(*args, **(kwargs or {}))

    with Noting():
        torch.ones(2).exp()
        with no_dispatch():
            torch.ones(2).cos()
    assert names == ["aten.ones.default", "aten.exp.default"]
