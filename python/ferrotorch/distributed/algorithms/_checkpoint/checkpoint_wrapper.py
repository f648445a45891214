"""A wrapper of modules whose activations are computed again in the backward pass, instead of being kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum, auto
from functools import partial
from typing import Any

import ferrotorch as torch
from ferrotorch.autograd.graph import save_on_cpu
from ferrotorch.utils.checkpoint import checkpoint

__all__ = [
    "ActivationWrapper",
    "CheckpointImpl",
    "CheckpointWrapper",
    "OffloadWrapper",
    "apply_activation_checkpointing",
    "checkpoint_wrapper",
    "offload_wrapper",
]

Module = torch.nn.Module
_INNER = "_checkpoint_wrapped_module"
_PREFIX = f"{_INNER}."


class CheckpointImpl(Enum):
    """The two ways to compute again; see `torch.utils.checkpoint`."""

    REENTRANT = auto()
    NO_REENTRANT = auto()


class ActivationWrapper(Module):
    """A module around another one. Names of parameters and states are those without it."""

    def __init__(self, mod: Module) -> None:
        super().__init__()
        self._checkpoint_wrapped_module = mod
        self._register_state_dict_hook(_without_prefix)
        self.register_load_state_dict_pre_hook(_with_prefix)

    def __getattr__(self, name: str) -> Any:
        """An attribute of the wrapper, or of the module in it."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self._checkpoint_wrapped_module, name)

    def __getitem__(self, key: Any) -> Any:
        return self._checkpoint_wrapped_module[key]  # type: ignore[index]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module returns."""
        raise ValueError("Subclasses should implement this")

    def named_parameters(self, *args: Any, **kwargs: Any) -> Iterator[tuple[str, Any]]:
        """Parameters by the names that they have without wrappers."""
        for name, parameter in super().named_parameters(*args, **kwargs):
            yield name.replace(_PREFIX, ""), parameter


def _without_prefix(module: Module, state: dict[str, Any], prefix: str, metadata: Any) -> None:
    for key in [key for key in state if key.startswith(prefix + _PREFIX)]:
        state[prefix + key[len(prefix + _PREFIX) :]] = state.pop(key)


def _with_prefix(module: Module, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    for key in [key for key in state if key.startswith(prefix) and not key.startswith(prefix + _PREFIX)]:
        state[prefix + _PREFIX + key[len(prefix) :]] = state.pop(key)


class CheckpointWrapper(ActivationWrapper):
    """A module whose activations are computed again in the backward pass.

    Args:
        mod: The module.
        checkpoint_impl: How.
        checkpoint_fn: Instead of `torch.utils.checkpoint.checkpoint`: a function of the module and its inputs.
        checkpoint_fn_kwargs: Options of that function.
    """

    def __init__(
        self,
        mod: Module,
        checkpoint_impl: CheckpointImpl = CheckpointImpl.NO_REENTRANT,
        checkpoint_fn: Callable[..., Any] | None = None,
        **checkpoint_fn_kwargs: Any,
    ) -> None:
        super().__init__(mod)
        self.checkpoint_impl = checkpoint_impl
        options = dict(checkpoint_fn_kwargs)
        if checkpoint_fn is None:
            options["use_reentrant"] = checkpoint_impl is CheckpointImpl.REENTRANT
        self.checkpoint_fn = partial(checkpoint_fn or checkpoint, **options)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module returns."""
        inner = self._checkpoint_wrapped_module
        if self.checkpoint_impl is CheckpointImpl.REENTRANT and kwargs:
            # That way knows of no arguments by name.
            return self.checkpoint_fn(lambda *given: inner(*given, **kwargs), *args)
        return self.checkpoint_fn(inner, *args, **kwargs)


class OffloadWrapper(ActivationWrapper):
    """A module whose activations are kept in host memory."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module returns."""
        with save_on_cpu():
            return self._checkpoint_wrapped_module(*args, **kwargs)


def checkpoint_wrapper(
    module: Module,
    checkpoint_impl: CheckpointImpl = CheckpointImpl.NO_REENTRANT,
    checkpoint_fn: Callable[..., Any] | None = None,
    **checkpoint_fn_kwargs: Any,
) -> Module:
    """The module in a :class:`CheckpointWrapper`."""
    return CheckpointWrapper(module, checkpoint_impl, checkpoint_fn, **checkpoint_fn_kwargs)


def offload_wrapper(module: Module) -> Module:
    """The module in an :class:`OffloadWrapper`."""
    return OffloadWrapper(module)


def apply_activation_checkpointing(
    model: Module,
    checkpoint_wrapper_fn: Callable[[Module], Module] = checkpoint_wrapper,
    check_fn: Callable[[Module], bool] = lambda _: True,
    auto_wrap_policy: Callable[..., bool] | None = None,
) -> None:
    """Wrap parts of a model, in place, those within others first.

    Args:
        model: The model, which itself is not wrapped.
        checkpoint_wrapper_fn: Wraps a part.
        check_fn: Whether a part is wrapped.
        auto_wrap_policy: Instead of it: a policy of `torch.distributed.fsdp.wrap`.
    """
    from ferrotorch.distributed.fsdp.wrap import auto_wrap, lambda_auto_wrap_policy

    policy = auto_wrap_policy or partial(lambda_auto_wrap_policy, lambda_fn=check_fn)
    auto_wrap(model, policy, lambda part, **options: checkpoint_wrapper_fn(part), set())
