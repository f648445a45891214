"""The module ``functorch``, from which PyTorch's `torch.func` came: its names warn, and do what those of `torch.func`
do.

A program run by ``python -m ferrotorch`` finds it as ``functorch``.
"""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import func as _func
from ferrotorch import nn
from ferrotorch._C import Tensor
from ferrotorch.version import __version__

__all__ = [
    "FunctionalModule",
    "FunctionalModuleWithBuffers",
    "__version__",
    "combine_state_for_ensemble",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "make_functional",
    "make_functional_with_buffers",
    "vjp",
    "vmap",
]  # fmt: skip


def _warn(name: str, successor: str) -> None:
    warnings.warn(
        f"We've integrated functorch into PyTorch. As the final step of the integration, `functorch.{name}` "
        "is deprecated "
        f"as of PyTorch 2.0 and will be deleted in a future version of PyTorch >= 2.3. Please use "
        f"`{successor}` instead; "
        "see the PyTorch 2.0 release notes and/or the `torch.func` migration guide for more details "
        "https://pytorch.org/docs/main/func.migrating.html",
        FutureWarning,
        stacklevel=3,
    )


def _deprecated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        name = "vmap" if function is _func.vmap else f"func.{function.__name__}"
        _warn(function.__name__, f"torch.{name}")
        return function(*args, **kwargs)

    return wrapper


vmap = _deprecated(_func.vmap)
grad = _deprecated(_func.grad)
grad_and_value = _deprecated(_func.grad_and_value)
vjp = _deprecated(_func.vjp)
jvp = _deprecated(_func.jvp)
jacrev = _deprecated(_func.jacrev)
jacfwd = _deprecated(_func.jacfwd)
hessian = _deprecated(_func.hessian)
functionalize = _deprecated(_func.functionalize)


class FunctionalModuleWithBuffers(nn.Module):
    """A module as a function ``(parameters, buffers, *args)`` of tuples of these."""

    def __init__(self, stateless_model: nn.Module, param_names: Sequence[str], buffer_names: Sequence[str]) -> None:
        super().__init__()
        self.stateless_model = stateless_model
        self.param_names, self.buffer_names = tuple(param_names), tuple(buffer_names)

    def forward(  # type: ignore[override]
        self, params: Iterable[Tensor], buffers: Iterable[Tensor], *args: Any, **kwargs: Any
    ) -> Any:
        """What the module returns with these parameters and buffers in the place of its own."""
        names = (*self.param_names, *self.buffer_names)
        state = dict(zip(names, (*params, *buffers), strict=True))
        return _func.functional_call(self.stateless_model, state, args, kwargs)


class FunctionalModule(nn.Module):
    """A module without buffers as a function ``(parameters, *args)`` of a tuple of parameters."""

    def __init__(self, stateless_model: nn.Module, param_names: Sequence[str]) -> None:
        super().__init__()
        self.stateless_model, self.param_names = stateless_model, tuple(param_names)

    def forward(self, params: Iterable[Tensor], *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """What the module returns with these parameters in the place of its own."""
        state = dict(zip(self.param_names, params, strict=True))
        return _func.functional_call(self.stateless_model, state, args, kwargs)


def make_functional(model: nn.Module, disable_autograd_tracking: bool = False) -> tuple[FunctionalModule, Any]:
    """A module as a function of its parameters, and a copy of these.

    Raises:
        RuntimeError: the module has buffers.
    """
    _warn("make_functional", "torch.func.functional_call")
    if list(model.buffers()):
        raise RuntimeError(
            "make_functional(model): `model` has buffers. Please use make_functional_with_buffers(model) instead."
        )
    own, params, _ = _taken_apart(model, disable_autograd_tracking)
    return FunctionalModule(own, list(params)), tuple(params.values())


def make_functional_with_buffers(
    model: nn.Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModuleWithBuffers, Any, Any]:
    """A module as a function of its parameters and buffers, and copies of these."""
    _warn("make_functional_with_buffers", "torch.func.functional_call")
    return _functional(model, disable_autograd_tracking)


def _functional(model: nn.Module, constant: bool) -> tuple[FunctionalModuleWithBuffers, Any, Any]:
    own, params, buffers = _taken_apart(model, constant)
    function = FunctionalModuleWithBuffers(own, list(params), list(buffers))
    return function, tuple(params.values()), tuple(buffers.values())


def _taken_apart(model: nn.Module, constant: bool) -> tuple[nn.Module, dict[str, Any], dict[str, Any]]:
    """A copy of a module, and its parameters and buffers by name."""
    own = copy.deepcopy(model)
    params = dict(own.named_parameters())
    for parameter in params.values():
        parameter.requires_grad_(parameter.requires_grad and not constant)
    return own, params, dict(own.named_buffers())


def combine_state_for_ensemble(models: Sequence[nn.Module]) -> tuple[FunctionalModuleWithBuffers, Any, Any]:
    """Modules of one class as one function, with their parameters and buffers stacked.

    Raises:
        RuntimeError: no module, or modules of different classes or modes.
    """
    _warn("combine_state_for_ensemble", "torch.func.stack_module_state")
    if not models:
        raise RuntimeError("combine_state_for_ensemble: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("combine_state_for_ensemble: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("combine_state_for_ensemble: Expected all models to be of the same class.")
    function = _functional(models[0], False)[0]
    params, buffers = _func.stack_module_state(models)
    return function, tuple(params.values()), tuple(buffers.values())


def __getattr__(name: str) -> Any:
    """What is no longer here, but in `torch.func`."""
    if name in torch.func.__all__:
        return getattr(torch.func, name)
    raise AttributeError(f"module 'functorch' has no attribute {name!r}")
