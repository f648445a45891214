"""Views, joins and parts as PyTorch makes them of ops."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import aten

__all__ = ["RULES", "contiguous", "expanded", "reshape"]

Tensor = _C.Tensor
Ask = Callable[..., Any]
Rule = Callable[..., Any]


def reshape(ask: Ask, input: Tensor, shape: Sequence[int]) -> Tensor:
    """A view, or one of a copy."""
    sizes = list(shape)
    if _is_viewable(list(input.shape), list(input.stride()), _without_guess(sizes, input.numel())):
        return ask(aten.view.default, input, sizes)
    copy = ask(aten.clone.default, input, memory_format=torch.contiguous_format)
    return ask(aten._unsafe_view.default, copy, _without_guess(sizes, input.numel()))


def _is_viewable(shape: list[int], steps: list[int], sizes: list[int]) -> bool:
    """Can memory that lies so be seen in another shape?"""
    if 0 in shape:
        return True
    rest = [size for size in sizes if size != 1]
    run = 1  # Elements of dimensions that follow each other in memory.
    for i in range(len(shape) - 1, -1, -1):
        run *= shape[i]
        follows = next((j for j in range(i - 1, -1, -1) if shape[j] != 1), None)
        if shape[i] == 1 or (follows is not None and steps[follows] == steps[i] * shape[i]):
            continue
        while run > 1 and rest and run % rest[-1] == 0:
            run //= rest.pop()
        if run != 1:
            return False
    return True


def _without_guess(sizes: list[int], count: int) -> list[int]:
    known = math.prod(size for size in sizes if size != -1)
    return [count // known if size == -1 and known else size for size in sizes]


def reshape_as(ask: Ask, input: Tensor, other: Tensor) -> Tensor:
    """The elements in another's shape."""
    return reshape(ask, input, list(other.shape))


def flatten(ask: Ask, input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """A view with some dimensions as one."""
    if input.dim() == 0:
        return reshape(ask, input, [1])
    first, last = start_dim % input.dim(), end_dim % input.dim()
    if first == last:
        return input
    return reshape(
        ask, input, [*input.shape[:first], math.prod(input.shape[first : last + 1]), *input.shape[last + 1 :]]
    )


def ravel(ask: Ask, input: Tensor) -> Tensor:
    """One dimension."""
    return reshape(ask, contiguous(ask, input), [-1])


def unflatten(ask: Ask, input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Several dimensions in the place of one."""
    dim %= input.dim()
    sizes = _without_guess(list(sizes), input.shape[dim])
    return ask(aten.view.default, input, [*input.shape[:dim], *sizes, *input.shape[dim + 1 :]])


def contiguous(ask: Ask, input: Tensor, memory_format: Any = torch.contiguous_format) -> Tensor:
    """A copy, unless the memory is in this order already."""
    if input.is_contiguous(memory_format=memory_format):
        return input
    return ask(aten.clone.default, input, memory_format=memory_format)


def chunk(ask: Ask, input: Tensor, chunks: int, dim: int = 0) -> Any:
    """Parts of one size, but for the last."""
    return ask(aten.split.Tensor, input, -(-input.shape[dim] // chunks), dim)


def split(ask: Ask, input: Tensor, split_size: Any, dim: int = 0) -> Any:
    """Parts of one size, or of several."""
    if isinstance(split_size, int):
        return ask(aten.split.Tensor, input, split_size, dim)
    return ask(aten.split_with_sizes.default, input, list(split_size), dim)


def tensor_split(ask: Ask, input: Tensor, places: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts between places, or so many."""
    if isinstance(places, Tensor):
        places = places.tolist()
    size = input.shape[dim]
    if isinstance(places, int):
        share, more = divmod(size, places)
        ends = [(i + 1) * share + min(i + 1, more) for i in range(places)]
        starts = [0, *ends[:-1]]
    else:
        starts, ends = [0, *places], [*places, size]
    return tuple(ask(aten.slice.Tensor, input, dim, first, last) for first, last in zip(starts, ends, strict=True))


def _split_along(dim: int) -> Rule:
    """The rule for parts along a dimension."""

    def rule(ask: Ask, input: Tensor, places: Any) -> Any:
        return tensor_split(ask, input, places, 0 if dim == 1 and input.dim() == 1 else dim)

    return rule


def narrow(ask: Ask, input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A part of a dimension."""
    first = int(start)
    first = first + input.shape[dim] if first < 0 else first
    return ask(aten.slice.Tensor, input, dim, first, first + length)


def select(ask: Ask, input: Tensor, dim: int, index: int) -> Tensor:
    """One of a dimension."""
    return ask(aten.select.int, input, dim, index)


def movedim(ask: Ask, input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions in other places."""
    from_, to = ([each] if isinstance(each, int) else list(each) for each in (source, destination))
    if not from_:
        return ask(aten.alias.default, input)
    places = dict(zip((d % input.dim() for d in to), (d % input.dim() for d in from_), strict=True))
    rest = iter([d for d in range(input.dim()) if d not in places.values()])
    return ask(aten.permute.default, input, [places[i] if i in places else next(rest) for i in range(input.dim())])


def expanded(ask: Ask, input: Tensor, size: Sequence[int]) -> Tensor:
    """An expanded view, unless it is of this shape."""
    return input if list(input.shape) == list(size) else ask(aten.expand.default, input, list(size))


def broadcast_to(ask: Ask, input: Tensor, size: Sequence[int]) -> Tensor:
    """An expanded view."""
    return ask(aten.expand.default, input, list(size))


def broadcast_tensors(ask: Ask, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Views of one shape."""
    shape = torch.broadcast_shapes(*(tensor.shape for tensor in tensors))
    return tuple(expanded(ask, tensor, shape) for tensor in tensors)


def expand_as(ask: Ask, input: Tensor, other: Tensor) -> Tensor:
    """An expanded view."""
    return ask(aten.expand.default, input, list(other.shape))


def view_as(ask: Ask, input: Tensor, other: Tensor) -> Tensor:
    """A view in another's shape."""
    return ask(aten.view.default, input, list(other.shape))


def tile(ask: Ask, input: Tensor, dims: Sequence[int]) -> Tensor:
    """Copies beside each other."""
    return ask(aten.repeat.default, input, [1] * (input.dim() - len(dims)) + list(dims))


def repeat_interleave(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Each element several times."""
    options = dict(zip(("repeats", "dim"), args, strict=False)) | kwargs
    repeats, dim = options.get("repeats"), options.get("dim")
    if repeats is None:
        return ask(aten.repeat_interleave.Tensor, input, output_size=options.get("output_size"))
    if dim is None:
        input, dim = reshape(ask, contiguous(ask, input), [input.numel()]), 0
    if isinstance(repeats, Tensor):
        at = ask(aten.repeat_interleave.Tensor, repeats, output_size=options.get("output_size"))
        return ask(aten.index_select.default, input, dim, at)
    dim %= input.dim()
    sizes = list(input.shape)
    spread = ask(aten.unsqueeze.default, input, dim + 1)
    spread = ask(aten.expand.default, spread, [*sizes[: dim + 1], repeats, *sizes[dim + 1 :]])
    copy = ask(aten.clone.default, spread, memory_format=torch.contiguous_format)
    return ask(aten.view.default, copy, [*sizes[:dim], sizes[dim] * repeats, *sizes[dim + 1 :]])


def meshgrid(ask: Ask, tensors: Sequence[Tensor], *, indexing: str | None = None) -> Any:
    """The coordinates of a grid."""
    swap = indexing == "xy" and len(tensors) > 1
    order = [1, 0, *range(2, len(tensors))] if swap else list(range(len(tensors)))
    shape = [tensors[i].numel() for i in order]
    grids: list[Any] = [None] * len(tensors)
    for place, i in enumerate(order):
        column = ask(aten.view.default, tensors[i], [-1 if j == place else 1 for j in range(len(tensors))])
        grids[i] = ask(aten.expand.default, column, shape)
    if swap:
        grids = [ask(aten.transpose.int, grid, 0, 1) for grid in grids]
    return tuple(grids)


def cartesian_prod(ask: Ask, tensors: Sequence[Tensor]) -> Tensor:
    """All pairs."""
    if len(tensors) == 1:
        return tensors[0]
    columns = [flatten(ask, grid) for grid in meshgrid(ask, tensors)]
    return ask(aten.stack.default, columns, 1)


def _joined(dim: int, least: int) -> Rule:
    """The rule for a join along a dimension, of tensors of so many dimensions at least."""

    def rule(ask: Ask, tensors: Sequence[Tensor]) -> Tensor:
        grown = [_at_least(least)(ask, tensor) for tensor in tensors]
        return ask(aten.cat.default, grown, 0 if grown[0].dim() == 1 else dim)

    return rule


def column_stack(ask: Ask, tensors: Sequence[Tensor]) -> Tensor:
    """Columns beside each other."""
    grown = [x if x.dim() > 1 else ask(aten.view.default, x, [x.numel(), 1]) for x in tensors]
    return ask(aten.cat.default, grown, 1)


def _at_least(least: int) -> Rule:
    """The rule for a view of so many dimensions at least."""

    def grow(ask: Ask, input: Tensor) -> Tensor:
        if input.dim() >= least:
            return input
        if input.dim() == 0:
            return reshape(ask, input, [1] * least)
        if least == 2 or (least == 3 and input.dim() == 2):
            return ask(aten.unsqueeze.default, input, 0 if least == 2 else -1)
        return ask(aten.unsqueeze.default, ask(aten.unsqueeze.default, input, 0), -1)

    def rule(ask: Ask, *tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], Tensor):
            return grow(ask, tensors[0])
        several = tensors[0] if len(tensors) == 1 else tensors
        return tuple(grow(ask, each) for each in several)

    return rule


def diag(ask: Ask, input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or a matrix with it."""
    if input.dim() == 2:
        return ask(aten.diagonal_copy.default, input, diagonal)
    return ask(aten.diag_embed.default, input, diagonal)


def diagflat(ask: Ask, input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with the elements on its diagonal."""
    return ask(aten.diag_embed.default, reshape(ask, contiguous(ask, input), [-1]), offset)


def _flipped(dim: int) -> Rule:
    """The rule for a reversal along a dimension."""

    def rule(ask: Ask, input: Tensor) -> Tensor:
        return ask(aten.flip.default, input, [dim])

    return rule


def take_along_dim(ask: Ask, input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Elements along a dimension, or of all."""
    if dim is None:
        return ask(aten.gather.default, reshape(ask, input, [-1]), 0, reshape(ask, indices, [-1]))
    dim %= input.dim()
    shape = list(torch.broadcast_shapes(
        *([1 if i == dim else size for i, size in enumerate(each.shape)] for each in (input, indices))
    ))  # fmt: skip
    shape[dim] = indices.shape[dim]
    at = ask(aten.expand.default, indices, list(shape))
    shape[dim] = input.shape[dim]
    spread = ask(aten.expand.default, input, list(shape))
    at = ask(aten.remainder.Scalar, at, input.shape[dim])
    return ask(aten.gather.default, spread, dim, at)


def sort(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Values in order and where they were; whether equal ones keep their order is a parameter of an own overload."""
    options = dict(zip(("dim", "descending", "stable"), args, strict=False)) | kwargs
    stable, dim, descending = options.get("stable"), options.get("dim", -1), options.get("descending", False)
    if "stable" not in options or (len(args) < 3 and "stable" not in kwargs):
        return ask(aten.sort.default, input, dim, descending)
    return ask(aten.sort.stable, input, stable=bool(stable), dim=dim, descending=descending)


def argsort(ask: Ask, input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Where values in order were."""
    if stable:
        return ask(aten.sort.stable, input, stable=True, dim=dim, descending=descending)[1]
    return ask(aten.sort.default, input, dim, descending)[1]


def msort(ask: Ask, input: Tensor) -> Tensor:
    """Rows in order."""
    return ask(aten.sort.default, input, 0)[0]


def unique(ask: Ask, input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Values once each, of which all results are computed, and those that were asked for handed on."""
    options = dict(zip(("sorted", "return_inverse", "return_counts", "dim"), args, strict=False)) | kwargs
    flags = [bool(options.get(name, name == "sorted")) for name in ("sorted", "return_inverse", "return_counts")]
    dim = options.get("dim")
    if dim is None:
        values, *others = ask(aten._unique2.default, input, *flags)
    else:
        values, *others = ask(aten.unique_dim.default, input, dim, *flags)
    asked = [each for each, flag in zip(others, flags[1:], strict=True) if flag]
    return (values, *asked) if asked else values


def roll(ask: Ask, input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    """Elements moved around; several shifts at once as lists."""
    return ask(aten.roll.default, input, shifts, [dims] if isinstance(dims, int) else list(dims or ()))


RULES: dict[str, Rule] = {
    **{f"atleast_{n}d": _at_least(n) for n in (1, 2, 3)},
    "argsort": argsort,
    "broadcast_tensors": broadcast_tensors,
    "broadcast_to": broadcast_to,
    "cartesian_prod": cartesian_prod,
    "chunk": chunk,
    "column_stack": column_stack,
    "contiguous": contiguous,
    "diag": diag,
    "diagflat": diagflat,
    "dsplit": _split_along(2),
    "dstack": _joined(2, 3),
    "expand_as": expand_as,
    "flatten": flatten,
    "fliplr": _flipped(1),
    "flipud": _flipped(0),
    "hsplit": _split_along(1),
    "hstack": _joined(1, 1),
    "meshgrid": meshgrid,
    "moveaxis": movedim,
    "movedim": movedim,
    "msort": msort,
    "narrow": narrow,
    "ravel": ravel,
    "repeat_interleave": repeat_interleave,
    "reshape": reshape,
    "reshape_as": reshape_as,
    "roll": roll,
    "row_stack": _joined(0, 2),
    "select": select,
    "sort": sort,
    "split": split,
    "take_along_dim": take_along_dim,
    "tensor_split": tensor_split,
    "tile": tile,
    "unflatten": unflatten,
    "unique": unique,
    "view_as": view_as,
    "vsplit": _split_along(0),
    "vstack": _joined(0, 2),
}
