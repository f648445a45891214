"""Ops that are others under names of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["RULES"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]

# Names that may be followed by an underscore, for the op in place.
_SYNONYMS = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "clip": "clamp", "divide": "div", "fix": "trunc", "greater": "gt",
    "greater_equal": "ge", "less": "lt", "less_equal": "le", "multiply": "mul", "negative": "neg", "not_equal": "ne",
    "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose", "true_divide": "div",
}  # fmt: skip
_SPECIAL = {
    **{f"special_{name}": name for name in (
        "digamma", "erf", "erfc", "erfinv", "exp2", "expm1", "i0", "log1p", "logit", "logsumexp", "polygamma",
        "round", "sinc", "xlogy",
    )},
    "special_expit": "sigmoid", "special_gammainc": "igamma", "special_gammaincc": "igammac",
    "special_gammaln": "lgamma", "special_psi": "digamma",
}  # fmt: skip
_OTHERS = {
    "concat": "cat",
    "concatenate": "cat",
    "conj": "_conj",
    "conj_physical": "_conj_physical",
    "matrix_exp": "linalg_matrix_exp",
    "orgqr": "linalg_householder_product",
}


def _renamed(name: str) -> Rule:
    """The rule for an op that is another one, with the same arguments."""

    def rule(ask: Ask, *args: Any, **kwargs: Any) -> Any:
        return ask(getattr(aten, name), *args, **kwargs)

    return rule


def _larger(name: str) -> Rule:
    """The rule for the largest or smallest elements: of two tensors they are an op of their own."""

    def rule(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Any:
        other = args[0] if args else kwargs.get("other")
        if isinstance(other, Tensor):
            return ask(getattr(aten, f"{name}imum").default, input, other)
        return ask(getattr(aten, name), input, *args, **kwargs)

    return rule


def square(ask: Ask, input: Tensor) -> Tensor:
    """The second power."""
    return ask(aten.pow.Tensor_Scalar, input, 2)


def square_(ask: Ask, input: Tensor) -> Tensor:
    """The second power, in place."""
    return ask(aten.pow_.Scalar, input, 2)


def isfinite(ask: Ask, input: Tensor) -> Tensor:
    """Neither infinite nor different from itself."""
    if not (input.is_floating_point() or input.is_complex()):
        return ask(aten.ones_like.default, input, dtype=_C.bool)
    finite = ask(aten.ne.Scalar, ask(aten.abs.default, input), float("inf"))
    return ask(aten.mul.Tensor, ask(aten.eq.Tensor, input, input), finite)


def isclose(
    ask: Ask, input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Equal, or as near as is allowed where that is finite."""
    close = ask(aten.eq.Tensor, input, other)
    if equal_nan and input.is_floating_point():
        both = ask(aten.mul.Tensor, ask(aten.ne.Tensor, input, input), ask(aten.ne.Tensor, other, other))
        close = ask(aten.bitwise_or_.Tensor, close, both)
    if rtol == 0 and atol == 0:
        return close
    allowed = ask(aten.add.Scalar, ask(aten.abs.default, ask(aten.mul.Scalar, other, rtol)), atol)
    distance = ask(aten.abs.default, ask(aten.sub.Tensor, input, other))
    near = ask(aten.bitwise_and_.Tensor, isfinite(ask, distance), ask(aten.le.Tensor, distance, allowed))
    return ask(aten.bitwise_or_.Tensor, close, near)


def div_floor(ask: Ask, input: Any, other: Any) -> Any:
    """What ``//`` is."""
    if isinstance(input, Tensor):
        return ask(aten.floor_divide.default, input, other)
    return ask(aten.div.Tensor_mode, input, other, rounding_mode="floor")


def sub(ask: Ask, input: Any, other: Any, **options: Any) -> Any:
    """A difference; of a number and a tensor it is an op of its own."""
    if not isinstance(input, Tensor):
        return ask(aten.rsub.Scalar, other, input, **options)
    return ask(aten.sub, input, other, **options)


def div(ask: Ask, input: Any, other: Any, **options: Any) -> Any:
    """A quotient; of a number it is a product."""
    if not isinstance(input, Tensor) and not options:
        return ask(aten.mul.Tensor, ask(aten.reciprocal.default, other), input)
    return ask(aten.div, input, other, **options)


def remainder(ask: Ask, input: Any, other: Any) -> Any:
    """The remainder, of a number as well."""
    op = aten.remainder if isinstance(input, Tensor) else aten.remainder.Scalar_Tensor
    return ask(op, input, other)


def _shift(name: str) -> Rule:
    """The rule for a shift, which its operator has as an op of its own."""

    def rule(ask: Ask, input: Tensor, other: Any) -> Tensor:
        return ask(getattr(aten, name), input, other)

    return rule


def _variance(name: str) -> Rule:
    """The rule for a variance or deviation: what is taken off the count is one parameter."""

    def rule(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Any:
        options = dict(kwargs)
        places = list(args)
        if places and isinstance(places[0], bool):
            options["unbiased"] = places.pop(0)
        options |= dict(zip(("dim", "unbiased", "keepdim"), places, strict=False))
        unbiased = options.pop("unbiased", None)
        correction = options.pop("correction", None if unbiased is None else int(unbiased))
        dim = options.pop("dim", None)
        keepdim = options.pop("keepdim", False)
        # What was given by name alone is handed on as it is; everything else names the correction.
        bare = unbiased is None and correction is None and not args and dim is None
        given = {} if bare else {"correction": 1 if correction is None else correction}
        return ask(getattr(aten, name).correction, input, dim, keepdim=keepdim, **given)

    return rule


def ndtr(ask: Ask, input: Tensor) -> Tensor:
    """The distribution function of the normal distribution."""
    scaled = ask(aten.mul.Scalar, input, 0.5**0.5)
    return ask(aten.mul.Scalar, ask(aten.add.Scalar, ask(aten.erf.default, scaled), 1), 0.5)


RULES: dict[str, Rule] = {
    **{name: _renamed(new) for name, new in (_SPECIAL | _OTHERS | _SYNONYMS).items()},
    **{f"{name}_": _renamed(f"{new}_") for name, new in _SYNONYMS.items()},
    **{name: _variance(name) for name in ("var", "std", "var_mean", "std_mean")},
    "bitwise_left_shift": _shift("__lshift__"),
    "bitwise_right_shift": _shift("__rshift__"),
    "div": div,
    "div_floor": div_floor,
    "floor_divide": div_floor,
    "isclose": isclose,
    "isfinite": isfinite,
    "max": _larger("max"),
    "min": _larger("min"),
    "remainder": remainder,
    "special_ndtr": ndtr,
    "square": square,
    "square_": square_,
    "sub": sub,
}
