"""From an archive of TorchScript to modules that run."""

from __future__ import annotations

import ast
import collections
import enum
import io
import os
from typing import Any

import ferrotorch as torch
from ferrotorch._pickling.archive import ArchiveReader, is_archive
from ferrotorch._pickling.names import known_callables, known_globals
from ferrotorch._pickling.storages import StorageLoader, fresh_storage, is_foreign, swap_bytes
from ferrotorch._pickling.unpickler import RestrictedUnpickler
from ferrotorch.jit._modules import Error, ScriptModule
from ferrotorch.jit._programs import _ops, _source
from ferrotorch.nn.modules.module import Module

__all__ = ["load_program"]

_TYPES = {"Tensor": torch.Tensor, "int": int, "float": float, "bool": bool, "str": str, "NoneType": type(None)}
_CONTAINERS = {"List": list, "Dict": dict, "Tuple": tuple}


class _Loaded(ScriptModule):
    """A module whose methods are those of a program."""

    _said: _source.ScriptClass
    # By the identity of a tensor that was read: the tensor, which keeps it, and the parameter that was made of it.
    _shared: dict[int, tuple[Any, Any]]

    @property
    def original_name(self) -> str:
        """The name of the module's class."""
        return self._said.name

    def __setstate__(self, state: dict[str, Any]) -> None:
        if not isinstance(state, dict):
            raise RuntimeError("torch.jit.load(): a module of the file has a state of its own form, which is not read")
        Module.__init__(self)
        for name in self._said.parameters:
            self.register_parameter(name, self._parameter(state.get(name)))
        for name, value in state.items():
            if name in self._said.buffers:
                self.register_buffer(name, value)
            elif isinstance(value, Module):
                self.add_module(name, value)
            elif name in self._said.parameters or name.startswith("_is_full"):
                continue
            elif name in _OWN:
                raise RuntimeError(f"torch.jit.load(): the file sets {name!r} of a module, which is not a program's")
            else:
                object.__setattr__(self, name, self._with_parameters(value))

    def _parameter(self, value: Any) -> Any:
        """The parameter that a tensor of the file is, wherever it occurs."""
        if value is None or isinstance(value, torch.nn.Parameter):
            return value
        if id(value) not in self._shared:
            self._shared[id(value)] = value, torch.nn.Parameter(value, value.requires_grad)
        return self._shared[id(value)][1]

    def _with_parameters(self, value: Any) -> Any:
        """An attribute, in which tensors that are parameters are those."""
        if isinstance(value, list):
            return [self._with_parameters(each) for each in value]
        return self._shared[id(value)][1] if id(value) in self._shared else value


class _Object:
    """An instance of another class of a program."""

    _said: _source.ScriptClass

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)


# What modules and objects have in Python. Programs know one attribute of these; the rest is not theirs to read or set.
_OWN = {*dir(_Loaded), *dir(_Object), *vars(Module())} - {"training"}


class _Names(dict[str, Any]):
    """What a pickle may name: what is known, and the classes of the program."""

    def __init__(self, program: _Program) -> None:
        super().__init__(known_globals())
        self._program = program

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or str(name).startswith("__torch__.")

    def __missing__(self, name: str) -> Any:
        return self._program.define(name)


def _as_it_is(value: Any, *unused: Any) -> Any:
    return value


_BUILDERS = {
    f"torch.jit._pickle.{name}": _as_it_is
    for name in ("build_intlist", "build_tensorlist", "build_doublelist", "build_boollist", "restore_type_tag")
}


class _Program:
    """The classes, functions and constants of an archive, made when they are asked for."""

    def __init__(self, archive: ArchiveReader, map_location: Any) -> None:
        self._archive = archive
        self._map_location = map_location
        self._files: dict[str, dict[str, ast.ClassDef | ast.FunctionDef]] = {}
        self._made: dict[str, Any] = {}
        self._classes: set[Any] = set()
        self._shared: dict[int, tuple[Any, Any]] = {}
        # Functions are compiled when they are called first, and the file is closed by then.
        self._code = {
            name: archive.read(name).decode("utf-8", "replace") for name in archive.names() if name.endswith(".py")
        }
        self._constants = self.read("constants")

    def read(self, folder: str) -> Any:
        """What a pickle of the archive holds, with tensors of a folder."""
        archive = self._archive
        order = archive.read("byteorder").decode("ascii", "replace") if "byteorder" in archive else "little"

        def fetch(key: str, nbytes: int, unit: int, itemsize: int) -> Any:
            record = f"{folder}/{key}"
            if archive.storage_size(record) != nbytes:
                raise archive.damaged(f"record {record!r} has not {nbytes} bytes")
            storage, memory = fresh_storage(nbytes)
            archive.read_into(record, memory)
            if is_foreign(order):
                swap_bytes(memory, unit)
            return storage

        data = archive.read(f"{folder}.pkl")
        known = _Names(self)
        known.update(_BUILDERS)
        loader = StorageLoader(fetch, self._map_location)
        callables = [*known_callables(), _as_it_is]
        return RestrictedUnpickler(io.BytesIO(data), len(data), known, callables, self._classes, loader).load()

    def define(self, full: str) -> Any:
        """What a dotted name of the code stands for."""
        if full not in self._made:
            self._made[full] = self._make(full)
        return self._made[full]

    def _make(self, full: str) -> Any:
        root, _, rest = full.partition(".")
        if root == "__torch__":
            return self._make_type(full)
        if root == "CONSTANTS":
            number = rest.removeprefix("c")
            if not number.isdecimal() or int(number) >= len(self._constants):
                raise self._archive.damaged(f"there is no constant {full}")
            return self._constants[int(number)]
        if root in ("torch", "ops"):
            return _ops.find(rest if root == "ops" else f"aten.{rest}")
        own = {"attribute": _attribute, "set_attribute": _set_attribute, "is_of_type": self._is_of_type, "new": _new}
        return own.get(full, _ops.PLAIN.get(full))

    def _record(self, module: str) -> str:
        return f"code/{module.replace('.', '/')}.py"

    def _definition(self, full: str) -> ast.ClassDef | ast.FunctionDef:
        module, _, name = full.rpartition(".")
        if module not in self._files:
            record = self._record(module)
            if record not in self._code:
                raise self._archive.damaged(f"there is no code of {full}")
            self._files[module] = {node.name: node for node in _source.parse(self._code[record])}
        if name not in self._files[module]:
            raise self._archive.damaged(f"there is no code of {full}")
        return self._files[module][name]

    def _make_type(self, full: str) -> Any:
        owner, _, name = full.rpartition(".")
        if self._record(owner) not in self._code and "." in owner:
            return _attribute(self.define(owner), name)  # a member of an enumeration
        node = self._definition(full)
        if isinstance(node, ast.FunctionDef):
            return _Later(lambda: _source.compile_function(node, self.define))
        said = _source.ScriptClass(node)
        makers: dict[str, Any] = {
            "NamedTuple": lambda: collections.namedtuple(said.name, said.attributes),  # noqa: PYI024
            "Enum": lambda: enum.Enum(said.name, said.constants),
        }
        made = makers.get(said.kind, lambda: self._make_class(said))()
        self._classes.add(made)
        return made

    def _make_class(self, said: _source.ScriptClass) -> Any:
        base: Any = _Loaded if said.kind == "Module" else _Object
        methods = {
            node.name: _method(lambda node=node: _source.compile_function(node, self.define)) for node in said.methods
        }
        name = "RecursiveScriptModule" if base is _Loaded else said.name
        body = {"__module__": "torch.jit", "_said": said, "_shared": self._shared, **said.constants, **methods}
        return type(name, (base,), body)

    def _is_of_type(self, value: Any, kind: str) -> bool:
        name = kind.partition("[")[0]
        if name in ("Optional", "Union", "Any"):
            raise NotImplementedError(f"torch.jit.load(): a program asks whether a value is of type {kind}")
        if name.startswith("__torch__."):
            return isinstance(value, self.define(kind))
        return isinstance(value, {**_TYPES, **_CONTAINERS}[name]) and not (name == "int" and isinstance(value, bool))


class _Later:
    """A function that is compiled when it is first called."""

    def __init__(self, compiled: Any) -> None:
        self._compile = compiled
        self._function: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._function is None:
            self._function = self._compile()
        return self._function(*args, **kwargs)


def _method(compiled: Any) -> Any:
    later = _Later(compiled)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return later(self, *args, **kwargs)

    return method


def _new(kind: Any) -> Any:
    """An instance of a class of the program, on which its ``__init__`` is called next."""
    if not (isinstance(kind, type) and issubclass(kind, _Object)):
        raise Error(f"torch.jit.load(): the program makes an instance of {kind!r}")
    return kind.__new__(kind)


def _declared(value: Any, name: str) -> bool:
    if isinstance(value, tuple):
        return name in getattr(value, "_fields", ())
    if isinstance(value, enum.Enum):
        return name in ("name", "value")
    if isinstance(value, type) and issubclass(value, enum.Enum):
        return name in value.__members__
    if not isinstance(value, _Loaded | _Object):
        return False
    said = value._said
    return any(node.name == name for node in said.methods) or (name in said.attributes and name not in _OWN)


def _attribute(value: Any, name: str) -> Any:
    """An attribute or method that the program declares."""
    if not _declared(value, name):
        raise Error(
            f"torch.jit.load(): the program asks a {type(value).__name__} for {name!r}, which it does not declare"
        )
    return getattr(value, name)


def _set_attribute(value: Any, name: str, new: Any) -> None:
    if not (isinstance(value, _Loaded | _Object) and name in value._said.attributes and name not in _OWN):
        raise Error(
            f"torch.jit.load(): the program sets {name!r} of a {type(value).__name__}, which it does not declare"
        )
    setattr(value, name, new)


def load_program(f: Any, map_location: Any, extra_files: dict[str, Any] | None) -> Any:
    """The module of an archive that ``torch.jit.save`` wrote."""
    if isinstance(f, str | os.PathLike):
        path = os.fspath(f)
        if not os.path.exists(path):
            raise ValueError(f"The provided filename {path} does not exist")
        if os.path.isdir(path):
            raise ValueError(f"The provided filename {path} is a directory")
        with open(path, "rb") as file:
            return _load(file, path, map_location, extra_files)
    return _load(io.BytesIO(f.read()), "the file", map_location, extra_files)


def _load(file: Any, name: str, map_location: Any, extra_files: dict[str, Any] | None) -> Any:
    if not is_archive(file):
        raise RuntimeError(f"torch.jit.load(): {name} is no archive of TorchScript")
    archive = ArchiveReader(file, name)
    if "constants.pkl" not in archive:
        raise RuntimeError(
            f"torch.jit.load(): {name} holds objects that torch.save wrote, and no program: use torch.load"
        )
    for wanted in extra_files or {}:
        if f"extra/{wanted}" in archive:
            extra_files[wanted] = archive.read(f"extra/{wanted}")  # type: ignore[index]
    return _Program(archive, map_location).read("data")
