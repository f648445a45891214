"""The ways that kernels take on GPUs, on adapters that are processors: these take them when told so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = [
    "test_convolution.py::test_passes",
    "test_lines.py::test_rows_are_reduced",
    "test_products.py",
    "test_attention.py::test_sizes",
    "test_attention_masks.py::test_masks",
    "test_attention_masks.py::test_heads_in_groups",
    "test_attention_masks.py::test_dropout",
]


@pytest.mark.skipif("FERROTORCH_WGPU_TILES" in os.environ, reason="the inner run")
def test_ways_of_gpus(gpu):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        *(str(HERE / name) for name in TESTS),
    ]
    environment = {**os.environ, "FERROTORCH_WGPU_TILES": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "passed" in done.stdout
