"""The chi-squared distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from ferrotorch._C import Tensor
from ferrotorch.distributions import constraints
from ferrotorch.distributions.gamma import Gamma

__all__ = ["Chi2"]


class Chi2(Gamma):
    """``Gamma(df / 2, 1 / 2)``: the sum of ``df`` squared standard normal variables."""

    arg_constraints: ClassVar[Any] = {"df": constraints.positive}
    _batched = ("concentration", "rate")

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Tensor:
        """Degrees of freedom."""
        return self.concentration * 2
