"""Where PyTorch has what this library has: its modules by ours. Files and the programs of others name them."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["MOVED", "home_in_pytorch", "moved_to"]

# Layers that PyTorch has in other modules than we do, by its module: our module and the names.
MOVED = {
    "torch.nn.modules.activation": ("ferrotorch.nn.modules.attention", ("MultiheadAttention",)),
    "torch.nn.modules.linear": ("ferrotorch.nn.modules.lazy", ("LazyLinear",)),
    "torch.nn.modules.conv": (
        "ferrotorch.nn.modules.lazy",
        tuple(f"Lazy{kind}{n}d" for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)),
    ),
    "torch.nn.modules.batchnorm": ("ferrotorch.nn.modules.lazy", tuple(f"LazyBatchNorm{n}d" for n in (1, 2, 3))),
    "torch.nn.modules.instancenorm": (
        "ferrotorch.nn.modules.lazy",
        tuple(f"LazyInstanceNorm{n}d" for n in (1, 2, 3)),
    ),
}
_HOME_IN_FILES = {(ours, name): theirs for theirs, (ours, names) in MOVED.items() for name in names}

# Modules of PyTorch that are packages here: what lies below them belongs to them.
_SINGLE_MODULES = ("nn.functional", "optim.lr_scheduler", "distributions.transforms")
# Our modules whose content is public in another one, both without the package's name.
_RENAMED = {
    **dict.fromkeys(["_C", "_exchange.arrays", "_exchange.dlpack", "_legacy", "_size"], ""),
    **dict.fromkeys(
        [f"_functions.{name}" for name in ("arithmetic", "copies", "creation", "queries", "reductions")], ""
    ),
    "_functions.windows": "",
    "_checks": "overrides",
    "func._call": "func",
    "func._ensemble": "func",
    "optim._adafactor": "optim",
    "optim._muon": "optim",
}


def home_in_pytorch(module: str, name: str) -> str:
    """The module of PyTorch that has what ``module`` of this library defines as ``name``."""
    if name == "UntypedStorage":
        return "torch.storage"
    moved = _HOME_IN_FILES.get((module, name))
    if moved is not None:
        return moved
    path = module.removeprefix("ferrotorch").removeprefix(".")
    for single in _SINGLE_MODULES:
        if path.startswith(f"{single}."):
            path = single
    path = _RENAMED.get(path, path)
    return f"torch.{path}" if path else "torch"


def moved_to(module: str, name: str) -> Any:
    """What PyTorch has in a module whose counterpart here, which asks, lacks it: from where it is.

    Raises:
        AttributeError: PyTorch has nothing of this name there either.
    """
    ours, names = MOVED.get(module.replace("ferrotorch", "torch", 1), ("", ()))
    if name not in names:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return getattr(importlib.import_module(ours), name)
