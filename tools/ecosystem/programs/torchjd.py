import torch
from torch import nn
from torchjd import aggregation as A
from torchjd import autojac

torch.manual_seed(0)
x, t1, t2 = torch.randn(16, 10), torch.randn(16, 1), torch.randn(16, 1)
J = torch.tensor([[-4.0, 1, 1], [6.0, 1, 1]])
for name in ("UPGrad", "Mean", "Sum", "MGDA", "DualProj", "IMTLG", "AlignedMTL", "PCGrad", "Random", "GradDrop"):
    agg = getattr(A, name)()
    print(name, agg(J))
print(
    A.Constant(torch.tensor([1.0, 2.0]))(J),
    A.Krum(n_byzantine=1, n_selected=1)(torch.randn(6, 3)),
    A.TrimmedMean(trim_number=1)(torch.randn(6, 3)),
)
trunk = nn.Sequential(nn.Linear(10, 5), nn.ReLU(), nn.Linear(5, 3), nn.ReLU())
h1, h2 = nn.Linear(3, 1), nn.Linear(3, 1)
opt = torch.optim.SGD([*trunk.parameters(), *h1.parameters(), *h2.parameters()], lr=0.1)
agg = A.UPGrad()
for _ in range(4):
    f = trunk(x)
    l1, l2 = nn.functional.mse_loss(h1(f), t1), nn.functional.mse_loss(h2(f), t2)
    opt.zero_grad()
    autojac.mtl_backward([l1, l2], features=f)
    if hasattr(autojac, "jac_to_grad"):
        autojac.jac_to_grad(trunk.parameters(), agg)
    opt.step()
    print(l1.item(), l2.item(), [round(float(p.abs().sum()), 4) for p in trunk.parameters()])
m = nn.Sequential(nn.Linear(10, 5), nn.ReLU(), nn.Linear(5, 2))
loss = nn.functional.mse_loss(m(x), torch.randn(16, 2), reduction="none").mean(0)
autojac.backward(loss, parallel_chunk_size=1)
print(
    [getattr(p, "jac", torch.zeros(1)).shape for p in m.parameters()], sum(float(p.jac.sum()) for p in m.parameters())
)
