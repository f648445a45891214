"""Sparse tensors: those of which only some elements are stored, as coordinates or as compressed rows or columns.

`torch.sparse_coo_tensor` and its like make them; most functions of tensors that keep zeros zero take them, and so do
the products of matrices. The functions here are those whose gradients of sparse tensors are sparse.
"""

from __future__ import annotations

from typing import Any

from ferrotorch.sparse._gradcheck import as_sparse_gradcheck as as_sparse_gradcheck
from ferrotorch.sparse._invariants import check_sparse_tensor_invariants as check_sparse_tensor_invariants
from ferrotorch.sparse._products import sampled_addmm as sampled_addmm
from ferrotorch.sparse._products import sparse_addmm as addmm
from ferrotorch.sparse._products import sparse_mm as mm
from ferrotorch.sparse._products import spdiags as spdiags
from ferrotorch.sparse._reductions import log_softmax as log_softmax
from ferrotorch.sparse._reductions import softmax as softmax
from ferrotorch.sparse._reductions import sum_coalesced as sum

__all__ = [
    "addmm",
    "as_sparse_gradcheck",
    "check_sparse_tensor_invariants",
    "log_softmax",
    "mm",
    "sampled_addmm",
    "softmax",
    "spdiags",
    "sum",
]


def __getattr__(name: str) -> Any:
    """Make the older classes when they are asked for, and find what is refused."""
    if name.startswith("SparseSemiStructured") or name == "to_sparse_semi_structured":
        import ferrotorch.sparse.semi_structured as refused

        return getattr(refused, name)
    from ferrotorch.sparse._legacy import legacy_class

    made = legacy_class(name)
    if made is None:
        raise AttributeError(f"module 'ferrotorch.sparse' has no attribute {name!r}")
    globals()[name] = made
    return made
