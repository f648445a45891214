"""Processes in rows and columns: a grid whose lines are groups."""

from __future__ import annotations

import math
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _groups, _queries
from ferrotorch.distributed._groups import ProcessGroup

__all__ = ["DeviceMesh", "init_device_mesh"]


# Meshes that are used as contexts, the innermost last.
_current: list[DeviceMesh] = []


class DeviceMesh:
    """A grid of processes. Those that differ in one coordinate only are a group; all processes make the mesh together.

    ``backend_override`` is accepted: all dimensions use the backend of the job.

    Args:
        device_type: The kind of device that tensors of the mesh are on.
        mesh: The numbers of processes, as a tensor or nested lists of the grid's shape.
        mesh_dim_names: Names of the dimensions.

    Raises:
        ValueError: there is no group of processes; a name twice, or too many or few of them.
    """

    def __init__(
        self,
        device_type: str,
        mesh: Any = None,
        *,
        mesh_dim_names: tuple[str, ...] | None = None,
        backend_override: Any = None,
        _init_backend: bool = True,
        _groups_of_dims: list[Any] | None = None,
    ) -> None:
        self.device_type = device_type
        self.mesh = torch.as_tensor(mesh, dtype=torch.int32)
        self.mesh_dim_names = None if mesh_dim_names is None else tuple(mesh_dim_names)
        if self.mesh_dim_names is not None and len(set(self.mesh_dim_names)) != self.mesh.dim():
            raise ValueError(f"mesh_dim_names must be {self.mesh.dim()} different names, got {self.mesh_dim_names}")
        if not _groups.is_initialized():
            _groups.init_process_group()
        found = (self.mesh == _queries.get_rank()).nonzero().tolist()
        self._coordinate: list[int] | None = found[0] if found else None
        self._parent: DeviceMesh | None = None
        # Several dimensions as one, by names, which the mesh that they are of can be asked for.
        self._flattened: dict[str, DeviceMesh] = {}
        # Of which dimensions of that mesh this one is made, if it is such a mesh.
        self._of_dims: tuple[int, ...] = ()
        dims = range(self.mesh.dim()) if _init_backend else ()
        self._groups = _groups_of_dims or [self._make_groups(dim) for dim in dims]

    def _make_groups(self, dim: int) -> Any:
        """Make all lines along a dimension; the one that this process is in."""
        lines = self.mesh.movedim(dim, -1).reshape(-1, self.mesh.shape[dim]).tolist()
        world = _groups._state.world
        if world is not None and lines == [world.ranks]:
            return world
        made = [_groups.new_group(line) for line in lines]
        return next((group for group in made if isinstance(group, ProcessGroup)), None)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the dimensions."""
        return tuple(self.mesh.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.mesh.dim()

    def size(self, mesh_dim: int | None = None) -> int:
        """The number of processes, of all or along a dimension."""
        return self.mesh.numel() if mesh_dim is None else self.mesh.shape[mesh_dim]

    def get_rank(self) -> int:
        """The number of this process in the job."""
        return _queries.get_rank()

    def get_coordinate(self) -> tuple[int, ...] | None:
        """Where this process stands; None if it is not in the mesh."""
        return None if self._coordinate is None else tuple(self._coordinate)

    def _dim(self, mesh_dim: int | str | None) -> int:
        if mesh_dim is None:
            if self.ndim != 1:
                raise RuntimeError(
                    f"Found the DeviceMesh have {self.ndim} dimensions. Optional kwarg `mesh_dim` needs to be "
                    "specified when device_mesh.ndim > 1."
                )
            return 0
        if isinstance(mesh_dim, str):
            if mesh_dim not in (self.mesh_dim_names or ()):
                raise KeyError(f"Invalid mesh_dim_name {mesh_dim!r}: the mesh has {self.mesh_dim_names}")
            return (self.mesh_dim_names or ()).index(mesh_dim)
        if not -self.ndim <= mesh_dim < self.ndim:
            raise IndexError(f"mesh dimension {mesh_dim} of a mesh of {self.ndim} dimensions")
        return mesh_dim % self.ndim

    def get_local_rank(self, mesh_dim: int | str | None = None) -> int:
        """Where this process stands along a dimension; one of two and more has to be named."""
        if self._coordinate is None:
            raise RuntimeError(f"rank {_queries.get_rank()} is not part of {self}")
        return self._coordinate[self._dim(mesh_dim)]

    def get_group(self, mesh_dim: int | str | None = None) -> ProcessGroup:
        """The group of the processes that differ from this one along a dimension only."""
        if isinstance(mesh_dim, str) and mesh_dim in self._flattened:
            return self._flattened[mesh_dim].get_group()
        found = self._groups[self._dim(mesh_dim)]
        if found is None:
            raise RuntimeError(f"rank {_queries.get_rank()} is not part of {self}")
        return found

    def get_all_groups(self) -> list[ProcessGroup]:
        """This process's groups along all dimensions."""
        return [self.get_group(dim) for dim in range(self.ndim)]

    def __getitem__(self, names: str | tuple[str, ...]) -> DeviceMesh:
        """The part of the mesh that this process is in and that has the named dimensions only."""
        if not self.mesh_dim_names:
            raise RuntimeError("Cannot slice a DeviceMesh without mesh_dim_names!")
        chosen = (names,) if isinstance(names, str) else tuple(names)
        if len(chosen) == 1 and chosen[0] in self._flattened:
            return self._flattened[chosen[0]]
        if any(name in self._flattened for name in chosen):
            return self._with_flattened(chosen)
        unknown = [name for name in chosen if name not in self.mesh_dim_names]
        if unknown:
            valid = [*self.mesh_dim_names, *self._flattened]
            raise KeyError(f"Invalid mesh_dim_names {chosen} specified. Valid mesh_dim_names are {valid}.")
        dims = [self._dim(name) for name in chosen]
        if dims != sorted(dims):
            raise KeyError(f"Invalid mesh_dim_names {chosen} specified. Mesh dim indices should be in ascending order.")
        return self._part(chosen)

    def _part(self, names: tuple[str, ...]) -> DeviceMesh:
        """The part of the mesh with the named dimensions, in that order."""
        dims = [self._dim(name) for name in names]
        if self._coordinate is None:
            raise RuntimeError(f"rank {_queries.get_rank()} is not part of {self}")
        if dims == list(range(self.ndim)):
            return self
        place = tuple(slice(None) if dim in dims else self._coordinate[dim] for dim in range(self.ndim))
        kept = sorted(dims)
        part = self.mesh[place].permute([kept.index(dim) for dim in dims])
        groups = [self._groups[dim] for dim in dims]
        made = DeviceMesh(self.device_type, part, mesh_dim_names=names, _groups_of_dims=groups)
        made._parent = self._parent or self
        return made

    def _with_flattened(self, names: tuple[str, ...]) -> DeviceMesh:
        """A part of the mesh of which dimensions are several of this one as one.

        Raises:
            KeyError: a dimension is in two of them, or does not come behind the one before.
        """
        parts = [self._dims_of(name) for name in names]
        dims = [dim for part in parts for dim in part]
        if dims != sorted(set(dims)):
            raise KeyError(f"Invalid mesh_dim_names {names} specified. Mesh dim indices should be in ascending order.")
        if self._coordinate is None:
            raise RuntimeError(f"rank {_queries.get_rank()} is not part of {self}")
        place = tuple(slice(None) if dim in dims else self._coordinate[dim] for dim in range(self.ndim))
        shape = [math.prod(self.mesh.shape[dim] for dim in part) for part in parts]
        groups = [self.get_group(name) for name in names]
        made = DeviceMesh(
            self.device_type, self.mesh[place].reshape(shape), mesh_dim_names=names, _groups_of_dims=groups
        )
        made._parent = self._parent or self
        return made

    def _dims_of(self, name: str) -> tuple[int, ...]:
        """The dimensions that a name stands for."""
        flattened = self._flattened.get(name)
        return (self._dim(name),) if flattened is None else flattened._of_dims

    def _joined(self, other: DeviceMesh) -> DeviceMesh:
        """The part of a mesh of which this one and another one are parts that has the dimensions of both.

        Raises:
            RuntimeError: they are not parts of one mesh.
        """
        if self._parent is None or self._parent is not other._parent:
            raise RuntimeError(f"{self} and {other} are not parts of one mesh: take both by mesh[name] of that")
        return self._parent._part((*(self.mesh_dim_names or ()), *(other.mesh_dim_names or ())))

    def _flatten(self, mesh_dim_name: str | None = None) -> DeviceMesh:
        """The processes of the mesh in a row; ``mesh[mesh_dim_name]`` of the mesh that it is a part of gives it again.

        Raises:
            ValueError: that has a dimension of the name.
        """
        name = mesh_dim_name or "_".join(self.mesh_dim_names or ("flattened",))
        if self.ndim == 1 and name in (self.mesh_dim_names or (name,)):
            return self
        root = self._parent or self
        if name in (root.mesh_dim_names or ()):
            raise ValueError(f"{name} already exists for submesh of the {root}: flatten under another name")
        if name not in root._flattened:
            made = DeviceMesh(self.device_type, self.mesh.reshape(-1), mesh_dim_names=(name,))
            made._parent = root
            made._of_dims = tuple(root._dim(each) for each in self.mesh_dim_names or ())
            root._flattened[name] = made
        return root._flattened[name]

    @staticmethod
    def from_group(
        group: ProcessGroup | list[ProcessGroup],
        device_type: str,
        mesh: Any = None,
        *,
        mesh_dim_names: tuple[str, ...] | None = None,
    ) -> DeviceMesh:
        """The mesh whose lines are groups that are there already.

        Args:
            group: A group, whose processes are the mesh; or for each dimension of ``mesh`` the one that this process
                is in.
            device_type: The kind of device that tensors of the mesh are on.
            mesh: The numbers of processes; for one group those of its processes.
            mesh_dim_names: Names of the dimensions.

        Raises:
            ValueError: several groups without a mesh, or another number of them than it has dimensions; a mesh that
                is not that of the one group.
        """
        groups = group if isinstance(group, list) else [group]
        if isinstance(group, ProcessGroup):
            ranks = group.ranks
            if mesh is not None and torch.as_tensor(mesh).tolist() != ranks:
                raise ValueError(f"Invalid mesh {mesh} for ProcessGroup with ranks {ranks}")
            mesh = ranks
        if not groups:
            raise ValueError("Expects at least one ProcessGroup to be specified")
        if mesh is None:
            raise ValueError("Must specify mesh when group is a list of ProcessGroups")
        grid = torch.as_tensor(mesh)
        if grid.dim() != len(groups):
            raise ValueError(
                f"Expects mesh with ndim equal to number of ProcessGroups but got mesh {grid.tolist()} and "
                f"{len(groups)} ProcessGroups"
            )
        return DeviceMesh(device_type, mesh, mesh_dim_names=mesh_dim_names, _groups_of_dims=list(groups))

    def __getstate__(self) -> dict[str, Any]:
        """What a file holds of a mesh: of groups their names, which processes of the same job know."""
        names = [None if group is None else group.group_name for group in self._groups]
        return {**self.__dict__, "_groups": names, "_parent": None, "_flattened": {}, "_coordinate": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        known = _groups._state.groups
        self._groups = [known.get(name) for name in state["_groups"]]
        found = (self.mesh == _queries.get_rank()).nonzero().tolist() if _groups.is_initialized() else []
        self._coordinate = found[0] if found else None

    def __enter__(self) -> DeviceMesh:
        _current.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _current.pop()

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, DeviceMesh)
            and self.device_type == other.device_type
            and self.mesh_dim_names == other.mesh_dim_names
            and torch.equal(self.mesh, other.mesh)
        )

    def __hash__(self) -> int:
        return hash((self.device_type, self.mesh_dim_names, tuple(self.mesh.flatten().tolist())))

    def __repr__(self) -> str:
        shape = ", ".join(map(str, self.shape)) + ("," if self.ndim == 1 else "")
        if self.mesh_dim_names:
            shape = ", ".join(f"{name}={size}" for name, size in zip(self.mesh_dim_names, self.shape, strict=True))
        return f"DeviceMesh(({shape}), {self.device_type!r}, stride={self._strides()})"

    def _strides(self) -> tuple[int, ...]:
        """How far apart the numbers of neighbours along each dimension are; of rows of a matrix if they differ."""
        rows = [self.mesh.movedim(dim, -1).reshape(-1, size) for dim, size in enumerate(self.shape)]
        steps = [row[:, 1:] - row[:, :-1] if row.shape[1] > 1 else None for row in rows]
        return tuple(
            self.mesh.stride(dim) if step is None or step.min() != step.max() else int(step[0, 0])
            for dim, step in enumerate(steps)
        )


def init_device_mesh(
    device_type: str,
    mesh_shape: tuple[int, ...],
    *,
    mesh_dim_names: tuple[str, ...] | None = None,
    backend_override: Any = None,
) -> DeviceMesh:
    """All processes in a grid, in the order of their numbers; makes the group of all if there is none.

    ``backend_override`` is accepted: all dimensions use the backend of the job.

    Args:
        device_type: ``"cpu"`` or ``"wgpu"``.
        mesh_shape: The shape of the grid.
        mesh_dim_names: Names of its dimensions.

    Raises:
        RuntimeError: a device with a number; the shape is not one of as many processes as there are; names that do
            not go with it.
    """
    if not device_type.isalpha():
        raise RuntimeError(
            f"Device type with index is not supported but got {device_type}. "
            "If you maintained a 'torch.device' object, it's recommended to pass in 'device.type'."
        )
    if mesh_dim_names is not None and len(set(mesh_dim_names)) != len(mesh_dim_names):
        raise RuntimeError(f"Each mesh_dim_name must be unique. Found repeated names in {mesh_dim_names}")
    if mesh_dim_names is not None and len(mesh_dim_names) != len(mesh_shape):
        raise RuntimeError(
            f"mesh_shape and mesh_dim_names should have same length! Found {mesh_shape} and {mesh_dim_names}"
        )
    if not _groups.is_initialized():
        _groups.init_process_group()
    if math.prod(mesh_shape) != _queries.get_world_size():
        raise RuntimeError(
            f"Mesh should not be bigger than default world size: {mesh_shape} for {_queries.get_world_size()}"
        )
    grid = torch.arange(math.prod(mesh_shape)).view(mesh_shape)
    return DeviceMesh(device_type, grid, mesh_dim_names=mesh_dim_names)
