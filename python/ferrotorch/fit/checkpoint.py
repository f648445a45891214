"""The state of a run in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import ferrotorch as torch
from ferrotorch.fit import random_state
from ferrotorch.fit.errors import CheckpointError

if TYPE_CHECKING:
    from ferrotorch.fit.trainer import Trainer

__all__ = ["read", "restore", "state_of", "write"]

_FORMAT = 1


def state_of(trainer: Trainer) -> dict[str, Any]:
    """What the numbers of the rest of a run depend on: tensors and Python's plain values alone."""
    running = trainer.progress
    return {
        "format": _FORMAT,
        "model": trainer.model.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "scheduler": None if trainer.scheduler is None else trainer.scheduler.state_dict(),
        "epoch": trainer.epoch,
        "step": trainer.step,
        "batch": running.batch,
        "sums": (running.total, running.count),
        "epoch_start": running.start,
        "random": random_state.get_state(trainer.generators, trainer.device),
        "metrics": {name: _metric_state(metric) for name, metric in trainer.metrics.items()},
        "history": trainer.history.rows,
        "callbacks": [(type(callback).__name__, callback.state_dict()) for callback in trainer.callbacks],
    }


def restore(trainer: Trainer, state: dict[str, Any]) -> None:
    """Put a trainer into a state."""
    kinds = [name for name, _ in state["callbacks"]]
    if kinds != [type(callback).__name__ for callback in trainer.callbacks]:
        raise ValueError(f"the checkpoint is of a run with callbacks {kinds}")
    _require_same_optimizer(trainer.optimizer, state["optimizer"])
    trainer.model.load_state_dict(state["model"])
    trainer.optimizer.load_state_dict(state["optimizer"])
    if (trainer.scheduler is None) != (state["scheduler"] is None):
        raise ValueError("one of the runs has a scheduler, the other none")
    if trainer.scheduler is not None:
        trainer.scheduler.load_state_dict(state["scheduler"])
    trainer.epoch, trainer.step = state["epoch"], state["step"]
    trainer.history.rows = list(state["history"])
    running = trainer.new_epoch()
    running.batch, running.start, running.now = state["batch"], state["epoch_start"], state["random"]
    running.total, running.count = state["sums"]
    for name, metric in trainer.metrics.items():
        _restore_metric(metric, state["metrics"].get(name))
    for callback, (_, its) in zip(trainer.callbacks, state["callbacks"], strict=True):
        callback.load_state_dict(its)


def _require_same_optimizer(optimizer: Any, state: dict[str, Any]) -> None:
    """Refuse the state of an optimizer with other options: of another kind.

    Raises:
        ValueError: the options differ.
    """
    own, its = (each[0].keys() for each in (optimizer.state_dict()["param_groups"], state["param_groups"]))
    if own - its:
        missing = ", ".join(sorted(own - its))
        raise ValueError(f"it is of another optimizer than {type(optimizer).__name__}: it has no {missing}")


def _metric_state(metric: Any) -> Any:
    """What a metric has counted: its own idea of it, or the states that torchmetrics declares."""
    declared = getattr(metric, "_defaults", None)
    if isinstance(declared, dict):
        return {name: getattr(metric, name) for name in declared}
    return metric.state_dict() if hasattr(metric, "state_dict") else None


def _restore_metric(metric: Any, state: Any) -> None:
    metric.reset()
    if state is None:
        return
    if isinstance(getattr(metric, "_defaults", None), dict):
        for name, value in state.items():
            setattr(metric, name, value)
    else:
        metric.load_state_dict(state)


def write(state: dict[str, Any], path: Any, kept: str) -> None:
    """Write a state to a file, whole or not at all."""
    path = os.fspath(path)
    try:
        torch.save(state, path)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CheckpointError(
            getattr(error, "errno", None), f"cannot write checkpoint: {reason}. {kept}", path
        ) from error


def read(trainer: Trainer, path: Any) -> None:
    """Put a trainer into the state in a file."""
    path = os.fspath(path)
    try:
        state = torch.load(path, map_location=trainer.device, weights_only=True)
        if not isinstance(state, dict) or state.get("format") != _FORMAT:
            raise ValueError("this is no checkpoint of a Trainer")
        restore(trainer, state)
    except OSError as error:
        raise CheckpointError(error.errno, f"cannot read checkpoint: {error.strerror}", path) from error
    except Exception as error:
        raise CheckpointError(None, f"cannot resume from checkpoint: {error}", path) from error
