# ruff: noqa: E741
import bayesian_torch.layers as bl
import torch
from bayesian_torch.models.dnn_to_bnn import dnn_to_bnn, get_kl_loss

torch.manual_seed(0)
m = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(72, 3))
dnn_to_bnn(
    m,
    {
        "prior_mu": 0.0,
        "prior_sigma": 1.0,
        "posterior_mu_init": 0.0,
        "posterior_rho_init": -3.0,
        "type": "Reparameterization",
        "moped_enable": True,
        "moped_delta": 0.5,
    },
)
x = torch.randn(4, 1, 8, 8)
y = torch.tensor([0, 1, 2, 0])
o = torch.optim.Adam(m.parameters(), 0.01)
for _ in range(3):
    l = torch.nn.functional.cross_entropy(m(x), y) + get_kl_loss(m) / 4
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item())
for L in (bl.LinearFlipout(4, 3), bl.LinearReparameterization(4, 3)):
    a, k = L(torch.randn(2, 4))
    print(type(L).__name__, a.shape, k.item())
r = bl.LSTMReparameterization(4, 6)
o, h, k = r(torch.randn(2, 3, 4))
print(o.shape, k.item() if torch.is_tensor(k) else k)
