import torch
from conformer import Conformer

torch.manual_seed(0)
net = Conformer(dim=16, depth=1, dim_head=8, heads=2, ff_mult=2, conv_expansion_factor=2, conv_kernel_size=5)
y = net(torch.randn(1, 12, 16))
y.square().mean().backward()
print(y.sum().item(), sum(p.grad.norm().item() for p in net.parameters() if p.grad is not None))
