"""New tensors over the processes of a mesh: each makes its own part of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor._api import DTensor, _mesh_of_all
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, checked_placements
from ferrotorch.distributed.tensor._redistribute import redistribute
from ferrotorch.distributed.tensor.placement_types import Placement, Replicate

__all__ = ["empty", "full", "ones", "rand", "randn", "zeros"]

Placements = Sequence[Placement] | None


def _spec(size: tuple[Any, ...], mesh: DeviceMesh | None, placements: Placements) -> DTensorSpec:
    shape = torch.Size(size[0] if len(size) == 1 and not isinstance(size[0], int) else size)
    mesh = mesh or _mesh_of_all()
    return DTensorSpec(mesh, checked_placements(placements, mesh, len(shape)), shape)


def _made(make: Callable[..., Any], spec: DTensorSpec, dtype: Any, layout: Any, requires_grad: bool) -> DTensor:
    if any(each.is_partial() for each in spec.placements):
        raise RuntimeError(f"a new tensor cannot have placements {spec.placements}: use Shard and Replicate")
    local = make(spec.local_shape(), dtype=dtype, device=spec.mesh.device_type)
    return DTensor(local, spec, requires_grad=requires_grad)


def zeros(
    *size: Any, requires_grad: bool = False, dtype: Any = None, layout: Any = None,
    device_mesh: DeviceMesh | None = None, placements: Placements = None,
) -> DTensor:  # fmt: skip
    """Zeros; copies by default."""
    return _made(torch.zeros, _spec(size, device_mesh, placements), dtype, layout, requires_grad)


def ones(
    *size: Any, requires_grad: bool = False, dtype: Any = None, layout: Any = None,
    device_mesh: DeviceMesh | None = None, placements: Placements = None,
) -> DTensor:  # fmt: skip
    """Ones; copies by default."""
    return _made(torch.ones, _spec(size, device_mesh, placements), dtype, layout, requires_grad)


def empty(
    *size: Any, requires_grad: bool = False, dtype: Any = None, layout: Any = None,
    device_mesh: DeviceMesh | None = None, placements: Placements = None,
) -> DTensor:  # fmt: skip
    """Undefined values; copies by default, which need not be equal."""
    return _made(torch.empty, _spec(size, device_mesh, placements), dtype, layout, requires_grad)


def full(
    size: Any, fill_value: Any, *, requires_grad: bool = False, dtype: Any = None, layout: Any = None,
    device_mesh: DeviceMesh | None = None, placements: Placements = None,
) -> DTensor:  # fmt: skip
    """One value; copies by default."""

    def make(shape: Any, **options: Any) -> Any:
        return torch.full(shape, fill_value, **options)

    return _made(make, _spec((size,), device_mesh, placements), dtype, layout, requires_grad)


def _drawn(draw: Callable[..., Any], spec: DTensorSpec, dtype: Any, requires_grad: bool) -> DTensor:
    """Draw for the whole, and take this process's part: generators stay alike in all processes."""
    copies = spec.with_placements([Replicate()] * spec.mesh.ndim)
    whole = draw(spec.shape, dtype=dtype, device=spec.mesh.device_type)
    return DTensor(redistribute(whole, copies, spec.placements), spec, requires_grad=requires_grad)


def rand(
    *size: Any, requires_grad: bool = False, dtype: Any = None, layout: Any = None,
    device_mesh: DeviceMesh | None = None, placements: Placements = None,
) -> DTensor:  # fmt: skip
    """Uniform numbers, those that one process would draw; generators must be in the same state everywhere."""
    return _drawn(torch.rand, _spec(size, device_mesh, placements), dtype, requires_grad)


def randn(
    *size: Any, requires_grad: bool = False, dtype: Any = None, layout: Any = None,
    device_mesh: DeviceMesh | None = None, placements: Placements = None,
) -> DTensor:  # fmt: skip
    """Normal numbers, those that one process would draw; generators must be in the same state everywhere."""
    return _drawn(torch.randn, _spec(size, device_mesh, placements), dtype, requires_grad)
