"""Linear algebra: norms, decompositions, solutions of linear systems, functions of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferrotorch import _C, _interception
from ferrotorch.linalg.norms import cond as cond
from ferrotorch.linalg.norms import matrix_norm as matrix_norm
from ferrotorch.linalg.norms import norm as norm
from ferrotorch.linalg.products import matrix_power as matrix_power
from ferrotorch.linalg.products import multi_dot as multi_dot
from ferrotorch.linalg.products import tensorinv as tensorinv
from ferrotorch.linalg.products import tensorsolve as tensorsolve
from ferrotorch.linalg.products import vander as vander
from ferrotorch.linalg.spectral import matrix_rank as matrix_rank
from ferrotorch.linalg.spectral import matrix_sqrth as matrix_sqrth
from ferrotorch.linalg.spectral import pinv as pinv
from ferrotorch.linalg.spectral import polar as polar

_NATIVE = {name: op for name, op in vars(_C._linalg).items() if not name.startswith("_")}
globals().update(_NATIVE)

LinAlgError = _C._LinAlgError
matmul = _C.matmul

_COMPOSED = (
    "cond", "matrix_norm", "matrix_power", "matrix_rank", "matrix_sqrth", "multi_dot", "norm", "pinv", "polar",
    "tensorinv", "tensorsolve", "vander",
)  # fmt: skip
__all__ = sorted([*_NATIVE, *_COMPOSED, "LinAlgError", "matmul"])


if TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """The native functions."""


def __dir__() -> list[str]:
    """The functions alone, without what the module is made of."""
    return __all__


_interception.functions(globals(), _COMPOSED)
