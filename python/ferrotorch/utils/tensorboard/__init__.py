"""Records for TensorBoard, written by the package ``tensorboard``.

Raises:
    ImportError: that package is not installed.
"""

from __future__ import annotations

try:
    import tensorboard as _tensorboard
except ImportError as error:
    raise ImportError(
        "TensorBoard logging requires TensorBoard version 1.15 or above: pip install tensorboard"
    ) from error

from ferrotorch.utils.tensorboard.writer import FileWriter, SummaryWriter

__all__ = ["FileWriter", "SummaryWriter"]
