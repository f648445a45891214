"""What results look like: all that device "meta" knows of them."""

from typing import Any

import ferrotorch as torch


def form(value: Any) -> Any:
    """What can be said of a result without looking at elements."""
    if isinstance(value, torch.Tensor):
        return value.dtype, tuple(value.shape), value.stride(), value.requires_grad
    if isinstance(value, list | tuple):
        return [form(part) for part in value]
    return {key: form(part) for key, part in value.items()} if isinstance(value, dict) else type(value)


def on_meta(value: Any) -> Any:
    """The same with all tensors moved."""
    if isinstance(value, torch.Tensor):
        return value.to("meta")
    if isinstance(value, list | tuple):
        return type(value)(on_meta(part) for part in value)
    return {key: on_meta(part) for key, part in value.items()} if isinstance(value, dict) else value
