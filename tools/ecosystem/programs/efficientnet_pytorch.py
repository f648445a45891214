import torch
from efficientnet_pytorch import EfficientNet

torch.manual_seed(0)
net = EfficientNet.from_name("efficientnet-b0", num_classes=10).eval()
x = torch.randn(1, 3, 64, 64)
y = net(x)
y.sum().backward()
print(y.sum().item(), net._fc.weight.grad.abs().mean().item(), sum(p.numel() for p in net.parameters()))
