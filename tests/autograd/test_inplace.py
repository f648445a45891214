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
