import torch
from mambapy.mamba import Mamba, MambaConfig
from mambapy.pscan import pscan

torch.manual_seed(0)
for kw in ({"pscan": True}, {"pscan": False}, {"bias": True, "conv_bias": True, "inner_layernorms": True}):
    torch.manual_seed(0)
    m = Mamba(MambaConfig(d_model=16, n_layers=2, **kw))
    x = torch.randn(2, 12, 16)
    y = m(x)
    y.pow(2).sum().backward()
    print(kw, y.shape, y.sum().item(), sum(p.grad.abs().sum().item() for p in m.parameters()))
caches = [(None, torch.zeros(2, 32, 3)) for _ in range(2)]
with torch.no_grad():
    for t in range(3):
        o, caches = m.step(x[:, t], caches)
print(o.sum().item())
A, X = torch.rand(2, 8, 4, 3).requires_grad_(), torch.randn(2, 8, 4, 3).requires_grad_()
h = pscan(A, X)
h.sum().backward()
print(h.sum().item(), A.grad.sum().item(), X.grad.sum().item())
