"""Train a network in all processes together, on arrays and on a loader, and say what came out."""

import json

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

fit = torch.fit
dist.init_process_group("gloo")
rng = np.random.default_rng(0)
inputs = rng.normal(size=(96, 4)).astype(np.float32)
target = (inputs @ rng.normal(size=(4, 3))).argmax(1)
torch.manual_seed(dist.get_rank())  # the processes begin with different parameters
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
if dist.get_rank() == 0:
    torch.manual_seed(7)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
trainer = fit.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy", "auroc"])
# One batch holds all that a process has: the gradient is that of all data, however many processes there are.
history = trainer.fit((inputs, target), (inputs[:51], target[:51]), epochs=3, batch_size=96)
rates = trainer.find_lr((inputs, target), steps=20).suggestion

sampler = DistributedSampler(TensorDataset(torch.from_numpy(inputs), torch.from_numpy(target)))
trainer.fit(DataLoader(sampler.dataset, batch_size=8, sampler=sampler), epochs=5)
refused = ""
if dist.get_world_size() > 1:
    try:
        trainer.fit(DataLoader(sampler.dataset, batch_sampler=[[0, 1], [2]]), epochs=6)
    except fit.FitError as error:
        refused = str(error)
result = {
    "rank": dist.get_rank(),
    "columns": {name: history[name][:3] for name in ("loss", "accuracy", "val_loss", "val_accuracy", "val_auroc")},
    "weights": [parameter.double().sum().item() for parameter in model.parameters()],
    "accuracy": trainer.evaluate((inputs, target))["accuracy"],
    "predicted": float((trainer.predict(inputs).argmax(1).numpy() == target).mean()),
    "rates": rates,
    "refused": refused,
}
for rank in range(dist.get_world_size()):
    if rank == dist.get_rank():
        print(json.dumps(result), flush=True)
    dist.barrier()
