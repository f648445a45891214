"""Hooks around forward and backward."""

import pickle
import weakref
from typing import NamedTuple

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn.modules import module as module_hooks


class Double(nn.Module):
    def forward(self, x, scale=2.0):
        return x * scale


def test_forward_hooks_replace_arguments_and_output():
    net = Double()
    net.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    net.register_forward_hook(lambda module, args, output: output * 10)
    assert float(net(torch.tensor(1.0))) == 40.0


def test_hooks_with_kwargs():
    net = Double()
    net.register_forward_pre_hook(lambda module, args, kwargs: (args, {"scale": 3.0}), with_kwargs=True)
    net.register_forward_hook(lambda module, args, kwargs, output: output + kwargs["scale"], with_kwargs=True)
    assert float(net(torch.tensor(1.0), scale=5.0)) == 6.0


def test_a_bad_kwargs_hook_is_refused():
    net = Double()
    net.register_forward_pre_hook(lambda module, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        net(torch.tensor(1.0))


def test_order_prepend_and_removal():
    net, order = Double(), []
    first = net.register_forward_hook(lambda *_: order.append("a"))
    net.register_forward_hook(lambda *_: order.append("b"), prepend=True)
    net(torch.tensor(1.0))
    first.remove()
    net(torch.tensor(1.0))
    assert order == ["b", "a", "b"]
    with net.register_forward_hook(lambda *_: order.append("c")):
        net(torch.tensor(1.0))
    net(torch.tensor(1.0))
    assert order == ["b", "a", "b", "b", "c", "b"]


def test_always_called_hooks_run_after_an_error():
    class Failing(nn.Module):
        def forward(self, x):
            raise ValueError("no")

    net, seen = Failing(), []
    net.register_forward_hook(lambda *_: seen.append("plain"))
    net.register_forward_hook(lambda module, args, output: seen.append(output), always_call=True)
    with pytest.raises(ValueError, match="no"):
        net(1)
    assert seen == [None]


def test_global_hooks_reach_every_module():
    seen = []
    with module_hooks.register_module_forward_hook(lambda module, args, output: seen.append(type(module).__name__)):
        nn.Sequential(Double(), Double())(torch.tensor(1.0))
    Double()(torch.tensor(1.0))
    assert seen == ["Double", "Double", "Sequential"]


def test_registration_hooks_replace_what_is_registered():
    with module_hooks.register_module_parameter_registration_hook(
        lambda module, name, parameter: nn.Parameter(parameter.detach() * 0 + 3)
    ):
        layer = nn.Module()
        layer.weight = nn.Parameter(torch.ones(2))
    assert layer.weight.tolist() == [3.0, 3.0]


def test_backward_hooks_see_and_replace_gradients():
    net, seen = Double(), []
    net.register_full_backward_pre_hook(lambda module, grads: (grads[0] + 1,))

    def hook(module, grad_input, grad_output):
        seen.append((float(grad_input[0]), float(grad_output[0])))
        return (grad_input[0] * 100,)

    net.register_full_backward_hook(hook)
    x = torch.tensor(1.0, requires_grad=True)
    net(x).backward()
    assert seen == [(4.0, 2.0)]
    assert float(x.grad) == 400.0


def test_backward_hooks_without_differentiable_inputs():
    layer, seen = nn.Linear(1, 1), []
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append(grad_input))
    layer(torch.ones(1, 1)).sum().backward()
    assert seen == [(None,)]
    assert layer.weight.grad is not None


def test_a_module_without_hooks_has_no_tables():
    assert "_forward_hooks" not in Double().__dict__


def test_tables_hold_the_hooks_themselves():
    net = Double()

    def hook(*_):
        return None

    net.register_forward_pre_hook(hook)
    handle = net.register_forward_hook(hook, with_kwargs=True, always_call=True)
    net.register_full_backward_hook(hook)
    for table in (net._forward_pre_hooks, net._forward_hooks, net._backward_hooks):
        assert list(table.values()) == [hook]
    assert list(net._forward_hooks_with_kwargs) == list(net._forward_hooks_always_called) == [handle.id]
    handle.remove()
    assert not (net._forward_hooks or net._forward_hooks_with_kwargs or net._forward_hooks_always_called)


def test_tables_can_be_written_to():
    net = Double()
    net._forward_hooks[0] = lambda module, args, output: output + 1
    assert net(torch.tensor(1.0)).item() == 3
    net._forward_hooks.clear()
    assert net(torch.tensor(1.0)).item() == 2


@pytest.mark.filterwarnings("ignore:Using a non-full")
def test_backward_hooks_of_old_belong_to_the_last_node():
    net, seen = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), []
    net.register_backward_hook(lambda module, inputs, outputs: seen.append((module, outputs[0].tolist())))
    net(torch.ones(1, 2)).sum().backward()
    assert seen == [(net, [[1.0, 1.0]])]
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
        net.register_full_backward_hook(lambda *_: None)


class Pair(NamedTuple):
    first: torch.Tensor
    second: torch.Tensor


class Twice(nn.Module):
    def forward(self, x):
        return Pair(x * 2, x * 3)


@pytest.mark.parametrize("register", ["register_full_backward_hook", "register_full_backward_pre_hook"])
def test_backward_hooks_keep_the_class_of_a_tuple(register):
    net = Twice()
    getattr(net, register)(lambda *_: None)
    output = net(torch.ones(1, requires_grad=True))
    assert output.second.item() == 3
    assert type(output) is Pair


SEEN = []


def note_module(module, *_):
    SEEN.append(module)


@pytest.mark.parametrize(
    "register", ["register_load_state_dict_pre_hook", "register_state_dict_post_hook", "register_state_dict_pre_hook"]
)
def test_modules_with_hooks_can_be_pickled_and_freed(register):
    net = nn.Linear(2, 2)
    getattr(net, register)(note_module)
    copied = pickle.loads(pickle.dumps(net))
    SEEN.clear()
    copied.load_state_dict(copied.state_dict())
    assert len(SEEN) == 1
    assert SEEN[0] is copied
    SEEN.clear()
    gone = weakref.ref(net)
    del net
    assert gone() is None


def test_a_state_without_the_tables_of_later_versions_is_taken():
    net = nn.Linear(2, 2)
    old = {key: net.__dict__[key] for key in ("training", "_parameters", "_buffers", "_modules")}
    revived = nn.Linear.__new__(nn.Linear)
    revived.__setstate__(old)
    revived.register_buffer("extra", torch.ones(1))
    assert torch.equal(revived(torch.ones(1, 2)), net(torch.ones(1, 2)))
    assert sorted(revived.state_dict()) == ["bias", "extra", "weight"]


@pytest.mark.parametrize("register", ["register_full_backward_hook", "register_full_backward_pre_hook"])
def test_backward_hooks_keep_the_class_of_the_output(register):
    class Two(nn.Module):
        def __init__(self, wrap):
            super().__init__()
            self.wrap = wrap

        def forward(self, x):
            return self.wrap(x * 2, x * 3)

    for wrap, read in ((Pair, lambda y: y.second), (lambda a, b: (a, None, b), lambda y: y[2])):
        seen, x = [], torch.ones(2, requires_grad=True)
        module = Two(wrap)
        getattr(module, register)(lambda module, *grads, seen=seen: seen.append(grads[-1]))
        y = module(x)
        assert type(y) is type(wrap(1, 2))
        read(y).sum().backward()
        assert x.grad.tolist() == [3, 3]
        assert seen[0][-1].tolist() == [1, 1] and seen[0][0] is None
    for wrap, read in ((lambda a, b: {"b": b}, lambda y: y["b"]), (lambda a, b: [a, b], lambda y: y[1])):
        seen, x = [], torch.ones(2, requires_grad=True)
        module = Two(wrap)
        getattr(module, register)(lambda module, *grads, seen=seen: seen.append(grads))
        with pytest.warns(UserWarning, match="module output should be a Tensor or a tuple of Tensors"):
            y = module(x)
        assert type(y) is type(wrap(1, 2))
        read(y).sum().backward()
        assert x.grad.tolist() == [3, 3] and seen == []


@pytest.mark.filterwarnings("ignore:Using a non-full")
def test_old_backward_hooks_of_all_modules():
    net, seen = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), []
    handle = module_hooks.register_module_backward_hook(lambda module, *_: seen.append(type(module)))
    try:
        with pytest.raises(RuntimeError, match="as a global Module hook"):
            module_hooks.register_module_full_backward_hook(lambda *_: None)
        net(torch.ones(1, 2)).sum().backward()
    finally:
        handle.remove()
    assert sorted(kind.__name__ for kind in seen) == ["Linear", "ReLU", "Sequential"]
    net(torch.ones(1, 2)).sum().backward()
    assert len(seen) == 3
    module_hooks.register_module_full_backward_hook(lambda *_: None).remove()


@pytest.mark.parametrize("given", [None, (None,)])
def test_a_hook_of_a_module_whose_input_has_no_gradient_may_give_it_back(given):
    layer, seen = nn.Linear(2, 3), []

    def hook(module, grad_input, grad_output):
        seen.append(grad_input)
        return given

    layer.register_full_backward_hook(hook)
    layer(torch.ones(1, 2)).sum().backward()
    assert seen == [(None,)] and layer.weight.grad.shape == (3, 2)
