"""Padding of tensors at their borders."""

from __future__ import annotations

from collections.abc import Sequence

from ferrotorch._C import Tensor, _nn
from ferrotorch._composite import one_node
from ferrotorch.nn.functional import _shown

_MODES = ("constant", "reflect", "replicate", "circular")


def _name_of_node(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> str | None:
    kind = {"reflect": "ReflectionPad", "replicate": "ReplicationPad"}.get(mode)
    return kind and f"{kind}{len(pad) // 2}DBackward0"


@one_node(_name_of_node, _shown.padding)
def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Grow (or, with negative numbers, crop) the last dimensions of ``input``.

    ``pad`` lists the amounts before and after, the last dimension first. ``mode`` is ``"constant"`` (``value``, by
    default 0), ``"reflect"``, ``"replicate"`` or ``"circular"``; these three pad 1 to 3 spatial dimensions of (N, C,
    *) or (C, *).

    Raises:
        RuntimeError: amounts that do not fit; a ``value`` for a mode without.
        NotImplementedError: a mode or number of dimensions that does not exist.
    """
    if mode != "constant" and value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in _MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    result = _nn.pad(input, pad, mode, 0 if value is None else value)
    # Nothing to add: a copy still, which the caller may write to.
    return result.clone() if result is input else result
