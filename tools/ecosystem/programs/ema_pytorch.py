import torch
from ema_pytorch import EMA
from torch import nn

torch.manual_seed(0)
net = nn.Linear(4, 2)
ema = EMA(net, beta=0.9, update_after_step=2, update_every=1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(8):
    optimizer.zero_grad()
    net(torch.randn(5, 4)).square().mean().backward()
    optimizer.step()
    ema.update()
x = torch.ones(1, 4)
print(ema(x).sum().item(), net(x).sum().item())
