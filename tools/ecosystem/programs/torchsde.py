import torch
import torchsde

torch.manual_seed(0)


class SDE(torch.nn.Module):
    noise_type, sde_type = "diagonal", "ito"

    def __init__(self):
        super().__init__()
        self.mu = torch.nn.Linear(3, 3)
        self.sigma = torch.nn.Linear(3, 3)

    def f(self, t, y):
        return self.mu(y)

    def g(self, t, y):
        return torch.sigmoid(self.sigma(y)) * 0.1


sde, y0, ts = SDE(), torch.full((4, 3), 0.1), torch.linspace(0, 1, 5)
bm = torchsde.BrownianInterval(0.0, 1.0, size=(4, 3), entropy=1)
ys = torchsde.sdeint(sde, y0, ts, bm=bm, method="euler", dt=0.1)
ys.sum().backward()
print(ys[-1].sum().item(), sde.mu.weight.grad.abs().sum().item())
y0.requires_grad_()
ys = torchsde.sdeint_adjoint(
    sde, y0, ts, bm=torchsde.BrownianInterval(0.0, 1.0, size=(4, 3), entropy=1), method="milstein", dt=0.1
)
ys.sum().backward()
print(ys[-1].sum().item(), y0.grad.sum().item())
