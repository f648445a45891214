"""Bounds and seldom branches of layers, optimizers, schedulers, pruning and schemas, each by an answer that tells them apart."""

LAYERS = [
    "[bool(F.softplus(torch.tensor(x).double()) == x) for x in (19.9, 20.0, 20.5, 21.5)]",
    "[raised(lambda: F.dropout2d(T(3), 0.5, True)), raised(lambda: torch.feature_dropout(T(3, 4), 0.5, True)), raised(lambda: torch.feature_dropout(T(3), 0.5, True))]",
    "seeded(lambda: torch.feature_dropout(torch.ones(6, 2), 0.5, True))",
    *(
        f"F.ctc_loss({x}.log_softmax(-1), torch.tensor({target}), torch.tensor({n}), torch.tensor({m}), reduction='{how}')"
        for x, target, n, m in (("T(6, 4)", "[1, 2, 2]", "6", "3"), ("T(6, 1, 4)", "[[1, 2, 2]]", "[6]", "[3]"))
        for how in ("none", "mean", "sum")
    ),
    *(
        f"(lambda mean, var: [F.instance_norm(T(2, 3, 4), mean, var, use_input_stats={own}, momentum=0.3), mean, var])(T(3), P(3))"
        for own in (False, True)
    ),
    "[raised(lambda: F.group_norm(T(*shape), n)) for shape, n in (((1, 4), 4), ((2, 4), 4), ((1, 4), 2), ((1, 4, 2), 4), ((1, 2, 1), 2))]",
    "(lambda x: [F.celu_(x, 0.5), x])(T(4))",
    "(lambda x: [F.selu_(x), x])(T(4))",
    "(lambda x: [F.elu_(x, 0.5), x])(T(4))",
    *(f"nn.modules.utils._{name}(3)" for name in ("single", "pair", "triple", "quadruple")),
    *(f"nn.modules.utils._{name}((3, 4))" for name in ("single", "pair", "triple", "quadruple")),
    "[int(b.value) if hasattr(b, 'value') else int(b) for b in (lambda k: [k.ERROR, k.MATH, k.FLASH_ATTENTION, k.EFFICIENT_ATTENTION, k.CUDNN_ATTENTION, "
    "k.OVERRIDEABLE])(torch.nn.attention.SDPBackend)]",
    "[len(nn.ModuleList([nn.ReLU()]).extend([nn.Tanh()])), len(nn.Sequential(nn.ReLU()) * 1), len(nn.Sequential(nn.ReLU(), nn.Tanh()) * 2)]",
    "[raised(lambda: nn.Sequential(nn.ReLU()) * n) for n in (0, -1, 1, 1.5)]",
    "[raised(lambda: nn.Sequential(nn.ReLU()).__imul__(n)) for n in (0, -1, 1, 1.5)]",
    "[layer(nn.GRUCell(2, 3), T(2, 2)), layer(nn.GRUCell(2, 3), T(2, 2), T(2, 3)), layer(nn.GRUCell(2, 3), T(2)), layer(nn.GRUCell(2, 3), T(2), T(3))]",
    "[layer(nn.RNNCell(2, 3), T(2, 2)), layer(nn.LSTMCell(2, 3), T(1, 2))]",
    "[raised(lambda: nn.GRUCell(2, 3)(torch.zeros(2, 2, 2))), raised(lambda: nn.GRUCell(2, 3)(torch.zeros(2, 2), torch.zeros(3))), "
    "raised(lambda: nn.LSTMCell(2, 3)(torch.zeros(2), (torch.zeros(1, 3), torch.zeros(1, 3))))]",
    "[raised(lambda: nn.Linear(2, 2).to(tensor=torch.zeros(1).double())), nn.Linear(2, 2).to(tensor=torch.zeros(1).double()).weight.dtype]",
    *(
        f"F.interpolate(T(1, 1, 7, 5), {size}, mode='{mode}', antialias=True, align_corners={align})"
        for size in ("(1, 1)", "(2, 3)", "(3, 4)", "(14, 9)", "(7, 2)")
        for mode in ("bilinear", "bicubic")
        for align in (False, True)
    ),
    "seeded(lambda: F.scaled_dot_product_attention(torch.ones(1, 2, 3).float(), torch.ones(1, 3, 3).float(), torch.ones(1, 3, 3).float(), dropout_p=0.5)).shape",
    "(lambda m: [m.state_dict(None, '', True)['weight'].requires_grad, m.state_dict({}, 'x.')['x.weight'].requires_grad, "
    "m.state_dict(keep_vars=True)['weight'].requires_grad])(nn.Linear(1, 1))",
]

PRUNED = [
    f"seeded(lambda: (lambda m: [prune.{call}, m.weight_mask][1])(fill(nn.Conv2d(2, 3, 2))))"
    for call in (
        *(f"random_structured(m, 'weight', 1, {dim})" for dim in (-4, -3, 0, 1, 3)), *(f"ln_structured(m, 'weight', 1, {n}, {dim})" for n in (1, 2, "math.inf") for dim in (-4, 0, 1, 3)),
        "ln_structured(m, 'weight', 0.5, 2, 0)", "l1_unstructured(m, 'weight', 5)", "l1_unstructured(m, 'weight', 0.25)", "random_unstructured(m, 'weight', 0.5)",
        "random_unstructured(m, 'weight', 0)", "l1_unstructured(m, 'weight', 1.0)", "l1_unstructured(m, 'weight', 24)", "identity(m, 'weight')",
    )
] + [
    f"raised(lambda: prune.{call})"
    for call in (
        *(f"random_structured(nn.Conv2d(2, 3, 2), 'weight', 1, {dim})" for dim in (-5, -4, 3, 4)), "l1_unstructured(nn.Linear(2, 2), 'weight', 5)",
        "l1_unstructured(nn.Linear(2, 2), 'weight', -1)", "l1_unstructured(nn.Linear(2, 2), 'weight', 1.1)", "l1_unstructured(nn.Linear(2, 2), 'weight', -0.1)",
        "random_unstructured(nn.Linear(2, 2), 'weight', 'a')", "random_structured(nn.Linear(2, 2), 'weight', 3, 0)",
    )
]  # fmt: skip

_ORTHOGONAL = "seeded(lambda: (lambda m: [utils.parametrizations.orthogonal(m, 'weight', {options}), m.weight, m.weight.shape])(fill(nn.Linear({sizes})).float())[1:])"
PARAMETRIZED = [
    _ORTHOGONAL.replace("{options}", options).replace("{sizes}", sizes)
    for options in ("'matrix_exp'", "'cayley'", "'householder'", "'matrix_exp', use_trivialization=False", "'cayley', use_trivialization=False", "'householder', use_trivialization=False")
    for sizes in ("3, 3", "2, 4", "4, 2")
] + [
    f"seeded(lambda: (lambda m: [utils.parametrizations.spectral_norm(m, 'weight'{options}), m.weight, m.eval().weight])(fill({made})))[1:]"
    for made in ("nn.Linear(3, 2)", "nn.Conv1d(2, 3, 2)", "nn.ConvTranspose1d(2, 3, 2)")
    for options in ("", ", 3", ", dim=1", ", 2, 1e-3", ", dim=0")
] + [
    f"(lambda m: [utils.parametrizations.weight_norm(m, 'weight'{options}), m.weight, m.parametrizations.weight.original0, sorted(m.state_dict())][1:])(fill(nn.Conv1d(2, 3, 2)))"
    for options in ("", ", 1", ", None", ", dim=-1", ", 2")
]  # fmt: skip

_OPT = "optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)"
SCHEDULERS = [
    *(f"raised(lambda: S.OneCycleLR({_OPT}, 0.1, {options}))" for options in (
        "total_steps=1", "total_steps=2", "total_steps=0", "total_steps=-1", "total_steps=2.5", "epochs=0, steps_per_epoch=3", "epochs=1, steps_per_epoch=1",
        "epochs=2, steps_per_epoch=0", "epochs=1.5, steps_per_epoch=2", "epochs=2", "", "total_steps=4, pct_start=1.5", "total_steps=4, pct_start=-0.1", "total_steps=4, pct_start=1.0",
        "total_steps=4, pct_start=0.0", "total_steps=4, pct_start=1", "total_steps=4, anneal_strategy='none'", "total_steps=4, cycle_momentum=False")),
    *(f"rates(lambda o: S.OneCycleLR(o, 0.3, {options}), 5)" for options in (
        "total_steps=6", "epochs=2, steps_per_epoch=3", "total_steps=6, pct_start=0.5, three_phase=True", "total_steps=6, anneal_strategy='linear'", "total_steps=6, div_factor=5., final_div_factor=10.",
        "total_steps=6, base_momentum=0.5, max_momentum=0.7", "total_steps=6, cycle_momentum=False")),
    *(f"rates(lambda o: S.ReduceLROnPlateau(o, {options}), 12, [1.0, 0.95, 0.9499, 0.9, 1.2, 0.8999, 0.85])" for options in (
        *(f"'{mode}', 0.5, 1, {threshold}, '{how}'" for mode in ("min", "max") for how in ("rel", "abs") for threshold in (0.0, 0.05, 0.2)),
        "patience=0", "patience=0, cooldown=2", "patience=0, min_lr=0.03", "patience=0, min_lr=[0.03, 0.01]", "patience=0, eps=0.05", "factor=0.5, patience=1, cooldown=1")),
    *(f"raised(lambda: S.ReduceLROnPlateau({_OPT}, {options}))" for options in (
        "factor=1.0", "factor=0.99", "mode='a'", "threshold_mode='a'", "min_lr=[0.1, 0.2]", "min_lr=[0.1]")),
    f"(lambda o: (lambda s: [o.add_param_group({{'params': [torch.zeros(1)], 'lr': 0.5}}), [s.step(1.0) for _ in range(3)], [g['lr'] for g in o.param_groups], s.min_lrs][2:])"
    f"(S.ReduceLROnPlateau(o, patience=0, min_lr=0.04)))({_OPT})",
    f"(lambda o: (lambda s: [o.add_param_group({{'params': [torch.zeros(1)], 'lr': 0.5}}), raised(lambda: [s.step(1.0) for _ in range(3)])][1])"
    f"(S.ReduceLROnPlateau(o, patience=0, min_lr=[0.04])))({_OPT})",
    *(f"(lambda o: [o.param_groups[0].update(initial_lr=0.3), (lambda s: [[s.step(), o.param_groups[0]['lr']][1] for _ in range(5)])(S.{make})][1])({_OPT})" for make in (
        "CosineAnnealingLR(o, 4, 0.01, 2)", "CosineAnnealingLR(o, 4, 0.01, 0)", "CosineAnnealingWarmRestarts(o, 2, 2, 0.01, 2)", "StepLR(o, 2, 0.5, 1)", "MultiStepLR(o, [2, 3], 0.5, 1)",
        "ExponentialLR(o, 0.5, 2)", "LinearLR(o, 0.5, 1.0, 3, 1)", "ConstantLR(o, 0.5, 2, 1)", "PolynomialLR(o, 4, 2.0, 1)", "LambdaLR(o, lambda e: 0.5 ** e, 1)")),
    *(f"(lambda o: (lambda s: [[s.step(e), o.param_groups[0]['lr'], s.last_epoch] for e in (0, 3, 1, 5.5, 7)])(S.{make}))({_OPT})" for make in (
        "CosineAnnealingLR(o, 4, 0.01)", "CosineAnnealingWarmRestarts(o, 2, 2, 0.01)", "CosineAnnealingWarmRestarts(o, 2, 1, 0.01)", "CosineAnnealingWarmRestarts(o, 3, 3)", "ExponentialLR(o, 0.5)")),
    *(f"raised(lambda: S.CosineAnnealingWarmRestarts({_OPT}, {options}))" for options in ("0", "-1", "1", "1.5", "2, 0", "2, 1", "2, 1.5", "2, 2, 'a'", "2, 2, 1")),
]  # fmt: skip

QUANTIZED = [
    "[x.int_repr() for q in [torch.quantize_per_tensor(T(3, 4).float(), 0.03, 20, torch.quint8)] for x in "
    "(torch.cat([q, q]), torch.stack([q, q]), torch.cat([q, q], 1), torch.stack([q, q], 1), torch.cat([q, q], dim=-1), q[True], q[1:, None], q[..., 2], F.max_pool1d(q, 2), "
    "F.max_pool1d(q, 3, 1, 1), F.max_pool1d(q, 2, 1, 0, 2), F.max_pool1d(q, 3, ceil_mode=True), q.expand(2, 3, 4), q.contiguous(), q.t())]",
    *(
        f"[[r.int_repr(), r.q_scale(), r.q_zero_point()] for q in [torch.quantize_per_tensor(3 * T(4).float(), 0.05, 3, torch.{dtype})] for r in (F.hardsigmoid(q), torch.sigmoid(q), torch.tanh(q))]"
        for dtype in ("quint8", "qint8")
    ),
    "[torch.equal(a, b) for a in [torch.quantize_per_tensor(T(3).float(), 0.1, 3, torch.qint8)] for b in "
    "(torch.quantize_per_tensor(T(3).float(), 0.1, 3, torch.qint8), torch.quantize_per_tensor(T(3).float(), 0.1, 2, torch.qint8), torch.quantize_per_tensor(T(3).float(), 0.2, 3, torch.qint8), "
    "torch.quantize_per_tensor(T(2).float(), 0.1, 3, torch.qint8))]",
    "[torch.choose_qparams_optimized(x, 4, 200, 0.16, 8) for x in (T(40).float(), P(40).float(), torch.zeros(8))]",
]

DISTRIBUTIONS = [
    "[kl(D.Uniform(torch.tensor(low), torch.tensor(high)), D.ContinuousBernoulli(torch.tensor(0.3))) for low, high in ((0.1, 0.9), (-0.1, 1.0), (0.0, 1.1))]",
    "[D.TransformedDistribution(D.Normal(T(3), P(3)), [D.AffineTransform(T(2, 1), 2.0)]).batch_shape, D.TransformedDistribution(D.Normal(T(3), P(3)), []).batch_shape, "
    "D.TransformedDistribution(D.Normal(T(1), P(1)), [D.AffineTransform(T(3), 2.0)]).base_dist.batch_shape]",
    "(lambda t, x: [t(x), t.log_abs_det_jacobian(x, t(x)), t.event_dim])(D.CatTransform([D.ExpTransform(), D.AffineTransform(0.5, 2.0)], 0, [1, 2]), T(3, 2))",
    "(lambda t, x: [t(x), t.log_abs_det_jacobian(x, t(x)), t.event_dim])(D.StackTransform([D.ExpTransform(), D.AffineTransform(0.5, 2.0)], 1), T(3, 2))",
    "(lambda t, x: [t(x), t.log_abs_det_jacobian(x, t(x)), t.event_dim])(D.CatTransform([D.AffineTransform(0.5, 2.0, event_dim=1), D.ExpTransform()], 0, [1, 2]), T(3, 2))",
]

CASES = {
    "layers": LAYERS, "pruned": PRUNED, "parametrized": PARAMETRIZED, "schedulers": SCHEDULERS, "quantized": QUANTIZED, "distributions": DISTRIBUTIONS,
}  # fmt: skip
