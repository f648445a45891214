import higher
import torch

torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = torch.randn(8, 3), torch.randn(8, 1)
with higher.innerloop_ctx(net, opt, copy_initial_weights=False) as (fnet, diffopt):
    for _ in range(3):
        diffopt.step((fnet(x) - y).square().mean())
    loss = (fnet(x) - y).square().mean()
    loss.backward()
print(loss.item(), net.weight.grad.sum().item())
