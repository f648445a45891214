"""Settings of the older interface, :class:`FullyShardedDataParallel`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import ferrotorch as torch

__all__ = [
    "BackwardPrefetch",
    "CPUOffload",
    "FullOptimStateDictConfig",
    "FullStateDictConfig",
    "LocalOptimStateDictConfig",
    "LocalStateDictConfig",
    "MixedPrecision",
    "OptimStateDictConfig",
    "ShardedOptimStateDictConfig",
    "ShardedStateDictConfig",
    "ShardingStrategy",
    "StateDictConfig",
    "StateDictSettings",
    "StateDictType",
]


class ShardingStrategy(Enum):
    """What is spread over processes."""

    FULL_SHARD = auto()
    """Parameters, gradients and optimizer states; parameters are gathered anew for the backward pass."""
    SHARD_GRAD_OP = auto()
    """The same, but parameters stay in memory from the forward to the backward pass."""
    NO_SHARD = auto()
    """Nothing: gradients are averaged as by `DistributedDataParallel`."""
    HYBRID_SHARD = auto()
    """As FULL_SHARD within lines of processes that are copies of one another."""
    _HYBRID_SHARD_ZERO2 = auto()
    """As SHARD_GRAD_OP within such lines."""


class BackwardPrefetch(Enum):
    """Accepted: when the parameters for the next part of a backward pass begin to be gathered."""

    BACKWARD_PRE = auto()
    BACKWARD_POST = auto()


@dataclass
class MixedPrecision:
    """The dtypes in which a module computes.

    Args:
        param_dtype: Of parameters in passes, and of inputs.
        reduce_dtype: In which gradients are averaged.
        buffer_dtype: Of buffers.
        keep_low_precision_grads: Accepted: gradients have the dtype of their parameters.
        cast_forward_inputs: Whether the inputs of each module that is wrapped are cast.
        cast_root_forward_inputs: Whether those of the outermost one are.
        _module_classes_to_ignore: Classes of modules that compute in full precision.
    """

    param_dtype: Any = None
    reduce_dtype: Any = None
    buffer_dtype: Any = None
    keep_low_precision_grads: bool = False
    cast_forward_inputs: bool = False
    cast_root_forward_inputs: bool = True
    _module_classes_to_ignore: Sequence[type[torch.nn.Module]] = (torch.nn.modules.batchnorm._BatchNorm,)


@dataclass
class CPUOffload:
    """Whether parameters are kept by the host."""

    offload_params: bool = False


class StateDictType(Enum):
    """What states of modules hold."""

    FULL_STATE_DICT = auto()
    """Whole tensors."""
    LOCAL_STATE_DICT = auto()
    """This process's parts, as plain tensors."""
    SHARDED_STATE_DICT = auto()
    """Tensors that are spread over the processes."""


@dataclass
class StateDictConfig:
    """How states of modules are given; ``offload_to_cpu``: in host memory."""

    offload_to_cpu: bool = False


@dataclass
class FullStateDictConfig(StateDictConfig):
    """The same for whole tensors; ``rank0_only``: the other processes get an empty state."""

    rank0_only: bool = False


@dataclass
class LocalStateDictConfig(StateDictConfig):
    """The same for parts."""


@dataclass
class ShardedStateDictConfig(StateDictConfig):
    """The same for tensors that are spread over processes."""

    _use_dtensor: bool = True


@dataclass
class OptimStateDictConfig:
    """How states of optimizers are given; ``offload_to_cpu``: in host memory."""

    offload_to_cpu: bool = True


@dataclass
class FullOptimStateDictConfig(OptimStateDictConfig):
    """The same for whole tensors; ``rank0_only``: the other processes get an empty state."""

    rank0_only: bool = False


@dataclass
class LocalOptimStateDictConfig(OptimStateDictConfig):
    """The same for parts."""

    offload_to_cpu: bool = False


@dataclass
class ShardedOptimStateDictConfig(OptimStateDictConfig):
    """The same for tensors that are spread over processes."""

    _use_dtensor: bool = True


@dataclass
class StateDictSettings:
    """What states of a module and of its optimizers hold, and how they are given."""

    state_dict_type: StateDictType
    state_dict_config: StateDictConfig
    optim_state_dict_config: OptimStateDictConfig
