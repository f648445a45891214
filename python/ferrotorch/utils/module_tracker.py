"""Which modules are at work: a context that programs can ask during forward and backward passes."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from typing import Any, Self

from ferrotorch import _C
from ferrotorch.autograd.graph import register_multi_grad_hook
from ferrotorch.utils._pytree import tree_leaves

__all__ = ["ModuleTracker"]

logger = logging.getLogger(__name__)

_GLOBAL = "Global"


class ModuleTracker:
    """A context that knows the modules whose ``forward``, or the backward pass of it, is going on.

    ``parents`` is the set of their qualified names, such as ``"Net.layers.0"``, which begin with the name of the class
    of the module that was called first; ``"Global"`` is always among them. ``is_bw`` says whether a backward pass is
    going on.

    Example::

        net = torch.nn.Linear(2, 2)
        with ModuleTracker() as tracker:
            net.register_forward_hook(lambda *_: print(tracker.parents))
            net(torch.rand(2, 2))
    """

    parents: set[str]

    def __init__(self) -> None:
        self.parents = {_GLOBAL}
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()
        self._ends_watched = False
        self._handles: list[Any] = []

    @property
    def is_bw(self) -> bool:
        """Is a backward pass going on in this thread?"""
        return _C._current_graph_task_id() != -1

    def __enter__(self) -> Self:
        from ferrotorch.nn.modules import hook_tables

        self._handles = [
            hook_tables.register_module_forward_pre_hook(self._before),
            hook_tables.register_module_forward_hook(self._after),
        ]
        return self

    def __exit__(self, *exception: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _name_of(self, module: Any) -> str:
        """The qualified name; modules below it get theirs when it is first seen."""
        name = self._names.setdefault(module, type(module).__name__)
        if module not in self._seen:
            self._seen.add(module)
            for child_name, child in module.named_children():
                self._names[child] = f"{name}.{child_name}"
                self._name_of(child)
        return name

    def _before(self, module: Any, inputs: Any) -> None:
        name = self._name_of(module)
        self._enter(name, "forward")
        self._watch(inputs, lambda: self._leave(name, "backward"))

    def _after(self, module: Any, inputs: Any, output: Any) -> None:
        name = self._name_of(module)
        self._leave(name, "forward")
        self._watch(output, lambda: self._enter_backward(name))

    def _watch(self, values: Any, call: Callable[[], None]) -> None:
        """Call when the gradients of all tensors are there: of outputs when a backward pass of the module begins."""
        tensors = [x for x in tree_leaves(values) if isinstance(x, _C.Tensor) and x.requires_grad]
        if tensors:
            self._handles.append(register_multi_grad_hook(tensors, lambda grads: call()))

    def _enter(self, name: str, where: str) -> None:
        if name in self.parents:
            logger.info("the hierarchy of modules seems broken: %s was entered already, in %s", name, where)
        self.parents.add(name)

    def _leave(self, name: str, where: str) -> None:
        if name not in self.parents:
            logger.info("the hierarchy of modules is confused: %s was never entered, in %s", name, where)
        self.parents.discard(name)

    def _enter_backward(self, name: str) -> None:
        if not self._ends_watched:
            self._ends_watched = True
            _C._call_after_walk(self._end_of_walk)
        self._enter(name, "backward")

    def _end_of_walk(self, is_complete: bool) -> None:
        self.parents = {_GLOBAL}
        self._ends_watched = False
