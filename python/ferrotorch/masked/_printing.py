"""The text of tensors with a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ferrotorch.masked.maskedtensor import MaskedTensor

_WIDTH = 8


def masked_str(x: MaskedTensor) -> str:
    """The elements, with two dashes for those that do not count."""
    data, mask = x.get_data().detach(), x.get_mask()
    if x.is_sparse:
        data, mask = data.to_dense(), mask.to_dense()
    if data.dim() == 0:
        return f"MaskedTensor({_text(data.item()) if mask else '--'}, {mask.item()})"
    texts = [_text(value) for value in data.reshape(-1).tolist()]
    shown = [
        text if is_shown else "--".rjust(_WIDTH)
        for text, is_shown in zip(texts, mask.reshape(-1).tolist(), strict=True)
    ]
    lines = _nested(shown, list(data.shape), 2)
    return "MaskedTensor(\n" + "\n".join(lines) + "\n)"


def _text(value: float | bool) -> str:
    return f"{value:{_WIDTH}.4f}" if isinstance(value, float) else str(value)


def _nested(texts: list[str], shape: list[int], indent: int) -> list[str]:
    margin = " " * indent
    if len(shape) == 1:
        return [margin + "[" + ", ".join(texts) + "]"]
    step = len(texts) // max(shape[0], 1)
    lines = [margin + "["]
    for i in range(shape[0]):
        inner = _nested(texts[i * step : (i + 1) * step], shape[1:], indent + 2)
        if i < shape[0] - 1:
            inner[-1] += ","
        lines += inner
    return [*lines, margin + "]"]
