import pytorch_warmup
import torch

torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
for kind, options in (
    (pytorch_warmup.LinearWarmup, {"warmup_period": 4}),
    (pytorch_warmup.UntunedLinearWarmup, {}),
    (pytorch_warmup.RAdamWarmup, {}),
    (pytorch_warmup.ExponentialWarmup, {"warmup_period": 4}),
):
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    warmup = kind(optimizer, **options)
    rates = []
    for _ in range(5):
        optimizer.step()
        rates.append(optimizer.param_groups[0]["lr"])
        with warmup.dampening():
            schedule.step()
    print(kind.__name__, [f"{rate:.6f}" for rate in rates])
