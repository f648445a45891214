# ruff: noqa: E741
import torch
from rtdl_num_embeddings import (
    LinearEmbeddings,
    LinearReLUEmbeddings,
    PeriodicEmbeddings,
    PiecewiseLinearEmbeddings,
    PiecewiseLinearEncoding,
    compute_bins,
)

torch.manual_seed(0)
x = torch.randn(60, 3)
y = x.sum(1)
b = compute_bins(x)
print([i.shape[0] for i in b])
bt = compute_bins(x, tree_kwargs={"min_samples_leaf": 8, "random_state": 0}, y=y, regression=True)
print([i.tolist() for i in bt])
for E in (
    LinearEmbeddings(3, 4),
    LinearReLUEmbeddings(3, 4),
    PeriodicEmbeddings(3, 4, lite=False),
    PiecewiseLinearEmbeddings(b, 4, activation=False, version="B"),
    PiecewiseLinearEmbeddings(bt, 4, activation=True, version="A"),
):
    m = torch.nn.Sequential(E, torch.nn.Flatten(), torch.nn.Linear(12, 1))
    o = torch.optim.Adam(m.parameters(), 0.02)
    for _ in range(5):
        l = (m(x).squeeze() - y).pow(2).mean()
        o.zero_grad()
        l.backward()
        o.step()
    print(type(E).__name__, l.item())
print(PiecewiseLinearEncoding(bt)(x).sum().item())
