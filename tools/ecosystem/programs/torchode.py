import torch
import torchode as to

torch.manual_seed(0)
mu = torch.tensor([1.0, 3.0, 5.0])


def vdp(t, y):
    x, v = y[:, 0], y[:, 1]
    return torch.stack((v, mu[: y.shape[0]] * (1 - x * x) * v - x), dim=1)


y0 = torch.tensor([[2.0, 0.0], [1.0, 0.5], [0.3, -1.0]])
t_eval = torch.stack((torch.linspace(0, 3, 6), torch.linspace(1, 4, 6), torch.linspace(0, 2, 6)))
for M in (to.Dopri5, to.Tsit5, to.Heun, to.Euler):
    term = to.ODETerm(vdp)
    method = M(term=term)
    ctrl = to.IntegralController(atol=1e-5, rtol=1e-4, term=term) if M is not to.Euler else to.FixedStepController()
    solver = to.AutoDiffAdjoint(method, ctrl)
    y = y0.clone().requires_grad_()
    kw = {"dt0": torch.full((3,), 0.05)} if M is to.Euler else {}
    sol = solver.solve(to.InitialValueProblem(y0=y, t_eval=t_eval), **kw)
    sol.ys[:, -1].sum().backward()
    print(M.__name__, sol.ys[:, -1], dict(sol.stats.items()), sol.status, y.grad.sum())
term = to.ODETerm(lambda t, y, a: -a * y, with_args=True)
pid = to.PIDController(atol=1e-6, rtol=1e-4, pcoeff=0.2, icoeff=0.5, dcoeff=0.0, term=term)
s = to.AutoDiffAdjoint(to.Tsit5(term=term), pid).solve(
    to.InitialValueProblem(y0=torch.ones(2, 3), t_start=torch.zeros(2), t_end=torch.ones(2)),
    args=torch.tensor([[1.0], [2.0]]),
)
print(s.ys, s.ts)
net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
term = to.ODETerm(lambda t, y: net(y))
solver = to.AutoDiffAdjoint(to.Dopri5(term=term), to.IntegralController(atol=1e-5, rtol=1e-4, term=term))
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for _ in range(3):
    opt.zero_grad()
    value = (solver.solve(to.InitialValueProblem(y0=y0, t_eval=t_eval)).ys ** 2).mean()
    value.backward()
    opt.step()
    print(value.item())
