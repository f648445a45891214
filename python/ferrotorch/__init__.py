"""Tensors with automatic differentiation, in the shape of PyTorch, on a Rust core."""

from __future__ import annotations

import pkgutil
import sys
from functools import partial as _partial
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from os import environ, path
from typing import TYPE_CHECKING, Any

from ferrotorch import _C
from ferrotorch._C import *  # noqa: F403
from ferrotorch._C import Tensor
from ferrotorch._size import Size as Size
from ferrotorch.version import __version__ as __version__

if TYPE_CHECKING:
    from ferrotorch import accelerator as accelerator
    from ferrotorch import cpu as cpu
    from ferrotorch import fft as fft
    from ferrotorch import nn as nn
    from ferrotorch import optim as optim
    from ferrotorch import random as random
    from ferrotorch import return_types as return_types
    from ferrotorch import special as special
    from ferrotorch import utils as utils
    from ferrotorch import wgpu as wgpu


def _private_name(name: str) -> Any:
    """What packages look for in ``torch._C`` that is written in Python here."""
    if name.startswith("__"):
        raise AttributeError(f"module 'ferrotorch._C' has no attribute {name!r}")
    from ferrotorch import _c_names

    return _c_names.find(name)


def _private_name_of_family(family: str, name: str) -> Any:
    """The same for ``torch._C._fft``, ``_linalg`` and ``_special``."""
    if name.startswith("__"):
        raise AttributeError(f"module 'torch._C._{family}' has no attribute {name!r}")
    from ferrotorch import _c_names

    return _c_names.find_in_family(family, name)


def _private_name_of_layers(name: str) -> Any:
    """The same for ``torch._C._nn``."""
    if name != "_parse_to":
        raise AttributeError(f"module 'torch._C._nn' has no attribute {name!r}")
    from ferrotorch.nn.modules.module import _parse_to

    return _parse_to


setattr(_C, "__getattr__", _private_name)  # noqa: B010 (mypy sees no such attribute)
setattr(_C._nn, "__getattr__", _private_name_of_layers)  # noqa: B010
for _family in ("fft", "linalg", "special"):
    getattr(_C, f"_{_family}").__getattr__ = _partial(_private_name_of_family, _family)
del _family

newaxis = None
if TYPE_CHECKING:
    chalf, cfloat, cdouble = _C.complex32, _C.complex64, _C.complex128
    half, float, double = _C.float16, _C.float32, _C.float64
    short, int, long = _C.int16, _C.int32, _C.int64
globals().update(_C._dtype_aliases)

from ferrotorch import _tensor as _tensor  # noqa: E402 (adds methods to Tensor)
from ferrotorch import autograd as autograd  # noqa: E402
from ferrotorch import storage as storage  # noqa: E402 (adds methods to UntypedStorage)
from ferrotorch._elsewhere import ELSEWHERE as _OF_PARTS  # noqa: E402
from ferrotorch._exchange import *  # noqa: E402, F403
from ferrotorch._legacy import *  # noqa: E402, F403
from ferrotorch.autograd import enable_grad as enable_grad  # noqa: E402
from ferrotorch.autograd import inference_mode as inference_mode  # noqa: E402
from ferrotorch.autograd import no_grad as no_grad  # noqa: E402
from ferrotorch.autograd import set_grad_enabled as set_grad_enabled  # noqa: E402
from ferrotorch.functional import *  # noqa: E402, F403
from ferrotorch.random import *  # noqa: E402, F403

# The parts of the package, by the names of its files: what is not loaded by now is when it is first asked for.
_FILES = (part.name for part in pkgutil.iter_modules([path.dirname(__file__)]))
_PARTS = frozenset(name for name in _FILES if not name.startswith("_") and name not in globals())
# Names that are found in parts which not every program needs.
_ELSEWHERE = {
    **dict.fromkeys(
        [
            "float4_e2m1fn_x2", "qint8", "quint8", "quint4x2", "quint2x4", "qint32",
            "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2",
            *(f"{kind}{bits}" for kind in ("int", "uint") for bits in "1234567"),
        ],
        "_absent_dtypes",
    ),
    "compile": "_compile", "_disable_dynamo": "_compile",
    "PyTorchFileReader": "_pickling.reader", "ScriptModule": "jit", "ScriptFunction": "jit",
    **dict.fromkeys(
        [
            "SymBool", "SymFloat", "SymInt", "sym_float", "sym_fresh_size", "sym_int", "sym_ite", "sym_max", "sym_min",
            "sym_not", "sym_sqrt", "sym_sum",
        ], "_symbols",
    ),
    "install_as_torch": "_alias",
    **dict.fromkeys(["GradScaler", "autocast"], "amp"), "Future": "futures",
    **dict.fromkeys(["Event", "Stream"], "_streams"),
    **dict.fromkeys(["jagged", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr"], "_layouts"),
    **dict.fromkeys(
        [
            "sparse_bsc_tensor", "sparse_bsr_tensor", "sparse_compressed_tensor", "sparse_coo_tensor",
            "sparse_csc_tensor", "sparse_csr_tensor", "_validate_sparse_coo_tensor_args",
            "_validate_sparse_compressed_tensor_args",
        ], "sparse._construction",
    ),
    "_sparse_broadcast_to": "sparse._views",
    **dict.fromkeys(
        [
            "per_channel_affine", "per_channel_affine_float_qparams", "per_channel_symmetric", "per_tensor_affine",
            "per_tensor_symmetric", "qscheme",
        ], "_qschemes",
    ),
    "finfo": "type_info", "iinfo": "type_info", "load": "serialization", "save": "serialization",
    "set_printoptions": "_tensor_str", "get_device_module": "accelerator", "vmap": "func", "ops": "_ops",
    **dict.fromkeys(
        [
            "_assert", "_assert_async", "_check", "_check_index", "_check_is_size", "_check_not_implemented",
            "_check_tensor_all", "_check_tensor_all_with", "_check_type", "_check_value", "_check_with",
        ],
        "_asserts",
    ),
    **dict.fromkeys(
        ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"], "_functions.windows"
    ),
    **dict.fromkeys(["pca_lowrank", "svd_lowrank"], "_lowrank"), "lobpcg": "_lobpcg",
    **dict.fromkeys(
        [
            "are_deterministic_algorithms_enabled", "compiled_with_cxx11_abi", "get_deterministic_debug_mode",
            "get_float32_matmul_precision", "get_num_interop_threads", "is_deterministic_algorithms_warn_only_enabled",
            "is_warn_always_enabled", "set_default_tensor_type", "set_deterministic_debug_mode",
            "set_float32_matmul_precision", "set_flush_denormal", "set_num_interop_threads", "set_vital",
            "set_warn_always",
            "use_deterministic_algorithms",
        ], "_settings",
    ),
    **dict.fromkeys(
        [
            "autocast_decrement_nesting", "autocast_increment_nesting", "clear_autocast_cache",
            "get_autocast_cpu_dtype", "get_autocast_dtype", "get_autocast_gpu_dtype", "is_autocast_cache_enabled",
            "is_autocast_cpu_enabled", "is_autocast_enabled", "set_autocast_cache_enabled", "set_autocast_cpu_dtype",
            "set_autocast_cpu_enabled", "set_autocast_dtype", "set_autocast_enabled", "set_autocast_gpu_dtype",
        ], "amp._switches",
    ),
    **_OF_PARTS,
}  # fmt: skip


# Private parts of PyTorch that packages reach as attributes.
_PRIVATE_PARTS = frozenset(
    [
        "_VF",
        "__config__",
        "__future__",
        "_custom_ops",
        "_dynamo",
        "_guards",
        "_inductor",
        "_jit_internal",
        "_subclasses",
        "_tensor_str",
        "_utils",
    ]
)

# Functions of ``nn.functional`` that the package itself has under the same name, with the same parameters.
_FUNCTIONAL = frozenset(
    [
        "adaptive_avg_pool1d", "avg_pool1d", "bilinear", "celu", "celu_", "channel_shuffle",
        "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_similarity",
        "group_norm", "hardshrink", "layer_norm", "max_pool1d",
        "max_pool2d", "max_pool3d", "native_channel_shuffle",
        "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "prelu",
        "rms_norm", "rrelu", "rrelu_", "selu", "selu_", "threshold", "threshold_",
    ]
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load parts that not every program needs at their first use."""
    import importlib

    if name in _PARTS or name in _PRIVATE_PARTS:
        return importlib.import_module(f"ferrotorch.{name}")
    if name == "torch":
        # As in PyTorch, whose modules import the package by its name.
        return sys.modules[__name__]
    if name in _FUNCTIONAL:
        module = "nn.functional"
    elif name.startswith("_foreach_"):
        module = "_foreach"
    elif name in _ELSEWHERE:
        module = _ELSEWHERE[name]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    part = importlib.import_module(f"ferrotorch.{module}")
    if module == "_foreach" or module.startswith("_functions."):
        from ferrotorch import _interception

        _interception.functions(vars(part), [name])
    value = getattr(part, name)
    # Found there from now on.
    globals()[name] = value
    return value


if environ.get("FERROTORCH_DEVICE_ALIAS"):
    from ferrotorch._alias import devices

    devices.set_alias(environ["FERROTORCH_DEVICE_ALIAS"])


def typename(obj: Any) -> str:
    """The name of a class or function, or of an object's type; a tensor's legacy type name."""
    if isinstance(obj, Tensor):
        return obj.type()
    named = next((thing for thing in (obj, type(obj)) if hasattr(thing, "__qualname__")), obj)
    module = getattr(named, "__module__", None)
    return named.__qualname__ if module in (None, "", "builtins") else f"{module}.{named.__qualname__}"


# What `from ferrotorch import *` gives, and what the API reference shows.
_IMPORTED = frozenset(["Any", "TYPE_CHECKING", "annotations", "devices", "environ", "path", "pkgutil", "sys"])
__all__ = sorted(name for name in globals() if not name.startswith("_") and name not in _IMPORTED)


def __dir__() -> list[str]:
    """All names, those of parts that are not loaded yet among them."""
    return sorted({*globals(), *_PARTS, *_ELSEWHERE, *_FUNCTIONAL})
