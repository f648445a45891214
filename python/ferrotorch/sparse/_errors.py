"""The errors of ops that sparse tensors do not take part in."""

from __future__ import annotations

from typing import Any

from ferrotorch.sparse._handles import handle_of


def backend_of(x: Any) -> str:
    """PyTorch's name of the backend of a tensor, e.g. ``SparseCPU``."""
    handle = handle_of(x)
    if handle is not None:
        return str(handle.backend)
    device = x.device.type
    return "CPU" if device == "cpu" else str(device).upper()


def unsupported(op: str, x: Any) -> NotImplementedError:
    """The error of an op by its name among PyTorch's operators, for an argument."""
    return NotImplementedError(
        f"Could not run 'aten::{op}' with arguments from the '{backend_of(x)}' backend. This could be because the "
        "operator doesn't exist for this backend. Convert the tensor by to_dense() first, or compute with its values()."
    )
