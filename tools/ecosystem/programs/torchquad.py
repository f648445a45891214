import torch
from torchquad import VEGAS, Boole, GaussLegendre, MonteCarlo, Simpson, Trapezoid, set_log_level, set_up_backend

set_up_backend("torch", data_type="float64")
set_log_level("ERROR")
torch.manual_seed(0)


def f(x):
    return torch.sin(x[:, 0]) + torch.exp(x[:, 1])


dom = torch.tensor([[0.0, 1.0], [-1.0, 1.0]])
for Rule in (Simpson, Trapezoid, Boole, GaussLegendre):
    print(Rule.__name__, Rule().integrate(f, dim=2, N=999, integration_domain=dom, backend="torch"))
print(MonteCarlo().integrate(f, dim=2, N=5000, integration_domain=dom, seed=3))
print(VEGAS().integrate(f, dim=2, N=5000, integration_domain=dom, seed=3))
d = torch.tensor([[0.0, 1.0], [-1.0, 1.0]], requires_grad=True)
r = Simpson().integrate(f, dim=2, N=999, integration_domain=d)
r.backward()
print(r, d.grad)
p = torch.arange(1, 4, dtype=torch.float64)


def g(x):
    return torch.einsum("i,j->ij", x.squeeze(), p).cos()


print(Boole().integrate(g, dim=1, N=101, integration_domain=[[0, 1]], backend="torch"))
s = Simpson()
grid, h, n = s.calculate_grid(999, dom)
v, _ = s.evaluate_integrand(f, grid)
print(grid.shape, h, n, s.calculate_result(v, 2, n, h, dom))
