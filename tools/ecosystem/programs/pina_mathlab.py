# ruff: noqa: E741, RUF012
import torch
from pina import Condition, LabelTensor, Trainer
from pina.domain import CartesianDomain
from pina.equation import Equation, FixedValue
from pina.model import FeedForward
from pina.operator import grad
from pina.problem import SpatialProblem
from pina.solver import PINN

torch.manual_seed(0)


class P(SpatialProblem):
    output_variables = ["u"]
    spatial_domain = CartesianDomain({"x": [0, 1]})

    def eq(i, o):
        return grad(o, i, components=["u"], d=["x"]) - o.extract(["u"])

    domains = {"x0": CartesianDomain({"x": 0.0}), "D": CartesianDomain({"x": [0, 1]})}
    conditions = {
        "x0": Condition(domain="x0", equation=FixedValue(1.0)),
        "D": Condition(domain="D", equation=Equation(eq)),
    }


p = P()
p.discretise_domain(10, "grid", domains="D")
p.discretise_domain(1, "grid", domains="x0")
m = FeedForward(layers=[8], func=torch.nn.Tanh, input_dimensions=1, output_dimensions=1)
s = PINN(p, m)
t = Trainer(
    s,
    max_epochs=5,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
t.train()
print({k: round(float(v), 4) for k, v in t.callback_metrics.items()})
l = LabelTensor(torch.rand(4, 2), ["x", "y"])
print(l.extract("x").shape, l.extract("x").labels)
