"""What all pipes are: data sets with methods that put another pipe around them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

from ferrotorch.utils.data.dataset import Dataset, IterableDataset, T_co
from ferrotorch.utils.data.sampler import draw_seed

__all__ = ["DataChunk", "IterDataPipe", "MapDataPipe", "functional_datapipe", "shared_seed"]

C = TypeVar("C", bound=type)


class DataChunk(list[Any]):
    """A list of samples that belong together."""

    def as_str(self, indent: str = "") -> str:
        """The samples as a text, in brackets."""
        return f"{indent}[{', '.join(map(str, self))}]"

    def raw_iterator(self) -> Iterator[Any]:
        """The samples one after the other."""
        yield from self


class _Functions:
    """The methods that :func:`functional_datapipe` gives to all pipes of a kind."""

    functions: ClassVar[dict[str, Callable[..., Any]]]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in type(self).functions:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return functools.partial(type(self).functions[name], self)

    def __repr__(self) -> str:
        return type(self).__qualname__

    @classmethod
    def register_function(cls, function_name: str, function: Callable[..., Any]) -> None:
        """Give all pipes of this kind a method, which gets the pipe and what it is called with."""
        cls.functions[function_name] = function

    @classmethod
    def register_datapipe_as_function(
        cls, function_name: str, cls_to_register: type, enable_df_api_tracing: bool = False
    ) -> None:
        """Give all pipes of this kind a method that makes a pipe of a class around them.

        Raises:
            Exception: they have a method of this name.
        """
        if function_name in cls.functions:
            raise Exception(f"Unable to add DataPipe function name {function_name} as it is already taken")
        cls.functions[function_name] = cls_to_register


class IterDataPipe(_Functions, IterableDataset[T_co]):
    """A pipe of samples that come one after the other: subclasses define ``__iter__``.

    ``pipe.map(f).shuffle().batch(8)`` puts other pipes around it; :mod:`.iter` lists them.
    """

    functions: ClassVar[dict[str, Callable[..., Any]]] = {}

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__()")

    def reset(self) -> None:
        """What a pipe does before it is iterated over again; by default nothing."""


class MapDataPipe(_Functions, Dataset[T_co]):
    """A pipe of samples that are reached by key: subclasses define ``__getitem__``, and ``__len__`` if it is known."""

    functions: ClassVar[dict[str, Callable[..., Any]]] = {}


class functional_datapipe:
    """A decorator of classes of pipes, which all pipes of their kind then have as a method.

    Args:
        name: name of the method.
        enable_df_api_tracing: accepted; there are no data frames among pipes here.
    """

    def __init__(self, name: str, enable_df_api_tracing: bool = False) -> None:
        self.name = name

    def __call__(self, cls: C) -> C:
        """Register a class.

        Raises:
            TypeError: it is no class of pipes.
        """
        for kind in (IterDataPipe, MapDataPipe):
            if isinstance(cls, type) and issubclass(cls, kind):
                kind.register_datapipe_as_function(self.name, cls)
                return cls
        raise TypeError("`functional_datapipe` can only decorate IterDataPipe or MapDataPipe")


class _SerializationWrapper:
    """A pipe around which there is nothing but what loaders of packages expect: it answers for the pipe in it."""

    def __init__(self, datapipe: Any) -> None:
        self._datapipe = datapipe

    def __len__(self) -> int:
        return len(self._datapipe)


class _IterDataPipeSerializationWrapper(_SerializationWrapper, IterDataPipe[Any]):
    def __iter__(self) -> Iterator[Any]:
        return iter(self._datapipe)


class _MapDataPipeSerializationWrapper(_SerializationWrapper, MapDataPipe[Any]):
    def __getitem__(self, key: Any) -> Any:
        return self._datapipe[key]


def shared_seed() -> int:
    """A seed that all processes of a program, if it has several, agree on: that of the first of them."""
    from ferrotorch import distributed

    seed = [draw_seed()]
    if distributed.is_available() and distributed.is_initialized():
        distributed.broadcast_object_list(seed)
    return seed[0]
