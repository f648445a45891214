"""Files of TorchScript, which hold programs that cannot be run or made here."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["load", "save"]


def save(m: Any, f: Any, _extra_files: Any = None) -> NoReturn:
    """Save a module as a program.

    Raises:
        RuntimeError: always; it says what to do instead.
    """
    raise RuntimeError(
        "torch.jit.save(): ferrotorch does not compile TorchScript, so there is no program to save. Save the "
        "parameters with torch.save(module.state_dict(), file), and load them into the module made anew"
    )


def load(f: Any, map_location: Any = None, _extra_files: Any = None, _restore_shapes: bool = False) -> NoReturn:
    """Load a module that was saved as a program.

    Raises:
        RuntimeError: always; it says what to do instead.
    """
    raise RuntimeError(
        "torch.jit.load(): ferrotorch does not run TorchScript. In PyTorch, save the parameters with "
        "torch.save(torch.jit.load(file).state_dict(), other), and load that into the module's Python class here"
    )
