"""Writes expected.json: what PyTorch's distributions answer. Run with the Python that has PyTorch."""

import json
import pathlib

import torch
import torch.distributions as D

A, B, P = "T([0.5, 1.5, 2.5])", "T([0.3, 0.6, 0.9])", "T([1.5, 2.5, 0.7])"
L = "T([[0.1, -1.0, 2.0], [0.5, 0.2, 0.0]])"
EXPRESSIONS = [
    f"D.Bernoulli({B})", f"D.Bernoulli(logits={A})", f"D.Beta({A}, {P})", f"D.Binomial(10, {B})",
    f"D.Categorical({B})", f"D.Categorical(logits={L})", f"D.Cauchy({A}, {P})", f"D.Chi2({P})",
    f"D.ContinuousBernoulli({B})", "D.ContinuousBernoulli(T([0.5, 0.4995, 0.2]))", f"D.Dirichlet({P})",
    f"D.Exponential({P})", f"D.FisherSnedecor({P} * 3, {P} * 5)", f"D.Gamma({P}, {A})",
    f"D.GeneralizedPareto({A}, {P}, T([0.2, 0.0, -0.3]))", f"D.Geometric({B})", f"D.Gumbel({A}, {P})",
    f"D.HalfCauchy({P})", f"D.HalfNormal({P})", f"D.Independent(D.Normal({L}, {L}.exp()), 1)",
    f"D.InverseGamma({P} + 2, {A})", f"D.Kumaraswamy({P}, {A})", "D.LKJCholesky(3, 1.5)", f"D.LKJCholesky(4, {P})",
    f"D.Laplace({A}, {P})", f"D.LogNormal({A}, {P})", f"D.LogisticNormal({A}, {P})",
    f"D.MixtureSameFamily(D.Categorical({B}), D.Normal({A}, {P}))",
    f"D.MixtureSameFamily(D.Categorical({B}), D.Independent(D.Normal({L}.t(), {L}.t().exp()), 1))",
    f"D.Multinomial(7, {B})", f"D.NegativeBinomial(5, {B} * 0.9)", f"D.Normal({A}, {P})", "D.Normal(0.0, 1)",
    f"D.OneHotCategorical(logits={L})", f"D.OneHotCategoricalStraightThrough({B})", f"D.Pareto({P}, {A} + 2.1)",
    f"D.Poisson({P} * 4)", f"D.RelaxedBernoulli(T(0.7), {B})", f"D.RelaxedOneHotCategorical(T(0.7), logits={L})",
    f"D.StudentT({P} * 3, {A}, {P})", f"D.Uniform({A}, {A} + {P})", f"D.VonMises({A}, {P} * 3)", f"D.Weibull({A}, {P})",
    f"D.TransformedDistribution(D.Normal({A}, {P}), [D.AffineTransform(1, 2.0), D.TanhTransform()])",
]  # fmt: skip


def answer(function):
    """What a call gives, as JSON; None where PyTorch does not implement it."""
    try:
        result = function()
    except (NotImplementedError, RuntimeError):  # batches that do not fit, too
        return None
    return result.tolist() if isinstance(result, torch.Tensor) else str(result)


def record(expression):
    d = eval(expression, {"D": D, "T": torch.tensor})
    shown = repr(d)  # before anything is computed and kept, which is shown then
    torch.manual_seed(5)
    value = d.sample((4,))
    torch.manual_seed(6)
    answers = {
        "repr": shown,
        "shapes": [list(d.batch_shape), list(d.event_shape), d.has_rsample, d.has_enumerate_support],
        "support": str(d.support),
        "sample": value.tolist(),
        "rsample": answer(lambda: d.rsample((2, 3))) if d.has_rsample else None,
        "log_prob": answer(lambda: d.log_prob(value)),
        "cdf": answer(lambda: d.cdf(value)),
        "icdf": answer(lambda: d.icdf(torch.tensor([[0.1], [0.5], [0.8]]))),
        "entropy": answer(d.entropy),
        "enumerate_support": answer(d.enumerate_support),
    }
    for name in ("mean", "variance", "stddev", "mode"):
        answers[name] = answer(lambda name=name: getattr(d, name))
    return {name: result for name, result in answers.items() if result is not None}


def divergences():
    """All finite divergences between the distributions above."""
    result = {}
    for p in EXPRESSIONS:
        for q in EXPRESSIONS:
            space = {"D": D, "T": torch.tensor}
            value = answer(lambda p=p, q=q, space=space: D.kl_divergence(eval(p, space), eval(q, space)))
            if value is not None:
                result[f"{p} | {q}"] = value
    return result


if __name__ == "__main__":
    expected = {"distributions": {e: record(e) for e in EXPRESSIONS}, "divergences": divergences()}
    path = pathlib.Path(__file__).with_name("expected.json")
    path.write_text(json.dumps(expected, indent=0).replace("\n", " ") + "\n")
