"""Scaling of losses: values, skipped steps, growth, states."""

import pickle

import ferrotorch as torch
import pytest


@pytest.fixture
def parameter():
    return torch.nn.Parameter(torch.tensor([1.0, 2.0]))


def step(scaler, optimizer, parameter, gradient):
    optimizer.zero_grad()
    scaler.scale((parameter * torch.tensor(gradient)).sum()).backward()
    scaler.step(optimizer)
    scaler.update()


def test_a_step_is_that_of_the_unscaled_gradient(parameter):
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    optimizer = torch.optim.SGD([parameter], lr=0.5)
    step(scaler, optimizer, parameter, [1.0, -1.0])
    assert parameter.tolist() == [0.5, 2.5] and parameter.grad.tolist() == [1, -1] and scaler.get_scale() == 8
    step(scaler, optimizer, parameter, [1.0, -1.0])
    assert parameter.tolist() == [0, 3] and scaler.get_scale() == 16


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_infinite_gradients_are_skipped(parameter, bad):
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    optimizer = torch.optim.SGD([parameter], lr=0.5)
    step(scaler, optimizer, parameter, [1.0, 1.0])
    step(scaler, optimizer, parameter, [bad, 1.0])
    assert parameter.tolist() == [0.5, 1.5] and scaler.get_scale() == 4
    # The count begins anew.
    step(scaler, optimizer, parameter, [1.0, 1.0])
    assert parameter.tolist() == [0, 1] and scaler.get_scale() == 4
    assert scaler.state_dict()["_growth_tracker"] == 1


def test_unscale_lets_gradients_be_clipped(parameter):
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scaler.scale((parameter * torch.tensor([3.0, 4.0])).sum()).backward()
    assert parameter.grad.tolist() == [24, 32]
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_([parameter], 1.0)
    scaler.step(optimizer)
    torch.testing.assert_close(parameter.data, torch.tensor([0.4, 1.2]))
    with pytest.raises(RuntimeError, match=r"step\(\) has already been called since the last update\(\)."):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match=r"unscale_\(\) is being called after step\(\)."):
        scaler.unscale_(optimizer)
    scaler.update()
    scaler.scale(parameter.sum()).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match=r"unscale_\(\) has already been called"):
        scaler.unscale_(optimizer)


def test_an_optimizer_may_unscale_for_itself(parameter):
    class Own(torch.optim.SGD):
        _step_supports_amp_scaling = True

        def step(self, closure=None):
            self.seen = self.grad_scale.item(), self.found_inf.item()

    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    optimizer = Own([parameter], lr=1.0)
    step(scaler, optimizer, parameter, [1.0, float("inf")])
    assert optimizer.seen == (8.0, 1.0) and scaler.get_scale() == 4 and not hasattr(optimizer, "grad_scale")


def test_states(parameter):
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_factor=3.0)
    step(scaler, torch.optim.SGD([parameter], lr=1.0), parameter, [1.0, 1.0])
    state = scaler.state_dict()
    assert state == {
        "scale": 8.0, "growth_factor": 3.0, "backoff_factor": 0.5, "growth_interval": 2000, "_growth_tracker": 1,
    }  # fmt: skip
    other = torch.amp.GradScaler("cpu")
    other.load_state_dict(state)
    assert other.state_dict() == state and pickle.loads(pickle.dumps(scaler)).state_dict() == state
    with pytest.raises(RuntimeError, match="source state dict is empty"):
        other.load_state_dict({})


def test_disabled(parameter):
    older = pytest.warns(FutureWarning, match=r"Please use `torch.amp.GradScaler\('cuda', args...\)` instead")
    with older, pytest.warns(UserWarning, match="CUDA is not available.  Disabling."):
        scaler = torch.cuda.amp.GradScaler()
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    step(scaler, optimizer, parameter, [1.0, 1.0])
    assert parameter.tolist() == [0, 1] and scaler.get_scale() == 1 and scaler.state_dict() == {}
    assert not scaler.is_enabled()


def test_half_gradients_and_closures_are_refused():
    half = torch.nn.Parameter(torch.ones(1, dtype=torch.float16))
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    optimizer = torch.optim.SGD([half], lr=1.0)
    with pytest.raises(AssertionError, match="Attempted step but _scale is None"):
        scaler.step(optimizer)
    scaler.scale(half.sum()).backward()
    with pytest.raises(ValueError, match="Attempting to unscale FP16 gradients"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="Closure use is not currently supported"):
        scaler.step(optimizer, closure=lambda: None)


def test_collections_are_scaled():
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    one, (two,) = scaler.scale([torch.tensor(1.0), (torch.tensor(2.0),)])
    assert (one.item(), two.item()) == (4, 8)
    with pytest.raises(ValueError, match="outputs must be a Tensor or an iterable of Tensors"):
        scaler.scale(1)
