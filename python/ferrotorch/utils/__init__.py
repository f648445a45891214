"""Tools around training: data loading, checkpointing, hooks, file formats."""

from __future__ import annotations

from typing import Any

_PARTS = frozenset(
    [
        "_contextlib", "_dtype_abbrs", "_foreach_utils", "_python_dispatch", "_pytree", "benchmark", "checkpoint",
        "collect_env", "cpp_extension", "data", "dlpack", "flop_counter", "hooks", "model_zoo", "safetensors",
        "tensorboard", "weak",
    ]
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a part at its first use."""
    if name == "swap_tensors":
        from ferrotorch.utils._swap import swap_tensors

        return swap_tensors
    if name in _PARTS:
        import importlib

        return importlib.import_module(f"ferrotorch.utils.{name}")
    raise AttributeError(f"module 'ferrotorch.utils' has no attribute {name!r}")
