"""Hooks of communication: what :class:`~ferrotorch.nn.parallel.DistributedDataParallel` does with a full bucket."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import Any

from ferrotorch.distributed.algorithms.ddp_comm_hooks import (
    debugging_hooks,
    default_hooks,
    post_localSGD_hook,
    powerSGD_hook,
    quantization_hooks,
)

__all__ = [
    "DDPCommHookType", "debugging_hooks", "default_hooks", "post_localSGD_hook", "powerSGD_hook", "quantization_hooks",
    "register_ddp_comm_hook",
]  # fmt: skip


class DDPCommHookType(Enum):
    """Hooks by names."""

    ALLREDUCE = partial(default_hooks.allreduce_hook)
    FP16_COMPRESS = partial(default_hooks.fp16_compress_hook)
    BF16_COMPRESS = partial(default_hooks.bf16_compress_hook)
    POST_LOCAL_SGD = partial(post_localSGD_hook.post_localSGD_hook)
    QUANTIZE_PER_TENSOR = partial(quantization_hooks.quantization_pertensor_hook)
    QUANTIZE_PER_CHANNEL = partial(quantization_hooks.quantization_perchannel_hook)
    POWER_SGD = partial(powerSGD_hook.powerSGD_hook)
    BATCHED_POWER_SGD = partial(powerSGD_hook.batched_powerSGD_hook)
    NOOP = partial(debugging_hooks.noop_hook)


def register_ddp_comm_hook(comm_hook_type: DDPCommHookType, model: Any, state: Any = None) -> None:
    """Let one of the hooks average the gradients of a `DistributedDataParallel`.

    Args:
        comm_hook_type: The hook.
        model: The module.
        state: What the hook gets first: the processes, or a `PowerSGDState`.
    """
    model.register_comm_hook(state, comm_hook_type.value)
