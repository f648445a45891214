"""An unpickler that runs no code of the file's choosing.

It knows the opcodes that data needs, and calls only functions and classes that it is given. Whatever is wrong with the
file, the outcome is an `UnpicklingError` (or the error of the function that made a tensor of it).
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from enum import EnumType
from pickle import UnpicklingError
from types import FunctionType
from typing import Any, Protocol

from .brief import brief

__all__ = ["RestrictedUnpickler", "Source"]

_MARK = object()
_MAX_REASON = 300
_MAX_KEY_DEPTH = 64
# What may be spent on hashing and copying, in items or bytes for each byte of the pickle: what a pickle refers to again
# and again is worked on again and again.
_WORK_PER_BYTE = 16
_WORK_AT_LEAST = 10_000


class Source(Protocol):
    """Where the bytes come from."""

    def read(self, n: int, /) -> bytes: ...

    def readline(self) -> bytes: ...


class RestrictedUnpickler:
    """Reads one pickle.

    Args:
        source: an open file, positioned at the pickle.
        limit: no more bytes than these can be left in it.
        known: what the pickle may name, by ``module.name``.
        callables: what among these it may call.
        trusted: classes of which it may make instances and give them attributes.
        persistent_load: from a persistent id to the object.
        encoding: how strings of Python 2 are decoded.
    """

    def __init__(
        self,
        source: Source,
        limit: int,
        known: dict[str, Any],
        callables: list[Any],
        trusted: set[Any],
        persistent_load: Callable[[Any], Any],
        encoding: str = "utf-8",
    ) -> None:
        self._read_some = source.read
        self._readline = source.readline
        self._limit = limit
        self._known = known
        self._callables = {id(function): function for function in callables}
        self._trusted = trusted
        self._persistent_load = persistent_load
        self._encoding = encoding
        self._work_left = _WORK_AT_LEAST + _WORK_PER_BYTE * limit
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The object that the pickle describes.

        Raises:
            UnpicklingError: the pickle names something unknown, is damaged or cut off.
        """
        try:
            while (code := self._read(1)[0]) != _STOP:
                handler = _HANDLERS.get(code)
                if handler is None:
                    raise UnpicklingError(f"load(): unsupported pickle opcode {bytes([code])!r}")
                handler(self)
            return self._stack.pop()
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, struct.error) as error:
            # The text of a KeyError is the repr of the key.
            why = "" if isinstance(error, KeyError) else f": {str(error)[:_MAX_REASON]}"
            raise UnpicklingError(f"load(): the pickle is damaged ({type(error).__name__}{why})") from error

    # ---- reading

    def _read(self, count: int) -> bytes:
        data = self._read_some(min(count, self._limit))
        if len(data) < count:
            raise UnpicklingError(f"load(): the pickle is cut off: {count} bytes wanted, {len(data)} left")
        return data

    def _number(self, layout: str) -> Any:
        return struct.unpack(layout, self._read(struct.calcsize(layout)))[0]

    def _line(self) -> str:
        line = self._readline()
        if not line.endswith(b"\n"):
            raise UnpicklingError("load(): the pickle is cut off in a name")
        return line[:-1].decode("utf-8")

    # ---- the stack

    def _pop_mark(self) -> list[Any]:
        """Everything above the last mark."""
        stack = self._stack
        for index in range(len(stack) - 1, -1, -1):
            if stack[index] is _MARK:
                items = stack[index + 1 :]
                del stack[index:]
                return items
        raise UnpicklingError("load(): the pickle is damaged (no mark on the stack)")

    def _fold(self, make: Callable[[list[Any]], Any], count: int | None = None) -> None:
        """Replace the top of the stack, down to the mark or ``count`` items, by one object made of it."""
        if count is None:
            items = self._pop_mark()
        else:
            if count > len(self._stack):
                raise UnpicklingError("load(): the pickle is damaged (the stack is empty)")
            items = self._stack[-count:]
            del self._stack[-count:]
        self._stack.append(make(items))

    # ---- containers

    def _append(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise UnpicklingError(f"load(): the pickle appends to a {type(target).__name__}")
        target.extend(items)

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise UnpicklingError(f"load(): the pickle sets items of a {type(target).__name__}")
        if len(items) % 2:
            raise UnpicklingError("load(): the pickle is damaged (a key without a value)")
        for key, value in zip(items[::2], items[1::2], strict=True):
            self._check_key(key)
            target[key] = value

    def _add_items(self) -> None:
        items = self._pop_mark()
        target = self._stack[-1]
        if type(target) is not set:
            raise UnpicklingError(f"load(): the pickle adds to a {type(target).__name__}")
        for item in items:
            self._check_key(item)
            target.add(item)

    # ---- what costs more than its place in the file

    def _spend(self, amount: int) -> None:
        self._work_left -= amount
        if self._work_left < 0:
            raise UnpicklingError("load(): the pickle asks for far more work than its length explains")

    def _charge(self, args: tuple[Any, ...], depth: int = 3) -> None:
        """Spend what it costs to copy arguments; functions look into tuples of them."""
        for arg in args:
            if isinstance(arg, str | bytes | bytearray | list | tuple | dict | set):
                self._spend(len(arg))
                if depth and isinstance(arg, tuple):
                    self._charge(arg, depth - 1)

    def _check_key(self, key: Any) -> None:
        """Refuse tuples nested so deep that hashing them would overflow the stack, or so wide that it would not end."""
        level, depth = [key] if isinstance(key, tuple) else [], 0
        while level:
            depth += 1
            if depth > _MAX_KEY_DEPTH:
                raise UnpicklingError("load(): a key is nested too deep")
            self._spend(sum(map(len, level)))
            level = [item for outer in level for item in outer if isinstance(item, tuple)]

    def _check_members(self, args: tuple[Any, ...]) -> None:
        """Check the keys that a container is made from: members, or pairs of key and value."""
        for members in args:
            if not isinstance(members, list | tuple | dict | set):
                raise UnpicklingError(f"load(): a container made from a {type(members).__name__}")
            for member in members:
                self._check_key(member)
                if isinstance(member, list | tuple):
                    self._spend(len(member))
                    for part in member:
                        self._check_key(part)

    # ---- objects

    def _global(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise UnpicklingError(f"load(): the pickle names something by {brief(module)} and {brief(name)}")
        full = f"{module}.{name}"
        if full not in self._known and module == "__builtin__":  # where Python 2 had, and protocol 2 has, its builtins
            full = f"builtins.{name}"
        if full not in self._known:
            raise UnpicklingError(_not_allowed(full if len(full) <= _MAX_REASON else full[:_MAX_REASON] + "..."))
        self._stack.append(self._known[full])

    def _stack_global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._global(module, name)

    def _reduce(self) -> None:
        args = self._stack.pop()
        function = self._stack.pop()
        if isinstance(function, EnumType) and type(args) is not tuple:
            args = (args,)  # as TorchScript writes them
        if type(args) is not tuple:
            raise UnpicklingError(f"load(): the pickle calls with a {type(args).__name__} of arguments")
        self._stack.append(self._call(function, args))

    def _call(self, function: Any, args: tuple[Any, ...]) -> Any:
        if id(function) not in self._callables and not (isinstance(function, type) and function in self._trusted):
            raise UnpicklingError(f"load(): the pickle calls {_named(function)}")
        self._charge(args)
        if function in (OrderedDict, Counter, set):
            self._check_members(args)
        return function(*args)

    def _new_object(self, args: Any, kwargs: Any = None) -> None:
        cls = self._stack.pop()
        if cls is OrderedDict or cls is Counter:
            self._stack.append(self._call(cls, args))
        elif isinstance(cls, type) and cls in self._trusted and type(args) is tuple:
            self._stack.append(cls.__new__(cls, *args, **(kwargs or {})))
        else:
            raise UnpicklingError(f"load(): the pickle makes an instance of {_named(cls)}")

    def _new_object_ex(self) -> None:
        kwargs, args = self._stack.pop(), self._stack.pop()
        self._new_object(args, kwargs)

    def _build(self) -> None:
        """Give an object its attributes; objects of untrusted classes keep their nature."""
        state = self._stack.pop()
        target = self._stack[-1]
        self._charge((state,))
        if type(target) is OrderedDict:
            if not isinstance(state, dict):
                raise UnpicklingError(f"load(): attributes of an OrderedDict in a {type(state).__name__}")
            target.__dict__.update(state)
        elif type(target) in self._trusted:
            _set_state(target, state)
        else:
            raise UnpicklingError(f"load(): the pickle sets attributes of a {type(target).__name__}")

    # ---- the rest

    def _remember(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _text_of_python2(self, count: int) -> None:
        data = self._read(count)
        self._stack.append(data if self._encoding == "bytes" else data.decode(self._encoding))

    def _long(self, count: int) -> None:
        if count < 0:
            raise UnpicklingError("load(): the pickle is damaged (a number of negative length)")
        self._stack.append(int.from_bytes(self._read(count), "little", signed=True))

    def _protocol(self) -> None:
        version = self._read(1)[0]
        if not 2 <= version <= 5:
            raise UnpicklingError(f"load(): pickle protocol {version} is not supported")

    def _persistent_id(self) -> None:
        self._stack.append(self._persistent_load(self._stack.pop()))


def _set_state(target: Any, state: Any) -> None:
    setter = getattr(target, "__setstate__", None)
    if setter is not None:
        setter(state)
        return
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    if attributes:
        target.__dict__.update(attributes)
    for name, value in (slots or {}).items():
        setattr(target, name, value)


def _not_allowed(name: str) -> str:
    return (
        f"load(): Weights only load failed: the file refers to {name!r}.\n"
        f"Unsupported global: GLOBAL {name} was not an allowed global by default. Please use "
        f"`torch.serialization.add_safe_globals([{name}])` or the `torch.serialization.safe_globals([{name}])` context "
        "manager to allowlist this global if you trust this class/function.\n"
        "With weights_only=False everything is loaded, and whatever code the file contains is run."
    )


def _named(value: Any) -> str:
    """What a pickle calls: a class or function by its name."""
    return str(value.__qualname__) if isinstance(value, type | FunctionType) else brief(value)


def _pop_items_then(method: Callable[[RestrictedUnpickler, list[Any]], None]) -> Callable[[RestrictedUnpickler], None]:
    return lambda u: method(u, u._pop_mark())


_Handler = Callable[[RestrictedUnpickler], Any]
_STOP = ord(".")
_U = RestrictedUnpickler

# What each opcode does, by its byte; the names are those of `pickletools`.
_HANDLERS: dict[int, _Handler] = {
    0x80: _U._protocol,  # PROTO
    0x95: lambda u: u._read(8),  # FRAME
    ord("("): lambda u: u._stack.append(_MARK),  # MARK
    ord("0"): lambda u: u._stack.pop(),  # POP
    ord("1"): lambda u: u._pop_mark(),  # POP_MARK
    ord("2"): lambda u: u._stack.append(u._stack[-1]),  # DUP
    ord("N"): lambda u: u._stack.append(None),  # NONE
    0x88: lambda u: u._stack.append(True),  # NEWTRUE
    0x89: lambda u: u._stack.append(False),  # NEWFALSE
    ord("J"): lambda u: u._stack.append(u._number("<i")),  # BININT
    ord("K"): lambda u: u._stack.append(u._number("<B")),  # BININT1
    ord("M"): lambda u: u._stack.append(u._number("<H")),  # BININT2
    0x8A: lambda u: u._long(u._number("<B")),  # LONG1
    0x8B: lambda u: u._long(u._number("<i")),  # LONG4
    ord("G"): lambda u: u._stack.append(u._number(">d")),  # BINFLOAT
    ord("X"): lambda u: u._stack.append(u._read(u._number("<I")).decode("utf-8", "surrogatepass")),  # BINUNICODE
    0x8C: lambda u: u._stack.append(u._read(u._number("<B")).decode("utf-8", "surrogatepass")),  # SHORT_BINUNICODE
    0x8D: lambda u: u._stack.append(u._read(u._number("<Q")).decode("utf-8", "surrogatepass")),  # BINUNICODE8
    ord("T"): lambda u: u._text_of_python2(u._number("<I")),  # BINSTRING
    ord("U"): lambda u: u._text_of_python2(u._number("<B")),  # SHORT_BINSTRING
    ord("B"): lambda u: u._stack.append(u._read(u._number("<I"))),  # BINBYTES
    ord("C"): lambda u: u._stack.append(u._read(u._number("<B"))),  # SHORT_BINBYTES
    0x8E: lambda u: u._stack.append(u._read(u._number("<Q"))),  # BINBYTES8
    0x96: lambda u: u._stack.append(bytearray(u._read(u._number("<Q")))),  # BYTEARRAY8
    ord("]"): lambda u: u._stack.append([]),  # EMPTY_LIST
    ord("}"): lambda u: u._stack.append({}),  # EMPTY_DICT
    ord(")"): lambda u: u._stack.append(()),  # EMPTY_TUPLE
    0x8F: lambda u: u._stack.append(set()),  # EMPTY_SET
    ord("t"): lambda u: u._fold(tuple),  # TUPLE
    ord("l"): lambda u: u._fold(list),  # LIST
    0x85: lambda u: u._fold(tuple, 1),  # TUPLE1
    0x86: lambda u: u._fold(tuple, 2),  # TUPLE2
    0x87: lambda u: u._fold(tuple, 3),  # TUPLE3
    ord("a"): lambda u: u._append([u._stack.pop()]),  # APPEND
    ord("e"): _pop_items_then(_U._append),  # APPENDS
    ord("s"): lambda u: u._set_items([u._stack.pop(-2), u._stack.pop()]),  # SETITEM
    ord("u"): _pop_items_then(_U._set_items),  # SETITEMS
    0x90: _U._add_items,  # ADDITEMS
    ord("c"): lambda u: u._global(u._line(), u._line()),  # GLOBAL
    0x93: _U._stack_global,  # STACK_GLOBAL
    ord("R"): _U._reduce,  # REDUCE
    0x81: lambda u: u._new_object(u._stack.pop()),  # NEWOBJ
    0x92: _U._new_object_ex,  # NEWOBJ_EX
    ord("b"): _U._build,  # BUILD
    ord("q"): lambda u: u._remember(u._number("<B")),  # BINPUT
    ord("r"): lambda u: u._remember(u._number("<I")),  # LONG_BINPUT
    0x94: lambda u: u._remember(len(u._memo)),  # MEMOIZE
    ord("h"): lambda u: u._stack.append(u._memo[u._number("<B")]),  # BINGET
    ord("j"): lambda u: u._stack.append(u._memo[u._number("<I")]),  # LONG_BINGET
    ord("Q"): _U._persistent_id,  # BINPERSID
}
