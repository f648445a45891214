import torch
import xitorch
import xitorch.integrate as xi
import xitorch.linalg as xl
import xitorch.optimize as xo
from xitorch.interpolate import Interp1D

torch.manual_seed(0)
a = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
r = xo.rootfinder(lambda y, a: y**2 - a, torch.ones(1, dtype=torch.float64), params=(a,), method="broyden1")
r.backward()
print(r.item(), a.grad.item())
a.grad = None
r = xo.equilibrium(lambda y, a: torch.cos(y) * 0.5 * a, torch.zeros(1, dtype=torch.float64), params=(a,), f_tol=1e-9)
r.backward()
print(r.item(), a.grad.item())
a.grad = None
r = xo.minimize(
    lambda y, a: ((y - a) ** 2).sum(),
    torch.zeros(1, dtype=torch.float64),
    params=(a,),
    method="gd",
    step=0.2,
    maxiter=100,
)
print(r.item())
A = torch.randn(4, 4, dtype=torch.float64)
A = (A @ A.T + torch.eye(4)).requires_grad_()
L = xitorch.LinearOperator.m(A, is_hermitian=True)
e, v = xl.symeig(L, neig=2, mode="lowest")
e.sum().backward()
print(e.tolist(), A.grad.norm().item())
x = xl.solve(L, torch.ones(4, 1, dtype=torch.float64), method="cg")
print((A @ x - 1).abs().max().item() < 1e-5)
t = torch.linspace(0, 1, 5, dtype=torch.float64)
y = xi.solve_ivp(lambda t, y, a: -a * y, t, torch.ones(1, dtype=torch.float64), params=(a,), method="rk45")
y[-1].backward()
print(y.ravel().tolist(), a.grad.item())
print(xi.quad(lambda x, a: a * x**2, 0.0, 1.0, params=(a,), n=10).item())
print(Interp1D(t, t**2, method="cspline")(torch.tensor([0.3, 0.6], dtype=torch.float64)).tolist())
print(xi.SQuad(t)(t) if False else xi.SQuad(t, method="trapz").integrate(t).item())
