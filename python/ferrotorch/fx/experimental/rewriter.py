"""Tracing of programs whose ``assert`` statements and annotated assignments are to be in the graph."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any

import ferrotorch as torch
from ferrotorch.fx._symbolic_trace import Tracer
from ferrotorch.fx.annotate import annotate
from ferrotorch.fx.graph import Graph

__all__ = ["RewritingTracer"]


def _found_in(module: str, name: str) -> ast.expr:
    """An expression for what a module has, that needs no name in the globals of the program."""
    return ast.parse(f"__import__({module!r}, fromlist=['*']).{name}", mode="eval").body


class _Rewriter(ast.NodeTransformer):
    """Puts ``torch._assert`` in the place of ``assert``, and ``annotate`` around annotated values."""

    def rewrite(self, function: FunctionType) -> FunctionType:
        """The function from its changed source, with the globals and closure of the old one."""
        tree = self.visit(ast.parse(textwrap.dedent(inspect.getsource(function))))
        tree.body[0].decorator_list = []
        code = compile(
            ast.fix_missing_locations(tree), inspect.getsourcefile(function) or "", "exec", dont_inherit=True
        )
        scope: dict[str, Any] = {}
        exec(code, function.__globals__, scope)
        made = scope[function.__name__]
        names = function.__globals__
        result = FunctionType(made.__code__, names, function.__name__, function.__defaults__, function.__closure__)
        result.__kwdefaults__, result.__annotations__ = function.__kwdefaults__, function.__annotations__
        return result

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """``assert test, message``."""
        call = ast.Call(_found_in(torch.__name__, "_assert"), [node.test, node.msg or ast.Constant("")], [])
        return ast.copy_location(ast.Expr(call), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """``name: type = value``."""
        if node.value is None:
            return node
        call = ast.Call(_found_in(annotate.__module__, "annotate"), [node.value, node.annotation], [])
        return ast.copy_location(ast.Assign([node.target], call), node)


class RewritingTracer(Tracer):
    """A tracer for which the functions that it goes through are changed first: nodes of assertions come of them."""

    def trace(self, root: torch.nn.Module | Callable[..., Any], concrete_args: Any = None) -> Graph:
        """See :meth:`Tracer.trace`."""
        return super().trace(_rewritten(root), concrete_args)


def _rewritten(root: Any) -> Any:
    if isinstance(root, FunctionType):
        return _Rewriter().rewrite(root)
    if not isinstance(root, torch.nn.Module) or type(root).__module__.startswith(("torch.", "ferrotorch.")):
        return root
    cls = type(root)
    forward = _Rewriter().rewrite(inspect.unwrap(cls.forward))
    new = copy.copy(root)
    new.__class__ = type(cls.__name__, (cls,), {"forward": functools.wraps(cls.forward)(forward)})
    new._modules = {name: _rewritten(child) for name, child in root._modules.items()}
    return new
