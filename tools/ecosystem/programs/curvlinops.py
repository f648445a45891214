import curvlinops as C
import numpy as np
import torch
from torch import nn

torch.manual_seed(0)
np.random.seed(0)
net = nn.Sequential(nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 3))
X, y = torch.randn(12, 4), torch.randint(0, 3, (12,))
data = [(X[:6], y[:6]), (X[6:], y[6:])]
params = [p for p in net.parameters() if p.requires_grad]
try:
    params = dict(net.named_parameters())
    C.HessianLinearOperator(net, nn.CrossEntropyLoss(), params, data)
except Exception:
    params = list(net.parameters())
for name in (
    "HessianLinearOperator",
    "GGNLinearOperator",
    "EFLinearOperator",
    "FisherMCLinearOperator",
    "KFACLinearOperator",
    "EKFACLinearOperator",
):
    kw = {"seed": 1} if "MC" in name or "KFAC" in name else {}
    op = getattr(C, name)(net, nn.CrossEntropyLoss(), params, data, **kw)
    v = torch.ones(op.shape[1])
    r = op @ v
    print(name, op.shape, r.sum().item(), r.norm().item())
H = C.HessianLinearOperator(net, nn.CrossEntropyLoss(), params, data)
unit = torch.eye(H.shape[0])
print((H @ unit).trace().item(), np.linalg.eigvalsh((H @ unit).numpy())[-3:])
K = C.KFACLinearOperator(net, nn.CrossEntropyLoss(), params, data, fisher_type="empirical")
print(K.trace().item() if callable(K.trace) else K.trace)
print(C.hutchinson_trace(H, num_matvecs=4).shape if hasattr(C, "hutchinson_trace") else 0)
