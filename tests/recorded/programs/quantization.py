"""Quantization of models: observers, layers that compute with integers, and training that knows of it."""

import io
import warnings
from typing import Any


def _ao(s: Any) -> Any:
    """The module, its warnings of what will once be elsewhere left out."""
    warnings.simplefilter("ignore")
    return s.torch.ao.quantization


def _single(s: Any, *shape: int, shift: float = 0.3, scale: float = 1.0) -> Any:
    return s.T(*shape, shift=shift, scale=scale).float()


def _filled(s: Any, module: Any) -> Any:
    """The module with parameters and buffers that depend on nothing but their shapes and order."""
    with s.torch.no_grad():
        for i, parameter in enumerate(module.parameters()):
            parameter.copy_(_single(s, *parameter.shape, shift=i + 0.1, scale=0.4))
        for buffer in module.buffers():
            if buffer.is_floating_point():
                buffer.copy_(_single(s, *buffer.shape).abs() + 0.5)
    return module


def _network(s: Any) -> Any:
    """Two convolutions, one with batch normalisation, a sum, and a linear layer between the stubs."""
    nn, ao, functional = s.nn, _ao(s), s.torch.nn.functional

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.quant, self.dequant = ao.QuantStub(), ao.DeQuantStub()
            self.conv, self.bn, self.relu = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU()
            self.pool, self.conv2, self.relu2 = nn.MaxPool2d(2), nn.Conv2d(6, 6, 3, stride=2), nn.ReLU()
            self.plus, self.fc = s.torch.ao.nn.quantized.FloatFunctional(), nn.Linear(6, 5)

        def forward(self, x: Any) -> Any:
            x = self.pool(self.relu(self.bn(self.conv(self.quant(x)))))
            x = self.relu2(self.conv2(x))
            x = functional.adaptive_avg_pool2d(self.plus.add(x, x), 1).flatten(1)
            return self.dequant(self.fc(x))

    return _filled(s, Network())


_PAIRS = [["conv", "bn", "relu"], ["conv2", "relu2"]]


def observers(s: Any) -> Any:
    ao, torch = _ao(s), s.torch
    made = [
        ao.MinMaxObserver(), ao.MinMaxObserver(dtype=torch.qint8, qscheme=torch.per_tensor_symmetric),
        ao.MinMaxObserver(quant_min=-7, quant_max=20, dtype=torch.qint8), ao.MinMaxObserver(reduce_range=True),
        ao.MinMaxObserver(dtype=torch.quint8, qscheme=torch.per_tensor_symmetric),
        ao.MovingAverageMinMaxObserver(0.25), ao.PerChannelMinMaxObserver(1),
        ao.PerChannelMinMaxObserver(0, torch.qint8, torch.per_channel_symmetric),
        ao.PerChannelMinMaxObserver(qscheme=torch.per_channel_affine_float_qparams),
        ao.MovingAveragePerChannelMinMaxObserver(0.25, 1), ao.HistogramObserver(64), ao.HistogramObserver(256),
        ao.default_observer(), ao.default_weight_observer(), ao.default_per_channel_weight_observer(),
        ao.default_fixed_qparams_range_0to1_observer(), ao.HistogramObserver(64, dtype=torch.qint8),
    ]  # fmt: skip
    answers = []
    for observer in made:
        for k in range(3):
            observer(_single(s, 4, 5, shift=k, scale=1.0 + k) + 0.2 * k)
        answers.append(
            [*observer.calculate_qparams(), observer.quant_min, observer.quant_max, sorted(observer.state_dict())]
        )
    return answers


def observers_that_saw_little(s: Any) -> Any:
    ao, torch = _ao(s), s.torch
    answers = []
    for x in (torch.zeros(3), torch.full((4,), 2.5), torch.tensor([-3.0]), torch.tensor([1.0, float("inf"), -2.0])):
        for kind in (ao.MinMaxObserver, ao.HistogramObserver):
            if not bool(torch.isinf(x).any()) or kind is ao.HistogramObserver:
                observer = kind()
                observer(x)
                answers.append(observer.calculate_qparams())
    answers.append(ao.MinMaxObserver().calculate_qparams())
    answers.append(ao.PerChannelMinMaxObserver().calculate_qparams())
    refused = [
        s.raised(lambda: ao.MinMaxObserver(qscheme=torch.per_channel_affine)),
        s.raised(lambda: ao.MinMaxObserver(quant_min=5, quant_max=9)),
        s.raised(lambda: ao.MinMaxObserver(quant_min=-5, quant_max=-9)),
        s.raised(lambda: ao.PerChannelMinMaxObserver(qscheme=torch.per_tensor_affine)),
        s.raised(lambda: ao.PlaceholderObserver().calculate_qparams()),
        s.raised(lambda: ao.QConfig(ao.MinMaxObserver(), ao.MinMaxObserver)),
        s.raised(lambda: ao.get_default_qconfig("tensorrt")),
        s.raised(lambda: ao.get_default_qconfig("x86", 3)),
    ]
    return [answers, refused]


def fake_quantization(s: Any) -> Any:
    ao = _ao(s)
    answers = []
    for make in (
        ao.default_fake_quant, ao.default_weight_fake_quant, ao.default_per_channel_weight_fake_quant,
        ao.default_fused_act_fake_quant, ao.default_fused_wt_fake_quant, ao.default_fused_per_channel_wt_fake_quant,
        ao.default_histogram_fake_quant, ao.default_fixed_qparams_range_neg1to1_fake_quant,
        ao.default_symmetric_fixed_qparams_fake_quant, ao.default_dynamic_fake_quant,
    ):  # fmt: skip
        module = make()
        outs = [s.grads(module, _single(s, 3, 6, shift=k, scale=2.0)) for k in range(3)]
        module.apply(ao.disable_observer)
        outs.append(module(_single(s, 3, 6, scale=9.0)))
        module.apply(ao.disable_fake_quant)
        outs.append(module(_single(s, 3, 6, scale=9.0)))
        answers.append([*outs, module.scale.clone(), module.zero_point.clone(), sorted(module.state_dict())])
    return answers


def dynamic_linear_layers(s: Any) -> Any:
    ao, nn, torch = _ao(s), s.nn, s.torch
    model = _filled(s, nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 5, bias=False)))
    answers = []
    for dtype in (torch.qint8, torch.float16):
        quantized = ao.quantize_dynamic(model, {nn.Linear}, dtype=dtype)
        file = io.BytesIO()
        torch.save(quantized.state_dict(), file)
        file.seek(0)
        again = ao.quantize_dynamic(nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 5)), {nn.Linear}, dtype)
        again.load_state_dict(torch.load(file))
        x = _single(s, 4, 10)
        answers.append(
            [repr(quantized), quantized(x), sorted(quantized.state_dict()), torch.equal(again(x), quantized(x))]
        )
    named = ao.quantize_dynamic(model, {"0": ao.per_channel_dynamic_qconfig})
    return [
        answers,
        repr(named),
        named(_single(s, 4, 10)),
        s.raised(lambda: ao.quantize_dynamic(model, dtype=torch.int8)),
    ]


def dynamic_recurrent_layers(s: Any) -> Any:
    ao, nn, torch = _ao(s), s.nn, s.torch
    answers = []
    for kind in (nn.LSTM, nn.GRU):
        for sides in (False, True):
            layer = _filled(s, kind(6, 7, 2, bidirectional=sides, batch_first=True))
            quantized = ao.quantize_dynamic(nn.ModuleDict({"l": layer}), {kind})["l"]
            x = _single(s, 3, 5, 6)
            packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([3, 5, 2]), True, False)
            out, state = quantized(packed)
            answers.append([repr(quantized), quantized(x), out.data, state])
            answers.append(s.raised(lambda q=quantized: q(_single(s, 3, 5, 4))))
    for cell in (nn.LSTMCell, nn.GRUCell, nn.RNNCell):
        quantized = ao.quantize_dynamic(nn.ModuleDict({"l": _filled(s, cell(6, 7))}))["l"]
        answers.append([repr(quantized), quantized(_single(s, 3, 6))])
    return answers


def embeddings(s: Any) -> Any:
    ao, nn, torch = _ao(s), s.nn, s.torch
    model = nn.ModuleDict({"e": nn.Embedding(10, 4), "b": nn.EmbeddingBag(10, 4, mode="sum")})
    quantized = ao.quantize_dynamic(_filled(s, model), dtype=torch.quint8)
    indices = torch.tensor([1, 2, 9, 0])
    return [repr(quantized), quantized["e"](indices.reshape(2, 2)), quantized["b"](indices, torch.tensor([0, 3]))]


def static_quantization(s: Any) -> Any:
    ao = _ao(s)
    answers = []
    for backend in ("x86", "qnnpack"):
        model = _network(s).eval()
        model.qconfig = ao.get_default_qconfig(backend)
        fused = ao.fuse_modules(model, _PAIRS)
        prepared = ao.prepare(fused)
        for k in range(3):
            prepared(_single(s, 4, 3, 12, 12, shift=k, scale=1 + k * 0.2))
        converted = ao.convert(prepared)
        again = ao.convert(ao.prepare(fused))
        again.load_state_dict(converted.state_dict())
        x = _single(s, 2, 3, 12, 12)
        kinds = [type(module).__name__ for module in converted.modules()]
        answers.append([kinds, converted(x), sorted(converted.state_dict()), s.torch.equal(again(x), converted(x))])
        answers.append([type(module).__name__ for module in prepared.modules()])
    return answers


def layers_of_integers(s: Any) -> Any:
    ao, nn = _ao(s), s.nn
    layers = [
        (nn.Sequential(nn.Conv1d(3, 4, 3, padding=1), nn.ReLU()), (2, 3, 9)),
        (nn.Sequential(nn.Conv3d(2, 3, 2)), (1, 2, 3, 4, 4)), (nn.Sequential(nn.Hardswish()), (3, 7)),
        (nn.Sequential(nn.ELU(0.7)), (3, 7)), (nn.Sequential(nn.LeakyReLU(0.2)), (3, 7)),
        (nn.Sequential(nn.BatchNorm2d(3), nn.ReLU()), (2, 3, 4, 4)), (nn.Sequential(nn.ReLU6()), (3, 7)),
        (nn.Sequential(nn.Dropout(0.5), nn.Linear(7, 2)), (3, 7)), (nn.Sequential(nn.Sigmoid(), nn.Tanh()), (3, 7)),
    ]  # fmt: skip
    answers = []
    for layer, shape in layers:
        model = _filled(s, ao.QuantWrapper(layer)).eval()
        model.qconfig = ao.default_qconfig
        prepared = ao.prepare(model)
        prepared(_single(s, *shape, scale=2.0))
        converted = ao.convert(prepared)
        answers.append(
            [[type(m).__name__ for m in converted.modules()], converted(_single(s, *shape, shift=1.0, scale=2.0))]
        )
    return answers


def training_that_knows(s: Any) -> Any:
    ao, torch = _ao(s), s.torch
    answers = []
    for version in (0, 1):
        model = _network(s).train()
        model.qconfig = ao.get_default_qat_qconfig("x86", version)
        prepared = ao.prepare_qat(ao.fuse_modules_qat(model, _PAIRS))
        optimizer = torch.optim.SGD(prepared.parameters(), 0.1)
        losses = []
        for k in range(3):
            out = prepared(_single(s, 4, 3, 12, 12, shift=k))
            loss = torch.nn.functional.cross_entropy(out, torch.tensor([0, 1, 2, 3]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        prepared.apply(ao.disable_observer)
        prepared.apply(torch.ao.nn.intrinsic.qat.freeze_bn_stats)
        converted = ao.convert(prepared.eval())
        kinds = [[type(module).__name__ for module in each.modules()] for each in (prepared, converted)]
        answers.append([losses, kinds, converted(_single(s, 2, 3, 12, 12))])
    return [answers, s.raised(lambda: ao.prepare_qat(_network(s).eval()))]


def numbers_with_quantized_tensors(s: Any) -> Any:
    torch, quantized = s.torch, s.torch.ops.quantized
    answers = []
    for number in (0.0, 0.5, -0.5, 2.0, -3.0):
        for zero_point in (0, 120, 255):
            x = torch.quantize_per_tensor(_single(s, 2, 4), 0.01, zero_point, torch.quint8)
            for op in (quantized.mul_scalar, quantized.mul_scalar_relu):
                result = op(x, number)
                answers.append([result.int_repr(), result.q_scale(), result.q_zero_point()])
            if number == 0.5:
                result = quantized.add_scalar(x, number)
                answers.append([result.int_repr(), result.q_scale(), result.q_zero_point()])
    a = torch.quantize_per_tensor(_single(s, 2, 4), 0.01, 120, torch.quint8)
    b = torch.quantize_per_tensor(_single(s, 2, 4, shift=1.0), 0.02, 10, torch.quint8)
    pairs = [quantized.add, quantized.add_relu, quantized.mul, quantized.mul_relu]
    answers.append([op(a, b, 0.03, 50).int_repr() for op in pairs])
    answers.append([quantized.cat([a, b], 0, 0.02, 30).int_repr(), quantized.cat([a, b], 1, None, None).int_repr()])
    return answers


def _prepared(s: Any, layers: list[Any], fused: list[str]) -> Any:
    """A model between the stubs that has been trained for a step with rounding."""
    ao = _ao(s)
    model = _filled(s, ao.QuantWrapper(s.nn.Sequential(*layers))).train()
    model.qconfig = ao.get_default_qat_qconfig("x86")
    model = ao.prepare_qat(ao.fuse_modules_qat(model, fused) if fused else model)
    model(_single(s, 5, 6))
    return model


def what_training_leaves(s: Any) -> Any:
    ao, nn = _ao(s), s.nn
    answers = []
    for is_known in (False, True):
        model = _prepared(s, [nn.Linear(6, 4)], [])
        with s.torch.no_grad():
            model.module[0].weight.mul_(3.0)
        converted = ao.convert(model.eval(), use_precomputed_fake_quant=is_known)
        answers.append([converted.module[0].weight().q_per_channel_scales(), converted(_single(s, 5, 6))])
    normed = _prepared(s, [nn.Linear(6, 4), nn.BatchNorm1d(4)], ["module.0", "module.1"])
    return [answers, ao.convert(normed.eval())(_single(s, 5, 6))]


def functions_of_quantized_tensors(s: Any) -> Any:
    torch, functional = s.torch, s.torch.ao.nn.quantized.functional
    x = torch.quantize_per_tensor(_single(s, 2, 4, 9, 9), 0.01, 120, torch.quint8)
    y = torch.quantize_per_tensor(_single(s, 3, 7, scale=3.0), 0.03, 120, torch.quint8)
    w = torch.quantize_per_tensor(_single(s, 6, 2, 3, 3, shift=2.0), 0.01, 3, torch.qint8)
    results = [
        functional.conv2d(x, w, _single(s, 6), 2, 1, 1, 2, "zeros", 0.05, 99),
        functional.max_pool2d(x, 2), functional.avg_pool2d(x, 2), functional.adaptive_avg_pool2d(x, 2),
        functional.celu(y, 0.02, 60), functional.elu(y, 0.02, 60, 0.5), functional.hardswish(y, 0.02, 60),
        functional.leaky_relu(y, 0.2), functional.leaky_relu(y, 0.2, False, 0.03, 7), functional.hardtanh(y),
        functional.hardsigmoid(y), functional.clamp(y, -0.5, 0.7), functional.threshold(y, 0.1, 0.5),
        functional.upsample_nearest(x, scale_factor=2), functional.upsample_bilinear(x, size=(5, 5)),
        torch.ops.quantized.matmul(y, y.t().contiguous(), 0.05, 80),
    ]  # fmt: skip
    refused = [
        s.raised(lambda: functional.conv2d(x, w, None, padding_mode="reflect")),
        s.raised(lambda: functional.conv1d(x, w, None)),
        s.raised(lambda: functional.avg_pool2d(_single(s, 1, 1, 4, 4), 2)),
    ]  # fmt: skip
    return [[[r.int_repr(), r.q_scale(), r.q_zero_point()] for r in results], refused]
