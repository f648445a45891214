"""Divergences between different distributions, transforms, and what the distributions' own records leave out.

Samples, densities and moments of each distribution are recorded in `tests/distributions`.
"""

A, B, C, E = "P(3)", "P(3, shift=0.9)", "P(3, shift=1.7) + 0.5", "P(3, shift=2.3) + 1.2"

# Two distributions of each family that has a divergence in closed form, with different parameters.
PAIRS = {
    "Bernoulli": (f"D.Bernoulli({A})", f"D.Bernoulli({B})"),
    "Beta": (f"D.Beta({A}, {C})", f"D.Beta({B}, {E})"),
    "Binomial": (f"D.Binomial(5, {A})", f"D.Binomial(5, {B})"),
    "Categorical": (f"D.Categorical({A})", f"D.Categorical({B})"),
    "Cauchy": (f"D.Cauchy({A}, {C})", f"D.Cauchy({B}, {E})"),
    "ContinuousBernoulli": (f"D.ContinuousBernoulli({A})", f"D.ContinuousBernoulli({B})"),
    "Dirichlet": (f"D.Dirichlet({A})", f"D.Dirichlet({E})"),
    "Exponential": (f"D.Exponential({A})", f"D.Exponential({E})"),
    "Gamma": (f"D.Gamma({A}, {C})", f"D.Gamma({B}, {E})"),
    "Geometric": (f"D.Geometric({A})", f"D.Geometric({B})"),
    "Gumbel": (f"D.Gumbel({A}, {C})", f"D.Gumbel({B}, {E})"),
    "HalfNormal": (f"D.HalfNormal({A})", f"D.HalfNormal({E})"),
    "Laplace": (f"D.Laplace({A}, {C})", f"D.Laplace({B}, {E})"),
    "LogNormal": (f"D.LogNormal({A}, {C})", f"D.LogNormal({B}, {E})"),
    "Normal": (f"D.Normal({A}, {C})", f"D.Normal({B}, {E})"),
    "OneHotCategorical": (f"D.OneHotCategorical({A})", f"D.OneHotCategorical({B})"),
    "Pareto": (f"D.Pareto({C}, {A})", f"D.Pareto({A} * 0.5, {E})"),
    "Poisson": (f"D.Poisson({A})", f"D.Poisson({E})"),
    "Uniform": (f"D.Uniform({A}, {A} + 1)", f"D.Uniform({A} - 0.5, {A} + 1.5)"),
    "Independent": (f"D.Independent(D.Normal({A}, {C}), 1)", f"D.Independent(D.Normal({B}, {E}), 1)"),
    "TransformedDistribution": (
        f"D.TransformedDistribution(D.Normal({A}, {C}), [D.ExpTransform()])",
        f"D.TransformedDistribution(D.Normal({B}, {E}), [D.ExpTransform()])",
    ),
    "HalfCauchy": (f"D.HalfCauchy({A})", f"D.HalfCauchy({A})"),
}

# Divergences between families that have one.
MIXED = [
    ("Beta", "ContinuousBernoulli"), ("Beta", "Exponential"), ("Beta", "Gamma"), ("Beta", "Normal"), ("Beta", "Pareto"),
    ("Beta", "Uniform"), ("Bernoulli", "Poisson"), ("ContinuousBernoulli", "Exponential"),
    ("ContinuousBernoulli", "Normal"), ("ContinuousBernoulli", "Pareto"), ("ContinuousBernoulli", "Uniform"),
    ("Exponential", "Beta"), ("Exponential", "ContinuousBernoulli"), ("Exponential", "Gamma"), ("Exponential", "Gumbel"),
    ("Exponential", "Normal"), ("Exponential", "Pareto"), ("Exponential", "Uniform"), ("Gamma", "Exponential"),
    ("Gamma", "Gumbel"), ("Gamma", "Normal"), ("Gamma", "Pareto"), ("Gamma", "Beta"), ("Gamma", "ContinuousBernoulli"),
    ("Gamma", "Uniform"), ("Gumbel", "Normal"), ("Gumbel", "Beta"), ("Gumbel", "Exponential"), ("Gumbel", "Pareto"),
    ("Laplace", "Normal"), ("Laplace", "Beta"), ("Laplace", "Exponential"), ("Laplace", "Gamma"), ("Normal", "Gumbel"),
    ("Normal", "Laplace"), ("Normal", "Beta"), ("Normal", "Exponential"), ("Normal", "Gamma"), ("Pareto", "Exponential"),
    ("Pareto", "Normal"), ("Pareto", "Gamma"), ("Pareto", "Beta"), ("Pareto", "Uniform"), ("Poisson", "Bernoulli"),
    ("Poisson", "Binomial"), ("Uniform", "Beta"), ("Uniform", "ContinuousBernoulli"), ("Uniform", "Exponential"),
    ("Uniform", "Gamma"), ("Uniform", "Gumbel"), ("Uniform", "Normal"), ("Uniform", "Pareto"),
]  # fmt: skip

X = "T(2, 3)"
TRANSFORMS = {
    "AbsTransform": [f"D.AbsTransform()({X})", "D.AbsTransform().inv(P(3))"],
    "AffineTransform": [
        f"warp(D.AffineTransform(1.5, -2.0), {X})",
        f"warp(D.AffineTransform(T(3), P(3), event_dim=1), {X})",
    ],
    "CatTransform": [f"warp(D.CatTransform([D.ExpTransform(), D.TanhTransform()], dim=1, lengths=[1, 2]), {X})"],
    "ComposeTransform": [
        f"warp(D.ComposeTransform([D.AffineTransform(0.5, 2.0), D.SigmoidTransform()]), {X})",
        "warp(D.ComposeTransform([D.ExpTransform(), D.PowerTransform(torch.tensor(2.0))]).inv, P(2, 3))",
    ],
    "CorrCholeskyTransform": [f"warp(D.CorrCholeskyTransform(), {X})"],
    "CumulativeDistributionTransform": [f"warp(D.CumulativeDistributionTransform(D.Normal(0.3, 1.2)), {X})"],
    "ExpTransform": [f"warp(D.ExpTransform(), {X})", "warp(D.ExpTransform(cache_size=1), T(2))"],
    "IndependentTransform": [f"warp(D.IndependentTransform(D.ExpTransform(), 1), {X})"],
    "LowerCholeskyTransform": ["warp(D.LowerCholeskyTransform(), T(3, 3))"],
    "PowerTransform": ["warp(D.PowerTransform(torch.tensor(1.7)), P(2, 3))"],
    "ReshapeTransform": ["warp(D.ReshapeTransform((2, 3), (6,)), T(4, 2, 3))"],
    "SigmoidTransform": [f"warp(D.SigmoidTransform(), {X})"],
    "SoftmaxTransform": [f"D.SoftmaxTransform()({X})", "D.SoftmaxTransform().inv(P(3))"],
    "SoftplusTransform": [f"warp(D.SoftplusTransform(), {X})"],
    "StackTransform": [f"warp(D.StackTransform([D.ExpTransform(), D.TanhTransform()], dim=0), {X})"],
    "StickBreakingTransform": [f"warp(D.StickBreakingTransform(), {X})"],
    "TanhTransform": [f"warp(D.TanhTransform(), {X})"],
    "Transform": [
        "[D.ExpTransform() == D.ExpTransform(), D.ExpTransform() == D.TanhTransform(), D.ExpTransform().sign]"
    ],
    "identity_transform": [f"D.identity_transform({X})"],
}

FAMILIES = [
    f"D.Bernoulli({A})", f"D.Beta({A}, {C})", f"D.Binomial(5, {A})", f"D.Categorical({A})", f"D.Cauchy({A}, {C})",
    f"D.Chi2({C})", f"D.ContinuousBernoulli({A})", f"D.Dirichlet({A})", f"D.Exponential({C})",
    f"D.FisherSnedecor({E} * 3, {E} * 5)", f"D.Gamma({A}, {C})", "D.GeneralizedPareto(P(3).float(), P(3).float(), P(3).float() * 0.3)",
    f"D.Geometric({A})", f"D.Gumbel({A}, {C})", f"D.HalfCauchy({C})", f"D.HalfNormal({C})", f"D.InverseGamma({E} + 2, {C})",
    f"D.Kumaraswamy({A}, {C})", "D.LKJCholesky(3, 1.5)", f"D.Laplace({A}, {C})", f"D.LogNormal({A}, {C})",
    f"D.LogisticNormal({A}, {C})", f"D.MixtureSameFamily(D.Categorical({A}), D.Normal({B}, {C}))",
    f"D.Multinomial(7, {A})", f"D.NegativeBinomial(5, {A})", f"D.Normal({A}, {C})", f"D.OneHotCategorical({A})",
    f"D.OneHotCategoricalStraightThrough({A})", f"D.Pareto({C}, {E} + 1.5)", f"D.Poisson({E})",
    f"D.RelaxedBernoulli(torch.tensor(0.7, dtype=torch.float64), {A})",
    f"D.RelaxedOneHotCategorical(torch.tensor(0.7, dtype=torch.float64), {A})", f"D.StudentT({C} * 3, {A}, {C})",
    "D.StudentT(torch.tensor([0.5, 1.0, 1.5, 2.5]))", f"D.Uniform({A}, {E})", f"D.VonMises({A}, {C})",
    f"D.Weibull({A}, {C})", "D.HalfCauchy(2.0)", "D.Cauchy(0.0, 1.0)",
]  # fmt: skip


def moments(make: str) -> str:
    """Moments, entropy and density of a distribution, and how it expands; "no" for what it does not have."""
    names = ["mean", "variance", "stddev", "mode"]
    parts = [f"attempt(lambda: {make}.{name})" for name in names] + [f"attempt(lambda: {make}.entropy())"]
    parts.append(f"seeded(lambda: {make}.log_prob({make}.sample((2,))))")
    parts.append(f"attempt(lambda: list(({make}).expand((2, *({make}).batch_shape)).batch_shape))")
    return f"[{', '.join(parts)}]"


CASES: dict[str, list[str]] = {f"D.{make.split('(')[0][2:]}": [] for make in FAMILIES}
for make in FAMILIES:
    CASES[f"D.{make.split('(')[0][2:]}"].append(moments(make))
for name, (p, q) in PAIRS.items():
    CASES.setdefault(f"D.{name}", []).extend([f"kl({p}, {q})", f"kl({q}, {p})"] if name != "HalfCauchy" else [])
CASES["D.kl_divergence"] = [f"kl({PAIRS[p][0]}, {PAIRS[q][1]})" for p, q in MIXED]
# Where one support lies inside the other, the divergence is finite.
INSIDE = "D.Uniform(P(3) * 0.4, P(3) * 0.4 + 0.5)"
CASES["D.kl_divergence"] += [
    f"kl({INSIDE}, {q})"
    for q in (
        PAIRS["ContinuousBernoulli"][1],
        PAIRS["Beta"][1],
        PAIRS["Gamma"][1],
        "D.Pareto(P(3) * 0.1, P(3))",
        "D.Uniform(torch.tensor(-0.5), torch.tensor(2.0))",
    )
] + [
    "kl(D.Exponential(P(3)), D.Gumbel(P(3), P(3) + 1))",
    "kl(D.Beta(P(3), P(3)), D.Uniform(torch.tensor(-0.5), torch.tensor(1.5)))",
]
CASES |= {f"D.{name}": snippets for name, snippets in TRANSFORMS.items()}
CASES |= {
    "D.biject_to": [
        f"[D.biject_to(c)(T(3)) for c in {cs}]"
        for cs in (
            "[D.constraints.real, D.constraints.positive, D.constraints.unit_interval, D.constraints.interval(-1, 3)]",
            "[D.constraints.greater_than(2.0), D.constraints.less_than(1.0), D.constraints.simplex]",
        )
    ],
    "D.transform_to": [
        "[D.transform_to(c)(T(3)) for c in [D.constraints.positive, D.constraints.simplex, D.constraints.unit_interval]]",
        "D.transform_to(D.constraints.lower_cholesky)(T(3, 3))",
    ],
    "D.register_kl": ["raised(lambda: D.register_kl(3, D.Normal)(lambda p, q: 0))"],
    "D.Distribution": [
        "[D.Normal(T(3), 1.0).batch_shape, D.Normal(T(3), 1.0).event_shape, D.Dirichlet(P(2, 3)).event_shape]",
        "raised(lambda: D.Normal(torch.zeros(1), -torch.ones(1)))",
        "D.Normal(torch.zeros(1), -torch.ones(1), validate_args=False).scale",
        "raised(lambda: D.Bernoulli(0.5).log_prob(torch.tensor(2.0)))",
        "D.Normal(0.0, 1.0).perplexity()",
    ],
    "D.ExponentialFamily": [
        f"D.ExponentialFamily.entropy({member})"
        for member in (
            "D.Gamma(P(3), P(3))",
            "D.Normal(T(3), P(3))",
            "D.Exponential(P(3))",
            "D.Bernoulli(P(3) / 3)",
            "D.ContinuousBernoulli(P(3) / 4)",
        )
    ],
    "D.MultivariateNormal": [
        "grads(lambda m, x: D.MultivariateNormal(m, x @ x.mT + torch.eye(3)).log_prob(P(2, 3).double()), T(3), T(3, 3))",
        "D.MultivariateNormal(T(2, 3), precision_matrix=T(3, 3).mT @ T(3, 3) + torch.eye(3)).entropy()",
    ],
    "D.LowRankMultivariateNormal": [
        "grads(lambda m, w: D.LowRankMultivariateNormal(m, w, P(3).double()).log_prob(P(2, 3).double()), T(3), T(3, 2))"
    ],
    "D.Wishart": [
        "D.Wishart(torch.tensor(5.0).double(), T(2, 2).mT @ T(2, 2) + torch.eye(2)).log_prob(torch.eye(2).double() * 3)"
    ],
    "D.PositiveDefiniteTransform": ["grads(D.transforms.PositiveDefiniteTransform(), T(3, 3))"],
    "D.constraint_registry": ["repr(D.constraint_registry.biject_to(D.constraints.positive))"],
}
