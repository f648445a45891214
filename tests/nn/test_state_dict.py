"""Saving and loading the state of modules."""

from collections import OrderedDict

import ferrotorch as torch
import pytest
from ferrotorch import nn


def two_layers():
    return nn.Sequential(OrderedDict(a=nn.Linear(2, 3), b=nn.BatchNorm1d(3)))


KEYS = ["a.weight", "a.bias", "b.weight", "b.bias", "b.running_mean", "b.running_var", "b.num_batches_tracked"]


def test_keys_and_metadata():
    state = two_layers().state_dict()
    assert list(state) == KEYS
    assert state._metadata["b"] == {"version": 2}
    assert not state["a.weight"].requires_grad
    assert list(two_layers().state_dict(prefix="net.")) == ["net." + key for key in KEYS]


def test_tensors_share_memory_with_the_module():
    net = two_layers()
    net.state_dict()["a.weight"].fill_(2.0)
    assert net.a.weight.tolist() == [[2.0, 2.0]] * 3
    assert net.state_dict(keep_vars=True)["a.weight"] is net.a.weight


def test_loading_copies():
    source, target = two_layers(), two_layers()
    weight = target.a.weight
    assert repr(target.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert target.a.weight is weight
    assert torch.equal(weight, source.a.weight)


def test_assign_takes_the_tensors_themselves():
    state = {key: value.clone() for key, value in two_layers().state_dict().items()}
    target = two_layers()
    target.load_state_dict(state, assign=True)
    state["a.weight"].fill_(5.0)
    assert target.a.weight.tolist() == [[5.0, 5.0]] * 3
    assert isinstance(target.a.weight, nn.Parameter)


def test_what_does_not_fit_is_listed():
    net = two_layers()
    state = net.state_dict()
    del state["a.bias"]
    state["c.weight"] = torch.zeros(1)
    state["a.weight"] = torch.zeros(3, 3)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "a.bias". \n'
        '\tUnexpected key(s) in state_dict: "c.weight". \n'
        "\tsize mismatch for a.weight: copying a param with shape torch.Size([3, 3]) from checkpoint, "
        "the shape in current model is torch.Size([3, 2])."
    )


def test_not_strict_returns_what_differs():
    net = two_layers()
    state = net.state_dict()
    del state["a.bias"]
    state["other"] = torch.zeros(1)
    keys = net.load_state_dict(state, strict=False)
    assert keys.missing_keys == ["a.bias"]
    assert keys.unexpected_keys == ["other"]


@pytest.mark.parametrize("state", [None, [1, 2]])
def test_only_dictionaries_load(state):
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
        nn.Linear(1, 1).load_state_dict(state)


def test_a_value_that_is_no_tensor_is_named():
    with pytest.raises(RuntimeError, match='parameter named "bias", expected torch\\.Tensor'):
        nn.Linear(1, 1).load_state_dict({"weight": torch.zeros(1, 1), "bias": 3.0})


def test_old_batch_norm_has_no_count():
    net = nn.BatchNorm1d(2)
    state = {key: value for key, value in net.state_dict().items() if key != "num_batches_tracked"}
    net.load_state_dict(state)
    assert int(net.num_batches_tracked) == 0


class WithExtraState(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def get_extra_state(self):
        return {"value": self.value}

    def set_extra_state(self, state):
        self.value = state["value"]


def test_extra_state_travels():
    source, target = nn.Sequential(WithExtraState(3)), nn.Sequential(WithExtraState(0))
    assert source.state_dict() == {"0._extra_state": {"value": 3}}
    target.load_state_dict(source.state_dict())
    assert target[0].value == 3
    with pytest.raises(RuntimeError, match=r"Missing key\(s\) in state_dict: \"0._extra_state\""):
        target.load_state_dict({})


def test_hooks_see_and_change_state():
    net = nn.Linear(1, 1)
    seen = []
    net.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append((prefix, keep_vars)))
    net.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.update(extra=torch.zeros(1)))
    state = net.state_dict(prefix="p.")
    assert seen == [("p.", False)]
    assert list(state) == ["p.weight", "p.bias", "extra"]


def test_load_hooks_rename_and_forgive():
    net = nn.Linear(1, 1)

    def rename(module, state, prefix, *_):
        state[prefix + "weight"] = state.pop(prefix + "kernel")

    net.register_load_state_dict_pre_hook(rename)
    net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    net.load_state_dict({"kernel": torch.full((1, 1), 4.0)})
    assert net.weight.tolist() == [[4.0]]


def test_hooks_after_loading_return_nothing():
    layer = nn.Linear(1, 1)
    layer.register_load_state_dict_post_hook(lambda module, keys: keys)
    with pytest.raises(AssertionError, match="not expected to return"):
        layer.load_state_dict(layer.state_dict())
