"""Exchanging two tensors behind the names that others have for them."""

from __future__ import annotations

import weakref

import ferrotorch as torch
from ferrotorch._C import Tensor

__all__ = ["swap_tensors"]


def swap_tensors(t1: Tensor, t2: Tensor) -> None:
    """Exchange data, gradients, attributes and classes of two leaves: whoever has one of them sees the other.

    Raises:
        RuntimeError: a tensor has weak references, or is no leaf.
    """
    for name, x in (("t1", t1), ("t2", t2)):
        if weakref.getweakrefs(x):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
        if not x.is_leaf:
            raise RuntimeError(f"swap_tensors(): {name} is the result of an op; only leaves can be swapped")
    with torch.no_grad():
        state = [(x.data, x.grad, x.requires_grad) for x in (t1, t2)]
        for x, (data, grad, requires_grad) in ((t1, state[1]), (t2, state[0])):
            x.requires_grad_(False)
            x.grad = None
            x.data = data
            x.requires_grad_(requires_grad)
            x.grad = grad
    t1.__dict__, t2.__dict__ = t2.__dict__, t1.__dict__
    if type(t1) is not type(t2):
        t1.__class__, t2.__class__ = type(t2), type(t1)
