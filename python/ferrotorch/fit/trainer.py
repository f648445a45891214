"""The trainer: model, loss and optimizer, and what is done with them."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Concatenate, ParamSpec, TypeVar

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.fit import arguments, checkpoint, loop, lr_finder, parallel, progress, random_state
from ferrotorch.fit import callbacks as _callbacks
from ferrotorch.fit.batches import as_batches, map_tensors
from ferrotorch.fit.callbacks import Callback, Checkpoint
from ferrotorch.fit.errors import FitInterrupted
from ferrotorch.fit.history import History
from ferrotorch.fit.lr_finder import LearningRates
from ferrotorch.fit.metrics import as_metrics
from ferrotorch.fit.precision import Precision

__all__ = ["Trainer"]

# Schedules that are made for steps rather than epochs.
_OF_STEPS = ("OneCycleLR", "CyclicLR")

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _among_its_processes(
    method: Callable[Concatenate[Trainer, _P], _R],
) -> Callable[Concatenate[Trainer, _P], _R]:
    """A method that knows of the other processes only if the trainer trains together with them."""

    @functools.wraps(method)
    def run(trainer: Trainer, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with parallel.alone(not trainer.together):
            return method(trainer, *args, **kwargs)

    return run


class Trainer:
    """Trains a model, and evaluates and applies it.

    Data are ``(inputs, targets)`` as arrays or tensors (inputs may be a tuple of several, or a dict of keywords), a
    `Dataset` or a `DataLoader` of such pairs. Inputs that are a tuple are the model's arguments.

    Args:
        model: moved to ``device``.
        loss: a function of output and target that returns one number.
        optimizer: an optimizer over the model's parameters, or what makes one of them, such as ``torch.optim.Adam``.
        metrics: names (``"accuracy"``, ``"top5"``, ``"f1"``, ``"auroc"``, ``"confusion"``, ``"mae"``, ``"mse"``,
            ``"r2"``), objects with ``update``, ``compute`` and ``reset``, functions of (output, target), or a dict of
            such by name.
        scheduler: a learning-rate schedule over the optimizer.
        scheduler_every: ``"epoch"`` or ``"step"``; None is what the schedule is made for.
        device: where to train; None is where the model is.
        precision: ``"32"`` (as the model is), ``"64"``, ``"bf16"``, or ``"bf16-mixed"`` (`torch.autocast`).
        accumulate: batches whose gradients are averaged for one update.
        clip: the largest norm of all gradients together.
        callbacks: see :class:`Callback`.
        seed: starts all random numbers, see :func:`seed_everything`, for what is drawn after the model was made; None
            leaves them.
        together: whether the processes that ``mpiexec`` has started train one model; False where each trains its own.

    Where ``mpiexec`` has started several processes, every one trains on its part of the data with the gradients of all;
    the group of ``torch.distributed`` is made unless the program has made it.

    Attributes:
        epoch: the epochs that are complete.
        step: the updates made.
        history: the rows of :class:`History`.

    Raises:
        TypeError: the model is no module, the loss or the optimizer a class of losses or a name, and so on.
        ValueError: an option is none of those that are possible; the optimizer has no parameter of the model.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Any, Any], torch.Tensor],
        optimizer: Any,
        *,
        metrics: Any = None,
        scheduler: Any = None,
        scheduler_every: str | None = None,
        device: Any = None,
        precision: str = "32",
        accumulate: int = 1,
        clip: float | None = None,
        callbacks: Callback | Iterable[Callback] = (),
        seed: int | None = None,
        together: bool = True,
    ) -> None:
        if scheduler_every not in (None, "epoch", "step"):
            raise ValueError(f"Trainer: scheduler_every {scheduler_every!r} is neither 'epoch' nor 'step'")
        arguments.require_model(model)
        arguments.require_loss(loss)
        arguments.require_scheduler(scheduler)
        self.together = together
        if together:
            parallel.join()
        if seed is not None:
            random_state.seed_everything(seed)
        self.device = _device_of(model) if device is None else torch.device(device)
        self._precision = Precision(precision, self.device)
        self.model = model.to(device=self.device, dtype=self._precision.dtype)
        self.loss = loss.to(self.device) if isinstance(loss, nn.Module) else loss
        self.optimizer = arguments.optimizer_of(optimizer, self.model)
        arguments.require_updates(accumulate, clip, self.optimizer)
        self.scheduler = scheduler
        self.steps_schedule = (scheduler_every or _rhythm(scheduler)) == "step"
        self.metrics = as_metrics(metrics)
        self.accumulate, self.clip = accumulate, clip
        self.callbacks = arguments.callbacks_of(callbacks)
        self.history = History()
        self.epoch = self.step = 0
        self.progress = loop.Running(self.on_host)
        #: Sources of random numbers that the data of the run draw from, besides the default ones.
        self.generators: tuple[torch.Generator, ...] = ()
        self._stopped = False

    @_among_its_processes
    def fit(
        self,
        data: Any,
        validation: Any = None,
        *,
        epochs: int = 10,
        batch_size: int = 32,
        shuffle: bool = True,
        resume: Any = None,
        verbose: bool = True,
    ) -> History:
        """Train until ``epochs`` epochs are complete, counted from the first call on.

        Args:
            data: what to train on. ``batch_size`` and ``shuffle`` are for arrays and datasets.
            validation: what to evaluate on after each epoch.
            resume: the path of a checkpoint to go on from.
            verbose: show progress on the standard error.

        Raises:
            FitError: model, loss and data do not go together.
            NonFiniteError: a loss is NaN or infinite.
            CheckpointError: a checkpoint could not be written or read.
            FitInterrupted: Ctrl-C.
        """
        arguments.require_epochs(epochs)
        source = as_batches(data, batch_size, shuffle, trains=True)
        held_back = None if validation is None else as_batches(validation, batch_size, False)
        self.generators = source.generators
        self.new_epoch()  # what an earlier call left in the middle begins again
        if resume is not None:
            self.load(resume)
        parallel.broadcast([*self.model.parameters(), *self.model.buffers()])
        self._stopped = False
        shown = progress.choose(verbose and parallel.rank() == 0)
        try:
            self._call("on_fit_start")
            while self.epoch < epochs and not self._stopped:
                loop.run_epoch(self, source, held_back, epochs, shown)
            self._call("on_fit_end")
        except KeyboardInterrupt:
            message = f"fit: interrupted in epoch {self.epoch + 1} after {self.step} updates. {self.kept()}"
            raise FitInterrupted(message) from None
        finally:
            shown.close()
        return self.history

    @_among_its_processes
    def evaluate(self, data: Any, *, batch_size: int = 256) -> dict[str, Any]:
        """The mean loss and the metrics on data, without training."""
        return loop.evaluate(self, as_batches(data, batch_size, False))

    @_among_its_processes
    def predict(self, data: Any, *, batch_size: int = 256) -> Any:
        """The model's outputs for inputs, joined along the first dimension, on the CPU.

        Args:
            data: inputs as arrays or tensors, or a loader; of a loader's pairs the last is taken for a target.
        """
        return loop.predict(self, as_batches(data, batch_size, False, has_target=False))

    @_among_its_processes
    def find_lr(
        self, data: Any, *, start: float = 1e-6, end: float = 1.0, steps: int = 100, batch_size: int = 32
    ) -> LearningRates:
        """Losses at rates from ``start`` to ``end``; leaves model, optimizer and random numbers as they were."""
        return lr_finder.find(self, as_batches(data, batch_size, True, trains=True), start, end, steps)

    def save(self, path: Any) -> None:
        """Write the state of the run to a file, whole or not at all.

        Raises:
            CheckpointError: it cannot be written; what was there before is.
            NonFiniteError: a loss that was not looked at yet is not finite.
        """
        self.progress.look()
        checkpoint.write(self.state_dict(), path, self.kept())

    def load(self, path: Any) -> None:
        """Go on from a file that :meth:`save` wrote; nothing in it is run.

        Raises:
            CheckpointError: it cannot be read, or is of another model or optimizer.
        """
        checkpoint.read(self, path)

    def state_dict(self) -> dict[str, Any]:
        """All that the numbers of the rest of the run depend on, and the history."""
        return checkpoint.state_of(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned."""
        checkpoint.restore(self, state)

    def new_epoch(self) -> loop.Running:
        """Forget where the current epoch is."""
        self.progress = loop.Running(self.on_host)
        return self.progress

    def stop(self) -> None:
        """End the run after the epoch."""
        self._stopped = True

    def kept(self) -> str:
        """A sentence that says which checkpoint there is to go on from."""
        found = [each.written for each in self.callbacks if isinstance(each, Checkpoint) and each.written is not None]
        if not found:
            return "No checkpoint was written."
        return f"The last good checkpoint is kept: fit(..., resume={found[-1]!r}) goes on from it."

    def prepare(self, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        """A batch on the device, in the precision of the model."""
        inputs, target = batch
        return map_tensors(inputs, self._precision.convert), map_tensors(target, self._precision.convert)

    @property
    def needs_preparation(self) -> bool:
        """Whether a batch of the host has to be moved or converted."""
        return not self.on_host or self._precision.dtype is not None

    @property
    def on_host(self) -> bool:
        """Whether losses are numbers at once, rather than when a GPU is done."""
        return self.device.type == "cpu"

    @property
    def is_mixed(self) -> bool:
        """Whether forward passes run under :meth:`autocast`."""
        return self._precision.is_mixed

    def autocast(self) -> AbstractContextManager[Any]:
        """The context of forward passes."""
        return self._precision.autocast() if self._precision.is_mixed else contextlib.nullcontext()

    def fresh_metrics(self) -> dict[str, Any]:
        """The metrics with nothing counted, apart from those that training counts with."""
        fresh = copy.deepcopy(self.metrics)
        for metric in fresh.values():
            metric.reset()
        return fresh

    def _call(self, name: str, *args: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, name)(self, *args)


def _rhythm(scheduler: Any) -> str:
    return "step" if type(scheduler).__name__ in _OF_STEPS else "epoch"


def _device_of(model: nn.Module) -> torch.device:
    first = next(iter(model.parameters()), None)
    return torch.device("cpu") if first is None else first.device


# Annotations in the modules that a trainer is made of name it, and programs ask what they mean.
for _part in (_callbacks, checkpoint, loop, lr_finder):
    vars(_part)["Trainer"] = Trainer
