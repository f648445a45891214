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
_FAMILIES = (
    "arithmetic", "copies", "creation", "differences", "histograms", "matrices", "queries", "reductions", "segments",
    "windows",
)  # fmt: skip
# Our modules whose content is public in another one, both without the package's name.
_RENAMED = {
    **dict.fromkeys(["_C", "_exchange.arrays", "_exchange.dlpack", "_legacy", "_size"], ""),
    **{f"_functions.{name}": "" for name in _FAMILIES},
    **dict.fromkeys(["linalg.norms", "linalg.products", "linalg.spectral"], "linalg"),
    "_asserts": "",
    **dict.fromkeys(["_foreach", "_functions.layers", "_functions.recurrent", "_settings"], ""),
    "_typed_storage": "storage",
    "_checks": "overrides",
    "func._call": "func",
    "fx._codegen": "fx.graph",
    "fx._patching": "fx._symbolic_trace",
    "fx._placeholders": "fx._symbolic_trace",
    "func._ensemble": "func",
    **dict.fromkeys(["masked._reductions", "masked._scans"], "masked"),
    **dict.fromkeys(["_functions.quantization", "_functions.sparsity", "_qschemes"], ""),
    **dict.fromkeys(["_quantized._construction", "_quantized._fake", "_quantized._layers"], ""),
    "sparse._construction": "",
    **dict.fromkeys(["sparse._products", "sparse._reductions", "sparse._invariants"], "sparse"),
    "_lobpcg": "",
    **dict.fromkeys(["nested._construction", "nested._tensor"], "nested"),
    "utils._swap": "utils",
    "optim._adafactor": "optim",
    "optim._muon": "optim",
}


# Functions of `nn.functional` that PyTorch has built in, by the module where it has them.
_BUILT_IN = {
    "torch": (
        "adaptive_avg_pool1d", "avg_pool1d", "bilinear", "celu_", "channel_shuffle", "conv1d", "conv2d", "conv3d",
        "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_similarity", "hardshrink",
        "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "prelu", "relu_", "rrelu_", "selu_",
        "threshold_",
    ),
    "torch._C._nn": (
        "avg_pool2d", "avg_pool3d", "elu_", "gelu", "hardtanh_", "leaky_relu_", "logsigmoid", "one_hot",
        "scaled_dot_product_attention", "softplus", "softshrink",
    ),
}  # fmt: skip
_BUILT_IN_NAMES = {"logsigmoid": "log_sigmoid"}
_BUILT_IN_HOMES = {name: home for home, names in _BUILT_IN.items() for name in names}


def built_in_name(module: str, name: str) -> str | None:
    """The full name of what PyTorch has built in where this library has a function in Python, or None.

    Overrides of such functions get the arguments of a call as they were given.
    """
    home = home_in_pytorch(module.replace("torch", "ferrotorch", 1) if module.startswith("torch") else module, name)
    if home == "torch.nn.functional" and name in _BUILT_IN_HOMES:
        return f"{_BUILT_IN_HOMES[name]}.{_BUILT_IN_NAMES.get(name, name)}"
    if name.startswith("_"):
        return None
    if home in ("torch.fft", "torch.linalg", "torch.special"):
        family = home.partition(".")[2]
        return f"torch._C._{family}.{family}_{name}"
    return f"torch.{name}" if home == "torch" else None


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
