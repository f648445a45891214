import torch
from torchao.quantization import Int8DynamicActivationInt8WeightConfig, Int8WeightOnlyConfig, quantize_

torch.manual_seed(0)
x = torch.randn(16, 64)
net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 8))
exact = net(x)
quantize_(net, Int8WeightOnlyConfig())
print((net(x) - exact).abs().max().item() < 0.05, net(x).sum().item())
other = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 8))
exact = other(x)
quantize_(other, Int8DynamicActivationInt8WeightConfig())
print((other(x) - exact).abs().max().item() < 0.1, other(x).sum().item())
