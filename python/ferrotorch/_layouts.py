"""Layouts of sparse and nested tensors; see :mod:`ferrotorch.sparse` and :mod:`ferrotorch.nested`."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C

__all__ = ["jagged", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr"]


class _Layout:
    """A layout by its name."""

    def __init__(self, name: str) -> None:
        self._name = name

    # ``isinstance`` holds of these layouts as of ``torch.strided``, whose class has no subclasses.
    __class__: Any = property(lambda _: _C.layout)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        """Let functions that make tensors make sparse ones; others are called as they are."""
        from ferrotorch.sparse._construction import with_layout

        made = with_layout(func, args, dict(kwargs or {}))
        return _C._skip_one_hop_torch_function(func, types, args, kwargs) if made is NotImplemented else made

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> tuple[Any, ...]:
        from ferrotorch._pickling.rebuild import get_layout

        return get_layout, (repr(self),)


sparse_coo, sparse_csr, sparse_csc = (
    _Layout("sparse_coo"),
    _Layout("sparse_csr"),
    _Layout("sparse_csc"),
)
sparse_bsr, sparse_bsc = _Layout("sparse_bsr"), _Layout("sparse_bsc")
jagged = _Layout("jagged")
