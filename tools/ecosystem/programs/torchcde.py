import torch
import torchcde

torch.manual_seed(0)
t = torch.linspace(0, 1, 10)
x = torch.stack([t.expand(4, 10), torch.randn(4, 10).cumsum(1)], dim=2)
x[0, 3, 1] = float("nan")


class Field(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(6, 12)

    def forward(self, t, z):
        return self.linear(z).tanh().view(*z.shape[:-1], 6, 2)


field, first = Field(), torch.nn.Linear(2, 6)
optimizer = torch.optim.Adam([*field.parameters(), *first.parameters()], lr=0.01)
for coefficients, kind in (
    (torchcde.hermite_cubic_coefficients_with_backward_differences(x), torchcde.CubicSpline),
    (torchcde.linear_interpolation_coeffs(x), torchcde.LinearInterpolation),
    (torchcde.natural_cubic_coeffs(x), torchcde.CubicSpline),
):
    path = kind(coefficients)
    z = torchcde.cdeint(
        X=path,
        func=field,
        z0=first(path.evaluate(0.0)),
        t=path.interval,
        method="rk4",
        adjoint=False,
        options={"step_size": 1.0},
    )
    loss = z[:, -1].square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(kind.__name__, coefficients.sum().item(), loss.item())
print(torchcde.logsig_windows.__name__, path.derivative(torch.tensor(2.5)).sum().item())
