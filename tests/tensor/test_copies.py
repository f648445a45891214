"""`copy.copy`, `copy.deepcopy`, `detach` and `.data`: what each shares with the tensor it came from."""

import copy

import ferrotorch as torch
import pytest
from ferrotorch import nn


def shares(a, b):
    return a.untyped_storage() == b.untyped_storage()


def test_a_copy_shares_memory():
    x = torch.arange(6.0, requires_grad=True)
    x.mark = [1]
    x.grad = torch.ones(6)
    y = copy.copy(x)
    assert y is not x
    assert shares(x, y)
    assert y.mark is x.mark
    assert y.grad is None
    assert y.requires_grad
    assert y.is_leaf
    view = x.detach().view(2, 3).t()
    assert copy.copy(view).stride() == (1, 3)
    assert copy.copy(x * 2).is_leaf


def test_a_copied_parameter_is_one():
    p = nn.Parameter(torch.ones(3), requires_grad=False)
    q = copy.copy(p)
    assert type(q) is nn.Parameter
    assert not q.requires_grad
    assert shares(p, q)


def test_deep_copies_share_what_was_shared():
    a = torch.arange(6.0)
    b, c, d = copy.deepcopy([a, a[1:], a.view(2, 3).t()])
    assert shares(b, c)
    assert shares(b, d)
    assert not shares(a, b)
    b.fill_(7)
    assert c.tolist() == [7] * 5
    assert a.tolist() == [0, 1, 2, 3, 4, 5]
    assert (c.storage_offset(), d.stride()) == (1, (1, 3))


def test_deep_copies_keep_what_belongs_to_the_tensor():
    class Marked(torch.Tensor):
        pass

    x = torch.ones(2).as_subclass(Marked).requires_grad_()
    x.mark = [1]
    x.grad = torch.full((2,), 3.0)
    y = copy.deepcopy(x)
    assert type(y) is Marked
    assert y.mark == [1]
    assert y.mark is not x.mark
    assert y.grad.tolist() == [3, 3]
    assert y.requires_grad
    expanded = copy.deepcopy(torch.ones(1).expand(3))
    assert expanded.stride() == (0,)
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(x * 2)


def test_deep_copy_of_a_numpy_array_s_memory():
    import numpy as np

    array = np.arange(4.0)
    y = copy.deepcopy(torch.from_numpy(array)[1:])
    array[:] = 0
    assert y.tolist() == [1, 2, 3]


def test_writes_through_data_are_not_noticed():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    y.data.add_(1)
    z.sum().backward()
    assert x.grad.tolist() == [12, 12, 12]


def test_writes_through_detached_tensors_are_noticed():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    y.detach().add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


def test_data_counts_its_own_writes():
    x = torch.ones(2)
    x.add_(1)
    data = x.data
    assert (x._version, data._version) == (1, 0)
    data.view(-1).add_(1)
    assert (x._version, data._version, data.detach()._version, x.data._version) == (1, 1, 1, 0)
    assert x.tolist() == [3, 3]
    assert shares(x, data)


def test_other_data_behind_a_tensor():
    x, other = torch.ones(2), torch.zeros(3)
    x.add_(1)
    other.add_(1).add_(1)
    x.data = other
    assert (x._version, other._version) == (1, 2)
    x.add_(1)
    assert (x._version, other._version) == (2, 2)
    assert other.tolist() == [3, 3, 3]


def test_a_graph_goes_on_by_the_shape_that_it_has_seen():
    x = torch.ones(3, requires_grad=True)
    y, wide = x.exp(), x + torch.zeros(2, 3)
    x.data = torch.full((5,), 2.0)
    z = x * x
    y.sum().backward()
    torch.testing.assert_close(x.grad, torch.ones(3).exp())
    x.grad = None
    wide.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    x.grad = None
    z.sum().backward()
    assert x.grad.tolist() == [4, 4, 4, 4, 4]


def test_gradients_of_another_shape_do_not_add_up():
    x = torch.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    x.data = torch.ones(5)
    with pytest.raises(RuntimeError, match=r"tensor a \(3\) must match the size of tensor b \(5\)"):
        (x * 2).sum().backward()


def test_a_hook_sees_a_gradient_of_the_former_shape():
    x, seen = torch.ones(2, 3, requires_grad=True), []
    x.register_hook(lambda grad: seen.append(grad.shape))
    y = (x * 3).sum()
    x.data = torch.empty(0)
    assert [g.shape for g in torch.autograd.grad(y, x, retain_graph=True)] == [(2, 3)]
    y.backward()
    assert seen == [(2, 3), (2, 3)]
    assert x.grad.tolist() == [[3, 3, 3], [3, 3, 3]]


def test_an_optimizer_may_write_through_data():
    weight = torch.ones(2, requires_grad=True)
    loss = (weight * weight).sum()
    weight.data -= 0.5
    loss.backward()
    assert weight.grad.tolist() == [1, 1]
