"""The loop itself: an epoch of training, evaluation, prediction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any

import ferrotorch as torch
from ferrotorch import nn
from ferrotorch.fit import arguments, parallel, random_state
from ferrotorch.fit.batches import ArrayBatches, LoaderBatches, map_tensors, size_of
from ferrotorch.fit.callbacks import Callback
from ferrotorch.fit.diagnosis import MISSING, call, check_shapes, explain, not_finite
from ferrotorch.fit.errors import FitError
from ferrotorch.fit.metrics import count
from ferrotorch.fit.progress import Progress

if TYPE_CHECKING:
    from ferrotorch.fit.trainer import Trainer

__all__ = ["Running", "evaluate", "predict", "run_epoch"]

Tensor = torch.Tensor
# Seconds between two looks at the progress bar.
_REFRESH = 0.1
# Batches whose losses wait on a GPU: reading each would make it wait. So many are read at once at the start of a run,
# where it is not yet the parameters that went wrong.
_WAITING = 16


class Running:
    """Where the current epoch is, and the losses of its batches so far.

    Attributes:
        batch: batches that are behind us.
        start: the random numbers' state at the start of the epoch, None between epochs.
        now: that of a restored run, None else.
        on_host: losses need not be waited for.
        total: the sum of losses, each times the size of its batch.
        count: samples.
    """

    def __init__(self, on_host: bool = True) -> None:
        self.on_host = on_host
        self.batch = self.count = 0
        self.total = 0.0
        self.start: dict[str, Any] | None = None
        self.now: dict[str, Any] | None = None
        self._waiting: list[tuple[torch.Tensor, int, int, tuple[Any, Any]]] = []
        self._raise: Callable[[int, tuple[Any, Any], float], None] | None = None

    def watch(self, trainer: Trainer) -> None:
        """Raise by this trainer's state what is not finite."""

        def fail(step: int, batch: tuple[Any, Any], value: float) -> None:
            raise not_finite(trainer.model, step, batch, value, trainer.kept())

        self._raise = fail

    def add(self, loss: torch.Tensor, size: int, step: int, batch: tuple[Any, Any]) -> None:
        """Count the loss of a batch; on the host it is looked at, and raised for, at once."""
        if self.on_host:
            value = loss.item()
            if isfinite(value):
                self.total += value * size
                self.count += size
            else:
                self._count(value, size, step, batch)
            return
        self._waiting.append((loss.detach(), size, step, batch))
        if step <= _WAITING or len(self._waiting) >= _WAITING:
            self.look()

    def _count(self, value: float, size: int, step: int, batch: tuple[Any, Any]) -> None:
        if not isfinite(value) and self._raise is not None:
            self._raise(step, batch, value)
        self.total += value * size
        self.count += size

    def look(self) -> None:
        """Count, and raise for, losses that still wait on a GPU."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            values = torch.stack([loss for loss, *_ in waiting]).tolist()
            for value, (_, size, step, batch) in zip(values, waiting, strict=True):
                self._count(value, size, step, batch)

    def mean(self) -> float:
        """The mean loss of all samples that were looked at, of all processes.

        Raises:
            FitError: there were none.
        """
        parts = parallel.gather(torch.tensor([self.total, float(self.count)], dtype=torch.float64))
        total, count = torch.stack(parts).sum(0).tolist()
        if not count:
            raise FitError("fit: the data yielded no batch")
        return total / count

    def glance(self) -> float:
        """The mean loss so far in this process alone."""
        return self.total / self.count if self.count else float("nan")


def run_epoch(
    trainer: Trainer,
    source: ArrayBatches | LoaderBatches,
    held_back: ArrayBatches | LoaderBatches | None,
    epochs: int,
    shown: Progress,
) -> None:
    """Train on the rest of an epoch, evaluate, and add a row to the history."""
    began = time.perf_counter()
    batches = _begin(trainer, source)
    shown.start_epoch(trainer.epoch + 1, epochs, _length(source), trainer.progress.batch)
    _Epoch(trainer, shown).run(batches)
    row: dict[str, Any] = {"epoch": trainer.epoch + 1, "loss": trainer.progress.mean()}
    row |= {name: _plain(metric.compute()) for name, metric in trainer.metrics.items()}
    if held_back is not None:
        row |= {f"val_{name}": value for name, value in evaluate(trainer, held_back).items()}
    row["lr"] = float(trainer.optimizer.param_groups[0]["lr"])
    row["seconds"] = time.perf_counter() - began
    if trainer.scheduler is not None and not trainer.steps_schedule:
        _step_schedule(trainer.scheduler, row.get("val_loss", row["loss"]))
    trainer.epoch += 1
    trainer.new_epoch()
    trainer.history.append(row)
    for callback in trainer.callbacks:
        callback.on_epoch_end(trainer, row)
    shown.end_epoch(row)


def _begin(trainer: Trainer, source: ArrayBatches | LoaderBatches) -> Iterator[Any]:
    """The batches that are left of the epoch, with the random numbers as they were there."""
    running, device = trainer.progress, trainer.device
    now, running.now = running.now, None
    if running.start is None:
        if now is not None:
            random_state.set_state(now, source.generators, device)
        running.start = random_state.get_state(source.generators, device)
        for metric in trainer.metrics.values():
            metric.reset()
        return source.start(trainer.epoch)
    random_state.set_state(running.start, source.generators, device)
    batches = source.start(trainer.epoch, running.batch)
    if now is not None:
        random_state.set_state(now, source.generators, device)
    return batches


def _length(source: ArrayBatches | LoaderBatches) -> int | None:
    try:
        return len(source)
    except TypeError:
        return None


def _step_schedule(scheduler: Any, value: float) -> None:
    if type(scheduler).__name__ == "ReduceLROnPlateau":
        scheduler.step(value)
    else:
        scheduler.step()


def _plain(value: Any) -> Any:
    """A metric's value as a number where it is one."""
    if isinstance(value, torch.Tensor):
        return float(value) if value.numel() == 1 else value
    return float(value) if isinstance(value, (int, float)) else value


class _Epoch:
    """The steps of one epoch. What does not change from step to step is looked up once."""

    def __init__(self, trainer: Trainer, shown: Progress) -> None:
        self._trainer, self._shown = trainer, shown
        self._parameters = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        self._watchers = [c for c in trainer.callbacks if type(c).on_step is not Callback.on_step]
        self._waiting = 0
        self._running, self._accumulate = trainer.progress, trainer.accumulate
        self._is_parallel = parallel.world_size() > 1
        self._forward = Forward(trainer).compute
        trainer.progress.watch(trainer)

    def run(self, batches: Iterator[Any]) -> None:
        """Train on batches."""
        trainer, running, accumulate = self._trainer, self._running, self._accumulate
        prepare = trainer.prepare if trainer.needs_preparation else None
        metrics, closes = list(trainer.metrics.values()), arguments.closes_over_steps(trainer.optimizer)
        learn, is_plain = self._step_by_closure if closes else self._learn, self._is_plain() and not closes
        optimize, forget = trainer.optimizer.step, trainer.optimizer.zero_grad
        clock, due = time.perf_counter, time.perf_counter() + _REFRESH
        trainer.model.train()
        trainer.optimizer.zero_grad()
        for batch in batches:
            inputs, target = batch if prepare is None else prepare(batch)
            step = trainer.step + 1
            output = learn(inputs, target, step)
            for metric in metrics:
                count(metric, map_tensors(output, Tensor.detach), target)
            running.batch += 1
            if is_plain:
                optimize()
                forget()
                trainer.step = step
            elif closes:
                self._updated()
            else:
                self._waiting += 1
                if self._waiting == accumulate:
                    self._update()
            if clock() > due:
                self._shown.show(running.batch, running.glance())
                due = clock() + _REFRESH
        self._finish()

    def _is_plain(self) -> bool:
        """Is an update one step of the optimizer, after each batch, and nothing else?"""
        trainer = self._trainer
        has_more = self._is_parallel or self._watchers or trainer.steps_schedule or trainer.clip is not None
        return trainer.accumulate == 1 and not has_more

    def _learn(self, inputs: Any, target: Any, step: int) -> Any:
        """Add the gradients of a batch, and return the model's output."""
        output, loss = self._forward(inputs, target, step)
        self._running.add(loss, size_of(target), step, (inputs, target))
        (loss if self._accumulate == 1 else loss / self._accumulate).backward()
        return output

    def _step_by_closure(self, inputs: Any, target: Any, step: int) -> Any:
        """A step of an optimizer that evaluates the model as often as it likes; what it found first is what counts."""
        optimizer, running = self._trainer.optimizer, self._running
        outputs: list[Any] = []

        def loss_and_gradients() -> Tensor:
            optimizer.zero_grad()
            output, loss = self._forward(inputs, target, step)
            if not outputs:
                running.add(loss, size_of(target), step, (inputs, target))
                outputs.append(output)
            loss.backward()
            self._finish_gradients()
            return loss

        optimizer.step(loss_and_gradients)
        return outputs[0]

    def _finish_gradients(self) -> None:
        """Make the gradients those of all processes, and no longer than allowed."""
        if self._is_parallel:
            parallel.average_gradients(self._parameters)
        if self._trainer.clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._trainer.clip)

    def _update(self) -> None:
        self._waiting = 0
        self._finish_gradients()
        self._trainer.optimizer.step()
        self._updated()

    def _updated(self) -> None:
        """Count an update, and let schedule and callbacks know."""
        trainer = self._trainer
        trainer.optimizer.zero_grad()
        trainer.step += 1
        if trainer.steps_schedule:
            trainer.scheduler.step()
        for callback in self._watchers:
            callback.on_step(trainer)

    def _finish(self) -> None:
        """Update by a last group of batches that is smaller, and look at the losses that wait."""
        trainer = self._trainer
        if self._waiting:
            scale = trainer.accumulate / self._waiting
            with torch.no_grad():
                for parameter in self._parameters:
                    if parameter.grad is not None:
                        parameter.grad *= scale
            self._update()
        trainer.progress.look()
        if not trainer.progress.batch:
            ended = f" in epoch {trainer.epoch + 1}: an iterator ends after one, so pass a list or a DataLoader"
            raise FitError(f"fit: the data yielded no batch{ended if trainer.epoch else ''}")
        self._shown.show(trainer.progress.batch, trainer.progress.glance())


class Forward:
    """Calls model and loss, and explains what they raise."""

    def __init__(self, trainer: Trainer, purpose: str = "") -> None:
        self._trainer, self._model, self._loss, self._purpose = trainer, trainer.model, trainer.loss, purpose
        self._is_checked = False
        #: Output and loss of a batch, given inputs, target and the number of the step.
        self.compute = self._mixed if trainer.is_mixed else self._plain

    def _mixed(self, inputs: Any, target: Any, step: int) -> tuple[Any, torch.Tensor]:
        with self._trainer.autocast():
            return self._plain(inputs, target, step)

    def _plain(self, inputs: Any, target: Any, step: int) -> tuple[Any, torch.Tensor]:
        output = MISSING
        try:
            output = self._model(inputs) if isinstance(inputs, Tensor) else call(self._model, inputs)
            if not self._is_checked:
                check_shapes(self._loss, output, target)
            loss = self._loss(output, target)
        except (FitError, MemoryError):
            raise
        except Exception as error:
            when = self._purpose or f"at step {step}"
            raise explain(error, when, self._model, self._loss, inputs, output, target) from error
        if not self._is_checked:
            _require_number(loss)
            self._is_checked = True
        return output, loss


def _require_number(loss: Any) -> None:
    if not isinstance(loss, torch.Tensor) or loss.dim():
        what = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise FitError(f"fit: the loss function returned {what}; expected a tensor of one number, such as a mean")
    if torch.is_grad_enabled() and not loss.requires_grad:
        raise FitError(
            "fit: the loss does not depend on a parameter that needs gradients; is there a detach(), item(), numpy() "
            "or no_grad() in the model or in the loss function?"
        )


def evaluate(trainer: Trainer, source: ArrayBatches | LoaderBatches) -> dict[str, Any]:
    """The mean loss and the metrics on data."""
    metrics, running, forward = (
        trainer.fresh_metrics(),
        Running(trainer.on_host),
        Forward(trainer, "in evaluation").compute,
    )
    for inputs, target in _without_training(trainer, source):
        output, loss = forward(inputs, target, trainer.step)
        running.add(loss, size_of(target), trainer.step, (inputs, target))
        for metric in metrics.values():
            count(metric, output, target)
    running.look()
    return {"loss": running.mean()} | {name: _plain(metric.compute()) for name, metric in metrics.items()}


def predict(trainer: Trainer, source: ArrayBatches | LoaderBatches) -> Any:
    """The outputs for all inputs, on the CPU."""
    parts = []
    for inputs, _ in _without_training(trainer, source):
        with trainer.autocast():
            try:
                output = call(trainer.model, inputs)
            except (TypeError, ValueError, IndexError, RuntimeError) as error:
                raise explain(error, "in prediction", trainer.model, trainer.loss, inputs, MISSING, None) from error
            parts.append(map_tensors(output, lambda tensor: tensor.cpu()))
    if not parts:
        raise FitError("predict: the data yielded no batch")
    return _joined(parts)


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], torch.Tensor):
        return torch.cat(parts)
    if isinstance(parts[0], dict):
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}
    return tuple(map(_joined, map(list, zip(*parts, strict=True))))


def _without_training(trainer: Trainer, source: ArrayBatches | LoaderBatches) -> Iterator[Any]:
    """The batches of data, with the model in evaluation mode and nothing recorded between them."""
    was_training = trainer.model.training
    trainer.model.eval()
    try:
        with torch.no_grad():
            yield from map(trainer.prepare, source.start(trainer.epoch))
    finally:
        trainer.model.train(was_training)
