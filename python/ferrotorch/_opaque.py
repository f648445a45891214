"""Calls with opaque tensors: those whose elements do not lie in one strided array.

The core knows of such a tensor its shape, dtype, device and place in the graph; what it consists of is its handle, an
object of the part that computes with its kind (:mod:`ferrotorch.sparse`, for instance). The extension asks here, below
overrides and autocasting, whenever one is among the arguments of a call, or a tensor with memory whose class has a
``__torch_dispatch__``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from ferrotorch import _C
from ferrotorch._C import Tensor

# Methods that need no elements: the core answers them for any opaque tensor.
BY_CORE = frozenset(
    [
        "dim",
        "ndimension",
        "size",
        "numel",
        "nelement",
        "element_size",
        "get_device",
        "backward",
        "requires_grad_",
        "register_hook",
        "retain_grad",
        "register_post_accumulate_grad_hook",
        "is_floating_point",
        "is_complex",
        "is_signed",
        "is_inference",
        "is_pinned",
        "is_shared",
        "__hash__",
        "__len__",
        "__iter__",
        "__dir__",
        "__format__",
        "__class__",
        "__setstate__",
        "as_subclass",
        "_make_subclass",
        "is_tensor",
        "is_conj",
        "is_neg",
        "resolve_conj",
        "resolve_neg",
        "result_type",
        "promote_types",
        "share_memory_",
        "is_set_to",
        "new_tensor",
        "record_stream",
        "_is_view",
        "__contains__",
        "detach_",
        "_backward",
        "grad",
        "_version",
    ]
)


class Handle(Protocol):
    """What an opaque tensor consists of."""

    tensor_class: type[Tensor]

    @staticmethod
    def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a function with such tensors among its arguments, or ``NotImplemented``.

        Args:
            name: the function, such as ``"torch.add"``, ``"torch.Tensor.add_"`` or ``"torch.Tensor.shape.__get__"``.
            composed: is it made of other functions, so that it can go through to them?
        """

    @staticmethod
    def sum_of_gradients(total: Tensor | None, grad: Tensor, in_place: bool) -> Tensor:
        """The sum of two gradients, one of which has such a handle; see :func:`sum_of_gradients`."""


def handles_among(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Any]:
    """The handles of the opaque tensors among arguments, and in the lists and tuples among them.

    Tensors with memory whose class has a ``__torch_dispatch__`` are handled by `ferrotorch._wrappers`.
    """
    for arg in (*args, *kwargs.values()):
        for item in arg if isinstance(arg, list | tuple) else (arg,):
            handle = _C._opaque_handle(item)
            if handle is not None:
                yield handle
            elif _C._has_torch_dispatch(item):
                from ferrotorch._wrappers import Asking

                yield Asking


def call(name: str, composed: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the first opaque tensor among the arguments makes of a call; ``NotImplemented`` lets it go through."""
    return next(handles_among(args, kwargs)).call(name, composed, args, kwargs)


def sum_of_gradients(total: Tensor | None, grad: Tensor, in_place: bool) -> Tensor:
    """Add a gradient to the sum so far, if there is any; one of the two is opaque.

    The result is a tensor that nobody else holds, or, if it may be written to ``in_place``, ``total`` itself.
    """
    handle = next(handles_among((grad, total), {}))
    result: Tensor = handle.sum_of_gradients(total, grad, in_place)
    return result
