"""Tensors and modules in notebooks: what they are, and a small picture."""

from __future__ import annotations

import base64
import html
import math
import struct
import zlib
from typing import Any

import ferrotorch as torch
from ferrotorch import _C, nn

__all__ = ["module_html", "tensor_html"]

# Elements up to which numbers are shown, and samples along each side of a picture.
_FEW, _SIDE = 64, 48
# Colours from the lowest to the highest value: dark blue, green, yellow; and that of what is not finite.
_COLOURS = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)]
_NOT_FINITE = (220, 40, 40)


def tensor_html(tensor: torch.Tensor) -> str:
    """Shape, dtype, device and a picture of a tensor's values, or of a sample of them if there are many."""
    if not _is_plain(tensor) or tensor.numel() == 0 or tensor.dim() == 0:
        return f"<pre>{html.escape(repr(tensor))}</pre>"
    facts = [f"shape {tuple(tensor.shape)}", str(tensor.dtype), f"device {tensor.device}"]
    if tensor.requires_grad:
        facts.append("requires_grad")
    sample = _sample(tensor.detach())
    values = [value for row in sample for value in row]
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < len(values):
        facts.append("holds NaN or infinity")
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    facts.append(f"shown from {low:.4g} to {high:.4g}")
    picture = _bars(sample[0], low, high) if len(sample) == 1 else _image(sample, low, high)
    numbers = f"<pre>{html.escape(repr(tensor.detach().cpu()))}</pre>" if tensor.numel() <= _FEW else ""
    return f"<div>{picture} <small>{html.escape(' · '.join(facts))}</small>{numbers}</div>"


def _is_plain(tensor: torch.Tensor) -> bool:
    """Whether elements can be looked at: not those of meta tensors, samples of `vmap`, sparse and wrapped tensors."""
    if type(tensor) not in (torch.Tensor, nn.Parameter):
        return False
    return tensor.layout == torch.strided and not (tensor.is_meta or _C._levels(tensor))


def _sample(tensor: torch.Tensor) -> list[list[float]]:
    """Rows of at most ``_SIDE`` samples of a tensor's first matrix; complex numbers by their magnitude."""
    while tensor.dim() > 2:
        tensor = tensor[0]
    # At most as many steps as fit: only what is shown leaves the device.
    steps = tuple(slice(None, None, -(-size // _SIDE)) for size in tensor.shape)
    tensor = tensor[steps].cpu()
    if tensor.is_complex():
        tensor = tensor.abs()
    rows = tensor.to(torch.float64).tolist()
    return rows if tensor.dim() == 2 else [rows]


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _bars(values: list[float], low: float, high: float) -> str:
    """A bar for each value, from the lowest to the highest."""
    bars = []
    for i, value in enumerate(values):
        height = 2 + 28 * _share(value, low, high) if math.isfinite(value) else 30
        colour = "steelblue" if math.isfinite(value) else "crimson"
        bars.append(f'<rect x="{2 * i}" y="{30 - height:.1f}" width="1.6" height="{height:.1f}" fill="{colour}"/>')
    return f'<svg viewBox="0 0 {2 * len(values)} 30" width="{2 * len(values)}" height="30">{"".join(bars)}</svg>'


def _image(rows: list[list[float]], low: float, high: float) -> str:
    """A pixel for each value, as PNG."""
    pixels = b"".join(b"\0" + bytes(c for value in row for c in _colour(value, low, high)) for row in rows)
    data = base64.b64encode(_png(len(rows[0]), len(rows), pixels)).decode()
    scale = max(1, 96 // max(len(rows), len(rows[0])))
    size = f'width="{scale * len(rows[0])}" height="{scale * len(rows)}"'
    return f'<img {size} style="image-rendering:pixelated" alt="values" src="data:image/png;base64,{data}">'


def _colour(value: float, low: float, high: float) -> tuple[int, ...]:
    if not math.isfinite(value):
        return _NOT_FINITE
    place = _share(value, low, high) * (len(_COLOURS) - 1)
    index = min(int(place), len(_COLOURS) - 2)
    part = place - index
    return tuple(round(a + part * (b - a)) for a, b in zip(_COLOURS[index], _COLOURS[index + 1], strict=True))


def _png(width: int, height: int, pixels: bytes) -> bytes:
    """A picture of 8 bits for red, green and blue (PNG specification, sections 5 and 11)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")]
    )


def module_html(module: nn.Module, name: str = "") -> str:
    """A module with its number of parameters; its parts unfold."""
    count = sum(p.numel() for p in module.parameters() if not isinstance(p, nn.UninitializedParameter))
    extra: Any = module.extra_repr()
    title = f"{name}: " if name else ""
    text = html.escape(f"{title}{type(module).__name__}({extra})")
    line = f"<code>{text}</code> <small>{count:,} parameters</small>"
    parts = "".join(f"<li>{module_html(part, key)}</li>" for key, part in module.named_children())
    if not parts:
        return line
    return f"<details{' open' if not name else ''}><summary>{line}</summary><ul>{parts}</ul></details>"
