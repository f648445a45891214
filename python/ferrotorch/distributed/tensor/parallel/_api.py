"""Which parts of a module are computed in which style."""

from __future__ import annotations

import fnmatch
import warnings
from collections.abc import Iterator

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor._api import _mesh_of_all
from ferrotorch.distributed.tensor.parallel._styles import ParallelStyle

__all__ = ["parallelize_module"]

Module = torch.nn.Module


def parallelize_module(
    module: Module,
    device_mesh: DeviceMesh | None = None,
    parallelize_plan: ParallelStyle | dict[str, ParallelStyle] | None = None,
    *,
    src_data_rank: int | None = 0,
) -> Module:
    """Let processes compute a module, or parts of it, together; the module itself is changed.

    Args:
        module: The module, alike in all processes.
        device_mesh: The processes, a mesh of one dimension; by default the mesh that is used as a context.
        parallelize_plan: A style for the module, or styles by names of its parts, in which ``*`` stands for any name.
        src_data_rank: Whose parameters count; None takes each process's own.

    Raises:
        ValueError: a mesh of several dimensions.
        TypeError: something else than styles.
    """
    mesh = device_mesh or _mesh_of_all()
    if mesh.ndim > 1:
        raise ValueError(f"Expect a 1D DeviceMesh, but found {mesh.ndim}D. Use a slice of it: mesh['tp']")
    if parallelize_plan is None:
        warnings.warn("No parallelize_plan is provided and auto-parallel is not supported at the moment", stacklevel=2)
        return module
    if isinstance(parallelize_plan, ParallelStyle):
        parallelize_plan.src_data_rank = src_data_rank
        return parallelize_plan._apply(module, mesh)
    if not isinstance(parallelize_plan, dict):
        raise TypeError(f"Expect Union[ParallelStyle, Dict[str, ParallelStyle]], but got {type(parallelize_plan)}")
    for path, style in parallelize_plan.items():
        found = list(_matching(module, path.split("."))) if path else [module]
        if not found:
            warnings.warn(
                f"Parallelize plan key {path!r} could not be resolved: no submodule matching it in module {module}, "
                "skipping this plan entry.",
                stacklevel=2,
            )
        for part in found:
            parallelize_module(part, mesh, style, src_data_rank=src_data_rank)
    return module


def _matching(module: Module, names: list[str]) -> Iterator[Module]:
    """The parts of a module that a path leads to."""
    for name, child in module.named_children():
        if fnmatch.fnmatch(name, names[0]):
            if len(names) == 1:
                yield child
            else:
                yield from _matching(child, names[1:])
