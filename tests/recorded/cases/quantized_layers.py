"""Layers and functions of quantized tensors with all their options: texts, state dicts, weights, results, refusals."""

Q = "torch.ao.nn.quantized"
DQ = "torch.ao.nn.quantized.dynamic"
QF = "part('ao.nn.quantized.functional')"
SAYS = "(lambda r: [r.int_repr(), r.q_scale(), r.q_zero_point(), str(r.dtype)])"


def _x(*shape: int, scale: float = 0.02, point: int = 100, dtype: str = "quint8") -> str:
    return f"torch.quantize_per_tensor(T({', '.join(map(str, shape))}).float(), {scale}, {point}, torch.{dtype})"


def _w(*shape: int) -> str:
    return _x(*shape, scale=0.013, point=3, dtype="qint8")


def _convolution(made: str, weight: str, outputs: int, x: str) -> list[str]:
    """A layer as it is made, and with another weight, bias, scale and zero point; loaded into another of its kind."""
    shown = f"(lambda m: [repr(m), sorted(m.state_dict()), m.weight().shape, float(m.weight().q_scale()), m.weight().q_zero_point(), m.bias(), m.scale, m.zero_point])({made})"
    filled = (
        f"[m.set_weight_bias({weight}, b), setattr(m, 'scale', 0.07), setattr(m, 'zero_point', 30), repr(m), {SAYS}(m({x})), "
        f"n.load_state_dict(m.state_dict()), repr(n), {SAYS}(n({x}))]"
    )
    return [shown] + [
        f"(lambda m, n, b: {filled})({made}, {made}, {b})" for b in ("None", f"T({outputs}, shift=0.2).float()")
    ]


_GEOMETRY = (
    "",
    ", stride=2, padding=1, dilation=2, groups=2",
    ", 2, 1, 1, 2, False",
    ", padding=1, padding_mode='reflect'",
)
_GEOMETRY_BACK = ("", ", stride=2, padding=1, output_padding=1, groups=2, dilation=1", ", 3, 1, 2, 2, False, 2")
CONVOLUTIONS = [
    *(
        snippet
        for dims, sizes in ((1, (9,)), (2, (6, 7)), (3, (5, 6, 5)))
        for options in _GEOMETRY
        if not (dims == 3 and "reflect" in options)
        for snippet in _convolution(
            f"{Q}.Conv{dims}d(4, 6, 3{options})",
            _w(6, 2 if "groups" in options or "False" in options else 4, *[3] * dims),
            6,
            _x(2, 4, *sizes),
        )
    ),
    *(
        snippet
        for dims, sizes in ((1, (4,)), (2, (3, 4)), (3, (2, 3, 2)))
        for options in _GEOMETRY_BACK
        for snippet in _convolution(
            f"{Q}.ConvTranspose{dims}d(4, 6, 3{options})",
            _w(4, 3 if options else 6, *[3] * dims),
            6,
            _x(2, 4, *sizes),
        )
    ),
    "repr(torch.ao.nn.quantized.Conv2d(2, 2, (1, 2), (2, 1), (0, 1), (1, 3)))",
    *(
        f"raised(lambda: {Q}.{made})"
        for made in (
            "Conv2d(3, 4, 2, groups=2)", "Conv2d(4, 3, 2, groups=2)", "ConvTranspose2d(4, 4, 2, padding_mode='reflect')",
            "Conv2d(2, 2, 1, padding_mode='none')",
        )
    ),
]  # fmt: skip

_LINEAR = f"(lambda m: [m.set_weight_bias({_w(3, 4)}, T(3).float()), setattr(m, 'scale', 0.05), setattr(m, 'zero_point', 90), m][3])"
LAYERS = [
    f"(lambda m: [repr(m), sorted(m.state_dict()), m.weight().shape, float(m.weight().q_scale()), m.weight().q_zero_point(), m.bias(), m.scale, m.zero_point])({Q}.Linear(4, 3))",
    f"(lambda m: [repr(m), m.bias()])({Q}.Linear(4, 3, False))",
    f"[{SAYS}(m({_x(2, 4)})) for m in [{_LINEAR}({Q}.Linear(4, 3))]]",
    f"(lambda m, n: [n.load_state_dict(m.state_dict()), {SAYS}(n({_x(2, 4)})), n.scale, n.zero_point])"
    f"({_LINEAR}({Q}.Linear(4, 3)), {Q}.Linear(4, 3))",
    f"(lambda m: [list(m.state_dict()), m.state_dict()['_packed_params.dtype'], list(m.state_dict()._metadata.items())])({Q}.Linear(4, 3))",
    f"raised(lambda: {Q}.Linear(4, 3, dtype=torch.quint8))",
    f"raised(lambda: {Q}.Linear(4, 3).load_state_dict({{}}))",
    "(lambda p: [p._weight_bias()[0].shape, p._weight_bias()[1], p(T(2))])(part('ao.nn.quantized.modules.linear').LinearPackedParams())",
    "(lambda p: [p._weight_bias(), repr(p)])(part('ao.nn.quantized.modules.linear').LinearPackedParams(torch.float16))",
    *(
        f"(lambda m: [repr(m), m.state_dict(), {SAYS}(m({_x(3, 4)}))])({Q}.{made})"
        for made in (
            "ReLU6()", "ReLU6(True)", "Hardswish(0.03, 5)", "ELU(0.03, 70)", "ELU(0.03, 70, 0.5)", "LeakyReLU(0.03, 70)",
            "LeakyReLU(0.03, 70, 0.3, True)", "Sigmoid(0.004, 2)", "Softmax()", "Softmax(0, 0.01, 3)", "Softmax(-1)", "Dropout()",
            "Dropout(0.2, True)",
        )
    ),
    *(
        f"(lambda m: [m.set_weight(torch.quantize_per_tensor(P({n}).float(), 0.01, 2, torch.quint8)), m.num_parameters, {SAYS}(m({_x(3, 2)}))])"
        f"({Q}.PReLU(0.02, 60{options}))"
        for n, options in ((1, ""), (2, ", 2"))
    ),
    f"seeded(lambda: {Q}.PReLU(0.02, 60).weight.q_scale())",
    *(
        f"(lambda m: [repr(m), sorted(m.state_dict()), {SAYS}(m({x}))])({Q}.{made})"
        for made, x in (
            ("LayerNorm(4, nn.Parameter(P(4).float()), nn.Parameter(T(4).float()), 0.03, 60)", _x(3, 4)),
            ("LayerNorm((4,), nn.Parameter(P(4).float()), nn.Parameter(T(4).float()), 0.03, 60, 0.5)", _x(3, 4)),
            ("GroupNorm(2, 4, nn.Parameter(P(4).float()), nn.Parameter(T(4).float()), 0.03, 60)", _x(3, 4, 2)),
            ("GroupNorm(2, 4, nn.Parameter(P(4).float()), nn.Parameter(T(4).float()), 0.03, 60, 0.5)", _x(3, 4, 2)),
            ("InstanceNorm1d(4, nn.Parameter(P(4).float()), nn.Parameter(T(4).float()), 0.03, 60)", _x(3, 4, 5)),
            ("InstanceNorm2d(4, nn.Parameter(P(4).float()), nn.Parameter(T(4).float()), 0.03, 60, 0.5)", _x(3, 4, 2, 3)),
            ("InstanceNorm3d(2, nn.Parameter(P(2).float()), nn.Parameter(T(2).float()), 0.03, 60, 1e-3)", _x(1, 2, 2, 3, 2)),
            ("BatchNorm2d(3)", _x(2, 3, 2, 2)), ("BatchNorm3d(3, 0.5, 0.3)", _x(2, 3, 2, 2, 1)),
        )
    ),
    *(
        f"(lambda m: [m.eps, m.momentum, m.affine, m.track_running_stats])({Q}.{made})"
        for made in ("InstanceNorm2d(4, None, None, 1.0, 0)", "InstanceNorm1d(4, None, None, 1.0, 0, 0.1, 0.2, True, True)")
    ),
    *(
        f"(lambda m: [repr(m), sorted(m.state_dict()), m.weight().shape, str(m.weight().dtype), m.weight().q_per_channel_axis()])({Q}.{made})"
        for made in ("Embedding(5, 4)", "EmbeddingBag(5, 4)", "EmbeddingBag(5, 4, include_last_offset=True)")
    ),
    *(
        f"(lambda m: [m.set_weight(torch.quantize_per_channel(T(5, 4).float(), P(5).float(), P(5).float(), 0, torch.quint8)), {call}][1])({Q}.{made})"
        for made, call in (
            ("Embedding(5, 4)", "m(I(5, 2, 3))"), ("EmbeddingBag(5, 4)", "m(I(5, 6), torch.tensor([0, 2]))"),
            ("EmbeddingBag(5, 4)", "m(I(5, 6), torch.tensor([0, 2]), P(6).float())"),
            ("EmbeddingBag(5, 4, include_last_offset=True)", "m(I(5, 6), torch.tensor([0, 2, 6]))"),
        )
    ),
    f"raised(lambda: {Q}.Embedding(5, 4, _weight=torch.quantize_per_channel(T(4, 4).float(), P(4).float(), P(4).float(), 0, torch.quint8)))",
    f"(lambda q, d: [q.scale, q.zero_point, {SAYS}(q({_x(3)} .dequantize())), d({_x(3)}), repr(q), repr(d), q.state_dict()])"
    f"({Q}.Quantize(0.1, 3, torch.quint8), {Q}.DeQuantize())",
    *(
        f"(lambda m: [setattr(m, 'scale', 0.1), setattr(m, 'zero_point', 7), {call}][2])({Q}.QFunctional())"
        for call in (
            *(f"{SAYS}(m.{op}({_x(2, 3)}, {_x(2, 3, point=40)}))" for op in ("add", "mul", "add_relu")),
            f"{SAYS}(m.add_scalar({_x(2, 3)}, 0.5))", f"{SAYS}(m.mul_scalar({_x(2, 3)}, -0.5))",
            f"{SAYS}(m.cat([{_x(2, 3)}, {_x(2, 3, point=40)}]))", f"{SAYS}(m.cat([{_x(2, 3)}, {_x(2, 3, point=40)}], 1))",
            f"{SAYS}(m.matmul({_x(2, 3)}, {_x(3, 2)}))", "repr(m)", "m.state_dict()",
        )
    ),
    *(
        f"(lambda m: {call})({Q}.FloatFunctional())"
        for call in (
            *(f"m.{op}(T(2, 3), P(2, 3))" for op in ("add", "mul", "add_relu")), "m.add_scalar(T(2), 0.5)", "m.mul_scalar(T(2), 3)",
            "m.cat([T(2, 3), P(2, 3)])", "m.cat([T(2, 3), P(2, 3)], 1)", "m.matmul(T(2, 3), P(3, 2))", "repr(m)", "raised(lambda: m(T(2)))",
        )
    ),
    *(
        f"(lambda m: {call})({Q}.FXFloatFunctional())"
        for call in ("m.add(T(2), P(2))", "m.cat([T(2), P(2)], 0)", "m.add_relu(T(2), P(2))", "m.mul_scalar(T(2), 3)")
    ),
]  # fmt: skip

_CALLS = (
    f"linear({_x(2, 4)}, {_w(3, 4)})", f"linear({_x(2, 4)}, {_w(3, 4)}, T(3).float(), 0.05, 9)",
    f"linear({_x(2, 4)}, {_w(3, 4)}, None, 0.05)", f"linear({_x(2, 4)}, {_w(3, 4)}, zero_point=9)",
    f"conv1d({_x(2, 4, 7)}, {_w(3, 4, 2)}, None)", f"conv1d({_x(2, 4, 7)}, {_w(6, 2, 2)}, T(6).float(), 2, 1, 2, 2, scale=0.1, zero_point=20)",
    f"conv2d({_x(2, 4, 5, 5)}, {_w(3, 4, 2, 2)}, None)", f"conv2d({_x(1, 4, 5, 5)}, {_w(6, 2, 2, 2)}, None, (2, 1), 1, 1, 2, 'zeros', 0.1, 20)",
    f"conv3d({_x(1, 2, 3, 4, 3)}, {_w(3, 2, 2, 2, 2)}, None)", f"conv3d({_x(1, 2, 3, 4, 3)}, {_w(2, 1, 2, 2, 2)}, None, 1, 1, 2, 2, scale=0.1)",
    f"celu({_x(2, 4)}, 0.03, 60)", f"celu({_x(2, 4)}, 0.03, 60, 0.5)", f"elu({_x(2, 4)}, 0.03, 60)", f"elu({_x(2, 4)}, 0.03, 60, 0.5)",
    f"hardswish({_x(2, 4)}, 0.03, 60)", f"leaky_relu({_x(2, 4)})", f"leaky_relu({_x(2, 4)}, 0.3)", f"leaky_relu({_x(2, 4)}, 0.3, True)",
    f"leaky_relu({_x(2, 4)}, 0.3, False, 0.05, 40)", f"leaky_relu({_x(2, 4)}, scale=0.05, zero_point=40)", f"clamp({_x(2, 4)}, -0.3, 0.4)",
    f"hardtanh({_x(2, 4)})", f"hardtanh({_x(2, 4)}, -0.5, 0.7)", f"hardsigmoid({_x(2, 4)})", f"threshold({_x(2, 4)}, 0.2, 0.5)",
    f"upsample({_x(1, 2, 3, 3)}, 5)", f"upsample({_x(1, 2, 3, 3)}, scale_factor=2)", f"upsample({_x(1, 2, 3, 3, point=3)}, 3, mode='bilinear', align_corners=True)",
    f"upsample_bilinear({_x(1, 2, 3, 3)}, 3)", f"upsample_nearest({_x(1, 2, 3, 3)}, scale_factor=3)", f"max_pool2d({_x(1, 2, 4, 4)}, 2)",
    f"max_pool1d({_x(1, 2, 6)}, 3, 2)", f"max_pool2d({_x(1, 2, 5, 5)}, 2, 1, 1, 2)", f"avg_pool2d({_x(1, 2, 4, 4)}, 2, 1)",
    f"avg_pool3d({_x(1, 2, 4, 4, 4)}, 2)", f"adaptive_avg_pool2d({_x(1, 2, 4, 4)}, 2)", f"adaptive_avg_pool3d({_x(1, 2, 4, 4, 4)}, (1, 2, 4))",
)  # fmt: skip
_REFUSED = (
    f"conv1d({_x(4, 7)}, {_w(3, 4, 2)}, None)", f"conv2d({_x(4, 7, 7)}, {_w(3, 4, 2, 2)}, None)", f"conv3d({_x(2, 4, 7, 3)}, {_w(3, 4, 2, 2, 2)}, None)",
    f"conv2d({_x(1, 4, 7, 7)}, {_w(3, 4, 2, 2)}, None, padding_mode='reflect')",
    f"conv2d({_x(1, 4, 7, 7)}, {_x(3, 4, 2, 2)}, None)",
    f"conv2d({_x(1, 4, 7, 7, point=0, dtype='qint8')}, {_w(3, 4, 2, 2)}, None)",
    *(f"{name}(T(1, 2, 4, 4).float(), {rest})" for name, rest in (
        ("avg_pool2d", "2"), ("avg_pool3d", "2"), ("adaptive_avg_pool2d", "2"), ("adaptive_avg_pool3d", "2"), ("interpolate", "2"), ("hardtanh", ""), ("threshold", "1., 2."), ("hardsigmoid", ""), ("celu", "1., 0"), ("elu", "1., 0"),
        ("hardswish", "1., 0"), ("clamp", "0., 1."),
    )),
)  # fmt: skip
FUNCTIONS = [f"{SAYS}({QF}.{call})" for call in _CALLS] + [f"said(lambda: {QF}.{call})" for call in _REFUSED]

_RNN = "fill(nn.{kind}(3, 4{options})).float()"
_MADE = "torch.ao.quantization.quantize_dynamic(nn.ModuleDict({{'l': {layer}}}){more})['l']"
_HALF = ", {torch.nn.LSTM, torch.nn.GRU, torch.nn.LSTMCell, torch.nn.GRUCell, torch.nn.RNNCell, torch.nn.Linear}, torch.float16"


def _dynamic(kind: str, options: str, half: bool = False) -> str:
    layer = _RNN.replace("{kind}", kind).replace("{options}", options)
    return f"torch.ao.quantization.quantize_dynamic(nn.ModuleDict({{'l': {layer}}}){_HALF if half else ''})['l']"


def _hx(kind: str, *shape: int) -> str:
    h = f"P({', '.join(map(str, shape))}).float()"
    return f"({h}, 2 * {h})" if "LSTM" in kind else h


_OPTIONS = (
    "",
    ", 2",
    ", 1, bidirectional=True",
    ", 2, bidirectional=True, batch_first=True",
    ", batch_first=True",
    ", 2, dropout=0.5",
)
_PACKED = "nn.utils.rnn.pack_padded_sequence(T(4, 3, 3).float(), torch.tensor({lengths}), enforce_sorted={sorted})"
RECURRENT = [
    *(
        f"(lambda m: [repr(m), m(T(2, 3, 3).float()), {{k: v.dequantize() if v.is_quantized else v for k, v in m.get_weight().items()}}, m.get_bias(), m.training])({_dynamic(kind, options, half)})"
        for kind in ("LSTM", "GRU")
        for options in _OPTIONS
        for half in (False, True)
    ),
    *(
        f"(lambda m: [m(T(2, 3, 3).float(), {_hx(kind, count, batch, 4)})])({_dynamic(kind, options)})"
        for kind in ("LSTM", "GRU")
        for options, count, batch in zip(_OPTIONS, (1, 2, 2, 4, 1, 2), (3, 3, 3, 2, 2, 3), strict=True)
    ),
    *(
        f"(lambda m, x: [(lambda r: [r[0].data, r[0].batch_sizes, r[0].unsorted_indices, r[1]])(m(x{hx})) ])({_dynamic(kind, ', bidirectional=True')}, "
        + _PACKED.replace("{lengths}", lengths).replace("{sorted}", str(order))
        + ")"
        for kind in ("LSTM", "GRU")
        for lengths, order in (("[4, 2, 1]", True), ("[1, 4, 2]", False))
        for hx in ("", f", {_hx(kind, 2, 3, 4)}")
    ),
    *(
        f"(lambda m: raised(lambda: m({arguments})))({_dynamic(kind, '')})"
        for kind in ("LSTM", "GRU")
        for arguments in ("T(2, 3).float()", "T(2, 3, 4).float()", f"T(2, 3, 3).float(), {_hx(kind, 1, 2, 4)}", f"T(2, 3, 3).float(), {_hx(kind, 2, 3, 4)}")
    ),
    *(
        f"(lambda m, n: [n.load_state_dict(m.state_dict()), n(T(2, 3, 3).float())[0]])({_dynamic(kind, ', 2')}, {DQ}.{kind}(3, 4, 2))"
        for kind in ("LSTM", "GRU")
    ),
    *(
        f"(lambda m: [repr(m), m.num_layers, m.bias, m.batch_first, m.dropout, m.bidirectional, str(m.dtype), m.mode, sorted(m.get_weight()), "
        f"sorted(m.get_bias()), m(T(2, 3, 3).float())[0].shape])({DQ}.{kind}(3, 4{options}))"
        for kind in ("LSTM", "GRU")
        for options in ("", ", 2, bidirectional=True", ", dtype=torch.float16", ", 2, True, False, 0.5")
    ),
    *(
        f"(lambda m: [repr(m), m(T(2, 3).float()), m(T(2, 3).float(), {_hx(kind, 2, 4)}), {{k: v.dequantize() if v.is_quantized else v for k, v in "
        f"m.get_weight().items()}}, m.get_bias(), m.bias, str(m.weight_dtype)])({_dynamic(kind, options, half)})"
        for kind, options in (("LSTMCell", ""), ("GRUCell", ""), ("RNNCell", ""), ("RNNCell", ", nonlinearity='relu'"))
        for half in (False, True)
    ),
    *(
        f"(lambda m: [repr(m), m.bias, str(m.weight_dtype), sorted(m.get_weight()), [w.shape for w in m.get_weight().values()], sorted(m.get_bias()), "
        f"[str(w.dtype) for w in m.get_weight().values()]])({DQ}.{made})"
        for kind in ("LSTMCell", "GRUCell", "RNNCell")
        for made in (f"{kind}(3, 4)", f"{kind}(3, 4, dtype=torch.float16)")
    ),
    *(
        f"(lambda m, n: [n.load_state_dict(m.state_dict()), n(T(2, 3).float())])({_dynamic(kind, '')}, {DQ}.{kind}(3, 4))"
        for kind in ("LSTMCell", "GRUCell", "RNNCell")
    ),
    *(
        f"raised(lambda: {call})"
        for call in (
            f"{DQ}.LSTM.from_float(nn.LSTM(2, 2))", f"{DQ}.RNNCell.from_float(nn.RNNCell(2, 2))",
            "part('ao.nn.quantized.dynamic.modules.rnn').RNNBase('RNN_TANH', 2, 2)",
            "torch.ao.quantization.quantize_dynamic(nn.ModuleDict({'l': nn.LSTM(2, 2, bias=False)}))",
        )
    ),
    *(
        f"(lambda m: [repr(m), sorted(m.state_dict()), m(T(2, 3).float())])({_dynamic('Linear', '', half)})" for half in (False, True)
    ),
    f"(lambda m: [repr(m), str(m.weight().dtype), m.bias()])({DQ}.Linear(3, 4))",
    f"(lambda m: [repr(m), str(m.weight().dtype), m.bias(), m(T(2, 3).float())])({DQ}.Linear(3, 4, False, torch.float16))",
    f"raised(lambda: {DQ}.Linear(3, 4, dtype=torch.quint8))",
]  # fmt: skip

CASES = {"convolutions": CONVOLUTIONS, "layers": LAYERS, "functions": FUNCTIONS, "recurrent": RECURRENT}
