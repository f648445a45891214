"""Resizing of (N, C, *) along 1 to 3 spatial dimensions.

All modes but ``area`` are separable: along each dimension an output element is a weighted sum of a few taps of the
input.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch.nn.functional import _shown
from ferrotorch.nn.functional.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

Scale = float | Sequence[float]
Size = int | Sequence[int]

# The mode of each number of spatial dimensions that interpolates linearly.
LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}
ALIGNABLE = ("linear", "bilinear", "bicubic", "trilinear")
# Keys' cubic convolution: with antialiasing PyTorch follows Pillow's parameter.
CUBIC, CUBIC_ANTIALIASED = -0.75, -0.5


_NODES = {
    "nearest": "UpsampleNearest", "nearest-exact": "UpsampleNearestExact", "linear": "UpsampleLinear",
    "bilinear": "UpsampleBilinear", "bicubic": "UpsampleBicubic", "trilinear": "UpsampleTrilinear",
}  # fmt: skip


def _name_of_node(
    input: Tensor,
    size: Size | None = None,
    scale_factor: Scale | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> str | None:
    kind = _NODES.get(mode)
    return kind and f"{kind}{input.dim() - 2}D{'Aa' if antialias else ''}Backward0"


@one_node(_name_of_node, _shown.resizing)
def interpolate(
    input: Tensor,
    size: Size | None = None,
    scale_factor: Scale | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize the spatial dimensions of ``input`` to ``size``, or by ``scale_factor``.

    ``mode``: ``nearest``, ``nearest-exact``, ``area``, ``linear`` (3-D input), ``bilinear``, ``bicubic`` (4-D), or
    ``trilinear`` (5-D). ``align_corners`` maps the corners' centres, otherwise their edges, onto each other.
    ``recompute_scale_factor`` derives the scale from the sizes, instead of using ``scale_factor`` as it is.
    ``antialias`` widens the filter when shrinking (``bilinear``, ``bicubic``).

    Raises:
        ValueError: arguments that exclude one another or do not fit the input.
        NotImplementedError: a mode that does not exist for this number of dimensions, or an input that is of neither
            a float dtype nor uint8.
    """
    require_tensors("interpolate", input=input)
    if mode not in ALIGNABLE and align_corners is not None:
        raise ValueError("align_corners option can only be set with the interpolating modes: " + " | ".join(ALIGNABLE))
    ndim = input.dim() - 2
    out, factors = _output_size(input, size, scale_factor, recompute_scale_factor)
    _check_mode(mode, ndim, antialias, input)
    if not (input.is_floating_point() or input.dtype == torch.uint8):
        raise NotImplementedError(f'"interpolate" not implemented for {input.dtype}: use uint8 or a float dtype')
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[ndim - 1](input, out)
    _require_elements(input, out)
    if _C._levels(input) == 0 and _is_by_kernel(input, out, mode):
        return _nn.in_format_of(_resized_at_once(input, out, factors, mode, bool(align_corners), antialias), input)
    result = input
    # The last dimension first, as integers are rounded after each.
    for d in reversed(range(ndim)):
        factor = None if factors is None else factors[d]
        result = _resize_dim(result, d + 2, out[d], factor, mode, bool(align_corners), antialias)
    return _nn.in_format_of(result.clone() if result is input else result, input)


def _require_elements(input: Tensor, out: tuple[int, ...]) -> None:
    if min(out) <= 0 or 0 in input.shape[2:]:
        before, after = (
            ", ".join(f"{name}: {n}" for name, n in zip("DHW"[-len(out) :], sizes, strict=True))
            for sizes in (input.shape[2:], out)
        )
        raise RuntimeError(
            "Input and output sizes should be greater than 0, but got "
            f"input ({before}) {'and ' if len(out) == 1 else ''}output ({after})"
        )
    if input.size(1) == 0:
        raise RuntimeError(
            f"Non-empty {input.dim()}D data tensor expected but got a tensor with sizes {list(input.shape)}"
        )


def _is_by_kernel(input: Tensor, out: tuple[int, ...], mode: str) -> bool:
    """Are all dimensions resized at once? Bytes are, in integers: on the host where the device has no kernel for it."""
    if input.dtype == torch.uint8 and mode in ("bilinear", "bicubic"):
        return True
    return (input.is_floating_point() or input.dim() == 4) and _nn.has_kernel_to_resize(input, out)


def _check_mode(mode: str, ndim: int, antialias: bool, input: Tensor) -> None:
    if antialias and not (mode in ("bilinear", "bicubic") and ndim == 2):
        raise ValueError(
            "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input"
        )
    if ndim not in (1, 2, 3):
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported "
            f"(got {input.dim()}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | area | "
            "nearest-exact "
            f"(got {mode})"
        )
    if mode in ("nearest", "nearest-exact", "area"):
        return
    wanted = 2 if mode == "bicubic" else LINEAR.get(mode)
    if wanted is None:
        raise NotImplementedError(f"interpolate: there is no mode {mode!r}")
    if wanted != ndim:
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {wanted + 2}D input")


def _output_size(
    input: Tensor, size: Size | None, scale_factor: Scale | None, recompute: bool | None
) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
    """The spatial output size, and the scale factors that coordinates use, where these are not the sizes' ratios."""
    spatial = input.shape[2:]
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        out = _sizes(size, len(spatial))
        if len(out) != len(spatial):
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial "
                "dimensions "
                f"of {list(spatial)} and output size of {list(out)}."
            )
        return tuple(int(n) for n in out), None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = (scale_factor,) * len(spatial) if isinstance(scale_factor, (int, float)) else tuple(scale_factor)
    if len(factors) != len(spatial):
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {list(spatial)} and scale_factor of shape {list(factors)}."
        )
    if not all(map(math.isfinite, factors)):
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    out = tuple(math.floor(n * float(f)) for n, f in zip(spatial, factors, strict=True))
    return out, None if recompute else tuple(float(f) for f in factors)


def _sizes(size: Any, ndim: int) -> tuple[Any, ...]:
    """Sizes of the spatial dimensions, of one for all or one each. A size may be a tensor of one integer."""
    sizes = tuple(size) if isinstance(size, (list, tuple)) else (size,) * ndim
    if not all(_is_integer(n) for n in sizes):
        raise TypeError(
            "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size "
            f"with types {[type(n) for n in sizes]}"
        )
    return sizes


def _is_integer(n: Any) -> bool:
    if isinstance(n, Tensor):
        return n.numel() == 1 and not n.is_floating_point()
    try:
        operator.index(n)
    except TypeError:
        return False
    return not isinstance(n, bool)


_FILTERS = {"linear": "linear", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}


def _resized_at_once(
    input: Tensor,
    out: tuple[int, ...],
    factors: tuple[float, ...] | None,
    mode: str,
    align_corners: bool,
    antialias: bool,
) -> Tensor:
    """All dimensions by one kernel of the device."""
    filter = _FILTERS.get(mode, mode) + (" antialiased" if antialias else "")
    steps = [
        _coordinate_scale(input.size(d + 2), n, None if factors is None else factors[d], align_corners)
        for d, n in enumerate(out)
    ]
    return _nn.resized(input, out, filter, align_corners, *steps)


def _resize_dim(
    input: Tensor, dim: int, out: int, factor: float | None, mode: str, align_corners: bool, antialias: bool
) -> Tensor:
    size = input.size(dim)
    if mode.startswith("nearest"):
        return input.index_select(
            dim, _nearest(size, out, factor, 0.5 if mode == "nearest-exact" else 0.0, input.device)
        )
    if size == out and (align_corners or factor is None or factor == 1):
        return input
    scale = _coordinate_scale(size, out, factor, align_corners)
    wide = input if input.dtype == torch.float64 else input.float()
    if antialias:
        matrix = _antialiased_weights(size, out, scale, mode, wide)
        result = torch.matmul(wide.transpose(dim, -1), matrix.t()).transpose(dim, -1)
    else:
        taps = _cubic_taps if mode == "bicubic" else _linear_taps
        indices, weights = taps(_source_positions(out, scale, align_corners, wide), size, align_corners)
        shape = [out if d == dim else 1 for d in range(input.dim())]
        terms = [wide.index_select(dim, index) for index in indices]
        weights = [weight.reshape(shape) for weight in weights]
        if len(terms) == 2:  # whose weights sum to 1
            result = torch.lerp(terms[0], terms[1], weights[1])
        else:
            result = terms[0] * weights[0]
            for term, weight in zip(terms[1:], weights[1:], strict=True):
                result = torch.addcmul(result, term, weight)
    if not input.is_floating_point():
        result = (result + 0.5).floor().clamp(0, 255)
    return result.to(input.dtype)


def _nearest(size: int, out: int, factor: float | None, shift: float, device: Any) -> Tensor:
    """Source indices, in float32 as PyTorch computes them for every dtype."""
    scale = size / out if factor is None else 1.0 / factor
    position = torch.arange(out, dtype=torch.float32, device=device)
    return ((position + shift) * scale).floor().to(torch.int64).clamp_max(size - 1)


def _coordinate_scale(size: int, out: int, factor: float | None, align_corners: bool) -> float:
    if align_corners:
        return (size - 1) / (out - 1) if out > 1 else 0.0
    return size / out if factor is None else 1.0 / factor


def _source_positions(out: int, scale: float, align_corners: bool, like: Tensor) -> Tensor:
    position = torch.arange(out, dtype=like.dtype, device=like.device)
    return position * scale if align_corners else (position + 0.5) * scale - 0.5


def _linear_taps(position: Tensor, size: int, align_corners: bool) -> tuple[list[Tensor], list[Tensor]]:
    position = position.clamp_min(0)
    low = position.floor().clamp_max(size - 1)
    share = (position - low).clamp(0, 1)
    index = low.to(torch.int64)
    return [index, (index + 1).clamp_max(size - 1)], [1 - share, share]


def _cubic_taps(position: Tensor, size: int, align_corners: bool) -> tuple[list[Tensor], list[Tensor]]:
    low = position.floor()
    share = position - low
    index = low.to(torch.int64)
    indices = [(index + offset).clamp(0, size - 1) for offset in (-1, 0, 1, 2)]
    return indices, cubic_weights(share)


def cubic_weights(share: Tensor) -> list[Tensor]:
    """Weights of the taps at -1, 0, 1, 2 for a point at ``share`` in [0, 1] (Keys, 1981)."""
    return [_keys(share + 1, CUBIC), _keys(share, CUBIC), _keys(1 - share, CUBIC), _keys(2 - share, CUBIC)]


def _keys(x: Tensor, a: float) -> Tensor:
    """Keys' kernel at ``|x| <= 2``."""
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return torch.where(x <= 1, near, torch.where(x >= 2, torch.zeros_like(x), far))


def _antialiased_weights(size: int, out: int, scale: float, mode: str, like: Tensor) -> Tensor:
    """The (out, size) matrix of a filter that is stretched by ``scale`` when shrinking; its rows sum to 1."""
    kernel: Callable[[Tensor], Tensor]
    if mode == "bicubic":
        radius, kernel = 2.0, lambda x: _keys(x, CUBIC_ANTIALIASED)
    else:
        radius, kernel = 1.0, lambda x: (1 - x).clamp_min(0)
    stretch = max(scale, 1.0)
    support = radius * stretch
    centre = ((torch.arange(out, dtype=like.dtype, device=like.device) + 0.5) * scale).unsqueeze(1)
    first = (centre - support + 0.5).to(torch.int64).clamp_min(0)
    last = (centre + support + 0.5).to(torch.int64).clamp_max(size)
    tap = torch.arange(size, device=like.device)
    weights = kernel(((tap - centre + 0.5) / stretch).abs())
    weights = weights.masked_fill((tap < first) | (tap >= last), 0)
    return weights / weights.sum(1, keepdim=True)


def upsample(
    input: Tensor,
    size: Size | None = None,
    scale_factor: Scale | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The old name of :func:`interpolate`."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Size | None = None, scale_factor: Scale | None = None) -> Tensor:
    """:func:`interpolate` with ``mode="nearest"``."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Size | None = None, scale_factor: Scale | None = None) -> Tensor:
    """:func:`interpolate` with ``mode="bilinear"`` and ``align_corners=True``."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, "bilinear", True)
