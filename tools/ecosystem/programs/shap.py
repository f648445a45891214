# ruff: noqa: E741
import numpy as np
import shap
import torch
import torch.nn as nn

torch.manual_seed(0)
np.random.seed(0)
x = torch.randn(40, 5)
m = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 2))
o = torch.optim.Adam(m.parameters(), 0.05)
for _ in range(20):
    l = nn.functional.cross_entropy(m(x), (x[:, 0] > 0).long())
    o.zero_grad()
    l.backward()
    o.step()
print(l.item())
e = shap.DeepExplainer(m, x[:20])
s = e.shap_values(x[20:24])
print(np.shape(s), np.round(np.array(s).ravel()[:6], 3), np.round(e.expected_value, 3))
g = shap.GradientExplainer(m, x[:20])
s = g.shap_values(x[20:24], nsamples=50, rseed=0)
print(np.shape(s), np.isfinite(s).all())
c = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 2))
i = torch.randn(6, 1, 8, 8)
s = shap.DeepExplainer(c, i[:4]).shap_values(i[4:])
print(np.shape(s), round(float(np.abs(s).sum()), 3))
k = shap.KernelExplainer(lambda a: m(torch.tensor(a, dtype=torch.float32)).detach().numpy(), x[:10].numpy())
print(np.round(k.shap_values(x[20:22].numpy(), silent=True).ravel()[:5], 3))
