"""Observers with all their options: scales and zero points, bounds, texts, what they refuse; configurations by name."""

AO = "torch.ao.quantization"
_PARTS = (
    "dtype qscheme quant_min quant_max eps is_dynamic ch_axis averaging_constant reduce_range custom_op bins dst_nbins "
    "upsample_rate has_customized_qrange scale zero_point"
)
SHOWN = f"(lambda o: [type(o).__name__, *(str(getattr(o, n, '-')) for n in '{_PARTS}'.split())])"
# What an observer says after it has seen three matrices, the first alone and all.
SEEN = (
    "(lambda o: [(lambda k: [o(3.0 ** k * T(3, 4, shift=k).float() + 0.1 * k).shape, *o.calculate_qparams()])(k) for k in range(3)] + "
    "[o.quant_min, o.quant_max, repr(o), {k: v.clone() for k, v in o.state_dict().items()}])"
)

_TENSOR = ("torch.per_tensor_affine", "torch.per_tensor_symmetric")
_CHANNEL = ("torch.per_channel_affine", "torch.per_channel_symmetric", "torch.per_channel_affine_float_qparams")
_RANGES = ("", ", quant_min=-9, quant_max=20", ", quant_min=-20, quant_max=9", ", quant_min=0, quant_max=100")
_DTYPES = ("quint8", "qint8", "qint32", "uint8", "int8", "int16", "uint16", "int32", "quint4x2")


def _said(kind: str, dtypes: tuple[str, ...], schemes: tuple[str, ...]) -> list[str]:
    """What an observer says for each dtype and scheme, and for each dtype and each range."""
    options = [f"dtype=torch.{d}, qscheme={s}{r}" for d in dtypes for s in schemes for r in ("", ", reduce_range=True")]
    options += [
        f"dtype=torch.{d}, qscheme={s}{r}" for d in ("quint8", "qint8", "qint32") for s in schemes for r in _RANGES[1:]
    ]
    options += [f"dtype=torch.qint8, qscheme={schemes[0]}, reduce_range=True, quant_min=-31, quant_max=40"]
    options += [f"qscheme={schemes[0]}, eps=0.5", f"qscheme={schemes[1]}, eps=0.5"]
    return [f"tried(lambda: {SEEN}({AO}.{kind}({o})))" for o in options]


KINDS = [
    *_said("MinMaxObserver", _DTYPES, _TENSOR),
    *_said("MovingAverageMinMaxObserver", ("quint8", "qint8"), _TENSOR),
    *_said("PerChannelMinMaxObserver", ("quint8", "qint8", "uint8"), _CHANNEL),
    *_said("MovingAveragePerChannelMinMaxObserver", ("quint8", "qint8"), _CHANNEL),
    *(
        f"{SEEN}({AO}.HistogramObserver(bins={bins}, dtype=torch.{dtype}, qscheme={scheme}{reduced}))"
        for bins in (7, 50)
        for dtype in ("quint8", "qint8")
        for scheme in _TENSOR
        for reduced in ("", ", reduce_range=True")
        if not (dtype == "quint8" and scheme == _TENSOR[1] and reduced)
    ),
    *(
        f"{SEEN}({AO}.{kind})"
        for kind in (
            "MovingAverageMinMaxObserver(1.0, is_dynamic=True)", "MovingAverageMinMaxObserver(averaging_constant=0.5)",
            "PerChannelMinMaxObserver(1)", "PerChannelMinMaxObserver(ch_axis=-1)",
            "MovingAveragePerChannelMinMaxObserver(0.5, 1)", "MinMaxObserver(is_dynamic=True)",
            "MinMaxObserver(factory_kwargs={'dtype': torch.float64})", "FixedQParamsObserver(0.5, 3)",
            "FixedQParamsObserver(0.25, 1, torch.qint8, torch.per_tensor_symmetric, -8, 7)",
        )
    ),
]  # fmt: skip

_H = f"{AO}.HistogramObserver(bins=16)"
HISTOGRAMS = [
    f"(lambda o: [[o(x), o.histogram.clone(), o.min_val.clone(), o.max_val.clone(), *o.calculate_qparams()][1:] for x in {xs}])({_H})"
    for xs in (
        "(torch.arange(40.0), torch.arange(-60.0, 20.0), torch.full((9,), 100.0))",
        "(torch.zeros(5), torch.tensor([-1.0, 4.0]), torch.tensor([1000.0]))",
        "(torch.tensor([2.0]), torch.tensor([2.0, 2.0]), torch.tensor([5.0]), torch.zeros(0))",
        "(torch.cat([torch.linspace(-1, 1, 999), torch.tensor([50.0])]),)",
        "(torch.cat([torch.linspace(-1, 1, 999), torch.tensor([-50.0])]),)",
        "(torch.cat([torch.linspace(-1, 1, 9999), torch.tensor([-30.0, 40.0])]), torch.linspace(-2, 2, 9))",
        "(torch.tensor([math.inf, 1.0, 3.0]), torch.tensor([-math.inf]))",
        "(T(300).float() ** 5, 2 * T(300, shift=0.1).float() ** 3, T(20).float())",
    )
] + [
    f"(lambda o: [o(T(400).float() ** 3), o._compute_quantization_error({bounds})][1])({AO}.HistogramObserver(bins=300))"
    for bounds in ("0, 299", "10, 280", "40, 41", "100, 150")
]

_REFUSED = (
    "MinMaxObserver(qscheme=torch.per_channel_affine)", "MinMaxObserver(qscheme=torch.per_channel_symmetric)",
    "MinMaxObserver(qscheme=torch.per_tensor_symmetric, reduce_range=True)",
    "MinMaxObserver(quant_min=1, quant_max=5)", "MinMaxObserver(quant_min=-5, quant_max=-1)",
    "MinMaxObserver(quant_min=0, quant_max=0)", "MinMaxObserver(quant_min=0, quant_max=1)",
    "MinMaxObserver(quant_min=-1, quant_max=0)", "MinMaxObserver(dtype=torch.qint8, quant_min=-128, quant_max=127)",
    "MinMaxObserver(dtype=torch.qint8, quant_min=-128, quant_max=128)",
    "MinMaxObserver(dtype=torch.int8, quant_min=-129, quant_max=127)",
    "MinMaxObserver(dtype=torch.qint32, quant_min=-2**31, quant_max=2**31 - 1)",
    "MinMaxObserver(dtype=torch.qint32, quant_min=-2**31, quant_max=2**31)", "MinMaxObserver(quant_min=-1)",
    "MinMaxObserver(quant_max=3)", "MovingAverageMinMaxObserver(is_dynamic=True)",
    "PerChannelMinMaxObserver(is_dynamic=True)", "MovingAveragePerChannelMinMaxObserver(is_dynamic=True)",
    "PerChannelMinMaxObserver(qscheme=torch.per_tensor_affine)",
    "PerChannelMinMaxObserver(qscheme=torch.per_channel_symmetric, reduce_range=True)",
    "HistogramObserver(qscheme=torch.per_channel_affine)", "HistogramObserver(is_dynamic=True)",
    "FixedQParamsObserver(1.0, 0, is_dynamic=True)", "PlaceholderObserver().calculate_qparams()",
    "RecordingObserver().calculate_qparams()", "NoopObserver().calculate_qparams()",
    "ReuseInputObserver().calculate_qparams()", "FakeQuantize(quant_min=5, quant_max=3)",
    "FakeQuantize(quant_min=-1, quant_max=255)", "FakeQuantize(quant_min=0, quant_max=256)",
    "FakeQuantize(quant_min=-128, quant_max=127, dtype=torch.qint8)",
    "FakeQuantize(quant_min=-129, quant_max=127, dtype=torch.qint8)",
    "FakeQuantize(quant_min=-128, quant_max=128, dtype=torch.qint8)",
    "FixedQParamsFakeQuantize(torch.ao.quantization.MinMaxObserver)",
    "FusedMovingAvgObsFakeQuantize(torch.ao.quantization.MinMaxObserver)", "get_default_qconfig('x86', 1)",
    "get_default_qat_qconfig('x86', 2)", "get_default_qconfig('none')", "get_default_qat_qconfig('none')",
    "QConfig(torch.nn.Identity(), torch.nn.Identity)", "QConfig(torch.nn.Identity, torch.nn.Identity())",
)  # fmt: skip
REFUSED = (
    [f"raised(lambda: {AO}.{call})" for call in _REFUSED]
    + [
        f"(lambda o: [o.min_val.copy_(torch.tensor(low)), o.max_val.copy_(torch.tensor(1.0)), raised(o.calculate_qparams)][2])"
        f"({AO}.MinMaxObserver())".replace("low", low)
        for low in ("1.0", "1.5", "0.5")
    ]
    + [
        f"(lambda o: [o(T(2, 3).float()), o.min_val.add_({step}), raised(o.calculate_qparams)][2])({AO}.PerChannelMinMaxObserver())"
        for step in ("0.0", "9.0", "torch.tensor([0.0, 9.0])")
    ]
)

_OBSERVERS = (
    "default_observer default_placeholder_observer default_debug_observer default_weight_observer "
    "weight_observer_range_neg_127_to_127 default_histogram_observer default_per_channel_weight_observer "
    "per_channel_weight_observer_range_neg_127_to_127 default_dynamic_quant_observer default_float_qparams_observer "
    "default_float_qparams_observer_4bit default_fixed_qparams_range_neg1to1_observer "
    "default_fixed_qparams_range_0to1_observer default_reuse_input_observer PlaceholderObserver NoopObserver "
    "MinMaxObserver MovingAverageMinMaxObserver PerChannelMinMaxObserver MovingAveragePerChannelMinMaxObserver HistogramObserver"
)
_ROUNDERS = (
    "default_fake_quant default_weight_fake_quant default_dynamic_fake_quant default_fixed_qparams_range_neg1to1_fake_quant "
    "default_fixed_qparams_range_0to1_fake_quant default_per_channel_weight_fake_quant default_embedding_fake_quant "
    "default_embedding_fake_quant_4bit default_histogram_fake_quant default_fused_act_fake_quant default_fused_wt_fake_quant "
    "default_fused_per_channel_wt_fake_quant fused_wt_fake_quant_range_neg_127_to_127 "
    "fused_per_channel_wt_fake_quant_range_neg_127_to_127 FakeQuantize FusedMovingAvgObsFakeQuantize"
)
_CONFIGS = (
    "default_qconfig default_debug_qconfig default_per_channel_qconfig default_dynamic_qconfig float16_dynamic_qconfig "
    "float16_static_qconfig per_channel_dynamic_qconfig float_qparams_weight_only_qconfig "
    "float_qparams_weight_only_qconfig_4bit default_qat_qconfig default_dynamic_qat_qconfig default_weight_only_qconfig "
    "default_activation_only_qconfig default_qat_qconfig_v2 default_reuse_input_qconfig default_embedding_qat_qconfig "
    "default_embedding_qat_qconfig_4bit default_symmetric_qnnpack_qconfig default_per_channel_symmetric_qnnpack_qconfig "
    "default_symmetric_qnnpack_qat_qconfig default_per_channel_symmetric_qnnpack_qat_qconfig default_quint8_weight_qconfig"
)
_MADE = [f"{AO}.qconfig.{name}" for name in _CONFIGS.split()]
_MADE += [f"{AO}.get_default_qconfig('{b}')" for b in ("x86", "fbgemm", "qnnpack", "onednn")]
_MADE += [f"{AO}.get_default_qat_qconfig('{b}', {v})" for b in ("x86", "fbgemm", "qnnpack", "onednn") for v in (0, 1)]
_MADE += [f"{AO}.get_default_qconfig()", f"{AO}.get_default_qat_qconfig()"]
_MADE += [f"{AO}.qconfig.get_default_qconfig_dict()['']", f"{AO}.qconfig.get_default_qat_qconfig_dict()['']"]
_BOTH = f"(lambda m: [{SHOWN}(m), {SHOWN}(getattr(m, 'activation_post_process', m))])"
_UTILS = "part('ao.quantization.utils')"
_ASKED = (
    "weight_dtype activation_dtype activation_is_dynamically_quantized activation_is_statically_quantized "
    "activation_is_int8_quantized weight_is_quantized weight_is_statically_quantized get_qconfig_dtypes"
)
CONFIGURATIONS = [
    *(f"{_BOTH}({AO}.{name}())" for name in _OBSERVERS.split()),
    *(f"{_BOTH}({AO}.fake_quantize.{name}())" for name in _ROUNDERS.split()),
    *(f"[{_BOTH}({made}.activation()), {_BOTH}({made}.weight())]" for made in _MADE),
    *(
        f"tried(lambda: str({_UTILS}.{asked}({AO}.qconfig.{name})))"
        for asked in _ASKED.split()
        for name in _CONFIGS.split()
    ),
    *(
        f"[tried(lambda: str({_UTILS}.{asked}({AO}.QConfig({AO}.PlaceholderObserver.with_args(dtype=torch.{a}, is_dynamic=d), "
        f"{AO}.PlaceholderObserver.with_args(dtype=torch.{w}))))) for d in (False, True)]"
        for a in ("quint8", "float16", "float32", "int16", "int8", "float8_e5m2")
        for w in ("qint8", "float16", "float32", "quint4x2", "int32")
        for asked in (*_ASKED.split(), "get_quant_type")
    ),
    *(
        f"{_UTILS}.calculate_qmin_qmax({low}, {high}, {own}, torch.{dtype}, {reduced})"
        for dtype in _DTYPES
        for reduced in (False, True)
        for low, high, own in (("None", "None", False), ("-9", "12", True))
    ),
    f"[{AO}.qconfig_equals(a, b) for a in [{', '.join(_MADE[:6])}, None] for b in [{', '.join(_MADE[:6])}, None]]",
    f"{AO}.qconfig_equals({AO}.get_default_qat_qconfig('x86'), {AO}.get_default_qat_qconfig('qnnpack'))",
    f"{AO}.qconfig_equals({AO}.get_default_qat_qconfig('x86', 0), {AO}.get_default_qat_qconfig('x86', 0))",
]

_FAKE = (
    f"{AO}.FakeQuantize()", f"{AO}.FakeQuantize({AO}.MinMaxObserver, 0, 15)",
    f"{AO}.FakeQuantize({AO}.MinMaxObserver, -8, 7, dtype=torch.qint8, qscheme=torch.per_tensor_symmetric)",
    f"{AO}.FakeQuantize({AO}.PerChannelMinMaxObserver, 0, 255, ch_axis=1)",
    f"{AO}.FakeQuantize({AO}.PerChannelMinMaxObserver, 0, 255, qscheme=torch.per_channel_affine_float_qparams)",
    f"{AO}.FusedMovingAvgObsFakeQuantize(averaging_constant=0.3)",
    f"{AO}.FusedMovingAvgObsFakeQuantize({AO}.MovingAveragePerChannelMinMaxObserver, -128, 127, dtype=torch.qint8, "
    "qscheme=torch.per_channel_symmetric)",
    f"{AO}.default_fixed_qparams_range_0to1_fake_quant()",
)  # fmt: skip
ROUNDING = [
    f"(lambda m: [repr(m), [grads(m, 2 * T(3, 4, shift=k).float()) for k in range(2)], m.calculate_qparams(), m.disable_observer(), "
    f"m(9 * T(3, 4).float()), m.disable_fake_quant(), m(9 * T(3, 4).float()), m.enable_observer(), m(5 * T(3, 4).float()), "
    f"m.enable_fake_quant(), m(T(3, 4).float()), repr(m), {{k: v.clone() for k, v in m.state_dict().items()}}])({make})"
    for make in _FAKE
] + [
    f"(lambda m, n: [m(2 * T(3, 4).float()), n.load_state_dict(m.state_dict()), n.scale, n.zero_point][2:])({make}, {make})"
    for make in _FAKE
] + [
    f"(lambda m, n: [m(2 * T(3, 4).float()), n.load_state_dict(m.state_dict()), n.calculate_qparams()][2:])({AO}.{kind}, {AO}.{kind})"
    for kind in ("MinMaxObserver()", "PerChannelMinMaxObserver()", "PerChannelMinMaxObserver(1)", "HistogramObserver(bins=9)")
] + [
    f"(lambda m: [m(T(3, 4).float()), m.reset_min_max_vals(), m.min_val, m.max_val, m(5 * T(2, 4).float()), m.min_val, m.max_val][2:])"
    f"({AO}.{kind}())"
    for kind in ("MinMaxObserver", "PerChannelMinMaxObserver", "MovingAverageMinMaxObserver", "MovingAveragePerChannelMinMaxObserver")
] + [
    f"(lambda m: [m(T(2)), m(T(3)), m.get_tensor_value()])({AO}.RecordingObserver())",
    f"[repr({AO}.PlaceholderObserver()), repr({AO}.PlaceholderObserver(torch.float16, is_dynamic=True))]",
    f"raised(lambda: {AO}.NoopObserver().reset_min_max_vals())",
    f"raised(lambda: {AO}.HistogramObserver().reset_min_max_vals())",
]  # fmt: skip

CASES = {
    "kinds": KINDS,
    "histograms": HISTOGRAMS,
    "refused": REFUSED,
    "configurations": CONFIGURATIONS,
    "rounding": ROUNDING,
}
