"""Spectral normalisation by a hook that computes the weight before each call."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn import functional as F
from ferrotorch.nn.modules.module import Module
from ferrotorch.nn.parameter import Parameter, is_lazy


class SpectralNorm:
    """Before a call, sets ``name`` to ``name_orig`` divided by its largest singular value (Miyato et al., 2018).

    The value is estimated by power iteration, from the vectors ``name_u`` and ``name_v``.
    """

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight as a matrix whose rows are the entries of ``dim``."""
        return weight.movedim(self.dim, 0).reshape(weight.size(self.dim), -1)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The normalised weight."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix = self.matrix(weight)
        if do_power_iteration:
            with torch.no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(torch.mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(F.normalize(torch.mv(matrix, v), dim=0, eps=self.eps))
            # Copies: the next iteration changes the vectors that backward of this one needs.
            u, v = u.clone(), v.clone()
        return weight / torch.dot(u, torch.mv(matrix, v))

    def start(self, module: Module, weight: Parameter) -> None:
        """Give the module the parameter and the vectors in the place of the weight."""
        rows, columns = self.matrix(weight.detach()).shape
        u = F.normalize(weight.new_empty(rows).normal_(0, 1), dim=0, eps=self.eps)
        v = F.normalize(weight.new_empty(columns).normal_(0, 1), dim=0, eps=self.eps)
        del module._parameters[self.name]
        module.register_parameter(f"{self.name}_orig", weight)
        setattr(module, self.name, weight.data)
        module.register_buffer(f"{self.name}_u", u)
        module.register_buffer(f"{self.name}_v", v)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def _hook_on(module: Module, name: str) -> tuple[int, SpectralNorm] | None:
    hooks = module._forward_pre_hooks.items()
    return next(((key, rule) for key, rule in hooks if isinstance(rule, SpectralNorm) and rule.name == name), None)


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a parameter by its largest singular value, before each call of the module.

    ``dim`` is that of the outputs: by default 1 in transposed convolutions and 0 elsewhere. Newer programs use
    :func:`ferrotorch.nn.utils.parametrizations.spectral_norm`.

    Raises:
        RuntimeError: done already.
        ValueError: the parameter is None, or a lazy layer has not seen an input yet.
    """
    if dim is None:
        dim = 1 if getattr(module, "transposed", False) else 0
    if _hook_on(module, name) is not None:
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    if is_lazy(weight):
        raise ValueError(
            "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy "
            "forward before applying spectral normalization"
        )
    hook.start(module, weight)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, with the value that it has now.

    Raises:
        ValueError: there is no :func:`spectral_norm` of this name.
    """
    found = _hook_on(module, name)
    if found is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    key, hook = found
    with torch.no_grad():
        weight = hook.compute_weight(module, do_power_iteration=False)
    for attribute in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
        delattr(module, attribute)
    module.register_parameter(name, Parameter(weight.detach()))
    del module._forward_pre_hooks[key]
    return module
