"""Files of TorchScript, which hold programs: they are read and run, and not made."""

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


def load(f: Any, map_location: Any = None, _extra_files: Any = None, _restore_shapes: bool = False) -> Any:
    """Load a module that PyTorch's ``torch.jit.save`` wrote, with the methods of its program.

    The code of the file is checked and run as Python: it can do what TorchScript can, and reach nothing else. Modules
    are of class :class:`~ferrotorch.jit.ScriptModule`, whose parameters can be trained and moved as those of others.

    Args:
        f: a path, or an open file.
        map_location: where tensors go, as for :func:`~ferrotorch.load`.
        _extra_files: a dict, whose names are looked up among the file's other texts.

    Raises:
        ValueError: there is no such file.
        RuntimeError: the file is no archive of TorchScript, or is damaged.
        NotImplementedError: when a method is called first that uses an op which is not here.
    """
    from ferrotorch.jit._programs import load_program

    return load_program(f, map_location, _extra_files)
