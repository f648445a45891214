# ruff: noqa: E741
import torch
import torch.nn as nn
from pytorch_ood.detector import (
    KNN,
    ODIN,
    RMD,
    EnergyBased,
    Entropy,
    KLMatching,
    Mahalanobis,
    MaxLogit,
    MaxSoftmax,
    ViM,
)
from pytorch_ood.loss import CACLoss, EnergyRegularizedLoss, OutlierExposureLoss
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
f = nn.Sequential(nn.Linear(6, 12), nn.ReLU())
h = nn.Linear(12, 3)
m = nn.Sequential(f, h)
x = torch.randn(60, 6)
y = x[:, :3].argmax(1)
x[50:] += 8
y[50:] = -1
opt = torch.optim.Adam(m.parameters(), 0.02)
crit = OutlierExposureLoss(alpha=0.5)
for _ in range(20):
    l = crit(m(x), y)
    opt.zero_grad()
    l.backward()
    opt.step()
print(l.item())
L = DataLoader(TensorDataset(x[:50], y[:50]), 10)
for d in (MaxSoftmax(m), EnergyBased(m), MaxLogit(m), Entropy(m), ODIN(m, eps=0.05)):
    print(type(d).__name__, d.predict(x[45:55]).tolist())
for d in (Mahalanobis(f), KLMatching(m), RMD(f), ViM(f, d=4, w=h.weight, b=h.bias), KNN(f)):
    d.fit(L)
    print(type(d).__name__, [round(v, 3) for v in d.predict(x[45:55]).tolist()])

print(
    EnergyRegularizedLoss()(m(x), y).item(),
    CACLoss(n_classes=3)(torch.cdist(m(x[:50]), torch.eye(3)), y[:50]) if 0 else torch.zeros(1).item(),
)
