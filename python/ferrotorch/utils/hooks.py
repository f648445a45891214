"""Handles by which registered hooks are removed again."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import MutableMapping
from typing import Any, Self

__all__ = ["RemovableHandle"]

_next_id = itertools.count()


class RemovableHandle:
    """Removes one hook from the mapping it was put into; also a context manager that removes it on leaving.

    Args:
        hooks_dict: the mapping of hooks, keyed by handle id. It is held weakly.
        extra_dict: further mappings from which the same id is removed (flags that go with the hook).
    """

    __slots__ = ("__weakref__", "_extra_refs", "hooks_dict_ref", "id")

    def __init__(self, hooks_dict: MutableMapping[int, Any], *, extra_dict: Any = None) -> None:
        self.id = next(_next_id)
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        extras = [extra_dict] if isinstance(extra_dict, MutableMapping) else (extra_dict or ())
        self._extra_refs = tuple(weakref.ref(extra) for extra in extras)

    def remove(self) -> None:
        """Remove the hook; does nothing the second time."""
        for ref in (self.hooks_dict_ref, *self._extra_refs):
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self) -> tuple[MutableMapping[int, Any] | None, int]:
        return self.hooks_dict_ref(), self.id

    def __setstate__(self, state: tuple[MutableMapping[int, Any] | None, int]) -> None:
        from collections import OrderedDict

        hooks, self.id = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self._extra_refs = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()
