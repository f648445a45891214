"""What a module made from a graph takes from another, and how it is written as a package."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import ferrotorch as torch
from ferrotorch.fx._generated import for_this_library
from ferrotorch.fx._names import _custom_builtins


def copy_member(source: Any, target: Any, path: str) -> None:
    """Give a module what another has under a dotted name, with empty modules above."""
    *above, name = path.split(".")
    for part in above:
        child, own = getattr(source, part), getattr(target, part, None)
        if child is own:
            # It has been taken as a whole.
            return
        if own is None:
            own = torch.nn.Module()
            setattr(target, part, own)
        source, target = child, own
    value = getattr(source, name)
    if isinstance(value, torch.Tensor) and not isinstance(value, torch.nn.Parameter):
        target.register_buffer(name, value, persistent=name not in source._non_persistent_buffers_set)
    else:
        setattr(target, name, value)


def assign_member(value: Any, target: Any, path: str) -> None:
    """Give a module a value under a dotted name, with empty modules above."""
    *above, name = path.split(".")
    for part in above:
        if getattr(target, part, None) is None:
            setattr(target, part, torch.nn.Module())
        target = getattr(target, part)
    if isinstance(value, torch.Tensor) and not isinstance(value, torch.nn.Parameter):
        target.register_buffer(name, value)
    else:
        setattr(target, name, value)


def indented(text: str) -> str:
    """All lines but the first, indented where there is something in them."""
    first, *rest = text.split("\n")
    return "\n".join([first, *("    " + line if line.strip() else "" for line in rest)])


def write_package(module: Any, folder: str | os.PathLike[str], name: str) -> None:
    """Write ``module.py`` with the code of a module, ``state_dict.pt``, and pickles of modules below that need it."""
    place = Path(folder)
    place.mkdir(exist_ok=True)
    torch.save(module.state_dict(), place / "state_dict.pt")
    imports = "\n".join(builtin.import_str for builtin in _custom_builtins.values())
    lines = [for_this_library(f"\nimport torch\n{imports}\n\nfrom torch.nn import *\n")]
    lines += [f"class {name}(torch.nn.Module):", "    def __init__(self):", "        super().__init__()"]
    pickled: list[str] = []
    lines += [f"        {line}" for line in _constructor(module, place, pickled)]
    lines += [indented(f"\n{module.code}"), ""]
    (place / "module.py").write_text("\n".join(lines))
    (place / "__init__.py").write_text("from .module import *")
    if pickled:
        warnings.warn(
            f"Was not able to save the following children modules as reprs -saved as pickled files instead: {pickled}",
            stacklevel=3,
        )


def _constructor(module: Any, place: Path, pickled: list[str]) -> list[str]:
    """Statements that make the members of a module."""
    nn = torch.nn
    plain = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    lines = []
    for name, child in module.named_children():
        if type(child) in plain:
            lines.append(f"setattr(self, '{name}', {child!r})")
            continue
        pickled.append(name)
        torch.save(child, place / f"{name}.pt")
        comment = repr(child).replace("\r", " ").replace("\n", " ")
        file = place / f"{name}.pt"
        lines.append(f"setattr(self, '{name}', torch.load(r'{file}', weights_only=False)) # {comment}")
    for name, buffer in module._buffers.items():
        if buffer is not None:
            value = f"torch.empty({list(buffer.shape)}, dtype={buffer.dtype})"
            lines.append(f"self.register_buffer('{name}', {value})")
    for name, param in module._parameters.items():
        if param is not None:
            value = f"torch.nn.Parameter(torch.empty({list(param.shape)}, dtype={param.dtype}))"
            lines.append(f"setattr(self, '{name}', {value})")
    return [*lines, f"self.load_state_dict(torch.load(r'{place}/state_dict.pt'))"]
