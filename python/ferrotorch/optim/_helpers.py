"""Helpers of PyTorch's optimizers, most of them for the sake of its compiler, which optimizers of packages import."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import ferrotorch
from ferrotorch import Tensor

Step = TypeVar("Step", bound=Callable[..., Any])


def _use_grad_for_differentiable(func: Step) -> Step:
    """A ``step`` that records what it does if ``defaults["differentiable"]`` says so, and nothing otherwise."""

    @functools.wraps(func)
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        with ferrotorch.set_grad_enabled(self.defaults["differentiable"]):
            return func(self, *args, **kwargs)

    return step  # type: ignore[return-value]


def _get_value(x: Any) -> Any:
    """The number in a tensor; numbers as they are."""
    return x.item() if isinstance(x, Tensor) else x


def _stack_if_compiling(x: Any) -> Any:
    """The list as it is: nothing is compiled."""
    return x


def _dispatch_sqrt(x: Any) -> Any:
    """The square root of a number or tensor."""
    return x.sqrt() if isinstance(x, Tensor) else x**0.5


def _view_as_real(params: list[Tensor], *state_and_grads: list[Tensor]) -> None:
    """Put pairs of real numbers in the place of complex ones, in lists that belong together place by place."""
    for i, param in enumerate(params):
        if ferrotorch.is_complex(param):
            params[i] = ferrotorch.view_as_real(param)
            for tensors in state_and_grads:
                tensors[i] = ferrotorch.view_as_real(tensors[i])


def _get_scalar_dtype(is_fused: bool | None = None) -> ferrotorch.dtype:
    """The dtype of counts of steps: float32, and float64 where that is the default."""
    is_double = ferrotorch.get_default_dtype() is ferrotorch.float64 and not is_fused
    return ferrotorch.float64 if is_double else ferrotorch.float32


def _default_to_fused_or_foreach(
    params: list[Tensor], differentiable: bool, use_fused: bool = False
) -> tuple[bool, bool]:
    """Whether an optimizer is to be written for fused kernels or lists of tensors: neither, one tensor is the best."""
    return False, False


def _disable_dynamo_if_unsupported(single_tensor_fn: Any = None) -> Callable[[Step], Step]:
    """A decorator that leaves a function as it is: nothing is compiled."""
    return lambda func: func


def _get_capturable_supported_devices(supports_xla: bool = True) -> list[str]:
    """The kinds of devices whose launches can be captured with a step in them: none."""
    return []


def _device_dtype_check_for_fused(p: Tensor, cuda_unsupported: bool = False) -> None:
    """Check that there is a fused kernel for a parameter.

    Raises:
        RuntimeError: it is not of floating point numbers.
    """
    if not p.is_floating_point():
        raise RuntimeError(f"`fused=True` requires all the params to be floating point Tensors, got {p.dtype}")


# Parts of docstrings, which optimizers of packages put into their own.
_params_doc = """params (iterable): the parameters, with or without their names, or dicts that define groups of them"""
_foreach_doc = """foreach (bool, optional): step all parameters of a group by ops on lists of tensors (default: None)"""
_fused_doc = """fused (bool, optional): step by one kernel that does all of the arithmetic (default: None)"""
_maximize_doc = """maximize (bool, optional): make the objective larger, rather than smaller (default: False)"""
_capturable_doc = """capturable (bool, optional): accepted: launches are not captured (default: False)"""
_differentiable_doc = """differentiable (bool, optional): let gradients flow through the step (default: False)"""
