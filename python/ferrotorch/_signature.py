"""``inspect.Signature`` objects for operators."""

from __future__ import annotations

import ast
import inspect


def from_text(text: str) -> inspect.Signature:
    """The signature that a text such as ``(input, dim=None, *, out=None)`` describes."""
    arguments = ast.parse(f"lambda {text[1:-1]}: None", mode="eval").body
    assert isinstance(arguments, ast.Lambda)
    args = arguments.args
    missing = [inspect.Parameter.empty] * (len(args.args) - len(args.defaults))
    defaults = missing + [_value(default) for default in args.defaults]
    positional = [
        inspect.Parameter(a.arg, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=d)
        for a, d in zip(args.args, defaults, strict=True)
    ]
    keyword = [
        inspect.Parameter(
            a.arg,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if d is None else _value(d),
        )
        for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)
    ]
    return inspect.Signature([*positional, *keyword])


def _value(node: ast.expr) -> object:
    """The literal that a default is; a bare word is the string that it spells."""
    return node.id if isinstance(node, ast.Name) else ast.literal_eval(node)
