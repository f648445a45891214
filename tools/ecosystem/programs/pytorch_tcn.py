import torch
from pytorch_tcn import TCN

torch.manual_seed(0)
net = TCN(3, [4, 4], kernel_size=3, dropout=0.0)
x = torch.randn(2, 3, 10)
y = net(x)
y.square().mean().backward()
print(y.sum().item(), sum(p.grad.abs().sum().item() for p in net.parameters() if p.grad is not None))
