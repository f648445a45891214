"""Lists and dicts that cannot be changed: the arguments of nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ferrotorch.utils import _pytree

__all__ = ["immutable_dict", "immutable_list"]

_HELP = """\
If you are attempting to modify the kwargs or args of a torch.fx.Node object,
instead create a new copy of it and assign the copy to the node:

    new_args = ...  # copy and mutate args
    node.args = new_args"""


def _refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    raise TypeError(f"{type(self).__name__!r} object does not support mutation. {_HELP}")


def _refusing(names: str) -> Callable[[type], type]:
    def decorate(cls: type) -> type:
        for name in names.split():
            setattr(cls, name, _refuse)
        return cls

    return decorate


@_refusing("__delitem__ __iadd__ __imul__ __setitem__ append clear extend insert pop remove reverse sort")
class immutable_list(list[Any]):
    """A list that cannot be changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)


@_refusing("__delitem__ __ior__ __setitem__ clear pop popitem setdefault update")
class immutable_dict(dict[Any, Any]):
    """A dict that cannot be changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> Any:
        return type(self), (tuple(self.items()),)


_pytree.register_pytree_node(
    immutable_list,
    lambda node: (list(node), None),
    lambda values, _: immutable_list(values),
    serialized_type_name="torch.fx.immutable_collections.immutable_list",
    flatten_with_keys_fn=_pytree._list_flatten_with_keys,
)
_pytree.register_pytree_node(
    immutable_dict,
    _pytree._dict_flatten,
    lambda values, names: immutable_dict(zip(names, values, strict=True)),
    serialized_type_name="torch.fx.immutable_collections.immutable_dict",
    flatten_with_keys_fn=_pytree._dict_flatten_with_keys,
)
