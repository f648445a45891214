import dadaptation
import torch

torch.manual_seed(0)
x, y = torch.randn(32, 5), torch.randn(32, 1)
for kind in (dadaptation.DAdaptAdam, dadaptation.DAdaptSGD, dadaptation.DAdaptAdaGrad, dadaptation.DAdaptLion):
    net = torch.nn.Linear(5, 1)
    optimizer = kind(net.parameters(), lr=1.0)
    for _ in range(6):
        optimizer.zero_grad()
        loss = (net(x) - y).square().mean()
        loss.backward()
        optimizer.step()
    print(kind.__name__, loss.item(), optimizer.param_groups[0]["d"])
