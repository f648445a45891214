"""Helpers that several distributions share."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Number
from typing import Any, Generic, TypeVar, overload

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import is_tensor_like
from ferrotorch.nn import functional as F

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "euler_constant",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

euler_constant = 0.57721566490153286060  # OEIS A001620

T = TypeVar("T")


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Tensors of one shape from numbers and tensors.

    Numbers take dtype and device of the first tensor, the default ones where there is none.

    Raises:
        ValueError: something else among the values.
    """
    if not all(isinstance(value, Number) or is_tensor_like(value) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    first = next((value for value in values if is_tensor_like(value)), None)
    options: dict[str, Any] = (
        {"dtype": torch.get_default_dtype()} if first is None else {"dtype": first.dtype, "device": first.device}
    )
    tensors = [value if is_tensor_like(value) else torch.tensor(value, **options) for value in values]
    return tuple(torch.broadcast_tensors(*tensors))


def as_parameters(*values: Any) -> tuple[Any, ...]:
    """Values broadcast against each other, and their shape, which is that of a scalar where all are numbers."""
    tensors = broadcast_all(*values)
    return (*tensors, tensors[0].shape)


def _standard_normal(shape: Any, dtype: torch.dtype, device: Any) -> Tensor:
    """A draw from the standard normal distribution."""
    return torch.normal(torch.zeros(shape, dtype=dtype, device=device), torch.ones(shape, dtype=dtype, device=device))


def standard_normal(shape: Any, like: Tensor) -> Tensor:
    """A draw from the standard normal distribution with the dtype and device of another tensor."""
    return _standard_normal(shape, like.dtype, like.device)


def uniform(shape: Any, like: Tensor) -> Tensor:
    """A draw from [0, 1) with the dtype and device of another tensor."""
    return torch.rand(shape, dtype=like.dtype, device=like.device)


def sum_rightmost(value: Any, dim: int) -> Any:
    """The sum over the last ``dim`` dimensions; of a number, the number."""
    if dim == 0 or not isinstance(value, Tensor):
        return value
    return value.sum(tuple(range(-dim, 0)))


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities from log odds (``is_binary``), or from log probabilities that need not be normalised."""
    return torch.sigmoid(logits) if is_binary else F.softmax(logits, dim=-1)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept away from 0 and 1 by the dtype's epsilon."""
    eps = torch.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Log odds (``is_binary``) or log probabilities, of probabilities kept away from 0 and 1."""
    clamped = clamp_probs(probs)
    return torch.log(clamped) - torch.log1p(-clamped) if is_binary else torch.log(clamped)


def exactly_one(**arguments: Any) -> None:
    """Raises ValueError unless one of two arguments is given."""
    if sum(value is not None for value in arguments.values()) != 1:
        names = " or ".join(f"`{name}`" for name in arguments)
        raise ValueError(f"Either {names} must be specified, but not both.")


class lazy_property(Generic[T]):
    """An attribute that is computed at its first use, with gradients recorded, and kept."""

    def __init__(self, wrapped: Callable[[Any], T]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__
        self.__name__ = wrapped.__name__

    @overload
    def __get__(self, instance: None, owner: Any = ...) -> lazy_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: Any = ...) -> T: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with torch.enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.__name__, value)
        return value


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The lower triangle of ``(..., D, D)`` row by row: ``(..., N)``; ``diag`` is the last diagonal that belongs to it.

    Raises:
        ValueError: no such diagonal.
    """
    size = mat.shape[-1]
    if not -size <= diag < size:
        raise ValueError(f"diag ({diag}) provided is outside [{-size}, {size - 1}].")
    rows, columns = torch.tril_indices(size, size, diag, device=mat.device)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The lower triangular ``(..., D, D)`` whose triangle up to diagonal ``diag`` is ``(..., N)``, row by row.

    Raises:
        ValueError: N is not the number of elements of any such triangle.
    """
    count = vec.shape[-1]
    # The positive root of N = D (D + 1) / 2 + D diag, for diag <= 0 less what the corner cuts off.
    root = -(1 + 2 * diag) + math.sqrt((1 + 2 * diag) ** 2 + 8 * count + 4 * abs(diag) * (diag + 1))
    size = root / 2
    if not math.isclose(size, round(size), abs_tol=torch.finfo(vec.dtype).eps):
        raise ValueError(f"The size of last dimension is {count} which cannot be expressed as the lower triangle.")
    size = round(size)
    matrix = vec.new_zeros((*vec.shape[:-1], size, size))
    rows, columns = torch.tril_indices(size, size, diag, device=vec.device)
    matrix[..., rows, columns] = vec
    return matrix


def _sum_rightmost(value: Tensor, dim: int) -> Tensor:
    """The sum over so many of the last dimensions."""
    return value if dim == 0 else value.reshape((*value.shape[: value.dim() - dim], -1)).sum(-1)
