"""Ops on lists of tensors, as optimizers call them: ``torch._foreach_add(params, grads, alpha=0.1)``.

A function ``_foreach_<op>`` runs the op ``<op>`` on each tensor of a list and returns a tuple; ``_foreach_<op>_``
writes into the tensors and returns them. Other operands are one for all or one for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C

Tensor = _C.Tensor
Function = Callable[..., Any]

_UNARY = (
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "frac", "lgamma",
    "log", "log10", "log1p", "log2", "neg", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt",
    "tan", "tanh", "trunc",
)  # fmt: skip
_WITH_FACTOR = ("add", "sub")
_BINARY = (*_WITH_FACTOR, "mul", "div", "pow", "clamp_min", "clamp_max", "minimum", "maximum")
_WITH_TENSOR = ("add", "mul", "div")


def _listed(op: str, tensors: Any) -> list[Tensor]:
    """The tensors of a list or tuple."""
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(f"{op}(): argument 'self' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")
    if not tensors:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"{op}(): expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    return list(tensors)


def _each(op: str, operand: Any, count: int) -> Sequence[Any]:
    """An operand for each tensor: the items of a list, or one for all."""
    if not isinstance(operand, (list, tuple)):
        return [operand] * count
    if len(operand) != count and not any(isinstance(item, Tensor) for item in operand):
        raise RuntimeError("Tensor list must have same number of elements as scalar list.")
    if len(operand) != count:
        raise RuntimeError(f"{op}(): Tensor lists must have the same number of tensors, got {count} and {len(operand)}")
    return operand


def _both(name: str, function: Function, method: Function) -> dict[str, Function]:
    """The form that returns new tensors and the one that writes into those given, by their names."""
    made = {f"_foreach_{name}": function, f"_foreach_{name}_": method}
    for full, form in made.items():
        form.__name__ = form.__qualname__ = full
        form.__doc__ = f"``{name}`` of each tensor of a list{', in place' if full.endswith('_') else ''}."
    return made


def _unary(name: str) -> dict[str, Function]:
    op, op_ = getattr(_C, name), getattr(Tensor, f"{name}_")

    def function(self: Sequence[Tensor]) -> tuple[Tensor, ...]:
        return tuple([op(x) for x in _listed(function.__name__, self)])

    def method(self: Sequence[Tensor]) -> Sequence[Tensor]:
        for x in _listed(method.__name__, self):
            op_(x)
        return self

    return _both(name, function, method)


def _binary(name: str) -> dict[str, Function]:
    op, op_ = getattr(_C, name), getattr(Tensor, f"{name}_")
    if name in ("minimum", "maximum"):
        op, op_ = _with_number(name)

    def operands(full: str, xs: Sequence[Tensor], other: Any, alpha: Any) -> tuple[Sequence[Any], dict[str, Any]]:
        if isinstance(other, Tensor) and (name not in _WITH_TENSOR or other.dim() != 0):
            raise RuntimeError(
                f"{full}(): scalar tensor expected to be 0 dim but it has {other.dim()} dimensions and "
                f"{other.numel()} elements."
            )
        if alpha is not None and name not in _WITH_FACTOR:
            raise TypeError(f"{full}() got an unexpected keyword argument 'alpha'")
        return _each(full, other, len(xs)), {} if alpha is None else {"alpha": alpha}

    def function(self: Any, other: Any = None, *, alpha: Any = None, **named: Any) -> tuple[Tensor, ...]:
        if name == "pow" and not isinstance(self, (list, tuple)):
            return tuple([op(self, x) for x in _listed(function.__name__, other)])
        xs = _listed(function.__name__, self)
        others, kwargs = operands(function.__name__, xs, _second(function.__name__, other, named), alpha)
        return tuple([op(x, y, **kwargs) for x, y in zip(xs, others, strict=True)])

    def method(self: Any, other: Any = None, *, alpha: Any = None, **named: Any) -> Sequence[Tensor]:
        xs = _listed(method.__name__, self)
        others, kwargs = operands(method.__name__, xs, _second(method.__name__, other, named), alpha)
        for x, y in zip(xs, others, strict=True):
            op_(x, y, **kwargs)
        return self

    return _both(name, function, method)


def _second(op: str, other: Any, named: dict[str, Any]) -> Any:
    """The second operand, which has a name for each of its forms."""
    given = [value for key, value in named.items() if key in ("scalar", "scalars", "exponent")]
    if len(given) != len(named) or len(given) + (other is not None) != 1:
        raise TypeError(f"{op}() takes a list of tensors and one other operand, got {sorted(named)}")
    return given[0] if given else other


def _with_number(name: str) -> tuple[Function, Function]:
    """``minimum`` and ``maximum``, which take a number here."""
    op = getattr(_C, name)
    limit = "clamp_max" if name == "minimum" else "clamp_min"

    def function(x: Tensor, y: Any) -> Tensor:
        return op(x, y) if isinstance(y, Tensor) else getattr(x, limit)(y)

    return function, lambda x, y: getattr(x, f"{limit}_")(y)


def _ternary(name: str) -> dict[str, Function]:
    op, op_ = getattr(_C, name), getattr(Tensor, f"{name}_")

    def operands(full: str, xs: list[Tensor], first: Any, second: Any, value: Any) -> zip[tuple[Any, ...]]:
        if isinstance(value, Tensor):
            value = value.tolist()
        return zip(
            xs,
            _each(full, _listed(full, first), len(xs)),
            _each(full, _listed(full, second), len(xs)),
            _each(full, value, len(xs)),
            strict=True,
        )

    def function(self: Any, tensor1: Any, tensor2: Any, value: Any = 1, *, scalars: Any = None) -> tuple[Tensor, ...]:
        full, factor = function.__name__, value if scalars is None else scalars
        rows = operands(full, _listed(full, self), tensor1, tensor2, factor)
        return tuple([op(x, a, b, value=v) for x, a, b, v in rows])

    def method(self: Any, tensor1: Any, tensor2: Any, value: Any = 1, *, scalars: Any = None) -> Sequence[Tensor]:
        full, factor = method.__name__, value if scalars is None else scalars
        for x, a, b, v in operands(full, _listed(full, self), tensor1, tensor2, factor):
            op_(x, a, b, value=v)
        return self

    return _both(name, function, method)


def _foreach_lerp(self: Any, tensors1: Any, weight: Any = None, *, weights: Any = None) -> tuple[Tensor, ...]:
    """``lerp`` of each tensor of a list towards that of another; the weight is one for all or one for each."""
    xs, share = _listed("_foreach_lerp", self), weight if weights is None else weights
    ends, shares = _each("_foreach_lerp", tensors1, len(xs)), _each("_foreach_lerp", share, len(xs))
    return tuple([_C.lerp(x, y, w) for x, y, w in zip(xs, ends, shares, strict=True)])


def _foreach_lerp_(self: Any, tensors1: Any, weight: Any = None, *, weights: Any = None) -> Sequence[Tensor]:
    """:func:`_foreach_lerp` in place."""
    xs, share = _listed("_foreach_lerp_", self), weight if weights is None else weights
    ends, shares = _each("_foreach_lerp_", tensors1, len(xs)), _each("_foreach_lerp_", share, len(xs))
    for x, y, w in zip(xs, ends, shares, strict=True):
        x.lerp_(y, w)
    return self


def _foreach_norm(self: Any, ord: Any = 2, dtype: Any = None) -> tuple[Tensor, ...]:
    """The vector norm of each tensor of a list."""
    norm = _C._linalg.vector_norm
    return tuple([norm(x, ord, dtype=dtype) for x in _listed("_foreach_norm", self)])


def _foreach_powsum(self: Any, ord: Any = 2, dtype: Any = None) -> tuple[Tensor, ...]:
    """The sum of the powers of the sizes of all elements, of each tensor of a list."""
    return tuple([x.abs().pow(ord).sum(dtype=dtype) for x in _listed("_foreach_powsum", self)])


def _foreach_max(self: Any) -> tuple[Tensor, ...]:
    """The largest element of each tensor of a list."""
    return tuple([x.max() for x in _listed("_foreach_max", self)])


def _foreach_mm(self: Any, mat2: Any) -> tuple[Tensor, ...]:
    """The products of the matrices of two lists."""
    xs = _listed("_foreach_mm", self)
    return tuple([_C.mm(x, y) for x, y in zip(xs, _each("_foreach_mm", mat2, len(xs)), strict=True)])


def _foreach_clone(self: Any, *, memory_format: Any = None) -> tuple[Tensor, ...]:
    """Copies of the tensors of a list."""
    kwargs = {} if memory_format is None else {"memory_format": memory_format}
    return tuple([x.clone(**kwargs) for x in _listed("_foreach_clone", self)])


def _foreach_copy_(self: Any, src: Any, non_blocking: bool = False) -> Sequence[Tensor]:
    """Copy the tensors of one list into those of another."""
    xs = _listed("_foreach_copy_", self)
    for x, y in zip(xs, _each("_foreach_copy_", src, len(xs)), strict=True):
        x.copy_(y)
    return self


def _foreach_zero_(self: Any) -> Sequence[Tensor]:
    """Set all elements of the tensors of a list to zero."""
    for x in _listed("_foreach_zero_", self):
        x.zero_()
    return self


for _name in _UNARY:
    globals().update(_unary(_name))
for _name in _BINARY:
    globals().update(_binary(_name))
for _name in ("addcmul", "addcdiv"):
    globals().update(_ternary(_name))
