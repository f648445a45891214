"""What goes from stage to stage: parts of tensors, and how they lie where they are parts of tensors over processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor._api import DTensor, unwrap, wrap
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, Placements

__all__ = ["Meshes", "PipeliningMetadataError", "WireForm", "as_received", "part_of", "wire_form"]

Tensor = torch.Tensor


class PipeliningMetadataError(RuntimeError):
    """Tensors between stages are not what was said of them."""


@dataclass(frozen=True)
class Lies:
    """How a tensor lies in the processes of a mesh, which is told by the names of its dimensions."""

    names: tuple[str, ...]
    placements: Placements
    shape: tuple[int, ...]
    stride: tuple[int, ...] | None


# Shape and dtype of the part of one process, and how the whole lies; None where there is no tensor.
WireForm = tuple[tuple[int, ...], Any, Lies | None] | None


def part_of(tensor: Tensor) -> Tensor:
    """What is sent of a tensor."""
    return unwrap(tensor.detach()) if isinstance(tensor, DTensor) else tensor.detach()


def wire_form(tensor: Tensor | None) -> WireForm:
    """What is said of a tensor before it is sent."""
    if tensor is None:
        return None
    part, lies = part_of(tensor), None
    if isinstance(tensor, DTensor):
        spec = tensor._spec
        lies = Lies(spec.mesh.mesh_dim_names or (), spec.placements, tuple(spec.shape), spec.stride)
    return tuple(part.shape), part.dtype, lies


class Meshes:
    """The meshes of this process by the names of their dimensions.

    Args:
        ask: ``ask(names, None)`` returns one that no tensor of the stage lies in.
    """

    def __init__(self, ask: Callable[..., DeviceMesh] | None) -> None:
        self._ask = ask
        self._known: dict[tuple[str, ...], DeviceMesh] = {}

    def learn(self, tensors: Iterable[Any]) -> None:
        """Take the meshes of tensors."""
        for each in tensors:
            if isinstance(each, DTensor):
                self._known.setdefault(each.device_mesh.mesh_dim_names or (), each.device_mesh)

    def named(self, names: tuple[str, ...]) -> DeviceMesh:
        """The mesh with dimensions of these names.

        Raises:
            PipeliningMetadataError: nobody knows one.
        """
        if names not in self._known:
            if self._ask is None:
                raise PipeliningMetadataError(
                    f"Mesh not found in cache for mesh_dim_names={names}, and no get_mesh callback provided. Provide a "
                    "get_mesh callback or give input_args and output_args of the stage as DTensors."
                )
            self._known[names] = self._ask(names, None)
        return self._known[names]


def as_received(part: Tensor, form: WireForm, meshes: Meshes) -> Tensor:
    """The tensor of which a part has come."""
    assert form is not None
    lies = form[2]
    if lies is None:
        return part
    return wrap(part, DTensorSpec(meshes.named(lies.names), lies.placements, torch.Size(lies.shape), lies.stride))
