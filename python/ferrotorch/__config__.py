"""How the library was built."""

from __future__ import annotations

import sys

from ferrotorch import _C

__all__ = ["parallel_info", "show"]


def show() -> str:
    """The parts of the build, one a line."""
    from ferrotorch import version, wgpu

    gpus = [wgpu.get_device_name(i) for i in range(wgpu.device_count())]
    return (
        f"ferrotorch {version.ferrotorch} built with:\n"
        "  - Rust, kernels of its own for the CPU and WGSL shaders for GPUs\n"
        f"  - CPU capability usage: {_C._cpu_capability()}\n"
        f"  - GPUs through Vulkan, Metal or DX12: {', '.join(gpus) or 'none found'}\n"
        f"  - Build settings: USE_CUDA=OFF, USE_CUDNN=OFF, USE_MKL=OFF, USE_MKLDNN=OFF, USE_DISTRIBUTED=OFF, "
        f"PYTHON={sys.version_info.major}.{sys.version_info.minor}\n"
    )


def parallel_info() -> str:
    """How many threads kernels use."""
    from ferrotorch import get_num_interop_threads

    return (
        f"Parallel:\n\tget_num_threads() : {_C.get_num_threads()}\n"
        f"\tget_num_interop_threads() : {get_num_interop_threads()}\n"
        "Threads: a team of the library's own\n"
    )
