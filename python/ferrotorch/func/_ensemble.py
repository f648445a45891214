"""Several modules of one class as one with stacked tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.nn.modules.batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from ferrotorch.nn.modules.module import Module


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Parameters and buffers of all models by name, each with the models along a new dimension 0, as new leaves.

    Raises:
        RuntimeError: no model, models of different classes or modes, or tensors of which some need gradients.
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return _stacked(parameters), _stacked(buffers)


def _stacked(dicts: list[dict[str, Any]]) -> dict[str, Tensor]:
    return {name: _leaf(name, [tensors[name] for tensors in dicts]) for name in dicts[0]}


def _leaf(name: str, tensors: list[Tensor]) -> Tensor:
    needed = {tensor.requires_grad for tensor in tensors}
    if len(needed) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    return torch.stack(tensors).detach().requires_grad_(needed.pop())


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Take the running statistics from all batch normalisations in ``root``, which then use those of the batch."""
    for module in root.modules():
        if isinstance(module, BatchNorm1d | BatchNorm2d | BatchNorm3d) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
