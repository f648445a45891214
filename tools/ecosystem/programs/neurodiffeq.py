import numpy as np
import torch
from neurodiffeq import diff
from neurodiffeq.conditions import IVP, DirichletBVP2D
from neurodiffeq.generators import Generator1D, Generator2D
from neurodiffeq.networks import FCNN, Resnet, SinActv, Swish
from neurodiffeq.operators import curl, div, grad, laplacian
from neurodiffeq.solvers import Solver1D, Solver2D

torch.manual_seed(0)
np.random.seed(0)
x, y, z = [torch.rand(10, 1, requires_grad=True) for _ in range(3)]
u = x**2 * y + torch.sin(z)
print(
    [g.sum().item() for g in grad(u, x, y, z)],
    laplacian(u, x, y, z).sum().item(),
    div(u, x * y, z**2, x, y, z).sum().item(),
    [c.sum().item() for c in curl(u, x * y, z**2, x, y, z)],
)
s = Solver1D(
    ode_system=lambda u, v, t: [diff(u, t) - v, diff(v, t) + u],
    conditions=[IVP(0.0, 0.0), IVP(0.0, 1.0)],
    t_min=0.0,
    t_max=2.0,
    nets=[FCNN(actv=SinActv, hidden_units=(8,)), FCNN(actv=Swish)],
    train_generator=Generator1D(16, 0.0, 2.0, "equally-spaced-noisy"),
    valid_generator=Generator1D(8, 0.0, 2.0, "equally-spaced"),
)
s.fit(max_epochs=4, tqdm_file=None)
print({k: [round(float(a), 4) for a in v] for k, v in s.metrics_history.items() if v})
a, b = s.get_solution()(np.linspace(0, 2, 4), to_numpy=True)
print(a.round(3), b.round(3))
p = Solver2D(
    pde_system=lambda u, x, y: [diff(u, x, order=2) + diff(u, y, order=2)],
    conditions=[
        DirichletBVP2D(
            x_min=0,
            x_min_val=lambda y: torch.sin(np.pi * y),
            x_max=1,
            x_max_val=lambda y: 0,
            y_min=0,
            y_min_val=lambda x: 0,
            y_max=1,
            y_max_val=lambda x: 0,
        )
    ],
    xy_min=(0, 0),
    xy_max=(1, 1),
    nets=[Resnet(n_input_units=2)],
    train_generator=Generator2D((4, 4), (0, 0), (1, 1), "equally-spaced"),
    valid_generator=Generator2D((4, 4), (0, 0), (1, 1), "equally-spaced"),
)
p.fit(max_epochs=2, tqdm_file=None)
print([round(float(a), 4) for a in p.metrics_history["train_loss"]])
