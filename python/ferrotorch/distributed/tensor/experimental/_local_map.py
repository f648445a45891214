"""Functions of parts, as functions of tensors that are spread over processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor._api import DTensor

__all__ = ["local_map"]

Tensor = torch.Tensor


def local_map(
    func: Callable[..., Any],
    out_placements: Any,
    in_placements: Sequence[Any] | None = None,
    in_grad_placements: Sequence[Any] | None = None,
    device_mesh: DeviceMesh | None = None,
    *,
    redistribute_inputs: bool = False,
) -> Callable[..., Any]:
    """A function of spread tensors that hands its parts to ``func``, and takes what this returns as parts.

    Args:
        func: A function of plain tensors.
        out_placements: How the result lies: placements, or a tuple of them for each of several results; None for a
            result that is to stay as it is.
        in_placements: How each argument has to lie; None for what is no spread tensor, or may lie in any way.
        in_grad_placements: How the gradients of the parts lie, if not as these do.
        device_mesh: The processes; by default those of the arguments.
        redistribute_inputs: Move arguments that lie otherwise, instead of refusing them.

    Raises:
        ValueError: an argument lies otherwise, or there are others than ``in_placements`` tells of.
    """

    def mapped(*args: Any, **kwargs: Any) -> Any:
        if in_placements is not None and len(in_placements) != len(args):
            raise ValueError(f"local_map: in_placements has {len(in_placements)} entries for {len(args)} arguments")
        mesh, parts = device_mesh, []
        for number, each in enumerate(args):
            if not isinstance(each, DTensor):
                parts.append(each)
                continue
            mesh = mesh or each.device_mesh
            wanted = None if in_placements is None else in_placements[number]
            lies = None if in_grad_placements is None else in_grad_placements[number]
            parts.append(_part(each, wanted, redistribute_inputs).to_local(grad_placements=lies))
        outputs = func(*parts, **kwargs)
        if mesh is None:
            return outputs
        if isinstance(outputs, tuple | list):
            return tuple(_spread(each, mesh, lies) for each, lies in zip(outputs, out_placements, strict=True))
        return _spread(outputs, mesh, out_placements)

    return mapped


def _part(tensor: DTensor, wanted: Sequence[Any] | None, moves: bool) -> DTensor:
    if wanted is None or tensor.placements == tuple(wanted):
        return tensor
    if not moves:
        raise ValueError(
            f"in_placements {tuple(wanted)} for an argument that lies as {tensor.placements}: pass "
            "redistribute_inputs=True to have it moved"
        )
    return tensor.redistribute(placements=wanted)


def _spread(output: Any, mesh: DeviceMesh, lies: Sequence[Any] | None) -> Any:
    if lies is None or not isinstance(output, Tensor):
        return output
    return DTensor.from_local(output, mesh, list(lies))
