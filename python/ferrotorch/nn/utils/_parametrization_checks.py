"""What parametrizations, and their inverses, may make of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ferrotorch._C import Tensor

_MAY_NOT = "Registering a parametrization may not change the {what} of the tensor, unless {flag} flag is enabled."


def check_originals(value: Any, original: Tensor) -> None:
    """Whether ``right_inverse`` gave what a parametrized tensor can be computed from.

    Raises:
        ValueError: neither a tensor of the dtype and device of ``original`` nor a sequence of tensors.
    """
    expected = "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
    if isinstance(value, Tensor):
        for what in ("dtype", "device"):
            before, after = getattr(original, what), getattr(value, what)
            if before != after:
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {what}.\n"
                    f"original.{what}: {before}\nright_inverse(original).{what}: {after}"
                )
        return
    if not isinstance(value, Sequence):
        raise ValueError(expected + type(value).__name__)
    for i, item in enumerate(value):
        if not isinstance(item, Tensor):
            raise ValueError(f"{expected}element {i} of the sequence with type {type(item).__name__}.")


def check_result(value: Any, original: Tensor, flag: str = "`unsafe`") -> None:
    """Whether a parametrization gave a tensor of the dtype and shape that the parametrized one has.

    Raises:
        ValueError: it did not.
    """
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
    for what in ("dtype", "shape"):
        before, after = getattr(original, what), getattr(value, what)
        if before != after:
            words = _MAY_NOT.format(what=what, flag=flag)
            raise ValueError(f"{words}\nunparametrized {what}: {before}\nparametrized {what}: {after}")


def check_inverse(value: Any, original: Tensor) -> None:
    """Whether the inverse of a further parametrization gave a tensor like the one it began with.

    Raises:
        ValueError: it did not.
    """
    if not isinstance(value, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(value).__name__}")
    for what in ("dtype", "shape"):
        before, after = getattr(original, what), getattr(value, what)
        if before != after:
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as module's tensor, "
                f"unless the `unsafe` flag is enabled.\n{what} of the tensor: {before}\nreturned {what}: {after}"
            )


def check_assigned(values: Any, originals: Sequence[Tensor], is_tensor: bool) -> Sequence[Tensor]:
    """The tensors that the inverse made of an assigned value.

    Raises:
        ValueError: they are not of the number or of the dtypes of those that they are to be written to.
    """
    if is_tensor:
        if not isinstance(values, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {type(values).__name__}")
        values = [values]
    elif not isinstance(values, Sequence):
        raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(values).__name__}.")
    elif len(values) != len(originals):
        raise ValueError(
            f"'right_inverse' must return a sequence of tensors of length {len(originals)}. "
            f"Got a sequence of length {len(values)}."
        )
    for i, (value, original) in enumerate(zip(values, originals, strict=True)):
        if not isinstance(value, Tensor):
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors. Got element {i} of type {type(value).__name__}"
            )
        if value.dtype != original.dtype:
            which, name = ("The tensor", "original") if is_tensor else (f"Tensor {i}", f"original{i}")
            raise ValueError(
                f"{which} returned by `right_inverse` has dtype {value.dtype} while `{name}` has dtype {original.dtype}"
            )
    return values
