"""What distributions, transforms and constraints do with wrong arguments, gradients and unknown pairs."""

import pickle

import ferrotorch as torch
import ferrotorch.distributions as D
import pytest
from ferrotorch.distributions import constraints

T = torch.tensor


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: D.Normal(T([0.0, 1.0]), T([1.0, -1.0])), r"Expected parameter scale \(Tensor of shape \(2,\)\)"),
        (lambda: D.Normal("a", 1.0), "Input arguments must all be instances of Number"),
        (lambda: D.Bernoulli(1.5), "probs.*Interval"),
        (lambda: D.Bernoulli(0.5, 0.5), "Either `probs` or `logits` must be specified, but not both"),
        (lambda: D.Bernoulli(), "Either `probs` or `logits`"),
        (lambda: D.Categorical(T(0.5)), "at least one-dimensional"),
        (lambda: D.Uniform(2.0, 1.0), "low"),
        (lambda: D.Geometric(0.0), "positive"),
        (lambda: D.LKJCholesky(1), "greater than or equal to 2"),
        (lambda: D.Independent(D.Normal(T([0.0]), 1.0), 2), "reinterpreted_batch_ndims"),
        (lambda: D.MixtureSameFamily(D.Categorical(T([0.5, 0.5])), D.Normal(T([0.0]), 1.0)), "does not equal"),
        (lambda: D.Normal(0.0, 1.0).log_prob(1.0), "must be a Tensor"),
        (lambda: D.Normal(T([0.0, 1.0]), 1.0).log_prob(torch.zeros(3)), "not broadcastable"),
        (lambda: D.Exponential(1.0).log_prob(T(-1.0)), "within the support"),
        (lambda: D.Transform(cache_size=2), "cache_size"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_validation_can_be_turned_off():
    assert D.Normal(0.0, -1.0, validate_args=False).scale == -1
    D.Distribution.set_default_validate_args(False)
    try:
        D.Bernoulli(1.5)
    finally:
        D.Distribution.set_default_validate_args(True)


def test_reparameterised_samples_have_gradients():
    loc, scale = T(0.5, requires_grad=True), T(2.0, requires_grad=True)
    d = D.Normal(loc, scale)
    x = d.rsample((100,))
    x.sum().backward()
    assert loc.grad == 100
    assert torch.allclose(scale.grad, ((x - loc) / scale).sum().detach(), rtol=1e-4)
    assert not d.sample().requires_grad


def test_divergence_of_unknown_pairs_and_registration():
    class Mine(D.Normal):
        pass

    with pytest.raises(NotImplementedError, match="No KL"):
        D.kl_divergence(D.VonMises(0.0, 1.0), D.Normal(0.0, 1.0))
    assert D.kl_divergence(Mine(0.0, 1.0), D.Normal(0.0, 1.0)) == 0
    D.register_kl(Mine, D.Normal)(lambda p, q: T(7.0))
    assert D.kl_divergence(Mine(0.0, 1.0), D.Normal(0.0, 1.0)) == 7


def test_subclass_with_a_constructor_must_expand_itself():
    class Mine(D.Normal):
        def __init__(self):
            super().__init__(0.0, 1.0)

    with pytest.raises(NotImplementedError, match="custom"):
        Mine().expand((2,))


X = T([[0.3, -0.4, 1.2], [0.1, 0.2, 0.3]], dtype=torch.float64)


@pytest.mark.parametrize(
    "transform",
    [
        D.ExpTransform(), D.SigmoidTransform(), D.SoftplusTransform(), D.TanhTransform(), D.StickBreakingTransform(),
        D.CorrCholeskyTransform(), D.AffineTransform(T([1.0, 2.0, 3.0]), -2.0), D.ExpTransform().inv.inv,
        D.AffineTransform(1.0, T([2.0, 3.0, -4.0]), event_dim=1), D.IndependentTransform(D.ExpTransform(), 1),
        D.CatTransform([D.ExpTransform(), D.TanhTransform()], dim=-1, lengths=[1, 2]), D.identity_transform,
        D.StackTransform([D.ExpTransform(), D.TanhTransform()]), D.ReshapeTransform((3,), (1, 3)),
        D.ComposeTransform([D.AffineTransform(0.0, 2.0), D.StickBreakingTransform()]), D.TanhTransform(cache_size=1),
        D.CumulativeDistributionTransform(D.Normal(T(0.0, dtype=torch.float64), T(1.0, dtype=torch.float64))),
    ],
    ids=lambda transform: type(transform).__name__,
)  # fmt: skip
def test_transforms_are_inverted_and_stay_in_their_codomain(transform):
    y = transform(X)
    assert torch.allclose(transform.inv(y), X, atol=1e-9)
    assert transform.codomain.check(y).all()
    assert transform.forward_shape(X.shape) == y.shape
    assert transform.inverse_shape(y.shape) == X.shape
    assert transform.log_abs_det_jacobian(X, y).shape == X.shape[: 2 - transform.domain.event_dim]
    assert torch.allclose(transform.inv.log_abs_det_jacobian(y, X), -transform.log_abs_det_jacobian(X, y))


@pytest.mark.parametrize(
    "transform", [D.ExpTransform(), D.SigmoidTransform(), D.TanhTransform(), D.SoftplusTransform()]
)
def test_jacobian_is_the_derivative(transform):
    x = X.clone().requires_grad_()
    y = transform(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert torch.allclose(transform.log_abs_det_jacobian(x, y), slope.abs().log(), atol=1e-9)


@pytest.mark.parametrize(
    "constraint",
    [
        constraints.real, constraints.positive, constraints.nonnegative, constraints.unit_interval, constraints.simplex,
        constraints.less_than(3.0), constraints.interval(-1.0, 4.0), constraints.corr_cholesky, constraints.real_vector,
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("registry", [D.biject_to, D.transform_to])
def test_registry_leads_into_the_constraint(constraint, registry):
    transform = registry(constraint)
    assert constraint.check(transform(X)).all()
    assert registry is not D.biject_to or transform.bijective


def test_constraints_know_members():
    assert constraints.simplex.check(T([[0.2, 0.8], [0.5, 0.6]])).tolist() == [True, False]
    assert constraints.one_hot.check(T([[0.0, 1.0], [1.0, 1.0]])).tolist() == [True, False]
    assert constraints.lower_cholesky.check(T([[1.0, 0.0], [2.0, -1.0]])).tolist() is False
    assert constraints.symmetric.check(T([[1.0, 2.0], [2.0, 0.0]])).tolist() is True
    assert constraints.independent(constraints.positive, 1).check(T([[1.0, 2.0], [-1.0, 1.0]])).tolist() == [
        True,
        False,
    ]
    assert constraints.is_dependent(D.Uniform.support) and not constraints.is_dependent(constraints.real)
    with pytest.raises(NotImplementedError, match="Boolean"):
        D.biject_to(constraints.boolean)


def test_distributions_and_transforms_pickle():
    d = pickle.loads(pickle.dumps(D.Gumbel(T([0.5]), T([2.0]))))
    assert repr(d) == "Gumbel(loc: tensor([0.5000]), scale: tensor([2.]))"
    assert pickle.loads(pickle.dumps(D.ExpTransform())) == D.ExpTransform()


@pytest.mark.parametrize(
    "make",
    [lambda: D.LogNormal(0.0, 1.0), lambda: D.Weibull(1.0, 2.0), lambda: D.Pareto(1.0, 2.0), lambda: D.HalfNormal(1.0)],
)
def test_the_cdf_is_zero_at_the_lower_border(make):
    distribution = make()
    border = distribution.support.lower_bound
    assert distribution.cdf(torch.as_tensor(float(border))).item() == 0


def test_divergences_of_classes_that_are_no_distributions():
    class Own:
        pass

    @D.register_kl(Own, Own)
    def divergence(p, q):
        return torch.tensor(2.0)

    assert D.kl_divergence(Own(), Own()).item() == 2
    with pytest.raises(TypeError, match="type_p"):
        D.register_kl("Normal", D.Normal)


def test_entropies_of_exponential_families() -> None:
    generic = D.ExponentialFamily.entropy
    assert generic(D.Beta(1.0, 1.0)).item() == pytest.approx(0, abs=1e-6)
    for family in (D.Beta(T([1.5, 3.0]), T([0.7, 2.0])), D.Dirichlet(T([[1.0, 2.0, 3.0], [0.5, 4.0, 1.0]]))):
        torch.testing.assert_close(generic(family).detach(), family.entropy())


@pytest.mark.parametrize("kind", [D.Bernoulli, D.Categorical, D.OneHotCategorical, D.Binomial])
@pytest.mark.parametrize(("given", "other"), [("probs", "logits"), ("logits", "probs")])
def test_the_support_says_nothing_of_the_parameter_that_is_not_given(kind, given, other) -> None:
    family = kind(**{given: T([0.25, 0.25, 0.5])})
    assert len(family.enumerate_support()) in (2, 3)
    assert other not in vars(family)
