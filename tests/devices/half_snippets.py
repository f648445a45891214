"""Calls in which numbers meet tensors of half types, and what PyTorch makes of them.

Run as a script with a Python that has PyTorch, it writes `half_expected.json`.
"""

import json
import pathlib
from typing import Any

FILE = pathlib.Path(__file__).with_name("half_expected.json")
DTYPES = ["float16", "bfloat16"]

#: `x` and `y` are tensors of the half type, `m` a mask, `s` a 0-dim float32 tensor of 0.3.
SNIPPETS = [
    *["x + 0.1", "0.1 - x", "x * 0.1", "0.1 * x", "x / 0.3", "x ** 0.3", "x ** 2", "x ** -1", "x ** 0.5"],
    *["x // 0.3", "x % 0.3", "torch.fmod(x, 0.3)", "x // y", "torch.div(x, y, rounding_mode='trunc')"],
    *["torch.div(x, 0.3, rounding_mode='trunc')", "torch.div(x, 0.3, rounding_mode='floor')"],
    *["x + s", "x * s", "x / s", "x - s", "torch.fmod(x, s)", "x // s", "torch.div(x, s, rounding_mode='trunc')"],
    *["x == 0.1", "x < 0.1", "x >= 0.3", "x != 0.3", "(x - 0.3) <= s", "x > s"],
    *["torch.where(m, x, 0.1)", "torch.where(m, 0.1, x)", "torch.where(m, x, s)"],
    *["x.clamp(0.1, 1.7)", "x.clamp(min=0.3)", "x.clamp_max(0.3)", "torch.lerp(x, y, 0.3)", "torch.lerp(x, y, y)"],
    *["torch.addcmul(x, x, y, value=0.3)", "torch.addcdiv(x, x, y, value=0.3)", "torch.add(x, 0.1, alpha=0.3)"],
    *["torch.nextafter(x, y)", "F.hardtanh(x, -0.3, 0.3)", "F.leaky_relu(x, 0.1)", "F.threshold(x, 0.3, 0.1)"],
    *["F.hardshrink(x, 0.3)", "F.softshrink(x, 0.3)", "F.elu(x, 0.3)", "F.softplus(x, 0.3)", "x.masked_fill(m, 0.1)"],
    *["torch.nan_to_num(x / 0.0, nan=0.1, posinf=0.3, neginf=-0.1)", "torch.copysign(x, -0.1)"],
    *["x.clone().add_(0.1)", "x.clone().mul_(0.1)", "x.clone().div_(0.3)", "x.clone().sub_(0.1, alpha=0.3)"],
    *["torch.full_like(x, 0.1) * x", "torch.mul(x, torch.tensor(0.1, dtype=torch.float64))"],
    *["x * 1000.1", "x / 70000.0"],
]  # fmt: skip
#: Calls of several steps, of which PyTorch rounds some to the half type, depending on its vector instructions.
IN_STEPS = [
    *["0.3 / x", "x ** 3", "x ** -2", "x ** -0.5", "torch.add(x, y, alpha=0.3)", "torch.sub(x, y, alpha=0.1)"],
    *["torch.rsub(x, y, alpha=0.3)", "torch.xlogy(x.abs(), 0.3)", "torch.logit(x.abs() / 9, 0.3)"],
]


def names(torch: Any, functional: Any, dtype: str, device: str) -> dict[str, Any]:
    k = torch.arange(48, dtype=torch.float64)
    x = (torch.sin(1.3 * k + 0.7) * 2 ** (k / 8 - 2)).to(getattr(torch, dtype)).to(device)
    y = (torch.cos(0.7 * k) * 3 + 0.5).to(getattr(torch, dtype)).to(device)
    s = torch.tensor(0.3).to(device)
    return {"torch": torch, "F": functional, "x": x, "y": y, "s": s, "m": k.remainder(3).eq(0).to(device)}


def answer(torch: Any, functional: Any, snippet: str, dtype: str, device: str) -> list[Any]:
    result = eval(snippet, names(torch, functional, dtype, device))
    return [str(result.dtype), [repr(v) for v in result.cpu().double().tolist()]]


if __name__ == "__main__":
    import torch
    import torch.nn.functional as F

    FILE.write_text(
        json.dumps(
            {s: {d: answer(torch, F, s, d, "cpu") for d in DTYPES} for s in SNIPPETS + IN_STEPS},
            indent=None,
            separators=(",", ":"),
        )
        + "\n"
    )
