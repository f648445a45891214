"""Probability distributions: parameters in batches, samples with and without gradient, densities, divergences."""

from __future__ import annotations

from ferrotorch.distributions import _kl_matrices as _kl_matrices
from ferrotorch.distributions import _kl_rules as _kl_rules
from ferrotorch.distributions import constraints, transforms
from ferrotorch.distributions.bernoulli import Bernoulli
from ferrotorch.distributions.beta import Beta
from ferrotorch.distributions.binomial import Binomial
from ferrotorch.distributions.categorical import Categorical
from ferrotorch.distributions.cauchy import Cauchy
from ferrotorch.distributions.chi2 import Chi2
from ferrotorch.distributions.constraint_registry import biject_to, transform_to
from ferrotorch.distributions.continuous_bernoulli import ContinuousBernoulli
from ferrotorch.distributions.dirichlet import Dirichlet
from ferrotorch.distributions.distribution import Distribution
from ferrotorch.distributions.exp_family import ExponentialFamily
from ferrotorch.distributions.exponential import Exponential
from ferrotorch.distributions.fishersnedecor import FisherSnedecor
from ferrotorch.distributions.gamma import Gamma
from ferrotorch.distributions.generalized_pareto import GeneralizedPareto
from ferrotorch.distributions.geometric import Geometric
from ferrotorch.distributions.gumbel import Gumbel
from ferrotorch.distributions.half_cauchy import HalfCauchy
from ferrotorch.distributions.half_normal import HalfNormal
from ferrotorch.distributions.independent import Independent
from ferrotorch.distributions.inverse_gamma import InverseGamma
from ferrotorch.distributions.kl import kl_divergence, register_kl
from ferrotorch.distributions.kumaraswamy import Kumaraswamy
from ferrotorch.distributions.laplace import Laplace
from ferrotorch.distributions.lkj_cholesky import LKJCholesky
from ferrotorch.distributions.log_normal import LogNormal
from ferrotorch.distributions.logistic_normal import LogisticNormal
from ferrotorch.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from ferrotorch.distributions.mixture_same_family import MixtureSameFamily
from ferrotorch.distributions.multinomial import Multinomial
from ferrotorch.distributions.multivariate_normal import MultivariateNormal
from ferrotorch.distributions.negative_binomial import NegativeBinomial
from ferrotorch.distributions.normal import Normal
from ferrotorch.distributions.one_hot_categorical import OneHotCategorical, OneHotCategoricalStraightThrough
from ferrotorch.distributions.pareto import Pareto
from ferrotorch.distributions.poisson import Poisson
from ferrotorch.distributions.relaxed_bernoulli import RelaxedBernoulli
from ferrotorch.distributions.relaxed_categorical import RelaxedOneHotCategorical
from ferrotorch.distributions.studentT import StudentT
from ferrotorch.distributions.transformed_distribution import TransformedDistribution
from ferrotorch.distributions.transforms import *  # noqa: F403
from ferrotorch.distributions.uniform import Uniform
from ferrotorch.distributions.von_mises import VonMises
from ferrotorch.distributions.weibull import Weibull
from ferrotorch.distributions.wishart import Wishart

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ContinuousBernoulli",
    "Dirichlet",
    "Distribution",
    "Exponential",
    "ExponentialFamily",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "StudentT",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "biject_to",
    "kl_divergence",
    "register_kl",
    "transform_to",
]
__all__ += transforms.__all__
