"""Distributions at the bounds of their parameters and supports, in batches, and what they refuse."""

from recorded.cases.distributions import MIXED, PAIRS


def numbers(*values: float) -> str:
    return f"torch.tensor({list(values)}, dtype=torch.float64)"


def in_batches(make: str, *shape: int) -> str:
    """The same distribution of a batch of parameters."""
    return make.replace("P(3", f"P({', '.join(map(str, shape))}")


GRID = "torch.tensor([[0.0], [0.4], [1.0]]).double()"
LINE = numbers(0.0, 0.4, 1.0)
SIMPLEX = "torch.tensor([[0.0, 0.4, 0.6], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]).double()"
UNIT = "D.Uniform(torch.tensor([0.0, -0.1, 0.0, 0.2, 0.1]).double(), torch.tensor([1.0, 1.0, 1.1, 0.9, 0.8]).double())"
INFINITE = [
    f"kl(D.Bernoulli({GRID}.expand(3, 3)), D.Bernoulli({LINE}.expand(3, 3)))",
    f"kl(D.Bernoulli({LINE}), D.Poisson(P(3)))",
    f"kl(D.Categorical({SIMPLEX}[:, None]), D.Categorical({SIMPLEX}))",
    f"kl(D.OneHotCategorical({SIMPLEX}[:, None]), D.OneHotCategorical({SIMPLEX}))",
    "kl(D.Binomial(torch.tensor([5, 4, 3]), P(3)), D.Binomial(3, P(3, shift=0.9)))",
    "raised(lambda: kl(D.Binomial(torch.tensor([5, 2]), P(2)), D.Binomial(3, P(2))))",
    f"kl(D.Uniform({numbers(0, 0, 0, 0.5)}, {numbers(1, 1, 1, 2)}), D.Uniform({numbers(0, 0.1, -0.1, 0.5)}, {numbers(1, 1, 0.9, 2)}))",
    f"kl(D.Pareto({numbers(1, 1, 1)}, {numbers(2, 2, 2)}), D.Pareto({numbers(1, 1.1, 0.9)}, {numbers(3, 3, 3)}))",
    f"kl(D.Beta(P(4), P(4) + 1), D.Uniform({numbers(0, 0.01, -0.1, 0)}, {numbers(1, 1, 1, 0.99)}))",
    f"kl(D.ContinuousBernoulli(P(4)), D.Uniform({numbers(-0.2, 0.01, -0.1, -0.2)}, {numbers(1.1, 1.2, 1.3, 0.99)}))",
    *(
        f"kl(D.Pareto({numbers(1, 2, 2, 0.5)}, {numbers(0.9, 1, 2, 2.1)}), {q})"
        for q in ("D.Exponential(P(4))", "D.Gamma(P(4), P(4) + 1)", "D.Normal(T(4), P(4))")
    ),
    *(
        f"kl({UNIT}, {q})"
        for q in (
            "D.Beta(P(5), P(5) + 1)",
            "D.Exponential(P(5))",
            "D.Gamma(P(5) + 0.5, P(5))",
            "D.Gumbel(T(5), P(5))",
            "D.Normal(T(5), P(5))",
            f"D.Pareto({numbers(0.05, 0.1, 0.1, 0.2, 0.1)}, P(5))",
        )
    ),
    f"kl(D.Uniform({numbers(0.1, -0.1, 0.2)}, {numbers(0.9, 0.8, 1.1)}), D.ContinuousBernoulli(P(3)))",
    "raised(lambda: kl(D.Independent(D.Normal(T(2, 3), P(2, 3)), 1), D.Independent(D.Normal(T(2, 3), P(2, 3)), 2)))",
    "raised(lambda: kl(D.TransformedDistribution(D.Normal(T(2), P(2)), [D.ExpTransform()]), D.TransformedDistribution(D.Normal(T(2), P(2)), [D.TanhTransform()])))",
    "raised(lambda: kl(D.Gamma(P(2), P(2)), D.Geometric(P(2))))",
    "raised(lambda: kl(D.Independent(D.Normal(T(2, 3), P(2, 3)), 1), D.Normal(T(2, 3), P(2, 3))))",
    "kl(D.Independent(D.Normal(T(2, 3, 2), P(2, 3, 2)), 2), D.Independent(D.Normal(T(2, 3, 2) + 1, P(2, 3, 2) * 2), 2))",
    *(
        f"raised(lambda: kl(D.MultivariateNormal(torch.zeros({n}), torch.eye({n})), D.MultivariateNormal(torch.zeros({m}), torch.eye({m}))))"
        for n, m in ((2, 3), (3, 2))
    ),
]

COVARIANCE = "(lambda a: a @ a.mT + 0.5 * torch.eye({n}).double())(T({shape}, shift={shift}))"


def full(shape: str, n: int, shift: float) -> str:
    wide = ", ".join([*filter(None, [shape]), str(n)])
    return (
        f"D.MultivariateNormal(T({wide}, shift={shift}), {COVARIANCE.format(n=n, shape=f'{wide}, {n}', shift=shift)})"
    )


def low_rank(shape: str, n: int, shift: float) -> str:
    wide = ", ".join([*filter(None, [shape]), str(n)])
    return (
        f"D.LowRankMultivariateNormal(T({wide}, shift={shift}), T({wide}, 2, shift={shift}), P({wide}, shift={shift}))"
    )


def wishart(shape: str, n: int, shift: float) -> str:
    wide = ", ".join([*filter(None, [shape]), str(n), str(n)])
    df = f"P({shape}, shift={shift}) + {n}" if shape else f"torch.tensor({n + 0.5 + shift}).double()"
    return f"D.Wishart({df}, {COVARIANCE.format(n=n, shape=wide, shift=shift)})"


MATRICES = [
    f"kl({p(of_p, 3, 0.7)}, {q(of_q, 3, 1.4)})"
    for p in (full, low_rank)
    for q in (full, low_rank)
    for of_p, of_q in (("", ""), ("2", ""), ("", "2"), ("2, 1", "4"))
]
MATRICES += [f"kl({wishart('', 2, 0.3)}, {wishart('', 2, 1.2)})"]
MATRICES += [f"kl({wishart('', 3, 0.3)}, {wishart('', 3, 1.2)})"]
MATRICES += [
    f"(lambda d: [d.log_prob({x}), d.entropy(), d.variance, d.mode, d.precision_matrix, d.scale_tril, d.covariance_matrix, d.expand((4, *d.batch_shape)).precision_matrix])({d})"
    for kind in (full, low_rank)
    for d, x in (
        (kind("", 3, 0.2), "T(3, shift=0.9)"),
        (kind("2", 3, 0.2), "T(4, 2, 3, shift=0.9)"),
        (kind("2, 2", 2, 0.2), "T(2, shift=0.9)"),
    )
]
MATRICES += [
    f"seeded(lambda: {kind(shape, 3, 0.2)}.rsample({sample}))"
    for kind in (full, low_rank)
    for shape, sample in (("", "()"), ("2", "(3,)"))
]
MATRICES += [
    f"(lambda d: [d.mean, d.mode, d.variance, d.entropy(), d.log_prob(d.mean + 0.1 * torch.eye({n})), d.expand((2, *d.batch_shape)).mean])({wishart(shape, n, 1.5)})"
    for shape, n in (("", 2), ("", 3), ("2", 2), ("3", 3))
]

BATCHES = [
    f"kl({in_batches(PAIRS[p][0], 2, 3)}, {in_batches(PAIRS[q][1], 2, 3)})"
    for p, q in [*((name, name) for name in PAIRS if name != "HalfCauchy"), *MIXED]
]

CONTINUOUS = numbers(0.0, 0.1, 0.4985, 0.499, 0.4995, 0.5, 0.501, 0.5015, 0.7, 1.0)
AT_BOUNDS = [
    *(
        f"D.ContinuousBernoulli({CONTINUOUS}{lims}).{what}"
        for lims in ("", ", lims=(0.3, 0.8)")
        for what in ("mean", "variance", "stddev", "entropy()", "logits", "log_prob(P(10))", "icdf(P(10))", "cdf(P(10))")
    ),
    *(f"D.ContinuousBernoulli({CONTINUOUS}).cdf(torch.tensor({x}).double())" for x in (0.0, 1.0)),
    f"D.ContinuousBernoulli({CONTINUOUS}, validate_args=False).cdf(T(10))",
    f"(lambda d: d._log_normalizer({numbers(-2, -0.001, -0.0005, 0.0, 0.0005, 0.001, 0.002, 1.5)}))(D.ContinuousBernoulli(P(3)))",
    "raised(lambda: D.ContinuousBernoulli(torch.tensor([1.1]), validate_args=True))",
    "raised(lambda: D.ContinuousBernoulli(torch.tensor([1.1])))",
    f"D.VonMises({numbers(0, 1, -1, 2, 0.5)}, {numbers(0.1, 1.0, 3.7, 3.75, 40.0)}).log_prob(T(5))",
    f"D.VonMises({numbers(0, 1, -1, 2, 0.5)}, {numbers(0.1, 1.0, 3.7, 3.75, 40.0)}).variance",
    "[getattr(D.VonMises(T(2), P(2)), n) for n in ('mean', 'mode')]",
    f"seeded(lambda: D.VonMises(T(3), {numbers(1e-6, 0.5, 9.0)}).sample((4,)))",
    *(
        f"attempt(lambda: D.{make}.{what})"
        for make, whats in {
            f"StudentT({numbers(0.5, 1, 1.5, 2, 2.5, 30)})": ("mean", "variance", "mode", "entropy()", "log_prob(T(6))"),
            f"FisherSnedecor({numbers(1, 2, 3, 4, 5)}, {numbers(2, 3, 4, 4.5, 6)})": ("mean", "mode", "variance", "log_prob(P(5))"),
            f"Pareto({numbers(1, 2, 1, 1)}, {numbers(0.5, 1, 2, 3)})": ("mean", "mode", "variance", "entropy()", "log_prob(P(4) + 2)", "cdf(P(4) + 2)"),
            f"InverseGamma({numbers(0.5, 1, 2, 2.5)}, P(4))": ("mean", "mode", "variance", "entropy()", "log_prob(P(4))"),
            f"Gamma({numbers(0.5, 1, 2)}, P(3))": ("mean", "mode", "variance", "entropy()", "log_prob(P(3))", "cdf(P(3))"),
            f"Beta({numbers(0.5, 1, 1, 2, 0.5)}, {numbers(0.5, 1, 2, 1, 3)})": ("mean", "mode", "variance", "entropy()", "log_prob(P(5))"),
            "Dirichlet(torch.tensor([[0.5, 0.7, 0.9], [1.0, 2.0, 3.0], [0.5, 1.0, 2.0], [0.5, 2.0, 0.7]]).double())": ("mean", "mode", "variance", "entropy()"),
            f"Kumaraswamy({numbers(0.5, 1, 1, 2, 3)}, {numbers(0.5, 1, 2, 1, 2)})": ("mean", "mode", "variance", "entropy()", "log_prob(P(5))"),
            f"Weibull(P(3), {numbers(0.5, 1, 3)})": ("mean", "mode", "variance", "entropy()", "log_prob(P(3))", "cdf(P(3))", "icdf(P(3))"),
            f"GeneralizedPareto({numbers(0, 1, -1, 0, 0.5)}, {numbers(1, 2, 1, 1, 0.5)}, {numbers(-0.5, 0, 0.3, 0.5, 1.5)})": ( "mode",  "entropy()",   "icdf(P(5))"),
            f"Geometric({numbers(0.2, 0.5, 1.0)})": ("mean", "mode", "variance", "entropy()", "log_prob(torch.tensor([0.0, 2.0, 0.0]).double())"),
            f"Binomial(torch.tensor([0, 3, 4, 5]), {numbers(0.5, 0.0, 1.0, 0.3)})": ("mean", "mode", "variance", "entropy()", "log_prob(torch.tensor([0, 0, 4, 2]).double())"),
            f"NegativeBinomial(torch.tensor([0.5, 1.0, 3.0]).double(), {numbers(0.0, 0.5, 0.9)})": ("mean", "mode", "variance", "log_prob(torch.tensor([0.0, 1.0, 4.0]).double())"),
            f"Poisson({numbers(0.0, 0.5, 3.0)})": ("mean", "mode", "variance", "log_prob(torch.tensor([0.0, 1.0, 4.0]).double())"),
            f"Bernoulli({numbers(0.0, 0.3, 0.5, 1.0)})": ("mean", "mode", "variance", "entropy()", "log_prob(torch.tensor([0.0, 1.0, 0.0, 1.0]).double())"),
            f"Categorical({SIMPLEX})": ("mean", "mode", "variance", "entropy()", "log_prob(torch.tensor([1, 0, 2]))", "log_prob(torch.tensor([[1, 0, 2], [0, 0, 0]]))", "param_shape", "_num_events"),
            f"OneHotCategorical({SIMPLEX})": ("mean", "mode", "variance", "entropy()", "log_prob(torch.eye(3).double())"),
            f"Multinomial(3, {SIMPLEX})": ("mean", "variance", "log_prob(torch.tensor([[0, 1, 2], [3, 0, 0], [1, 1, 1]]).double())", "entropy()"),
            "Cauchy(T(2), P(2))": ("mean", "mode", "variance", "entropy()", "cdf(T(2))", "icdf(P(2))"),
            "HalfCauchy(P(2))": ("mean", "mode", "variance", "entropy()", "cdf(P(2))", "icdf(P(2))"),
            "HalfNormal(P(2))": ("mean", "mode", "variance", "entropy()", "cdf(P(2))", "icdf(P(2))"),
            "Laplace(T(3), P(3))": ("mean", "mode", "variance", "stddev", "entropy()", "cdf(T(3, shift=0.2))", "icdf(P(3))"),
            "Gumbel(T(3), P(3))": ("mean", "mode", "variance", "stddev", "entropy()", "cdf(T(3, shift=0.2))", "icdf(P(3))"),
            "Uniform(T(3), T(3) + 1)": ("mean", "mode", "variance", "stddev", "entropy()", "cdf(T(3) + 0.3)", "icdf(P(3))"),
            "Exponential(P(3))": ("mean", "mode", "variance", "stddev", "entropy()", "cdf(P(3, shift=0.9))", "icdf(P(3))"),
            "Normal(T(3), P(3))": ("mean", "mode", "variance", "stddev", "entropy()", "cdf(T(3, shift=0.9))", "icdf(P(3))"),
            "LogNormal(T(3), P(3))": ("mean", "mode", "variance", "stddev", "entropy()", "cdf(P(3, shift=0.9))", "icdf(P(3))"),
            "Chi2(P(3) * 4)": ("mean", "mode", "variance", "df", "entropy()", "cdf(P(3, shift=0.9))"),
        }.items()
        for what in whats
    ),
    f"D.Uniform(torch.zeros(3), torch.ones(3), validate_args=False).log_prob({numbers(0.0, 1.0, 0.5)})",
    f"D.Uniform(torch.zeros(3), torch.ones(3), validate_args=False).cdf({numbers(-1, 2, 0.5)})",
    "D.Pareto(1.0, 2.0, validate_args=False).log_prob(torch.tensor([0.5, 1.0, 2.0]))",
    "D.Pareto(1.0, 2.0, validate_args=False).cdf(torch.tensor([0.5, 1.0, 2.0]))",
    "D.HalfNormal(1.0, validate_args=False).log_prob(torch.tensor([-1.0, 0.0, 1.0]))",
    "D.HalfCauchy(1.0, validate_args=False).log_prob(torch.tensor([-1.0, 0.0, 1.0]))",
    *(
        f"D.GeneralizedPareto(torch.tensor([0, 1, -1, 0, 0.5]), torch.tensor([1, 2, 1, 1, 0.5]), torch.tensor([-0.5, 0, 0.3, 0.5, 1.5])).{name}(P(5).float() + 1)"
        for name in ("log_prob", "cdf")
    ),
    "D.GeneralizedPareto(0.0, 1.0, -0.5, validate_args=False).log_prob(torch.tensor([-1.0, 0.0, 1.0, 2.0, 3.0]))",
    "D.GeneralizedPareto(0.0, 1.0, 0.5, validate_args=False).cdf(torch.tensor([-1.0, 0.0, 1.0, 2.0, 3.0]))",
    *(f"[r := D.LKJCholesky({n}, {c}), [r.log_prob(m) for m in [D.CorrCholeskyTransform()(T(2, {n * (n - 1) // 2}))]], r.event_shape, r.batch_shape][1]" for n in (2, 3, 5) for c in (0.5, 1.0, 3.0)),
    *(f"seeded(lambda: D.LKJCholesky({n}, {c}).sample((2,)))" for n in (2, 3, 4) for c in (0.5, "torch.tensor([1.0, 3.0])")),
    *(f"seeded(lambda: D.Wishart(torch.tensor({df}), torch.eye({n})).rsample((3,)).shape)" for n, df in ((2, 3.0), (3, 2.5))),
]  # fmt: skip

SAMPLES = [
    f"seeded(lambda: {make}.sample({shape}))"
    for make in (
        "D.Bernoulli(P(3))", "D.Beta(P(2), P(2) + 2)", "D.Binomial(5, P(3))", "D.Binomial(torch.tensor([3.0, 4.0]), P(2))",
        "D.Categorical(P(2, 4))", "D.Cauchy(T(2), P(2))", "D.Chi2(P(2) * 4)", "D.ContinuousBernoulli(P(3))",
        "D.Dirichlet(P(2, 3) + 1)", "D.Exponential(P(3))", "D.FisherSnedecor(P(2) + 4, P(2) + 5)", "D.Gamma(P(3), P(3))",
        "D.Geometric(P(3))", "D.Gumbel(T(2), P(2))", "D.HalfCauchy(P(2))", "D.HalfNormal(P(3))", "D.InverseGamma(P(2), P(2))",
        "D.Kumaraswamy(P(2), P(2) + 1)", "D.Laplace(T(2), P(2))", "D.LogNormal(T(2), P(2))", "D.LogisticNormal(T(2), P(2))",
        "D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Normal(T(2, 3), P(2, 3)))", "D.Multinomial(4, P(2, 3))",
        "D.NegativeBinomial(4, P(3))", "D.OneHotCategorical(P(2, 3))", "D.Pareto(P(2), P(2))", "D.Poisson(P(3) * 4)",
        "D.RelaxedBernoulli(torch.tensor(0.7).double(), P(2))", "D.RelaxedOneHotCategorical(torch.tensor(0.7).double(), P(3))",
        "D.StudentT(P(2) + 3, T(2), P(2))", "D.Uniform(T(2), T(2) + 1)", "D.VonMises(T(2), P(2))", "D.Weibull(P(2), P(2) + 1)",
        "D.GeneralizedPareto(T(2), P(2), P(2) * 0.4)", "D.GeneralizedPareto(0.0, 1.0, 0.0)",
        "D.Independent(D.Normal(T(2, 3), P(2, 3)), 1)",
        "D.TransformedDistribution(D.Normal(T(2), P(2)), [D.ExpTransform(), D.AffineTransform(1.0, 2.0)])",
    )
    for shape in ("()", "(2,)", "(1, 3)")
]  # fmt: skip

REFUSED = [
    f"said(lambda: {call}).split(' of ')[0].split('(')[0]"
    for call in (
        "D.Normal(T(2), P(2)).log_prob(T(3))",
        "D.Normal(T(2), P(2)).log_prob(3)",
        "D.Normal(T(2), P(2)).log_prob(T(2) * math.nan)",
        "D.Dirichlet(P(2, 3)).log_prob(P(3))",
        "D.Dirichlet(torch.tensor(0.5))",
        "D.Categorical(torch.tensor(0.5))",
        "D.Categorical(P(3)).log_prob(torch.tensor(3))",
        "D.Categorical(P(3), P(3))",
        "D.Categorical()",
        "D.Bernoulli(P(3), P(3))",
        "D.Bernoulli()",
        "D.Binomial(3)",
        "D.Geometric(torch.tensor(0.0))",
        "D.Geometric(P(2), P(2))",
        "D.NegativeBinomial(3)",
        "D.Multinomial(torch.tensor([3, 4]), P(2, 3))",
        "D.Multinomial(3, P(3)).log_prob(torch.tensor([1.0, 1.0, 0.0]))",
        "D.Independent(D.Normal(T(2), P(2)), 2)",
        "D.LKJCholesky(1)",
        "D.MultivariateNormal(torch.tensor(0.0), torch.eye(1))",
        "D.MultivariateNormal(T(2))",
        "D.MultivariateNormal(T(2), torch.eye(2), torch.eye(2))",
        "D.MultivariateNormal(T(2), T(2))",
        "D.MultivariateNormal(T(2), precision_matrix=T(2))",
        "D.LowRankMultivariateNormal(torch.tensor(0.0), T(1, 1), P(1))",
        "D.LowRankMultivariateNormal(T(2), T(2), P(2))",
        "D.LowRankMultivariateNormal(T(2), T(3, 1), P(2))",
        "D.LowRankMultivariateNormal(T(2), T(2, 1), P(3))",
        "D.Wishart(torch.tensor(3.0))",
        "D.Wishart(torch.tensor(0.5), torch.eye(2))",
        "D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(0.0, 1.0))",
        "D.MixtureSameFamily(D.Categorical(P(3)), 3)",
        "D.MixtureSameFamily(D.Categorical(P(3)), D.Normal(T(4), P(4)))",
        "D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Normal(T(4, 3), P(4, 3)))",
        "D.MixtureSameFamily(D.Categorical(P(3)), D.Normal(0.0, 1.0))",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), [3])",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), 3)",
        "D.TransformedDistribution(D.Normal(T(1), P(1)), D.AbsTransform()).cdf(P(1))",
        "D.Uniform(1.0, 0.0)",
        "D.Uniform(0.0, 1.0).icdf(torch.tensor(2.0))",
        "D.Poisson(torch.tensor(-1.0))",
        "D.Beta('a', 1.0)",
        "D.Distribution((2,)).sample()",
        "D.Distribution((2,)).log_prob(T(2))",
        "D.Distribution((2,), validate_args=False).mean",
        "D.Distribution((2,)).entropy()",
        "D.Distribution((2,)).expand((2,))",
        "D.CatTransform([3])",
        "D.StackTransform([3])",
        "D.ComposeTransform([D.ExpTransform(), 3])(T(2))",
        "D.ReshapeTransform((2, 3), (5,))",
        "D.ReshapeTransform((2, 3), (6,))(T(3, 2))",
        "D.IndependentTransform(D.ExpTransform(), 1)(torch.tensor(1.0))",
        "D.IndependentTransform(D.ExpTransform(), 1).inv(torch.tensor(1.0))",
        "D.CorrCholeskyTransform().forward_shape((2,))",
        "D.CorrCholeskyTransform().inverse_shape((2, 3))",
        "D.CorrCholeskyTransform().inverse_shape((2,))",
        "D.LowerCholeskyTransform().forward_shape((2,))",
        "D.StickBreakingTransform().forward_shape(())",
        "D.ReshapeTransform((2, 3), (6,)).forward_shape((3,))",
        "D.ReshapeTransform((2, 3), (6,)).forward_shape((3, 2))",
        "D.SoftmaxTransform().forward_shape(())",
        "D.Transform(cache_size=2)",
        "D.AffineTransform(0.0, 1.0, cache_size=3)",
        "D.CumulativeDistributionTransform(D.Normal(0.0, 1.0)).with_cache(4)",
        "D.biject_to(D.constraints.dependent)",
        "D.biject_to(3)",
        "D.constraint_registry.ConstraintRegistry().register(3, lambda c: c)",
        "D.constraints.independent(D.constraints.real, -1)",
        "D.constraints.independent(3, 1)",
        "D.constraints.independent(D.constraints.real, 2).check(T(2))",
        "D.constraints.dependent.check(T(2))",
        "D.constraints.dependent.is_discrete",
        "D.constraints.dependent.event_dim",
        "D.constraints.cat([3])",
        "D.constraints.cat([D.constraints.real], lengths=[1, 2])",
        "D.constraints.cat([D.constraints.real], 2).check(T(2))",
        "D.constraints.stack([3])",
        "D.constraints.stack([D.constraints.real], 2).check(T(2))",
        "D.utils.broadcast_all('a')",
    )
]

SETS = [
    f"D.constraints.{name}.check(torch.tensor({values}))"
    for name, values in (
        ("cat([D.constraints.positive, D.constraints.boolean], -1, [2, 1])", [[1.0, -1.0, 0.5], [0.0, 1.0, 1.0]]),
        ("cat([D.constraints.positive, D.constraints.boolean], 1, [1, 2])", [[1.0, -1.0, 0.5], [0.0, 1.0, 1.0]]),
        ("stack([D.constraints.positive, D.constraints.boolean], 1)", [[1.0, -1.0], [0.0, 1.0]]),
        ("stack([D.constraints.positive, D.constraints.boolean], -1)", [[1.0, -1.0], [0.0, 1.0]]),
        ("independent(D.constraints.boolean, 2)", [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.5], [0.0, 1.0]]]),
        ("independent(D.constraints.boolean, 0)", [[1.0, 0.5], [0.0, 1.0]]),
        ("integer_interval(1, 3)", [0.0, 1.0, 2.5, 3.0, 3.5, 4.0]),
        ("integer_interval(1, 3)", [0, 1, 2, 3, 4]),
        ("multinomial(3)", [[1.0, 2.0], [1.0, 3.0], [-1.0, 4.0], [0.0, 0.0]]),
        ("simplex", [[0.0, 1.0], [0.5, 0.500002], [0.5, 0.4999], [0.0, 0.0]]),
        ("one_hot", [[0, 1], [1, 1], [0, 0], [2, -1]]),
        ("corr_cholesky", [[[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [0.6, -0.8]], [[1.0, 0.1], [0.6, 0.8]]]),
        ("corr_cholesky", [[[1.0, 0.0], [0.6, 0.800002]], [[1.0, 0.0], [0.6, 0.80001]]]),
        ("lower_cholesky", [[[1.0, 0.0], [0.6, 0.8]], [[0.0, 0.0], [0.6, 0.8]], [[1.0, 0.1], [0.6, 0.8]]]),
        ("symmetric", [[[1.0, 0.0], [0.0, 0.8]], [[0.0, 1e-7], [0.0, 0.8]], [[1.0, 1e-4], [0.0, 0.8]]]),
        ("symmetric", [[[1.0, 0.0]], [[0.0, 0.8]]]),
        ("positive_definite", [[[1.0, 0.0], [0.0, 0.8]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]]),
        ("positive_semidefinite", [[[1.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [2.0, 1.0]]]),
        ("positive_definite", [[[1.0, 0.0]], [[0.0, 0.8]]]),
        ("real", [1.0, 1e30, -1.0]),
        ("real_vector", [[1.0, 2.0], [1.0, 1.0]]),
        ("nonnegative", [0.0, -0.0, -1e-9]),
        ("less_than(1.0)", [1.0, 0.999, 2.0]),
        ("positive_integer", [1.0, 2.0, 0.0, 1.5]),
        ("MixtureSameFamilyConstraint(D.constraints.positive)", [[1.0, -2.0], [1.0, 1.0]]),
        ("MixtureSameFamilyConstraint(D.constraints.simplex)", [[1.0, -2.0], [1.0, 0.0]]),
    )
]
SETS += [
    f"[repr({c}), {c}.event_dim, {c}.is_discrete]"
    for c in (
        *(
            f"D.constraints.{name}"
            for name in (
                "boolean", "one_hot", "nonnegative_integer", "positive_integer", "real", "real_vector", "positive",
                "nonnegative", "unit_interval", "simplex", "lower_triangular", "lower_cholesky", "corr_cholesky", "square",
                "symmetric", "positive_definite", "positive_semidefinite", "greater_than(1)", "greater_than_eq(2)",
                "less_than(3)", "interval(1, 2)", "half_open_interval(1, 2)", "integer_interval(1, 2)", "multinomial(3)",
                "cat([D.constraints.simplex, D.constraints.boolean])", "stack([D.constraints.simplex], 0)",
                "stack([D.constraints.simplex, D.constraints.simplex], -1)", "stack([D.constraints.real], -1)",
                "independent(D.constraints.simplex, 2)", "MixtureSameFamilyConstraint(D.constraints.simplex)",
            )
        ),
        "D.constraints.dependent(event_dim=2, is_discrete=True)",
        "D.constraints.dependent(event_dim=2)(is_discrete=False)",
        "D.constraints.dependent(is_discrete=True)(event_dim=0)",
    )
]  # fmt: skip

TRIANGLES = [
    f"D.utils.vec_to_tril_matrix(T({shape}), {d})"
    for shape, d in (
        ("3", 0),
        ("2, 6", 0),
        ("10", 0),
        ("1", -1),
        ("3", -1),
        ("6", -1),
        ("2, 1", -2),
        ("3", -2),
        ("1", 0),
    )
]
TRIANGLES += [
    f"D.utils.{call}"
    for call in (
        "clamp_probs(torch.tensor([0.0, 0.5, 1.0]))",
        "clamp_probs(torch.tensor([0.0, 0.5, 1.0]).double())",
        "probs_to_logits(torch.tensor([0.0, 0.5, 1.0]).double())",
        "probs_to_logits(torch.tensor([0.0, 0.5, 1.0]).double(), is_binary=True)",
        "logits_to_probs(T(2, 3))",
        "logits_to_probs(T(2, 3), True)",
        "broadcast_all(1, 2.0)",
        "broadcast_all(T(2, 1), P(3), 4)",
        "broadcast_all(torch.tensor([1, 2]), 2.7)",
        "tril_matrix_to_vec(T(2, 3, 3), -1)",
        "tril_matrix_to_vec(T(3, 3), 0)",
    )
]

CASES: dict[str, list[str]] = {
    "divergences that are infinite": INFINITE,
    "divergences in batches": BATCHES,
    "matrices": MATRICES,
    "bounds of parameters": AT_BOUNDS,
    "samples": SAMPLES,
    "refusals": REFUSED,
    "sets": SETS,
    "triangles": TRIANGLES,
}
