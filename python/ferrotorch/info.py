"""What this installation is and what it found: ``python -m ferrotorch.info``, for reports of bugs and slow programs."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
from importlib import metadata
from typing import Any

import ferrotorch as torch

__all__ = ["collect", "report"]

# Instruction sets that kernels exist for, as Linux names them.
_FEATURES = (
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16",
    "asimd", "sve",
)  # fmt: skip
# Variables of other programs that change what this one does.
_VARIABLES = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VK_ICD_FILENAMES", "VK_DRIVER_FILES", "WGPU_BACKEND", "PYTHONMALLOC",
)  # fmt: skip
_PREFIXES = ("FERROTORCH_", "OMPI_COMM_WORLD_", "PMI_", "MV2_COMM_WORLD_")
_PACKAGES = ("numpy", "matplotlib", "tqdm", "safetensors", "mpi4py")


def collect() -> dict[str, dict[str, Any]]:
    """Facts by section: ``"ferrotorch"``, ``"cpu"``, ``"threads"``, ``"gpus"``, ``"processes"``, ``"environment"``."""
    return {
        "ferrotorch": _versions(),
        "cpu": _cpu(),
        "threads": _threads(),
        "gpus": _gpus(),
        "processes": _processes(),
        "environment": _environment(),
    }


def _versions() -> dict[str, Any]:
    found = {
        "version": torch.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.platform(),
        "folder": os.path.dirname(torch.__file__ or ""),
    }
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    found["graphviz"] = shutil.which("dot") or "not installed"
    return found


def _cpu() -> dict[str, Any]:
    model, flags = platform.processor() or platform.machine(), set[str]()
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            facts = dict(line.split(":", 1) for line in file if ":" in line)
    except OSError:  # not Linux
        facts = {}
    for name, value in facts.items():
        if name.strip() == "model name":
            model = value.strip()
        elif name.strip() in ("flags", "Features"):
            flags.update(value.split())
    return {
        "model": model,
        "architecture": platform.machine(),
        "features": " ".join(name for name in _FEATURES if name in flags) or "not known here",
        "capability in use": torch.backends.cpu.get_cpu_capability(),
    }


def _threads() -> dict[str, Any]:
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "of this library": torch.get_num_threads(),
        "processors": os.cpu_count(),
        "processors of this process": len(affinity(0)) if affinity is not None else os.cpu_count(),
    }


def _gpus() -> dict[str, Any]:
    return {
        f"wgpu:{i}": ", ".join(f"{k} {v}" for k, v in gpu.items()) for i, gpu in enumerate(torch._C._gpu_adapters())
    }


def _processes() -> dict[str, Any]:
    launcher = shutil.which("mpiexec") or shutil.which("mpirun") or "not found"
    distributed = importlib.import_module("ferrotorch.distributed")
    return {
        "mpiexec": launcher,
        "torch.distributed": "available" if distributed.is_available() else "not available",
    }


def _environment() -> dict[str, Any]:
    names = [name for name in os.environ if name in _VARIABLES or name.startswith(_PREFIXES)]
    return {name: os.environ[name] for name in sorted(names)}


def report() -> str:
    """The facts as text."""
    lines = []
    for section, facts in collect().items():
        lines.append(section)
        width = max(map(len, facts), default=0)
        lines += [f"  {name.ljust(width)}  {value}" for name, value in facts.items()] or ["  none"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
