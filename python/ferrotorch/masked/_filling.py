"""What stands in the place of elements that do not count, so that they change nothing in a result."""

from __future__ import annotations

from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor


def prepared(name: str, input: Any, mask: Tensor | None, dtype: Any) -> tuple[Tensor, Tensor]:
    """The elements in the dtype of the result, and the mask in their size.

    Raises:
        IndexError: the mask has more dimensions than the tensor.
        TypeError: the input is no tensor.
        ValueError: the input is sparse.
    """
    x, mask = parts(input, mask, dtype)
    require_strided(name, x)
    if mask is None:
        return x, torch.ones((), dtype=torch.bool, device=x.device).expand(x.shape)
    mask = mask if mask.layout is torch.strided else mask.to_dense()
    return x, mask.to(torch.bool).expand(x.shape)


def parts(input: Any, mask: Tensor | None, dtype: Any) -> tuple[Tensor, Tensor | None]:
    """The elements in the dtype of the result, of any layout, and which of them count; see `prepared`."""
    from ferrotorch.masked.maskedtensor import MaskedTensor

    if isinstance(input, MaskedTensor):
        own = input.get_mask()
        mask = own if mask is None else own & mask
        input = input.get_data()
    if not isinstance(input, Tensor):
        raise TypeError(f"input must be a Tensor or MaskedTensor, got {type(input).__name__}")
    if dtype is not None:
        input = input.to(dtype)
    if mask is not None and mask.dim() > input.dim():
        raise IndexError("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)")
    return input, mask


def require_strided(name: str, x: Tensor) -> None:
    """Raise ValueError for a layout of which a function has no results."""
    if x.layout is not torch.strided:
        raise ValueError(f"masked {name} expects strided tensor (got {x.layout} tensor)")


def lowest(dtype: torch.dtype) -> Any:
    """The smallest value of a dtype: minus infinity where there is one."""
    if dtype == torch.bool:
        return False
    return -torch.inf if dtype.is_floating_point or dtype.is_complex else torch.iinfo(dtype).min


def highest(dtype: torch.dtype) -> Any:
    """The largest value of a dtype: infinity where there is one."""
    if dtype == torch.bool:
        return True
    return torch.inf if dtype.is_floating_point else torch.iinfo(dtype).max


def filled(x: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The elements that count, and a value for all others."""
    return torch.where(mask, x, torch.tensor(value, dtype=x.dtype, device=x.device))


def dims_of(dim: Any, x: Tensor) -> list[int]:
    """Dimensions counted from the start; all for None.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension is named twice.
    """
    count = max(x.dim(), 1)
    given = range(x.dim()) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    result = []
    for d in given:
        if not -count <= d < count:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {d})"
            )
        result.append(d % count)
    if len(set(result)) < len(result):
        raise RuntimeError(f"dim={dim} appears multiple times in the list of dims")
    return result


def require_floating(name: str, dtype: torch.dtype) -> None:
    """Raise ValueError for dtypes in which a result cannot be given."""
    if not (dtype.is_floating_point or dtype.is_complex):
        raise ValueError(
            f"{name}(): Could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {dtype}"
        )
