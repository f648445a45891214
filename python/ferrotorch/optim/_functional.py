"""Steps of optimizers as functions of lists: parameters, gradients, and what is remembered of each.

Each has PyTorch's parameters. A step is the rule of the optimizer's class, parameter by parameter; how it is computed
(``foreach``, ``fused``, ``has_complex``) may be said, and is the same. Tensors of state are written to in place.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch
from ferrotorch._C import Tensor

from ._step import ParameterwiseOptimizer, as_real

__all__ = ["adadelta", "adagrad", "adam", "adamax", "adamw", "asgd", "nadam", "radam", "rmsprop", "rprop", "sgd"]

# Lists by the name of the state, in the order of the parameters, and the other parameters; those without a default by
# name only, which "*" begins.
_SIGNATURES = {
    "adadelta": (
        "square_avgs:square_avg acc_deltas:acc_delta state_steps:step",
        "capturable=False foreach=None differentiable=False has_complex=False * lr rho eps weight_decay maximize",
    ),
    "adagrad": (
        "state_sums:sum state_steps:step",
        "fused=None grad_scale=None found_inf=None has_sparse_grad=False foreach=None differentiable=False "
        "has_complex=False * lr weight_decay lr_decay eps maximize",
    ),
    "adam": (
        "exp_avgs:exp_avg exp_avg_sqs:exp_avg_sq max_exp_avg_sqs:max_exp_avg_sq state_steps:step",
        "foreach=None capturable=False differentiable=False fused=None grad_scale=None found_inf=None "
        "has_complex=False decoupled_weight_decay=False * amsgrad beta1 beta2 lr weight_decay eps maximize",
    ),
    "adamax": (
        "exp_avgs:exp_avg exp_infs:exp_inf state_steps:step",
        "foreach=None maximize=False differentiable=False capturable=False has_complex=False * eps beta1 beta2 lr "
        "weight_decay",
    ),
    "adamw": (
        "exp_avgs:exp_avg exp_avg_sqs:exp_avg_sq max_exp_avg_sqs:max_exp_avg_sq state_steps:step",
        "foreach=None capturable=False differentiable=False fused=None grad_scale=None found_inf=None "
        "has_complex=False * amsgrad beta1 beta2 lr weight_decay eps maximize",
    ),
    "asgd": (
        "axs:ax mus:mu etas:eta state_steps:step",
        "foreach=None maximize=False differentiable=False capturable=False has_complex=False * lambd lr t0 alpha "
        "weight_decay",
    ),
    "nadam": (
        "exp_avgs:exp_avg exp_avg_sqs:exp_avg_sq mu_products:mu_product state_steps:step",
        "decoupled_weight_decay=False foreach=None capturable=False differentiable=False has_complex=False "
        "maximize=False * beta1 beta2 lr weight_decay momentum_decay eps",
    ),
    "radam": (
        "exp_avgs:exp_avg exp_avg_sqs:exp_avg_sq state_steps:step",
        "decoupled_weight_decay=False foreach=None differentiable=False capturable=False has_complex=False "
        "maximize=False * beta1 beta2 lr weight_decay eps",
    ),
    "rmsprop": (
        "square_avgs:square_avg grad_avgs:grad_avg momentum_buffer_list:momentum_buffer state_steps:step",
        "foreach=None maximize=False differentiable=False capturable=False has_complex=False * lr alpha eps "
        "weight_decay momentum centered",
    ),
    "rprop": (
        "prevs:prev step_sizes:step_size state_steps:step",
        "foreach=None capturable=False maximize=False differentiable=False has_complex=False * step_size_min "
        "step_size_max etaminus etaplus",
    ),
    "sgd": (
        "momentum_buffer_list:momentum_buffer",
        "has_sparse_grad=False foreach=None fused=None grad_scale=None found_inf=None * weight_decay momentum lr "
        "dampening nesterov maximize",
    ),
}
_CLASSES = {"adamw": "AdamW", "asgd": "ASGD", "nadam": "NAdam", "radam": "RAdam", "rmsprop": "RMSprop", "sgd": "SGD"}
# Options that a class has in pairs.
_PAIRS = {
    "betas": ("beta1", "beta2"),
    "etas": ("etaminus", "etaplus"),
    "step_sizes": ("step_size_min", "step_size_max"),
}


def _signature(name: str) -> inspect.Signature:
    """The parameters of a step."""
    lists, others = _SIGNATURES[name]
    kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    gradients = "d_p_list" if name == "sgd" else "grads"
    found = [inspect.Parameter(each, kind) for each in ("params", gradients)]
    found += [inspect.Parameter(each.partition(":")[0], kind) for each in lists.split()]
    for each in others.split():
        if each == "*":
            kind = inspect.Parameter.KEYWORD_ONLY
            continue
        option, _, default = each.partition("=")
        value = {"": inspect.Parameter.empty, "None": None, "False": False}[default]
        found.append(inspect.Parameter(option, kind, default=value))
    return inspect.Signature(found)


def _group(given: dict[str, Any], name: str) -> dict[str, Any]:
    """The options of a step as a class has them in its groups."""
    group = dict(given)
    for pair, (first, second) in _PAIRS.items():
        if first in group:
            group[pair] = group[first], group[second]
    if name == "adamw":
        group["decoupled_weight_decay"] = True
    return group


def _step_one(rule: ParameterwiseOptimizer, p: Tensor, grad: Tensor, state: dict[str, Any], group: Any) -> None:
    """One parameter's step, which writes to it and to its state."""
    step = 0.0
    if "step" in state:
        state["step"] += 1
        step = float(state["step"])
    grad = -grad if group.get("maximize") else grad
    if p.is_complex() and rule._complex_as_pairs:
        pairs = {key: as_real(value) for key, value in state.items()}
        rule._update(as_real(p), as_real(grad), pairs, group, step)
    else:
        rule._update(p, grad, state, group, step)


def _steps(name: str, given: dict[str, Any]) -> None:
    params: Sequence[Tensor] = given["params"]
    grads = given["d_p_list" if name == "sgd" else "grads"]
    columns = dict(each.split(":")[::-1] for each in _SIGNATURES[name][0].split())
    steps = given.get("state_steps", [])
    if not all(isinstance(step, Tensor) for step in steps):
        raise RuntimeError("API has changed, `state_steps` argument must contain a list of singleton tensors")
    kind = getattr(importlib.import_module("ferrotorch.optim"), _CLASSES.get(name, name.capitalize()))
    rule, group = kind.__new__(kind), _group(given, name)
    for i, (p, grad) in enumerate(zip(params, grads, strict=True)):
        state = {key: given[column][i] for key, column in columns.items() if i < len(given[column])}
        with ferrotorch.set_grad_enabled(ferrotorch.is_grad_enabled() and bool(given.get("differentiable"))):
            _step_one(rule, p, grad, state, group)
        if name == "sgd":
            # The first step makes the buffer.
            given["momentum_buffer_list"][i] = state.get("momentum_buffer")


def _define(name: str) -> Callable[..., None]:
    """The function of a step."""
    signature = _signature(name)

    def step(*args: Any, **kwargs: Any) -> None:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        _steps(name, bound.arguments)

    step.__name__ = step.__qualname__ = name
    step.__signature__ = signature  # type: ignore[attr-defined]
    step.__doc__ = f"A step of `{_CLASSES.get(name, name.capitalize())}` on lists of parameters, gradients and state."
    return step


adadelta, adagrad, adam, adamax, adamw, asgd, nadam, radam, rmsprop, rprop, sgd = map(_define, __all__)
