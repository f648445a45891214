"""Modules as graphs of ops: :func:`export` records what a module does with examples of its arguments.

>>> program = torch.export.export(model, (torch.randn(2, 3),), dynamic_shapes=({0: torch.export.Dim("batch")},))
>>> program.module()(torch.randn(5, 3))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import ferrotorch as torch
from ferrotorch.export._capture import capture
from ferrotorch.export.dynamic_shapes import Dim, dims, dynamic_sizes
from ferrotorch.export.exported_program import ExportedProgram
from ferrotorch.export.graph_signature import ExportGraphSignature

__all__ = ["Dim", "ExportGraphSignature", "ExportedProgram", "dims", "export", "load", "save", "unflatten"]


def export(
    mod: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    strict: bool = False,
    preserve_module_call_signature: tuple[str, ...] = (),
    prefer_deferred_runtime_asserts_over_guards: bool = False,
) -> ExportedProgram:
    """A module as a graph, by running it on examples of its arguments.

    What Python decides while it runs, such as branches by shapes and loops, is decided for good. Ops are those of this
    library under PyTorch's names; indices and attributes that make views are calls of the function or method.

    Args:
        mod: the module. Its buffers have their old values afterwards.
        args: arguments by position.
        kwargs: arguments by name.
        dynamic_shapes: the sizes that may be others than those of the examples: for each argument, in a tuple or by
            name, a dict of dimensions or a list with a :class:`Dim` for each. The module is then run three times, to
            find where the graph has these sizes.
        strict: accepted for compatibility.
        preserve_module_call_signature: no modules, for they are taken apart.
        prefer_deferred_runtime_asserts_over_guards: accepted for compatibility.

    Raises:
        ValueError: ``mod`` is no module.
        RuntimeError: ``args`` is no tuple; what the module does depends on values of its arguments, or on sizes
            in a way that is not known.
        NotImplementedError: modules are to keep their signature.
    """
    if not isinstance(mod, torch.nn.Module):
        raise ValueError(f"Expected `mod` to be an instance of `torch.nn.Module`, got {type(mod)}.")
    if not isinstance(args, tuple):
        raise RuntimeError(f"Expecting `args` to be a tuple of example positional inputs, got {type(args)}")
    if preserve_module_call_signature:
        raise NotImplementedError("torch.export.export(): ferrotorch takes all modules apart")
    given = dict(kwargs or {})
    dynamic = dynamic_sizes(mod, args, given, dynamic_shapes)
    return ExportedProgram(mod, capture(mod, args, given, dynamic), (args, given), dynamic)


_NO_FILES = (
    "torch.export: ferrotorch has no file format for programs; save state_dict(), and export the module again"
    " (docs/compatibility.md)"
)


def save(ep: ExportedProgram, f: Any, **options: Any) -> NoReturn:
    """Programs cannot be saved.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(_NO_FILES)


def load(f: Any, **options: Any) -> NoReturn:
    """Programs cannot be loaded.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(_NO_FILES)


def unflatten(module: ExportedProgram, flat_args_adapter: Any = None) -> NoReturn:
    """The modules within a module cannot be had again.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("torch.export.unflatten: graphs do not say which module a node comes from")
