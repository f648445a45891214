"""Settings of modules whose parameters are spread over processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["CPUOffloadPolicy", "MixedPrecisionPolicy", "OffloadPolicy"]


@dataclass(frozen=True)
class MixedPrecisionPolicy:
    """The dtypes in which a module computes; parameters themselves keep theirs.

    Args:
        param_dtype: Of the parameters as forward and backward passes see them, and of the module's inputs.
        reduce_dtype: In which gradients are averaged; by default that of the parameters in a pass.
        output_dtype: Of the module's outputs.
        cast_forward_inputs: Whether inputs that are floating-point tensors get ``param_dtype``.
    """

    param_dtype: Any = None
    reduce_dtype: Any = None
    output_dtype: Any = None
    cast_forward_inputs: bool = True


@dataclass
class OffloadPolicy:
    """Parameters stay on their device."""


@dataclass
class CPUOffloadPolicy(OffloadPolicy):
    """Parameters, gradients and optimizer states are kept by the host; passes have copies on the mesh's device."""

    pin_memory: bool = True
