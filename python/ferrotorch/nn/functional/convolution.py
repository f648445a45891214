"""Convolutions, and the sliding blocks (unfold, fold) that they are made of.

Shapes: ``C`` channels, ``*`` 1 to 3 spatial dimensions; the batch dimension ``N`` may be absent throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch.nn.functional import _shown
from ferrotorch.nn.functional._sizes import IntOrInts, per_dim


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts | str = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate ``input`` (N, C, L) with ``weight`` (O, C / groups, K); see :func:`conv2d`."""
    if isinstance(padding, str):
        return _padded_by_name(_nn.conv1d, 1, input, weight, bias, stride, padding, dilation, groups)
    return _nn.conv1d(input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts | str = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate ``input`` (N, C, H, W) with ``weight`` (O, C / groups, KH, KW), and add ``bias`` (O).

    ``padding`` is a number of zeros on both sides, ``"valid"`` (none) or ``"same"`` (as many as keep the size; stride 1
    only).

    Raises:
        RuntimeError: shapes, dtypes, or a stride, padding, dilation or groups that do not fit.
    """
    if isinstance(padding, str):
        return _padded_by_name(_nn.conv2d, 2, input, weight, bias, stride, padding, dilation, groups)
    return _nn.conv2d(input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts | str = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate ``input`` (N, C, D, H, W) with ``weight`` (O, C / groups, KD, KH, KW); see :func:`conv2d`."""
    if isinstance(padding, str):
        return _padded_by_name(_nn.conv3d, 3, input, weight, bias, stride, padding, dilation, groups)
    return _nn.conv3d(input, weight, bias, stride, padding, dilation, groups)


def _padded_by_name(
    native: Callable[..., Tensor],
    ndim: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrInts,
    padding: str,
    dilation: IntOrInts,
    groups: int,
) -> Tensor:
    op = f"conv{ndim}d"
    stride = per_dim(stride, ndim, "stride", op)
    dilation = per_dim(dilation, ndim, "dilation", op)
    input, widths = _named_padding(op, padding, input, weight, stride, dilation)
    return native(input, weight, bias, stride, widths, dilation, groups)


def _named_padding(
    op: str, padding: str, input: Tensor, weight: Tensor, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[Tensor, tuple[int, ...]]:
    """The input and the symmetric padding to convolve it with; the odd zero of an even kernel is put at the end."""
    ndim = len(stride)
    if padding == "valid":
        return input, (0,) * ndim
    if padding != "same":
        raise RuntimeError(f"{op}: padding must be an int, ints, 'valid' or 'same', but got {padding!r}")
    if any(s != 1 for s in stride):
        raise RuntimeError(f"{op}: padding='same' is not supported for strided convolutions, but got stride={stride}")
    if weight.dim() < 3:
        raise RuntimeError(f"{op}: weight should have at least three dimensions, but it has shape {list(weight.shape)}")
    if weight.dim() != ndim + 2:
        raise RuntimeError(
            f"{op}: Expected {weight.dim()}-dimensional input for {weight.dim()}-dimensional weight"
            f"{list(weight.shape)}, but got {input.dim()}-dimensional input of size {list(input.shape)} instead"
        )
    totals = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
    if any(total % 2 for total in totals):
        extra = [side for total in reversed(totals) for side in (0, total % 2)]
        input = _nn.pad(input, extra, "constant", 0)
    return input, tuple(total // 2 for total in totals)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: int = 1,
    dilation: IntOrInts = 1,
) -> Tensor:
    """The gradient of :func:`conv1d` by its input, as an op; see :func:`conv_transpose2d`."""
    return _nn.conv_transpose1d(input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: int = 1,
    dilation: IntOrInts = 1,
) -> Tensor:
    """The gradient of :func:`conv2d` by its input, as an op.

    ``input`` is (N, C, H, W), ``weight`` (C, O / groups, KH, KW), ``bias`` (O); the result has
    ``(H - 1) * stride - 2 * padding + dilation * (KH - 1) + output_padding + 1`` rows.
    """
    return _nn.conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: int = 1,
    dilation: IntOrInts = 1,
) -> Tensor:
    """The gradient of :func:`conv3d` by its input, as an op; see :func:`conv_transpose2d`."""
    return _nn.conv_transpose3d(input, weight, bias, stride, padding, output_padding, groups, dilation)


def _require_no_integers(op: str, input: Tensor) -> None:
    if not (input.is_floating_point() or input.is_complex() or input.dtype is torch.bool):
        raise NotImplementedError(f'"{op}" not implemented for {input.dtype}: convert to a float dtype first')


@one_node("Im2ColBackward0", _shown.blocks)
def unfold(
    input: Tensor, kernel_size: IntOrInts, dilation: IntOrInts = 1, padding: IntOrInts = 0, stride: IntOrInts = 1
) -> Tensor:
    """Sliding blocks of ``input`` (N, C, H, W) as columns: (N, C * KH * KW, number of blocks).

    Raises:
        RuntimeError: an input that is not 3-D or 4-D, or smaller than one block.
    """
    require_tensors("unfold", input=input)
    if input.dim() not in (3, 4):
        raise RuntimeError(
            f"unfold: Expected 3D or 4D (batch mode) tensor with possibly 0 batch size, but got: {list(input.shape)}"
        )
    if 0 in input.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(input.shape)}"
        )
    _require_no_integers("unfold", input)
    batched = input if input.dim() == 4 else input.unsqueeze(0)
    blocks = _Blocks(kernel_size, dilation, padding, stride, batched.shape[2:], "unfold")
    if any(blocks.pad):
        batched = _nn.pad(batched, blocks.pad, "constant", 0)
    n, c = batched.shape[:2]
    # (N, C, OH, OW, KH, KW): windows are views, of which dilation takes some elements. One copy brings them in order.
    for d, (span, dilation) in enumerate(zip(blocks.spans, blocks.dilation, strict=True)):
        batched = batched.unfold(2 + d, span, blocks.stride[d])
        if dilation > 1:
            batched = batched[..., ::dilation]
    columns = batched.permute(0, 1, 4, 5, 2, 3).clone(memory_format=torch.contiguous_format)
    result = columns.reshape(n, c * blocks.area, blocks.count)
    return result if input.dim() == 4 else result.squeeze(0)


@one_node("Col2ImBackward0", _shown.image)
def fold(
    input: Tensor,
    output_size: IntOrInts,
    kernel_size: IntOrInts,
    dilation: IntOrInts = 1,
    padding: IntOrInts = 0,
    stride: IntOrInts = 1,
) -> Tensor:
    """Sum columns (N, C * KH * KW, number of blocks) into an image (N, C, *output_size*): the transpose of unfold.

    Raises:
        RuntimeError: a number of rows or columns that does not belong to such an image.
    """
    require_tensors("fold", input=input)
    _require_no_integers("fold", input)
    if input.dim() not in (2, 3):
        raise RuntimeError(f"fold: Expected 2D or 3D (batch mode) tensor for input, but got: {list(input.shape)}")
    if 0 in input.shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    columns_in = input if input.dim() == 3 else input.unsqueeze(0)
    height, width = per_dim(output_size, 2, "output_size", "fold")
    blocks = _Blocks(kernel_size, dilation, padding, stride, (height, width), "fold")
    n, depth, count = columns_in.shape
    if depth % blocks.area or count != blocks.count:
        raise RuntimeError(
            f"fold: Expected an input of shape (N, C * {blocks.area}, {blocks.count}) for output_size="
            f"{(height, width)} and kernel_size={blocks.kernel}, but got {list(input.shape)}"
        )
    c = depth // blocks.area
    (kh, kw), (oh, ow) = blocks.kernel, blocks.grid
    values = columns_in.reshape(n, c, kh, kw, oh, ow)
    padded_height, padded_width = blocks.padded
    lines = _overlay(values.unbind(3), 4, blocks.dilation[1], blocks.stride[1], padded_width)
    image = _overlay(lines.unbind(2), 2, blocks.dilation[0], blocks.stride[0], padded_height)
    left, top = blocks.pad[0], blocks.pad[2]
    image = image.narrow(2, top, height).narrow(3, left, width).contiguous()
    return image if input.dim() == 3 else image.squeeze(0)


def _overlay(taps: Sequence[Tensor], dim: int, dilation: int, stride: int, size: int) -> Tensor:
    """Sum what kernel elements have for positions: entry ``p`` of element ``k`` goes to ``p * stride + k * dilation``.

    Elements of one remainder modulo the stride are added with a shift; then the remainders lie side by side.
    """
    length = -(-size // stride)
    phases: dict[int, Tensor] = {}
    for k, tap in enumerate(taps):
        before, phase = divmod(k * dilation, stride)
        widths = [0, 0] * (tap.dim() - 1 - dim) + [before, length - before - tap.size(dim)]
        padded = _nn.pad(tap, widths, "constant", 0) if any(widths) else tap
        phases[phase] = phases[phase] + padded if phase in phases else padded
    if stride == 1:
        return phases[0]
    nothing = torch.zeros_like(phases[0]) if len(phases) < stride else phases[0]
    side_by_side = torch.stack([phases.get(phase, nothing) for phase in range(stride)], dim + 1)
    return side_by_side.flatten(dim, dim + 1).narrow(dim, 0, size)


class _Blocks:
    """Geometry of sliding blocks over an image: their kernel and grid of positions."""

    def __init__(
        self,
        kernel_size: IntOrInts,
        dilation: IntOrInts,
        padding: IntOrInts,
        stride: IntOrInts,
        image: Sequence[int],
        op: str,
    ) -> None:
        self.kernel = per_dim(kernel_size, 2, "kernel_size", op)
        self.dilation = per_dim(dilation, 2, "dilation", op)
        self.stride = per_dim(stride, 2, "stride", op)
        top, left = per_dim(padding, 2, "padding", op)
        self._check_positive(op)
        self.pad = [left, left, top, top]
        self.padded = (image[0] + 2 * top, image[1] + 2 * left)
        self.spans = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True)]
        self.grid = tuple((p - n) // s + 1 for p, n, s in zip(self.padded, self.spans, self.stride, strict=True))
        if min(self.grid) < 1 or min(top, left) < 0:
            raise RuntimeError(
                f"{op}: an image of size {tuple(image)} with kernel_size={self.kernel}, dilation={self.dilation}, "
                f"padding={(top, left)}, stride={self.stride} has an array of sliding blocks of shape {self.grid}, "
                "which must be at least one"
            )
        self.area = self.kernel[0] * self.kernel[1]
        self.count = self.grid[0] * self.grid[1]

    def _check_positive(self, op: str) -> None:
        for name, sizes in (("kernel_size", self.kernel), ("dilation", self.dilation), ("stride", self.stride)):
            if min(sizes) <= 0:
                raise RuntimeError(f"{op}: {name} should be greater than zero, but got {sizes}")
