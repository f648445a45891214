"""Quantized tensors, and rounding as quantization does it."""

_Q = "torch.quantize_per_tensor(T(3, 4).float(), 0.03, 20, torch.quint8)"
_N = "torch.quantize_per_tensor(T(2, 3, 6, 6).float(), 0.02, -7, torch.qint8)"
_C = "torch.quantize_per_channel(T(3, 4).float(), P(3).float(), I(5, 3), 0, torch.qint8)"


def _with(q: str, *results: str) -> str:
    """What results say of a quantized tensor ``q``."""
    return f"[[{', '.join(results)}] for q in [{q}]][0]"


def _moved(*calls: str) -> list[str]:
    """Integers, scale and zero point of the results of calls on a quantized matrix."""
    return [
        f"[[r.int_repr(), r.q_scale(), r.q_zero_point(), str(r.dtype)] for q in [{_Q}] for r in [{call}]]"
        for call in calls
    ]


def _pooled(*calls: str) -> list[str]:
    return [f"[[r.int_repr(), r.q_scale(), r.q_zero_point()] for q in [{_N}] for r in [{call}]]" for call in calls]


def _averaged(per_row: bool, symmetric: bool) -> str:
    n = 2 if per_row else 1
    arguments = "torch.tensor([1]), torch.tensor([1]), low, high, scale, point, 0.1, -128, 127, 0"
    step = f"grads(lambda x: torch.fused_moving_avg_obs_fake_quant(x, {arguments}, {per_row}, {symmetric}), 3 * T(2, 5, shift=k).float())"
    state = f"[torch.full(({n},), math.inf), torch.full(({n},), -math.inf), torch.ones({n}), torch.zeros({n}, dtype=torch.int32)]"
    return f"[[[{step}, low.clone(), high.clone(), scale.clone(), point.clone()] for k in range(3)] for low, high, scale, point in [{state}]]"


CASES: dict[str, list[str]] = {
    "torch.sigmoid": [
        f"[[r.int_repr(), r.q_scale(), r.q_zero_point()] for r in "
        f"[{f}(torch.quantize_per_tensor(T(12, scale=4.0).float(), 0.05, {point}, torch.{dtype}))]]"
        for f in ("torch.sigmoid", "F.hardsigmoid", "torch.tanh")
        for dtype, point in (("quint8", 100), ("qint8", 3), ("qint32", 0))
    ],
    "F.interpolate": [
        f"F.interpolate(torch.quantize_per_tensor(T(2, 3, 5, 4, scale=5.0).float(), 0.05, {point}, torch.{dtype}), {how}).int_repr()"
        for dtype, point in (("quint8", 100), ("qint8", 3), ("qint32", 0))
        for how in (
            "scale_factor=2, mode='bilinear', align_corners=False", "size=(7, 9), mode='bilinear', align_corners=True",
            "scale_factor=0.7, mode='bilinear', align_corners=False", "scale_factor=2", "size=(3, 7), mode='nearest'",
        )
    ],
    "Tensor.resize_": [
        *_moved("q.clone().resize_(2, 3)", "q.clone().resize_((3, 4))", "q.clone().resize_as_(torch.zeros(4, 2))"),
        "said(lambda: torch.quantize_per_channel(T(3, 4).float(), P(3).float(), I(5, 3), 0, torch.qint8).resize_(2))",
        f"[[setattr(q, 'data', p), q.int_repr(), str(q.dtype), q.q_scale()] for q in [{_Q}] for p in [{_N}]]",
        f"raised(lambda: setattr({_Q}, 'data', T(3)))",
        f"raised(lambda: setattr(T(3), 'data', {_Q}))",
    ],
    "nn.LSTM": [
        f"list(torch.ao.nn.quantized.dynamic.{layer}.state_dict())"
        for layer in ("LSTM(3, 4)", "GRU(3, 4, num_layers=2, bidirectional=True)", "LSTM(3, 4, bias=False)", "LSTMCell(3, 4)")
    ],
    "torch.quantize_per_tensor": [
        _with(_Q, "repr(q)", "q.int_repr()", "q.dequantize()", "q.q_scale()", "q.q_zero_point()", "str(q.qscheme())"),
        _with(_Q, "str(q.dtype)", "q.is_quantized", "q.element_size()", "q.stride()", "q.type()", "q.shape", "q.device"),
        *[
            f"torch.quantize_per_tensor(T(40, scale=4.0).float(), {scale}, {point}, torch.{dtype}).int_repr()"
            for scale, point, dtype in [(0.1, 10, "quint8"), (0.05, -3, "qint8"), (0.5, 7, "qint32"), (1e-3, 255, "quint8")]
        ],
        "torch.quantize_per_tensor(torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, 1e6, -1e6]), 1.0, 3, torch.quint8).int_repr()",
        "torch.quantize_per_tensor(T(5).float(), torch.tensor(0.1), torch.tensor(3), torch.qint32).q_scale()",
        "[x.int_repr() for x in torch.quantize_per_tensor([T(3).float(), T(2).float()], torch.tensor([0.1, 0.2]), "
        "torch.tensor([0, 3]), torch.quint8)]",
        "torch.quantize_per_tensor(torch.zeros(0, 3), 0.1, 0, torch.qint8).shape",
        *[
            f"raised(lambda: torch.quantize_per_tensor({arguments}))"
            for arguments in [
                "T(3), 0.1, 0, torch.qint8", "I(3, 3), 0.1, 0, torch.qint8", "T(3).float(), 0.1, 300, torch.quint8",
                "T(3).float(), 0.1, -1, torch.quint8", "T(3).float(), 0.1, 3, torch.float32",
            ]
        ],
    ],
    "torch.quantize_per_channel": [
        _with(_C, "repr(q)", "q.int_repr()", "q.dequantize()", "q.q_per_channel_axis()", "str(q.qscheme())"),
        _with(_C, "q.q_per_channel_scales()", "q.q_per_channel_zero_points()", "q[1].q_scale()", "q[1].q_zero_point()"),
        "torch.quantize_per_channel(T(3, 4).float(), P(4).float(), P(4), 1, torch.quint8).int_repr()",
        "[[str(q.qscheme()), q.dequantize(), q.q_per_channel_zero_points()] for q in "
        "[torch.quantize_per_channel(T(3, 4).float(), P(4).float(), P(4), 1, torch.quint8)]]",
        *[
            f"raised(lambda: torch.quantize_per_channel({arguments}, torch.qint8))"
            for arguments in [
                "T(3, 4).float(), P(2), I(2, 2), 0", "T(3, 4).float(), P(3), I(2, 3), 2", "T(3, 4), P(3), I(2, 3), 0",
            ]
        ],
        f"raised(lambda: {_C}.q_scale())",
        f"raised(lambda: {_C}.t())",
    ],
    "torch.quantize_per_tensor_dynamic": [
        f"[[q.int_repr(), q.q_scale(), q.q_zero_point()] for q in [torch.quantize_per_tensor_dynamic({x}, torch.{dtype}, "
        f"{reduced})]]"
        for x in ("T(7).float()", "P(7).float()", "-P(7).float()", "T(7, scale=1e-6).float()", "torch.zeros(3)")
        for dtype in ("qint8", "quint8")
        for reduced in (False, True)
    ],
    "torch.dequantize": [
        f"[x for x in torch.dequantize([{_Q}, {_C}])]", f"torch.dequantize({_Q})", "torch.dequantize(T(3))", "T(3).dequantize()",
    ],
    "torch.int_repr": [f"[torch.int_repr(q) for q in [{_Q}]]", "raised(lambda: torch.int_repr(T(3)))"],
    **{f"Tensor.{name}": [f"raised(lambda: T(3).{name}())"] for name in (
        "int_repr", "q_scale", "q_zero_point", "q_per_channel_scales", "q_per_channel_zero_points", "q_per_channel_axis",
        "qscheme",
    )},
    "Tensor.dequantize": ["T(3).dequantize()"],
    **{f"torch.{name}": [f"torch.{name}({q})"] for name, q in (
        ("q_scale", _Q), ("q_zero_point", _Q), ("q_per_channel_scales", _C), ("q_per_channel_zero_points", _C),
        ("q_per_channel_axis", _C),
    )},
    "torch.qscheme": ["isinstance(torch.per_tensor_affine, torch.qscheme)"],
    "torch.quantized_batch_norm": [
        f"[[r.int_repr(), r.q_scale()] for r in [torch.quantized_batch_norm({_N.replace('qint8', 'quint8').replace('-7', '70')}, "
        "P(3).float(), T(3).float(), T(3).float(), P(3).float(), 1e-5, 0.05, 60)]]",
    ],
    **{f"torch.quantized_max_pool{n}d": [
        f"torch.quantized_max_pool{n}d(torch.quantize_per_tensor(T({shape}).float(), 0.02, 9, torch.quint8), "
        f"{[2] * n}, {[s] * n}, {[1] * n}).int_repr()" for s in (1, 2)
    ] for n, shape in ((1, "1, 2, 7"), (2, "1, 2, 5, 6"))},
    "torch.quantized_max_pool3d": [
        "torch.quantized_max_pool3d(torch.quantize_per_tensor(T(1, 2, 4, 4, 5).float(), 0.02, 9, torch.quint8), [2] * 3, "
        "[2] * 3, [1] * 3, [1] * 3).int_repr()"
    ],
    "torch.fake_quantize_per_tensor_affine": [
        *[
            f"grads(lambda x: torch.fake_quantize_per_tensor_affine(x, 0.1, 10, {low}, {high}), T(3, 5, scale=3.0){cast})"
            for low, high in ((0, 255), (0, 30), (-5, 20))
            for cast in ("", ".float()", ".half()")
        ],
        "torch.fake_quantize_per_tensor_affine(T(9).float(), torch.tensor(0.1), torch.tensor(10), 0, 15)",
        "torch.fake_quantize_per_tensor_affine(T(2, requires_grad=1).float() if 0 else T(2).float().requires_grad_(), 0.1, 0, 0, "
        "255).grad_fn.name()",
        "raised(lambda: torch.fake_quantize_per_tensor_affine(T(3), 0.1, 300, 0, 255))",
        "raised(lambda: torch.fake_quantize_per_tensor_affine(I(3, 3), 0.1, 3, 0, 255))",
    ],
    "torch.fake_quantize_per_channel_affine": [
        "grads(lambda x: torch.fake_quantize_per_channel_affine(x, P(3).float(), I(5, 3).int(), 0, -4, 5), T(3, 5, scale=3.0).float())",
        "grads(lambda x: torch.fake_quantize_per_channel_affine(x, P(5).float(), P(5).float(), 1, -4, 5), T(3, 5, scale=3.0).float())",
        "raised(lambda: torch.fake_quantize_per_channel_affine(T(3, 5).float(), P(2).float(), I(5, 2).int(), 0, 0, 255))",
        "raised(lambda: torch.fake_quantize_per_channel_affine(T(3, 5).float(), P(3).float(), I(5, 3), 0, 0, 255))",
        "raised(lambda: torch.fake_quantize_per_channel_affine(T(3, 5).float(), P(3), I(5, 3).int(), 0, 0, 255))",
    ],
    "torch.fused_moving_avg_obs_fake_quant": [_averaged(per_row, same) for per_row in (False, True) for same in (False, True)],
    "torch._fake_quantize_learnable_per_tensor_affine": [
        "grads(lambda x, s, z: torch._fake_quantize_learnable_per_tensor_affine(x, s, z, 0, 20, 0.5), T(3, 5).float(), "
        "P(1).float(), 4 * P(1).float())",
    ],
    "torch._fake_quantize_learnable_per_channel_affine": [
        "grads(lambda x, s, z: torch._fake_quantize_learnable_per_channel_affine(x, s, z, 1, 0, 20, 0.5), T(3, 5).float(), "
        "P(5).float(), 4 * P(5).float())",
    ],
    "torch.moved": _moved(
        "q.view(-1)", "q.reshape(2, 6)", "q.t()", "q.T", "q.transpose(0, 1)", "q.permute(1, 0).contiguous()", "q[1]", "q[0, 2]",
        "q[:, 1:3]", "q[torch.tensor([2, 0])]", "q.select(1, 2)", "q.narrow(0, 1, 2)", "q.unsqueeze(1)", "q.squeeze()",
        "q.flatten()", "q.expand(2, 3, 4)", "q.flip(0)", "q.index_select(1, torch.tensor([3, 0]))", "q.clone()", "q.detach()",
        "q.data", "torch.cat([q, q], 1)", "torch.stack([q, q])", "q.split(2)[1]", "q.chunk(2, 1)[0]", "q.unbind()[2]",
        "q.relu()", "torch.relu(q)", "F.relu6(q)", "q.clamp(-0.5, 0.7)", "F.hardtanh(q)", "q.sigmoid()", "q.tanh()",
        "F.leaky_relu(q, 0.1)", "q.mean()", "q.mean(1)", "q.max()", "q.min()", "q.max(1)[0]", "q.sort(1)[0]", "q.topk(2)[0]",
        "q.masked_fill(M(3, 4), 0.4)", "q.clone().fill_(0.3)", "q.clone().copy_(T(3, 4, shift=2.0).float())", "q.relu_()",
        "torch.ones_like(q)", "q.cpu()", "q.to('cpu')", "q.repeat_interleave(2, 1)", "q.view_as(q)",
    ),
    "torch.moved_channels": [
        f"[[r.int_repr(), r.dequantize(), str(r.qscheme())] for q in [{_C}] for r in [{call}]]"
        for call in (
            "q.unsqueeze(0)", "q.unsqueeze(1)", "q.unsqueeze(-1)", "q.squeeze()", "q[None]", "q[1:]", "q[:, 1:3]", "q[::2]",
            "q[1:2]", "q[..., 1:]", "q[:, None, 1:]", "q.narrow(0, 1, 2)", "q.narrow(0, 2, 1)", "q.narrow(1, 1, 2)", "q[2]",
            "q.split(2)[0]", "q.split(2)[1]", "q.split(3, 1)[1]", "q.chunk(2, 1)[0]", "q.tensor_split(2)[1]", "q.unbind()[2]",
            "q.reshape(3, 2, 2)", "q.view(3, 1, 4)", "q.unsqueeze(2).flatten(1)", "q.unflatten(1, (2, 2))", "q.contiguous()",
            "q.reshape_as(q)", "q.view_as(q)",
        )
    ],
    "torch.moved_channel": [
        f"[[r.int_repr(), r.dequantize(), r.q_per_channel_axis()] for q in [torch.quantize_per_channel(T(1, 3, 4).float(), "
        f"P(1).float(), I(5, 1), 0, torch.qint8)] for r in [{call}]]"
        for call in ("q.unsqueeze(0)", "q.unsqueeze(1)", "q.unsqueeze(-1)", "q[None]")
    ],
    "torch.set_parts": [
        f"[[q.int_repr(), q.dequantize()] for q in [{q}] for _ in [q.__setitem__({index}, {value})]]"
        for q in (_Q, _C)
        for index, value in (
            ("0", "0.4"), ("0", "T(4).float()"), ("(0, 1)", "0.3"), ("slice(1, 3)", "T(2, 4).float()"), ("slice(1, 3)", "0.2"),
            ("(1, slice(2, 4))", "T(2).float()"),
        )
    ],
    "Tensor.index_put": [
        f"{_Q}.index_put((I(2, 2), I(3, 2)), {values}).int_repr()" for values in ("T(2).float()", "torch.tensor(0.4)")
    ] + [
        f"[q.int_repr() for q in [{_Q}] for _ in [q.index_put_((M(3, 4),), torch.tensor(0.4))]]",
        *[f"raised(lambda: {call})" for call in (
            f"{_C}.index_put((I(2, 2),), T(2, 4).float())", f"{_Q}.index_put((I(2, 2),), T(2, 4).float(), accumulate=True)",
            f"{_Q}.index_put((I(2, 2),), {_Q}[:2])", f"torch.ones(3, 4).copy_({_Q})", f"{_Q}.copy_({_C})", f"{_Q}.new(2)",
        )],
    ],
    "torch._choose_qparams_per_tensor": [
        f"torch._choose_qparams_per_tensor({x}, {reduced})" for x in ("T(7).float()", "P(7).float()", "torch.zeros(3)")
        for reduced in (False, True)
    ],
    "torch.choose_qparams_optimized": [
        f"torch.choose_qparams_optimized({x}.float(), {count}, {bins}, {ratio}, {bits})"
        for x in ("T(40, scale=2.0)", "P(40)", "(T(40) ** 3)") for count in (40, 30)
        for bins, ratio, bits in ((200, 0.16, 4), (20, 0.5, 8), (50, 0.9, 2))
    ] + ["raised(lambda: torch.choose_qparams_optimized(T(3).float(), 4, 20, 0.1, 4))"],
    "torch.pooled": _pooled(
        "F.max_pool2d(q, 2)", "F.max_pool2d(q, 3, 2, 1)", "F.avg_pool2d(q, 2)", "F.avg_pool2d(q, 3, 1, 1)",
        "F.adaptive_avg_pool2d(q, 1)", "F.adaptive_avg_pool2d(q, (2, 3))", "F.interpolate(q, scale_factor=2)",
    ),
    "torch.compared": [
        _with(_Q, "q == q", "q > 0.5", "q != q", "q <= 0.1", "torch.equal(q, q)", "torch.equal(q, q[:2])", "len(q)"),
        _with(_Q, "q.max(1)[1]", "q.sort(1)[1]", "q[0, 0].item()", "q.numel()", "q.dim()", "q.is_floating_point()"),
        *[f"raised(lambda: {_Q}{call})" for call in (
            ".tolist()", ".numpy()", ".requires_grad_()", ".float()", ".sum()", ".abs()", ".q_per_channel_scales()",
        )],
    ],
}  # fmt: skip
