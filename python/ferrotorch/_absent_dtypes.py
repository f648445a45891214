"""Dtypes of PyTorch that no tensor can have here, as programs name them to ask whether a tensor is of one.

None is equal to any dtype that tensors have. A function that is given one as ``dtype`` raises TypeError.
"""

from __future__ import annotations

from typing import Any

from ferrotorch import _C

__all__ = ["dtype_without_kernels"]


class dtype_without_kernels:
    """A dtype by name, size and kind; there are no kernels for it.

    Attributes:
        itemsize: bytes of an element.
        is_floating_point, is_complex, is_signed: what its elements are.
    """

    def __init__(self, name: str, itemsize: int) -> None:
        self._name, self.itemsize = name, itemsize
        self.is_floating_point, self.is_complex = name.startswith("float"), False
        self.is_signed = not name.startswith(("uint", "quint", "bits"))

    # ``isinstance`` holds of these dtypes as of those with kernels, whose class has no subclasses.
    __class__: Any = property(lambda _: _C.dtype)

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> Any:
        return _named, (self._name,)

    def to_real(self) -> dtype_without_kernels:
        """The dtype of real parts."""
        return self

    def to_complex(self) -> Any:
        """Raises TypeError: there is no complex dtype of its elements.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"{self}: no tensor can have this dtype here, so there is no complex dtype for it")


def _named(name: str) -> Any:
    return globals()[name]


_SIZES = {
    1: (
        "float4_e2m1fn_x2", "qint8", "quint8", "quint4x2", "quint2x4", "bits8", "bits1x8", "bits2x4", "bits4x2",
        *(f"{kind}{bits}" for kind in ("int", "uint") for bits in range(1, 8)),
    ),
    2: ("bits16",),
    4: ("qint32",),
}  # fmt: skip
globals().update({name: dtype_without_kernels(name, size) for size, names in _SIZES.items() for name in names})
