"""Which parts of a model are wrapped by themselves."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import ferrotorch as torch

__all__ = [
    "CustomPolicy",
    "ModuleWrapPolicy",
    "always_wrap_policy",
    "enable_wrap",
    "lambda_auto_wrap_policy",
    "size_based_auto_wrap_policy",
    "transformer_auto_wrap_policy",
    "wrap",
]

Module = torch.nn.Module
# A function of a module, whether its parts are asked about, too, and the number of parameters that are not wrapped yet.
Policy = Callable[..., bool]


def always_wrap_policy(*args: Any, **kwargs: Any) -> bool:
    """Wrap each part.

    ``args`` and ``kwargs`` are ignored.
    """
    return True


def lambda_auto_wrap_policy(
    module: Module, recurse: bool, nonwrapped_numel: int, lambda_fn: Callable[[Module], bool]
) -> bool:
    """Wrap the parts for which a function says so.

    ``nonwrapped_numel`` is ignored.
    """
    return True if recurse else lambda_fn(module)


def transformer_auto_wrap_policy(
    module: Module, recurse: bool, nonwrapped_numel: int, transformer_layer_cls: set[type[Module]]
) -> bool:
    """Wrap the parts that are of one of several classes.

    ``nonwrapped_numel`` is ignored.
    """
    return True if recurse else isinstance(module, tuple(transformer_layer_cls))


def size_based_auto_wrap_policy(
    module: Module,
    recurse: bool,
    nonwrapped_numel: int,
    min_num_params: int = int(1e8),
    force_leaf_modules: set[type[Module]] | None = None,
    exclude_wrap_modules: set[type[Module]] | None = None,
) -> bool:
    """Wrap the smallest parts that have ``min_num_params`` parameters that are not wrapped yet."""
    leaves = force_leaf_modules or {torch.nn.MultiheadAttention}
    excluded = exclude_wrap_modules or {torch.nn.ModuleList, torch.nn.ModuleDict}
    is_large = nonwrapped_numel >= min_num_params
    if recurse:
        return is_large and not isinstance(module, tuple(leaves))
    return is_large and not isinstance(module, tuple(excluded))


class _Policy(ABC):
    """A policy that looks at a whole model."""

    @abstractmethod
    def _options_of(self, module: Module) -> dict[str, Any] | None:
        """Options of the wrapper of a part; None: it is not wrapped."""


class ModuleWrapPolicy(_Policy):
    """Wrap the parts that are of one of several classes."""

    def __init__(self, module_classes: Iterable[type[Module]]) -> None:
        self._module_classes = set(module_classes)

    def _options_of(self, module: Module) -> dict[str, Any] | None:
        return {} if isinstance(module, tuple(self._module_classes)) else None

    def __call__(self, module: Module, recurse: bool, *args: Any, **kwargs: Any) -> bool:
        """Whether a part is wrapped."""
        return recurse or isinstance(module, tuple(self._module_classes))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({sorted(each.__name__ for each in self._module_classes)})"


class CustomPolicy(_Policy):
    """Wrap the parts for which a function says so: it returns a bool, or a dict of options of the wrapper."""

    def __init__(self, lambda_fn: Callable[[Module], bool | dict[str, Any]]) -> None:
        self._lambda_fn = lambda_fn

    def _options_of(self, module: Module) -> dict[str, Any] | None:
        answer = self._lambda_fn(module)
        if not isinstance(answer, bool | dict):
            raise ValueError(f"The lambda_fn passed to CustomPolicy should return bool/dict, got {answer!r}")
        return answer if isinstance(answer, dict) else {} if answer else None


def auto_wrap(module: Module, policy: Any, wrapper: Callable[..., Module], ignored: set[Module]) -> None:
    """Wrap the parts of a module, those within others first, in place; the module itself is left to the caller."""
    _wrap_children(module, policy, wrapper, ignored, {})


def _numel(module: Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _wrap_children(
    module: Module, policy: Any, wrapper: Callable[..., Module], ignored: set[Module], made: dict[Module, Module]
) -> int:
    """Returns the number of parameters that have been wrapped."""
    wrapped = 0
    for name, child in list(module.named_children()):
        if child in made:
            setattr(module, name, made[child])
        elif child not in ignored:
            wrapped += _wrap_child(module, name, child, policy, wrapper, ignored, made)
    return wrapped


def _wrap_child(
    parent: Module,
    name: str,
    child: Module,
    policy: Any,
    wrapper: Any,
    ignored: set[Module],
    made: dict[Module, Module],
) -> int:
    total, wrapped = _numel(child), 0
    if isinstance(policy, _Policy) or policy(module=child, recurse=True, nonwrapped_numel=total):
        wrapped = _wrap_children(child, policy, wrapper, ignored, made)
    if isinstance(policy, _Policy):
        options = policy._options_of(child)
    else:
        options = {} if policy(module=child, recurse=False, nonwrapped_numel=total - wrapped) else None
    if options is None:
        return wrapped
    made[child] = wrapper(child, **options)
    setattr(parent, name, made[child])
    return total


_context: list[tuple[Callable[..., Module], dict[str, Any]]] = []


@contextmanager
def enable_wrap(*, wrapper_cls: Any, **wrapper_kwargs: Any) -> Iterator[None]:
    """In this context :func:`wrap` wraps, with these options."""
    _context.append((wrapper_cls, wrapper_kwargs))
    try:
        yield
    finally:
        _context.pop()


def wrap(module: Module, **wrap_overrides: Any) -> Module:
    """The module, wrapped if this is called in a context of :func:`enable_wrap`."""
    if not _context:
        return module
    wrapper, options = _context[-1]
    return functools.partial(wrapper, **{**options, **wrap_overrides})(module)
