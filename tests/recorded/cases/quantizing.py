"""How models become quantized ones: what is changed in place, what is fused, exchanged, observed, loaded, refused."""

AO = "torch.ao.quantization"
NNI = "torch.ao.nn.intrinsic"
QAT = "torch.ao.nn.intrinsic.qat"
TYPES = "(lambda m: [type(x).__name__ for x in m.modules()])"

_MODEL = f"fill(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))).float()"  # noqa: F541
_SET = "[setattr(m, 'qconfig', torch.ao.quantization.{config}), m][1]"


def _with(model: str, config: str, rest: str) -> str:
    return f"(lambda m: {rest})((lambda m: {_SET.replace('{config}', config)})({model}))"


_RUN = "lambda m, *xs: [m(x) for x in xs]"
WHOLE = [
    *(
        _with(f"{AO}.QuantWrapper({_MODEL})", config, f"[{TYPES}(q), q(T(5, 4).float()), {TYPES}(m), q is m, m.training, hasattr(q.module[0], 'qconfig')]")
        .replace("(lambda m: [", "(lambda m: (lambda q: [", 1)
        .replace("hasattr(q.module[0], 'qconfig')])", f"hasattr(q.module[0], 'qconfig')])({AO}.{call}))", 1)
        for config, call in (
            ("default_qconfig", f"quantize(m, {_RUN}, (T(5, 4).float(), P(5, 4).float()))"),
            ("default_qconfig", f"quantize(m, {_RUN}, (T(5, 4).float(),), inplace=True)"),
            ("get_default_qconfig('x86')", f"quantize(m, {_RUN}, (T(5, 4).float(),), None)"),
            ("default_qat_qconfig", f"quantize_qat(m, {_RUN}, (T(5, 4).float(), P(5, 4).float()))"),
            ("get_default_qat_qconfig('qnnpack')", f"quantize_qat(m, {_RUN}, (T(5, 4).float(),), True)"),
        )
    ),
    *(
        f"(lambda m: (lambda q: [{TYPES}(q), q(T(5, 4).float()), {TYPES}(m), q is m, q.training, hasattr(q[0], 'qconfig')])"
        f"({AO}.quantize_dynamic(m{options})))({_MODEL})"
        for options in (
            "", ", inplace=True", ", {nn.Linear}", ", {nn.LSTM}", ", {'2'}", ", {'0': torch.ao.quantization.float16_dynamic_qconfig}", ", dtype=torch.float16",
            ", {nn.Linear}, torch.qint8, {}", ", {nn.Linear: torch.ao.quantization.per_channel_dynamic_qconfig}",
        )
    ),
    *(
        _with(_MODEL, "default_qconfig", f"(lambda p: [{TYPES}(p), {TYPES}(m), p is m, p(T(2, 4).float())])({AO}.prepare(m{options}))")
        for options in ("", ", inplace=True", ", True, [nn.Linear]", ", observer_non_leaf_module_list=[nn.Sequential]", ", allow_list={nn.Linear}")
    ),
    *(
        _with(_MODEL, "get_default_qat_qconfig('x86')", f"(lambda p: [{TYPES}(p), {TYPES}(m), p is m, p(T(2, 4).float())])({AO}.prepare_qat(m.train(){options}))")
        for options in ("", ", inplace=True", ", {}", ", {nn.Linear: torch.ao.nn.qat.Linear}")
    ),
    *(
        _with(f"{AO}.QuantWrapper({_MODEL})", "default_qconfig", f"(lambda p: [p(T(5, 4).float()), (lambda c: [{TYPES}(c), c is p, hasattr(c.module[0], 'qconfig'), "
        f"hasattr(c, 'activation_post_process'), {TYPES}(p)])({AO}.convert(p{options}))][1])({AO}.prepare(m))")
        for options in ("", ", inplace=True", ", {}", ", remove_qconfig=False")
    ),
    f"(lambda m: [raised(lambda: {AO}.prepare_qat(m.eval())), raised(lambda: {AO}.prepare_qat(m.train()))])({_MODEL})",
    f"(lambda m: [{AO}.propagate_qconfig_(m, {{'0': {AO}.default_qconfig, '': None}}), [getattr(x, 'qconfig', 'none') is None for x in m.modules()]][1])({_MODEL})",
    f"(lambda m: [{AO}.propagate_qconfig_(m, {{nn.ReLU: {AO}.default_qconfig}}), [getattr(x, 'qconfig', None) is None for x in m.modules()]][1])({_MODEL})",
    _with(_MODEL, "default_qconfig", f"[{TYPES}({AO}.add_quant_dequant(m)), {TYPES}({AO}.add_quant_dequant(nn.Linear(2, 2)))]"),
    _with("nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.ConvTranspose2d(1, 1, 1))", "default_per_channel_qconfig", f"raised(lambda: {AO}.prepare(m))"),
    _with(f"{AO}.QuantWrapper({_MODEL})", "default_qconfig",
          f"(lambda p, n: [p(T(5, 4).float()), sorted(part('ao.quantization.observer').get_observer_state_dict(p)), "
          f"part('ao.quantization.observer').load_observer_state_dict(n, part('ao.quantization.observer').get_observer_state_dict(p)), "
          f"{AO}.convert(n)(T(3, 4).float()), raised(lambda: part('ao.quantization.observer').load_observer_state_dict({AO}.prepare(m), {{}}))][1:])"
          f"({AO}.prepare(m), {AO}.prepare(m))"),
    _with(f"{AO}.QuantWrapper(nn.Sequential(nn.Linear(4, 3)))", "default_qconfig",
          f"(lambda seen: [m.module[0].register_forward_hook(lambda *a: seen.append('after')), m.module[0].register_forward_pre_hook(lambda *a: seen.append('before')), "
          f"{AO}.quantize(m, lambda m: m(T(2, 4).float()), ())(T(2, 4).float()), seen][3])([])"),
]  # fmt: skip

_PARTS = {
    "conv bn": "nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3)", "conv bn relu": "nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.ReLU()",
    "conv relu": "nn.Conv2d(2, 3, 2), nn.ReLU()", "conv1 bn": "nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3)",
    "conv1 bn relu": "nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3), nn.ReLU()", "conv1 relu": "nn.Conv1d(2, 3, 2), nn.ReLU()",
    "conv3 bn": "nn.Conv3d(2, 3, 2), nn.BatchNorm3d(3)", "conv3 bn relu": "nn.Conv3d(2, 3, 2), nn.BatchNorm3d(3), nn.ReLU()",
    "conv3 relu": "nn.Conv3d(2, 3, 2), nn.ReLU()", "bn relu": "nn.BatchNorm2d(2), nn.ReLU()", "bn3 relu": "nn.BatchNorm3d(2), nn.ReLU()",
    "linear relu": "nn.Linear(2, 3), nn.ReLU()", "linear bn": "nn.Linear(2, 3), nn.BatchNorm1d(3)", "transposed bn": "nn.ConvTranspose2d(2, 3, 2), nn.BatchNorm2d(3)",
    "wrong": "nn.ReLU(), nn.Linear(2, 3)", "channels": "nn.Conv2d(2, 3, 2), nn.BatchNorm2d(4)", "no statistics": "nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3, affine=False)",
}  # fmt: skip
_SHAPES = {"conv1": "3, 2, 5", "conv3": "2, 2, 3, 4, 3", "bn3": "2, 2, 3, 4, 3", "linear": "4, 2"}


def _fused(name: str, layers: str) -> str:
    x = f"T({_SHAPES.get(name.split()[0], '2, 2, 4, 4')}).float()"
    names = [str(i) for i in range(layers.count("nn."))]
    trained = f"[m(2 * {x}), [b.add_(0.1) for b in m.buffers() if b.is_floating_point()], m][2]"
    return (
        f"tried(lambda: (lambda m: (lambda f: [{TYPES}(f), f({x}), {TYPES}(m), sorted(f.state_dict())])({AO}.{{call}}(m.{{mode}}(), {names})))"
        f"((lambda m: {trained})(fill(nn.Sequential({layers})).float())))"
    )


FUSED = [
    _fused(name, layers).replace("{call}", call).replace("{mode}", mode)
    for name, layers in _PARTS.items()
    for call, mode in (("fuse_modules", "eval"), ("fuse_modules_qat", "train"))
] + [
    f"(lambda m: (lambda f: [f is m, {TYPES}(f)])({AO}.fuse_modules(m.eval(), ['0', '1'], {options})))(nn.Sequential(nn.Linear(2, 3), nn.ReLU()))"
    for options in ("inplace=True", "inplace=False", "True")
] + [
    f"raised(lambda: {AO}.fuse_modules(nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)).train(), ['0', '1']))",
    f"raised(lambda: {AO}.fuse_modules(nn.Sequential(nn.Conv2d(1, 1, 1).eval(), nn.BatchNorm2d(1).train()), ['0', '1']))",
    f"raised(lambda: {AO}.fuse_modules_qat(nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)).eval(), ['0', '1']))",
    *(f"repr({NNI}.{made})" for made in (
        "ConvReLU1d(nn.Conv1d(1, 1, 1), nn.ReLU())", "LinearReLU(nn.Linear(1, 1), nn.ReLU())", "BNReLU2d(nn.BatchNorm2d(1), nn.ReLU())",
        "ConvBn2d(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))", "ConvBnReLU3d(nn.Conv3d(1, 1, 1), nn.BatchNorm3d(1), nn.ReLU())")),
    *(f"raised(lambda: {NNI}.{made})" for made in (
        "ConvReLU1d(nn.Conv2d(1, 1, 1), nn.ReLU())", "LinearReLU(nn.ReLU(), nn.Linear(1, 1))", "ConvBn2d(nn.Conv2d(1, 1, 1), nn.BatchNorm3d(1))",
        "ConvBnReLU1d(nn.Conv1d(1, 1, 1), nn.BatchNorm1d(1), nn.Tanh())")),
]  # fmt: skip

_ROUNDED = (
    ("torch.ao.nn.qat.Linear(2, 3, qconfig=c)", "4, 2"), ("torch.ao.nn.qat.Linear(2, 3, False, qconfig=c)", "4, 2"),
    ("torch.ao.nn.qat.Conv1d(2, 4, 2, padding=1, groups=2, qconfig=c)", "2, 2, 5"), ("torch.ao.nn.qat.Conv2d(2, 4, 2, 2, qconfig=c)", "2, 2, 4, 5"),
    ("torch.ao.nn.qat.Conv2d(2, 2, 3, padding=1, padding_mode='circular', qconfig=c)", "2, 2, 4, 5"),
    ("torch.ao.nn.qat.Conv3d(2, 2, 2, qconfig=c)", "1, 2, 3, 3, 3"), (f"{QAT}.LinearReLU(2, 3, qconfig=c)", "4, 2"),
    (f"{QAT}.ConvReLU1d(2, 3, 2, qconfig=c)", "2, 2, 5"), (f"{QAT}.ConvReLU2d(2, 3, 2, qconfig=c)", "2, 2, 4, 4"), (f"{QAT}.ConvReLU3d(1, 2, 2, qconfig=c)", "1, 1, 3, 3, 3"),
    *((f"{QAT}.{kind}{d}d(2, 4, 2, padding=1, bias={bias}, eps=0.1, momentum=0.3, freeze_bn={frozen}, qconfig=c)", f"3, 2, {', '.join('34'[:d] if d < 3 else '232')}")
      for kind in ("ConvBn", "ConvBnReLU") for d in (1, 2, 3) for bias, frozen in ((False, False), (True, True), (True, False))),
    (f"{QAT}.ConvBn2d(2, 4, 2, qconfig=c)", "3, 2, 3, 3"), (f"{QAT}.LinearBn1d(2, 3, qconfig=c)", "4, 2"), (f"{QAT}.LinearBn1d(2, 3, False, 0.1, 0.3, True, c)", "4, 2"),
)  # fmt: skip
_TRAINED = (
    "(lambda m: [repr(m), [p.copy_(P(*p.shape).float()) for p in map(lambda p: p.data, m.parameters())], [grads(lambda x: 0.02 * m(x), T({shape}).float()), "
    "[p.grad for p in m.parameters()], (0.02 * m(T({shape}).float())).sum().backward(), [p.grad for p in m.parameters()], {k: v.clone() for k, v in m.state_dict().items()}, "
    "m.eval()(T({shape}).float())]][::2])"
)
ROUNDED = [
    f"(lambda c: {_TRAINED.replace('{shape}', shape)}({made}))({AO}.get_default_qat_qconfig('{backend}'))"
    for made, shape in _ROUNDED
    for backend in ("x86", "qnnpack")
] + [
    f"(lambda c: (lambda m: [m.freeze_bn, m.bn.training, m.update_bn_stats() is m, m.freeze_bn, m.bn.training, m.freeze_bn_stats() is m, m.freeze_bn, m.bn.training, "
    f"m.train() is m, m.bn.training, m.update_bn_stats() is m, m.eval() is m, m.bn.training, m.training, m.train(False).bn.training, m.train().bn.training])({QAT}.{made}))"
    f"({AO}.default_qat_qconfig)"
    for made in ("ConvBn2d(1, 1, 1, qconfig=c)", "ConvBn2d(1, 1, 1, freeze_bn=True, qconfig=c)", "LinearBn1d(1, 1, qconfig=c)", "ConvBnReLU1d(1, 1, 1, qconfig=c)")
] + [
    f"(lambda c: [(lambda m: [m.reset_running_stats(), m.bn.running_var, m.bn.running_mean, m.reset_bn_parameters(), m.bn.bias, m.bn.weight.shape])({QAT}.ConvBn1d(1, 2, 1, qconfig=c))])"
    f"({AO}.default_qat_qconfig)",
    f"(lambda c: (lambda m: [m.load_state_dict({{'weight': T(2, 1, 1, 1).float(), 'gamma': P(2).float(), 'beta': T(2).float(), 'running_mean': P(2).float(), "
    f"'running_var': 2 * P(2).float(), 'num_batches_tracked': torch.tensor(5)}}, strict=False), m.bn.state_dict()][1])({QAT}.ConvBn2d(1, 2, 1, qconfig=c)))"
    f"({AO}.default_qat_qconfig)",
    f"(lambda c: [tuple(m.load_state_dict({{'weight': T(2, 1, 1, 1).float(), 'gamma': P(2).float()}}, strict=False).missing_keys) == () for m in "
    f"[{QAT}.ConvBn2d(1, 2, 1, qconfig=c)]])({AO}.default_qat_qconfig)",
    *(f"raised(lambda: {made})" for made in (
        "torch.ao.nn.qat.Linear(2, 3)", "torch.ao.nn.qat.Conv2d(2, 3, 1)", f"{QAT}.ConvBn2d(1, 1, 1)", "torch.ao.nn.qat.Linear.from_float(nn.Linear(1, 1))",
        "torch.ao.nn.qat.Linear.from_float(nn.ReLU())", f"{QAT}.ConvReLU2d.from_float(nn.Conv2d(1, 1, 1))")),
]  # fmt: skip

_OF_MAPPINGS = "part('ao.quantization.quantization_mappings')"
MAPPINGS = [
    f"sorted([k.__name__, v.__name__] for k, v in {_OF_MAPPINGS}.{name}().items() if isinstance(k, type))"
    for name in ("get_default_qat_module_mappings",)
] + [
    f"{_OF_MAPPINGS}.{call}"
    for call in (
        "get_static_quant_module_class(nn.Linear).__name__", "get_dynamic_quant_module_class(nn.Linear).__name__", "get_static_quant_module_class(nn.Linear, {nn.Linear: nn.ReLU}).__name__",
        "get_dynamic_quant_module_class(nn.Tanh, {nn.Tanh: nn.ReLU}).__name__", "no_observer_set() == set()", "get_embedding_static_quant_module_mappings()[nn.Embedding].__name__",
        "get_embedding_qat_module_mappings()[nn.EmbeddingBag].__name__", "get_default_compare_output_module_list().__len__() > 0",
    )
    if "no_observer_set" not in call
] + [
    f"raised(lambda: {_OF_MAPPINGS}.{call})"
    for call in ("get_static_quant_module_class(nn.Tanh)", "get_dynamic_quant_module_class(nn.Tanh)", "get_quantized_operator(nn.functional.mse_loss)", "get_quantized_operator(torch.add)")
]  # fmt: skip

_OPS = "part('ao.quantization.fx._decomposed') and torch.ops.quantized_decomposed"
_Q = "quantize_per_tensor(T(4).float(), 0.1, 0, {low}, {high}, torch.{dtype})"
DECOMPOSED = [
    f"tried(lambda: ({_OPS}).{call})"
    for call in (
        *(_Q.replace("{low}", low).replace("{high}", high).replace("{dtype}", dtype) for dtype, bounds in (
            ("uint8", ("0", "255")), ("int8", ("-128", "127")), ("int16", ("-2**15", "2**15 - 1")), ("int32", ("-2**31", "2**31 - 1")), ("uint16", ("0", "2**16 - 1")))
          for low, high in (bounds, (f"{bounds[0]} - 1", bounds[1]), (bounds[0], f"{bounds[1]} + 1"))),
        "choose_qparams.tensor(T(4).half(), 0, 255, 1e-3, torch.uint8)", "choose_qparams.tensor(T(4).double(), 0, 255, 1e-3, torch.uint8)",
        "choose_qparams.tensor(P(4).float(), 0, 255, 0.5, torch.uint8)", "choose_qparams.tensor(-P(4).float(), -10, 10, 1e-3, torch.int8)",
        "choose_qparams_symmetric.tensor(T(4).float(), 0, 255, 1e-3, torch.uint8)", "choose_qparams_symmetric.tensor(-P(4).float(), -10, 20, 1e-3, torch.int8)",
        "choose_qparams.tensor(P(4).float(), 0, 0, 0.5, torch.uint8)", "choose_qparams.tensor(P(4).float(), 1, 4, 0.5, torch.uint8)",
        "choose_qparams.tensor(P(4).float(), 0, 255, 0.5, torch.int64)", "quantize_per_channel(T(2, 3).float(), P(3).float(), I(4, 3), 1, 0, 255, torch.uint8)",
        "quantize_per_channel(T(2, 3).float(), P(3).float(), I(4, 3), 2, 0, 255, torch.uint8)", "quantize_per_channel(T(2, 2).float(), P(2).float(), I(4, 2), 0, 0, 9, torch.uint8)",
        *(f"choose_qparams_per_token_asymmetric({x}, torch.int8)" for x in (
            "T(3, 5).float()", "P(3, 5).float()", "-P(3, 5).float()", "torch.zeros(2, 3)", "torch.tensor([[-3.0, 1.0], [-1.0, 3.0], [-1.0, 1.0]])", "T(2, 3).half()")),
        "choose_qparams_per_token(torch.zeros(2, 3), torch.int8)", "choose_qparams_per_token(1e-6 * T(2, 3).float(), torch.int8)", "choose_qparams_per_token(T(2, 3).bfloat16(), torch.int8)",
        "quantize_per_token(T(2, 3).float(), P(2, 1).float(), torch.zeros(2, 1), -128, 127, torch.int8)",
        "quantize_per_token(T(2, 2, 3).float(), P(2, 2, 1).float(), torch.ones(2, 2, 1), -128, 127, torch.int8)",
        *(f"quantize_per_channel_group(T(2, 6).float(), P(2, {n}).float(), I(3, 2, {n}), -8, 7, torch.int8, {size})" for n, size in (
            (3, 2), (2, 3), (1, 6), (1, 7), (6, 1), (1, 4), (2, 7), (2, 0))),
        "quantize_per_channel_group(T(1, 2, 6).float(), P(2, 3).float(), I(3, 2, 3), -8, 7, torch.int8, 2)",
        "quantize_per_channel_group(torch.full((1, 2), math.nan), P(1, 1).float(), I(3, 1, 1), -8, 7, torch.int8, 2)",
        "dequantize_per_channel_group(I(9, 2, 6).to(torch.int8), P(2, 3).float(), None, -8, 7, torch.int8, 2, torch.float32)",
        "dequantize_per_channel_group(I(9, 2, 6).to(torch.int8), P(2, 1).float(), I(3, 2, 1), -8, 7, torch.int8, 8, torch.float16)",
        "quantize_per_tensor.tensor(T(3).float(), torch.ones(2), torch.tensor(0), 0, 255, torch.uint8)", "quantize_per_tensor.tensor(T(3).float(), torch.ones(1), torch.tensor([0, 1]), 0, 255, torch.uint8)",
        "dequantize_per_tensor(I(9, 3).to(torch.uint8), 0.5, 3, 0, 255, torch.uint8)", "dequantize_per_tensor(I(9, 3).to(torch.int8), 0.5, 3, 0, 255, torch.uint8)",
    )
]  # fmt: skip

CASES = {"whole": WHOLE, "fused": FUSED, "rounded": ROUNDED, "mappings": MAPPINGS, "decomposed": DECOMPOSED}
