"""Arguments of calls by the names of parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch._ops import OpOverload, OpOverloadPacket
from ferrotorch._signature import from_declaration

__all__ = [
    "ArgsKwargsPair",
    "check_for_mutable_operation",
    "create_type_hint",
    "get_signature_for_torch_op",
    "normalize_function",
    "normalize_module",
    "type_matches",
]


class ArgsKwargsPair(NamedTuple):
    """Positional and named arguments."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def get_signature_for_torch_op(op: Callable[..., Any], return_schemas: bool = False) -> Any:
    """The signatures of a function of the library, or None where it is none.

    Args:
        op: the function.
        return_schemas: return their declarations, too.
    """
    function = op.overloadpacket if isinstance(op, OpOverload) else op
    if isinstance(function, OpOverloadPacket):
        function = function.function
    declarations: list[Any] = []
    if isinstance(function, _C.Op):
        declarations = function._declarations.splitlines()
        signatures = [from_declaration(line) for line in declarations]
    elif isinstance(function, _C._Overridable):
        signatures = [inspect.signature(function)]
    else:
        signatures = None
    return (signatures, declarations or None) if return_schemas else signatures


def check_for_mutable_operation(target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """RuntimeError for a call that writes into its arguments.

    Nothing is asked of ``args``: the name of an op says what it does.
    """
    name = getattr(target, "__name__", "")
    has_out = kwargs.get("out") is not None
    if has_out or (isinstance(target, _C.Op) and name.endswith("_") and not name.endswith("__")):
        raise RuntimeError(
            f"Tried to trace mutable operation aten::{name}{'.out' if has_out else ''}. FX only supports functional "
            "code, so operations that mutate operands in-place (e.g. via `out` arguments) are not supported"
        )


def create_type_hint(x: Any) -> Any:
    """The type of nested lists and tuples of types: ``[int, int]`` is ``List[int]``."""
    if not isinstance(x, list | tuple):
        return x
    items = [create_type_hint(item) for item in x]
    kind = list if isinstance(x, list) else tuple
    if not items:
        return kind[Any] if kind is list else tuple[Any, ...]
    common = next((item for item in items if all(_is_subtype(other, item) for other in items)), Any)
    return list[common] if kind is list else tuple[common, ...]  # type: ignore[valid-type]


def _is_subtype(one: Any, other: Any) -> bool:
    return bool(one == other) or (isinstance(one, type) and isinstance(other, type) and issubclass(one, other))


def type_matches(signature_type: Any, argument_type: Any) -> bool:
    """Is a value of one type an argument of a parameter of another?"""
    if signature_type in (Any, inspect.Parameter.empty):
        return True
    if signature_type is float and argument_type is int:
        return True
    return _is_subtype(argument_type, signature_type)


def normalize_function(
    target: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    arg_types: tuple[Any, ...] | None = None,
    kwarg_types: dict[str, Any] | None = None,
    normalize_to_only_use_kwargs: bool = False,
) -> ArgsKwargsPair | None:
    """The arguments of a call of a function of the library, with defaults; by name what can be.

    Args:
        target: the function.
        args, kwargs: the arguments.
        arg_types, kwarg_types: their types; accepted: the first signature that takes as many arguments by these names
            is the one.
        normalize_to_only_use_kwargs: all arguments by name.

    Returns:
        None where the signature cannot be known, or takes no such arguments.
    """
    signatures = get_signature_for_torch_op(target) or []
    for signature in signatures:
        try:
            bound = signature.bind(*args, **(kwargs or {}))
        except TypeError:
            continue
        return _normalized(signature, bound, len(args), normalize_to_only_use_kwargs)
    return None


def normalize_module(
    root: torch.nn.Module,
    target: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    normalize_to_only_use_kwargs: bool = False,
) -> ArgsKwargsPair | None:
    """As :func:`normalize_function`, for the call of a module of the library; None for others."""
    module = root.get_submodule(target)
    if getattr(torch.nn, type(module).__name__, None) is not type(module):
        return None
    signature = inspect.signature(module.forward)
    bound = signature.bind(*args, **(kwargs or {}))
    return _normalized(signature, bound, len(args), normalize_to_only_use_kwargs)


def _normalized(
    signature: inspect.Signature, bound: inspect.BoundArguments, given: int, only_named: bool
) -> ArgsKwargsPair | None:
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        return None
    bound.apply_defaults()
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for i, (name, value) in enumerate(bound.arguments.items()):
        if only_named or i >= given:
            named[name] = value
        else:
            positional.append(value)
    return ArgsKwargsPair(tuple(positional), named)
