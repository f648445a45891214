import torch
from entmax import Entmax15Loss, Sparsemax, entmax15, entmax_bisect, normmax_bisect, sparsemax

torch.manual_seed(0)
x = torch.randn(4, 6, requires_grad=True)
for f in (
    sparsemax,
    entmax15,
    lambda x, dim: entmax_bisect(x, alpha=1.3, dim=dim),
    lambda x, dim: normmax_bisect(x, 2, dim),
):
    p = f(x, dim=-1)
    (grad,) = torch.autograd.grad((p * torch.arange(6.0)).sum(), x)
    print((p == 0).sum().item(), p.max().item(), grad.abs().sum().item())
loss = Entmax15Loss()(x, torch.tensor([0, 2, 4, 5]))
loss.backward()
print(loss.item(), x.grad.abs().sum().item(), Sparsemax(dim=0)(x).sum().item())
