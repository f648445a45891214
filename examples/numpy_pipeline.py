"""A data pipeline from NumPy: arrays shared without a copy, normalised, split, batched, fitted."""

import ferrotorch as torch
import numpy as np
from ferrotorch import nn
from ferrotorch.utils.data import DataLoader, TensorDataset, random_split


def measurements(n: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (n, 3) and outputs (n, 1) of a noisy function of them."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (n, 3)).astype(np.float32)
    y = np.sin(x[:, :1]) + x[:, 1:2] * x[:, 2:3] + 0.05 * rng.standard_normal((n, 1), dtype=np.float32)
    return x, y


def main() -> None:
    torch.manual_seed(0)
    x, y = measurements()
    inputs = torch.from_numpy(x)
    inputs -= inputs.mean(0)
    inputs /= inputs.std(0)
    print("the tensor is the array:", np.shares_memory(inputs.numpy(), x), x.mean(0).round(4))

    dataset = TensorDataset(inputs, torch.from_numpy(y))
    training, test = random_split(dataset, [0.8, 0.2])
    model = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(60):
        for batch, target in DataLoader(training, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(batch), target).backward()
            optimizer.step()

    batch, target = test[:]
    with torch.no_grad():
        error = nn.functional.mse_loss(model(batch), target).sqrt()
    print(f"root mean square error on {len(test)} held-back points: {error.item():.3f} (the noise is 0.05)")


if __name__ == "__main__":
    main()
