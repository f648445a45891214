import contextlib
import functools
import io
import os
import tempfile

import torch
import torch.nn as nn
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import DataLoader, TensorDataset

torch.load = functools.partial(torch.load, weights_only=False)

torch.manual_seed(0)


class M(BaseModel):
    def __init__(s):
        super().__init__()
        s.l = nn.Linear(4, 2)

    def forward(s, x, y, mode):
        o = s.l(x)
        return {"loss": nn.functional.cross_entropy(o, y)} if mode == "loss" else (o, y)


class A(BaseMetric):
    def process(s, b, o):
        p, y = o
        s.results.append({"n": len(y), "c": (p.argmax(1) == y).sum().item()})

    def compute_metrics(s, r):
        return {"acc": sum(i["c"] for i in r) / sum(i["n"] for i in r)}


x = torch.randn(32, 4)
d = TensorDataset(x, (x[:, 0] > 0).long())
losses = []


class H(Hook):
    def after_train_iter(s, r, batch_idx, data_batch=None, outputs=None):
        losses.append(round(outputs["loss"].item(), 4))


w = tempfile.mkdtemp()
r = Runner(
    M(),
    w,
    DataLoader(d, 8),
    DataLoader(d, 8),
    train_cfg={"by_epoch": True, "max_epochs": 2, "val_interval": 1},
    val_cfg={},
    val_evaluator={"type": A},
    optim_wrapper={
        "type": "OptimWrapper",
        "optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9},
        "clip_grad": {"max_norm": 1},
    },
    param_scheduler={"type": "MultiStepLR", "milestones": [1]},
    custom_hooks=[H()],
    default_hooks={"checkpoint": {"type": "CheckpointHook", "interval": 1}},
    log_level="ERROR",
    randomness={"seed": 0},
)
r.train()
print(losses, r.val())

print(sorted(f for f in os.listdir(w) if f.endswith("pth")))
c = torch.load(w + "/epoch_2.pth", weights_only=False)
print(sorted(c), sorted(c["state_dict"]))

with contextlib.redirect_stdout(io.StringIO()):
    r2 = Runner(M(), tempfile.mkdtemp(), load_from=w + "/epoch_2.pth", log_level="ERROR")
    r2.load_or_resume()
print(torch.equal(r2.model.l.weight, r.model.l.weight))
