"""Calls of a module with other parameters and buffers than its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ferrotorch._C import Tensor
from ferrotorch.nn.modules.module import Module

Tensors = dict[str, Tensor]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Tensors | Sequence[Tensors],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """``module(*args, **kwargs)`` with tensors in the place of its parameters and buffers.

    Args:
        module: the module; afterwards it is as it was.
        parameter_and_buffer_dicts: tensors by name, in one dict or several; names that are not there keep the module's.
            Buffers that the call assigns anew are put into the dict.
        args: arguments; one that is no tuple is the only one.
        kwargs: keyword arguments.
        tie_weights: a tensor given for a name stands for all names that share its parameter or buffer.
        strict: all names of the module must be there, and no others.

    Raises:
        ValueError: a name in several dicts, different tensors for tied names, or something that is no dict.
        RuntimeError: names too many or missing, if ``strict``.
        TypeError: something that is no tensor.
        AttributeError: the name of a submodule that is not there.
    """
    given = _merged(parameter_and_buffer_dicts)
    tensors = _with_ties(module, given) if tie_weights else dict(given)
    if strict:
        _check_names(module, tensors)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, tensors) as now:
        try:
            return module(*arguments, **(kwargs or {}))
        finally:
            given.update((name, value) for name, value in now().items() if name in given)


def _merged(dicts: Any) -> Tensors:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence) or not all(isinstance(part, dict) for part in dicts):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    counts = Counter(name for part in dicts for name in part)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: value for part in dicts for name, value in part.items()}


def _named(module: Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _with_ties(module: Module, given: Tensors) -> Tensors:
    """Each tensor under all names that its parameter has."""
    groups: dict[int, list[str]] = {}
    for name, tensor in _named(module):
        groups.setdefault(id(tensor), []).append(name)
    result = dict(given)
    for names in groups.values():
        there = [name for name in names if name in given]
        if any(given[name] is not given[there[0]] for name in there):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. Consider using "
                "tie_weights=False"
            )
        if there:
            result.update(dict.fromkeys(names, given[there[0]]))
    return result


def _check_names(module: Module, tensors: Tensors) -> None:
    own = {name for name, _ in _named(module)}
    problems = []
    for what, names in (("Unexpected", tensors.keys() - own), ("Missing", own - tensors.keys())):
        if names:
            problems.append(f"\n\t{what} key(s): {', '.join(map(repr, sorted(names)))}.")
    if problems:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:{''.join(problems)}")


_ABSENT = object()


def _owner(module: Module, name: str) -> tuple[Module, str, dict[str, Any] | None]:
    """The submodule that what has this name belongs to, its name there, and the table that holds it, if one does."""
    *path, key = name.split(".")
    for part in path:
        child = module._modules.get(part)
        if child is None:
            raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
        module = child
    tables: Any = (module._parameters, module._buffers)
    return module, key, next((table for table in tables if key in table), None)


def _held(module: Module, name: str) -> Any:
    owner, key, table = _owner(module, name)
    return getattr(owner, key, _ABSENT) if table is None else table[key]


def _swap(module: Module, name: str, value: Any) -> Any:
    """Put a tensor, None or nothing in the place of what has this name; returns what was there."""
    owner, key, table = _owner(module, name)
    before = _held(module, name)
    if table is not None:
        if value is _ABSENT:
            del table[key]
        else:
            table[key] = value
        return before
    if not (before is _ABSENT or before is None or isinstance(before, Tensor)):
        raise TypeError(f"attribute `{key}`: {before} is not an instance of torch.Tensor")
    # As an assignment in the program would, so that a parameter joins those of the module.
    if value is not _ABSENT:
        setattr(owner, key, value)
    elif before is not _ABSENT:
        delattr(owner, key)
    return before


@contextmanager
def _replaced(module: Module, tensors: Tensors) -> Iterator[Any]:
    """The tensors in the module while the block runs; yields a function that tells what is there then."""
    for value in tensors.values():
        if not (value is None or isinstance(value, Tensor)):
            raise TypeError(f"{value} is not an instance of torch.Tensor")
    before: dict[str, Any] = {}
    try:
        for name, value in tensors.items():
            before[name] = _swap(module, name, value)
        yield lambda: {name: _held(module, name) for name in tensors if _held(module, name) is not _ABSENT}
    finally:
        for name, value in before.items():
            _swap(module, name, value)
