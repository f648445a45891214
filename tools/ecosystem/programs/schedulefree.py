import schedulefree
import torch
from torch import nn


def data():
    g = torch.Generator().manual_seed(1)
    x = torch.randn(64, 6, generator=g)
    return x, (x[:, :1] * 2 - x[:, 1:2] ** 2 + 0.1 * torch.randn(64, 1, generator=g))


def train(make, steps=12):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16, bias=False), nn.BatchNorm1d(16), nn.GELU(), nn.Linear(16, 1))
    opt = make(net.parameters())
    x, y = data()
    losses = []
    for _i in range(steps):
        net.train()
        opt.train() if hasattr(opt, "train") else None

        def closure():
            opt.zero_grad()
            loss = nn.functional.mse_loss(net(x), y)
            loss.backward()
            return loss

        if "Closure" in type(opt).__name__:
            loss = opt.step(closure)
        else:
            loss = closure()
            opt.step()
        losses.append(round(float(loss), 5))
    if hasattr(opt, "eval"):
        opt.eval()
    with torch.no_grad():
        for _ in range(3):
            net(x)
        net.eval()
        print(type(opt).__name__, losses[::4], float(nn.functional.mse_loss(net(x), y)))
    state = opt.state_dict()
    print(
        sorted(state["param_groups"][0])[:6], len(state["state"]), sum(float(p.abs().sum()) for p in net.parameters())
    )
    return opt


train(lambda p: schedulefree.AdamWScheduleFree(p, lr=0.01, warmup_steps=4, weight_decay=0.01))
train(lambda p: schedulefree.AdamWScheduleFree(p, lr=0.01, foreach=False))
train(lambda p: schedulefree.SGDScheduleFree(p, lr=0.1, warmup_steps=2))
train(lambda p: schedulefree.RAdamScheduleFree(p, lr=0.02))
train(lambda p: schedulefree.AdamWScheduleFreeClosure(p, lr=0.01))
train(lambda p: schedulefree.SGDScheduleFreeClosure(p, lr=0.1))
train(
    lambda p: schedulefree.ScheduleFreeWrapper(
        torch.optim.SGD(p, lr=0.05, momentum=0.9), momentum=0.9, weight_decay_at_y=0.1
    )
)
opt = train(
    lambda p: (
        schedulefree.AdamWScheduleFreePaper(p, lr=0.01)
        if hasattr(schedulefree, "AdamWScheduleFreePaper")
        else schedulefree.SGDScheduleFree(p, lr=0.1)
    )
)
