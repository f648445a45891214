"""``x[...]`` and ``x[...] = y`` as PyTorch makes them of views and of ops by index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]
_END = 2**63 - 1


class _Unknown(Exception):
    """An index of a kind that is not spoken of here."""


def getitem(ask: Ask, self: Tensor, index: Any, /) -> Any:
    """Views one after the other, and what tensors pick of the last."""
    try:
        if isinstance(index, slice):
            return _cut(ask, self, 0, index, always=True)
        view, picks = _viewed(ask, self, index)
    except _Unknown:
        return NotImplemented
    if picks:
        return ask(aten.index.Tensor, view, picks)
    return ask(aten.alias.default, view) if view is self else view


def setitem(ask: Ask, self: Tensor, index: Any, value: Any, /) -> Any:
    """Written to the last view, or to what tensors pick of it."""
    if not isinstance(value, Tensor | int | float | complex):
        return NotImplemented
    try:
        view, picks = _viewed(ask, self, index)
        _write(ask, view, picks, value)
    except _Unknown:
        return NotImplemented
    return None


def _viewed(ask: Ask, self: Tensor, index: Any) -> tuple[Tensor, list[Tensor | None]]:
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(not _is_known(part) for part in parts):
        raise _Unknown
    known = sum(_dims_of(part) for part in parts)
    if known > self.dim() or sum(part is Ellipsis for part in parts) > 1:
        raise _Unknown
    view, dim = self, 0
    picks: dict[int, Tensor] = {}
    for part in parts:
        if part is Ellipsis:
            dim += self.dim() - known
        elif part is None:
            view, dim = ask(aten.unsqueeze.default, view, dim), dim + 1
        elif isinstance(part, slice):
            view, dim = _cut(ask, view, dim, part), dim + 1
        elif isinstance(part, int):
            view = ask(aten.select.int, view, dim, part)
        elif isinstance(part, list):
            picks[dim] = ask(aten.lift_fresh.default, _made(part))
            dim += _dims_of(picks[dim])
        elif part.dim() == 0:
            view = ask(aten.select.int, view, dim, ask(aten._local_scalar_dense.default, part))
        else:
            picks[dim] = part
            # A mask takes the place of several dimensions, of which the first counts.
            dim += 1
    last = max(picks, default=-1)
    return view, [picks.get(i) for i in range(last + 1)]


def _made(numbers: list[Any]) -> Tensor:
    from ferrotorch._aten.lowering.reading import _quietly

    made: Tensor = _quietly(torch.tensor, numbers)
    return made


def _is_known(part: Any) -> bool:
    if part is None or part is Ellipsis:
        return True
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        return all(end is None or type(end) is int for end in ends) and (part.step is None or part.step > 0)
    if isinstance(part, list):
        return len(part) > 0 and all(type(item) is int for item in part)
    if isinstance(part, Tensor):
        return part.dtype in (torch.int64, torch.int32) or (part.dtype is torch.bool and part.dim() > 0)
    return type(part) is int


def _dims_of(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return part.dim() if isinstance(part, Tensor) and part.dtype is torch.bool else 1


def _cut(ask: Ask, view: Tensor, dim: int, part: slice, always: bool = False) -> Tensor:
    start, stop = 0 if part.start is None else part.start, _END if part.stop is None else part.stop
    step = 1 if part.step is None else part.step
    if view.dim() <= dim or step < 1:
        raise _Unknown
    if start == 0 and stop >= view.shape[dim] and step == 1 and not always:
        return view
    result: Tensor = ask(aten.slice.Tensor, view, dim, start, stop, step)
    return result


def _write(ask: Ask, view: Tensor, picks: list[Tensor | None], value: Any) -> None:
    if not picks:
        if not isinstance(value, Tensor):
            ask(aten.fill_.Scalar, view, value)
        elif value.dim() == 0 and view.dim():
            ask(aten.fill_.Tensor, view, value)
        else:
            same = value.shape == view.shape
            ask(aten.copy_.default, view, value if same else ask(aten.expand.default, value, list(view.shape)))
        return
    if isinstance(value, Tensor):
        ask(aten.index_put_.default, view, picks, value)
        return
    pick = picks[-1]
    if len(picks) > 1 or pick is None:
        raise _Unknown
    if pick.dtype is torch.bool:
        spread = pick
        while spread.dim() < view.dim():
            spread = ask(aten.unsqueeze.default, spread, spread.dim())
        ask(aten.masked_fill_.Scalar, view, spread, value)
    elif pick.dim() == 1:
        ask(aten.index_fill_.int_Scalar, view, 0, pick, value)
    else:
        raise _Unknown


RULES: dict[str, Rule] = {"__getitem__": getitem, "__setitem__": setitem}
