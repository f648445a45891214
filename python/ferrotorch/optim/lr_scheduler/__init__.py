"""Learning-rate schedulers: they change the learning rates of an optimizer as training goes on.

    scheduler = lr_scheduler.StepLR(optimizer, step_size=30)
    for epoch in range(100):
        train(...)
        scheduler.step()

A scheduler's `step` is called after the optimizer's. Most schedulers are *chainable*: they multiply the current
learning rate, so that several may act on one optimizer.
"""

from .base import LRScheduler, _enable_get_lr_call, _warn_get_lr_called_within_step
from .composite import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cyclic import CyclicLR
from .decay import ExponentialLR, MultiStepLR, PolynomialLR, StepLR
from .lambdas import LambdaLR, MultiplicativeLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau
from .warmup import ConstantLR, LinearLR

_LRScheduler = LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
