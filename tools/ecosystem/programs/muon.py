import torch
from muon import SingleDeviceMuon, SingleDeviceMuonWithAuxAdam, zeropower_via_newtonschulz5
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))
x, y = torch.randn(32, 8), torch.randint(0, 3, (32,))
w = [p for p in net.parameters() if p.ndim >= 2]
b = [p for p in net.parameters() if p.ndim < 2]
opt = SingleDeviceMuonWithAuxAdam(
    [
        {"params": w, "use_muon": True, "lr": 0.02, "weight_decay": 0.01},
        {"params": b, "use_muon": False, "lr": 3e-3, "betas": (0.9, 0.95), "weight_decay": 0.0},
    ]
)
for _ in range(5):
    opt.zero_grad()
    value = nn.functional.cross_entropy(net(x), y)
    value.backward()
    opt.step()
    print(round(value.item(), 2))
u = zeropower_via_newtonschulz5(torch.randn(6, 4), 5)
print(u.dtype, u.shape, round(u.float().norm().item(), 1))
opt = SingleDeviceMuon(w, lr=0.02, momentum=0.9)
for _ in range(2):
    opt.zero_grad()
    value = nn.functional.cross_entropy(net(x), y)
    value.backward()
    opt.step()
    print(round(value.item(), 2))
print(sorted(opt.state_dict()["param_groups"][0]), len(opt.state_dict()["state"]))
