"""Named tuples that functions with several results return, e.g. ``torch.return_types.max``."""

from __future__ import annotations

from operator import itemgetter
from typing import Any


class _Result(tuple[Any, ...]):
    """A tuple whose items have names."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        parts = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{parts})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self),)


def _make(name: str, fields: str) -> type[_Result]:
    names = tuple(fields.split())
    members: dict[str, Any] = {field: property(itemgetter(i)) for i, field in enumerate(names)}
    members.update(__slots__=(), _fields=names, n_fields=len(names), n_sequence_fields=len(names), __module__=__name__)
    return type(name, (_Result,), members)


_FIELDS = {
    "values indices": "max min median nanmedian mode kthvalue sort topk cummax cummin",
    "min max": "aminmax",
    "Q R": "qr linalg_qr",
    "U S V": "svd",
    "U S Vh": "linalg_svd",
    "P L U": "lu_unpack linalg_lu",
    "LU pivots": "linalg_lu_factor",
    "LU pivots info": "linalg_lu_factor_ex _lu_with_info",
    "LD pivots": "linalg_ldl_factor",
    "LD pivots info": "linalg_ldl_factor_ex",
    "sign logabsdet": "slogdet linalg_slogdet",
    "U H": "linalg_polar",
    "eigenvalues eigenvectors": "linalg_eig linalg_eigh",
    "L info": "linalg_cholesky_ex",
    "inverse info": "linalg_inv_ex",
    "result info": "linalg_solve_ex",
    "solution residuals rank singular_values": "linalg_lstsq",
    "solution cloned_coefficient": "triangular_solve",
    "mantissa exponent": "frexp",
    "hist bin_edges": "histogram histogramdd",
    "a tau": "geqrf",
}

for _fields, _names in _FIELDS.items():
    for _name in _names.split():
        globals()[_name] = _make(_name, _fields)
