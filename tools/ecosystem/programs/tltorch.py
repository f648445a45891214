# ruff: noqa: E741
import tensorly as tl
import tltorch
import torch

tl.set_backend("pytorch")
torch.manual_seed(0)
for f in ("cp", "tucker", "tt"):
    torch.manual_seed(0)
    c = tltorch.FactorizedConv(3, 4, (3, 3), rank=0.5, factorization=f, padding=1, implementation="reconstructed")
    c.weight.normal_(0, 0.1)
    x = torch.randn(2, 3, 8, 8)
    y = c(x)
    y.pow(2).sum().backward()
    print(f, y.norm().item(), sum(p.grad.norm().item() for p in c.parameters() if p.grad is not None))
l = tltorch.FactorizedLinear((2, 3), (2, 2), rank=0.5, factorization="blocktt")
l.weight.normal_(0, 0.2)
print(l(torch.ones(2, 6)).norm().item())
print(tltorch.TRL((4, 4), (3,), rank=2, factorization="tucker")(torch.ones(2, 4, 4)).shape)
print(tltorch.TCL((4, 4), (2, 2))(torch.ones(2, 4, 4)).shape)
w = tltorch.FactorizedTensor.from_tensor(torch.randn(4, 4, 4), rank=3, factorization="cp")
print(w.to_tensor().norm().item() > 0, w.shape)
