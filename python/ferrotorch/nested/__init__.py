"""Nested tensors: batches of sequences of different lengths, without padding.

The sequences lie one after the other in one tensor of values, so that layers see each element once.
"""

from __future__ import annotations

from ferrotorch.nested._construction import as_nested_tensor as as_nested_tensor
from ferrotorch.nested._construction import masked_select as masked_select
from ferrotorch.nested._construction import narrow as narrow
from ferrotorch.nested._construction import nested_tensor as nested_tensor
from ferrotorch.nested._construction import nested_tensor_from_jagged as nested_tensor_from_jagged
from ferrotorch.nested._tensor import to_padded_tensor as to_padded_tensor

__all__ = [
    "as_nested_tensor",
    "masked_select",
    "narrow",
    "nested_tensor",
    "nested_tensor_from_jagged",
    "to_padded_tensor",
]
