import torch
from torchdiffeq import odeint, odeint_adjoint

torch.manual_seed(0)


class F(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))

    def forward(self, t, y):
        return self.net(y**3)


f = F()
y0, t = torch.tensor([[2.0, 0.0]]), torch.linspace(0, 1, 5)
for solve, method in ((odeint, "dopri5"), (odeint, "rk4"), (odeint_adjoint, "dopri5"), (odeint, "euler")):
    f.zero_grad()
    y = solve(f, y0, t, method=method)
    y.square().mean().backward()
    print(method, y[-1].tolist(), sum(p.grad.abs().sum().item() for p in f.parameters()))
