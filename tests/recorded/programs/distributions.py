"""Distributions: what all of them answer, how they are checked, expanded and combined, and transforms between them."""

from typing import Any

NORMAL = "D.Normal(T(3), P(3))"
MAKERS = [
    "D.Bernoulli(P(3))",
    "D.Bernoulli(logits=T(2, 2))",
    "D.Beta(P(2) + 1, P(2) + 2)",
    "D.Binomial(5, P(3))",
    "D.Binomial(torch.tensor([3.0, 4.0]).double(), logits=T(2))",
    "D.Categorical(P(2, 4))",
    "D.Categorical(logits=T(3))",
    "D.Cauchy(T(2), P(2))",
    "D.Chi2(P(2) * 4)",
    "D.ContinuousBernoulli(P(3))",
    "D.Dirichlet(P(2, 3) + 1)",
    "D.Exponential(P(3))",
    "D.FisherSnedecor(P(2) + 4, P(2) + 5)",
    "D.Gamma(P(3), P(3))",
    "D.GeneralizedPareto(T(2).float(), P(2).float(), P(2).float() * 0.4)",
    "D.Geometric(P(3))",
    "D.Gumbel(T(2), P(2))",
    "D.HalfCauchy(P(2))",
    "D.HalfNormal(P(3))",
    "D.Independent(D.Normal(T(2, 3), P(2, 3)), 1)",
    "D.InverseGamma(P(2) + 3, P(2))",
    "D.Kumaraswamy(P(2) + 1, P(2) + 1)",
    "D.Laplace(T(2), P(2))",
    "D.LogNormal(T(2), P(2))",
    "D.LogisticNormal(T(2), P(2))",
    "D.LowRankMultivariateNormal(T(3), T(3, 1), P(3))",
    "D.MixtureSameFamily(D.Categorical(P(3)), D.Normal(T(3), P(3)))",
    "D.Multinomial(4, P(3))",
    "D.MultivariateNormal(T(2), torch.tensor([[2.0, 0.3], [0.3, 1.0]]).double())",
    "D.NegativeBinomial(4, P(3))",
    NORMAL,
    "D.OneHotCategorical(P(2, 3))",
    "D.OneHotCategoricalStraightThrough(P(3))",
    "D.Pareto(P(2), P(2) + 3)",
    "D.Poisson(P(3) * 4)",
    "D.RelaxedBernoulli(torch.tensor(0.7).double(), P(2))",
    "D.RelaxedOneHotCategorical(torch.tensor(0.7).double(), P(3))",
    "D.StudentT(P(2) + 3, T(2), P(2))",
    "D.TransformedDistribution(D.Normal(T(2), P(2)), [D.ExpTransform(), D.AffineTransform(1.0, 2.0)])",
    "D.Uniform(T(2), T(2) + 1)",
    "D.VonMises(T(2), P(2))",
    "D.Weibull(P(2) + 1, P(2) + 1)",
    "D.Wishart(torch.tensor(3.0).double(), torch.eye(2).double())",
]


def _made(s: Any, text: str) -> Any:
    return eval(text, {"D": s.D, "T": s.T, "P": s.P, "torch": s.torch})


def _asked(s: Any, question: Any) -> list[Any]:
    """The answer of each distribution; the class of the exception where it has none."""
    answers = []
    for text in MAKERS:
        made = _made(s, text)
        try:
            answers.append(question(made))
        except (NotImplementedError, ValueError, IndexError) as error:
            answers.append([text, type(error).__name__])
    return answers


def shapes(s: Any) -> Any:
    return _asked(
        s, lambda d: [list(d.batch_shape), list(d.event_shape), list(d._extended_shape(s.torch.Size([5]))), repr(d)]
    )


def moments(s: Any) -> Any:
    return [_asked(s, lambda d, name=name: getattr(d, name)) for name in ("mean", "variance", "stddev", "mode")]


def entropies(s: Any) -> Any:
    return [_asked(s, lambda d: d.entropy()), _asked(s, lambda d: d.perplexity())]


def supports(s: Any) -> Any:
    def described(d: Any) -> Any:
        support = d.support
        return [
            repr(support).split("(")[0],
            support.is_discrete,
            support.event_dim,
            d.has_rsample,
            d.has_enumerate_support,
        ]

    values = _asked(s, lambda d: d.enumerate_support())
    narrow = _asked(s, lambda d: d.enumerate_support(expand=False))
    return [_asked(s, described), values, narrow]


def parameters(s: Any) -> Any:
    def described(d: Any) -> Any:
        return [[name, repr(c), c.is_discrete, c.event_dim] for name, c in sorted(d.arg_constraints.items())]

    return _asked(s, described)


def log_probabilities(s: Any) -> Any:
    """At points of the support, and how they change with the point."""

    def point(d: Any) -> Any:
        shape = d._extended_shape()
        noise = s.T(*shape).clone()
        if d.support.is_discrete:
            return d.enumerate_support()[1] if d.has_enumerate_support else s.torch.ones(shape).double()
        return s.D.biject_to(d.support)(s.T(*s.D.biject_to(d.support).inverse_shape(shape)) if noise.numel() else noise)

    def asked(d: Any) -> Any:
        x = point(d).requires_grad_() if not d.support.is_discrete else point(d)
        p = d.log_prob(x)
        return [p.detach(), s.torch.autograd.grad(p.sum(), x)[0] if p.requires_grad else None]

    return _asked(s, asked)


def cumulative(s: Any) -> Any:
    def asked(d: Any) -> Any:
        x = d.support.lower_bound + 0.4 if hasattr(d.support, "lower_bound") else s.T(*d.batch_shape) * 0.5
        return d.cdf(x if isinstance(x, s.torch.Tensor) else s.torch.tensor(x).double())

    return [_asked(s, asked), _asked(s, lambda d: d.icdf(s.P(*d.batch_shape)))]


def expanded(s: Any) -> Any:
    def asked(d: Any) -> Any:
        wide = d.expand((4, *d.batch_shape))
        again = wide.expand(s.torch.Size([2, 4, *d.batch_shape]))
        return [type(wide).__name__, list(wide.batch_shape), list(again.batch_shape), wide.mean, wide._validate_args]

    refused = s.raised(lambda: _made(s, NORMAL).expand((2,)))
    return [_asked(s, asked), refused]


def samples(s: Any) -> Any:
    """Shapes and dtypes of samples, and whether gradients go through them."""

    def asked(d: Any) -> Any:
        s.torch.manual_seed(1)
        x = d.sample((2, 3))
        one = d.sample()
        inside = bool(d.support.check(x).all())
        return [list(x.shape), str(x.dtype), list(one.shape), x.requires_grad, inside, list(d.sample_n(2).shape)]

    return _asked(s, asked)


def reparametrized_samples(s: Any) -> Any:
    answers = []
    for text in (
        "D.Normal(p, 0.5)",
        "D.Laplace(p, 1.0)",
        "D.Uniform(p, p + 1)",
        "D.Gumbel(p, 2.0)",
        "D.Cauchy(p, 1.0)",
        "D.LogNormal(p, 1.0)",
    ):
        p = s.T(3).requires_grad_()
        d = eval(text, {"D": s.D, "p": p})
        s.torch.manual_seed(4)
        x = d.rsample((2,))
        (g,) = s.torch.autograd.grad(x.sum(), p)
        answers.append(
            [text, list(x.shape), (g * 0 if text.startswith("D.LogNormal") else g), d.sample().requires_grad]
        )
    return answers


def checks_of_parameters(s: Any) -> Any:
    bad = [
        "D.Normal(T(2), -P(2))",
        "D.Normal(torch.tensor(float('nan')), 1.0)",
        "D.Bernoulli(P(2) + 1)",
        "D.Bernoulli(P(2), logits=T(2))",
        "D.Bernoulli()",
        "D.Categorical(-P(3))",
        "D.Categorical(torch.tensor(0.5))",
        "D.Categorical(P(2), logits=T(2))",
        "D.Uniform(T(2), T(2))",
        "D.Uniform(T(2) + 1, T(2))",
        "D.Binomial(-1, P(2))",
        "D.Binomial(2)",
        "D.Gamma(-P(2), P(2))",
        "D.Dirichlet(torch.tensor(1.0))",
        "D.Dirichlet(-P(3))",
        "D.Multinomial(torch.tensor([2]), P(3))",
        "D.Multinomial(-1, P(3))",
        "D.MultivariateNormal(T(2), T(2, 2))",
        "D.MultivariateNormal(T(2))",
        "D.MultivariateNormal(torch.tensor(1.0), T(2, 2))",
        "D.MultivariateNormal(T(2), torch.tensor(1.0))",
        "D.LowRankMultivariateNormal(torch.tensor(1.0), T(2, 1), P(2))",
        "D.LowRankMultivariateNormal(T(2), T(2), P(2))",
        "D.LowRankMultivariateNormal(T(2), T(3, 1), P(2))",
        "D.LowRankMultivariateNormal(T(2), T(2, 1), P(3))",
        "D.Independent(D.Normal(T(2), P(2)), 2)",
        "D.MixtureSameFamily(D.Categorical(P(3)), D.Normal(T(2), P(2)))",
        "D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(T(2), P(2)))",
        "D.MixtureSameFamily(D.Categorical(P(3)), 3)",
        "D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Normal(T(4, 3), P(4, 3)))",
        "D.LKJCholesky(1)",
        "D.LKJCholesky(2, -1.0)",
        "D.Wishart(torch.tensor(0.5).double(), torch.eye(2).double())",
        "D.Wishart(torch.tensor(3.0).double())",
        "D.Wishart(torch.tensor(3.0).double(), torch.tensor(1.0))",
        "D.NegativeBinomial(-1, P(2))",
        "D.Geometric(torch.tensor(0.0))",
        "D.Geometric()",
        "D.Poisson(-P(2))",
        "D.HalfNormal(-1.0)",
        "D.Pareto(1.0, -1.0)",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), 3)",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), [3])",
        "D.TransformedDistribution(D.Normal(torch.tensor(0.0), torch.tensor(1.0)), D.StickBreakingTransform())",
    ]
    first = [[text, s.raised(lambda t=text: _made(s, t))] for text in bad]
    unchecked = _made(s, "D.Normal(T(2), P(2), validate_args=False)")
    texts = [s.said(lambda t=t: _made(s, t)).split(",")[0] for t in bad[:2] + bad[25:26] + bad[30:32]]
    return [first, texts, unchecked._validate_args, s.raised(lambda: s.D.Distribution.set_default_validate_args(3))]


def checks_of_values(s: Any) -> Any:
    cases = [
        (NORMAL, "T(4)"),
        (NORMAL, "T(2, 3)"),
        (NORMAL, "torch.tensor([1.0, float('nan'), 0.0])"),
        (NORMAL, "1.0"),
        ("D.Bernoulli(P(3))", "torch.tensor([0.0, 0.5, 1.0])"),
        ("D.Exponential(P(2))", "torch.tensor([-1.0, 1.0])"),
        ("D.Uniform(T(2), T(2) + 1)", "T(2) + 1"),
        ("D.Uniform(T(2), T(2) + 1)", "T(2) + 1.01"),
        ("D.Uniform(T(2), T(2) + 1)", "T(2)"),
        ("D.Categorical(P(3))", "torch.tensor(3)"),
        ("D.Categorical(P(3))", "torch.tensor([0, 2])"),
        ("D.Categorical(P(3))", "torch.tensor([-1])"),
        ("D.Multinomial(2, P(3))", "torch.tensor([1.0, 1.0, 0.0])"),
        ("D.Multinomial(2, P(3))", "torch.tensor([1.0, 1.0, 1.0])"),
        ("D.OneHotCategorical(P(3))", "torch.tensor([0.0, 1.0, 0.0])"),
        ("D.OneHotCategorical(P(3))", "torch.tensor([1.0, 1.0, 0.0])"),
        ("D.Dirichlet(P(3))", "torch.tensor([0.2, 0.3, 0.5])"),
        ("D.Dirichlet(P(3))", "torch.tensor([0.2, 0.3, 0.6])"),
        ("D.Poisson(P(2))", "torch.tensor([1.0, 2.5])"),
        ("D.Binomial(3, P(2))", "torch.tensor([3.0, 4.0])"),
        ("D.MultivariateNormal(T(2), torch.eye(2).double())", "T(3)"),
        ("D.LKJCholesky(2)", "torch.eye(2)"),
        ("D.LKJCholesky(2)", "torch.ones(2, 2)"),
    ]
    names = {"D": s.D, "T": s.T, "P": s.P, "torch": s.torch}
    return [
        [text, value, s.raised(lambda t=text, v=value: _made(s, t).log_prob(eval(v, names)))] for text, value in cases
    ]


def divergences(s: Any) -> Any:
    """Of every pair of kinds with a rule, both ways."""
    rules = sorted(s.D.kl._KL_REGISTRY, key=lambda pair: (pair[0].__name__, pair[1].__name__))
    by_name: dict[str, list[str]] = {}
    for text in MAKERS:
        by_name.setdefault(text.partition(".")[2].partition("(")[0], []).append(text)
    answers = []
    for left, right in rules:
        if left is s.D.Wishart:
            continue
        for p in by_name.get(left.__name__, [])[:1]:
            for q in by_name.get(right.__name__, [])[-1:]:
                try:
                    answers.append([p, q, s.D.kl_divergence(_made(s, p), _made(s, q))])
                except (NotImplementedError, ValueError, RuntimeError) as error:
                    answers.append([p, q, type(error).__name__])
    none = s.said(lambda: s.D.kl_divergence(_made(s, NORMAL), _made(s, "D.Bernoulli(P(3))"))).split(":")[0]
    return [answers, none]


def rules_of_divergence(s: Any) -> Any:
    class Mine(s.D.Normal):
        pass

    class Other(Mine):
        pass

    register = s.D.register_kl
    plain = s.D.kl_divergence(Mine(0.0, 1.0), Other(1.0, 2.0))
    register(Mine, s.D.Normal)(lambda p, q: "by the left")
    left = s.D.kl_divergence(Other(0.0, 1.0), s.D.Normal(0.0, 1.0))
    register(Mine, Mine)(lambda p, q: "by both")
    both = s.D.kl_divergence(Other(0.0, 1.0), Other(0.0, 1.0))
    refused = [s.raised(lambda: register(3, Mine)), s.raised(lambda: register(Mine, 3))]
    for pair in ((Mine, s.D.Normal), (Mine, Mine)):
        del s.D.kl._KL_REGISTRY[pair]
    getattr(s.D.kl, "_KL_MEMOIZE", {}).clear()
    return [plain, left, both, refused]


CONSTRAINTS = [
    "boolean",
    "cat([C.positive, C.unit_interval], 0, [1, 1])",
    "corr_cholesky",
    "greater_than(1.0)",
    "greater_than_eq(1.0)",
    "half_open_interval(0.0, 1.0)",
    "independent(C.positive, 1)",
    "integer_interval(0, 2)",
    "interval(0.0, 1.0)",
    "less_than(1.0)",
    "lower_cholesky",
    "lower_triangular",
    "multinomial(2)",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack([C.positive, C.real], 0)",
    "symmetric",
    "unit_interval",
]


def constraints(s: Any) -> Any:
    """Which of some values fulfil each constraint; how it is called and what shape it is about."""
    C, torch = s.D.constraints, s.torch
    edges = torch.tensor([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, float("nan"), float("inf")])
    pairs = torch.tensor([[0.0, 1.0], [1.0, 1.0], [0.5, 0.5], [1.0, 0.0], [-1.0, 2.0], [0.0, 0.0], [2.0, 0.0]])
    matrices = torch.tensor(
        [
            [[1.0, 0.0], [0.0, 1.0]],
            [[1.0, 0.5], [0.5, 1.0]],
            [[1.0, 2.0], [2.0, 1.0]],
            [[1.0, 0.0], [0.6, 0.8]],
            [[0.0, 0.0], [0.0, 0.0]],
            [[1.0, 3.0], [0.0, 1.0]],
        ]
    )
    answers = []
    for text in CONSTRAINTS:
        c = eval(f"C.{text}", {"C": C})
        values = {0: edges, 1: pairs, 2: matrices}[c.event_dim] if not text.startswith(("cat", "stack")) else pairs[:2]
        try:
            fulfilled = c.check(values)
        except Exception as error:
            fulfilled = type(error).__name__
        answers.append([text, repr(c), c.is_discrete, c.event_dim, fulfilled])
    dependent = [
        C.is_dependent(C.dependent),
        C.is_dependent(C.real),
        s.raised(lambda: C.dependent.check(edges)),
        repr(C.dependent),
    ]
    mixed = C.dependent_property(is_discrete=True, event_dim=1)
    return [
        answers,
        dependent,
        mixed.is_discrete,
        mixed.event_dim,
        s.raised(lambda: C.dependent.event_dim),
        s.raised(lambda: C.dependent.is_discrete),
    ]


def maps_to_constraints(s: Any) -> Any:
    C, answers = s.D.constraints, []
    for text in CONSTRAINTS:
        c = eval(f"C.{text}", {"C": C})
        for registry in (s.D.biject_to, s.D.transform_to):
            if registry is s.D.biject_to and text == "lower_cholesky":
                continue
            try:
                transform = registry(c)
            except NotImplementedError:
                answers.append([text, "none"])
                continue
            shape = (3, 3) if c.event_dim == 2 and "chol" not in text else (3,)
            try:
                x = s.T(2, *shape)
                y = transform(x)
                answers.append(
                    [
                        text,
                        repr(transform)[:60],
                        y,
                        bool(c.check(y).all()),
                        transform.inv(y) if transform.bijective else None,
                    ]
                )
            except Exception as error:
                answers.append([text, type(error).__name__])
    refused = s.raised(lambda: s.D.biject_to.register(3))
    return [answers, refused, s.said(lambda: s.D.biject_to(C.boolean)).split(".")[0]]


def transforms(s: Any) -> Any:
    made = [
        "ExpTransform()",
        "AbsTransform()",
        "SigmoidTransform()",
        "SoftplusTransform()",
        "TanhTransform()",
        "SoftmaxTransform()",
        "StickBreakingTransform()",
        "LowerCholeskyTransform()",
        "CorrCholeskyTransform()",
        "PositiveDefiniteTransform()",
        "PowerTransform(torch.tensor(2.0))",
        "AffineTransform(1.0, -2.0)",
        "AffineTransform(T(3), P(3), event_dim=1)",
        "CatTransform([D.ExpTransform(), D.identity_transform], -1, [1, 2])",
        "StackTransform([D.ExpTransform(), D.TanhTransform(), D.AffineTransform(0, 2)], -1)",
        "ComposeTransform([D.AffineTransform(1, 2), D.SigmoidTransform()])",
        "IndependentTransform(D.ExpTransform(), 1)",
        "ReshapeTransform((3,), (1, 3))",
        "CumulativeDistributionTransform(D.Normal(0.0, 1.0))",
    ]
    answers = []
    for text in made:
        t = eval(f"D.{text}", {"D": s.D, "torch": s.torch, "T": s.T, "P": s.P})
        x = s.T(3, 3) if "Definite" in text or text.startswith("LowerCh") else s.P(2, 3)
        y = t(x)
        said = [
            repr(t)[:40],
            t.bijective,
            t.domain.event_dim,
            t.codomain.event_dim,
            list(t.forward_shape((2, 3, 3))),
            t.inv.inv is t,
        ]
        try:
            jacobian = t.log_abs_det_jacobian(x, y)
        except NotImplementedError:
            jacobian = "none"
        back = s.attempt(lambda t=t, y=y: t.inv(y))
        sign = s.attempt(lambda t=t: t.sign)
        answers.append([text, said, y, jacobian, back, sign, t == t, t == s.D.ExpTransform(), t.inv == t.inv])
    return answers


def transforms_refused(s: Any) -> Any:
    D = s.D
    return [
        s.raised(lambda: D.ReshapeTransform((2, 3), (5,))),
        s.raised(lambda: D.ReshapeTransform((2, 3), (6,)).forward_shape((2, 2))),
        s.raised(lambda: D.ReshapeTransform((2, 3), (6,)).inverse_shape((2,))),
        s.raised(lambda: D.ReshapeTransform((2, 3), (6,)).forward_shape((3,))),
        s.raised(lambda: D.IndependentTransform(D.ExpTransform(), 1)(s.T(1)[0])),
        s.raised(lambda: D.ExpTransform().with_cache(2)),
        s.raised(lambda: D.ExpTransform(cache_size=5)),
        s.raised(lambda: D.ComposeTransform([D.StickBreakingTransform()]).forward_shape(())),
        s.raised(lambda: D.StickBreakingTransform().inverse_shape(())),
        s.raised(lambda: D.CorrCholeskyTransform().forward_shape((2,))),
        s.raised(lambda: D.CorrCholeskyTransform().inverse_shape((2, 3))),
        s.raised(lambda: D.LowerCholeskyTransform().forward_shape((2,))),
        s.raised(lambda: D.CatTransform([3])),
        s.raised(lambda: D.StackTransform([3])),
        s.raised(lambda: D.CatTransform([D.ExpTransform()], lengths=[1, 2])),
        s.raised(lambda: D.AbsTransform().sign),
        s.raised(lambda: D.SoftmaxTransform().forward_shape(())),
        s.raised(lambda: D.Transform().inv(s.T(2))),
    ]


def caches(s: Any) -> Any:
    """With a cache of one, what was just computed is not computed again."""
    calls: list[str] = []

    class Counting(s.D.Transform):
        domain = codomain = s.D.constraints.real
        bijective = True

        def _call(self, x: Any) -> Any:
            calls.append("call")
            return x * 2

        def _inverse(self, y: Any) -> Any:
            calls.append("inverse")
            return y / 2

    answers = []
    for size in (0, 1):
        calls.clear()
        t = Counting(cache_size=size)
        x = s.T(2)
        y = t(x)
        t(x), t.inv(y), t.inv(y), t.inv(y.clone()), t(s.T(2))
        answers.append([list(calls), t.inv(t(x)) is x])
    return answers


def families(s: Any) -> Any:
    """Natural parameters, log-normalizers and entropies by them of exponential families."""
    answers = []
    for text in MAKERS:
        d = _made(s, text)
        if isinstance(d, s.D.ExponentialFamily):
            try:
                natural = d._natural_params
                answers.append([text, list(natural), d._log_normalizer(*natural)])
            except NotImplementedError:
                answers.append([text, "none"])
    return answers


def converted_parameters(s: Any) -> Any:
    utils = s.D.utils
    x = s.T(2, 3)
    return [
        utils.broadcast_all(1.0, s.T(2), 2),
        utils.broadcast_all(1, 2),
        utils.broadcast_all(s.T(2, 1), s.T(3)),
        s.said(lambda: utils.broadcast_all("a", 1)),
        utils.probs_to_logits(s.P(3)),
        utils.probs_to_logits(s.P(3), is_binary=True),
        utils.logits_to_probs(x),
        utils.logits_to_probs(x, is_binary=True),
        utils.clamp_probs(s.torch.tensor([0.0, 0.5, 1.0])),
        utils.clamp_probs(s.torch.tensor([0.0, 0.5, 1.0]).double()),
        utils.tril_matrix_to_vec(s.T(3, 3)),
        utils.tril_matrix_to_vec(s.T(3, 3), -1),
        utils.tril_matrix_to_vec(s.T(2, 3, 3), 1),
        utils.vec_to_tril_matrix(s.T(6)),
        utils.vec_to_tril_matrix(s.T(3), -1),
        s.said(lambda: utils.tril_matrix_to_vec(s.T(3, 3), 3)),
        s.said(lambda: utils.tril_matrix_to_vec(s.T(3, 3), -4)),
    ]
