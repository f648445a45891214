# ruff: noqa: E741
import torch
import torchbnn as bnn

torch.manual_seed(0)
m = torch.nn.Sequential(bnn.BayesLinear(0, 0.1, 4, 8), torch.nn.ReLU(), bnn.BayesLinear(0, 0.1, 8, 3))
kl = bnn.BKLLoss(reduction="mean")
o = torch.optim.Adam(m.parameters(), 0.01)
x = torch.randn(20, 4)
y = torch.randint(0, 3, (20,))
for _ in range(4):
    l = torch.nn.functional.cross_entropy(m(x), y) + 0.1 * kl(m)
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item())
bnn.utils.freeze(m)
print(torch.equal(m(x), m(x)))
c = bnn.BayesConv2d(0, 0.1, 1, 2, 3)
print(c(torch.ones(1, 1, 4, 4)).shape, bnn.BayesBatchNorm2d(0, 0.1, 3)(torch.randn(2, 3, 4, 4)).shape)
