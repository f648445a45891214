"""``Variable`` of old programs."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import Variable


@pytest.mark.parametrize(("args", "kwargs"), [((True,), {}), ((), {"requires_grad": True})])
def test_a_variable_asks_for_gradients(args, kwargs):
    data = torch.tensor([1.0, 2.0], dtype=torch.float64)
    x = Variable(data, *args, **kwargs)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 4]
    assert x.data_ptr() == data.data_ptr()
    assert not data.requires_grad


def test_a_variable_is_a_leaf_and_a_tensor():
    tracked = torch.ones(2, requires_grad=True) * 2
    x = Variable(tracked)
    assert type(x) is torch.Tensor
    assert x.is_leaf
    assert not x.requires_grad
    assert Variable().shape == (0,)
    assert isinstance(tracked, Variable)
    assert isinstance(torch.nn.Parameter(torch.ones(1)), Variable)
    assert not isinstance(3.0, Variable)


def test_what_is_no_variable():
    with pytest.raises(TypeError, match="has to be a tensor, but got list"):
        Variable([1.0, 2.0])
    with pytest.raises(ValueError, match="can't be volatile and require_grad"):
        Variable(torch.ones(1), True, True)
    with pytest.warns(UserWarning, match="volatile was removed"):
        Variable(torch.ones(1), volatile=True)


def test_functions_called_at_the_end_of_a_backward_pass():
    engine, seen = torch.autograd.Variable._execution_engine, []
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda grad: engine.queue_callback(lambda: seen.append(x.grad.tolist())))
    y.sum().backward()
    assert seen == [[2.0, 2.0]]
    with pytest.raises(RuntimeError, match="only be installed during backward"):
        engine.queue_callback(seen.clear)
