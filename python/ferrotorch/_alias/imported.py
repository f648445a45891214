"""What modules of PyTorch have because they import it from others: programs that copy layers take it from there."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ferrotorch._homes import MOVED

__all__ = ["IMPORTED", "complete"]

_TUPLES = {"nn.modules.utils": "_single _pair _triple"}
_LAZY = {"nn.modules.lazy": "LazyModuleMixin", "nn.parameter": "UninitializedParameter"}
_OPTIMIZER = {
    "optim.optimizer": "Optimizer ParamsT _default_to_fused_or_foreach _get_capturable_supported_devices "
    "_get_scalar_dtype _get_value _stack_if_compiling _use_grad_for_differentiable _view_as_real"
}
_OPTIMIZERS = ("adadelta", "adagrad", "adam", "adamax", "adamw", "asgd", "nadam", "radam", "rmsprop", "rprop", "sgd")

# By module and by the module that the names are from, all without the package's name.
IMPORTED: dict[str, dict[str, str]] = {
    "nn.modules.conv": {"nn.modules.utils": "_single _pair _triple _reverse_repeat_tuple", **_LAZY},
    "nn.modules.padding": {"nn.modules.utils": "_ntuple _pair _quadruple"},
    "nn.modules.pooling": {"nn.modules.utils": "_pair _triple"},
    "nn.modules.batchnorm": {**_LAZY, "nn.parameter": "UninitializedParameter UninitializedBuffer"},
    "nn.modules.linear": _LAZY,
    "nn.modules.activation": {
        "nn.init": "constant_ xavier_normal_ xavier_uniform_",
        "nn.modules.linear": "NonDynamicallyQuantizableLinear",
    },
    "nn.modules.transformer": {"nn.init": "xavier_uniform_"},
    "nn.modules.module": {"utils.hooks": "RemovableHandle", "": "device dtype memory_format"},
    "nn.grad": _TUPLES,
    "nn.utils.legacy_norms": {"": "norm_except_dim", "nn.parameter": "UninitializedParameter"},
    **{key: {"optim.optimizer": "Optimizer", "": "Tensor"} for key in ["optim.lr_scheduler", "optim.sparse_adam"]},
    **{f"optim.{name}": {**_OPTIMIZER, "optim._functional": name} for name in _OPTIMIZERS},
    "autograd.graph": {"utils.hooks": "RemovableHandle", "autograd": "Variable"},
    "distributions.transforms": {
        "": "Tensor",
        "distributions.distribution": "Distribution",
        "distributions.utils": "_sum_rightmost broadcast_all lazy_property tril_matrix_to_vec vec_to_tril_matrix",
        "nn.functional": "pad softplus",
    },
    "utils.data.dataloader": {
        "_utils": "ExceptionWrapper",
        "utils.data": "IterDataPipe MapDataPipe Sampler",
    },
    "utils.data.dataset": {"": "Generator randperm"},
    "utils.data.distributed": {"utils.data": "Dataset"},
    "utils.data._worker": {"_utils": "ExceptionWrapper"},
    "functional": {
        "": "atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod meshgrid split unique "
        "unique_consecutive unravel_index"
    },
    "_tensor": {
        "overrides": "get_default_nowrap_functions handle_torch_function has_torch_function has_torch_function_unary "
        "has_torch_function_variadic"
    },
}

_NOT_PUBLIC = frozenset(["AdaptiveSoftmaxResult", "NonDynamicallyQuantizableLinear"])


def _layers(module: ModuleType, name: str) -> list[str]:
    """The classes that PyTorch's module of that name makes public."""
    moved = MOVED.get(f"torch.{name}", ("", ()))[1]
    own = [
        each
        for each, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == f"torch.{name}"
        if not each.startswith("_") and each not in _NOT_PUBLIC
    ]
    return sorted({*own, *moved})


def complete(module: ModuleType, name: str) -> None:
    """Let a module find what PyTorch's module imports, where it has nothing of that name itself.

    Args:
        module: a module of this library.
        name: its name without the package's.
    """
    sources = IMPORTED.get(name)
    if name.startswith("nn.modules.") and "__all__" not in vars(module):
        vars(module)["__all__"] = _layers(module, name)
    if sources is None:
        return
    homes = {each: home for home, names in sources.items() for each in names.split()}
    own: Callable[[str], Any] | None = vars(module).get("__getattr__")

    def find(wanted: str) -> Any:
        if wanted in homes:
            return getattr(importlib.import_module(f"ferrotorch.{homes[wanted]}".rstrip(".")), wanted)
        if own is not None:
            return own(wanted)
        raise AttributeError(f"module {module.__name__!r} has no attribute {wanted!r}")

    vars(module)["__getattr__"] = find
