"""Writes the type stubs of the extension module and of the named results; with ``--check``, compares them.

What operators take and return comes from their declarations in ``rust/python/src/ops``, which the built extension
tells. What else the extension defines is declared by hand in ``natives.pyi``, into which the operators are put.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import ferrotorch
import operators
import python_methods
from ferrotorch import _C, return_types
from layout import Function, render

HERE = Path(__file__).resolve().parent
NATIVES = HERE / "natives.pyi"
PACKAGE = HERE.parents[1] / "python" / "ferrotorch"
NOTE = "# Made by `make stubs` from the declarations of the operators.\n"
NAMESPACES = ("_linalg", "_special", "_fft", "_nn")
OPERATORS = ("add", "sub", "mul", "truediv", "floordiv", "mod", "and", "or", "xor", "lshift", "rshift")


BASE = """\
from ferrotorch._C import Tensor

class _Result(tuple[Tensor, ...]):
    _fields: tuple[str, ...]
    n_fields: int
    n_sequence_fields: int
"""


def main(arguments: list[str]) -> int:
    """Write or check the files."""
    files = {PACKAGE / "_C.pyi": extension(), PACKAGE / "return_types.pyi": results()}
    if arguments == ["--check"]:
        stale = [path.name for path, text in files.items() if not path.exists() or path.read_text() != text]
        if stale:
            print(f"{', '.join(stale)}: not what the declarations say; run `make stubs`", file=sys.stderr)
        return len(stale)
    for path, text in files.items():
        path.write_text(text)
    return 0


def extension() -> str:
    """The stub of ``ferrotorch._C``."""
    parts = {
        "    # operators of Tensor\n": number_operators(),
        "    # python methods of Tensor\n": python_members(),
        "    # ops of Tensor\n": joined(
            f for name, op in sorted(vars(_C.Tensor).items()) if is_op(op) for f in operators.methods(name, op)
        ),
        "# objects\n": "".join(
            f"{name}: {type(value).__name__}\n"
            for name, value in vars(_C).items()
            if isinstance(value, _C.dtype | _C.layout | _C.memory_format)
        ),
        "# namespaces\n": "\n".join(namespace(name) for name in NAMESPACES),
        "# ops\n": joined(
            (f for name, op in sorted(vars(_C).items()) if is_op(op) for f in operators.functions(name, op)), ""
        ).rstrip("\n")
        + "\n",
    }
    text = NATIVES.read_text()
    for marker, part in parts.items():
        before, after = text.split(marker)
        text = before + part + after
    return NOTE + "\n" + text


def is_op(value: Any) -> bool:
    """Is the value an operator object?"""
    return type(value) is _C.Op


def joined(functions: Any, indent: str = "    ") -> str:
    """The source text of functions, one below the other."""
    # The formatter wants an empty line behind what has a docstring, but not inside of classes.
    return "".join(render(f, indent) + ("\n" if f.doc and not indent else "") for f in functions)


def number_operators() -> str:
    """Python's binary operators: tensors, numbers and arrays on the other side, by ``natives.pyi``'s convention."""
    forms = [("", "Tensor"), ("r", "Tensor"), ("i", "Self")]
    return joined(
        Function(f"__{prefix}{name}__", ["self", "other: Any", "/"], returns)
        for name in OPERATORS
        for prefix, returns in forms
    )


def python_members() -> str:
    """What Python modules of the package added to the class."""
    members = []
    # `__repr__` is `object`'s, too; its keyword for subclasses is nothing that type checkers could see.
    skipped = {"__repr__", *declared_by_hand()}
    for name, value in sorted(vars(_C.Tensor).items()):
        if name in skipped:
            continue
        # What asks for overrides stands for the function behind it.
        function = value.__wrapped__ if type(value) is _C._Overridable else value
        if isinstance(function, FunctionType):
            members.append(python_methods.method(name, function))
        elif isinstance(value, property):
            members.append(python_methods.getter(name, value))
    return joined(members)


def declared_by_hand() -> set[str]:
    """Methods of the class in ``natives.pyi``."""
    classes = [node for node in ast.parse(NATIVES.read_text()).body if isinstance(node, ast.ClassDef)]
    (tensor,) = [node for node in classes if node.name == "Tensor"]
    return {node.name for node in tensor.body if isinstance(node, ast.FunctionDef)}


def namespace(name: str) -> str:
    """A module inside the extension, as a class of static methods."""
    found = [(op_name, op) for op_name, op in sorted(vars(getattr(_C, name)).items()) if is_op(op)]
    if not found:
        return f"class {name}: ...\n"
    return f"class {name}:\n" + joined(
        f for op_name, op in found for f in operators.functions(op_name, op, static=True)
    )


def results() -> str:
    """The stub of ``ferrotorch.return_types``."""
    classes = [
        value
        for value in vars(return_types).values()
        if isinstance(value, type) and issubclass(value, return_types._Result) and value is not return_types._Result
    ]
    return "\n".join([NOTE, BASE, *map(result, classes)])


def result(kind: Any) -> str:
    """One class of named results."""
    fields = joined(Function(field, ["self"], "Tensor", ("property",)) for field in kind._fields)
    return f"class {kind.__name__}(_Result):\n{fields}"


if __name__ == "__main__":
    assert ferrotorch.__file__ is not None
    sys.exit(main(sys.argv[1:]))
