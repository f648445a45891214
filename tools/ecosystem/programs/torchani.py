import torch
import torchani
from torchani.aev import AEVComputer

torch.manual_seed(0)

kw = {"radial": "ani1x", "angular": "ani1x", "num_species": 4}
try:
    aev = AEVComputer.like_1x(num_species=4)
except Exception as e:
    print(type(e).__name__)
    aev = None
c = torch.tensor(
    [[[0.03, 0.006, 0.01], [-0.83, 0.39, -0.26], [-0.66, -0.84, 0.20], [0.45, 0.50, -0.87], [0.60, -0.12, 0.91]]],
    requires_grad=True,
)
s = torch.tensor([[1, 0, 0, 0, 0]])
a = aev(s, c)
a = a[1] if isinstance(a, tuple) else a
print(a.shape, a.sum().item())
(g,) = torch.autograd.grad(a.sum(), c, retain_graph=True)
print(g.norm().item())
a = aev(s, c)
a = a[1] if isinstance(a, tuple) else a
net = torch.nn.ModuleDict(
    {k: torch.nn.Sequential(torch.nn.Linear(a.shape[-1], 8), torch.nn.CELU(0.1), torch.nn.Linear(8, 1)) for k in "HCNO"}
)
e = sum(net["HCNO"[i]](a[0, j]) for j, i in enumerate(s[0].tolist()))
e.backward()
print(e.item(), c.grad.norm().item())
print(
    torchani.utils.SpeciesConverter(["H", "C", "N", "O"])(torch.tensor([[6, 1, 1, 8]])).species
    if hasattr(torchani.utils, "SpeciesConverter")
    else torchani.nn.SpeciesConverter(["H", "C", "N", "O"])(torch.tensor([[6, 1, 1, 8]]), None)
)
