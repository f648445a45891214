import os
import subprocess
import sys

import pytest

import ferrotorch as torch

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
print(torch.backends.cpu.get_cpu_capability())
"""


def run(program, capability):
    env = os.environ | {"FERROTORCH_CPU_CAPABILITY": capability}
    return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("level", LEVELS)
def test_bounded(level):
    done = run(PROGRAM, level.lower())
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == min(level, HERE, key=LEVELS.index)


def test_an_unknown_bound_is_refused():
    done = run("import ferrotorch", "sse9")
    assert done.returncode == 1
    assert 'ValueError: FERROTORCH_CPU_CAPABILITY is one of default, avx2 and avx512, not "sse9"' in done.stderr
