"""Train a convolutional network on handwritten digits and show how well it reads the ones it has not seen.

    python examples/digits.py [--device wgpu] [--epochs 40] [--output examples/output]

The 1,797 digits come with the project (`examples/data`). A fifth is held back for the test.
"""

import argparse
import gzip
import time
from pathlib import Path

import ferrotorch as torch
import ferrotorch.nn.functional as F
import matplotlib as mpl
import numpy as np
from ferrotorch import nn
from ferrotorch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).parent / "data" / "digits.csv.gz"
HELD_BACK = 360


def load() -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 1, 8, 8), float32 in [0, 1], and classes (N,), int64, in a fixed random order."""
    with gzip.open(DATA, "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.float32)
    table = table[np.random.default_rng(0).permutation(len(table))]
    images = torch.from_numpy(table[:, :64] / 16).reshape(-1, 1, 8, 8)
    return images, torch.from_numpy(table[:, 64].astype(np.int64))


class Net(nn.Module):
    """Two blocks of convolutions, a hidden layer, ten classes."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.classifier = nn.Sequential(nn.Linear(64 * 2 * 2, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Scores (N, 10) of images (N, 1, 8, 8)."""
        return self.classifier(self.features(images))


def shifted(images: torch.Tensor) -> torch.Tensor:
    """Images moved by up to one pixel in each direction: people do not centre their digits."""
    down, right = (int(i) for i in torch.randint(0, 3, (2,)))
    return F.pad(images, (1, 1, 1, 1))[:, :, down : down + 8, right : right + 8]


def train(model: nn.Module, loader: DataLoader, epochs: int, device: torch.device) -> list[float]:
    """Train in place; the loss of every step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=epochs * len(loader))
    losses: list[float] = []
    model.train()
    with tqdm(total=epochs * len(loader), desc="training", unit="step") as bar:
        for _ in range(epochs):
            for images, classes in loader:
                optimizer.zero_grad()
                loss = F.cross_entropy(model(shifted(images).to(device)), classes.to(device))
                loss.backward()
                optimizer.step()
                scheduler.step()
                losses.append(loss.item())
                bar.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
                bar.update()
    return losses


def predict(model: nn.Module, images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The most likely class of each image."""
    model.eval()
    with torch.no_grad():
        return model(images.to(device)).argmax(1).cpu()


def confusion(predicted: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Counts (10, 10): row the true class, column the predicted one."""
    return torch.bincount(classes * 10 + predicted, minlength=100).reshape(10, 10)


def plot(losses: list[float], images: torch.Tensor, predicted: torch.Tensor, classes: torch.Tensor, path: Path) -> None:
    """The loss, and some predictions: every mistake first."""
    order = (predicted == classes).to(torch.int64).argsort(stable=True)[:24].tolist()
    figure = plt.figure(figsize=(12, 4.5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.2))
    axes = left.subplots()
    axes.semilogy(losses, linewidth=0.6, color="tab:blue")
    axes.set(title="Training loss", xlabel="step", ylabel="cross entropy")
    right.suptitle("Held-back digits (mistakes in red)")
    for cell, i in zip(right.subplots(4, 6).flat, order, strict=True):
        right_answer = bool(predicted[i] == classes[i])
        cell.imshow(images[i, 0].numpy(), cmap="gray_r")
        cell.set_title(f"{int(predicted[i])}", color="black" if right_answer else "red", fontsize=9)
        cell.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", help="cpu or wgpu")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "output")
    args = parser.parse_args()

    torch.manual_seed(0)
    device = torch.device(args.device)
    images, classes = load()
    training = TensorDataset(images[:-HELD_BACK], classes[:-HELD_BACK])
    images, classes = images[-HELD_BACK:], classes[-HELD_BACK:]

    model = Net().to(device)
    print(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(training)} digits to learn from, on {device}"
    )
    start = time.perf_counter()
    losses = train(model, DataLoader(training, batch_size=64, shuffle=True, drop_last=True), args.epochs, device)
    print(f"trained in {time.perf_counter() - start:.1f} s")

    predicted = predict(model, images, device)
    right = int((predicted == classes).sum())
    print(f"accuracy on {len(classes)} held-back digits: {right / len(classes):.2%} ({len(classes) - right} mistakes)")
    table = confusion(predicted, classes)
    for digit in range(10):
        wrong = [f"{n} as {other}" for other, n in enumerate(table[digit].tolist()) if n and other != digit]
        print(
            f"  {digit}: {int(table[digit, digit])} of {int(table[digit].sum())} read"
            + (f"; {', '.join(wrong)}" if wrong else "")
        )
    path = args.output / "digits.png"
    plot(losses, images, predicted, classes, path)
    print(f"plot: {path}")


if __name__ == "__main__":
    main()
