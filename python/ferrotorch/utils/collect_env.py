"""What a report of a fault should say of the machine: ``python -m ferrotorch -m torch.utils.collect_env``."""

from __future__ import annotations

import locale
import platform
import sys
from importlib import metadata
from typing import NamedTuple

import ferrotorch as torch

__all__ = ["SystemEnv", "get_env_info", "get_pretty_env_info", "main"]

_PACKAGES = ("ferrotorch", "numpy", "safetensors", "transformers", "torchvision", "triton")


class SystemEnv(NamedTuple):
    """Versions and devices."""

    torch_version: str
    is_debug_build: str
    os: str
    python_version: str
    python_platform: str
    libc_version: str
    cpu_info: str
    cpu_capability: str
    is_cuda_available: str
    gpus: str
    pip_packages: str


def get_env_info() -> SystemEnv:
    """What there is."""
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return SystemEnv(
        torch_version=str(torch.__version__),
        is_debug_build="False",
        os=f"{platform.system()} {platform.release()} ({platform.machine()})",
        python_version=f"{sys.version} ({sys.maxsize.bit_length() + 1}-bit runtime)",
        python_platform=platform.platform(),
        libc_version="-".join(platform.libc_ver()) or "N/A",
        cpu_info=f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads used",
        cpu_capability=str(torch._C._cpu_capability()),
        is_cuda_available="False",
        gpus="\n".join(str(adapter) for adapter in torch._C._gpu_adapters()) or "none",
        pip_packages="\n".join(found),
    )


_FORM = """\
PyTorch version: {torch_version} (ferrotorch)
Is debug build: {is_debug_build}

OS: {os}
Libc version: {libc_version}

Python version: {python_version}
Python platform: {python_platform}
Is CUDA available: {is_cuda_available}
GPUs (device wgpu): {gpus}

CPU: {cpu_info}
CPU capability: {cpu_capability}

Versions of relevant libraries:
{pip_packages}"""


def get_pretty_env_info() -> str:
    """What there is, as text."""
    return _FORM.format(**get_env_info()._asdict())


def main() -> None:
    """Print it."""
    print(f"Collecting environment information... ({locale.getlocale()[0]})")
    print(get_pretty_env_info())


if __name__ == "__main__":
    main()
