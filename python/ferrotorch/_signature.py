"""``inspect.Signature`` objects for operators."""

from __future__ import annotations

import ast
import inspect
import keyword
import re


def from_text(text: str) -> inspect.Signature:
    """The signature that a text such as ``(input, dim=None, *, out=None)`` describes.

    A parameter that is called like a keyword of Python, such as ``from``, gets an underscore behind the name, and it
    and those before it are by position only.
    """
    text = re.sub(r"(?<=[( ])\w+(?=[=,)])", _usable, text)
    arguments = ast.parse(f"lambda {text[1:-1]}: None", mode="eval").body
    assert isinstance(arguments, ast.Lambda)
    args = arguments.args
    missing = [inspect.Parameter.empty] * (len(args.args) - len(args.defaults))
    defaults = missing + [_value(default) for default in args.defaults]
    by_position = max((i for i, a in enumerate(args.args) if keyword.iskeyword(a.arg.removesuffix("_"))), default=-1)
    positional = [
        inspect.Parameter(
            a.arg,
            inspect.Parameter.POSITIONAL_ONLY if i <= by_position else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=d,
        )
        for i, (a, d) in enumerate(zip(args.args, defaults, strict=True))
    ]
    keyword_only = [
        inspect.Parameter(
            a.arg,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if d is None else _value(d),
        )
        for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)
    ]
    return inspect.Signature([*positional, *keyword_only])


def from_declaration(text: str) -> inspect.Signature:
    """The signature of a declaration, which has types: ``(Tensor input, int[1]? dim=None) -> Tensor``."""
    parameters = re.split(r", (?![^(\[]*[)\]])", text.split(" -> ")[0].strip()[1:-1])
    return from_text(f"({', '.join(parameter.split(' ', 1)[-1] for parameter in parameters)})")


def _usable(name: re.Match[str]) -> str:
    return f"{name[0]}_" if keyword.iskeyword(name[0]) and name[0] not in ("None", "True", "False") else name[0]


def _value(node: ast.expr) -> object:
    """The literal that a default is; a bare word is the string that it spells."""
    return node.id if isinstance(node, ast.Name) else ast.literal_eval(node)
