"""Types of arguments and results, for annotations."""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from typing import IO, Any, Optional, Union

from ferrotorch import _C
from ferrotorch._size import Size
from ferrotorch.storage import UntypedStorage as Storage

__all__ = ["Device", "FileLike", "Number", "Storage"]

_dtype, _device, _layout = _C.dtype, _C.device, _C.layout
_int, _float, _bool, _complex = builtins.int, builtins.float, builtins.bool, builtins.complex
_TensorOrTensors = Union[_C.Tensor, Sequence[_C.Tensor]]  # noqa: UP007
_TensorOrTensorsOrGradEdge = Any
_size = Union[Size, builtins.list[builtins.int], builtins.tuple[builtins.int, ...]]  # noqa: UP007
_symsize = Union[Size, Sequence[builtins.int]]  # noqa: UP007
_dispatchkey = Any
SymInt, IntLikeType, FloatLikeType, BoolLikeType = builtins.int, builtins.int, builtins.float, builtins.bool
py_sym_types = (builtins.int, builtins.float, builtins.bool)
PySymType = Union[builtins.int, builtins.float, builtins.bool]  # noqa: UP007

#: What counts as a number.
Number = Union[builtins.int, builtins.float, builtins.bool]  # noqa: UP007
_Number = (builtins.int, builtins.float, builtins.bool)
#: What names a device.
Device = Optional[Union[_C.device, builtins.str, builtins.int]]  # noqa: UP007, UP045
#: What can be opened as a file.
FileLike = Union[builtins.str, os.PathLike[builtins.str], IO[builtins.bytes]]  # noqa: UP007
