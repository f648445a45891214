import torch
import torchopt

torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
optimizer = torchopt.MetaAdam(net, lr=0.1)
x = torch.randn(8, 3)
for _ in range(3):
    optimizer.step(net(x).square().mean())
print(net(x).square().mean().item())
