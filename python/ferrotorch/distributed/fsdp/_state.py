"""When parameters of a module are gathered and given back: hooks of its forward and backward passes."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.autograd.graph import saved_tensors_hooks
from ferrotorch.distributed.fsdp._group import (
    ParameterGroup,
    finish_reductions,
    saved_as_handle,
    saved_from_handle,
)
from ferrotorch.distributed.fsdp._policies import MixedPrecisionPolicy
from ferrotorch.utils._pytree import tree_leaves, tree_map

__all__ = ["State", "state_of"]

Tensor = torch.Tensor
Module = torch.nn.Module


class _Root:
    """What all modules below one root share during a backward pass."""

    def __init__(self) -> None:
        self.states: list[State] = []
        # The walk over the graph that is running; None between passes.
        self.walk: int | None = None


class State:
    """How one module is spread.

    Args:
        module: The module.
        groups: Its parameters; none if those of modules within it are all.
        policy: Dtypes of passes.
        reshards: Whether memory is given back after the forward pass; None: unless the module is the outermost.
    """

    def __init__(
        self, module: Module, groups: list[ParameterGroup], policy: MixedPrecisionPolicy, reshards: bool | None
    ) -> None:
        self.module, self.groups, self.policy, self.reshards = module, groups, policy, reshards
        self.root: _Root | None = None
        self.is_root = False
        self.ahead_forward: list[State] = []
        self.ahead_backward: list[State] = []
        self._contexts: list[saved_tensors_hooks] = []
        module.register_forward_pre_hook(self._before_forward, prepend=True, with_kwargs=True)
        module.register_forward_hook(self._after_forward, always_call=True)
        module.register_state_dict_pre_hook(lambda *_: self.reshard_all())

    def _find_root(self) -> _Root:
        """The module whose forward pass comes first is the root of all that are within it."""
        if self.root is None:
            self.root, self.is_root = _Root(), True
            for part in self.module.modules():
                state = state_of(part)
                if state is not None:
                    state.root = self.root
                    state.is_root = state is self
                    self.root.states.append(state)
            if self.reshards is None:
                self.reshards = False
            for state in self.root.states:
                state.reshards = True if state.reshards is None else state.reshards
        return self.root

    def _is_in_backward(self) -> bool:
        return self.root is not None and self.root.walk is not None

    def _before_forward(self, module: Module, args: Any, kwargs: Any) -> Any:
        self._find_root()
        for group in self.groups:
            group.unshard()
        for state in self.ahead_forward:
            state.begin_unshard()
        if self.is_root and not self._is_in_backward():
            # Handles in the place of saved parameters. Hooks within, as of checkpoints, come before these.
            context = saved_tensors_hooks(saved_as_handle, saved_from_handle)
            context.__enter__()
            self._contexts.append(context)
        dtype = self.policy.param_dtype
        if dtype is None or not self.policy.cast_forward_inputs:
            return None
        return tree_map(lambda leaf: _cast(leaf, dtype), (args, kwargs))

    def _after_forward(self, module: Module, args: Any, outputs: Any) -> Any:
        if self._contexts:
            self._contexts.pop().__exit__(None, None, None)
        if not self._is_in_backward():
            if self.reshards:
                self.reshard()
            for leaf in tree_leaves(outputs):
                if isinstance(leaf, Tensor) and leaf.requires_grad:
                    leaf.register_hook(self._before_backward)
        if self.policy.output_dtype is None:
            return None
        return tree_map(lambda leaf: _cast(leaf, self.policy.output_dtype), outputs)

    def _before_backward(self, gradient: Tensor) -> None:
        """A gradient has come to an output of the module: its parameters are needed now."""
        root = self._find_root()
        walk = _C._current_graph_task_id()
        if root.walk is None and walk >= 0:
            root.walk = walk
            _C._call_after_walk(lambda is_complete: self._after_backward(root, is_complete))
        for group in self.groups:
            group.unshard()
        for state in self.ahead_backward:
            state.begin_unshard()

    def _after_backward(self, root: _Root, is_complete: bool) -> None:
        """The end of a backward pass: average what has not been averaged, give back what has not been given back."""
        root.walk = None
        for state in root.states:
            for group in state.groups:
                if is_complete:
                    group.finish_backward()
                elif group.reshards_after_backward:
                    group.reshard()
        finish_reductions()

    def begin_unshard(self) -> None:
        """Begin to gather the parameters."""
        for group in self.groups:
            group.begin_unshard()

    def unshard(self) -> None:
        """Gather the parameters."""
        for group in self.groups:
            group.unshard()

    def reshard(self) -> None:
        """Give the memory of the whole parameters back."""
        for group in self.groups:
            group.reshard()

    def reshard_all(self) -> None:
        """The same for all modules within this one."""
        for part in self.module.modules():
            state = state_of(part)
            if state is not None:
                state.reshard()


def _cast(leaf: Any, dtype: Any) -> Any:
    return leaf.to(dtype) if isinstance(leaf, Tensor) and leaf.is_floating_point() else leaf


def state_of(module: Module) -> State | None:
    """How a module is spread; None if it is not."""
    state: State | None = module.__dict__.get("_fsdp_state")
    return state
