"""The tensor object: attributes, copies, pickles, subclasses, and metadata changed in place."""

import copy
import pickle

import ferrotorch as torch
import pytest


def test_attributes(device):
    x = torch.ones(2, 3, device=device, requires_grad=True)
    assert (x.ndim, x.dim(), x.numel(), x.nelement(), len(x)) == (2, 2, 6, 6, 2)
    assert x.shape == x.size() == (2, 3) and x.size(-1) == 3
    assert x.stride() == (3, 1) and x.stride(0) == 3 and x.storage_offset() == 0 and x.is_contiguous()
    assert x.is_leaf and x.grad is None and x.grad_fn is None and x.requires_grad
    y = x.t()
    assert not y.is_leaf and y.grad_fn is not None and not y.is_contiguous() and y._base is x
    assert y.contiguous().stride() == (2, 1) and x.is_floating_point() and not x.is_complex()


def test_attributes_and_identity_survive():
    x = torch.ones(2)
    x.note = [x.shape]
    held = [x]
    del x
    assert held[0].note == [(2,)]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_deep_copies(duplicate):
    x = torch.arange(6.0).reshape(2, 3).t().requires_grad_()
    y = duplicate(x)
    assert torch.equal(x, y) and y.stride() == x.stride() and y.requires_grad and y is not x
    with torch.no_grad():
        y.zero_()
    assert x.sum().item() == 15


def test_deepcopy_refuses_what_is_inside_a_graph():
    with pytest.raises(RuntimeError, match=r"leaf|graph"):
        copy.deepcopy(torch.ones(1, requires_grad=True) * 2)


class Labelled(torch.Tensor):
    label = "none"


def test_subclass():
    x = torch.ones(2).as_subclass(Labelled)
    assert isinstance(x, Labelled) and x.label == "none"
    x.label = "a"
    assert (x + 1).tolist() == [2, 2]
    assert x.label == "a" and isinstance(torch.nn.Parameter(torch.ones(1)), torch.Tensor)


def test_data_is_replaced(device):
    x = torch.ones(2, device=device, requires_grad=True)
    alias = x
    x.data = torch.zeros(3, device=device)
    assert alias.tolist() == [0, 0, 0] and alias.requires_grad
    x.data[0] = 4
    assert x.tolist() == [4, 0, 0] and not x.data.requires_grad


@pytest.mark.parametrize(
    ("call", "shape", "stride"),
    [
        (lambda x: x.t_(), (3, 2), (1, 3)),
        (lambda x: x.transpose_(0, 1), (3, 2), (1, 3)),
        (lambda x: x.unsqueeze_(0), (1, 2, 3), (6, 3, 1)),
        (lambda x: x.resize_(3, 1), (3, 1), (1, 1)),
        (lambda x: x.resize_(4, 4), (4, 4), (4, 1)),
        (lambda x: x.as_strided_((2, 2), (1, 2)), (2, 2), (1, 2)),
        (lambda x: x.unsqueeze_(0).squeeze_(0), (2, 3), (3, 1)),
        (lambda x: x.swapaxes_(0, 1), (3, 2), (1, 3)),
    ],
)
def test_metadata_in_place(call, shape, stride, device):
    x = torch.arange(6.0, device=device).reshape(2, 3).clone()
    assert call(x) is x
    assert x.shape == shape and x.stride() == stride
    assert x.reshape(-1)[0].item() == 0


def test_requires_grad_and_detach(device):
    x = torch.ones(2, device=device)
    assert x.requires_grad_() is x and x.requires_grad
    y = (x * 2).detach()
    assert not y.requires_grad and y.is_leaf
    z = x * 2
    with pytest.raises(RuntimeError, match=r"leaf"):
        z.requires_grad_(False)
    with pytest.raises(RuntimeError, match=r"leaf"):
        x.add_(1)
    with pytest.raises(RuntimeError, match=r"grad"):
        x.grad = torch.ones(3, device=device)


def test_conversion_to_python(device):
    x = torch.tensor(3, device=device)
    assert int(x) == 3 and float(x) == 3.0 and bool(x) and [0, 1, 2, 4][x] == 4 and f"{x}" == "3"
    assert complex(x) == 3 and round(torch.tensor(2.6).item()) == 3
    for convert in (int, float, complex):
        with pytest.raises((RuntimeError, TypeError, ValueError), match=r"2|scalar"):
            convert(torch.ones(2, device=device))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_finfo(dtype):
    info = torch.finfo(dtype)
    one = torch.ones((), dtype=dtype)
    assert (one + info.eps > one).item() and (one + info.eps / 4 == one).item()
    assert (
        torch.tensor(info.max, dtype=dtype).isfinite().item()
        and info.min == -info.max
        and info.bits == 8 * dtype.itemsize
    )


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_iinfo(dtype):
    info = torch.iinfo(dtype)
    assert torch.tensor([info.min, info.max], dtype=dtype).tolist() == [info.min, info.max]
    assert (torch.tensor(info.max, dtype=dtype) + 1).item() == info.min


def test_printing_follows_the_options():
    x = torch.tensor([1.23456, 100.0])
    try:
        torch.set_printoptions(precision=2)
        assert repr(x) == "tensor([  1.23, 100.00])"
    finally:
        torch.set_printoptions(profile="default")
    assert repr(x) == "tensor([  1.2346, 100.0000])"


def test_sizes_hold_integers():
    assert repr(torch.Size([True, torch.tensor(2)])) == "torch.Size([1, 2])"
    for bad in (lambda: torch.Size([1.5]), lambda: torch.Size(["a"]), lambda: torch.Size([1]).__add__([2])):
        with pytest.raises(TypeError):
            bad()


def test_as_a_python_object():
    x = torch.arange(3)
    assert hash(x) == id(x)
    assert [int(i) for i in reversed(x)] == [2, 1, 0] and reversed(x[0]).item() == x[0].item()
    for number in (int, float, complex):
        with pytest.raises(ValueError, match="only one element"):
            number(x)
    with pytest.raises(RuntimeError, match="3 elements"):
        x.item()
    with pytest.raises(RuntimeError, match="without overflow"):
        int(torch.tensor(1j))


def test_the_constructor_takes_sizes_and_sequences():
    assert torch.Tensor(2, 3).shape == (2, 3) and torch.Tensor([1.5]).tolist() == [1.5]
    with pytest.raises(TypeError, match="must be a sequence"):
        torch.Tensor(1.5)
