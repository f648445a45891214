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


def save(
    ep: ExportedProgram,
    f: Any,
    *,
    extra_files: dict[str, Any] | None = None,
    opset_version: dict[str, int] | None = None,
    pickle_protocol: int = 2,
) -> None:
    """Write a program to a path or file; :func:`load` reads it. The format is this library's own.

    A path gets a new file that takes the place of an old one when it is complete.

    Args:
        ep: the program.
        f: a path or a file.
        extra_files: texts or bytes by name, which are kept beside the program.
        opset_version, pickle_protocol: accepted; the format has no choice of them.

    Raises:
        TypeError: ``ep`` is no exported program.
        RuntimeError: the graph has values or calls without a name.
    """
    from ferrotorch.export import _files

    del opset_version, pickle_protocol
    if not isinstance(ep, ExportedProgram):
        raise TypeError(
            f"The 'ep' parameter must be an instance of 'ExportedProgram', got '{type(ep).__name__}' instead."
        )
    _files.write(ep, f, extra_files)


def load(
    f: Any, *, extra_files: dict[str, Any] | None = None, expected_opset_version: dict[str, int] | None = None
) -> ExportedProgram:
    """Read a program that :func:`save` wrote.

    Args:
        f: a path or a file.
        extra_files: gets what is kept under its names.
        expected_opset_version: accepted; the format has no choice of them.

    Raises:
        RuntimeError: the file has no program.
    """
    from ferrotorch.export import _files

    del expected_opset_version
    return _files.read(f, extra_files)


def unflatten(module: ExportedProgram, flat_args_adapter: Any = None) -> NoReturn:
    """The modules within a module cannot be had again.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("torch.export.unflatten: graphs do not say which module a node comes from")
