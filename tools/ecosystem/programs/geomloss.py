import torch
from geomloss import SamplesLoss

torch.manual_seed(0)
x, y = torch.randn(20, 2, requires_grad=True), torch.randn(20, 2)
for kind in ("sinkhorn", "gaussian", "energy"):
    loss = SamplesLoss(kind, p=2, blur=0.1, backend="tensorized")(x, y)
    print(kind, loss.item(), torch.autograd.grad(loss, x)[0].abs().sum().item())
