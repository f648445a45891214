import torch
from orthogonium.layers import AdaptiveOrthoConv2d, UnitNormLinear

torch.manual_seed(0)
conv = AdaptiveOrthoConv2d(4, 4, kernel_size=3, padding=1)
x = torch.randn(2, 4, 8, 8)
y = conv(x)
y.square().mean().backward()
print(y.norm().item(), x.norm().item(), UnitNormLinear(6, 3)(torch.randn(2, 6)).sum().item())
