"""Norms, differences, statistics and integrals composed of operators."""

from __future__ import annotations

from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_all, require_constants, require_tensors, require_tensors_or_none
from ferrotorch._composite import one_node
from ferrotorch._functions._names_of_numpy import numpy_names
from ferrotorch._functions._out import with_out, with_out_of_own_dtype
from ferrotorch._functions._tables import in_place, named

Tensor = _C.Tensor


def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Tensor | None = None, dtype: Any = None
) -> Tensor:
    """Vector norm over all elements or over dimensions; ``p="fro"`` is the 2-norm, ``p="nuc"`` that of matrices."""
    require_constants("norm", p=p)
    if p is None or p == "fro":
        p = 2.0
    elif isinstance(p, str):
        from ferrotorch import linalg

        if dim is None and input.dim() != 2:
            dims = " ".join(str(d) for d in range(input.dim()))
            raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dims}")
        return linalg.matrix_norm(input, p, (-2, -1) if dim is None else dim, keepdim, dtype=dtype, out=out)
    return _C._linalg.vector_norm(input, p, dim, keepdim, dtype=dtype, out=out)


@numpy_names
@one_node("DistBackward0")
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference."""
    require_tensors("dist", input=input, other=other)
    return norm(input - other, p)


def _check_additions(input: Tensor, dim: int, *additions: Tensor | None) -> None:
    for tensor in additions:
        if tensor is None:
            continue
        for d, (wanted, got) in enumerate(zip(input.shape, tensor.shape, strict=True)):
            if d != dim and wanted != got:
                raise RuntimeError(
                    "diff expects the shape of tensor to prepend or append to match that of input except along the "
                    f"differencing dimension; input.size({d}) = {wanted}, but got tensor.size({d}) = {got}"
                )


@numpy_names
@with_out_of_own_dtype
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Differences of neighbours along a dimension, ``n`` times."""
    require_tensors("diff", input=input)
    require_tensors_or_none("diff", prepend=prepend, append=append)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if input.dim() == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n == 0:
        return input.clone()
    parts = [x for x in (prepend, input, append) if x is not None]
    if any(x.dim() != input.dim() for x in parts):
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    _check_additions(input, dim % input.dim() if -input.dim() <= dim < input.dim() else dim, prepend, append)
    result = _C.cat(parts, dim) if len(parts) > 1 else input
    for _ in range(min(n, result.size(dim))):
        length = result.size(dim) - 1
        high, low = result.narrow(dim, 1, length), result.narrow(dim, 0, length)
        result = high.logical_xor(low) if result.dtype is _C.bool else high - low
    return result


@numpy_names
@with_out_of_own_dtype
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums of products over the last dimension."""
    require_tensors("inner", input=input, other=other)
    if input.dim() == 0 or other.dim() == 0:
        return input * other
    return _C._tensordot(input, other, [-1], [-1])


@numpy_names
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Covariance of variables in rows."""
    require_tensors("cov", input=input)
    if input.dim() > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions"
        )
    if input.dtype is _C.bool:
        raise NotImplementedError("cov(): bool dtype is not supported for input")
    x = input.reshape(1, -1) if input.dim() < 2 else input
    x = x if x.is_floating_point() or x.is_complex() else x.to(_C.get_default_dtype())
    weights = _weights(x, fweights, aweights)
    total: Any = weights.sum() if weights is not None else x.size(1)
    mean = (x * weights).sum(1, keepdim=True) / total if weights is not None else x.mean(1, keepdim=True)
    centred = x - mean
    if aweights is not None and weights is not None:
        spread = total - correction * (weights * aweights).sum() / total
    else:
        spread = total - correction
    weighted = centred * weights if weights is not None else centred
    conjugated = _C.conj_physical(centred) if centred.is_complex() else centred
    divisor = spread.clamp(min=0) if isinstance(spread, Tensor) else max(spread, 0)
    return (weighted @ conjugated.t() / divisor).squeeze()


def _weights(x: Tensor, fweights: Tensor | None, aweights: Tensor | None) -> Tensor | None:
    require_tensors_or_none("cov", fweights=fweights, aweights=aweights)
    for name, w in (("fweights", fweights), ("aweights", aweights)):
        if w is not None and (w.dim() > 1 or w.numel() != x.size(1)):
            raise RuntimeError(
                f"cov(): expected {name} to have one weight an observation, {x.size(1)}, got shape {tuple(w.shape)}"
            )
        if w is not None:
            require_all(~(w < 0), f"cov(): {name} cannot be negative")
    if fweights is not None and (fweights.is_floating_point() or fweights.is_complex()):
        raise RuntimeError("cov(): expected fweights to have integral dtype but got fweights with a float dtype")
    if aweights is not None and not aweights.is_floating_point():
        raise RuntimeError("cov(): expected aweights to have floating point dtype")
    if fweights is None or aweights is None:
        return fweights if aweights is None else aweights
    return fweights * aweights


@numpy_names
def corrcoef(input: Tensor) -> Tensor:
    """Correlation of variables in rows."""
    require_tensors("corrcoef", input=input)
    if input.dim() > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.dim()} dimensions"
        )
    c = cov(input)
    if c.dim() == 0:
        return c / c
    deviation = c.diagonal().real.sqrt() if c.is_complex() else c.diagonal().sqrt()
    c = c / deviation.unsqueeze(1) / deviation.unsqueeze(0)
    return _C.complex(c.real.clamp(-1, 1), c.imag.clamp(-1, 1)) if c.is_complex() else c.clamp(-1, 1)


@numpy_names
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """Integral by the trapezoidal rule."""
    _check_curve("trapezoid", y, x, dx)
    if y.size(dim) == 0:
        return _C.zeros(y.sum(dim).shape, dtype=y.dtype, device=y.device)
    if x is None:
        ends = y.select(dim, 0) + y.select(dim, -1)
        return _times(y.sum(dim) - _times(ends, 0.5), 1.0 if dx is None else dx)
    return _halved((_sums_of_neighbours(y, dim) * _widths(y, x, dim)).sum(dim))


@numpy_names
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """Running integral by the trapezoidal rule."""
    _check_curve("cumulative_trapezoid", y, x, dx)
    if y.dim() == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if x is None:
        return _times(_sums_of_neighbours(y, dim), (1.0 if dx is None else dx) / 2).cumsum(dim)
    return (_halved(_widths(y, x, dim)) * _sums_of_neighbours(y, dim)).cumsum(dim)


def _check_curve(op: str, y: Tensor, x: Tensor | None, dx: Any) -> None:
    require_tensors(op, y=y)
    require_tensors_or_none(op, x=x)
    if x is not None and dx is not None:
        raise TypeError(f"{op}(): give either the points x or their distance dx, not both")
    if isinstance(dx, Tensor) and (dx.dim() > 0 or dx.requires_grad):
        raise TypeError(f"{op}(): argument 'dx' must be Number, not Tensor")
    for name, values in (("y", y), ("x", x)):
        if values is not None and values.dtype is _C.bool:
            raise NotImplementedError(f"{op}: received a bool input for `{name}`, but bool is not supported")


def _sums_of_neighbours(y: Tensor, dim: int) -> Tensor:
    length = max(y.size(dim) - 1, 0)
    return y.narrow(dim, 1 if length else 0, length) + y.narrow(dim, 0, length)


def _widths(y: Tensor, x: Tensor, dim: int) -> Tensor:
    """Of the trapezoids between the points."""
    dim %= y.dim()
    if x.dim() == 1:
        if x.numel() != y.size(dim):
            raise RuntimeError("There must be one `x` value for each sample point")
        shape = [1] * y.dim()
        shape[dim] = -1
        x = x.reshape(shape)
    elif x.dim() < y.dim():
        x = x.reshape((1,) * (y.dim() - x.dim()) + tuple(x.shape))
    return diff(x, dim=dim)


# Numbers that are factors here are no tensors to PyTorch: nodes keep nothing of them.
@one_node("MulBackward1")
def _times(input: Tensor, factor: Any) -> Tensor:
    return input * factor


@one_node("DivBackward1")
def _halved(input: Tensor) -> Tensor:
    return input / 2


@with_out_of_own_dtype
@one_node("RenormBackward0")
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scale slices whose p-norm exceeds ``maxnorm`` down to it."""
    require_tensors("renorm", input=input)
    require_constants("renorm", p=p, maxnorm=maxnorm)
    if input.dim() < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.dim()} dimensions")
    if isinstance(p, complex) or not p > 0:
        raise RuntimeError(f"renorm: expected a positive real order of the norm, got {p}")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if not -input.dim() <= dim < input.dim():
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-input.dim()}, {input.dim() - 1}], but got {dim})"
        )
    others = [d for d in range(input.dim()) if d != dim % input.dim()]
    is_large = norm(input.detach(), p, others, keepdim=True) > maxnorm
    # Slices that are kept get no gradient by way of their size, which may be NaN.
    sizes = norm(_C.where(is_large, input, 1.0), p, others, keepdim=True)
    return (input * _C.where(is_large, maxnorm / (sizes + 1e-7), 1.0).to(input.dtype)).contiguous()


@numpy_names
@with_out
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Kronecker product."""
    require_tensors("kron", input=input, other=other)
    ndim = max(input.dim(), other.dim())
    a = input.reshape((1,) * (ndim - input.dim()) + tuple(input.shape))
    b = other.reshape((1,) * (ndim - other.dim()) + tuple(other.shape))
    wide = [n for pair in zip(a.shape, (1,) * ndim, strict=True) for n in pair]
    tall = [n for pair in zip((1,) * ndim, b.shape, strict=True) for n in pair]
    return (a.reshape(wide) * b.reshape(tall)).reshape([m * n for m, n in zip(a.shape, b.shape, strict=True)])


# Is the distance of two points that of a product of all? `None`: where there are many.
_CDIST_MODES = {
    "use_mm_for_euclid_dist_if_necessary": None,
    "use_mm_for_euclid_dist": True,
    "donot_use_mm_for_euclid_dist": False,
}


@one_node("CdistBackward0")
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """Distances of norm `p` between all rows of `x1` `(.., P, M)` and `x2` `(.., R, M)`, as `(.., P, R)`.

    Euclidean distances (`p=2`) come from a matrix product where `compute_mode` is `"use_mm_for_euclid_dist"`, and by
    default where there are more than 25 rows on one side: much faster, but distances that are small beside the rows
    themselves lose digits. `"donot_use_mm_for_euclid_dist"` computes every difference.
    """
    require_tensors("cdist", x1=x1, x2=x2)
    require_constants("cdist", p=p)
    for name, x in (("X1", x1), ("X2", x2)):
        if not x.is_floating_point():
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {x.dtype}")
        if x.dim() < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.dim()}D")
    if x1.size(-1) != x2.size(-1):
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.size(-1)} X2: {x2.size(-1)}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if compute_mode not in _CDIST_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    by_product = _CDIST_MODES[compute_mode]
    if by_product is None:
        by_product = max(x1.size(-2), x2.size(-2)) > 25
    if by_product and p == 2 and x1.size(-1) and x1.dtype == x2.dtype:
        from ferrotorch.functional import broadcast_shapes

        batch = broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        return _C._linalg._euclidean_dist(x1.expand(*batch, -1, -1), x2.expand(*batch, -1, -1))
    differences = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    # Points without coordinates are in one place, also where the norm of nothing has no value.
    return norm(differences, p, -1) if x1.size(-1) else differences.abs().sum(-1)


METHODS = named(norm, dist, diff, inner, cov, corrcoef, renorm, kron)
IN_PLACE = in_place(renorm)
FUNCTIONS = METHODS | named(trapezoid, cumulative_trapezoid, cdist) | {"trapz": trapezoid}
