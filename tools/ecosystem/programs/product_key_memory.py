import torch
from product_key_memory import PKM

torch.manual_seed(0)
pkm = PKM(dim=16, heads=2, dim_head=8, num_keys=8, topk=4)
x = torch.randn(1, 10, 16)
y = pkm(x)
y.square().mean().backward()
print(y.sum().item(), sum(p.grad.norm().item() for p in pkm.parameters() if p.grad is not None))
