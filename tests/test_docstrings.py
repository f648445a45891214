"""Every public class, function, method and property of the package says what it is."""

import ast
import inspect
from functools import cache
from pathlib import Path

import ferrotorch as torch
import pytest

PACKAGE = Path(torch.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


@cache
def described():
    """The methods of each class of the package that have docstrings, by the name of the class."""
    trees = [ast.parse(path.read_text()) for path in SOURCES]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {
        c.name: {m.name for m in c.body if isinstance(m, ast.FunctionDef) and ast.get_docstring(m)} for c in classes
    }


def inherited(node):
    """The names of methods that are described by a base class."""
    bases = [base.id for base in getattr(node, "bases", []) if isinstance(base, ast.Name)]
    return {name for base in bases for name in described().get(base, ())}


def undescribed(node, owner=""):
    """Names below a node that have no docstring; overloads, setters and protocols' bodies of ``...`` need none."""
    known = inherited(node)
    for child in node.body:
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or child.name.startswith("_"):
            continue
        marks = [ast.unparse(mark) for mark in child.decorator_list]
        is_declared_only = ast.unparse(child.body[-1]) == "..." and len(child.body) == 1
        if any("overload" in mark or ".setter" in mark for mark in marks) or is_declared_only:
            continue
        if not ast.get_docstring(child) and child.name not in known:
            yield f"{owner}{child.name}"
        if isinstance(child, ast.ClassDef):
            yield from undescribed(child, f"{owner}{child.name}.")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_sources_describe_what_is_public(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert list(undescribed(tree)) == []


@pytest.mark.parametrize("owner", [torch, torch.Tensor, torch.nn.functional, torch.special, torch.Generator], ids=str)
def test_natives_describe_themselves(owner):
    names = [name for name in dir(owner) if not name.startswith("_")]
    silent = [name for name in names if not inspect.getattr_static(owner, name, torch).__doc__]
    assert [name for name in silent if callable(getattr(owner, name, None))] == []
