import numpy as np
import quantus
import torch
import torch.nn as nn

torch.manual_seed(0)
np.random.seed(0)
m = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 49, 3)).eval()
x = np.random.rand(4, 1, 16, 16).astype("float32")
y = np.array([0, 1, 2, 0])


def ex(model, inputs, targets, **k):
    i = torch.tensor(inputs, dtype=torch.float32, requires_grad=True)
    model(i)[range(len(targets)), torch.as_tensor(targets).long()].sum().backward()
    return i.grad.abs().sum(1, keepdim=True).numpy()


a = ex(m, x, y)
for M in (
    quantus.Sparseness(disable_warnings=True),
    quantus.FaithfulnessCorrelation(nr_runs=5, subset_size=32, disable_warnings=True),
    quantus.MaxSensitivity(nr_samples=3, disable_warnings=True),
    quantus.MPRT(disable_warnings=True),
    quantus.PixelFlipping(features_in_step=64, disable_warnings=True),
    quantus.Complexity(disable_warnings=True),
):
    s = M(model=m, x_batch=x, y_batch=y, a_batch=a, explain_func=ex, device="cpu")
    print(
        type(M).__name__,
        np.shape(s) if not isinstance(s, dict) else {k: np.round(v, 3) for k, v in s.items()},
        np.round(s, 3).tolist() if type(M).__name__ in ("Sparseness", "Complexity", "PixelFlipping") else "",
    )
