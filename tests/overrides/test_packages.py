"""Classes as packages write them: tensors with metadata, containers of tensors, tensors that are computed, logs."""

import copy
import functools

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import Tensor, nn


class UnitTensor(Tensor):
    """Numbers with a unit, which sums ask to be equal and products multiply."""

    @staticmethod
    def __new__(cls, data, unit=""):
        instance = torch.as_tensor(data, dtype=torch.float32).as_subclass(cls)
        instance.unit = unit
        return instance

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        result = super().__torch_function__(func, types, args, kwargs or {})
        units = [getattr(arg, "unit", "") for arg in args]
        if not isinstance(result, UnitTensor):
            return result
        if func in (Tensor.add, torch.add, Tensor.sub) and len(set(units)) > 1:
            raise ValueError(f"{units[0]} and {units[1]} cannot be added")
        result.unit = "*".join(filter(None, units)) if func in (Tensor.mul, torch.mul) else units[0]
        return result


def test_units():
    a, b, t = UnitTensor([1.0, 2.0], "m"), UnitTensor([3.0, 4.0], "m"), UnitTensor([2.0, 2.0], "s")
    assert (a + b).unit == "m"
    assert (a * t).unit == "m*s"
    assert (a * 2).unit == "m"
    assert a[0].unit == "m"
    assert a.sum().unit == "m"
    assert (a * t).tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="m and s cannot be added"):
        torch.add(a, t)
    assert copy.deepcopy(a).unit == "m"
    weights = UnitTensor([1.0, 1.0], "kg").requires_grad_()
    (weights * t).sum().backward()
    assert weights.grad.tolist() == [2.0, 2.0]


class Annotated(Tensor):
    """An image with a note, after torchvision: results are plain but for a few functions."""

    _kept = (Tensor.clone, Tensor.to, Tensor.detach, Tensor.requires_grad_)

    def __new__(cls, data, *, note):
        return cls._wrap(torch.as_tensor(data), note=note)

    @classmethod
    def _wrap(cls, tensor, *, note):
        image = tensor.as_subclass(cls)
        image.note = note
        return image

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        with torch._C.DisableTorchFunctionSubclass():
            output = func(*args, **(kwargs or {}))
        if func in cls._kept and isinstance(args[0], cls):
            return cls._wrap(output, note=args[0].note)
        if isinstance(output, cls):
            return output.as_subclass(Tensor)
        return output

    @property
    def shape(self):
        with torch._C.DisableTorchFunctionSubclass():
            return super().shape

    def __deepcopy__(self, memo):
        return self.detach().clone().requires_grad_(self.requires_grad)


def test_images():
    image = Annotated(torch.ones(3, 4, 4), note="sky")
    assert (type(image), image.note, image.shape) == (Annotated, "sky", (3, 4, 4))
    assert type(image + 1) is Tensor
    assert type(F.interpolate(image[None], scale_factor=2)) is Tensor
    moved = image.to(torch.float64)
    assert (type(moved), moved.note, moved.dtype) == (Annotated, "sky", torch.float64)
    assert copy.deepcopy(image).note == "sky"
    assert type(image.add_(1)) is Tensor
    assert image.as_subclass(Tensor).sum().item() == 96.0


class Pack:
    """A container of tensors that functions take for one, after tensordict."""

    handled = {}  # noqa: RUF012

    def __init__(self, **parts):
        self.parts = parts

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func not in cls.handled or not all(issubclass(kind, Pack) for kind in types):
            return NotImplemented
        return cls.handled[func](*args, **(kwargs or {}))

    @classmethod
    def implements(cls, function):
        def register(implementation):
            cls.handled[function] = functools.wraps(function)(implementation)
            return implementation

        return register


@Pack.implements(torch.stack)
def stack_packs(packs, dim=0, *, out=None):
    return Pack(**{name: torch.stack([pack.parts[name] for pack in packs], dim) for name in packs[0].parts})


@Pack.implements(torch.zeros_like)
def zeros_like_pack(pack, **options):
    return Pack(**{name: torch.zeros_like(part, **options) for name, part in pack.parts.items()})


@Pack.implements(F.dropout)
def dropout_pack(pack, p=0.5, training=True, inplace=False):
    return Pack(**{name: F.dropout(part, p, training, inplace) for name, part in pack.parts.items()})


def test_containers():
    pack = Pack(a=torch.ones(2), b=torch.ones(3))
    stacked = torch.stack([pack, pack], 0)
    assert {name: tuple(part.shape) for name, part in stacked.parts.items()} == {"a": (2, 2), "b": (2, 3)}
    zeros = torch.zeros_like(pack, dtype=torch.int64)
    assert zeros.parts["b"].tolist() == [0, 0, 0]
    assert nn.Dropout(0.0)(pack).parts["a"].tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match=r"Multiple dispatch failed for 'torch.add'"):
        torch.add(pack, 1)
    with pytest.raises(TypeError, match=r"Multiple dispatch failed for 'torch.stack'"):
        torch.stack([pack, torch.ones(1).as_subclass(UnitTensor)])


class Diagonal:
    """A diagonal matrix of one value, after the documentation of `__torch_function__`."""

    def __init__(self, n, value):
        self.n, self.value = n, value

    def tensor(self):
        return self.value * torch.eye(self.n)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func is torch.mean:
            return float(args[0].value) / args[0].n
        if func is torch.mm:
            return func(*(arg.tensor() if isinstance(arg, cls) else arg for arg in args))
        return NotImplemented


def test_matrices_that_are_computed():
    d = Diagonal(5, 2)
    assert torch.mean(d) == 0.4
    assert torch.equal(torch.mm(d, torch.eye(5)), 2 * torch.eye(5))
    assert torch.equal(torch.mm(torch.eye(5), d), 2 * torch.eye(5))
    assert isinstance(torch.mm(d, d), Tensor)


class Quantized(nn.Parameter):
    """A parameter with a scale."""

    def __new__(cls, data, scale):
        self = super().__new__(cls, data, requires_grad=False)
        self.scale = scale
        return self


def test_parameters_of_ones_own():
    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = Quantized(torch.ones(2, 2), 0.5)

        def forward(self, x):
            return F.linear(x, self.weight * self.weight.scale)

    layer = Layer()
    assert type(layer.weight) is Quantized
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer(torch.ones(1, 2)).tolist() == [[1.0, 1.0]]
    assert layer.state_dict()["weight"].tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_modules_compute_with_subclasses():
    image = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten())
    model = nn.Sequential(image, nn.Linear(8, 3), nn.LayerNorm(3))
    x = torch.ones(2, 1, 4, 4)

    class Sub(Tensor):
        pass

    result = model(x.as_subclass(Sub))
    assert type(result) is Sub
    loss = F.cross_entropy(result, torch.tensor([0, 1]))
    assert type(loss) is Sub
    loss.backward()
    assert all(type(p.grad) is Tensor for p in model.parameters())
