"""Settings of the whole package that programs ask for: how exact, how repeatable.

Every op computes in the dtype of its tensors, whatever is set, and gives the same result each time, but for sums by
index on GPUs; the other settings are kept so that they can be asked for.
"""

from __future__ import annotations

from typing import Any

from ferrotorch import _C

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compiled_with_cxx11_abi",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "set_default_tensor_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_vital",
    "set_warn_always",
    "use_deterministic_algorithms",
]

_MODES = ("default", "warn", "error")
_PRECISIONS = ("highest", "high", "medium")
_settings: dict[str, Any] = {"deterministic": 0, "precision": "highest", "warn_always": False, "interop": 1}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Whether `scatter_add` of many float32 numbers on a GPU gives the same sums each time, to the last bit.

    Every other op gives the same result each time anyway.
    """
    set_deterministic_debug_mode(0 if not mode else 1 if warn_only else 2)


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was given last."""
    return _settings["deterministic"] > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """What `use_deterministic_algorithms` was given last as ``warn_only``."""
    return _settings["deterministic"] == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms` by number or name: 0 or "default", 1 or "warn", 2 or "error".

    Raises:
        RuntimeError: there is no such mode.
    """
    mode = _MODES.index(debug_mode) if debug_mode in _MODES else debug_mode
    if mode not in (0, 1, 2):
        raise RuntimeError(
            f"invalid value of debug_mode, expected one of `default`, `warn`, `error` or 0, 1, 2, but got {debug_mode}"
        )
    _settings["deterministic"] = mode
    _C._gpu_set_deterministic(mode > 0)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2, as `set_deterministic_debug_mode` has it."""
    return _settings["deterministic"]


def set_float32_matmul_precision(precision: str) -> None:
    """Allow products of float32 to be less exact: "highest", "high" or "medium". They are exact in any case.

    Raises:
        RuntimeError: there is no such precision.
    """
    if precision not in _PRECISIONS:
        raise RuntimeError(f"invalid precision value: {precision}, expected one of {', '.join(_PRECISIONS)}")
    _settings["precision"] = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was given last."""
    return _settings["precision"]


def set_warn_always(b: bool) -> None:
    """Accepted: how often a warning is shown is for Python's filters to say."""
    _settings["warn_always"] = bool(b)


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` was given last."""
    return _settings["warn_always"]


def set_vital(*args: Any) -> None:
    """Does nothing but warn: nobody collects what programs once noted about themselves."""
    import warnings

    warnings.warn("'set_vital' is deprecated, please do not call", stacklevel=2)


def set_flush_denormal(mode: bool) -> bool:
    """Whether numbers too small for all their digits may become zero. They are kept here.

    Returns:
        False where it was asked for: it is not supported.
    """
    return not mode


def set_num_interop_threads(num: int) -> None:
    """Accepted: ops run one after the other, each on the threads that `set_num_threads` names.

    Raises:
        RuntimeError: a number below 1.
    """
    if num < 1:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    _settings["interop"] = int(num)


def get_num_interop_threads() -> int:
    """What `set_num_interop_threads` was given last; 1 at first."""
    return _settings["interop"]


def compiled_with_cxx11_abi() -> bool:
    """True, as of all builds of PyTorch today; this library has no interface in C++."""
    return True


def set_default_tensor_type(t: Any) -> None:
    """The older form of `set_default_dtype`, with a legacy tensor type or its name; one on a GPU sets the device, too.

    Raises:
        TypeError: ``t`` is none.
    """
    from ferrotorch._legacy import dtype_named

    name = t if isinstance(t, str) else f"{getattr(t, '__module__', '')}.{getattr(t, '__name__', '')}"
    try:
        dtype = dtype_named(name)
    except ValueError:
        raise TypeError(f"invalid type object: {t!r}") from None
    _C.set_default_dtype(dtype)
    _C.set_default_device("cuda" if ".cuda." in name else "cpu")
