"""Names of layouts and of their parts, as messages and printed tensors have them."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch

INDEX_NAMES = {
    torch.sparse_csr: ("crow_indices", "col_indices"),
    torch.sparse_bsr: ("crow_indices", "col_indices"),
    torch.sparse_csc: ("ccol_indices", "row_indices"),
    torch.sparse_bsc: ("ccol_indices", "row_indices"),
}
# What is compressed, and what the other indices count, in messages.
COMPRESSED_DIMS = {
    layout: ("nrows", "ncols") if by[0] == "crow_indices" else ("ncols", "nrows") for layout, by in INDEX_NAMES.items()
}
_LEGACY = {
    "float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long", "int32": "Int",
    "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool", "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}  # fmt: skip


def layout_name(layout: Any) -> str:
    """The name of a layout in messages, e.g. ``SparseCsr``."""
    text = str(layout).removeprefix("torch.")
    names = {"strided": "Strided", "sparse_coo": "Sparse"}
    return names.get(text) or "".join(part.capitalize() for part in text.split("_"))


def legacy_type(dtype: torch.dtype) -> str:
    """The name of a dtype in older messages, e.g. ``Float``."""
    return _LEGACY.get(str(dtype).removeprefix("torch."), str(dtype))
