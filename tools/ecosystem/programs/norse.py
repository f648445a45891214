import norse.torch as norse
import torch

torch.manual_seed(0)
net = norse.SequentialState(torch.nn.Linear(4, 3), norse.LIFCell(), torch.nn.Linear(3, 2), norse.LICell())
state, total = None, 0
for _ in range(5):
    out, state = net(torch.rand(2, 4), state)
    total = total + out.sum()
total.backward()
print(total.item(), net[0].weight.grad.abs().sum().item())
