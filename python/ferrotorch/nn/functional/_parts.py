"""Parts of functions that PyTorch has as private functions of ``nn.functional``, where packages copy layers from it."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn

__all__ = ["find"]


def _canonical_mask(
    mask: Tensor | None, mask_name: str, other_type: Any, other_name: str, target_type: Any, check_other: bool = True
) -> Tensor | None:
    """A mask to add to scores: minus infinity where a mask of truth values excludes."""
    if mask is None:
        return None
    if mask.dtype is not torch.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype != other_type:
        warnings.warn(
            f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    if mask.is_floating_point():
        return mask
    return torch.zeros_like(mask, dtype=target_type).masked_fill_(mask, float("-inf"))


def _none_or_dtype(input: Tensor | None) -> Any:
    """The dtype of a tensor, if there is one.

    Raises:
        RuntimeError: something else than a tensor.
    """
    if input is None:
        return None
    if isinstance(input, Tensor):
        return input.dtype
    raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")


def _in_projection_packed(q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Tensor | None = None) -> list[Tensor]:
    """Queries, keys and values (*, E) projected by the thirds of one weight (3 E, E)."""
    biases = (None,) * 3 if b is None else b.chunk(3)
    return [_nn.linear(x, weight, bias) for x, weight, bias in zip((q, k, v), w.chunk(3), biases, strict=True)]


def _in_projection(
    q: Tensor, k: Tensor, v: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, b_q: Tensor | None = None,
    b_k: Tensor | None = None, b_v: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Queries, keys and values projected by a weight each."""
    return _nn.linear(q, w_q, b_q), _nn.linear(k, w_k, b_k), _nn.linear(v, w_v, b_v)


def _get_softmax_dim(name: str, ndim: int, stacklevel: int) -> int:
    """The dimension that softmax without one goes along, with a warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def _verify_batch_size(size: Sequence[int]) -> None:
    """Raise ValueError where statistics of a batch would be of one value."""
    count = size[0]
    for other in size[2:]:
        count *= other
    if count == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


def _verify_spatial_size(size: Sequence[int]) -> None:
    """Raise ValueError where statistics of an image would be of one value."""
    count = 1
    for other in size[2:]:
        count *= other
    if count == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {size}")


def _unpool_output_size(
    input: Tensor, kernel_size: Sequence[int], stride: Sequence[int], padding: Sequence[int],
    output_size: Sequence[int] | None,
) -> list[int]:  # fmt: skip
    """The spatial size of an unpooling, which a given one may differ from by less than a stride.

    Raises:
        ValueError: a given size of another length, or out of that range.
    """
    sizes = input.shape[-len(kernel_size) :]
    default = [(n - 1) * s + k - 2 * p for n, k, s, p in zip(sizes, kernel_size, stride, padding, strict=True)]
    if output_size is None:
        return default
    wanted = list(output_size[2:] if len(output_size) == len(kernel_size) + 2 else output_size)
    if len(wanted) != len(kernel_size):
        raise ValueError(
            "output_size should be a sequence containing "
            f"{len(kernel_size)} or {len(kernel_size) + 2} elements, but it has a length of '{len(output_size)}'"
        )
    for at, (n, s) in enumerate(zip(default, stride, strict=True)):
        if not n - s < wanted[at] < n + s:
            raise ValueError(f'invalid output_size "{output_size}" (dim {at} must be between {n - s} and {n + s})')
    return wanted


def _is_integer(x: Any) -> bool:
    """Is it an integer, or a tensor of integers?"""
    if isinstance(x, int | torch.SymInt):
        return True
    return isinstance(x, Tensor) and not x.is_floating_point()


def _list_or_empty(value: Any) -> Any:
    """What was given, or an empty list."""
    return [] if value is None else value


def _threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """The older name of :func:`~ferrotorch.nn.functional.threshold`."""
    return torch.nn.functional.threshold(input, threshold, value, inplace)


def _check_key_padding_mask(key_padding_mask: Tensor, src_len: int, bsz: int) -> None:
    """Raise AssertionError for a mask of keys of another shape than (batch, source)."""
    if key_padding_mask.shape[0] != bsz:
        raise AssertionError(f"Expected key_padded_mask.shape[0] to be {bsz}, but got {key_padding_mask.shape[0]}")
    if key_padding_mask.shape[1] != src_len:
        raise AssertionError(f"Expected key_padded_mask.shape[1] to be {src_len}, but got {key_padding_mask.shape[1]}")


def _no_grad_embedding_renorm_(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are asked for down to a norm, in place."""
    torch.ops.aten.embedding_renorm_(weight.detach(), input, max_norm, norm_type)


def find(name: str) -> Any:
    """A function of this module, or what PyTorch's ``nn.functional`` imports from its other modules.

    Raises:
        AttributeError: there is none of this name.
    """
    from ferrotorch.nn.modules import utils

    if name in ("_pair", "_single", "_triple", "_list_with_default"):
        return getattr(utils, name)
    if name in (
        "has_torch_function",
        "has_torch_function_unary",
        "has_torch_function_variadic",
        "handle_torch_function",
    ):
        return getattr(torch.overrides, name)
    if name == "_mha_shape_check":
        return importlib.import_module("ferrotorch.nn.functional.attention")._mha_shape_check
    if name == "Tensor":
        return Tensor
    if name == "_Reduction":
        return importlib.import_module("ferrotorch.nn._reduction")
    if name in ("conv_tbc", "_sym_int"):
        return {"conv_tbc": torch.conv_tbc, "_sym_int": torch.sym_int}[name]
    if name.startswith(("_max_pool", "_adaptive_max_pool", "_fractional_max_pool")):
        return getattr(torch.nn.functional, name[1:])
    value = globals().get(name)
    # A private name tells where this is: where programs say `torch`, `find` has the module of PyTorch's functions.
    if getattr(value, "__module__", None) != _canonical_mask.__module__:
        raise AttributeError(f"module 'torch.nn.functional' has no attribute {name!r}")
    return value
