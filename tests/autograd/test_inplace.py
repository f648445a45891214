"""In-place ops: refused where a gradient would be wrong, differentiated where not."""

import ferrotorch as torch
import pytest


def test_write_to_a_saved_tensor_is_named():
    x = torch.ones(3, requires_grad=True)
    y = x * 1
    z = y.exp() * y
    y.mul_(2)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*MulBackward0.*mul"):
        z.sum().backward()


def test_write_to_a_saved_result():
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_write_to_a_leaf_is_refused():
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="view of a leaf Variable"):
        x[0] = 1


def test_write_through_a_view():
    x = torch.arange(4.0, requires_grad=True)
    y = x * 1
    y[1:3].mul_(10)
    y.backward(torch.ones(4))
    assert x.grad.tolist() == [1.0, 10.0, 10.0, 1.0]


def test_write_through_a_view_of_a_view():
    x = torch.arange(6.0, requires_grad=True)
    y = (x * 1).view(2, 3)
    y.t()[1].fill_(0)
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 4.0, 6.0, 0.0, 10.0]


def test_view_made_before_the_write_sees_it():
    x = torch.ones(4, requires_grad=True)
    y = x * 1
    view = y[:2]
    y.mul_(3)
    view.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 0.0, 0.0]


def test_assigned_value_gets_its_gradient():
    base, value = torch.zeros(3), torch.ones(2, requires_grad=True)
    base[1:] = value * 2
    (base * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert value.grad.tolist() == [4.0, 6.0]


def test_second_derivative_through_a_view():
    def f(x):
        y = x * x
        y[0].mul_(x[1])
        return y.sum()

    x = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(f, (x,))


def test_no_grad_view_is_refused():
    x = torch.ones(3, requires_grad=True) * 1
    with torch.no_grad():
        view = x[:2]
    with pytest.raises(RuntimeError, match="no_grad"):
        view.mul_(x[:2])


def test_increment_version_is_noticed():
    x = torch.ones(3, requires_grad=True)
    y = x * 1
    z = y * y
    torch.autograd.graph.increment_version(y)
    with pytest.raises(RuntimeError, match="increment_version"):
        z.sum().backward()


@pytest.mark.parametrize(
    "change", [lambda y: y.t_(), lambda y: y.unsqueeze_(0), lambda y: y.squeeze_(), lambda y: y.transpose_(0, 1)]
)
def test_a_change_of_shape_in_place_counts_as_a_write(change):
    y = torch.arange(1.0, 5.0).view(2, 2).requires_grad_() * 1
    z = y * y
    change(y)
    assert y._version == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


@pytest.mark.parametrize("write", [lambda y: y.normal_(), lambda y: y.copy_(torch.ones(2)), lambda y: y.zero_()])
def test_what_was_overwritten_has_a_gradient_of_zeros(write):
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    write(y)
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_writes_to_parts_of_complex_numbers(dtype):
    x = torch.tensor([1 + 2j, 3 + 4j], dtype=dtype, requires_grad=True)
    y = x * 1
    parts = torch.view_as_real(y)
    parts.mul_(2)
    parts[0, 1] = 5
    (y.real.sum() * 2 + y.imag.sum() * 3).backward()
    assert y.tolist() == [2 + 5j, 6 + 8j]
    assert x.grad.tolist() == [4 + 0j, 4 + 6j]
    y = x * 1
    y.real.mul_(3)
    y.imag[0] = 7
    (of_x,) = torch.autograd.grad(y.real.sum() * 2 + y.imag.sum() * 3, x)
    assert y.tolist() == [3 + 7j, 9 + 4j]
    assert of_x.tolist() == [6 + 0j, 6 + 3j]


def test_writes_to_pairs_as_complex_numbers_and_views_after_a_write():
    x = torch.tensor([[1.0, 2], [3, 4]], requires_grad=True)
    y = x * 1
    numbers = torch.view_as_complex(y)
    numbers.mul_(2j)
    numbers[0] = 5
    (of_x,) = torch.autograd.grad((y * torch.tensor([[1.0, 2], [3, 4]])).sum(), x)
    assert y.tolist() == [[5, 0], [-8, 6]]
    assert of_x.tolist() == [[0, 0], [8, -6]]
    z = torch.tensor([1 + 2j, 3 + 4j], requires_grad=True)
    y = z * 1
    parts = torch.view_as_real(y)
    y.mul_(2j)
    (of_z,) = torch.autograd.grad(parts[:, 0].sum() * 2 + parts[:, 1].sum() * 3, z)
    assert of_z.tolist() == [6 - 4j, 6 - 4j]


@pytest.mark.parametrize(
    ("name", "args"), [("renorm", (2, 0, 2.0)), ("deg2rad", ()), ("mvlgamma", (1,)), ("float_power", (2,))]
)
def test_functions_composed_of_ops_in_place(name, args):
    x = torch.tensor([[3.0, 4], [1, 0.5]], dtype=torch.float64, requires_grad=True)
    weight = torch.tensor([[1.0, 2], [3, 4]])
    (want,) = torch.autograd.grad((getattr(torch, name)(x, *args) * weight).sum(), x)
    y = x * 1
    getattr(y, name + "_")(*args)
    assert torch.autograd.grad((y * weight).sum(), x)[0].tolist() == want.tolist()


@pytest.mark.parametrize(
    ("view", "size", "stride", "offset", "gradient"),
    [
        (lambda a: a[1:], (2,), (1,), 0, [0, 1, 0, 0, 0, 0]),
        (lambda a: a[2:], (2, 2), (1, 1), 1, [0, 0, 2, 1, 0, 0]),
        (lambda a: a.view(2, 3).t()[1:], (3,), (2,), None, [0, 1, 0, 0, 0, 1]),
        (lambda a: a[1:], (2,), (1,), 2, [0, 0, 1, 1, 0, 0]),
    ],
)
def test_gradient_of_a_window_that_is_not_within_the_view(view, size, stride, offset, gradient):
    a = torch.arange(6.0, requires_grad=True)
    torch.as_strided(view(a), size, stride, offset).sum().backward()
    assert a.grad.tolist() == gradient


def test_as_strided_scatter_counts_from_the_start_of_the_storage():
    a, src = torch.arange(6.0, requires_grad=True), torch.tensor([10.0, 20.0], requires_grad=True)
    assert torch.as_strided_scatter(a[1:], src, (2,), (1,), 0).tolist() == [20, 2, 3, 4, 5]
    out = torch.as_strided_scatter(a[1:], src, (2,), (1,), 2)
    assert out.tolist() == [1, 10, 20, 4, 5]
    (out * torch.arange(5.0)).sum().backward()
    assert a.grad.tolist() == [0, 0, 0, 0, 3, 4]
    assert src.grad.tolist() == [1, 2]
