"""Train the network of digits.py in several processes, each on its share of every batch.

    python -m ferrotorch.distributed.run --nproc-per-node 4 examples/digits_distributed.py [--epochs 15]
    mpiexec -n 4 python -m ferrotorch examples/digits_distributed.py

Nothing here is of this library: the program is one for PyTorch and ``torchrun``.
"""

import argparse
import gzip
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

DATA = Path(__file__).parent / "data" / "digits.csv.gz"
HELD_BACK = 360
GLOBAL_BATCH = 64


def load() -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 1, 8, 8), float32 in [0, 1], and classes (N,), int64, in a fixed random order."""
    with gzip.open(DATA, "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.float32)
    table = table[np.random.default_rng(0).permutation(len(table))]
    images = torch.from_numpy(table[:, :64] / 16).reshape(-1, 1, 8, 8)
    return images, torch.from_numpy(table[:, 64].astype(np.int64))


def network() -> nn.Module:
    """Two blocks of convolutions, a hidden layer, ten classes; statistics of batches are those of all processes."""

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]

    return nn.SyncBatchNorm.convert_sync_batchnorm(
        nn.Sequential(
            *block(1, 32), *block(32, 32), nn.MaxPool2d(2), *block(32, 64), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(64 * 2 * 2, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10),
        )
    )  # fmt: skip


def shifted(images: torch.Tensor) -> torch.Tensor:
    """Images moved by up to one pixel in each direction."""
    down, right = (int(i) for i in torch.randint(0, 3, (2,)))
    return F.pad(images, (1, 1, 1, 1))[:, :, down : down + 8, right : right + 8]


def train(model: nn.Module, data: TensorDataset, epochs: int) -> None:
    """Train in place, each process on its part of the data."""
    sampler = DistributedSampler(data, drop_last=True)
    loader = DataLoader(data, batch_size=GLOBAL_BATCH // dist.get_world_size(), sampler=sampler, drop_last=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=epochs * len(loader))
    model.train()
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        for images, classes in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(shifted(images)), classes).backward()
            optimizer.step()
            scheduler.step()


def accuracy(model: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> float:
    """The share of images that is read right; each process reads a part of them."""
    rank, size = dist.get_rank(), dist.get_world_size()
    model.eval()
    with torch.no_grad():
        right = (model(images[rank::size]).argmax(1) == classes[rank::size]).sum()
    dist.all_reduce(right)
    return right.item() / len(classes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=15)
    args = parser.parse_args()

    dist.init_process_group("gloo")
    torch.manual_seed(int(os.environ["RANK"]))
    images, classes = load()
    model = DistributedDataParallel(network())
    start = time.perf_counter()
    train(model, TensorDataset(images[:-HELD_BACK], classes[:-HELD_BACK]), args.epochs)
    read = accuracy(model, images[-HELD_BACK:], classes[-HELD_BACK:])
    if dist.get_rank() == 0:
        print(f"{dist.get_world_size()} processes, trained in {time.perf_counter() - start:.1f} s")
        print(f"accuracy on {HELD_BACK} held-back digits: {read:.2%}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
