"""Gradients in buckets: joined between processes bucket by bucket, while the backward pass goes on.

The last layers' gradients are there first, so buckets are filled in the order of the backward pass, and the first is
on its way while the others are still being computed. All processes send buckets in the same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.distributed import _collectives
from ferrotorch.distributed._groups import ProcessGroup
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed._work import progress
from ferrotorch.futures import Future

__all__ = ["GradBucket", "Hook", "Reducer", "make_buckets", "reached"]

Tensor = torch.Tensor


def _window(buffer: Tensor, start: int, like: Tensor) -> Tensor:
    """The part of a flat tensor with the shape of another one, which lies in memory as that does where it is dense."""
    is_dense = like.is_contiguous() or (like.dim() == 4 and like.is_contiguous(memory_format=torch.channels_last))
    if is_dense:
        return buffer.as_strided(like.shape, like.stride(), start)
    return buffer[start : start + like.numel()].view(like.shape)


class GradBucket:
    """The gradients of some parameters, of one dtype and device, in one flat tensor. Hooks of communication get it."""

    def __init__(self, parameters: Sequence[Tensor], index: int, is_last: bool) -> None:
        self._parameters, self._index, self._is_last = list(parameters), index, is_last
        first = self._parameters[0]
        self._buffer = torch.zeros(sum(p.numel() for p in parameters), dtype=first.dtype, device=first.device)
        self.views: list[Tensor] = []
        start = 0
        for parameter in self._parameters:
            self.views.append(_window(self._buffer, start, parameter))
            start += parameter.numel()
        self.pending = len(self._parameters)
        self.arrival: Future[Any] | None = None

    def index(self) -> int:
        """The number of the bucket, in the order in which buckets are sent."""
        return self._index

    def buffer(self) -> Tensor:
        """All gradients, one after the other."""
        return self._buffer

    def set_buffer(self, buffer: Tensor) -> None:
        """Replace the contents."""
        self._buffer.copy_(buffer)

    def gradients(self) -> list[Tensor]:
        """The gradients of the parameters, which share the memory of the flat tensor."""
        return list(self.views)

    def parameters(self) -> list[Tensor]:
        """The parameters."""
        return list(self._parameters)

    def is_last(self) -> bool:
        """Is it the last one that is sent?"""
        return self._is_last

    def send(self, group: ProcessGroup, divisor: int, hook: Hook | None, state: Any) -> None:
        """Begin to average the gradients over the processes."""
        if hook is not None:
            self.arrival = hook(state, self)
            return
        self._buffer.div_(divisor)
        work = _collectives.all_reduce(self._buffer, group=group, async_op=True)
        assert work is not None
        self.arrival = work.get_future()

    def receive(self) -> None:
        """Wait for the averages."""
        assert self.arrival is not None
        came = self.arrival.wait()
        joined = came[0] if isinstance(came, list | tuple) else came
        if joined.data_ptr() != self._buffer.data_ptr():
            self._buffer.copy_(joined.view(-1))
        self.arrival = None


Hook = Callable[[Any, GradBucket], Future[Tensor]]


def make_buckets(parameters: Iterable[Tensor], first_bytes: int, bytes_each: int) -> list[GradBucket]:
    """Buckets of parameters in the order given, each filled up to a size; dtypes and devices are kept apart."""
    rows: list[list[Tensor]] = []
    open_rows: dict[Any, tuple[list[Tensor], int]] = {}
    for parameter in parameters:
        kind = (parameter.dtype, str(parameter.device))
        row, filled = open_rows.get(kind, ([], 0))
        if not row:
            rows.append(row)
        row.append(parameter)
        filled += parameter.nbytes
        limit = first_bytes if row is rows[0] else bytes_each
        open_rows[kind] = ([], 0) if filled >= limit else (row, filled)
    return [GradBucket(row, index, index == len(rows) - 1) for index, row in enumerate(rows)]


class Reducer:
    """Averages the gradients of parameters over the processes of a group, during the backward pass.

    The pass is the walk over the graph that reaches the module's outputs first; walks within it, as of checkpoints, are
    parts of it, and it ends when it does.

    Args:
        parameters: Those that need gradients, in the order in which the module has them.
        group: The processes.
        first_bytes: Size of the first bucket; a small one is on its way early.
        bytes_each: Size of the others.
        keeps_views: Gradients are views of the buckets from the first step on, and need not be copied back.
        finds_unused: Parameters that get no gradient count as arrived.
        is_static: How often each parameter gets one is learnt in the first pass, and never changes.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        group: ProcessGroup,
        first_bytes: int,
        bytes_each: int,
        keeps_views: bool,
        finds_unused: bool,
        is_static: bool,
    ) -> None:
        self._parameters, self._group = list(parameters), group
        self._sizes = first_bytes, bytes_each
        self._keeps_views, self.finds_unused, self.is_static = keeps_views, finds_unused, is_static
        self.hook: Hook | None = None
        self.hook_state: Any = None
        self.divisor = group.size()
        self.may_rebuild = True
        self._is_rebuilt = False
        self._is_on = self._has_begun = self._is_watched = False
        self._numbers = {id(parameter): number for number, parameter in enumerate(self._parameters)}
        self._order: list[int] = []
        self._used = torch.zeros(len(self._parameters), dtype=torch.int32)
        # How often a parameter gets a gradient in a pass, where that is known.
        self._times: Counter[int] | None = None
        self._set_buckets(range(len(self._parameters) - 1, -1, -1))
        for parameter in self._parameters:
            parameter.register_post_accumulate_grad_hook(self._arrived)

    @property
    def _tells_use(self) -> bool:
        """May processes use different parameters, so that they have to tell one another which?"""
        return self.finds_unused or self.is_static

    def _set_buckets(self, order: Iterable[int]) -> None:
        self.buckets = make_buckets([self._parameters[number] for number in order], *self._sizes)
        self._places = {
            id(parameter): (bucket, view)
            for bucket in self.buckets
            for parameter, view in zip(bucket.parameters(), bucket.views, strict=True)
        }

    def rebuild_buckets(self) -> bool:
        """Once, after the first backward pass: fill buckets in the order in which gradients came in the first rank."""
        may = self.may_rebuild and not self._tells_use
        if self._is_rebuilt or not may or len(self._order) != len(self._parameters):
            return False
        order = torch.tensor(self._order)
        _collectives.broadcast(order, group=self._group, group_src=0)
        self._set_buckets(order.tolist())
        self._is_rebuilt = True
        return True

    def prepare(self, outputs: Iterable[Tensor]) -> None:
        """Expect a backward pass from the outputs of a forward pass; several forward passes may come before it.

        Raises:
            RuntimeError: not all gradients of the last backward pass have come.
        """
        if self._is_on and self._has_begun:
            raise RuntimeError(_UNFINISHED + self._missing())
        if not self._is_on:
            self._expect_all()
        found = list(outputs)
        if self.finds_unused and not self.is_static:
            self._reached |= reached(found) & self._numbers.keys()
            if not self._reached:
                # Nothing of this process comes, and the others wait.
                self._begin()
                self._complete()
                return
        for output in found:
            if output.requires_grad and not output.is_leaf:
                output.register_hook(self._watch)

    def _expect_all(self) -> None:
        self._is_on, self._has_begun = True, False
        self._next = 0
        self._order.clear()
        self._used.zero_()
        self._done: set[int] = set()
        self._reached: set[int] = set()
        self._seen: Counter[int] = Counter()
        for bucket in self.buckets:
            bucket.pending = len(bucket.views)

    def _missing(self) -> str:
        missing = [number for number, each in enumerate(self._parameters) if id(each) not in self._done]
        return f" Parameter indices which did not receive grad for rank {self._group._global_rank}: {missing}"

    def _watch(self, gradient: Tensor | None = None) -> None:
        """The walk that runs is the backward pass: its end is the end of the pass."""
        if self._is_on and not self._is_watched:
            self._is_watched = True
            _C._call_after_walk(self._after_pass)

    def _begin(self) -> None:
        """The first gradient is there: parameters of which it is known that they get none need no waiting for."""
        if self._has_begun:
            return
        self._has_begun = True
        if self._times is not None:
            self._count_absent(self._times)
        elif self.finds_unused and not self.is_static:
            self._count_absent(self._reached)

    def _arrived(self, parameter: Tensor) -> None:
        """A gradient of a parameter is there."""
        if not self._is_on:
            return
        self._watch()
        self._begin()
        if id(parameter) in self._done:
            raise RuntimeError(
                f"Expected to mark a variable ready only once. Parameter {self._numbers[id(parameter)]} got a gradient "
                "twice in one backward pass: it is used in several reentrant backward passes, or outside of the module"
            )
        self._seen[id(parameter)] += 1
        times = self._times
        if not self.is_static or (times is not None and self._seen[id(parameter)] == times[id(parameter)]):
            self._take(parameter)
        progress()

    def _take(self, parameter: Tensor) -> None:
        """The gradient of a parameter is complete: put it into its bucket."""
        view, gradient = self._places[id(parameter)][1], parameter.grad
        assert gradient is not None
        with torch.no_grad():
            if gradient.data_ptr() != view.data_ptr():
                view.copy_(gradient)
            self._order.append(self._numbers[id(parameter)])
            self._used[self._numbers[id(parameter)]] = 1
            self._count(parameter)

    def _count_absent(self, expected: Container[int]) -> None:
        """Count the parameters that are not expected to get a gradient, with zeros."""
        with torch.no_grad():
            for parameter in self._parameters:
                if id(parameter) not in expected and id(parameter) not in self._done:
                    self._places[id(parameter)][1].zero_()
                    self._count(parameter)

    def _count(self, parameter: Tensor) -> None:
        """One gradient less to wait for. Full buckets are sent, in order."""
        self._done.add(id(parameter))
        self._places[id(parameter)][0].pending -= 1
        while self._next < len(self.buckets) and self.buckets[self._next].pending == 0:
            self.buckets[self._next].send(self._group, self.divisor, self.hook, self.hook_state)
            self._next += 1

    def _after_pass(self, is_complete: bool) -> None:
        """The end of the pass."""
        self._is_watched = False
        if is_complete and self._is_on and self._has_begun:
            self._complete()

    def _complete(self) -> None:
        """Complete what the pass has left open, and hand out the averages."""
        if self.is_static and self._times is None:
            self._times = self._seen
            for parameter in reversed(self._parameters):
                if self._seen[id(parameter)]:
                    self._take(parameter)
        if self._tells_use:
            # Outputs that the loss does not depend on give no gradients.
            self._count_absent(())
        if self._next == len(self.buckets):
            with torch.no_grad():
                self._finish()

    def _finish(self) -> None:
        if self._tells_use:
            _collectives.all_reduce(self._used, ReduceOp.MAX, self._group)
        used = self._used.tolist() if self._tells_use else None
        for bucket in self.buckets:
            bucket.receive()
            for parameter, view in zip(bucket.parameters(), bucket.views, strict=True):
                # What no process used has no gradient; what another one did has one here, too.
                if used is None or used[self._numbers[id(parameter)]]:
                    self._write(parameter, view)
        self._is_on = False

    def _write(self, parameter: Tensor, view: Tensor) -> None:
        gradient = parameter.grad
        if gradient is not None and gradient.data_ptr() == view.data_ptr():
            return
        if self._keeps_views:
            parameter.grad = view
        elif gradient is None:
            parameter.grad = view.clone()
        else:
            gradient.copy_(view)

    def shadow(self) -> None:
        """Take part in the operations of a backward pass of others, without gradients of one's own, and get theirs."""
        self._expect_all()
        for bucket in self.buckets:
            bucket.buffer().zero_()
            bucket.send(self._group, self.divisor, self.hook, self.hook_state)
        with torch.no_grad():
            self._finish()


_UNFINISHED = (
    "Expected to have finished reduction in the prior iteration before starting a new one. This error indicates that "
    "your module has parameters that were not used in producing loss. You can enable unused parameter detection by "
    "passing the keyword argument `find_unused_parameters=True` to `torch.nn.parallel.DistributedDataParallel`, and by "
    "making sure all `forward` function outputs participate in calculating loss."
)


def reached(outputs: list[Tensor]) -> set[int]:
    """The identities of the leaves that a backward pass from tensors reaches."""
    found = {id(output) for output in outputs if output.is_leaf}
    waiting: list[Any] = [output.grad_fn for output in outputs if output.grad_fn is not None]
    seen: set[Any] = set(waiting)
    while waiting:
        node = waiting.pop()
        leaf = getattr(node, "variable", None)
        if leaf is not None:
            found.add(id(leaf))
        for following, _ in node.next_functions:
            if following is not None and following not in seen:
                seen.add(following)
                waiting.append(following)
    return found
