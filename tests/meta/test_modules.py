"""Modules on device "meta": built without memory, given memory or values later."""

import contextlib
import copy
import inspect
import warnings

import ferrotorch as torch
import pytest
from ferrotorch import nn

LAYERS = {
    "Linear": (3, 2),
    "Bilinear": (3, 2, 4),
    **{f"Conv{d}d": (2, 3, 3) for d in (1, 2, 3)},
    **{f"ConvTranspose{d}d": (2, 3, 3) for d in (1, 2, 3)},
    **{f"BatchNorm{d}d": (3,) for d in (1, 2, 3)},
    **{f"InstanceNorm{d}d": (3, 1e-5, 0.1, True, True) for d in (1, 2, 3)},
    "LayerNorm": (3,),
    "GroupNorm": (2, 4),
    "RMSNorm": (3,),
    "PReLU": (2,),
    "Embedding": (5, 3),
    "EmbeddingBag": (5, 3),
    **dict.fromkeys(("RNN", "LSTM", "GRU"), (3, 4, 2)),
    **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), (3, 4)),
    "MultiheadAttention": (4, 2),
    "TransformerEncoderLayer": (4, 2, 8),
    "TransformerDecoderLayer": (4, 2, 8),
    "Transformer": (4, 2, 1, 1, 8),
    "AdaptiveLogSoftmaxWithLoss": (16, 6, [2, 4]),
    "LinearCrossEntropyLoss": (4, 3),
    "SyncBatchNorm": (3,),
}


def takes_a_device(name):
    cls = getattr(nn, name)
    if not (inspect.isclass(cls) and issubclass(cls, nn.Module)) or "Lazy" in name or "Base" in name:
        return False
    return "device" in inspect.signature(cls.__init__).parameters


def test_every_layer_with_a_device_is_here():
    assert {name for name in nn.__all__ if takes_a_device(name)} <= LAYERS.keys()


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    state = torch.get_rng_state()
    there = getattr(nn, name)(*LAYERS[name], device="meta")
    assert torch.equal(state, torch.get_rng_state())
    here = getattr(nn, name)(*LAYERS[name])
    assert all(t.is_meta for t in there.state_dict().values())
    forms = [
        {key: (t.shape, t.dtype, t.stride()) for key, t in module.state_dict().items()} for module in (here, there)
    ]
    assert forms[0] == forms[1]


def model(device=None):
    return nn.Sequential(nn.Linear(3, 4, device=device), nn.BatchNorm1d(4, device=device))


def test_to_empty_and_load():
    there, here = model("meta"), model()
    with pytest.raises(NotImplementedError, match=r"torch.nn.Module.to_empty\(\) instead of torch.nn.Module.to\(\)"):
        there.to("cpu")
    x = torch.randn(5, 3)
    assert there.to_empty(device="cpu") is there and not there[0].weight.is_meta
    there.load_state_dict(here.state_dict())
    assert torch.equal(there.eval()(x), here.eval()(x))
    assert here.to("meta")[0].weight.is_meta and here[1].running_mean.is_meta


def test_loading_into_meta_does_nothing_and_says_so():
    there = model("meta")
    with pytest.warns(UserWarning, match="copying from a non-meta parameter in the checkpoint to a meta") as caught:
        there.load_state_dict(model().state_dict())
    assert [str(w.message).split(":")[0] for w in caught] == [f"for {name}" for name in there.state_dict()]
    assert there[0].weight.is_meta
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        there.load_state_dict(model("meta").state_dict())
        there.load_state_dict(model().state_dict(), assign=True)
    assert all(not t.is_meta for t in there.state_dict().values())
    with pytest.raises(RuntimeError, match="Cannot copy out of meta tensor; no data!"):
        there.load_state_dict(model("meta").state_dict())


@contextlib.contextmanager
def empty_weights():
    """What loaders of large models do: parameters lose their memory as they are registered."""
    register = nn.Module.register_parameter

    def register_empty(module, name, param):
        register(module, name, param)
        if param is not None:
            kind, options = type(param), param.__dict__ | {"requires_grad": param.requires_grad}
            module._parameters[name] = kind(module._parameters[name].to("meta"), **options)

    nn.Module.register_parameter = register_empty
    try:
        yield
    finally:
        nn.Module.register_parameter = register


def test_weights_are_taken_as_they_are_registered():
    with empty_weights():
        made = nn.Sequential(nn.Linear(3, 4), nn.TransformerEncoderLayer(4, 2, 8), nn.LSTM(4, 2))
    assert made and all(p.is_meta and p.requires_grad for p in made.parameters())
    values = copy.deepcopy(made).to_empty(device="cpu").state_dict()
    made.load_state_dict(values, assign=True)
    assert all(not p.is_meta for p in made.parameters())


@pytest.mark.parametrize("mode", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers(mode):
    options = {"num_layers": 2, "bidirectional": True, "batch_first": True}
    lengths = torch.tensor([4, 2])
    forms = []
    for device in ("cpu", "meta"):
        layer = getattr(nn, mode)(3, 5, device=device, **options)
        x = torch.empty(2, 4, 3, device=device, requires_grad=True)
        out, state = layer(x)
        out.sum().backward()
        packed, _ = layer(nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True))
        padded, sizes = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        states = state if mode == "LSTM" else (state,)
        forms.append([(t.shape, t.stride()) for t in (out, *states, x.grad, packed.data, padded)] + [sizes.tolist()])
    assert forms[0] == forms[1]


OPTIMIZERS = ["SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adadelta", "Adagrad", "RMSprop", "Rprop", "ASGD"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name):
    layer = nn.Linear(3, 2, device="meta")
    optimizer = getattr(torch.optim, name)(layer.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        layer(torch.empty(5, 3, device="meta")).square().mean().backward()
        optimizer.step()
    assert layer.weight.is_meta and layer.weight.grad.is_meta
    moments = [t for t in optimizer.state[layer.weight].values() if isinstance(t, torch.Tensor) and t.dim()]
    assert all(t.is_meta and t.shape == (2, 3) for t in moments)
    torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)


def test_initialisers():
    w = torch.empty(4, 3, device="meta")
    for fill in ("uniform_", "normal_", "trunc_normal_", "zeros_", "xavier_uniform_", "kaiming_normal_", "eye_"):
        assert getattr(nn.init, fill)(w) is w
    assert nn.init.trunc_normal_(w, a=1.0, b=2.0).is_meta
    assert nn.init.constant_(w, 2.0).is_meta and nn.init.sparse_(w, 0.5).is_meta


def test_modules_without_first_values():
    state = torch.get_rng_state()
    layer = nn.utils.skip_init(nn.Linear, 3, 2, bias=False, dtype=torch.float64)
    assert (layer.weight.device.type, layer.weight.dtype, layer.bias) == ("cpu", torch.float64, None)
    assert nn.utils.skip_init(nn.LSTM, 3, 2, device="meta").weight_ih_l0.is_meta
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(RuntimeError, match="Module must support a 'device' arg to skip initialization"):
        nn.utils.skip_init(nn.ReLU)
    with pytest.raises(RuntimeError, match="Expected a Module; got <class 'int'>"):
        nn.utils.skip_init(int)
