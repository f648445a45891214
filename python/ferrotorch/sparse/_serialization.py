"""Copies of sparse tensors, and what is written of them to files."""

from __future__ import annotations

import copy as copies
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.sparse import _unary
from ferrotorch.sparse._handles import Coo, handle_of, tensor_of


def deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy of everything, of a leaf.

    Raises:
        RuntimeError: the tensor was computed from others.
    """
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment."
        )
    if id(self) in memo:
        return memo[id(self)]
    handle = handle_of(self)
    result = _unary.clone(tensor_of(handle.with_values(handle.values))).requires_grad_(self.requires_grad)
    memo[id(self)] = result
    if self.grad is not None:
        result.grad = copies.deepcopy(self.grad, memo)
    result.__dict__.update(copies.deepcopy(self.__dict__, memo))
    return result


def copy(self: Tensor) -> Tensor:
    """Another tensor of the same indices and values."""
    handle = handle_of(self)
    result = tensor_of(handle.with_values(handle.values)).requires_grad_(self.requires_grad)
    result.__dict__.update(self.__dict__)
    return result


def reduce(self: Tensor, protocol: Any) -> tuple[Any, ...]:
    """What is pickled: a function of PyTorch's format, layout, indices, values and size."""
    from ferrotorch._pickling.rebuild import rebuild_sparse_tensor

    handle = handle_of(self)
    if isinstance(handle, Coo):
        return rebuild_sparse_tensor, (handle.layout, (handle.indices, handle.values, self.shape, handle.coalesced))
    return rebuild_sparse_tensor, (handle.layout, (*handle.pattern, handle.values, self.shape))
