"""One parameter of a module that is spread over processes: its part, and the whole while a pass needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor._api import DTensor, unwrap, wrap
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec
from ferrotorch.distributed.tensor.placement_types import Placement, Replicate, Shard, _StridedShard

__all__ = ["ShardedParameter"]

Tensor = torch.Tensor
Module = torch.nn.Module


class ShardedParameter:
    """A parameter, in the places of modules where it stands.

    Args:
        parameter: The whole parameter: a plain one, or a `DTensor` of a mesh of one dimension.
        places: Modules and the names that it has in them.
        mesh: The processes: a line, or rows of copies of a line.
        dim: The dimension along which it is cut.
        device: Where passes need it; parts stay where they are.
    """

    def __init__(
        self, parameter: Tensor, places: list[tuple[Module, str]], mesh: DeviceMesh, dim: int, device: Any
    ) -> None:
        self.places, self.mesh, self.dim, self.device = places, mesh, dim, device
        self.name = places[0][1]
        # What the parameter is to other processes than those of the mesh, if it is spread over them, too.
        self.outer: DTensorSpec | None = parameter._spec if isinstance(parameter, DTensor) else None
        whole = unwrap(parameter).detach() if isinstance(parameter, DTensor) else parameter.detach()
        self.shape = torch.Size(whole.shape)
        self.requires_grad = parameter.requires_grad
        self.dtype = whole.dtype
        self.part = self._cut(whole)
        self.leaf: Any = None
        # A gradient of the whole that has not been averaged yet.
        self.gradient: Tensor | None = None
        self._show(self.part)

    @property
    def lines(self) -> int:
        """In how many parts the parameter is cut."""
        return self.mesh.size(self.mesh.ndim - 1)

    @property
    def part_length(self) -> int:
        """The number of elements of a part, filled up to the length of the longest one."""
        rows = -(-self.shape[self.dim] // self.lines)
        return rows * (self.shape.numel() // max(self.shape[self.dim], 1)) if self.shape.numel() else 0

    def _placement(self) -> Shard:
        """The parameter may be cut already, along the same dimension: then parts are cut again."""
        if self.outer is not None and self.outer.placements[0].is_shard(self.dim):
            return _StridedShard(self.dim, self.outer.mesh.size(0))
        return Shard(self.dim)

    def _cut(self, whole: Tensor) -> DTensor:
        rank = self.mesh.get_local_rank(self.mesh.ndim - 1)
        length, begin = Shard.local_shard_size_and_offset(self.shape[self.dim], self.lines, rank)
        local = whole.narrow(self.dim, begin, length).clone(memory_format=torch.contiguous_format)
        copies: list[Placement] = [Replicate()] * (self.mesh.ndim - 1)
        mesh, shape = self.mesh, self.shape
        placements = (*copies, self._placement())
        if self.outer is not None:
            mesh, shape = self.mesh._joined(self.outer.mesh), self.outer.shape
            placements = (*placements, *self.outer.placements)
        part = DTensor(local, DTensorSpec(mesh, placements, shape), requires_grad=self.requires_grad)
        part._is_param = True  # type: ignore[attr-defined]
        return part

    def _show(self, parameter: Any) -> None:
        for module, name in self.places:
            module._parameters[name] = parameter

    def refresh(self) -> None:
        """Take the part that a module has now: it may have got another one, of another dtype or device."""
        module, name = self.places[0]
        now: Any = module._parameters[name]
        if now is not self.part and now is not self.leaf and isinstance(now, DTensor):
            self.part = now
        self.requires_grad = self.part.requires_grad
        self.dtype = self.part.dtype

    def write_part(self, into: Tensor) -> None:
        """Copy this process's part into a flat tensor of its padded length."""
        local = unwrap(self.part.detach()).movedim(self.dim, 0)
        into[: local.numel()].copy_(local.reshape(-1))

    def _rows(self) -> tuple[int, ...]:
        """The shape of the parameter with the dimension that is cut in front, and filled up to equal parts."""
        rest = [length for dim, length in enumerate(self.shape) if dim != self.dim]
        return (-(-self.shape[self.dim] // self.lines) * self.lines, *rest)

    def show_whole(self, gathered: Tensor, arrived: Callable[[ShardedParameter], None]) -> None:
        """Let modules have the whole.

        Args:
            gathered: The parts of all processes, a row for each.
            arrived: Is called when the gradient of the whole is there.
        """
        rows = gathered.reshape(self._rows()).narrow(0, 0, self.shape[self.dim]).movedim(0, self.dim)
        # Memory of its own: that of all parameters together is given back.
        whole = rows.clone(memory_format=torch.contiguous_format)
        if self.leaf is None or self.leaf.dtype != whole.dtype:
            self._make_leaf(whole, arrived)
        self.leaf.data = whole
        self.leaf.grad = None
        self._show(self.leaf)

    def _make_leaf(self, whole: Tensor, arrived: Callable[[ShardedParameter], None]) -> None:
        if self.outer is None:
            self.leaf = torch.nn.Parameter(whole, requires_grad=self.requires_grad)
        else:
            self.leaf = wrap(whole.view_as(whole), self.outer).requires_grad_(self.requires_grad)
            self.leaf._is_param = True
        if self.requires_grad:
            self.leaf.register_post_accumulate_grad_hook(lambda leaf: arrived(self))

    def show_part(self) -> None:
        """Give the memory of the whole back, and let modules have the part."""
        if self.leaf is not None:
            self.leaf.data = torch.empty(0, dtype=self.leaf.dtype, device=self.leaf.device)
        self._show(self.part)

    def take_gradient(self) -> None:
        """Keep the gradient that a pass has left at the whole."""
        if self.leaf is None:
            return
        with torch._C.DisableTorchFunctionSubclass():
            gradient: Tensor | None = Tensor.__dict__["grad"].__get__(self.leaf)
        if gradient is None:
            return
        self.leaf.grad = None
        gradient = unwrap(gradient) if isinstance(gradient, DTensor) else gradient
        self.gradient = gradient if self.gradient is None else self.gradient + gradient

    def write_gradient(self, into: Tensor) -> None:
        """Copy the gradient of the whole into a matrix that has a row for each process."""
        rows = self._rows()
        wanted = into.view(self.lines, -1)
        if self.gradient is None:
            wanted.zero_()
            return
        gradient = self.gradient.movedim(self.dim, 0)
        if gradient.shape[0] < rows[0]:
            padding = gradient.new_zeros((rows[0] - gradient.shape[0], *rows[1:]))
            gradient = torch.cat([gradient, padding])
        wanted.copy_(gradient.reshape(self.lines, -1))

    def add_gradient(self, flat: Tensor) -> None:
        """Add the averaged gradient of this process's part, given flat, to that of the part."""
        local = unwrap(self.part.detach())
        rows = local.movedim(self.dim, 0)
        gradient = flat[: local.numel()].view(rows.shape).movedim(0, self.dim)
        gradient = gradient.to(device=local.device, dtype=local.dtype).clone(memory_format=torch.contiguous_format)
        if self.part.grad is None:
            self.part.grad = wrap(gradient, self.part._spec)
        else:
            self.part.grad += wrap(gradient, self.part._spec)
        self.gradient = None
