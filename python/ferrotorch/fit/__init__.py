"""Training as one call: a loop, metrics, checkpoints, progress and history over ``nn``, ``optim`` and ``utils.data``.

Everything here is built of the public layers below it, and each part serves alone: a metric needs no trainer, a trainer
no metric. The loop is the one that everybody writes by hand, with the checks that nobody does.
"""

from ferrotorch.fit._counting import Metric
from ferrotorch.fit.callbacks import Callback, Checkpoint, EarlyStopping
from ferrotorch.fit.errors import CheckpointError, FitError, FitInterrupted, NonFiniteError
from ferrotorch.fit.history import History
from ferrotorch.fit.lr_finder import LearningRates
from ferrotorch.fit.metrics import (
    AUROC,
    F1,
    MAE,
    MSE,
    R2,
    Accuracy,
    ConfusionMatrix,
    TopK,
)
from ferrotorch.fit.random_state import seed_everything
from ferrotorch.fit.trainer import Trainer

__all__ = [
    "AUROC",
    "F1",
    "MAE",
    "MSE",
    "R2",
    "Accuracy",
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "ConfusionMatrix",
    "EarlyStopping",
    "FitError",
    "FitInterrupted",
    "History",
    "LearningRates",
    "Metric",
    "NonFiniteError",
    "TopK",
    "Trainer",
    "seed_everything",
]
