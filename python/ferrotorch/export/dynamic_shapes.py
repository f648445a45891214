"""Which sizes of the arguments may be others than those of the examples."""

from __future__ import annotations

import enum
import inspect
from typing import Any

import ferrotorch as torch

__all__ = ["Dim", "dims"]


class _Hint(enum.Enum):
    AUTO, DYNAMIC, STATIC = "AUTO", "DYNAMIC", "STATIC"

    def __repr__(self) -> str:
        return f"DimHint({self.value})"


class Dim:
    """A size that may change from call to call; dimensions with the same one have the same size.

    ``Dim.DYNAMIC`` and ``Dim.AUTO`` are sizes without a name, ``Dim.STATIC`` one that stays.

    Args:
        name: an identifier.
        min: the least size.
        max: the greatest size.
    """

    AUTO, DYNAMIC, STATIC = _Hint.AUTO, _Hint.DYNAMIC, _Hint.STATIC

    def __init__(self, name: str, *, min: int | None = None, max: int | None = None) -> None:
        self.min, self.max = 0 if min is None else min, max
        if self.max is not None and self.max <= self.min:
            raise AssertionError(f"Cannot create Dim with inconsistent min={self.min}, max={self.max}")
        if not name.isidentifier():
            raise AssertionError(f"Dim name must be a valid identifier, got {name}")
        self.__name__ = name

    def __repr__(self) -> str:
        bounds = ([f"min={self.min}"] if self.min > 1 else []) + ([] if self.max is None else [f"max={self.max}"])
        return f"Dim({', '.join([repr(self.__name__), *bounds])})"


def dims(*names: str, min: int | None = None, max: int | None = None) -> tuple[Dim, ...]:
    """Several sizes with the same bounds."""
    return tuple(Dim(name, min=min, max=max) for name in names)


Size = Dim | tuple[int, int]
"""A named size, or the place of a nameless one: number of the leaf, dimension."""


def dynamic_sizes(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic_shapes: Any
) -> dict[tuple[int, int], Size]:
    """The dimensions that may change: by number of the leaf of the arguments, and dimension.

    Raises:
        ValueError: the shapes are not nested as the arguments are, or a dimension is none that the tensor has.
        TypeError: a size is of no known kind.
    """
    found: dict[tuple[int, int], Size] = {}
    if dynamic_shapes is None:
        return found
    values: Any = [*args, *kwargs.values()]
    if isinstance(dynamic_shapes, dict):
        arguments = inspect.signature(module.forward).bind(*args, **kwargs).arguments
        unknown = set(dynamic_shapes) - set(arguments) - set(kwargs)
        if unknown:
            raise ValueError(f"dynamic_shapes has {sorted(unknown)}, but the arguments are {list(arguments)}")
        names = _names_of_values(module, args, kwargs)
        dynamic_shapes = [dynamic_shapes.get(name) for name in names]
    _walk(values, list(dynamic_shapes), _Counter(), found)
    return found


def _names_of_values(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    return [*list(inspect.signature(module.forward).parameters)[: len(args)], *kwargs]


class _Counter:
    value = 0


def _walk(value: Any, spec: Any, counter: _Counter, found: dict[tuple[int, int], Size]) -> None:
    """Note what a part of the arguments may change, counting leaves."""
    if isinstance(value, dict | list | tuple):
        keys: Any = list(value) if isinstance(value, dict) else range(len(value))
        if spec is not None and len(spec) != len(value):
            raise ValueError(f"dynamic_shapes has {len(spec)} entries for {len(value)} arguments: {spec}")
        for key in keys:
            _walk(value[key], None if spec is None else spec[key], counter, found)
        return
    leaf = counter.value
    counter.value += 1
    if spec is None or not isinstance(value, torch.Tensor):
        return
    for dim, size in spec.items() if isinstance(spec, dict) else enumerate(spec):
        if not -value.dim() <= dim < value.dim():
            raise ValueError(f"dynamic_shapes names dimension {dim} of a tensor of {value.dim()} dimensions")
        place = leaf, dim % value.dim()
        if isinstance(size, Dim):
            found[place] = size
        elif size in (Dim.AUTO, Dim.DYNAMIC):
            found[place] = place
        elif size is not None and size is not Dim.STATIC and size != value.shape[dim]:
            raise TypeError(f"dynamic_shapes: expected a Dim, an int that is the size, or None, got {size!r}")
