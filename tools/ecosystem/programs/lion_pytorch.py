import torch
from lion_pytorch import Lion

torch.manual_seed(0)
net = torch.nn.Linear(4, 2)
optimizer = Lion(net.parameters(), lr=1e-2)
x = torch.randn(8, 4)
for _ in range(5):
    optimizer.zero_grad()
    loss = net(x).square().mean()
    loss.backward()
    optimizer.step()
print(loss.item(), net.weight.sum().item())
