"""What ends a training run."""

from __future__ import annotations

__all__ = ["CheckpointError", "FitError", "FitInterrupted", "NonFiniteError"]


class FitError(RuntimeError):
    """Model, loss and data do not go together; the message says which shapes, dtypes or labels."""


class NonFiniteError(FitError):
    """A loss became NaN or infinite; the message names step, layer and parameter.

    Attributes:
        step: the update that the batch would have led to, counted from 1 over all epochs.
        layer: the path of the layer where it began, or None where it was the loss or the input.
        parameter: the path of a parameter that is not finite, or None.
    """

    def __init__(self, message: str, step: int, layer: str | None, parameter: str | None) -> None:
        super().__init__(message)
        self.step, self.layer, self.parameter = step, layer, parameter


class CheckpointError(OSError):
    """A checkpoint could not be written or read. What was written before is as it was."""

    def __str__(self) -> str:
        return super().__str__() if self.errno is not None else f"{self.strerror}: {self.filename!r}"


class FitInterrupted(KeyboardInterrupt):
    """Ctrl-C during :meth:`Trainer.fit`; the message says where a later run can go on."""
