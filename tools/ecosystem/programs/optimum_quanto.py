import copy

import torch
from optimum.quanto import (
    Calibration,
    freeze,
    qfloat8,
    qint8,
    quantization_map,
    quantize,
    requantize,
)
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc1, self.norm, self.fc2 = nn.Linear(8 * 36, 32), nn.LayerNorm(32), nn.Linear(32, 4)

    def forward(self, x):
        return self.fc2(self.norm(torch.relu(self.fc1(self.conv(x).relu().flatten(1)))))


x = torch.randn(4, 3, 8, 8)
base = Net().eval()
print(base(x).sum().item())

for weights, acts in ((qint8, None), (qfloat8, None), (qint8, qint8), (qfloat8, qfloat8)):
    m = copy.deepcopy(base)
    quantize(m, weights=weights, activations=acts)
    if acts is not None:
        with torch.no_grad(), Calibration():
            m(x)
            m(x)
    y = m(x)
    freeze(m)
    z = m(x)
    print(
        weights,
        acts,
        y.abs().sum().item(),
        (z - base(x)).abs().mean().item(),
        type(m.fc1).__name__,
        type(m.fc1.weight).__name__,
    )
    state = m.state_dict()
    print(sorted(state)[:6], quantization_map(m)["fc1"])
    n = Net()
    requantize(n, state, quantization_map(m), device=torch.device("cpu"))
    print((n(x) - z).abs().max().item())
q = copy.deepcopy(base)
quantize(q, weights=qint8)
opt = torch.optim.SGD(q.parameters(), lr=0.05)
q.train()
for _ in range(3):
    opt.zero_grad()
    value = nn.functional.cross_entropy(q(x), torch.arange(4))
    value.backward()
    opt.step()
    print(value.item())
w = q.fc1.qweight
print(type(w).__name__, w.qtype, w.axis, w.dequantize().shape, w.t().shape if hasattr(w, "t") else None)
