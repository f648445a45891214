"""Functions and methods that concern sparse tensors, loaded with `ferrotorch.sparse` at their first use."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._C import Tensor
from ferrotorch._checks import require_tensors
from ferrotorch._functions._tables import Table, named

# By module of `ferrotorch.sparse`: the names of methods, and of functions that are no methods.
_METHODS = {
    "_construction": "to_sparse_csr to_sparse_csc to_sparse_bsr to_sparse_bsc",
    "_conversion": "to_sparse to_sparse_coo coalesce",
    "_members": """
        indices values _indices _values _dimI _dimV _nnz is_coalesced _coalesced_ crow_indices col_indices ccol_indices
        row_indices
    """,
    "_products": "sparse_mask smm sspaddmm",
    "_views": "resize_as_sparse_ sparse_resize_ sparse_resize_and_clear_",
}
_FUNCTIONS = {"_products": "hsmm hspmm saddmm smm sspaddmm"}


def _of_sparse(module: str, name: str) -> Callable[..., Any]:
    def call(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        require_tensors(name, input=input)
        return getattr(importlib.import_module(f"ferrotorch.sparse.{module}"), name)(input, *args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"See ``ferrotorch.sparse.{module}.{name}``."
    return call


def _table(names: dict[str, str]) -> Table:
    return {name: _of_sparse(module, name) for module, listed in names.items() for name in listed.split()}


METHODS: Table = _table(_METHODS)


def spmm(input: Tensor, mat2: Tensor) -> Tensor:
    """An older name of ``torch.mm``, for a sparse matrix times a dense one."""
    return _C.mm(input, mat2)


def dsmm(input: Tensor, mat2: Tensor) -> Tensor:
    """An older name of ``torch.mm``."""
    return _C.mm(input, mat2)


FUNCTIONS: Table = _table(_FUNCTIONS) | named(spmm, dsmm)
IN_PLACE: Table = {}
