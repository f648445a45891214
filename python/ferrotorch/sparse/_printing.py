"""The text of sparse tensors."""

from __future__ import annotations

from ferrotorch import _tensor_str
from ferrotorch._C import Tensor
from ferrotorch.sparse._handles import Coo, handle_of
from ferrotorch.sparse._names import INDEX_NAMES


def _part(name: str, x: Tensor, indent: int) -> str:
    """``name=tensor(...)``, whose further lines are indented as PyTorch has them."""
    inner = indent + len(name) + 8
    text = _tensor_str._all_contents(x, inner)
    size = f", size={tuple(x.shape)}" if x.numel() == 0 else ""
    return f"{name}=tensor({text}{size})"


def sparse_str(x: Tensor) -> str:
    """The text of ``repr(x)``: indices, values, and what they do not show."""
    prefix = "tensor("
    handle = handle_of(x)
    indent = len(prefix)
    names = ("indices",) if isinstance(handle, Coo) else INDEX_NAMES[handle.layout]
    parts = [_part(name, index.detach(), indent) for name, index in zip(names, handle.pattern, strict=True)]
    parts.append(_part("values", handle.values, indent))
    text = prefix + (",\n" + " " * indent).join(parts)
    suffixes = [f"size={tuple(x.shape)}", f"nnz={handle.nnz}"]
    if isinstance(handle, Coo):
        # The sizes begin a line of their own.
        text += ",\n" + " " * indent + suffixes.pop(0)
    return _tensor_str._join(text, [*_with_device(x), *suffixes, *_others(x, handle.layout)], indent)


def _with_device(x: Tensor) -> list[str]:
    return [] if x.device.type == "cpu" else [f"device='{x.device}'"]


def _others(x: Tensor, layout: object) -> list[str]:
    """Dtype, layout, and what is known of gradients."""
    import ferrotorch as torch

    evident = (torch.get_default_dtype(), torch.int64, torch.bool)
    default = torch.get_default_dtype().to_complex()
    dtype = [] if x.dtype in evident or x.dtype == default else [f"dtype={x.dtype}"]
    result = [*dtype, f"layout={layout}"]
    if x.grad_fn is not None:
        result.append(f"grad_fn=<{type(x.grad_fn).__name__}>")
    elif x.requires_grad:
        result.append("requires_grad=True")
    return result
