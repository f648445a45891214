"""Tensors whose parts lie in the processes of a mesh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch import _C
from ferrotorch.autograd import Function
from ferrotorch.distributed import _collectives, _groups
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor import _dispatch
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec, Placements, checked_placements
from ferrotorch.distributed.tensor._redistribute import gradient_placements, redistribute
from ferrotorch.distributed.tensor.placement_types import Placement, Replicate, Shard

__all__ = ["DTensor", "distribute_module", "distribute_tensor"]

Tensor = torch.Tensor
Module = torch.nn.Module


class DTensor(Tensor):
    """A tensor of which each process of a mesh has a part, a copy, or a summand.

    The object *is* the process's part as far as memory and the graph go; its shape, and whatever is computed with it,
    are those of the whole. :func:`distribute_tensor` and :meth:`from_local` make such tensors.
    """

    _spec: DTensorSpec

    def __new__(cls, local_tensor: Tensor, spec: DTensorSpec, *, requires_grad: bool = False) -> DTensor:
        """A leaf over the memory of a process's part."""
        return wrap(local_tensor.detach(), spec).requires_grad_(requires_grad)

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute with the parts what the function computes with the whole."""
        return _dispatch.call(func, args, kwargs or {})

    @staticmethod
    def from_local(
        local_tensor: Tensor,
        device_mesh: DeviceMesh | None = None,
        placements: Sequence[Placement] | None = None,
        *,
        run_check: bool = False,
        shape: Sequence[int] | None = None,
        stride: Sequence[int] | None = None,
        grad_placements: Sequence[Placement] | None = None,
    ) -> DTensor:
        """A tensor made of what each process has; differentiable.

        Args:
            local_tensor: This process's part.
            device_mesh: The processes; by default the mesh that is used as a context, or all processes.
            placements: What the part is, along each dimension of the mesh; a copy by default.
            run_check: Make copies equal, by those of the first process.
            shape: The shape of the whole; by default parts are taken to be equally large.
            stride: The strides that the whole is to show, together with ``shape``; by default contiguous ones.
            grad_placements: How the gradient of ``local_tensor`` is to lie; by default as the tensor does, and of
                summands the whole one in each process.

        Raises:
            ValueError: another number of placements than the mesh has dimensions.
            RuntimeError: a stride without a shape, or of another length.
        """
        mesh = device_mesh or _mesh_of_all()
        chosen = checked_placements(placements, mesh, local_tensor.dim())
        if isinstance(local_tensor, DTensor):
            raise RuntimeError("the local_tensor argument only accepts torch.Tensor but got DTensor")
        if stride is not None and (shape is None or len(shape) != len(stride)):
            raise RuntimeError(
                f"Found shape:{shape}, stride:{stride}. Please pass both shape and stride at the same time."
            )
        whole = list(local_tensor.shape if shape is None else shape)
        if shape is None:
            for mesh_dim, placement in enumerate(chosen):
                if isinstance(placement, Shard):
                    whole[placement.dim] *= mesh.size(mesh_dim)
        if run_check:
            for mesh_dim, placement in enumerate(chosen):
                if isinstance(placement, Replicate):
                    local_tensor = local_tensor.contiguous()
                    _collectives.broadcast(local_tensor.detach(), group=mesh.get_group(mesh_dim), group_src=0)
        spec = DTensorSpec(mesh, chosen, torch.Size(whole), None if stride is None else tuple(stride))
        if grad_placements is None or not (torch.is_grad_enabled() and local_tensor.requires_grad):
            return wrap(local_tensor.view_as(local_tensor), spec)
        lies = checked_placements(grad_placements, mesh, local_tensor.dim())
        return wrap(_Relaid.apply(local_tensor, spec, gradient_placements(spec.placements), lies), spec)

    def to_local(self, *, grad_placements: Sequence[Placement] | None = None) -> Tensor:
        """This process's part; differentiable.

        Args:
            grad_placements: How the gradient of the part lies, if not as the tensor does: copies have the whole
                gradient by default; with ``Partial`` each process has a summand of it.
        """
        local = unwrap(self)
        if grad_placements is None or not local.requires_grad:
            return local.view_as(local)
        spec = self._spec
        return _Relaid.apply(local, spec, tuple(grad_placements), gradient_placements(spec.placements))

    def full_tensor(self, *, grad_placements: Sequence[Placement] | None = None) -> Tensor:
        """The whole, in each process; differentiable."""
        return self.redistribute(placements=[Replicate()] * self.device_mesh.ndim).to_local(
            grad_placements=grad_placements
        )

    def redistribute(
        self,
        device_mesh: DeviceMesh | None = None,
        placements: Sequence[Placement] | None = None,
        *,
        async_op: bool = False,
        forward_dtype: Any = None,
        backward_dtype: Any = None,
    ) -> DTensor:
        """The same tensor with other placements; differentiable.

        Args:
            device_mesh: The mesh that the tensor has.
            placements: How it is to lie.
            async_op: Makes no difference: parts are complete when this returns.
            forward_dtype: The dtype of the result, and of what is sent.
            backward_dtype: The dtype in which gradients are sent; they come in that of this tensor.

        Raises:
            NotImplementedError: another mesh.
        """
        if device_mesh is not None and device_mesh != self.device_mesh:
            raise NotImplementedError("Cross device mesh comm not supported yet!")
        if placements is None:
            raise RuntimeError("placements is needed for redistribute!")
        target = checked_placements(placements, self.device_mesh, self.ndim)
        local = unwrap(self)
        if forward_dtype is not None:
            local = local.to(forward_dtype)
        moved = redistribute(local, self._spec, target, backward_dtype)
        return wrap(moved, self._spec.with_placements(target))

    @property
    def device_mesh(self) -> DeviceMesh:
        """The processes."""
        return self._spec.mesh

    @property
    def placements(self) -> Placements:
        """How the tensor lies along each dimension of the mesh."""
        return self._spec.placements

    @property
    def _local_tensor(self) -> Tensor:
        return unwrap(self)

    @property
    def shape(self) -> torch.Size:
        """The shape of the whole."""
        return self._spec.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._spec.shape)

    @property
    def nbytes(self) -> int:
        """The number of bytes of the whole."""
        return self.numel() * self.element_size()

    def size(self, dim: int | None = None) -> Any:
        """The shape of the whole, or its length along a dimension."""
        return self._spec.shape if dim is None else self._spec.shape[dim]

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self._spec.shape)

    ndimension = dim

    def numel(self) -> int:
        """The number of elements of the whole."""
        return self._spec.shape.numel()

    nelement = numel

    def stride(self, dim: int | None = None) -> Any:
        """The strides that the whole was said to have, or would have, lying contiguously."""
        strides = list(self._spec.stride or [1] * self.ndim)
        if self._spec.stride is None:
            for each in range(self.ndim - 2, -1, -1):
                strides[each] = strides[each + 1] * max(self.shape[each + 1], 1)
        return tuple(strides) if dim is None else strides[dim]

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return (
            f"DTensor(local_tensor={unwrap(self).detach()}, device_mesh={self.device_mesh}, "
            f"placements={self.placements})"
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        """This process's part, and how it lies: what processes of the same number read again, each its own file."""
        return _rebuilt, (unwrap(self).detach(), self._spec, self.requires_grad, getattr(self, "_is_param", False))

    def __deepcopy__(self, memo: dict[int, Any]) -> DTensor:
        if id(self) not in memo:
            copied = DTensor(unwrap(self).detach().clone(), self._spec, requires_grad=self.requires_grad)
            if getattr(self, "_is_param", False):
                copied._is_param = True  # type: ignore[attr-defined]
            memo[id(self)] = copied
        return memo[id(self)]

    # How `ferrotorch.distributed.checkpoint` asks tensors for what it writes and reads of them.

    def __create_write_items__(self, fqn: str, object: Any) -> list[Any]:
        from ferrotorch.distributed.checkpoint._pieces import write_items

        return write_items(fqn, self)

    def __create_chunk_list__(self) -> list[Any]:
        from ferrotorch.distributed.checkpoint._pieces import chunk_of

        return [chunk_of(self)]

    def __get_tensor_shard__(self, index: Any) -> Tensor:
        return self.to_local()


def _rebuilt(local: Tensor, spec: DTensorSpec, requires_grad: bool, is_parameter: bool) -> DTensor:
    """The tensor that :meth:`DTensor.__reduce_ex__` took apart."""
    made = DTensor(local, spec, requires_grad=requires_grad)
    if is_parameter:
        made._is_param = True  # type: ignore[attr-defined]
    return made


def wrap(local: Tensor, spec: DTensorSpec) -> DTensor:
    """Make of this process's part, a fresh object that nobody else holds, the tensor that it is a part of."""
    made: DTensor = local  # type: ignore[assignment]
    made.__class__ = DTensor
    made._spec = spec
    return made


def unwrap(tensor: Tensor) -> Tensor:
    """This process's part, a plain tensor, at the place of the whole in the graph."""
    with _C.DisableTorchFunctionSubclass():
        return tensor.as_subclass(Tensor)


class _Relaid(Function):
    """A part whose gradient comes in some placements and is handed on in others."""

    @staticmethod
    def forward(ctx: Any, local: Tensor, spec: DTensorSpec, comes: Placements, goes: Placements) -> Tensor:
        ctx.comes, ctx.goes = spec.with_placements(comes), goes
        return local.view_as(local)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return redistribute(grad, ctx.comes, ctx.goes), None, None, None


def _mesh_of_all() -> DeviceMesh:
    from ferrotorch.distributed.device_mesh import _current, init_device_mesh

    if _current:
        return _current[-1]
    world = _groups.member("DTensor", None)
    assert world is not None
    return init_device_mesh("cpu", (world.size(),))


def distribute_tensor(
    tensor: Tensor,
    device_mesh: DeviceMesh | None = None,
    placements: Sequence[Placement] | None = None,
    *,
    src_data_rank: int | None = 0,
) -> DTensor:
    """Spread a tensor over processes, all of which have one of that shape; the result is a leaf.

    Args:
        tensor: The whole.
        device_mesh: The processes; by default the mesh that is used as a context, or all processes.
        placements: How it is to lie along each dimension of the mesh; copies by default.
        src_data_rank: Whose elements count along each dimension of the mesh; None takes each process's own without
            any message.

    Raises:
        ValueError: another number of placements, or another mesh than that of a tensor which is spread already.
        RuntimeError: the tensor is no leaf; a placement that a whole tensor cannot be given.
    """
    mesh = device_mesh or _mesh_of_all()
    chosen = checked_placements(placements, mesh, tensor.dim())
    if isinstance(tensor, DTensor):
        if tensor.device_mesh != mesh or tensor.placements != chosen:
            raise ValueError(f"Cannot distribute a DTensor on {tensor.device_mesh} with {tensor.placements} otherwise")
        return tensor
    if not tensor.is_leaf:
        raise RuntimeError("`distribute_tensor` should be used to distribute leaf tensors! but found non-leaf tensor!")
    if any(each.is_partial() for each in chosen):
        raise RuntimeError(f"Trying to distribute tensor with unsupported placements {chosen}: use Shard and Replicate")
    spec = DTensorSpec(mesh, (Replicate(),) * mesh.ndim, torch.Size(tensor.shape))
    spec.coordinate()
    whole = tensor.detach()
    # There is nothing to send of a tensor without elements.
    if src_data_rank is not None and whole.device.type != "meta":
        whole = whole.clone(memory_format=torch.contiguous_format)
        for group in mesh.get_all_groups():
            _collectives.broadcast(whole, group=group, group_src=src_data_rank)
    local = redistribute(whole, spec, chosen)
    made = DTensor(local, spec.with_placements(chosen), requires_grad=tensor.requires_grad)
    if isinstance(tensor, torch.nn.Parameter):
        made._is_param = True  # type: ignore[attr-defined]
    return made


def distribute_module(
    module: Module,
    device_mesh: DeviceMesh | None = None,
    partition_fn: Callable[[str, Module, DeviceMesh], None] | None = None,
    input_fn: Callable[..., Any] | None = None,
    output_fn: Callable[..., Any] | None = None,
) -> Module:
    """Spread the parameters of a module over processes.

    Args:
        module: The module, alike in all processes.
        device_mesh: The processes.
        partition_fn: ``partition_fn(name, submodule, mesh)`` spreads the parameters of each submodule; what it leaves
            is copied to all.
        input_fn: ``input_fn(module, inputs, mesh)`` is called before each forward pass.
        output_fn: ``output_fn(module, outputs, mesh)`` is called after it.
    """
    mesh = device_mesh or _mesh_of_all()
    for name, part in module.named_modules():
        if partition_fn is not None:
            partition_fn(name, part, mesh)
        for key, parameter in part._parameters.items():
            if parameter is not None and not isinstance(parameter, DTensor):
                part._parameters[key] = distribute_tensor(parameter, mesh)  # type: ignore[assignment]
        for key, buffer in part._buffers.items():
            if buffer is not None and not isinstance(buffer, DTensor):
                part._buffers[key] = distribute_tensor(buffer, mesh)
    if input_fn is not None:
        module.register_forward_pre_hook(lambda each, inputs: input_fn(each, inputs, mesh))
    if output_fn is not None:
        module.register_forward_hook(lambda each, inputs, outputs: output_fn(each, outputs, mesh))
    return module


# Dispatch is below this module: it gets what it needs of the class.
_dispatch.bind(DTensor, wrap, unwrap)
