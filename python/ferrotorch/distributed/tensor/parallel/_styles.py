"""Styles of computing a module together: how its parameters, inputs and outputs lie.

Source: Shoeybi et al., "Megatron-LM: training multi-billion parameter language models using model parallelism" (2019);
Korthikanti et al., "Reducing activation recomputation in large transformer models" (2022), for sequences.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed.device_mesh import DeviceMesh
from ferrotorch.distributed.tensor._api import DTensor, distribute_module, distribute_tensor
from ferrotorch.distributed.tensor.placement_types import Placement, Replicate, Shard

__all__ = [
    "ColwiseParallel",
    "ParallelStyle",
    "PrepareModuleInput",
    "PrepareModuleInputOutput",
    "PrepareModuleOutput",
    "RowwiseParallel",
    "SequenceParallel",
]

Tensor = torch.Tensor
Module = torch.nn.Module


class ParallelStyle(ABC):
    """A way to compute a module together; :func:`parallelize_module` applies it."""

    src_data_rank: int | None = 0

    @abstractmethod
    def _apply(self, module: Module, device_mesh: DeviceMesh) -> Module:
        """Change the module."""


def _spread(tensor: Any, mesh: DeviceMesh, lies: Placement, wanted: Placement) -> Any:
    """A tensor that lies as wanted, made of one that lies in some way."""
    if not isinstance(tensor, Tensor):
        return tensor
    spread = tensor if isinstance(tensor, DTensor) else DTensor.from_local(tensor, mesh, (lies,))
    return spread if spread.placements == (wanted,) else spread.redistribute(placements=(wanted,))


def _output(tensor: Any, wanted: Placement, is_local: bool) -> Any:
    if not isinstance(tensor, DTensor):
        return tensor
    moved = tensor if tensor.placements == (wanted,) else tensor.redistribute(placements=(wanted,))
    return moved.to_local() if is_local else moved


class _Split(ParallelStyle):
    """A layer whose weight is cut; inputs and outputs lie as that asks for unless told otherwise."""

    _inputs: Placement
    _outputs: Placement
    # How weights of linear layers and of embeddings are cut, and how biases are.
    _linear: Placement
    _embedding: Placement
    _bias: Placement

    def __init__(
        self,
        *,
        input_layouts: Placement | None = None,
        output_layouts: Placement | None = None,
        use_local_output: bool = True,
    ) -> None:
        self.input_layouts = (input_layouts or self._inputs,)
        self.output_layouts = (output_layouts or self._outputs,)
        self.use_local_output = use_local_output

    def _wanted(self, module: Module) -> Placement:
        """How the input has to lie."""
        return Replicate()

    def _cut(self, name: str, module: Module, mesh: DeviceMesh) -> None:
        is_table = isinstance(module, torch.nn.Embedding)
        if not isinstance(module, torch.nn.Linear | torch.nn.Embedding):
            raise NotImplementedError(f"{type(self).__name__} currently only support nn.Linear and nn.Embedding!")
        for key, parameter in module._parameters.items():
            if parameter is not None:
                lies = self._embedding if is_table else self._bias if key == "bias" else self._linear
                made = distribute_tensor(parameter, mesh, (lies,), src_data_rank=self.src_data_rank)
                module._parameters[key] = made  # type: ignore[assignment]

    def _apply(self, module: Module, device_mesh: DeviceMesh) -> Module:
        """Cut the weights, and see to it that inputs and outputs lie as they have to."""
        wanted = self._wanted(module)

        def prepare(part: Module, inputs: tuple[Any, ...], mesh: DeviceMesh) -> tuple[Any, ...]:
            return (_spread(inputs[0], mesh, self.input_layouts[0], wanted), *inputs[1:])

        def finish(part: Module, outputs: Any, mesh: DeviceMesh) -> Any:
            return _output(outputs, self.output_layouts[0], self.use_local_output)

        return distribute_module(module, device_mesh, self._cut, prepare, finish)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(input_layouts={self.input_layouts}, output_layouts={self.output_layouts}, "
            f"use_local_output={self.use_local_output})"
        )


class ColwiseParallel(_Split):
    """A linear layer or embedding of which each process has some of the output's features.

    Args:
        input_layouts: How inputs lie: as copies by default.
        output_layouts: How outputs are to lie: each process has its features by default.
        use_local_output: Outputs are the process's parts, plain tensors.
    """

    _inputs, _outputs = Replicate(), Shard(-1)
    _linear, _embedding, _bias = Shard(0), Shard(1), Shard(0)


class RowwiseParallel(_Split):
    """A linear layer of which each process has some of the input's features, or an embedding of which it has some rows.

    Args:
        input_layouts: How inputs lie: each process has its features by default; give copies for an embedding.
        output_layouts: How outputs are to lie: as copies by default.
        use_local_output: Outputs are plain tensors.
    """

    _inputs, _outputs = Shard(-1), Replicate()
    _linear, _embedding, _bias = Shard(1), Shard(0), Replicate()

    def _wanted(self, module: Module) -> Placement:
        return Replicate() if isinstance(module, torch.nn.Embedding) else Shard(-1)


class SequenceParallel(ParallelStyle):
    """A layer of which each process computes a part of the sequence; its parameters are copies.

    Args:
        sequence_dim: The dimension of the sequence.
        use_local_output: Outputs are the process's parts, plain tensors.
    """

    def __init__(self, *, sequence_dim: int = 1, use_local_output: bool = False) -> None:
        self.sequence_sharding = (Shard(sequence_dim),)
        self.use_local_output = use_local_output

    def _copy(self, name: str, module: Module, mesh: DeviceMesh) -> None:
        for key, parameter in module._parameters.items():
            if parameter is not None:
                made = distribute_tensor(parameter, mesh, (Replicate(),), src_data_rank=self.src_data_rank)
                module._parameters[key] = made  # type: ignore[assignment]

    def _apply(self, module: Module, device_mesh: DeviceMesh) -> Module:
        """Copy the parameters, and cut inputs along the sequence."""
        lies = self.sequence_sharding[0]

        def prepare(part: Module, inputs: tuple[Any, ...], mesh: DeviceMesh) -> tuple[Any, ...]:
            if not isinstance(inputs[0], Tensor):
                raise ValueError(f"expecting input of {part} to be a torch.Tensor or DTensor, but got {inputs[0]}")
            return (_spread(inputs[0], mesh, lies, lies), *inputs[1:])

        def finish(part: Module, outputs: Any, mesh: DeviceMesh) -> Any:
            return outputs.to_local() if self.use_local_output and isinstance(outputs, DTensor) else outputs

        return distribute_module(module, device_mesh, self._copy, prepare, finish)


def _each(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list) else (given,)


class PrepareModuleInput(ParallelStyle):
    """Makes of the inputs of a module tensors over the processes that lie as they have to.

    Args:
        input_layouts: How each input lies; None for what is no tensor, or is to stay as it is.
        desired_input_layouts: How it is to lie.
        input_kwarg_layouts: The same for inputs given by keyword.
        desired_input_kwarg_layouts: How they are to lie.
        use_local_output: The module gets the process's parts, plain tensors.

    Raises:
        AssertionError: different numbers of layouts.
    """

    def __init__(
        self,
        *,
        input_layouts: Any = None,
        desired_input_layouts: Any = None,
        input_kwarg_layouts: dict[str, Placement] | None = None,
        desired_input_kwarg_layouts: dict[str, Placement] | None = None,
        use_local_output: bool = False,
    ) -> None:
        self.input_layouts = None if input_layouts is None else _each(input_layouts)
        self.desired_input_layouts = None if desired_input_layouts is None else _each(desired_input_layouts)
        self.input_kwarg_layouts = input_kwarg_layouts or {}
        self.desired_input_kwarg_layouts = desired_input_kwarg_layouts or {}
        self.use_local_output = use_local_output
        if self.input_layouts is not None:
            if self.desired_input_layouts is None:
                raise AssertionError("desired module inputs should not be None!")
            if len(self.input_layouts) != len(self.desired_input_layouts):
                raise AssertionError("input_layouts and desired_input_layouts should have same length!")

    def _prepared(self, tensor: Any, mesh: DeviceMesh, lies: Placement | None, wanted: Placement | None) -> Any:
        if lies is None or wanted is None or not isinstance(tensor, Tensor):
            return tensor
        spread = _spread(tensor, mesh, lies, wanted)
        return spread.to_local() if self.use_local_output else spread

    def _apply(self, module: Module, device_mesh: DeviceMesh) -> Module:
        """Put a hook before the module's forward pass."""

        def prepare(part: Module, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if self.input_layouts is not None:
                assert self.desired_input_layouts is not None
                if len(inputs) != len(self.input_layouts):
                    raise ValueError("module inputs and input_layouts should have same length!")
                layouts = zip(inputs, self.input_layouts, self.desired_input_layouts, strict=True)
                inputs = tuple(self._prepared(each, device_mesh, lies, wanted) for each, lies, wanted in layouts)
            named = {
                key: self._prepared(
                    each, device_mesh, self.input_kwarg_layouts.get(key), self.desired_input_kwarg_layouts.get(key)
                )
                for key, each in kwargs.items()
            }
            return inputs, named

        module.register_forward_pre_hook(prepare, with_kwargs=True)
        return module


class PrepareModuleOutput(ParallelStyle):
    """Makes of the outputs of a module tensors that lie as they have to.

    Args:
        output_layouts: How each output lies.
        desired_output_layouts: How it is to lie.
        use_local_output: The outputs are the process's parts, plain tensors.

    Raises:
        AssertionError: different numbers of layouts.
    """

    def __init__(self, *, output_layouts: Any, desired_output_layouts: Any, use_local_output: bool = True) -> None:
        self.output_layouts, self.desired_output_layouts = _each(output_layouts), _each(desired_output_layouts)
        self.use_local_output = use_local_output
        if len(self.output_layouts) != len(self.desired_output_layouts):
            raise AssertionError("output_layouts and desired_output_layouts should have same length!")

    def _apply(self, module: Module, device_mesh: DeviceMesh) -> Module:
        """Put a hook behind the module's forward pass."""

        def finish(part: Module, inputs: Any, outputs: Any) -> Any:
            several = _each(outputs)
            if len(several) != len(self.output_layouts):
                raise ValueError("module outputs and output_layouts should have same length!")
            made = []
            for each, lies, wanted in zip(several, self.output_layouts, self.desired_output_layouts, strict=True):
                spread = each if lies is None else _spread(each, device_mesh, lies, wanted)
                is_local = self.use_local_output and isinstance(spread, DTensor)
                made.append(spread.to_local() if is_local else spread)
            return made[0] if len(made) == 1 else tuple(made)

        module.register_forward_hook(finish)
        return module


class PrepareModuleInputOutput(ParallelStyle):
    """:class:`PrepareModuleInput` and :class:`PrepareModuleOutput` of one module."""

    def __init__(
        self,
        *,
        input_layouts: Any = None,
        desired_input_layouts: Any = None,
        input_kwarg_layouts: dict[str, Placement] | None = None,
        desired_input_kwarg_layouts: dict[str, Placement] | None = None,
        use_local_input: bool = False,
        output_layouts: Any = None,
        desired_output_layouts: Any = None,
        use_local_output: bool = True,
    ) -> None:
        self.prepare_module_input = PrepareModuleInput(
            input_layouts=input_layouts,
            desired_input_layouts=desired_input_layouts,
            input_kwarg_layouts=input_kwarg_layouts,
            desired_input_kwarg_layouts=desired_input_kwarg_layouts,
            use_local_output=use_local_input,
        )
        self.prepare_module_output = PrepareModuleOutput(
            output_layouts=output_layouts,
            desired_output_layouts=desired_output_layouts,
            use_local_output=use_local_output,
        )

    def _apply(self, module: Module, device_mesh: DeviceMesh) -> Module:
        """Put hooks before and behind the module's forward pass."""
        self.prepare_module_input._apply(module, device_mesh)
        return self.prepare_module_output._apply(module, device_mesh)
