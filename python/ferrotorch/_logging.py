"""How much PyTorch's parts say, by the loggers that are named after them."""

from __future__ import annotations

import logging
from typing import Any

__all__ = ["set_logs"]

# The parts that have a logger, by the name that `set_logs` knows them by.
_LOGGERS = {
    "all": "torch", "dynamo": "torch._dynamo", "aot": "torch._functorch", "inductor": "torch._inductor",
    "dynamic": "torch.fx.experimental.symbolic_shapes", "torch": "torch", "distributed": "torch.distributed",
    "dist_c10d": "torch.distributed.distributed_c10d", "dist_ddp": "torch.nn.parallel.distributed",
    "dist_fsdp": "torch.distributed.fsdp", "onnx": "torch.onnx", "export": "torch.export",
}  # fmt: skip


def set_logs(*, modules: dict[str, int] | None = None, **levels: Any) -> None:
    """Set the levels of loggers.

    Args:
        modules: levels by the names of loggers.
        levels: a level by the name of a part (``dynamo=logging.DEBUG``), or True or False for what a compiler would
            write down of its work (``graph_breaks=True``): nothing is compiled here, and there is nothing to write.

    Raises:
        ValueError: a level of a part that there is no logger of.
    """
    for name, level in levels.items():
        if isinstance(level, bool) or level is None:
            continue
        if name not in _LOGGERS:
            raise ValueError(f"Unrecognized log or artifact name passed to set_logs: {name}")
        logging.getLogger(_LOGGERS[name]).setLevel(level)
    for name, level in (modules or {}).items():
        logging.getLogger(name).setLevel(level)
