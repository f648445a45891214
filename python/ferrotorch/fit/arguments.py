"""What a trainer is made of, looked at before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ferrotorch import nn, optim
from ferrotorch.fit.callbacks import Callback, Checkpoint

__all__ = [
    "callbacks_of",
    "closes_over_steps",
    "optimizer_of",
    "require_epochs",
    "require_loss",
    "require_model",
    "require_scheduler",
    "require_updates",
]


def require_model(model: Any) -> None:
    """Refuse what is no module.

    Raises:
        TypeError: it is a class, a function or something else.
    """
    if isinstance(model, type):
        raise TypeError(f"Trainer: model is the class {model.__name__}; make one: {model.__name__}(...)")
    if not isinstance(model, nn.Module):
        raise TypeError(f"Trainer: model must be an nn.Module, got {_shown(model)}")


def require_loss(loss: Any) -> None:
    """Refuse what is no function of output and target.

    Raises:
        TypeError: it is a class of losses, or cannot be called.
    """
    if isinstance(loss, type):
        raise TypeError(f"Trainer: loss is the class {loss.__name__}; make one: {loss.__name__}()")
    if not callable(loss):
        raise TypeError(f"Trainer: loss must be a function of (output, target), got {_shown(loss)}")


def optimizer_of(optimizer: Any, model: nn.Module) -> Any:
    """An optimizer of a model's parameters, or what a function such as `torch.optim.Adam` makes of them.

    Raises:
        TypeError: it is neither an optimizer nor makes one.
        ValueError: the model has no parameters that need gradients, or the optimizer has none of them.
    """
    parameters = {id(parameter) for parameter in model.parameters()}
    if not any(parameter.requires_grad for parameter in model.parameters()):
        what = "no parameters" if not parameters else "only parameters with requires_grad=False"
        raise ValueError(f"Trainer: {type(model).__name__} has {what}: there is nothing to train")
    if not hasattr(optimizer, "param_groups"):
        if not callable(optimizer):
            raise TypeError(
                f"Trainer: optimizer must be one, or make one, as torch.optim.Adam does; got {_shown(optimizer)}"
            )
        return optimizer(model.parameters())
    if not any(id(each) in parameters for group in optimizer.param_groups for each in group["params"]):
        raise ValueError(
            f"Trainer: {type(optimizer).__name__} has no parameter of this {type(model).__name__}; make it of "
            "model.parameters(), or pass what makes one, such as torch.optim.Adam"
        )
    return optimizer


def closes_over_steps(optimizer: Any) -> bool:
    """Whether a step of the optimizer evaluates the model itself, several times, by a function that it is given."""
    return isinstance(optimizer, optim.LBFGS)


def require_updates(accumulate: Any, clip: Any, optimizer: Any) -> None:
    """Refuse ways to update parameters that there are not.

    Raises:
        ValueError: ``accumulate`` is no integer of at least 1, ``clip`` no positive number; several batches would be
            accumulated for an optimizer that evaluates the model itself.
    """
    if not isinstance(accumulate, int) or accumulate < 1:
        raise ValueError(f"Trainer: accumulate must be an integer of at least 1, got {accumulate!r}")
    if clip is not None and not (isinstance(clip, int | float) and clip > 0):
        raise ValueError(f"Trainer: clip must be a number above 0, got {clip!r}")
    if accumulate > 1 and closes_over_steps(optimizer):
        name = type(optimizer).__name__
        raise ValueError(f"Trainer: {name} evaluates one batch several times; accumulate={accumulate} is not for it")


def require_scheduler(scheduler: Any) -> None:
    """Refuse what is no learning-rate schedule.

    Raises:
        TypeError: it is a class of schedules, or has no ``step``.
    """
    if isinstance(scheduler, type):
        raise TypeError(f"Trainer: scheduler is the class {scheduler.__name__}; make one of the optimizer")
    if scheduler is not None and not hasattr(scheduler, "step"):
        raise TypeError(f"Trainer: scheduler must be a learning-rate schedule, got {_shown(scheduler)}")


def callbacks_of(callbacks: Callback | Iterable[Callback]) -> list[Callback]:
    """Callbacks in the order in which they are called: checkpoints come last, what the others count belongs into them.

    Raises:
        TypeError: one of them is none.
    """
    every = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
    for each in every:
        if not isinstance(each, Callback):
            raise TypeError(f"Trainer: callbacks are objects of classes derived from fit.Callback, got {_shown(each)}")
    return sorted(every, key=lambda callback: isinstance(callback, Checkpoint))


def require_epochs(epochs: Any) -> None:
    """Refuse what is no number of epochs.

    Raises:
        ValueError: it is negative, or no integer.
    """
    if not isinstance(epochs, int) or epochs < 0:
        raise ValueError(f"fit: epochs must be an integer of at least 0, got {epochs!r}")


def _shown(value: Any) -> str:
    """A value's kind, and the value itself if it is short."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = getattr(value, "__name__", None)
    if name is not None:
        return f"the function {name}"
    return f"{type(value).__name__} {value!r}" if isinstance(value, str | int | float) else type(value).__name__
