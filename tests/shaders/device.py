"""A second host for the shaders: wgpu-py, one launch at a time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DIMS = 8


@cache
def open_device() -> Any:
    """The first adapter's device; skips the test where there is none."""
    wgpu = pytest.importorskip("wgpu")
    try:
        adapter = wgpu.gpu.request_adapter_sync(power_preference="high-performance")
    except RuntimeError as error:
        pytest.skip(f"no GPU adapter: {error}")
    return adapter.request_device_sync()


def row_major(shape: Sequence[int]) -> list[int]:
    """Row-major strides in elements."""
    return [int(np.prod(shape[d + 1 :])) for d in range(len(shape))]


def uniforms(
    shape: Sequence[int], strides: Sequence[Sequence[int]], args: Sequence[int], offsets: Sequence[int] = ()
) -> bytes:
    """The block of parameters that `shaders/prelude.wgsl` declares."""

    def padded(words: Sequence[int], n: int) -> list[int]:
        return [w & 0xFFFFFFFF for w in words] + [0] * (n - len(words))

    words = [int(np.prod(shape)), len(shape), 0, 0, *padded(shape, MAX_DIMS), *padded(offsets, MAX_DIMS)]
    for steps in strides:
        words += padded(steps, MAX_DIMS)
    words += padded(args, 24)
    return np.array(words, np.uint32).tobytes()


def float_words(*numbers: float) -> list[int]:
    """Scalars as two words of parameters each."""
    return [word for x in numbers for word in (int(np.float32(x).view(np.uint32)), 0)]


def launch(
    source: str, arrays: Sequence[np.ndarray], parameters: bytes, groups: int, status: bool = False
) -> list[np.ndarray]:
    """Runs a shader on copies of the arrays and returns what they hold afterwards (and the status words)."""
    device = open_device()
    wgpu = pytest.importorskip("wgpu")
    usage = wgpu.BufferUsage.STORAGE | wgpu.BufferUsage.COPY_SRC
    contents = [a.tobytes() for a in arrays] + ([bytes(32)] if status else [])
    buffers = [device.create_buffer_with_data(data=c + bytes(-len(c) % 4), usage=usage) for c in contents]
    uniform = device.create_buffer_with_data(data=parameters, usage=wgpu.BufferUsage.UNIFORM)
    module = device.create_shader_module(code=source)
    pipeline = device.create_compute_pipeline(layout="auto", compute={"module": module, "entry_point": "main"})
    numbers = [k + 1 for k in range(len(arrays))] + ([8] if status else [])
    entries = [{"binding": 0, "resource": {"buffer": uniform, "offset": 0, "size": uniform.size}}]
    entries += [
        {"binding": n, "resource": {"buffer": b, "offset": 0, "size": b.size}}
        for n, b in zip(numbers, buffers, strict=True)
    ]
    group = device.create_bind_group(layout=pipeline.get_bind_group_layout(0), entries=entries)
    encoder = device.create_command_encoder()
    compute = encoder.begin_compute_pass()
    compute.set_pipeline(pipeline)
    compute.set_bind_group(0, group)
    compute.dispatch_workgroups(groups, 1, 1)
    compute.end()
    device.queue.submit([encoder.finish()])
    results = [
        np.frombuffer(device.queue.read_buffer(b), np.uint8)[: a.nbytes].view(a.dtype).reshape(a.shape)
        for a, b in zip(arrays, buffers, strict=False)
    ]
    return results + ([np.frombuffer(device.queue.read_buffer(buffers[-1]), np.uint32)] if status else [])
