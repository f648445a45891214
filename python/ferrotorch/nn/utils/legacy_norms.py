"""Weight normalisation by a hook that computes the weight before each call."""

from __future__ import annotations

import warnings
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.parameter import Parameter, is_lazy
from ferrotorch.nn.utils._length import length, with_length


class WeightNorm:
    """Before a call, sets ``name`` to ``g * v / |v|`` of ``name_g`` and ``name_v`` (Salimans & Kingma, 2016)."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """The weight that length and direction make."""
        return with_length(getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v"), self.dim)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def _hook_on(module: Module, name: str) -> tuple[int, WeightNorm] | None:
    hooks = module._forward_pre_hooks.items()
    return next(((key, rule) for key, rule in hooks if isinstance(rule, WeightNorm) and rule.name == name), None)


def weight_norm(module: Module, name: str = "weight", dim: int = 0) -> Module:
    """Replace a parameter by its length ``name_g`` and its direction ``name_v``, of which it is computed before a call.

    ``dim`` is the dimension along which lengths are separate, None for one length. Deprecated: use
    :func:`ferrotorch.nn.utils.parametrizations.weight_norm`.

    Raises:
        RuntimeError: done already.
        ValueError: a lazy layer that has not seen an input yet.
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    if _hook_on(module, name) is not None:
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    hook = WeightNorm(name, dim)
    weight = getattr(module, name)
    if is_lazy(weight):
        raise ValueError(
            "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy forward "
            "before applying weight normalization"
        )
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(length(weight.detach(), hook.dim)))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    hook(module, None)
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, with the value that length and direction give.

    Raises:
        ValueError: there is no :func:`weight_norm` of this name.
    """
    found = _hook_on(module, name)
    if found is None:
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    key, hook = found
    weight = hook.compute_weight(module).detach()
    for attribute in (name, f"{name}_g", f"{name}_v"):
        delattr(module, attribute)
    setattr(module, name, Parameter(weight))
    del module._forward_pre_hooks[key]
    return module
