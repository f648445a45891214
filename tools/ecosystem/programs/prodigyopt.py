import torch
from prodigyopt import Prodigy

torch.manual_seed(0)
x, y = torch.randn(32, 5), torch.randn(32, 1)
net = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
optimizer = Prodigy(net.parameters(), lr=1.0, weight_decay=0.01, safeguard_warmup=True)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
for _ in range(8):
    optimizer.zero_grad()
    loss = (net(x) - y).square().mean()
    loss.backward()
    optimizer.step()
    schedule.step()
    print(loss.item(), optimizer.param_groups[0]["d"])
