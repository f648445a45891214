"""Values where functions take another path than usual: empty inputs, unusual ranks, defaults, settings at their bounds."""

W = "D.Wishart(torch.tensor({df}, dtype=torch.float64), torch.tensor({matrix}, dtype=torch.float64))"
WISHARTS = [
    W.format(df=3.5, matrix=[[2.0, 0.5], [0.5, 1.0]]),
    W.format(df=5.0, matrix=[[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 3.0]]),
    W.format(df=[2.5, 4.0], matrix=[[1.5, 0.3], [0.3, 1.0]]),
]
MATRIX = "torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)"
LOW_RANK = "D.LowRankMultivariateNormal(T(2, 3), T(3, 2), P(3))"

WISHART = [
    f"[w.{name} for w in [{w}]]"
    for w in WISHARTS
    for name in ("mean", "mode", "variance", "precision_matrix", "scale_tril")
]
WISHART += [f"{w}.{name}()" for w in WISHARTS for name in ("entropy",)]
WISHART += [
    f"{w}.log_prob(torch.eye({n}, dtype=torch.float64) * 2 + 0.1)" for w, n in zip(WISHARTS, (2, 3, 2), strict=True)
]
WISHART += [f"(lambda w: [w._natural_params, w._log_normalizer(*w._natural_params)])({w})" for w in WISHARTS]
ANOTHER = W.format(df=2.5, matrix=[[1.5, 0.3], [0.3, 1.0]])
WISHART += [f"kl({WISHARTS[0]}, {ANOTHER})", f"kl({ANOTHER}, {WISHARTS[0]})", f"kl({ANOTHER}, {ANOTHER})"]
WISHART += [
    f"[D.Wishart(torch.tensor(4.0, dtype=torch.float64), {name}={MATRIX}.tril()).{other} for _ in '1']"
    for name in ("scale_tril",)
    for other in ("covariance_matrix", "precision_matrix", "scale_tril")
] + [f"D.Wishart(torch.tensor(4.0, dtype=torch.float64), precision_matrix={MATRIX}).covariance_matrix"]
WISHART += [f"seeded(lambda: {w}.rsample((2,)).shape)" for w in WISHARTS]

MATRICES = [
    f"{LOW_RANK}.{name}"
    for name in ("mean", "mode", "variance", "stddev", "covariance_matrix", "precision_matrix", "scale_tril")
]
MATRICES += [f"{LOW_RANK}.log_prob(T(2, 3, shift=0.1))", f"{LOW_RANK}.entropy()", f"{LOW_RANK}.expand((4, 2)).variance"]
MATRICES += [
    f"D.MultivariateNormal(T(2), {name}={MATRIX}{tail}).{what}"
    for name, tail in (("covariance_matrix", ""), ("precision_matrix", ""), ("scale_tril", ".tril()"))
    for what in (
        "mean",
        "mode",
        "variance",
        "covariance_matrix",
        "precision_matrix",
        "scale_tril",
        "entropy()",
        "log_prob(T(3, 2))",
    )
]
MATRICES += [
    "kl(D.MultivariateNormal(T(2), torch.eye(2, dtype=torch.float64)), D.LowRankMultivariateNormal(T(2) + 1, T(2, 1), P(2)))",
    "kl(D.LowRankMultivariateNormal(T(2) + 1, T(2, 1), P(2)), D.MultivariateNormal(T(2), torch.eye(2, dtype=torch.float64)))",
    "kl(D.LowRankMultivariateNormal(T(2) + 1, T(2, 1), P(2)), D.LowRankMultivariateNormal(T(2), T(2, 2), P(2, shift=0.6)))",
]

UNDERLYING = [
    "D.Independent(D.Bernoulli(P(2)), 0).enumerate_support()",
    "D.Categorical(P(2, 3)).param_shape",
    "D.Bernoulli(P(3)).param_shape",
    "D.Multinomial(3, P(2, 4)).param_shape",
    "D.OneHotCategorical(P(3)).param_shape",
    "D.RelaxedBernoulli(torch.tensor(0.5), P(2)).temperature",
    "D.RelaxedOneHotCategorical(torch.tensor(0.5), P(3)).temperature",
    "D.ContinuousBernoulli(logits=T(4)).probs",
    "D.ContinuousBernoulli(logits=T(4)).mean",
    "D.ContinuousBernoulli(probs=P(3)).logits",
    "D.ContinuousBernoulli(torch.tensor([0.4995, 0.5, 0.5005], dtype=torch.float64)).variance",
    "D.ContinuousBernoulli(torch.tensor([0.4995, 0.5, 0.5005], dtype=torch.float64)).icdf(P(3))",
    "D.ContinuousBernoulli(torch.tensor([0.4995, 0.5, 0.5005], dtype=torch.float64)).cdf(P(3))",
    "D.LKJCholesky(3, 1).concentration",
    "seeded(lambda: D.LKJCholesky(3, 2.0).sample((2,)).shape)",
    "D.LKJCholesky(2, torch.tensor([0.5, 2.0])).log_prob(torch.tensor([[1.0, 0.0], [0.6, 0.8]]))",
    "[D.LogisticNormal(T(2), P(2)).event_shape, D.LogisticNormal(torch.tensor(0.5), torch.tensor(1.0)).event_shape]",
    "D.LogisticNormal(T(2), P(2)).log_prob(torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64))",
    "D.TransformedDistribution(D.Normal(T(2), P(2)), []).support",
    "D.TransformedDistribution(D.Normal(T(2), P(2)), [D.StickBreakingTransform()]).event_shape",
    "D.TransformedDistribution(D.Normal(T(2), P(2)), [D.ExpTransform()]).support",
    "D.TransformedDistribution(D.Normal(T(3, 2), P(3, 2)), D.StickBreakingTransform()).support",
    "D.TransformedDistribution(D.Independent(D.Normal(T(3, 2), P(3, 2)), 2), D.ExpTransform()).support.event_dim",
    "D.TransformedDistribution(D.Normal(T(3, 2), P(3, 2)), D.StickBreakingTransform()).batch_shape",
    "D.TransformedDistribution(D.Normal(torch.tensor(0.0), torch.tensor(1.0)), D.AffineTransform(T(3), P(3))).batch_shape",
    "D.TransformedDistribution(D.Normal(T(2), P(2)), D.AffineTransform(1.0, -2.0)).cdf(T(2))",
    "D.TransformedDistribution(D.Normal(T(2), P(2)), D.AffineTransform(1.0, -2.0)).icdf(P(2))",
    "D.TransformedDistribution(D.Normal(T(2), P(2)), [D.AffineTransform(1.0, -2.0), D.ExpTransform()]).cdf(P(2))",
    "D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Independent(D.Normal(T(2, 3, 4), P(2, 3, 4)), 1)).log_prob(T(2, 4))",
    "D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Independent(D.Normal(T(2, 3, 4), P(2, 3, 4)), 1)).variance",
    "D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Normal(T(2, 3), P(2, 3))).cdf(T(2))",
    "D.MixtureSameFamily(D.Categorical(P(3)), D.Normal(T(2, 3), P(2, 3))).mean",
    "kl(D.Normal(T(2), P(2)), D.Normal(0.0, 1.0))",
]

TRANSFORMS = {
    "sign": [
        f"D.{t}.sign"
        for t in (
            "ExpTransform()",
            "SigmoidTransform()",
            "TanhTransform()",
            "AffineTransform(0.0, -2.0)",
            "AffineTransform(0.0, T(4))",
            "PowerTransform(torch.tensor(2.0))",
            "PowerTransform(torch.tensor(-0.5))",
            "ComposeTransform([D.ExpTransform(), D.AffineTransform(0.0, -1.0)])",
            "ComposeTransform([D.AffineTransform(0.0, -2.0), D.AffineTransform(0.0, T(3))])",
            "IndependentTransform(D.AffineTransform(0.0, -2.0), 1)",
            "ExpTransform().inv",
            "AffineTransform(0.0, -2.0).inv",
            "ComposeTransform([])",
        )
    ],
    "cache": [
        f"[t.with_cache(1)._cache_size, t.with_cache(1) == t, t.with_cache(0) is t, t.with_cache(1)(T(3)) is t(T(3))] if (t := D.{t}) else 0"
        for t in (
            "ExpTransform()",
            "SigmoidTransform()",
            "TanhTransform()",
            "AffineTransform(1.0, 2.0)",
            "PowerTransform(torch.tensor(2.0))",
            "ComposeTransform([D.ExpTransform()])",
            "IndependentTransform(D.ExpTransform(), 1)",
            "ReshapeTransform((3,), (1, 3))",
            "SoftplusTransform()",
            "SoftmaxTransform()",
            "StickBreakingTransform()",
            "AbsTransform()",
            "CumulativeDistributionTransform(D.Normal(0.0, 1.0))",
            "CatTransform([D.ExpTransform()], 0, [3])",
            "ExpTransform().inv",
        )
    ],
    "equality": [
        f"[{a} == {b}, {a} == {a}, {a} != {b}]"
        for a, b in (
            ("D.AffineTransform(1.0, 2.0)", "D.AffineTransform(1.0, 3.0)"),
            ("D.AffineTransform(1.0, 2.0)", "D.AffineTransform(2.0, 2.0)"),
            ("D.AffineTransform(T(2), 2.0)", "D.AffineTransform(T(2), 2.0)"),
            ("D.AffineTransform(1.0, 2.0)", "3"),
            ("D.ExpTransform()", "D.SigmoidTransform()"),
            ("D.PowerTransform(torch.tensor(2.0))", "D.PowerTransform(torch.tensor(3.0))"),
            ("D.ComposeTransform([D.ExpTransform()])", "D.ComposeTransform([D.TanhTransform()])"),
            ("D.ComposeTransform([D.ExpTransform()])", "D.ComposeTransform([D.ExpTransform()])"),
        )
    ],
    "inverses": [
        "D.ExpTransform().inv == D.ExpTransform().inv",
        "D.ExpTransform().inv == D.TanhTransform().inv",
        "D.ExpTransform().inv.inv",
        "(lambda t: t.inv.inv is t)(D.ExpTransform())",
    ],
    "shapes": [
        f"[D.{t}.forward_shape({before}), D.{t}.inverse_shape({after})]"
        for t, before, after in (
            ("ExpTransform()", (2, 3), (2, 3)),
            ("AffineTransform(T(4, 1), 2.0)", (3,), (4, 3)),
            ("AffineTransform(1.0, T(2, 3))", (1, 3), (2, 3)),
            ("PowerTransform(T(2, 1))", (3,), (2, 3)),
            ("StickBreakingTransform()", (2, 3), (2, 4)),
            ("SoftmaxTransform()", (2, 3), (2, 3)),
            ("CorrCholeskyTransform()", (1,), (2, 2)),
            ("CorrCholeskyTransform()", (3,), (3, 3)),
            ("CorrCholeskyTransform()", (5, 6), (5, 4, 4)),
            ("CorrCholeskyTransform()", (10,), (5, 5)),
            ("CorrCholeskyTransform()", (15,), (6, 6)),
            ("ReshapeTransform((2, 3), (6,))", (4, 2, 3), (4, 6)),
            ("LowerCholeskyTransform()", (2, 3, 3), (2, 3, 3)),
            ("ComposeTransform([D.ExpTransform(), D.StickBreakingTransform()])", (3,), (4,)),
            ("IndependentTransform(D.ExpTransform(), 1)", (2,), (2,)),
        )
    ],
    "there and back": [
        f"warp(D.{t}, {x})"
        for t, x in (
            ("CorrCholeskyTransform()", "T(1)"),
            ("CorrCholeskyTransform()", "T(2, 3)"),
            ("CorrCholeskyTransform()", "T(6)"),
            ("CorrCholeskyTransform()", "T(10)"),
            ("LowerCholeskyTransform()", "T(2, 2)"),
            ("PositiveDefiniteTransform()", "T(3, 3)"),
            ("StickBreakingTransform()", "T(2, 1)"),
            ("StickBreakingTransform()", "T(4)"),
            ("AffineTransform(T(3), P(3), 1)", "T(2, 3)"),
            ("AffineTransform(1.0, -2.0, 2)", "T(2, 3)"),
            ("AffineTransform(1.0, -2.0)", "T(2, 3)"),
            ("AffineTransform(0.5, torch.full((3,), -2.0).double(), 1)", "T(2, 3)"),
            ("PowerTransform(torch.tensor(-1.5))", "P(3)"),
            ("CatTransform([D.ExpTransform(), D.TanhTransform()], 0, [1, 2])", "T(3)"),
            ("CatTransform([D.ExpTransform(), D.TanhTransform()], 1, [2, 1])", "T(2, 3)"),
            ("CatTransform([D.ExpTransform(), D.TanhTransform()], -1, [1, 1])", "T(2, 2)"),
            ("StackTransform([D.ExpTransform(), D.TanhTransform()])", "T(2, 3)"),
            ("StackTransform([D.ExpTransform(), D.TanhTransform()], 1)", "T(3, 2)"),
            ("StackTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)], -1)", "T(3, 2)"),
            ("CumulativeDistributionTransform(D.Normal(0.0, 1.0))", "T(3)"),
            ("IndependentTransform(D.TanhTransform(), 2)", "T(2, 2)"),
            ("ReshapeTransform((2, 3), (3, 2))", "T(4, 2, 3)"),
            ("ComposeTransform([D.AffineTransform(T(3), P(3)), D.StickBreakingTransform()])", "T(2, 3)"),
            ("ComposeTransform([D.StickBreakingTransform(), D.AffineTransform(0.0, 2.0)])", "T(2, 3)"),
            ("ComposeTransform([])", "T(2)"),
        )
    ],
}

SETS = (
    [
        f"D.constraints.{name}.check(torch.tensor({values}))"
        for name, values in (
            ("positive", [0.0, 1.0, -1.0]),
            ("nonnegative", [0.0, 1.0, -1.0]),
            ("unit_interval", [0.0, 1.0, 1.5, -0.1]),
            ("positive_integer", [0.0, 1.0, 1.5, -1.0]),
            ("nonnegative_integer", [0.0, 1.0, 1.5, -1.0]),
            ("boolean", [0.0, 1.0, 0.5]),
            ("real", [0.0, 1e300]),
            ("interval(1, 2)", [0.9, 1.0, 2.0, 2.1]),
            ("half_open_interval(1, 2)", [0.9, 1.0, 2.0, 2.1]),
            ("greater_than(1)", [0.9, 1.0, 2.0]),
            ("greater_than_eq(1)", [0.9, 1.0, 2.0]),
            ("less_than(1)", [0.9, 1.0, 2.0]),
            ("integer_interval(1, 3)", [0.0, 1.0, 2.5, 3.0, 4.0]),
            ("simplex", [[0.5, 0.5], [0.5, 0.6], [-0.5, 1.5], [0.5, 0.5000001]]),
            ("one_hot", [[0.0, 1.0], [1.0, 1.0], [0.5, 0.5], [0.0, 0.0]]),
            ("lower_triangular", [[1.0, 0.0], [2.0, 1.0]]),
            ("lower_triangular", [[1.0, 1.0], [2.0, 1.0]]),
            ("lower_cholesky", [[1.0, 0.0], [2.0, 0.0]]),
            ("lower_cholesky", [[1.0, 0.0], [2.0, 1.0]]),
            ("corr_cholesky", [[1.0, 0.0], [0.6, 0.8]]),
            ("corr_cholesky", [[1.0, 0.0], [0.6, 0.9]]),
            ("square", [[1.0, 2.0]]),
            ("square", [[[1.0]], [[2.0]]]),
            ("symmetric", [[1.0, 2.0], [2.0, 1.0]]),
            ("symmetric", [[1.0, 2.0], [3.0, 1.0]]),
            ("positive_semidefinite", [[1.0, 1.0], [1.0, 1.0]]),
            ("positive_semidefinite", [[1.0, 2.0], [2.0, 1.0]]),
            ("positive_semidefinite", [[0.0, 0.0], [0.0, 0.0]]),
            ("positive_semidefinite", [[1.0, 0.0], [2.0, 1.0]]),
            ("positive_definite", [[1.0, 1.0], [1.0, 1.0]]),
            ("positive_definite", [[2.0, 1.0], [1.0, 2.0]]),
            ("positive_definite", [[1.0, 0.0], [2.0, 1.0]]),
            ("real_vector", [1.0, 2.0]),
            ("independent(D.constraints.positive, 1)", [[1.0, 2.0], [1.0, -2.0]]),
            ("multinomial(3)", [[1.0, 2.0], [1.0, 1.0], [-1.0, 4.0]]),
            ("cat([D.constraints.positive, D.constraints.boolean], 0, [1, 2])", [-1.0, 1.0, 0.5]),
            ("stack([D.constraints.positive, D.constraints.boolean])", [1.0, 0.5]),
            ("cat([D.constraints.positive, D.constraints.boolean], -1)", [[1.0, 1.0], [-1.0, 0.0]]),
        )
    ]
    + [
        f"[{c}.is_discrete, {c}.event_dim, repr({c})]"
        for c in (
            "D.constraints.positive",
            "D.constraints.integer_interval(0, 3)",
            "D.constraints.simplex",
            "D.constraints.one_hot",
            "D.constraints.lower_cholesky",
            "D.constraints.independent(D.constraints.boolean, 2)",
            "D.constraints.cat([D.constraints.real_vector, D.constraints.simplex])",
            "D.constraints.stack([D.constraints.real, D.constraints.boolean])",
            "D.constraints.multinomial(3)",
            "D.constraints.real_vector",
        )
    ]
    + [
        f"(lambda t: [t(T(3)), t.inv(t(T(3)))])(D.{which}({c}))"
        for which in ("biject_to", "transform_to")
        for c in (
            "D.constraints.real",
            "D.constraints.positive",
            "D.constraints.nonnegative",
            "D.constraints.greater_than(-1.0)",
            "D.constraints.greater_than_eq(2.0)",
            "D.constraints.less_than(1.5)",
            "D.constraints.interval(-1.0, 3.0)",
            "D.constraints.half_open_interval(0.0, 2.0)",
            "D.constraints.unit_interval",
            "D.constraints.independent(D.constraints.positive, 1)",
            "D.constraints.corr_cholesky",
            "D.constraints.simplex",
            "D.constraints.cat([D.constraints.positive, D.constraints.unit_interval], 0, [1, 2])",
            "D.constraints.stack([D.constraints.positive, D.constraints.real, D.constraints.less_than(0.0)])",
        )
    ]
    + [
        f"D.transform_to(D.constraints.{c})(T(2, 2))"
        for c in ("lower_cholesky", "positive_definite", "positive_semidefinite")
    ]
)

TRIANGLES = (
    [
        f"[D.utils.tril_matrix_to_vec(T({n}, {n}), {d}), D.utils.vec_to_tril_matrix(D.utils.tril_matrix_to_vec(T({n}, {n}), {d}), {d})]"
        for n in (2, 3, 4)
        for d in (0, -1)
        if n + d > 0
    ]
    + [f"D.utils.tril_matrix_to_vec(T(2, 3, 3), {d})" for d in (-3, -2, 1, 2)]
    + [f"said(lambda: D.utils.tril_matrix_to_vec(T(3, 3), {d}))" for d in (-4, 3)]
)

RATES = [
    f"(lambda o: (lambda s: [[s.step(e), o.param_groups[0]['lr']][1] for e in (0, 1, 2, 3, 5, 8, 13)])(S.{s}))(optim.SGD([torch.zeros(1)], lr=0.5))"
    for s in (
        "StepLR(o, 3)",
        "StepLR(o, 2, 0.5)",
        "MultiStepLR(o, [2, 5, 5])",
        "MultiStepLR(o, [1, 8], 0.3)",
        "ExponentialLR(o, 0.9)",
        "ConstantLR(o)",
        "ConstantLR(o, 0.5, 3)",
        "LinearLR(o)",
        "LinearLR(o, 0.2, 0.9, 4)",
        "PolynomialLR(o)",
        "PolynomialLR(o, 6, 2.0)",
        "CosineAnnealingLR(o, 5)",
        "CosineAnnealingLR(o, 4, 0.1)",
        "LambdaLR(o, lambda e: 0.9 ** e)",
        "CosineAnnealingWarmRestarts(o, 3)",
        "CosineAnnealingWarmRestarts(o, 2, 2, 0.1)",
        "CosineAnnealingWarmRestarts(o, 4, 3)",
    )
] + [
    f"(lambda o: (lambda s: [[o.step(), s.step(), o.param_groups[0]['lr']][2] for _ in range({n})])(S.{s}))(optim.SGD([torch.zeros(1)], lr=0.5, momentum=0.8))"
    for n, s in (
        (6, "ConstantLR(o)"),
        (4, "ConstantLR(o, total_iters=1)"),
        (3, "ConstantLR(o, total_iters=0)"),
        (8, "LinearLR(o)"),
        (9, "PolynomialLR(o)"),
        (6, "CyclicLR(o, 0.1, 0.5, 2)"),
        (9, "CyclicLR(o, 0.1, 0.5, 2, 3, 'triangular2')"),
        (9, "CyclicLR(o, 0.1, 0.5, 2, mode='exp_range', gamma=0.9)"),
        (5, "CyclicLR(o, 0.1, 0.5, 2, scale_fn=lambda x: 1 / x)"),
        (5, "CyclicLR(o, 0.1, 0.5, 2, scale_fn=lambda x: 0.5 ** x, scale_mode='iterations')"),
        (9, "OneCycleLR(o, 1.0, 10)"),
        (9, "OneCycleLR(o, 1.0, 10, three_phase=True)"),
        (9, "OneCycleLR(o, 1.0, epochs=5, steps_per_epoch=2, anneal_strategy='linear')"),
        (9, "OneCycleLR(o, 1.0, 10, pct_start=0.5, div_factor=4.0, final_div_factor=10.0)"),
        (9, "OneCycleLR(o, 1.0, 10, pct_start=0.0)"),
        (9, "OneCycleLR(o, 1.0, 10, base_momentum=0.7, max_momentum=0.9)"),
    )
]

OPTIMIZERS = (
    [
        f"train(lambda p: optim.{o}, 3)"
        for o in (
            "Adagrad(p, lr=torch.tensor(0.1, dtype=torch.float64))",
            "Adam(p, lr=torch.tensor(0.1, dtype=torch.float64))",
            "SGD(p, lr=torch.tensor(0.1, dtype=torch.float64), momentum=0.5)",
            "Rprop(p, etas=(0.3, 1.5), step_sizes=(1e-3, 0.2))",
            "Adadelta(p, rho=1.0)",
            "Adadelta(p, rho=0.0)",
            "Adadelta(p, weight_decay=0.1, maximize=True)",
            "ASGD(p, t0=1)",
            "ASGD(p, lambd=0.1, alpha=0.5, t0=0, weight_decay=0.1)",
            "NAdam(p, momentum_decay=0.0)",
            "NAdam(p, decoupled_weight_decay=True, weight_decay=0.1)",
            "RAdam(p, betas=(0.5, 0.5))",
            "RAdam(p, decoupled_weight_decay=True, weight_decay=0.1)",
            "RMSprop(p, alpha=0.0)",
            "RMSprop(p, centered=True, momentum=0.9, weight_decay=0.1)",
            "Adamax(p, betas=(0.0, 0.0))",
            "AdamW(p, amsgrad=True)",
            "Adam(p, betas=(0.0, 0.0), eps=0.0)",
            "Adagrad(p, initial_accumulator_value=0.5, lr_decay=0.1)",
            "SGD(p, 0.1, momentum=0.9, dampening=0.5, maximize=True)",
            "SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1)",
        )
    ]
    + [
        f"train(lambda p: optim.Muon([p[0]], {m}), 3)"
        for m in (
            "",
            "lr=0.1, nesterov=False",
            "adjust_lr_fn='match_rms_adamw'",
            "momentum=0.0, weight_decay=0.0",
            "ns_steps=1",
            "eps=0.1",
        )
    ]
    + [
        f"train(lambda p: optim.Adafactor(p{m}), 3)"
        for m in (
            "",
            ", lr=0.1",
            ", beta2_decay=-0.5",
            ", eps=(1e-4, 0.1)",
            ", d=2.0",
            ", weight_decay=0.1",
            ", maximize=True",
        )
    ]
)

LAYERS = [
    "F.selu(T(4), inplace=True)",
    "F.elu_(T(4), 0.5)",
    "F.selu_(T(4))",
    "F.celu_(T(4), 0.5)",
    "F.leaky_relu_(T(4), 0.2)",
    "F.hardtanh_(T(4), -0.5, 0.5)",
    "F.threshold_(T(4), 0.1, 20.0)",
    "F.rrelu(T(4), 0.2, 0.4)",
    "F.rrelu_(T(4))",
    "F.rrelu(T(4))",
    "F.softplus(T(4), 2.0, 0.5)",
    "F.fold(T(4, 4), (4, 4), 2, stride=2)",
    "F.unfold(T(1, 4, 4), 2, stride=2)",
    "F.fold(T(1, 4, 4), (4, 4), 2, stride=2)",
    "F.embedding_bag(torch.tensor([0, 2, 1]), T(3, 2), torch.tensor([0, 1, 3]), include_last_offset=True)",
    "F.embedding_bag(torch.tensor([0, 2, 1]), T(3, 2), torch.tensor([0, 1, 1, 3]), include_last_offset=True, mode='sum')",
    "F.embedding_bag(torch.tensor([0, 2, 1]), T(3, 2), torch.tensor([0, 1, 1]), mode='max')",
    "F.embedding_bag(torch.tensor([[0, 2], [1, 1]]), T(3, 2), mode='sum')",
    "F.embedding_bag(torch.tensor([[0, 2], [1, 1]]), T(3, 2), mode='mean', padding_idx=1)",
    "F.embedding_bag(torch.tensor([[0, 2], [1, 1]]), T(3, 2), mode='mean', padding_idx=-3)",
    "F.embedding_bag(torch.tensor([[0, 2], [1, 1]]), T(3, 2), mode='sum', padding_idx=0, per_sample_weights=T(2, 2))",
    "F.embedding(torch.tensor([0, 2]), T(3, 2), padding_idx=-3)",
    "F.embedding(torch.tensor([0, 2]), T(3, 2), max_norm=0.5)",
    "F.embedding(torch.tensor([0, 2]), T(3, 2), max_norm=0.5, norm_type=1.0)",
    "F.local_response_norm(torch.zeros(0, 2, 3), 2)",
    "F.local_response_norm(T(1, 4, 2), 3, 0.1, 0.5, 2.0)",
    "F.local_response_norm(T(1, 1, 2), 2)",
    "F.interpolate((P(1, 1, 3, 3) * 255).to(torch.uint8), 5, mode='bilinear')",
    "F.interpolate((P(1, 1, 6, 6) * 255).to(torch.uint8), 2, mode='bilinear', antialias=True)",
    "F.interpolate(T(1, 1, 6, 5), (3, 2), mode='bilinear', antialias=True)",
    "F.interpolate(T(1, 1, 3, 3), (7, 5), mode='bilinear', antialias=True)",
    "F.interpolate(T(1, 1, 6, 5), (2, 3), mode='bicubic', antialias=True)",
    "F.interpolate(T(1, 1, 6, 5), (2, 3), mode='bicubic', antialias=True, align_corners=True)",
    "F.interpolate(T(1, 1, 5), scale_factor=1.7, recompute_scale_factor=True)",
    "F.interpolate(T(1, 1, 5), scale_factor=1.7, mode='linear')",
    "F.interpolate(T(1, 1, 5), 3, mode='nearest-exact')",
    "F.interpolate(T(1, 1, 5, 5), 3, mode='area')",
    "F.grid_sample(T(1, 1, 3, 3), T(1, 2, 2, 2), align_corners=False)",
    "F.grid_sample(T(1, 1, 3, 3), T(1, 2, 2, 2) * 3, padding_mode='reflection', align_corners=True)",
    "F.grid_sample(T(1, 1, 3, 3), T(1, 2, 2, 2) * 3, padding_mode='reflection', align_corners=False)",
    "F.grid_sample(T(1, 1, 1, 1), T(1, 2, 2, 2), padding_mode='reflection', align_corners=True)",
    "F.grid_sample(T(1, 1, 3, 3), T(1, 2, 2, 2) * 3, mode='bicubic', padding_mode='reflection', align_corners=False)",
    "F.grid_sample(T(1, 1, 3, 3), torch.tensor([[[[-1.0, 1.0], [1.0, -1.0]]]], dtype=torch.float64), padding_mode='border', align_corners=True)",
    "F.affine_grid(T(1, 2, 3), (1, 1, 1, 3), align_corners=True)",
    "F.affine_grid(T(1, 3, 4), (1, 1, 1, 2, 2), align_corners=False)",
    "grads(lambda x: F.ctc_loss(x.log_softmax(-1), torch.zeros(2, 0, dtype=torch.int64), (3, 2), (0, 0), reduction='none'), T(3, 2, 4))",
    "grads(lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 2], [3, 3]]), (4, 4), (2, 0), reduction='none'), T(4, 2, 4))",
    "grads(lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 2, 2]]), (4,), (3,), reduction='sum', zero_infinity=True), T(4, 1, 4))",
    "grads(lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([1, 2, 3]), torch.tensor([4, 4]), torch.tensor([1, 2])), T(4, 2, 4))",
    "grads(lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([[1, 0]]), (4,), (2,), blank=3), T(4, 1, 4))",
    "grads(lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([1, 2]), (4, 4), (0, 2), reduction='mean'), T(4, 2, 4))",
    *(
        f"grads(lambda x: F.{loss}(x, T(3, shift=0.1), weight=P(3){tail}), T(3))"
        for loss in ("mse_loss", "l1_loss", "huber_loss")
        for tail in ("", ", reduction='sum'", ", reduction='none'")
    ),
    "F.gaussian_nll_loss(T(3), T(3, shift=0.1), torch.full((3,), 1e-8, dtype=torch.float64))",
    "F.gaussian_nll_loss(T(3), T(3, shift=0.1), torch.full((3,), 1e-8, dtype=torch.float64), eps=1e-3)",
    "F.gaussian_nll_loss(T(2, 3), T(2, 3, shift=0.1), P(2))",
    "F.gaussian_nll_loss(T(2, 3), T(2, 3, shift=0.1), P(2, 1), full=True, reduction='sum')",
    "F.gaussian_nll_loss(T(2, 3), T(2, 3, shift=0.1), 0.5)",
    "nn.GaussianNLLLoss()(T(3), T(3, shift=0.1), torch.full((3,), 1e-8, dtype=torch.float64))",
    "F.smooth_l1_loss(T(3), T(3, shift=0.1), beta=0.0)",
    "F.smooth_l1_loss(T(3), T(3, shift=0.1), beta=0.3)",
    "F.poisson_nll_loss(P(3), torch.tensor([0.0, 1.0, 3.0]).double(), log_input=False, full=True)",
    "F.poisson_nll_loss(torch.zeros(2), torch.zeros(2), log_input=False)",
    "F.max_pool2d(T(1, 1, 5, 5), 3, ceil_mode=True)",
    "F.max_pool1d(T(1, 1, 5), 2)",
    "F.max_pool3d(T(1, 3, 3, 3), 2)",
    "F.avg_pool1d(T(1, 1, 5), 2)",
    "F.avg_pool2d(T(1, 1, 5, 5), 3, 2, 1, True, False)",
    "F.avg_pool2d(T(1, 1, 5, 5), 3, 2, divisor_override=5)",
    "F.lp_pool1d(T(1, 1, 5), 2, 2)",
    "F.lp_pool2d(T(1, 1, 5, 5), 1.5, 2)",
    "F.lp_pool3d(P(1, 1, 3, 3, 3), 3.0, 2)",
    "F.lp_pool2d(T(1, 1, 5, 5), 2, 3, 1, True)",
    "F.max_pool1d_with_indices(T(1, 1, 5), 2)",
    "F.max_pool2d_with_indices(T(1, 1, 5, 5), 3)",
    "F.max_pool3d_with_indices(T(1, 1, 3, 3, 3), 2)",
    "F.max_unpool1d(*F.max_pool1d_with_indices(T(1, 1, 6), 2), 2)",
    "F.max_unpool2d(*F.max_pool2d_with_indices(T(1, 1, 4, 4), 2), 2, output_size=(5, 5))",
    "said(lambda: F.max_unpool1d(T(1, 1, 2), torch.tensor([[[0, 3]]]), 2).sum())",
    "raised(lambda: F.max_unpool1d(T(1, 1, 2), torch.tensor([[[0, 4]]]), 2))",
    "raised(lambda: F.max_unpool1d(T(1, 1, 2), torch.tensor([[[-1, 3]]]), 2))",
    "F.fractional_max_pool2d(T(1, 5, 5), 2, output_size=(3, 2), _random_samples=P(1, 1, 2))",
    "F.fractional_max_pool2d(T(1, 1, 5, 5), 2, output_ratio=(0.5, 0.7), _random_samples=P(1, 1, 2))",
    "F.fractional_max_pool2d(T(1, 1, 5, 5), 2, output_size=1, _random_samples=P(1, 1, 2))",
    "F.fractional_max_pool3d(T(1, 1, 5, 5, 5), 2, output_ratio=0.5, _random_samples=P(1, 1, 3))",
    "F.normalize(T(2, 3), out=torch.empty(0, dtype=torch.float64))",
    "F.normalize(torch.zeros(2, 3), eps=0.5)",
    "F.normalize(T(2, 3), 1.0, 0)",
    "F.pairwise_distance(T(2, 3), T(2, 3))",
    "F.pdist(T(3, 2), 0.0)",
    "F.pdist(T(3, 2), float('inf'))",
    "F.pdist(T(1, 2))",
    "F.cosine_similarity(T(2, 3), torch.zeros(2, 3, dtype=torch.float64))",
    "F.gumbel_softmax(T(2, 3), hard=True).sum(-1)",
    "F.dropout(T(4), 1.0)",
    "F.dropout(T(4), 0.0)",
    "F.dropout(T(4), 0.7, False)",
    "F.alpha_dropout(T(4), 1.0, True)",
    "F.alpha_dropout(T(4), 0.0, True)",
    "F.feature_alpha_dropout(T(2, 3, 4), 1.0, True)",
    "F.glu(T(4, 2), 0)",
    "F.channel_shuffle(T(1, 4, 1, 2), 1)",
    "F.channel_shuffle(T(1, 4, 1, 2), 2)",
    "F.channel_shuffle(T(1, 4, 1), 4)",
    "F.pixel_shuffle(T(4, 1, 1), 2)",
    "F.pixel_unshuffle(T(1, 2, 2), 1)",
    "F.prelu(torch.tensor(-2.0), torch.tensor([0.3]))",
    "F.hardshrink(T(4))",
    "F.softshrink(T(4))",
    "F.tanhshrink(T(4))",
    "F.hardsigmoid(T(4) * 3)",
    "F.hardswish(T(4) * 3)",
    "F.threshold(T(4), 0.1, -1.0)",
]

CELLS = (
    [
        f"(lambda m: [m({x}), m({x}.unsqueeze(0))])(fill(nn.{cell}(2, 3{tail})))"
        for cell in ("RNNCell", "LSTMCell", "GRUCell")
        for tail in ("", ", bias=False")
        for x in ("T(2)",)
    ]
    + [
        f"(lambda m: m({x}))(fill(nn.{layer}).eval())"
        for layer, x in (
            ("RNN(2, 3, 2)", "T(4, 2)"),
            ("LSTM(2, 3, 2, batch_first=True)", "T(1, 4, 2)"),
            ("LSTM(2, 3, proj_size=1)", "T(4, 1, 2)"),
            ("LSTM(2, 3, bidirectional=True, proj_size=2)", "T(4, 2)"),
            ("GRU(2, 3, 2, bidirectional=True)", "T(4, 1, 2)"),
            ("RNN(2, 3, nonlinearity='relu', bias=False)", "T(4, 2)"),
            ("LSTM(2, 3, 2, dropout=1.0)", "T(4, 1, 2)"),
        )
    ]
    + [
        "(lambda m: m(T(4, 1, 2))[0])(fill(nn.LSTM(2, 3, 2, dropout=1.0)))",
        "(lambda m: m(T(4, 1, 2))[0])(fill(nn.GRU(2, 3, 3, dropout=1.0)))",
        "repr(nn.LSTM(2, 3, 2, dropout=0.5, bidirectional=True))",
        "[[tuple(w.shape) for w in ws] for ws in nn.LSTM(2, 3, 2, proj_size=1).all_weights]",
        "(lambda m, p: m(p)[1])(fill(nn.GRU(1, 2)), utils.rnn.pack_padded_sequence(T(3, 2, 1), [1, 3], enforce_sorted=False))",
        "(lambda m, p: m(p, T(1, 2, 2))[1])(fill(nn.GRU(1, 2)), utils.rnn.pack_padded_sequence(T(3, 2, 1), [1, 3], enforce_sorted=False))",
        "(lambda m, p: m(p, (T(1, 2, 2), T(1, 2, 2)))[1])(fill(nn.LSTM(1, 2)), utils.rnn.pack_padded_sequence(T(3, 2, 1), [1, 3], enforce_sorted=False))",
        "(lambda m, p: utils.rnn.pad_packed_sequence(m(p)[0], padding_value=5.0, total_length=4))(fill(nn.RNN(1, 2)), utils.rnn.pack_sequence([T(3, 1), T(2, 1)]))",
    ]
)

CASES: dict[str, list[str]] = {
    "Wishart": WISHART,
    "normal distributions of vectors": MATRICES,
    "distributions around others": UNDERLYING,
    **{f"transforms: {name}": cases for name, cases in TRANSFORMS.items()},
    "sets": SETS,
    "triangles": TRIANGLES,
    "rates at epochs": RATES,
    "optimizers": OPTIMIZERS,
    "functions of layers": LAYERS,
    "recurrent layers": CELLS,
}
