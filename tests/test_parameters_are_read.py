"""Every parameter of a public function is read by it, or its docstring says that it means nothing here."""

import ast
import re
from pathlib import Path

import ferrotorch
import pytest

PACKAGE = Path(ferrotorch.__file__).parent

# Parameters that mean nothing here wherever they stand.
ANYWHERE = {
    "foreach": "how PyTorch groups its kernels: values do not depend on it",
    "non_blocking": "a copy has happened when the call returns",
    "pg_options": "options of libraries of collectives that are not used",
    "pin_memory": "all memory of the host is alike to the backends",
    "use_precomputed_fake_quant": "an observer that has seen nothing has nothing computed beforehand",
}

# They answer for parts of PyTorch that this library does not have: whatever they are asked, the answer is one.
ABSENT_PARTS = ("_dynamo/", "backends/", "compiler/", "cpu/", "cuda/", "distributed/rpc/", "jit/", "onnx/")

# A docstring that says one of these of a parameter says that nothing reads it.
SAID = re.compile(
    r"\b(accepted|ignored|not needed|not used|no effect|no meaning|means nothing|nothing|not written)\b", re.IGNORECASE
)


def public_functions():
    """Module, qualified name, function and its class, of all that has a public name in a public module."""
    for file in sorted(PACKAGE.rglob("*.py")):
        module = file.relative_to(PACKAGE).as_posix()
        if any(part.startswith("_") and part != "__init__.py" for part in module.split("/")):
            continue
        tree = ast.parse(file.read_text())
        yield from ((module, f.name, f, None) for f in functions_of(tree))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from ((module, f"{node.name}.{f.name}", f, node) for f in functions_of(node))


def functions_of(node):
    for f in node.body:
        if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) and (
            not f.name.startswith("_") or f.name == "__init__"
        ):
            yield f


def is_written(function):
    """Does it do anything but refuse? Declarations of overloads and of protocols have no body either."""
    if function.returns is not None and ast.unparse(function.returns) == "NoReturn":
        return False
    is_text = lambda s: isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)  # noqa: E731
    return not all(isinstance(s, ast.Pass | ast.Raise) or is_text(s) for s in function.body)


def unread(function):
    arguments = function.args
    kinds = [arguments.posonlyargs, arguments.args, arguments.kwonlyargs, [arguments.vararg, arguments.kwarg]]
    names = [argument.arg for kind in kinds for argument in kind if argument]
    read = {x.id for statement in function.body for x in ast.walk(statement) if isinstance(x, ast.Name)}
    bound = names[:1] if names[:1] in (["self"], ["cls"]) else []
    return [] if "locals" in read else [n for n in names if n not in read and n not in bound and not n.startswith("_")]


def bases_of(cls, classes):
    """The classes that one is derived from, by the names of its bases."""
    found, left = [cls], [cls]
    while left:
        names = [ast.unparse(base).rpartition(".")[2] for base in left.pop().bases]
        new = [base for name in names for base in classes.get(name, []) if base not in found]
        found += new
        left += new
    return found[1:]


def all_classes():
    found = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


def is_given_by_base(function, cls, classes):
    """Does a base class prescribe the parameters? A class that is derived need not need all of them."""
    if cls is None or function.name == "__init__":
        return False
    return any(function.name == f.name for base in bases_of(cls, classes) for f in functions_of(base))


def says_so(function, parameter, cls):
    """Is there a sentence about the parameter that says it, or an entry of a list, which may go on in further lines?"""
    for text in filter(None, (ast.get_docstring(function), cls and ast.get_docstring(cls))):
        places = re.split(r"(?<=[.:;])\s|\n\s*\n", text)
        places += re.findall(rf"^ *[^\n]*\b{parameter}\b[^\n]*(?:\n {{8,}}[^\n]*)*", text, re.MULTILINE)
        if any(re.search(rf"\b{parameter}\b", place) and SAID.search(place) for place in places):
            return True
    return False


def not_read():
    classes = all_classes()
    for module, name, function, cls in public_functions():
        if module.startswith(ABSENT_PARTS) or not is_written(function) or is_given_by_base(function, cls, classes):
            continue
        for parameter in unread(function):
            if parameter not in ANYWHERE and not says_so(function, parameter, cls):
                yield f"{module}: {name}({parameter})"


def test_parameters_are_read():
    assert list(not_read()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(a, b): return a", ["b"]),
        ("def f(a, *, b=1, **c): return a + b", ["c"]),
        ("def f(self, a):\n  def g(): return a\n  return g", []),
        ("def f(a, _b): return locals()", []),
        ("def f(a, *args): return lambda: args", ["a"]),
    ],
)
def test_what_is_not_read_is_found(source, found):
    assert unread(ast.parse(source).body[0]) == found


def test_a_docstring_may_say_so():
    source = '''def f(a, b, c):
    """Something of ``a``.

    Args:
        a: a number.
        b: accepted, and
            nothing else.
    """
    return 0'''
    function = ast.parse(source).body[0]
    assert [says_so(function, name, None) for name in "abc"] == [False, True, False]
