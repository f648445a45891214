"""What may happen around a training loop: stopping early, writing checkpoints, or anything of one's own."""

from __future__ import annotations

import os
from math import isnan
from typing import TYPE_CHECKING, Any

from ferrotorch.fit import parallel
from ferrotorch.fit.diagnosis import first_bad_parameter
from ferrotorch.fit.errors import CheckpointError

if TYPE_CHECKING:
    from ferrotorch.fit.trainer import Trainer

__all__ = ["Callback", "Checkpoint", "EarlyStopping"]


class Callback:
    """Called at the points of a run that its methods are named for. ``trainer.stop()`` ends the run after the epoch.

    Instances with a state that a resumed run needs return it from :meth:`state_dict`.
    """

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first epoch."""

    def on_step(self, trainer: Trainer) -> None:
        """After each update of the parameters."""

    def on_epoch_end(self, trainer: Trainer, row: dict[str, Any]) -> None:
        """After training and validation of an epoch; ``row`` is its row of the history, and may be added to."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """After the last epoch, not when a run fails."""

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned."""


class _Best:
    """The best value so far of a column of the history."""

    def __init__(self, monitor: str | None, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode {mode!r} is not one of 'auto', 'min', 'max'")
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.value: float | None = None

    def improves(self, trainer: Trainer, row: dict[str, Any]) -> bool:
        """Whether the row is better than all before; then it is the best."""
        name = self.monitor or ("val_loss" if "val_loss" in row else "loss")
        if not isinstance(row.get(name), float):
            numbers = [key for key, value in row.items() if isinstance(value, float)]
            raise ValueError(f"monitor={name!r}: an epoch measures {', '.join(numbers)}")
        value = row[name] if self._rises(trainer, name) else -row[name]
        is_best = self.value is None or value > self.value + self.min_delta
        if isnan(value) or not is_best:
            return False
        self.value = value
        return True

    def _rises(self, trainer: Trainer, name: str) -> bool:
        if self.mode != "auto":
            return self.mode == "max"
        metric = trainer.metrics.get(name.removeprefix("val_"))
        return bool(getattr(metric, "higher_is_better", False))


class EarlyStopping(Callback):
    """End a run when a number has not become better for some epochs.

    Args:
        monitor: a column of the history; None is ``val_loss``, or ``loss`` without validation.
        patience: epochs without improvement that are borne.
        min_delta: how much better counts as better.
        mode: ``"min"``, ``"max"``, or ``"auto"``: as the metric says, ``"min"`` for losses.
        restore_best: leave the model with the parameters of the best epoch.
    """

    def __init__(
        self,
        monitor: str | None = None,
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str = "auto",
        restore_best: bool = True,
    ) -> None:
        self._best = _Best(monitor, mode, min_delta)
        self.patience, self.restore_best = patience, restore_best
        self.best_epoch, self._bad_epochs = 0, 0
        self._weights: dict[str, Any] | None = None

    def on_epoch_end(self, trainer: Trainer, row: dict[str, Any]) -> None:
        """Count the epochs without improvement."""
        if self._best.improves(trainer, row):
            self.best_epoch, self._bad_epochs = row["epoch"], 0
            if self.restore_best:
                self._weights = {name: value.clone() for name, value in trainer.model.state_dict().items()}
            return
        self._bad_epochs += 1
        if self._bad_epochs >= self.patience:
            trainer.stop()

    def on_fit_end(self, trainer: Trainer) -> None:
        """Put the best parameters back."""
        if self._weights is not None:
            trainer.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Best value and parameters, and the epochs since."""
        return {
            "value": self._best.value,
            "best_epoch": self.best_epoch,
            "bad_epochs": self._bad_epochs,
            "weights": self._weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned."""
        self._best.value, self.best_epoch = state["value"], state["best_epoch"]
        self._bad_epochs, self._weights = state["bad_epochs"], state["weights"]


class Checkpoint(Callback):
    """Write the state of the run to ``last.pt`` after each epoch, and to ``best.pt`` when it is the best so far.

    ``trainer.fit(..., resume="folder/last.pt")`` goes on to the same numbers, bit for bit. A file is replaced when the
    new one is complete and on the disk; a state that is not finite is not written. Of several processes the first
    writes, and its random numbers are those that are kept.

    Args:
        folder: where the files are; made if it is not there.
        monitor: see :class:`EarlyStopping`.
        mode: see :class:`EarlyStopping`.
        every_steps: write ``last.pt`` after so many updates, too, in the middle of an epoch.
    """

    def __init__(
        self, folder: Any, monitor: str | None = None, mode: str = "auto", every_steps: int | None = None
    ) -> None:
        if every_steps is not None and every_steps < 1:
            raise ValueError(f"Checkpoint: expected every_steps >= 1, got {every_steps}")
        self.folder, self.every_steps, self._best = os.fspath(folder), every_steps, _Best(monitor, mode)
        #: The path of the file that was written last, None before the first.
        self.written: str | None = None

    @property
    def last(self) -> str:
        """The path of the latest state."""
        return os.path.join(self.folder, "last.pt")

    @property
    def best(self) -> str:
        """The path of the best state."""
        return os.path.join(self.folder, "best.pt")

    def on_fit_start(self, trainer: Trainer) -> None:
        """Make the folder.

        Raises:
            CheckpointError: it cannot be made.
        """
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as error:
            raise CheckpointError(error.errno, f"cannot make the folder: {error.strerror}", self.folder) from error

    def on_step(self, trainer: Trainer) -> None:
        """Write the latest state now and then."""
        if self.every_steps is not None and trainer.step % self.every_steps == 0:
            self._write(trainer, [self.last])

    def on_epoch_end(self, trainer: Trainer, row: dict[str, Any]) -> None:
        """Write the latest state, and the best."""
        self._write(trainer, [self.best, self.last] if self._best.improves(trainer, row) else [self.last])

    def _write(self, trainer: Trainer, paths: list[str]) -> None:
        if parallel.rank() == 0 and first_bad_parameter(trainer.model) is None:
            for path in paths:
                trainer.save(path)
                self.written = path

    def state_dict(self) -> dict[str, Any]:
        """The best value so far."""
        return {"value": self._best.value}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned."""
        self._best.value = state["value"]
