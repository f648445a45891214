import torch
from torch_ema import ExponentialMovingAverage

torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
ema = ExponentialMovingAverage(net.parameters(), decay=0.9)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
x = torch.randn(8, 3)
for _ in range(3):
    opt.zero_grad()
    net(x).square().mean().backward()
    opt.step()
    ema.update()
with ema.average_parameters():
    print(net(x).sum().item())
print(net(x).sum().item(), len(ema.state_dict()["shadow_params"]))
