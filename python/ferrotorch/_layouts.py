"""Layouts of sparse tensors, for programs that compare ``tensor.layout`` with them: no tensor here has one."""

from __future__ import annotations

__all__ = ["sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr"]


class _SparseLayout:
    """A layout that no tensor has."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name


sparse_coo, sparse_csr, sparse_csc = (
    _SparseLayout("sparse_coo"),
    _SparseLayout("sparse_csr"),
    _SparseLayout("sparse_csc"),
)
sparse_bsr, sparse_bsc = _SparseLayout("sparse_bsr"), _SparseLayout("sparse_bsc")
