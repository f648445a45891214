"""Quantization of models by their graphs: what is joined and observed, what it becomes, and its numbers."""

import copy
import importlib
from typing import Any

from recorded.programs.quantization import _ao, _filled, _single


def _fx(s: Any) -> Any:
    _ao(s)
    return importlib.import_module(f"{s.torch.__name__}.ao.quantization.quantize_fx")


def _network(s: Any) -> Any:
    """Two convolutions, a sum, pooling, dropout, and a linear layer."""
    nn, torch = s.nn, s.torch

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.bn, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()
            self.conv2, self.pool = nn.Conv2d(4, 4, 3, padding=1), nn.MaxPool2d(2)
            self.drop, self.fc = nn.Dropout(0.0), nn.Linear(64, 5)

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn(self.conv1(x)))
            z = self.pool(torch.nn.functional.relu(self.conv2(y) + y))
            return self.fc(self.drop(torch.flatten(z, 1)))

    return _filled(s, Network())


def _perceptron(s: Any) -> Any:
    nn, torch = s.nn, s.torch

    class Perceptron(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(5, 8), nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            return self.b(torch.nn.functional.relu(self.a(x)))

    return _filled(s, Perceptron())


def _activations(s: Any) -> Any:
    """Known ranges, joins, products, numbers, normalisation, and a function that is not quantized."""
    nn, torch = s.nn, s.torch

    class Activations(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.sig, self.b, self.norm = nn.Linear(5, 8), nn.Sigmoid(), nn.Linear(8, 5), nn.LayerNorm(5)
            self.hard, self.leaky = nn.Hardswish(), nn.LeakyReLU(0.1)

        def forward(self, x: Any) -> Any:
            y = self.b(self.sig(self.a(x))).tanh()
            z = torch.cat([y, x], 1)
            z = z * z + 0.5
            return (
                self.norm(z[:, :5].reshape(-1, 5)),
                z.view(-1).softmax(0),
                self.leaky(self.hard(y)),
            )

    return _filled(s, Activations())


def _functions(s: Any) -> Any:
    """Layers as functions of parameters."""
    nn, functional = s.nn, s.torch.nn.functional

    class Functions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.k, self.w = nn.Parameter(s.torch.empty(4, 2, 3, 3)), nn.Parameter(s.torch.empty(6, 4))
            self.bias, self.rest = (
                nn.Parameter(s.torch.empty(4)),
                nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2)),
            )

        def forward(self, x: Any) -> Any:
            x = functional.relu(functional.conv2d(x, self.k, self.bias, (2, 2), (1, 1), (1, 1), 1))
            x = functional.linear(functional.adaptive_avg_pool2d(x, 1).flatten(1), self.w)
            return self.rest(functional.elu(functional.hardswish(x)))

    return _filled(s, Functions())


def _calibrated(s: Any, model: Any, mapping: Any, x: Any, **options: Any) -> Any:
    prepared = _fx(s).prepare_fx(model.eval(), mapping, (x,), **options)
    for i in range(3):
        prepared(x + 0.1 * i)
    return prepared


def _static(s: Any, model: Any, x: Any, backend: str = "x86") -> Any:
    ao = _ao(s)
    prepared = _calibrated(s, model, ao.get_default_qconfig_mapping(backend), x)
    before = copy.deepcopy(prepared)
    converted = _fx(s).convert_fx(prepared)
    assert prepared.code == before.code
    return [prepared.code, [name for name, _ in prepared.named_children()], converted(x)]


def static(s: Any) -> Any:
    image, rows = _single(s, 2, 3, 8, 8), _single(s, 4, 5)
    return [
        *[_static(s, _network(s), image, backend) for backend in ("x86", "qnnpack")],
        _static(s, _perceptron(s), rows),
        _static(s, _activations(s), rows),
        _static(s, _functions(s), _single(s, 2, 2, 6, 6))[2:],
    ]


def converted_code(s: Any) -> Any:
    ao = _ao(s)
    codes = []
    for model, x in ((_network(s), _single(s, 2, 3, 8, 8)), (_perceptron(s), _single(s, 4, 5))):
        made = _fx(s).convert_fx(_calibrated(s, model, ao.get_default_qconfig_mapping(), x))
        codes.append([made.code, sorted(made.state_dict())])
    return codes


def dynamic(s: Any) -> Any:
    ao, x = _ao(s), _single(s, 4, 5)
    results = []
    for qconfig in (ao.default_dynamic_qconfig, ao.float16_dynamic_qconfig, ao.per_channel_dynamic_qconfig):
        prepared = _calibrated(s, _perceptron(s), ao.QConfigMapping().set_global(qconfig), x)
        results.append([prepared.code, _fx(s).convert_fx(prepared)(x)])
    return results


def parts(s: Any) -> Any:
    """What is quantized is chosen by names, patterns of names and types."""
    ao, x = _ao(s), _single(s, 4, 5)
    q = ao.get_default_qconfig("x86")
    relu, linear = s.nn.ReLU, s.nn.Linear
    mappings = [
        ao.QConfigMapping().set_global(q).set_module_name("a", None),
        ao.QConfigMapping().set_module_name("b", q),
        ao.QConfigMapping().set_global(q).set_module_name_regex("b|c", None),
        ao.QConfigMapping().set_object_type(linear, q).set_object_type(relu, q),
        ao.QConfigMapping().set_global(q).set_object_type(linear, None),
        ao.QConfigMapping(),
        {"": q, "module_name": [("a", None)]},
    ]
    results = []
    for mapping in mappings:
        made = _fx(s).convert_fx(_calibrated(s, _perceptron(s), mapping, x))
        results.append([made.code, made(x)])
    wrong = ao.QConfigMapping().set_object_type(linear, q)
    error = s.raised(lambda: _fx(s).prepare_fx(_perceptron(s).eval(), wrong, (x,)))
    order = ao.QConfigMapping().set_global(None).set_module_name("a", None)
    return [*results, error, repr(order), sorted(ao.QConfigMapping.from_dict(order.to_dict()).to_dict())]


def ends(s: Any) -> Any:
    """Results that stay quantized, modules that stay as they are, attributes that are kept."""
    ao, x = _ao(s), _single(s, 4, 5)
    config = importlib.import_module(f"{s.torch.__name__}.ao.quantization.fx.custom_config").PrepareCustomConfig
    mapping = ao.get_default_qconfig_mapping()
    stays = _fx(s).convert_fx(
        _calibrated(s, _perceptron(s), mapping, x, prepare_custom_config=config().set_output_quantized_indexes([0]))
    )(x)
    whole = _calibrated(
        s, _perceptron(s), mapping, x, prepare_custom_config=config().set_non_traceable_module_names(["a"])
    )
    model = _perceptron(s)
    model.note = "kept"
    kept = _calibrated(s, model, mapping, x, prepare_custom_config=config().set_preserved_attributes(["note"]))
    return [stays.is_quantized, stays.dequantize(), _fx(s).convert_fx(whole)(x), kept.note]


def fused(s: Any) -> Any:
    x = _single(s, 2, 3, 8, 8)
    made = _fx(s).fuse_fx(_network(s).eval())
    return [
        made.code,
        type(made.conv1).__name__,
        made(x),
        s.raised(lambda: _fx(s).fuse_fx(_network(s).train())),
    ]


def trained(s: Any) -> Any:
    """Training with rounding, and what it becomes."""
    ao, x = _ao(s), _single(s, 2, 3, 8, 8)
    model = _fx(s).prepare_qat_fx(_network(s).train(), ao.get_default_qat_qconfig_mapping("x86"), (x,))
    optimizer = s.torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for _ in range(3):
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    kinds = [type(module).__name__ for _, module in model.named_children()]
    converted = _fx(s).convert_fx(model.eval())
    return [model.code, kinds, losses, converted(x).shape, converted.code]


def saved(s: Any) -> Any:
    """The state of one quantized model in another."""
    ao, x = _ao(s), _single(s, 4, 5)
    mapping = ao.get_default_qconfig_mapping()
    one = _fx(s).convert_fx(_calibrated(s, _perceptron(s), mapping, x))
    other = _fx(s).convert_fx(_calibrated(s, _perceptron(s), mapping, x * 3))
    before = other(x)
    other.load_state_dict(one.state_dict())
    return [before, other(x), bool((other(x) == one(x)).all())]


def configurations_by_dictionaries(s: Any) -> Any:
    """What stays whole and in floats, which inputs are quantized, and which attributes are kept."""
    fx, torch = _fx(s), s.torch
    mapping = {"": torch.ao.quantization.default_qconfig}

    def observers(prepared: Any) -> list[str]:
        return [name for name, _ in prepared.named_modules() if name.startswith("activation_post_process")]

    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Sequential(torch.nn.Linear(3, 2))).eval()
    model.kept = "so"
    examples = (torch.ones(1, 3),)
    whole = fx.prepare_fx(
        model, mapping, examples, {"non_traceable_module_name": ["1"], "preserved_attributes": ["kept"]}
    )
    quantized_input = fx.prepare_fx(model, mapping, examples, {"input_quantized_idxs": [0]})
    return [observers(whole), whole.kept, observers(quantized_input), len(list(whole.graph.nodes))]


def batch_norm_of_processes_keeps_its_configuration(s: Any) -> Any:
    """`convert_sync_batchnorm` keeps how a layer shall be quantized."""
    _ao(s)
    model = s.nn.Sequential(s.nn.BatchNorm2d(3), s.nn.BatchNorm2d(2))
    model[0].qconfig = "this"
    made = s.nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return [made[0].qconfig, hasattr(made[1], "qconfig"), type(made[0]).__name__]


def rectifiers_in_every_way(s: Any) -> Any:
    """Which rectifier becomes one op with what is before it, which takes quantized tensors, and which floats."""
    nn, torch, functional = s.nn, s.torch, s.torch.nn.functional
    before = {
        "convolution": lambda m, x: m.norm(m.conv(x)),
        "layer": lambda m, x: m.fc(x),
        "function": lambda m, x: functional.linear(x, m.fc.weight, m.fc.bias),
        "sum": lambda m, x: torch.add(x, x),
        "product": lambda m, x: x * x,
        "matrices": lambda m, x: torch.matmul(x, x),
        "joined": lambda m, x: torch.cat([x, x]),
        "nothing": lambda m, x: x,
    }
    rectifiers = {
        "F.relu": lambda m, x: functional.relu(x),
        "torch.relu": lambda m, x: torch.relu(x),
        "relu": lambda m, x: x.relu(),
        "relu_": lambda m, x: x.relu_(),
        "nn.ReLU": lambda m, x: m.relu(x),
    }

    class Network(nn.Module):
        def __init__(self, first: Any, second: Any) -> None:
            super().__init__()
            self.conv, self.norm, self.fc, self.relu = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Linear(4, 4), nn.ReLU()
            self.first, self.second = first, second

        def forward(self, x: Any) -> Any:
            # A mean takes quantized tensors: what it is given is quantized where it is not.
            return self.second(self, self.first(self, x)).mean((2, 3))

    mapping, x = _ao(s).get_default_qconfig_mapping(), _single(s, 2, 3, 4, 4)
    answers = {}
    for name, first in before.items():
        for rectifier, second in rectifiers.items():
            made = _fx(s).convert_fx(_calibrated(s, _filled(s, Network(first, second)).eval(), mapping, x))
            steps = [node.name.rstrip("_0123456789") for node in made.graph.nodes if node.op.startswith("call")]
            answers[f"{name}, {rectifier}"] = [
                steps,
                type(made.conv).__name__ if hasattr(made, "conv") else "",
                made(x),
            ]
    return answers
