"""What a checkpoint leaves in the graph: holders in the place of saved tensors, and how these are computed again.

While the function of a checkpoint runs, a pair of saved-tensor hooks puts a `Holder` where a node would keep a tensor.
The first holder that a walk over the graph asks for makes the function run again, under a second pair of hooks: what
ops save then is, in the same order, what they had saved before.
"""

from __future__ import annotations

import itertools
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn

from ferrotorch import _C
from ferrotorch.autograd.grad_mode import enable_grad
from ferrotorch.autograd.graph import saved_tensors_hooks

Tensor = _C.Tensor

_TIP = (
    "Tip: To see a more detailed error message, either pass `debug=True` to `torch.utils.checkpoint.checkpoint(...)` "
    "or wrap the code block with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to enable "
    "checkpoint-debug mode globally."
)


class CheckpointError(RuntimeError):
    """The recomputation did not do what the first computation did."""


class _StopRecomputation(BaseException):
    """All is there that is needed: a recomputation ends here. No handler for errors in the function is to see it."""


# The frame that this thread runs or recomputes for, innermost last: what saves by itself goes by it.
_active = threading.local()


def active() -> Frame | _Run | None:
    """The run of a checkpoint's function that this thread is in."""
    runs = getattr(_active, "runs", ())
    return runs[-1] if runs else None


@contextmanager
def _running(run: Frame | _Run, hooks: saved_tensors_hooks) -> Iterator[None]:
    runs = _active.__dict__.setdefault("runs", [])
    runs.append(run)
    try:
        with hooks:
            yield
    finally:
        runs.pop()


class Holder:
    """Stands in the graph for a tensor; has it, with its version, for each walk for which it was computed again."""

    __slots__ = ("__weakref__", "tensors")

    def __init__(self) -> None:
        self.tensors: dict[Any, tuple[Tensor, int]] = {}


class GraphExecGroup:
    """Within this ``with`` block a checkpoint is computed again at most once, however often backward is called.

    It concerns checkpoints with ``use_reentrant=False``. The blocks of a thread cannot be nested.
    """

    _thread = threading.local()

    def __init__(self) -> None:
        self._frames: weakref.WeakSet[Frame] = weakref.WeakSet()

    def __enter__(self) -> GraphExecGroup:
        if self.current() is not None:
            raise RuntimeError(f"GraphExecGroup contexts cannot be nested. Already inside group {self.current()}")
        self._thread.group = self
        return self

    def __exit__(self, *exception: object) -> None:
        self._thread.group = None
        for frame in self._frames:
            frame.forget(self)

    @classmethod
    def current(cls) -> GraphExecGroup | None:
        """The block that this thread is in."""
        return getattr(cls._thread, "group", None)

    def add(self, frame: Frame) -> None:
        """Have a frame forget at the end what it computed in the block."""
        self._frames.add(frame)


class Trace:
    """What was saved in both runs and where, for messages of errors."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.second: list[str] = []

    @staticmethod
    def note(log: list[str], tensor: Tensor) -> None:
        """Append a tensor that is being saved, and the stack of calls."""
        where = "".join(traceback.format_stack()[:-3])
        log.append(
            f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)} on {tensor.device}, saved in\n{where}"
        )

    def explain(self, error: CheckpointError) -> NoReturn:
        """Raise an error again with all that was noted."""

        def listed(log: list[str], label: str) -> str:
            return "\n".join(f"({i + 1} of {len(log)} in {label}) {entry}" for i, entry in enumerate(log))

        raise CheckpointError(
            "An error happened while unpacking tensors; dumping logs of latest computation because you passed "
            "`debug=True` to `torch.utils.checkpoint.checkpoint()`.\n\n"
            f"1. Tensors saved in the original forward\n\n{listed(self.first, 'original')}\n\n"
            f"2. Tensors saved during recomputation\n\n{listed(self.second, 'recompute')}\n\n"
            f"ERROR: Detected non-determinism while running activation checkpointing\n{error}"
        ) from error


class Frame:
    """One call of a checkpoint.

    Args:
        function: Runs the function again, as it ran first; called with what `arguments` were saved.
        early_stop: End a recomputation with the last tensor that is needed.
        describe: What must be equal of a tensor in both runs.
        trace: Where to note what is saved, if anywhere.
    """

    _numbers = itertools.count()

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        early_stop: bool,
        describe: Callable[[Tensor], Any],
        trace: Trace | None,
    ) -> None:
        self.function, self.early_stop, self.describe, self.trace = function, early_stop, describe, trace
        self.holders: list[weakref.ref[Holder]] = []
        self.descriptions: list[Any] = []
        self.complete = False
        # Where to put what is being saved, while somebody wants to know.
        self.watcher: list[Tensor] | None = None
        self._arguments: list[Any] = []
        self._recomputed: set[Any] = set()

    def save_arguments(self, args: Iterable[Any]) -> None:
        """Keep the arguments for the second run: tensors among them guarded and packed as any saved tensor."""
        self._arguments = [_C._save_tensor(arg) if isinstance(arg, Tensor) else arg for arg in args]

    def arguments(self) -> list[Any]:
        """The arguments again."""
        return [arg.unpack() if isinstance(arg, _C.SavedTensor) else arg for arg in self._arguments]

    def running(self) -> AbstractContextManager[None]:
        """The block for the first run."""
        return _running(self, saved_tensors_hooks(self._pack, self._unpack))

    def _pack(self, tensor: Tensor) -> Holder:
        holder = Holder()
        if self.watcher is not None:
            self.watcher.append(tensor)
        self.holders.append(weakref.ref(holder))
        self.descriptions.append(self.describe(tensor))
        if self.trace is not None:
            self.trace.note(self.trace.first, tensor)
        return holder

    def _unpack(self, holder: Holder) -> Tensor:
        try:
            return self._recomputed_tensor(holder)
        except CheckpointError as error:
            if self.trace is None:
                raise
            self.trace.explain(error)

    def _recomputed_tensor(self, holder: Holder) -> Tensor:
        walk, group = _C._current_graph_task_id(), GraphExecGroup.current()
        if walk == -1 and group is None:
            # Nobody says when what is computed is no longer needed.
            key: Any = ("outside a walk", next(self._numbers))
            try:
                self._recompute(key)
                return _intact(holder, key)
            finally:
                self.forget(key)
        key = walk if group is None else group
        if key not in self._recomputed:
            if group is None:
                _C._call_after_walk(lambda complete: self.forget(key))
            else:
                group.add(self)
            self._recompute(key)
        return _intact(holder, key)

    def _recompute(self, key: Any) -> None:
        run = _Run(self, key)
        if self.trace is not None:
            self.trace.second.clear()
        arguments = self.arguments()
        try:
            with _running(run, saved_tensors_hooks(run.pack, lambda tensor: tensor)), enable_grad():
                self.function(*arguments)
        except _StopRecomputation as stop:
            if stop.args[0] is not run:
                raise
        self._recomputed.add(key)
        run.check()

    def forget(self, key: Any) -> None:
        """Let go what was computed for a walk."""
        self._recomputed.discard(key)
        for reference in self.holders:
            holder = reference()
            if holder is not None:
                holder.tensors.pop(key, None)


def _intact(holder: Holder, key: Any) -> Tensor:
    tensor, version = holder.tensors[key]
    if tensor._version != version:
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation in the "
            f"function of a checkpoint: [{tensor.type()} {list(tensor.shape)}] is at version {tensor._version}; "
            f"expected version {version} instead."
        )
    return tensor


class _Run:
    """One recomputation of a frame."""

    def __init__(self, frame: Frame, key: Any) -> None:
        self.frame, self.key = frame, key
        self.count = 0
        self.mismatches: list[str] = []
        # Of a walk that began before the first run was over.
        self.partial = False

    def pack(self, tensor: Tensor) -> Tensor:
        frame, index = self.frame, self.count
        self.count += 1
        kept = tensor.detach() if tensor.requires_grad else tensor
        if frame.trace is not None:
            frame.trace.note(frame.trace.second, tensor)
        if index >= len(frame.holders):
            if frame.complete:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original "
                    f"forward pass.\n{_TIP}"
                )
            self.partial = True
            return kept
        holder = frame.holders[index]()
        if holder is not None:
            self._compare(index, kept)
            holder.tensors[self.key] = kept, kept._version
        if frame.early_stop and self.count == len(frame.holders):
            raise _StopRecomputation(self)
        return kept

    def _compare(self, index: int, tensor: Tensor) -> None:
        first, second = self.frame.descriptions[index], self.frame.describe(tensor)
        if first != second:
            self.mismatches.append(
                f"tensor at position {index}:\nsaved metadata: {first}\nrecomputed metadata: {second}\n"
            )

    def check(self) -> None:
        """Raise where the run did not save what the first one did."""
        if self.partial:
            return
        if self.count != len(self.frame.holders):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.frame.holders)}\n"
                f"Number of tensors saved during recomputation: {self.count}.\n{_TIP}"
            )
        if self.mismatches:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                f"during the forward pass.\n{''.join(self.mismatches)}.\n{_TIP}"
            )
