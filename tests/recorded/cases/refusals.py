"""What is refused, and in which words: bounds of constructors, wrong kinds of arguments, sizes that do not fit."""

W = "[torch.zeros(2, requires_grad=True)]"
Z = "[torch.zeros(2, dtype=torch.complex64, requires_grad=True)]"
G = "optim.SGD([torch.zeros(2)], lr=0.1)"


def of_optimizer(name: str, *settings: str) -> list[str]:
    return [f"said(lambda: optim.{name}({W}, {setting}))" for setting in settings]


def of_scheduler(name: str, *settings: str) -> list[str]:
    return [f"said(lambda: S.{name}({G}, {setting}))" for setting in settings]


def of(*calls: str) -> list[str]:
    return [f"said(lambda: {call})" for call in calls]


LR, DECAY, EPS = "lr=-0.1", "weight_decay=-0.1", "eps=-1e-8"
TWO = "lr=torch.ones(2)"
BETAS = ("betas=(1.0, 0.9)", "betas=(-0.1, 0.9)", "betas=(0.9, 1.0)", "betas=(0.9, -0.1)")

OPTIMIZERS = {
    "Adafactor": of_optimizer(
        "Adafactor", LR, TWO, DECAY, "beta2_decay=0.1", "eps=(-1.0, 1e-3)", "eps=(None, -1.0)", "d=0.5"
    ),
    "Adadelta": of_optimizer("Adadelta", LR, TWO, DECAY, "eps=-1.0", "rho=1.1", "rho=-0.1"),
    "Adagrad": of_optimizer("Adagrad", LR, TWO, DECAY, "eps=-1.0", "lr_decay=-1", "initial_accumulator_value=-1"),
    "Adam": of_optimizer(
        "Adam",
        LR,
        TWO,
        DECAY,
        EPS,
        *BETAS,
        "lr=torch.tensor(0.1), foreach=True",
        "betas=(torch.tensor(0.9), 0.99)",
        "betas=(0.9, torch.tensor(0.99))",
        "betas=(torch.tensor(0.9), torch.tensor(0.99)), foreach=True",
        "betas=(torch.tensor([0.9, 0.8]), torch.tensor(0.99))",
    ),
    "AdamW": of_optimizer("AdamW", LR, TWO, DECAY, EPS, *BETAS),
    "Adamax": of_optimizer("Adamax", LR, TWO, DECAY, EPS, *BETAS),
    "ASGD": of_optimizer("ASGD", LR, TWO, DECAY),
    "LBFGS": of_optimizer("LBFGS", LR, TWO)
    + of(
        f"optim.LBFGS([{{'params': {W}}}, {{'params': {W}}}])",
        f"optim.LBFGS({W}, line_search_fn='wolfe').step(lambda: torch.ones((), requires_grad=True) * 2)",
    ),
    "Muon": of_optimizer(
        "Muon",
        "lr=0.1",
        "lr=-1",
        TWO,
        "momentum=-1",
        DECAY,
        "adjust_lr_fn='no'",
    )
    + of(
        "optim.Muon([torch.zeros(2, 2)], lr=-0.1)",
        "optim.Muon([torch.zeros(2, 2)], lr=torch.ones(2))",
        "optim.Muon([torch.zeros(2, 2)], momentum=-0.1)",
        "optim.Muon([torch.zeros(2, 2)], weight_decay=-0.1)",
        "optim.Muon([torch.zeros(2, 2)], adjust_lr_fn='other')",
        "optim.Muon([torch.zeros(2, 2, 2)])",
    ),
    "NAdam": of_optimizer("NAdam", LR, TWO, DECAY, EPS, *BETAS, "momentum_decay=-1"),
    "RAdam": of_optimizer("RAdam", LR, TWO, DECAY, EPS, *BETAS),
    "RMSprop": of_optimizer("RMSprop", LR, TWO, DECAY, EPS, "momentum=-1", "alpha=-1"),
    "Rprop": of_optimizer("Rprop", LR, TWO, "etas=(1.1, 1.2)", "etas=(0.5, 0.9)", "etas=(0.0, 1.2)"),
    "SGD": of_optimizer(
        "SGD", LR, TWO, DECAY, "momentum=-1", "nesterov=True", "nesterov=True, momentum=0.9, dampening=1"
    ),
    "SparseAdam": of_optimizer("SparseAdam", LR, TWO, "eps=0", EPS, *BETAS)
    + of("optim.SparseAdam([torch.eye(2).to_sparse().requires_grad_()])", "optim.SparseAdam([])"),
    "Optimizer": of(
        "optim.SGD(torch.zeros(2))",
        "optim.SGD([])",
        "optim.SGD([{'params': {torch.zeros(2)}}])",
        "optim.SGD([1])",
        "optim.SGD([(torch.zeros(2) + 1).requires_grad_() * 2])",
        f"{G}.add_param_group([1])",
        f"{G}.add_param_group({{'params': {{torch.zeros(1)}}}})",
        "(lambda o: o.add_param_group({'params': o.param_groups[0]['params']}))(" + G + ")",
        f"{G}.load_state_dict(optim.SGD([{{'params': torch.zeros(1)}}, {{'params': torch.ones(1)}}], lr=1).state_dict())",
        f"{G}.load_state_dict(optim.SGD([torch.zeros(1), torch.zeros(1)], lr=1).state_dict())",
        "optim.SGD([('a', torch.zeros(1)), torch.zeros(1)])",
        "optim.SGD([('a', torch.zeros(1)), ('a', torch.zeros(1))])",
        "optim.no_such_name",
    ),
}

SCHEDULERS = {
    "LRScheduler": of("S.LRScheduler(3)"),
    "LambdaLR": of_scheduler("LambdaLR", "[abs, abs]"),
    "MultiplicativeLR": of_scheduler("MultiplicativeLR", "[abs, abs]"),
    "ConstantLR": of_scheduler("ConstantLR", "factor=1.1", "factor=-0.1"),
    "LinearLR": of_scheduler("LinearLR", "start_factor=1.1", "start_factor=0", "end_factor=1.1", "end_factor=-0.1"),
    "CosineAnnealingWarmRestarts": of_scheduler(
        "CosineAnnealingWarmRestarts", "0", "1.5", "-1", "2, 0", "2, 1.5", "2, 1, None", "2, 1, '0'"
    )
    + of(f"S.CosineAnnealingWarmRestarts({G}, 2).step(-1)"),
    "CyclicLR": of_scheduler(
        "CyclicLR",
        "0.1, 0.2, mode='other'",
        "0.1, 0.2",
        "[0.1, 0.2], 0.3, cycle_momentum=False",
    )
    + of("S.CyclicLR(3, 0.1, 0.2)"),
    "OneCycleLR": of_scheduler(
        "OneCycleLR",
        "0.1",
        "0.1, total_steps=0",
        "0.1, total_steps=1.5",
        "0.1, epochs=1",
        "0.1, epochs=0, steps_per_epoch=2",
        "0.1, epochs=2, steps_per_epoch=-1",
        "0.1, epochs=1.5, steps_per_epoch=2",
        "0.1, 3, pct_start=1.5",
        "0.1, 3, pct_start=-0.5",
        "0.1, 3, pct_start=1",
        "0.1, 3, anneal_strategy='no'",
        "[0.1, 0.2], 3",
    )
    + of(
        "S.OneCycleLR(optim.Adagrad([torch.zeros(1)]), 0.1, 3)",
        "(lambda s: [s.step() for _ in range(3)])(S.OneCycleLR(optim.SGD([torch.zeros(1)], 0.1, 0.9), 0.1, 2))",
    ),
    "ReduceLROnPlateau": of_scheduler(
        "ReduceLROnPlateau",
        "factor=1.0",
        "factor=1.5",
        "mode='other'",
        "threshold_mode='other'",
        "min_lr=[0.1, 0.2]",
    ),
    "SequentialLR": of(
        f"S.SequentialLR({G}, [], [])",
        f"S.SequentialLR({G}, [S.ConstantLR({G})], [])",
        f"(lambda o: S.SequentialLR(o, [S.ConstantLR(o)], [1]))({G})",
        f"(lambda o: S.SequentialLR(o, [S.ConstantLR(o), S.ConstantLR(o)], []))({G})",
        f"(lambda o: S.SequentialLR(o, [S.ConstantLR(o), S.ReduceLROnPlateau(o)], [1]))({G})",
        f"S.SequentialLR({G}, [3], [])",
    ),
    "ChainedScheduler": of(
        "S.ChainedScheduler([])",
        f"S.ChainedScheduler([S.ConstantLR({G}), S.ConstantLR({G})])",
        f"(lambda o: S.ChainedScheduler([S.ConstantLR(o), S.ReduceLROnPlateau(o)]))({G})",
        f"S.ChainedScheduler([S.ConstantLR({G})], {G})",
    ),
    "SWALR": of(
        f"optim.swa_utils.SWALR({G}, 0.1, anneal_strategy='no')",
        f"optim.swa_utils.SWALR({G}, 0.1, anneal_epochs=-1)",
        f"optim.swa_utils.SWALR({G}, 0.1, anneal_epochs=1.5)",
        f"optim.swa_utils.SWALR({G}, [0.1, 0.2])",
        "optim.swa_utils.SWALR(3, 0.1)",
    ),
    "swa_utils": of(
        "optim.swa_utils.get_ema_multi_avg_fn(1.1)",
        "optim.swa_utils.get_ema_multi_avg_fn(-0.1)",
        "optim.swa_utils.get_ema_avg_fn(2)",
        "optim.swa_utils.AveragedModel(nn.Linear(1, 1), avg_fn=abs, multi_avg_fn=abs)",
    ),
}

DISTRIBUTIONS = {
    "Bernoulli": of(
        "D.Bernoulli()",
        "D.Bernoulli(0.1, 0.2)",
        "D.Bernoulli(1.5)",
        "D.Bernoulli(-0.1)",
        "D.Bernoulli(0.5).log_prob(torch.tensor(0.5))",
    ),
    "Beta": of("D.Beta(0.0, 1.0)", "D.Beta(1.0, -1.0)", "D.Beta(1.0, 1.0).log_prob(torch.tensor(1.5))"),
    "Binomial": of(
        "D.Binomial(3)",
        "D.Binomial(-1, 0.5)",
        "D.Binomial(3, 1.5)",
        "D.Binomial(3, 0.5).log_prob(torch.tensor(4.0))",
        "D.Binomial(torch.tensor([1, 2]), 0.5).entropy()",
        "D.Binomial(torch.tensor([1, 2]), 0.5).enumerate_support()",
        "kl(D.Binomial(5, 0.5), D.Binomial(3, 0.5))",
    ),
    "Categorical": of(
        "D.Categorical()",
        "D.Categorical(torch.tensor(0.5))",
        "D.Categorical(logits=torch.tensor(0.5))",
        "D.Categorical(torch.tensor([-1.0, 2.0]))",
        "D.Categorical(P(3)).log_prob(torch.tensor(3))",
        "D.Categorical(P(3)).log_prob(torch.tensor(-1))",
    ),
    "Cauchy": of("D.Cauchy(0.0, 0.0)", "D.Cauchy(0.0, -1.0)"),
    "Chi2": of("D.Chi2(0.0)", "D.Chi2(-1.0)", "D.Chi2(2.0).log_prob(torch.tensor(-1.0))"),
    "ContinuousBernoulli": of(
        "D.ContinuousBernoulli()",
        "D.ContinuousBernoulli(1.5)",
        "D.ContinuousBernoulli(-0.5)",
        "D.ContinuousBernoulli(0.5).log_prob(torch.tensor(1.1))",
    ),
    "Dirichlet": of(
        "D.Dirichlet(torch.tensor(1.0))",
        "D.Dirichlet(torch.tensor([0.0, 1.0]))",
        "D.Dirichlet(torch.ones(2)).log_prob(torch.ones(2))",
        "D.Dirichlet(torch.ones(2)).log_prob(torch.tensor([1.5, -0.5]))",
    ),
    "Exponential": of("D.Exponential(0.0)", "D.Exponential(-1.0)", "D.Exponential(1.0).log_prob(torch.tensor(-1.0))"),
    "FisherSnedecor": of("D.FisherSnedecor(0.0, 1.0)", "D.FisherSnedecor(1.0, 0.0)"),
    "Gamma": of("D.Gamma(0.0, 1.0)", "D.Gamma(1.0, 0.0)", "D.Gamma(1.0, 1.0).log_prob(torch.tensor(-1.0))"),
    "GeneralizedPareto": of(
        "D.GeneralizedPareto(0.0, 0.0, 1.0)", "D.GeneralizedPareto(0.0, 1.0, 0.5).log_prob(torch.tensor(-1.0))"
    ),
    "Geometric": of(
        "D.Geometric()", "D.Geometric(0.0)", "D.Geometric(1.5)", "D.Geometric(0.5).log_prob(torch.tensor(-1.0))"
    ),
    "Gumbel": of("D.Gumbel(0.0, 0.0)", "D.Gumbel(0.0, -1.0)"),
    "HalfCauchy": of("D.HalfCauchy(0.0)", "D.HalfCauchy(1.0).log_prob(torch.tensor(-1.0))"),
    "HalfNormal": of("D.HalfNormal(0.0)", "D.HalfNormal(1.0).log_prob(torch.tensor(-1.0))"),
    "Independent": of(
        "D.Independent(D.Normal(0.0, 1.0), 1)",
        "D.Independent(D.Normal(T(3), 1.0), 2)",
        "D.Independent(D.Bernoulli(P(2)), 1).enumerate_support()",
    ),
    "InverseGamma": of("D.InverseGamma(0.0, 1.0)", "D.InverseGamma(1.0, 0.0)"),
    "Kumaraswamy": of("D.Kumaraswamy(0.0, 1.0)", "D.Kumaraswamy(1.0, 0.0)"),
    "LKJCholesky": of(
        "D.LKJCholesky(1)", "D.LKJCholesky(0)", "D.LKJCholesky(3, 0.0)", "D.LKJCholesky(2).log_prob(torch.ones(2, 2))"
    ),
    "Laplace": of("D.Laplace(0.0, 0.0)", "D.Laplace(0.0, -1.0)"),
    "LogNormal": of("D.LogNormal(0.0, 0.0)", "D.LogNormal(0.0, 1.0).log_prob(torch.tensor(-1.0))"),
    "LogisticNormal": of("D.LogisticNormal(torch.zeros(2), torch.tensor([0.0, 1.0]))"),
    "LowRankMultivariateNormal": of(
        "D.LowRankMultivariateNormal(torch.tensor(1.0), torch.ones(2, 1), torch.ones(2))",
        "D.LowRankMultivariateNormal(torch.zeros(2), torch.ones(2), torch.ones(2))",
        "D.LowRankMultivariateNormal(torch.zeros(2), torch.ones(3, 1), torch.ones(2))",
        "D.LowRankMultivariateNormal(torch.zeros(2), torch.ones(2, 1), torch.ones(3))",
        "D.LowRankMultivariateNormal(torch.zeros(2), torch.ones(2, 1), torch.tensor([1.0, -1.0]))",
    ),
    "MixtureSameFamily": of(
        "D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(T(3), 1.0))",
        "D.MixtureSameFamily(D.Categorical(P(3)), 3)",
        "D.MixtureSameFamily(D.Categorical(P(3)), D.Normal(T(4), 1.0))",
        "D.MixtureSameFamily(D.Categorical(P(2, 3)), D.Normal(T(4, 3), 1.0))",
        "D.MixtureSameFamily(D.Categorical(P(3)), D.Normal(0.0, 1.0))",
    ),
    "Multinomial": of(
        "D.Multinomial(torch.tensor([1, 2]), P(3))",
        "D.Multinomial(3)",
        "D.Multinomial(-1, P(3))",
        "D.Multinomial(3, P(3)).log_prob(torch.tensor([1.0, 1.0, 2.0]))",
    ),
    "MultivariateNormal": of(
        "D.MultivariateNormal(torch.tensor(1.0), torch.eye(2))",
        "D.MultivariateNormal(torch.zeros(2))",
        "D.MultivariateNormal(torch.zeros(2), torch.eye(2), torch.eye(2))",
        "D.MultivariateNormal(torch.zeros(2), torch.ones(2))",
        "D.MultivariateNormal(torch.zeros(2), precision_matrix=torch.ones(2))",
        "D.MultivariateNormal(torch.zeros(2), -torch.eye(2))",
        "D.MultivariateNormal(torch.zeros(2), torch.tensor([[1.0, 2.0], [0.0, 1.0]]))",
        "D.MultivariateNormal(torch.zeros(2), scale_tril=torch.ones(2, 2))",
        "kl(D.MultivariateNormal(torch.zeros(2), torch.eye(2)), D.MultivariateNormal(torch.zeros(3), torch.eye(3)))",
        "kl(D.LowRankMultivariateNormal(torch.zeros(2), torch.ones(2, 1), torch.ones(2)), D.MultivariateNormal(torch.zeros(3), torch.eye(3)))",
    ),
    "NegativeBinomial": of(
        "D.NegativeBinomial(3.0)",
        "D.NegativeBinomial(-1.0, 0.5)",
        "D.NegativeBinomial(3.0, 1.0)",
        "D.NegativeBinomial(3.0, 0.5).log_prob(torch.tensor(-1.0))",
    ),
    "Normal": of(
        "D.Normal(0.0, 0.0)",
        "D.Normal(0.0, -1.0)",
        "D.Normal(float('nan'), 1.0)",
        "D.Normal(T(3), 1.0).log_prob(T(2))",
        "D.Normal(T(3), 1.0).log_prob(3)",
        "D.Normal(0.0, 1.0).log_prob(torch.tensor(float('nan')))",
    ),
    "OneHotCategorical": of(
        "D.OneHotCategorical(P(3)).log_prob(torch.tensor([1.0, 1.0, 0.0]))", "D.OneHotCategorical(torch.tensor(0.5))"
    ),
    "Pareto": of("D.Pareto(0.0, 1.0)", "D.Pareto(1.0, 0.0)", "D.Pareto(1.0, 1.0).log_prob(torch.tensor(0.5))"),
    "Poisson": of(
        "D.Poisson(-1.0)",
        "D.Poisson(1.0).log_prob(torch.tensor(-1.0))",
        "D.Poisson(1.0).log_prob(torch.tensor(0.5))",
        "D.Poisson(1.0).rsample()",
    ),
    "RelaxedBernoulli": of("D.RelaxedBernoulli(torch.tensor(0.5), 1.5)", "D.RelaxedBernoulli(torch.tensor(0.5))"),
    "RelaxedOneHotCategorical": of(
        "D.RelaxedOneHotCategorical(torch.tensor(0.5))",
        "D.RelaxedOneHotCategorical(torch.tensor(0.5), P(3)).log_prob(torch.ones(3))",
    ),
    "StudentT": of("D.StudentT(0.0)", "D.StudentT(1.0, 0.0, 0.0)"),
    "TransformedDistribution": of(
        "D.TransformedDistribution(D.Normal(0.0, 1.0), 3)",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), [3])",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform())",
        "D.TransformedDistribution(D.Normal(0.0, 1.0), D.AbsTransform()).cdf(torch.tensor(1.0))",
    ),
    "Uniform": of(
        "D.Uniform(1.0, 1.0)",
        "D.Uniform(1.0, 0.0)",
        "D.Uniform(0.0, 1.0).log_prob(torch.tensor(1.5))",
        "D.Uniform(0.0, 1.0).cdf(torch.tensor(-0.5))",
    ),
    "VonMises": of("D.VonMises(0.0, 0.0)", "D.VonMises(0.0, -1.0)"),
    "Weibull": of("D.Weibull(0.0, 1.0)", "D.Weibull(1.0, 0.0)"),
    "Wishart": of(
        "D.Wishart(torch.tensor(3.0))",
        "D.Wishart(torch.tensor(1.0), torch.eye(3))",
        "D.Wishart(torch.tensor(3.0), torch.eye(2), torch.eye(2))",
    ),
    "Distribution": of(
        "D.Distribution().sample()",
        "D.Distribution().rsample()",
        "D.Distribution().log_prob(1)",
        "D.Distribution().cdf(1)",
        "D.Distribution().icdf(1)",
        "D.Distribution().mean",
        "D.Distribution().mode",
        "D.Distribution().variance",
        "D.Distribution().support",
        "D.Distribution().entropy()",
        "D.Distribution().perplexity()",
        "D.Distribution().enumerate_support()",
        "D.Distribution().expand((2,))",
        "D.Distribution().stddev",
        "D.ExponentialFamily().entropy()",
    ),
    "kl": of("kl(D.Normal(0.0, 1.0), D.Poisson(1.0))", "D.register_kl(int, D.Normal)", "D.register_kl(D.Normal, int)"),
}

CONSTRAINTS = {
    "constraints": of(
        "D.constraints.dependent.check(T(2))",
        "D.constraints.dependent.is_discrete",
        "D.constraints.dependent.event_dim",
        "D.constraints.independent(D.constraints.real, 2).check(torch.tensor(1.0))",
        "D.constraints.independent(D.constraints.real, -1)",
        "D.constraints.independent(3, 1)",
        "D.constraints.cat([D.constraints.real], lengths=[1, 2])",
        "D.constraints.stack([D.constraints.real, 3])",
        "D.constraints.cat([3])",
        "D.constraints.Constraint().check(T(2))",
        "D.biject_to(D.constraints.integer_interval(0, 3))",
        "D.transform_to.register(int, abs)",
    ),
    "Transform": of(
        "D.Transform(cache_size=2)",
        "D.Transform()(T(2))",
        "D.Transform().inv(T(2))",
        "D.Transform().sign",
        "D.Transform().log_abs_det_jacobian(1, 2)",
        "D.Transform().with_cache(3)",
        "D.StickBreakingTransform().event_dim",
        "D.AbsTransform().log_abs_det_jacobian(T(1), T(1))",
        "D.SoftmaxTransform()(torch.tensor(1.0))",
        "D.StickBreakingTransform()(torch.tensor(1.0))",
        "D.IndependentTransform(D.ExpTransform(), 1)(torch.tensor(1.0))",
        "D.IndependentTransform(3, 1)",
        "D.ReshapeTransform((2, 3), (5,))",
        "D.ReshapeTransform((2, 3), (6,))(T(3, 2))",
        "D.ReshapeTransform((2,), (1, 2)).forward_shape((3,))",
        "D.ReshapeTransform((2, 3), (6,)).forward_shape((2,))",
        "D.CorrCholeskyTransform().forward_shape((4,))",
        "D.CorrCholeskyTransform().inverse_shape((2, 3))",
        "D.CorrCholeskyTransform().inverse_shape((3,))",
        "D.ComposeTransform([3])",
        "D.StackTransform([3])",
        "D.CatTransform([3])",
        "D.CatTransform([D.ExpTransform()], lengths=[1, 2])",
        "D.CatTransform([D.ExpTransform()], dim=1)(T(2))",
        "D.CatTransform([D.ExpTransform()], lengths=[3])(T(2))",
        "D.StackTransform([D.ExpTransform()])(T(2))",
        "D.StackTransform([D.ExpTransform()], 1)(T(2))",
    ),
}

SCALER = "torch.amp.GradScaler('cpu', enabled=True, init_scale=4.0"
AMP = {
    "GradScaler": of(
        f"{SCALER}, growth_factor=1.0)",
        f"{SCALER}, backoff_factor=1.0)",
        f"{SCALER}).update()",
        f"{SCALER}).step({G})",
        f"(lambda s, o: [s.unscale_(o), s.unscale_(o)])({SCALER}), {G})",
        f"(lambda s: [s.scale(torch.ones(1)), s.update(torch.ones(2))])({SCALER}))",
        f"(lambda s: [s.scale(torch.ones(1)), s.update(torch.ones(1, requires_grad=True))])({SCALER}))",
        f"(lambda s: s.scale(3))({SCALER}))",
        f"(lambda s: s.load_state_dict({{}}))({SCALER}))",
        "(lambda p: [setattr(p, 'grad', torch.ones(1)), torch.amp.GradScaler('cpu').step(optim.SGD([p], 1))])(torch.zeros(1))",
        "torch.set_autocast_dtype('cpu', 3)",
        "torch.autocast(3)",
    ),
}

MAKE = "torch.testing.make_tensor(2, dtype=torch.{dtype}, device='cpu', {options})"
TESTING = {
    "make_tensor": of(
        *(
            MAKE.format(dtype=dtype, options=options)
            for dtype in ("float32", "int64", "complex64", "bool")
            for options in (
                "low=float('nan')",
                "high=float('nan')",
                "low=3, high=2",
                "noncontiguous=True, memory_format=torch.contiguous_format",
            )
        ),
        *(MAKE.format(dtype=dtype, options="requires_grad=True") for dtype in ("int8", "bool")),
        MAKE.format(dtype="uint8", options="low=-4, high=-2"),
        MAKE.format(dtype="int16", options="low=2**20, high=2**21"),
    ),
    "comparisons": of(
        "torch.testing.assert_close(torch.ones(2, 2).to_sparse(1), torch.ones(2, 2).to_sparse())",
    ),
}
CASES: dict[str, list[str]] = {}
for part in (OPTIMIZERS, SCHEDULERS, DISTRIBUTIONS, CONSTRAINTS, AMP, TESTING):
    CASES |= {f"{name} refused": cases for name, cases in part.items()}

CASES["checks refused"] = [
    *of(
        "torch._check(False, 'a text')",
        "torch._check(False, lambda: 'of a function')",
        "torch._check_value(False, 3)",
        "torch._check_index(1 > 2, 'far')",
        "torch._check_type(False, 'a type')",
        "torch._check_not_implemented(False, 'not yet')",
        "torch._check(torch.tensor(True), 'a tensor')",
        "torch._check(1)",
        "torch._check_with(KeyError, False, 'a key')",
        "torch._check_with(UserWarning, False, 'a warning')",
        "torch._check_tensor_all(torch.tensor([True, True]), 'fine')",
        "torch._check_tensor_all(torch.tensor([True, False]), 'not all')",
        "torch._check_tensor_all(torch.tensor([1, 1]))",
        "torch._check_tensor_all(True)",
        "torch._check_tensor_all_with(ValueError, torch.tensor([False]), lambda: 'a value')",
    )
]
