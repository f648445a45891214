"""Tensors on a GPU between processes."""

import ferrotorch as torch
import pytest


def test_gpu_tensors_are_staged(launch):
    if not torch.wgpu.is_available():
        pytest.skip("needs a GPU, or a Vulkan driver on the processor")
    done = launch(2, "devices")
    assert done.returncode == 0, done.stderr
