"""Ops that packages bring as libraries compiled for PyTorch's runtime, written in ops of this one.

``torch.ops.load_library`` knows them by the package and the name of the file.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

__all__ = ["load"]

# By folder and file, without what follows the first dot: the module that defines the ops.
_KNOWN = {
    ("lib", "_torchaudio"): "torchaudio",
    ("lib", "libtorchaudio"): "torchaudio",
    ("torchvision", "_C"): "torchvision",
    ("torchvision", "_C_stable"): "torchvision",
    ("torchvision", "image"): "images",
    ("torchvision", "image_stable"): "images",
}


def load(path: str | Path) -> bool:
    """Define the ops of a compiled library. False: it is not known here."""
    place = Path(path)
    module = _KNOWN.get((place.parent.name, place.name.partition(".")[0]))
    if module is None:
        return False
    import_module(f"ferrotorch._extensions.{module}")
    return True
