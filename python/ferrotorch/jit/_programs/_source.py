"""The code of a program of TorchScript as Python that can do no more than TorchScript can.

The text is Python's, with types in annotations. It is parsed, held to the few forms that PyTorch writes, and rewritten:
ops, types and constants become names that only the reader of the file can define, and attributes are asked of
functions that know which there are. What remains is compiled without builtins, so that a file cannot reach anything
else.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["ScriptClass", "compile_function", "parse"]

# Functions of Python that programs call by their names.
_PLAIN = frozenset([
    "annotate", "bool", "complex", "float", "getattr", "int", "isinstance", "print", "range", "sorted", "str",
    "unchecked_cast", "uninitialized",
])  # fmt: skip
_STATEMENTS = (
    ast.Assign, ast.AnnAssign, ast.Expr, ast.If, ast.While, ast.For, ast.With, ast.Return, ast.Pass, ast.Break,
    ast.Continue,
)  # fmt: skip
_EXPRESSIONS = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Subscript, ast.IfExp, ast.Slice)


def refuse(node: ast.AST, why: str = "which programs of TorchScript do not have") -> NoReturn:
    """Raise for a form that is not among those of TorchScript."""
    text = ast.unparse(node)
    raise RuntimeError(f"torch.jit.load(): the code of the file has {text[:80]!r}, {why}")


def dotted(node: ast.expr) -> str:
    """The names of ``a.b.c``; empty for another expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


class _Rewriter(ast.NodeTransformer):
    """Rewrites one function; what it needs beyond its own variables is defined in ``names``."""

    def __init__(self, define: Callable[[str], Any]) -> None:
        self._define = define
        self.names: dict[str, Any] = {}

    def _named(self, full: str) -> ast.Name:
        """A variable for what the reader of the file has under a dotted name."""
        name = "@" + full
        if name not in self.names:
            self.names[name] = self._define(full)
        return ast.Name(name, ast.Load())

    def visit(self, node: ast.AST) -> Any:
        """Rewrite a part; a form that is not known raises."""
        if isinstance(node, ast.stmt) and not isinstance(node, _STATEMENTS):
            refuse(node)
        known = (*_EXPRESSIONS, ast.Name, ast.Attribute, ast.Call, ast.UnaryOp)
        if isinstance(node, ast.expr) and not isinstance(node, known):
            refuse(node)
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A variable, or a number that Python has no literal for."""
        if node.id in ("inf", "nan") and isinstance(node.ctx, ast.Load):
            return ast.Constant(float(node.id))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """A type, a constant, or an attribute of an object."""
        root, _, rest = dotted(node).partition(".")
        if root in ("__torch__", "CONSTANTS") and rest:
            return self._named(f"{root}.{rest}")
        if root in ("torch", "ops"):
            refuse(node)
        return self._attribute(self.visit(node.value), node.attr)

    def _attribute(self, value: ast.expr, name: str) -> ast.Call:
        return ast.Call(self._named("attribute"), [value, ast.Constant(name)], [])

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """The call of an op, a method, a function of the program, or one of Python's few."""
        full = dotted(node.func)
        root = full.partition(".")[0]
        if full in _PLAIN:
            return self._plain(full, node)
        if root == "__torch__" and full.endswith(".__new__"):
            return ast.Call(self._named("new"), [self._named(full.removesuffix(".__new__"))], [])
        if root in ("torch", "ops") and "." in full:
            function: ast.expr = self._named(full)
        else:
            function = self.visit(node.func)
        for keyword in node.keywords:
            if keyword.arg is None:
                refuse(node)
        keywords = [ast.keyword(keyword.arg, self.visit(keyword.value)) for keyword in node.keywords]
        return ast.Call(function, [self.visit(value) for value in node.args], keywords)

    def _plain(self, name: str, node: ast.Call) -> ast.expr:
        if node.keywords:
            refuse(node)
        if name == "uninitialized":
            return ast.Constant(None)
        if name in ("annotate", "unchecked_cast"):
            converted: ast.expr = self.visit(node.args[1])
            return converted
        if name == "isinstance":
            kind = ast.Constant(ast.unparse(node.args[1]))
            return ast.Call(self._named("is_of_type"), [self.visit(node.args[0]), kind], [])
        if name == "getattr":
            if not isinstance(node.args[1], ast.Constant):
                refuse(node)
            return self._attribute(self.visit(node.args[0]), str(node.args[1].value))
        return ast.Call(self._named(name), [self.visit(value) for value in node.args], [])

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        """An assignment to variables, or to an attribute of an object."""
        (target,) = node.targets
        value = self.visit(node.value)
        if isinstance(target, ast.Attribute):
            call = ast.Call(
                self._named("set_attribute"), [self.visit(target.value), ast.Constant(target.attr), value], []
            )
            return ast.Expr(call)
        self._require_variables(target)
        return ast.Assign([target], value, lineno=node.lineno)

    def _require_variables(self, target: ast.expr) -> None:
        if isinstance(target, ast.Tuple):
            for part in target.elts:
                self._require_variables(part)
        elif not isinstance(target, ast.Name):
            refuse(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """An assignment whose type is written out."""
        if node.value is None:
            return ast.Pass()
        assigned: ast.stmt = self.visit(ast.Assign([node.target], node.value, lineno=node.lineno))
        return assigned

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """A negative number."""
        if not isinstance(node.op, ast.USub):
            refuse(node)
        return ast.UnaryOp(node.op, self.visit(node.operand))

    def visit_For(self, node: ast.For) -> ast.stmt:
        """A loop over a range."""
        self._require_variables(node.target)
        looped: ast.stmt = self.generic_visit(node)  # type: ignore[assignment]
        return looped

    def visit_With(self, node: ast.With) -> ast.stmt:
        """A block in a context of the program's own."""
        for item in node.items:
            if item.optional_vars is not None:
                self._require_variables(item.optional_vars)
        entered: ast.stmt = self.generic_visit(node)  # type: ignore[assignment]
        return entered


def compile_function(node: ast.FunctionDef, define: Callable[[str], Any]) -> Any:
    """A function of a program as one of Python.

    Args:
        node: its definition.
        define: from a dotted name (of an op, a type, a constant) to what it stands for.
    """
    rewriter = _Rewriter(define)
    taken = node.args
    if taken.vararg or taken.kwarg or taken.kwonlyargs or taken.posonlyargs or node.decorator_list:
        refuse(node)
    defaults = [rewriter.visit(value) for value in taken.defaults]
    plain = ast.arguments([], [ast.arg(arg.arg) for arg in taken.args], None, [], [], None, defaults)
    body = [rewriter.visit(statement) for statement in node.body]
    made = ast.FunctionDef(node.name, plain, body, [], None, None, lineno=node.lineno)
    tree = ast.Module([made], [])
    for part in ast.walk(tree):
        if isinstance(part, ast.stmt | ast.expr | ast.arg | ast.keyword):
            part.lineno = part.end_lineno = 1
            part.col_offset = part.end_col_offset = 0
    scope: dict[str, Any] = {"__builtins__": {}, **rewriter.names}
    exec(compile(tree, "<TorchScript>", "exec"), scope)
    return scope[node.name]


class ScriptClass:
    """What a class of a program says: its kind, its attributes' names, their constants, and its methods."""

    def __init__(self, node: ast.ClassDef) -> None:
        self.name = node.name
        self.kind = dotted(node.bases[0]) if node.bases else "object"
        self.attributes: list[str] = []
        self.constants: dict[str, Any] = {}
        self.parameters: list[str] = []
        self.buffers: list[str] = []
        self.methods: list[ast.FunctionDef] = []
        for statement in node.body:
            self._read(statement)

    def _read(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.FunctionDef):
            self.methods.append(statement)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            self.attributes.append(statement.target.id)
            if statement.value is not None:
                self.constants[statement.target.id] = _literal(statement.value)
        elif isinstance(statement, ast.Assign):
            self._read_table(statement.targets[0], statement.value)
        elif not isinstance(statement, ast.Pass):
            refuse(statement)

    def _read_table(self, target: ast.expr, value: ast.expr) -> None:
        full = dotted(target)
        if full in ("__parameters__", "__buffers__"):
            names = self.parameters if full == "__parameters__" else self.buffers
            names += [str(name) for name in _literal(value)]
        elif isinstance(target, ast.Subscript) and dotted(target.value) == "__annotations__":
            self.attributes.append(str(_literal(target.slice)))
        elif isinstance(target, ast.Name) and self.kind == "Enum":
            self.constants[target.id] = _literal(value)
        elif full not in ("__annotations__", "__forward_hooks__", "__forward_pre_hooks__"):
            refuse(target)


def _literal(node: ast.expr) -> Any:
    """The value of a constant; a name such as ``None`` in a tuple is one too."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        refuse(node)


def parse(text: str) -> list[ast.ClassDef | ast.FunctionDef]:
    """The classes and functions of a file of code."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RuntimeError(f"torch.jit.load(): the code of the file cannot be parsed: {error}") from error
    found = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            continue  # older files say where their types are; names are looked up by their full form
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            refuse(node)
        found.append(node)
    return found
