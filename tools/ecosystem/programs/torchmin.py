import torch
from torchmin import Minimizer, least_squares, minimize, minimize_constr
from torchmin.benchmarks import rosen

x0 = torch.tensor([1.0, 8.0])
for m in ("bfgs", "l-bfgs", "cg", "newton-cg", "newton-exact", "trust-ncg", "trust-exact"):
    r = minimize(rosen, x0, method=m, max_iter=60)
    print(
        m,
        r.success if hasattr(r, "success") else "",
        round(float(r.fun), 4),
        [round(v, 3) for v in r.x.tolist()],
        int(r.nit) if m in ("bfgs",) else "",
    )
r = minimize_constr(rosen, x0.double(), constr={"fun": lambda x: x.square().sum(), "ub": 1}, max_iter=30)
print(r.x)
r = least_squares(
    lambda p: p[0] * torch.exp(-p[1] * torch.arange(5.0)) - torch.tensor([2.0, 1.2, 0.7, 0.45, 0.25]),
    torch.tensor([1.0, 1.0]),
)
print(r.x)
loss = torch.nn.Linear(3, 1)
torch.manual_seed(0)
torch.nn.init.normal_(loss.weight)
o = Minimizer(loss.parameters(), method="bfgs", max_iter=20)
X = torch.randn(10, 3)
Y = X.sum(1, keepdim=True)


def c():
    o.zero_grad()
    return (loss(X) - Y).pow(2).mean()


print(o.step(c).item() < 10, loss.weight)
