"""The classes and functions that a pickle names, found without loading it."""

from __future__ import annotations

import pickletools
from pickle import UnpicklingError

__all__ = ["mentions"]


class _Strings:
    """The strings that a pickle puts on the stack, also those that it takes from its memo."""

    def __init__(self) -> None:
        self.pushed: list[str] = []
        self._memo: dict[int, str | None] = {}
        self._top: str | None = None

    def see(self, name: str, argument: object) -> None:
        """Follow one opcode: what it pushes, if that is a string, or what it stores."""
        if name == "MEMOIZE":
            self._memo[len(self._memo)] = self._top
        elif name.endswith("PUT") and isinstance(argument, int):
            self._memo[argument] = self._top
        else:
            if name.endswith("GET") and isinstance(argument, int):
                argument = self._memo.get(argument)
            self._top = argument if isinstance(argument, str) else None
            if self._top is not None:
                self.pushed.append(self._top)


def mentions(pickle: bytes) -> set[str]:
    """What a pickle names, each as ``"module.name"``.

    Raises:
        UnpicklingError: it is damaged.
    """
    found, strings = set(), _Strings()
    try:
        for opcode, argument, _ in pickletools.genops(pickle):
            if opcode.name in ("GLOBAL", "INST"):
                found.add(str(argument).replace(" ", ".", 1))
            elif opcode.name == "STACK_GLOBAL":
                found.add(".".join(strings.pushed[-2:]))
            strings.see(opcode.name, None if opcode.name in ("GLOBAL", "INST") else argument)
    except ValueError as error:
        raise UnpicklingError(f"the pickle is damaged: {error}") from error
    return found
