"""Train as one process would, without a word about processes: on a loader, then each process on its own."""

import json
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rank = int(os.environ.get("RANK", "0"))
inputs = torch.linspace(-1, 1, 97 * 4).sin().reshape(97, 4)
dataset = TensorDataset(inputs, (inputs.sum(1) > 0).long())


def run(samples, batch_size, **options):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    trainer = torch.fit.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics="accuracy", **options)
    loader = DataLoader(samples, batch_size=batch_size, shuffle=False)
    history = trainer.fit(loader, dataset, epochs=3, verbose=False)
    return history, trainer


# One batch holds all that a process has, and every process has as many samples.
history, _ = run(torch.utils.data.Subset(dataset, range(96)), 96)
_, odd = run(dataset, 7)  # samples that cannot be shared evenly
_, alone = run(torch.utils.data.Subset(dataset, range(10 * (rank + 1))), 5, together=False)
columns = {name: history[name] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
print(
    json.dumps(
        {
            "rank": rank,
            "columns": columns,
            "odd": [odd.step, odd.model[0].weight.double().sum().item()],
            "alone": [alone.step, alone.model[0].weight.double().sum().item()],
        }
    ),
    flush=True,
)
