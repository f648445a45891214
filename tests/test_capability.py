"""Every instruction set gives the same numbers, and the environment chooses among them."""

import os
import subprocess
import sys

import ferrotorch as torch
import pytest

LEVELS = ["DEFAULT", "AVX2", "AVX512"]
HERE = torch.backends.cpu.get_cpu_capability()

# Sums of products in every layout, and functions that have loops of their own.
PROGRAM = """
import numpy as np
import ferrotorch as torch

torch.manual_seed(0)
for m, k, n in ((1, 7, 5), (13, 64, 33), (70, 300, 130)):
    a, b = torch.randn(m, k), torch.randn(k, n)
    want = a.numpy() @ b.numpy()
    for x, y in ((a, b), (a.t().contiguous().t(), b), (a, b.t().contiguous().t())):
        np.testing.assert_allclose((x @ y).numpy(), want, atol=1e-4)
        np.testing.assert_allclose((x.double() @ y.double()).numpy(), want, atol=1e-4)
x = torch.randn(33, 67)
np.testing.assert_allclose(x.exp().numpy(), np.exp(x.numpy()), rtol=1e-6)
np.testing.assert_allclose(x.sum(0).numpy(), x.numpy().sum(0), atol=1e-5)
np.testing.assert_allclose(x.half().float().numpy(), x.numpy().astype("float16"))
# Vectors and few rows, elements of half types, truncation, windows and grids.
w, v, F = torch.randn(50, 67), torch.randn(67), torch.nn.functional
np.testing.assert_allclose((x @ v).numpy(), x.numpy() @ v.numpy(), atol=1e-4)
np.testing.assert_allclose(F.linear(x[:5], w).numpy(), x[:5].numpy() @ w.numpy().T, atol=1e-4)
h = x.numpy().astype("float16")
np.testing.assert_array_equal((x.half() * x.half()).numpy(), h * h)
np.testing.assert_array_equal((x.bfloat16() * 2).float().numpy(), x.bfloat16().float().numpy() * 2)
for a, b in ((70, 130), (130, 70)):
    x1, x2 = torch.randn(a, 300).bfloat16(), torch.randn(300, b).bfloat16()
    np.testing.assert_allclose((x1 @ x2).double(), x1.double().numpy() @ x2.double().numpy(), rtol=4e-3, atol=1e-4)
np.testing.assert_allclose(x.half().sum(1).float().numpy(), h.astype("float32").sum(1), rtol=2e-3, atol=2e-2)
y = x * 1000
np.testing.assert_array_equal(y.int().numpy(), np.trunc(y.numpy()))
np.testing.assert_array_equal(y.long().numpy(), np.trunc(y.numpy()))
z = x.clone()
np.testing.assert_array_equal(z.add_(x).numpy(), x.numpy() + x.numpy())
windows = np.lib.stride_tricks.sliding_window_view(x.numpy(), (3, 3))
np.testing.assert_array_equal(F.max_pool2d(x[None], 3, 1)[0].numpy(), windows.max((2, 3)))
np.testing.assert_allclose(F.avg_pool2d(x[None], 3, 1)[0].numpy(), windows.mean((2, 3)), atol=1e-6)
np.testing.assert_array_equal(F.max_pool2d(x[None], 3, 2)[0].numpy(), windows[::2, ::2].max((2, 3)))
image = x[None, None]
grid = F.affine_grid(torch.eye(2, 3)[None], image.shape, align_corners=True)
for mode in ("bilinear", "nearest", "bicubic"):
    np.testing.assert_allclose(F.grid_sample(image, grid, mode, align_corners=True).numpy(), image.numpy(), atol=1e-3)
cube = torch.randn(7, 33, 70)
np.testing.assert_allclose(cube.sum((0, 2)).numpy(), cube.numpy().sum((0, 2)), atol=1e-3)
print(torch.backends.cpu.get_cpu_capability())
"""


def run(program, capability):
    env = os.environ | {"FERROTORCH_CPU_CAPABILITY": capability}
    return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("bound", ["default", "avx2", "avx512", "amx"])
def test_bounded(bound):
    done = run(PROGRAM, bound)
    assert done.returncode == 0, done.stderr
    # Matrix registers come with the vectors of AVX-512.
    level = {"amx": "AVX512"}.get(bound, bound.upper())
    assert done.stdout.strip() == min(level, HERE, key=LEVELS.index)


def test_an_unknown_bound_is_refused():
    done = run("import ferrotorch", "sse9")
    assert done.returncode == 1
    assert 'ValueError: FERROTORCH_CPU_CAPABILITY is one of default, avx2, avx512 and amx, not "sse9"' in done.stderr
