import torch
import torch_optimizer

for name in ("Yogi", "RAdam", "Lamb", "DiffGrad", "NovoGrad", "QHAdam", "AdaBound"):
    torch.manual_seed(0)
    p = torch.nn.Parameter(torch.randn(3, 2))
    optimizer = getattr(torch_optimizer, name)([p], lr=0.1)
    for _ in range(4):
        optimizer.zero_grad()
        (p**2).sum().backward()
        optimizer.step()
    print(name, p.sum().item())
