"""Printing of tensors.

A tensor is fetched by one ``tolist()``; large tensors are first cut down to their edges. All elements are then
formatted
alike: as integers if all of them are, with a fixed number of decimals, or in scientific notation where the magnitudes
differ by more than 1000, exceed 1e8 or fall below 1e-4.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import ferrotorch
from ferrotorch import _C, Tensor

__all__ = ["PRINT_OPTS", "get_printoptions", "printoptions", "set_printoptions", "tensor_str"]


@dataclass
class _PrintOptions:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


PRINT_OPTS = _PrintOptions()

_PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed.

    Args:
        precision: decimals of floating-point numbers (default 4).
        threshold: number of elements beyond which only the edges are printed (default 1000).
        edgeitems: elements printed at each edge of a dimension (default 3).
        linewidth: characters in a line (default 80).
        profile: ``"default"``, ``"short"`` or ``"full"``, a set of the options above; those given besides take
            precedence.
        sci_mode: scientific notation always (True), never (False) or as the numbers need it (None, the default).

    Raises:
        ValueError: the profile is unknown.
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions(): profile must be one of {', '.join(_PROFILES)}, got {profile!r}")
        for name, value in _PROFILES[profile].items():
            setattr(PRINT_OPTS, name, value)
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, option in given.items():
        if option is not None:
            setattr(PRINT_OPTS, name, option)
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The present options, as `set_printoptions` takes them."""
    return asdict(PRINT_OPTS)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Use other options within a ``with`` block; see `set_printoptions`."""
    saved = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**saved)


# ---- one element

Formatter = Callable[[Any], str]


def _flatten(values: Any, depth: int) -> list[Any]:
    flat: list[Any] = [values]
    for _ in range(depth):
        flat = [inner for outer in flat for inner in outer]
    return flat


def _plain_formatter(values: list[Any]) -> tuple[Formatter, int]:
    """For integers and booleans: right-aligned."""
    width = max((len(str(v)) for v in values), default=1)
    return lambda value: str(value).rjust(width), width


def _float_formatter(values: list[float]) -> tuple[Formatter, int]:
    """For real floating-point numbers, and the width of an element. Zeros, infinities and NaN have no say."""
    precision = PRINT_OPTS.precision
    counted = [v for v in values if v != 0 and math.isfinite(v)]
    magnitudes = [abs(v) for v in counted]
    smallest, largest = min(magnitudes, default=1.0), max(magnitudes, default=1.0)
    integral = all(v == math.floor(v) for v in counted)
    scientific = largest > 1e8 or largest / smallest > 1000 or (not integral and smallest < 1e-4)
    if PRINT_OPTS.sci_mode is not None and counted:
        scientific = PRINT_OPTS.sci_mode
    if scientific:

        def formatter(value: float) -> str:
            return f"{value:.{precision}e}"

    elif integral:

        def formatter(value: float) -> str:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"

    else:

        def formatter(value: float) -> str:
            return f"{value:.{precision}f}"

    width = max((len(formatter(v)) for v in counted), default=1)
    return lambda value: formatter(value).rjust(width), width


def _complex_formatter(values: list[complex]) -> tuple[Formatter, int]:
    """Real and imaginary parts are formatted apart; the sign of the imaginary part joins them."""
    real, real_width = _float_formatter([v.real for v in values])
    imag, imag_width = _float_formatter([v.imag for v in values])

    def formatter(value: complex) -> str:
        second = imag(value.imag).lstrip()
        return real(value.real) + ("" if second[0] in "+-" else "+") + second + "j"

    return formatter, real_width + imag_width + 1


def _formatter(dtype: ferrotorch.dtype, values: list[Any]) -> tuple[Formatter, int]:
    if dtype.is_complex:
        return _complex_formatter(values)
    return _float_formatter(values) if dtype.is_floating_point else _plain_formatter(values)


# ---- the whole

_Ellipsis = object()


def _edges(x: Tensor) -> tuple[Tensor, list[bool]]:
    """The tensor without the inner part of its large dimensions, and which dimensions were cut."""
    edge = PRINT_OPTS.edgeitems
    cut = [size > 2 * edge for size in x.shape]
    for dim, is_cut in enumerate(cut):
        if is_cut:
            last = x.narrow(dim, x.size(dim) - edge, edge)
            x = ferrotorch.cat([x.narrow(dim, 0, edge), last], dim)
    return x, cut


def _layout(values: Any, cut: list[bool], indent: int, formatter: Formatter, width: int) -> str:
    """Nested lists in brackets, a line for each innermost list, broken where it grows too long."""
    depth = len(cut)
    if depth == 0:
        return formatter(values)
    edge = PRINT_OPTS.edgeitems
    if depth == 1:
        items = [formatter(v) for v in values]
        if cut[0]:
            items = [*items[:edge], " ...", *items[edge:]] if edge else ["..."]
        per_line = max(1, (PRINT_OPTS.linewidth - indent) // (width + 2))
        lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    slices = [_layout(v, cut[1:], indent + 1, formatter, width) for v in values]
    if cut[0]:
        slices = [*slices[:edge], "...", *slices[edge:]]
    separator = "," + "\n" * (depth - 1) + " " * (indent + 1)
    return "[" + separator.join(slices) + "]"


def _contents(x: Tensor, indent: int) -> str:
    shown, cut = _edges(x) if x.numel() > PRINT_OPTS.threshold else (x, [False] * x.dim())
    values = shown.tolist()
    formatter, width = _formatter(x.dtype, _flatten(values, x.dim()))
    return _layout(values, cut, indent, formatter, width)


def _all_contents(x: Tensor, indent: int) -> str:
    if x.is_meta:
        return "..."
    return "[]" if x.numel() == 0 else _contents(x.detach(), indent)


def _suffixes(x: Tensor) -> list[str]:
    """What is said about a tensor besides its elements, where it differs from the default."""
    suffixes = []
    default = ferrotorch.get_default_dtype()
    if x.device.type != "cpu":
        suffixes.append(f"device='{x.device}'")
    if x.is_meta:
        suffixes.append(f"size={tuple(x.shape)}")
    elif x.numel() == 0:
        if x.dim() != 1:
            suffixes.append(f"size={tuple(x.shape)}")
    elif not PRINT_OPTS.edgeitems:
        suffixes.append(f"size={tuple(x.shape)}")
    if x.numel() == 0 or x.is_meta:
        evident = x.dtype == default
    elif x.dtype.is_complex:
        evident = x.dtype == default.to_complex()
    else:
        evident = x.dtype in (default, ferrotorch.int64, ferrotorch.bool)
    if not evident:
        suffixes.append(f"dtype={x.dtype}")
    try:
        node = x.grad_fn
    except RuntimeError:  # a view whose history an in-place op has taken
        return [*suffixes, "grad_fn=<Invalid>"]
    if node is not None:
        suffixes.append(f"grad_fn=<{type(node).__name__}>")
    elif x.requires_grad:
        suffixes.append("requires_grad=True")
    tangent = _tangent_of(x)
    if tangent is not None:
        suffixes.append(f"tangent={tangent!r}")
    return suffixes


def _tangent_of(x: Tensor) -> Tensor | None:
    """The tangent at the level of `forward_ad`, if there is one."""
    from ferrotorch.autograd import forward_ad

    return forward_ad.unpack_dual(x).tangent if ferrotorch._C._is_dual(x) else None


def _join(text: str, suffixes: list[str], indent: int) -> str:
    """Append the suffixes, each on a line of its own where the last one would grow too long."""
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"


def _batched_str(x: Tensor, level: int) -> str:
    """A sample of the innermost of its `vmap`s, as all samples of that."""
    size = _C._vmap_frames()[level - 1][0]
    value = textwrap.indent(repr(_C._remove_batch_dim(x, level, size, 0)), " " * 4)
    return f"BatchedTensor(lvl={level}, bdim=0, value=\n{value}\n)"


def tensor_str(x: Tensor, *, tensor_contents: str | None = None) -> str:
    """The text of ``repr(x)``.

    Args:
        x: the tensor.
        tensor_contents: text to print in place of the elements.
    """
    levels = _C._levels(x)
    if levels:
        return _batched_str(x, levels.bit_length())
    kind = type(x)
    prefix = "tensor(" if kind is Tensor or issubclass(kind, ferrotorch.nn.Parameter) else f"{kind.__name__}("
    indent = len(prefix)
    if tensor_contents is None:
        with ferrotorch.no_grad():
            tensor_contents = _all_contents(x, indent)
    return as_parameter(x, _join(prefix + tensor_contents, _suffixes(x), indent))


def as_parameter(x: Tensor, text: str) -> str:
    """The text of a tensor, which says of one of a class of its own whether it is a parameter."""
    return f"Parameter({text})" if getattr(x, "_is_param", False) else text


_str = tensor_str  # PyTorch's name for it


def _tensor_str(self: Tensor, indent: int) -> str:
    """The elements of a tensor as it prints them, further lines set in by ``indent``."""
    return _contents(self, indent)


def _add_suffixes(tensor_str: str, suffixes: list[str], indent: int, force_newline: bool) -> str:
    """A tensor's text with what follows the elements, such as its dtype, in new lines where one is too short."""
    if force_newline and suffixes:
        return f"{tensor_str},\n{' ' * indent}{', '.join(suffixes)})"
    return _join(tensor_str, suffixes, indent)


def _str_intern(inp: Tensor, *, tensor_contents: str | None = None) -> str:
    """The text of a tensor, with other elements if they are given."""
    return tensor_str(inp, tensor_contents=tensor_contents)
