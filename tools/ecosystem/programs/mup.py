import torch
from mup import MuAdam, MuAdamW, MuReadout, MuSGD, set_base_shapes
from mup.init import kaiming_normal_, normal_, xavier_uniform_
from torch import nn


class Net(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.emb = nn.Embedding(12, w)
        self.fc1, self.fc2 = nn.Linear(w, w), nn.Linear(w, w)
        self.out = MuReadout(w, 5)

    def forward(self, x):
        return self.out(torch.relu(self.fc2(torch.relu(self.fc1(self.emb(x).mean(1))))))


torch.manual_seed(0)
base, delta, net = Net(4), Net(8), Net(32)
set_base_shapes(net, base, delta=delta)
for n, p in net.named_parameters():
    print(n, p.infshape, p.infshape.width_mult(), p.infshape.ninf())
for p in net.parameters():
    if p.dim() > 1:
        kaiming_normal_(p, a=1)
xavier_uniform_(net.fc1.weight)
normal_(net.fc2.weight, std=0.02)
x, y = torch.randint(0, 12, (16, 4)), torch.randint(0, 5, (16,))
for Kind in (MuAdam, MuSGD, MuAdamW):
    opt = Kind(net.parameters(), lr=0.01)
    for _ in range(3):
        opt.zero_grad()
        value = nn.functional.cross_entropy(net(x), y)
        value.backward()
        opt.step()
        print(Kind.__name__, value.item(), [round(g["lr"], 5) for g in opt.param_groups])
