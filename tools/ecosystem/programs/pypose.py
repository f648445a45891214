import pypose as pp
import torch
from torch import nn

torch.manual_seed(0)
r = pp.randn_so3(2, requires_grad=True)
R = r.Exp()
p = R @ torch.randn(3)
p.sum().backward()
print(type(R).__name__, R.shape, p, r.grad)
X = pp.randn_SE3(2, 3)
print(
    X.lshape,
    X.Log().shape,
    X.Inv().tensor().sum().item(),
    X.matrix().shape,
    (X @ X.Inv()).tensor()[0, 0].round(decimals=4).abs(),
)
print(
    X.translation().sum(),
    X.rotation(),
    X.Adj(pp.randn_se3(2, 3)).shape,
    pp.euler2SO3(torch.tensor([0.1, 0.2, 0.3])),
    pp.SO3(torch.tensor([0.0, 0, 0, 1.0])).euler(),
)
print(pp.randn_Sim3(2).scale(), pp.randn_RxSO3(2).Log(), X.Jinvp(pp.randn_se3(2, 3)).sum())
a = pp.randn_se3(4)
b = a.Exp()
print(
    b.Log().tensor() - a.tensor() < 1e-4,
    torch.cat([b, b]).lshape,
    torch.stack([b, b]).lshape,
    b.double().dtype,
    pp.cumprod(b, 0).shape,
)


class InvNet(nn.Module):
    def __init__(self, *dim):
        super().__init__()
        self.pose = pp.Parameter(pp.randn_SE3(*dim))

    def forward(self, input):
        return (self.pose @ input).Log().tensor()


inputs = pp.randn_SE3(2, 2)
invnet = InvNet(2, 2)
opt = pp.optim.LM(invnet, strategy=pp.optim.strategy.Adaptive(damping=1e-6))
for _ in range(4):
    print(opt.step(inputs).item())
net = InvNet(2, 2)
opt = torch.optim.Adam(net.parameters(), lr=0.1)
for _ in range(4):
    opt.zero_grad()
    value = net(inputs).pow(2).sum()
    value.backward()
    opt.step()
    print(value.item())
