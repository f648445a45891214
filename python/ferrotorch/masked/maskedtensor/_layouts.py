"""Masks of sparse tensors: whose places they have, and how data are brought there."""

from __future__ import annotations

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.sparse._handles import compressed_of, coo_of

LAYOUTS = (torch.strided, torch.sparse_coo, torch.sparse_csr)


def same_places(a: Tensor, b: Tensor) -> bool:
    """Do two sparse tensors of one layout store elements in the same places?"""
    if a.layout is not b.layout:
        return False
    if a.layout is torch.sparse_coo:
        first, second = coo_of(a), coo_of(b)
        assert first is not None
        assert second is not None
        return torch.equal(first.indices, second.indices)
    rows, others = compressed_of(a), compressed_of(b)
    assert rows is not None
    assert others is not None
    return all(torch.equal(x, y) for x, y in zip(rows.pattern, others.pattern, strict=True))


def prepared(data: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Data and mask with one element a place; data that store others are taken where the mask stores some.

    Raises:
        ValueError: as many elements in other places.
    """
    if data.layout is torch.strided or data.layout not in LAYOUTS:
        return data, mask
    if data.layout is torch.sparse_coo:
        data, mask = data.coalesce(), mask.coalesce()
    if data._nnz() != mask._nnz():
        return data.sparse_mask(mask), mask
    if same_places(data, mask):
        return data, mask
    if data.layout is torch.sparse_coo:
        raise ValueError("data and mask are both sparse COO tensors but do not have the same indices.")
    raise ValueError("data and mask are both sparse CSR tensors but do not share either crow or col indices.")
