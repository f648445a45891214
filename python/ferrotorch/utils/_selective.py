"""Checkpoints that keep the results of some ops and compute the others again.

A node of the graph saves tensors of four kinds: arguments of its op, the op's results, and what is neither. So of an op
whose results are kept, its first run tells which of these each saved tensor is; in the second run the results come from
memory, and arguments and results are saved in the same order, without the op.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch._ops import OpOverload, OpOverloadPacket, ops
from ferrotorch.autograd import Function
from ferrotorch.utils import _pytree as pytree
from ferrotorch.utils._python_dispatch import TorchDispatchMode
from ferrotorch.utils._recompute import Frame, _Run, active

__all__ = ["CheckpointPolicy", "SelectiveCheckpointContext", "create_selective_checkpoint_contexts"]

Tensor = _C.Tensor


class CheckpointPolicy(enum.Enum):
    """What a checkpoint does with the results of an op: keep them until backward, or compute them again.

    ``MUST`` and ``PREFER`` are the same here, and results that are to be moved to the host are computed again.
    """

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


class SelectiveCheckpointContext:
    """What a policy is told besides the op: in which run it is asked, and what the op gave."""

    def __init__(self, *, is_recompute: bool, op_output: Any = None) -> None:
        self.is_recompute, self.op_output = is_recompute, op_output


Policy = Callable[..., Any]


class _Kept:
    """The results of one call of an op, and what its nodes save."""

    def __init__(self, results: Any, arguments: list[Tensor], saved: list[Tensor]) -> None:
        leaves, self._spec = pytree.tree_flatten(results)
        self._results = [(leaf.detach(), leaf._version) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        self._differentiable = [isinstance(leaf, Tensor) and leaf.requires_grad for leaf in leaves]
        values = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        self._saved = [_place_of(tensor, arguments, values) for tensor in saved]

    def again(self, arguments: list[Tensor], run: _Run, anchor: Tensor, may_be_changed: bool) -> Any:
        """The results, after all has been saved that the op would save."""
        for value in self._results:
            if isinstance(value, tuple) and not may_be_changed and value[0]._version != value[1]:
                raise RuntimeError(
                    "Tensor cached during selective activation checkpoint has been mutated; pass "
                    "allow_cache_entry_mutation=True to create_selective_checkpoint_contexts if that is intended"
                )
        values = [value[0] for value in self._results if isinstance(value, tuple)]
        for kind, which in self._saved:
            run.pack(which if kind == "value" else (arguments if kind == "argument" else values)[which])
        leaves = [
            _FromMemory.apply(anchor, value[0]) if differentiable else value[0] if isinstance(value, tuple) else value
            for value, differentiable in zip(self._results, self._differentiable, strict=True)
        ]
        return pytree.tree_unflatten(leaves, self._spec)


def _place_of(tensor: Tensor, arguments: Sequence[Tensor], results: Sequence[Tensor]) -> tuple[str, Any]:
    """Where a saved tensor will be found again; one that is found nowhere is kept."""
    for kind, candidates in (("argument", arguments), ("result", results)):
        for index, candidate in enumerate(candidates):
            if candidate is tensor or (candidate.dtype is tensor.dtype and candidate.is_set_to(tensor)):
                return kind, index
    return "value", tensor.detach()


class _FromMemory(Function):
    """A tensor of which the graph knows that it depends on something: ops on it save what they need."""

    @staticmethod
    def forward(ctx: Any, anchor: Tensor, value: Tensor) -> Tensor:
        """The value."""
        return value.detach()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, None]:
        """Nothing: the graph of a second run is never walked."""
        return None, None


def _tensors(args: Any, kwargs: Any) -> list[Tensor]:
    return [leaf for leaf in pytree.tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]


def _name_of_product(func: Any, arguments: list[Tensor]) -> Any:
    """The op that PyTorch sees for a product of matrices, by which policies know it."""
    if func not in (ops.aten.matmul.default, ops.aten.linear.default):
        return func
    dims = tuple(tensor.dim() for tensor in arguments)
    if func is ops.aten.linear.default:
        return ops.aten.addmm.default if len(dims) == 3 else ops.aten.mm.default
    pairs = {(1, 1): ops.aten.dot, (2, 1): ops.aten.mv, (2, 2): ops.aten.mm, (3, 3): ops.aten.bmm}
    return pairs[dims].default if dims in pairs else func


Storage = dict[Any, list[_Kept | None]]


class _CachingTorchDispatchMode(TorchDispatchMode):
    """Around the first run: asks the policy about each op."""

    _sees_layers = True

    def __init__(self, policy_fn: Policy, storage: Storage) -> None:
        self.policy_fn, self.storage = policy_fn, storage

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The result of the op, which is kept if the policy says so."""
        kwargs, frame = kwargs or {}, active()
        if not isinstance(frame, Frame):
            return func(*args, **kwargs)
        saved: list[Tensor] = []
        frame.watcher = saved
        try:
            out = func(*args, **kwargs)
        finally:
            frame.watcher = None
        arguments = _tensors(args, kwargs)
        context = SelectiveCheckpointContext(is_recompute=False, op_output=out)
        policy = self.policy_fn(context, _name_of_product(func, arguments), *args, **kwargs)
        keep = policy if isinstance(policy, bool) else policy in _SAVING
        # What an op wrote into its arguments, a second run has to write again.
        writes = any(leaf is argument for leaf in pytree.tree_leaves(out) for argument in arguments)
        self.storage[func].append(_Kept(out, arguments, saved) if keep and not writes else None)
        return out


class _CachedTorchDispatchMode(TorchDispatchMode):
    """Around the second run: gives the results that were kept."""

    _sees_layers = True

    def __init__(self, policy_fn: Policy | None, storage: Storage, allow_cache_entry_mutation: bool = False) -> None:
        self.storage, self.allow_cache_entry_mutation = storage, allow_cache_entry_mutation
        # What results from memory depend on in the graph.
        self._anchor = _C.empty(0).requires_grad_()

    def __enter__(self) -> Any:
        self._calls: dict[Any, int] = defaultdict(int)
        return super().__enter__()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The result of the op from memory, or computed again."""
        kwargs, run = kwargs or {}, active()
        if not isinstance(run, _Run):
            return func(*args, **kwargs)
        index, kept = self._calls[func], self.storage.get(func, [])
        self._calls[func] += 1
        if index >= len(kept):
            raise RuntimeError(
                f"{func} invocation index {index} encountered during backward but not found in storage. This can "
                "happen if the operations in the checkpointed region are nondeterministic or depend on global state "
                "that changed between forward and backward."
            )
        entry = kept[index]
        if entry is None:
            return func(*args, **kwargs)
        return entry.again(_tensors(args, kwargs), run, self._anchor, self.allow_cache_entry_mutation)


_SAVING = (CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE)


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Policy | list[Any], allow_cache_entry_mutation: bool = False
) -> tuple[TorchDispatchMode, TorchDispatchMode]:
    """The two contexts of a checkpoint that keeps the results of some ops: for its ``context_fn``.

    Ops are those that dispatch modes see here, whole layers such as ``aten.layer_norm.default`` among them; products of
    matrices go by the names that PyTorch has for them: ``aten.mm.default``, ``bmm``, ``addmm``. A kept random op draws
    no numbers in the second run. Results stay in memory as long as the graph.

    Args:
        policy_fn_or_list: a list of ops (``torch.ops.aten.mm.default``) whose results are kept, or a function
            ``(ctx, op, *args, **kwargs)`` that returns a :class:`CheckpointPolicy` or whether to keep them.
        allow_cache_entry_mutation: do not check whether kept results have been written to.

    Raises:
        ValueError: something in the list is no overload of an op.
        TypeError: neither a list nor a function.
    """
    if isinstance(policy_fn_or_list, list):
        for op in policy_fn_or_list:
            if not isinstance(op, OpOverload):
                hint = (
                    "Please update the OpOverloadPacket to a specific OpOverload. For example, if you have "
                    "`torch.ops.aten.mm`, change it to `torch.ops.aten.mm.default`."
                    if isinstance(op, OpOverloadPacket)
                    else ""
                )
                raise ValueError(
                    f"Expected op in `op_list` to be an OpOverload but got: {op} of type {type(op)}. {hint}"
                )
        kept = list(policy_fn_or_list)

        def policy(ctx: Any, op: Any, *args: Any, **kwargs: Any) -> bool:
            return op in kept
    elif callable(policy_fn_or_list):
        policy = policy_fn_or_list
    else:
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    storage: Storage = defaultdict(list)
    return _CachingTorchDispatchMode(policy, storage), _CachedTorchDispatchMode(
        None, storage, allow_cache_entry_mutation
    )
