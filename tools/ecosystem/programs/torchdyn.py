import torch
from torchdyn.core import NeuralODE

torch.manual_seed(0)
f = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
for sensitivity in ("autograd", "adjoint", "interpolated_adjoint"):
    model = NeuralODE(f, sensitivity=sensitivity, solver="dopri5", atol=1e-4, rtol=1e-4)
    f.zero_grad()
    t, y = model(torch.ones(3, 2), torch.linspace(0, 1, 4))
    y[-1].square().sum().backward()
    print(sensitivity, y[-1].sum().item(), f[0].weight.grad.abs().sum().item())
