"""Private names of PyTorch's extension module that packages touch when they are imported."""

from __future__ import annotations

import contextlib
import enum
import functools
import importlib
import types
import warnings
from typing import Any

from ferrotorch import _C

__all__ = ["find", "find_in_family"]


class DispatchKey(enum.Enum):
    """The kinds of kernels that PyTorch chooses from; nothing is registered by them here."""

    Undefined = 0
    CPU = 1
    CUDA = 2
    Meta = 3
    AutogradCPU = 4
    AutogradCUDA = 5
    AutocastCPU = 6
    AutocastCUDA = 7
    AutocastXPU = 8
    CompositeImplicitAutograd = 9
    CompositeExplicitAutograd = 10


class DispatchKeySet:
    """Some kinds of kernels."""

    def __init__(self, key: DispatchKey | None = None) -> None:
        self._keys = frozenset() if key is None else frozenset([key])

    def __or__(self, other: DispatchKeySet) -> DispatchKeySet:
        joined = DispatchKeySet()
        joined._keys = self._keys | other._keys
        return joined

    def has(self, key: DispatchKey) -> bool:
        """Is a kind among them?"""
        return key in self._keys


class _ExcludeDispatchKeyGuard:
    """A context in which some kinds of kernels are not chosen: of these there is autocast, which is off then."""

    def __init__(self, keys: DispatchKeySet) -> None:
        kinds = (("cpu", DispatchKey.AutocastCPU), ("cuda", DispatchKey.AutocastCUDA))
        self._kinds = [kind for kind, key in kinds if keys.has(key)]
        self._contexts = contextlib.ExitStack()

    def __enter__(self) -> None:
        from ferrotorch.amp import autocast

        for kind in self._kinds:
            with warnings.catch_warnings(action="ignore"):
                self._contexts.enter_context(autocast(kind, enabled=False))

    def __exit__(self, *exception: object) -> None:
        self._contexts.close()


def _log_api_usage_once(event: str) -> None:
    """PyTorch counts the use of its parts here. Nothing is counted."""


def _get_privateuse1_backend_name() -> str:
    """The name of the kind of device that is this library's own."""
    return "wgpu"


def _are_functorch_transforms_active() -> bool:
    """Is this call inside ``vmap`` or another transform?"""
    return bool(_C._vmap_frames())


def _get_tracing_state() -> None:
    """The state of a trace that is being made: none ever is."""
    return None


def _is_tracing() -> bool:
    """False: calls are not traced."""
    return False


class _Switches:
    """Switches of TorchScript's compiler, which is not here; they keep what they are set to.

    Of each pair the first sets one and gives what it was, the second gives what it is.
    """

    _PAIRS = (
        ("_jit_set_profiling_executor", "_get_graph_executor_optimize"),
        ("_jit_set_profiling_mode", "_jit_get_profiling_mode"),
        ("_jit_override_can_fuse_on_cpu", "_jit_can_fuse_on_cpu"),
        ("_jit_override_can_fuse_on_gpu", "_jit_can_fuse_on_gpu"),
        ("_jit_set_texpr_fuser_enabled", "_jit_texpr_fuser_enabled"),
        ("_jit_set_nvfuser_enabled", "_jit_nvfuser_enabled"),
    )

    def __init__(self) -> None:
        self._values = {name: "profiling" in name for name, _ in self._PAIRS}

    def functions(self) -> dict[str, Any]:
        """The functions by their names."""
        setters = {name: functools.partial(self._set, name) for name, _ in self._PAIRS}
        getters = {getter: functools.partial(self._values.__getitem__, name) for name, getter in self._PAIRS}
        return {**setters, **getters}

    def _set(self, name: str, value: bool) -> bool:
        before = self._values[name]
        self._values[name] = bool(value)
        return before


def _is_alias_of(first: Any, second: Any) -> bool:
    """Do two tensors share their memory?"""
    return bool(first.untyped_storage().data_ptr() == second.untyped_storage().data_ptr())


def _get_accelerator(check: bool | None = None) -> Any:
    """The device that programs should use: the accelerator's, where there is one."""
    from ferrotorch import accelerator

    found = accelerator.current_accelerator()
    return _C.device("cpu") if found is None else found


class _Absent:
    """The types of programs of TorchScript, of which there are no objects here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"torch._C.{type(self).__name__}: ferrotorch does not compile TorchScript")


# Those that PyTorch has in the package itself, too, where annotations name them.
_TYPES_OF_VALUES = (
    "AnyType", "BoolType", "ClassType", "ComplexType", "DeviceObjType", "DictType", "EnumType", "FloatType",
    "FutureType", "IntType", "InterfaceType", "ListType", "NoneType", "NumberType", "OptionalType", "StreamObjType",
    "StringType", "SymIntType", "TensorType", "TupleType", "UnionType",
)  # fmt: skip
_TYPES = (
    *_TYPES_OF_VALUES,
    "Block",
    "Graph",
    "JitType",
    "Node",
    "ScriptMethod",
    "ScriptObject",
    "TracingState",
    "Value",
)
_NAMES: dict[str, Any] = {
    **{name: type(name, (_Absent,), {"__module__": "torch._C", "__doc__": _Absent.__doc__}) for name in _TYPES},
    "DispatchKey": DispatchKey,
    "DispatchKeySet": DispatchKeySet,
    "_ExcludeDispatchKeyGuard": _ExcludeDispatchKeyGuard,
    "_get_privateuse1_backend_name": _get_privateuse1_backend_name,
    "TensorBase": _C.Tensor,
    "_TensorBase": _C.Tensor,
    "_TensorMeta": type(_C.Tensor),
    # What PyTorch's own kernels can use of a processor is asked for by name; these kernels are not here.
    "_cpu": types.SimpleNamespace(),
    "_cuda_isInBadFork": False,
    "_get_accelerator": _get_accelerator,
    "_get_tracing_state": _get_tracing_state,
    "_has_cuda": False,
    "_has_mps": False,
    "_has_xpu": False,
    "_GLIBCXX_USE_CXX11_ABI": True,
    "_is_alias_of": _is_alias_of,
    "_is_tracing": _is_tracing,
    "_log_api_usage_once": _log_api_usage_once,
    "_are_functorch_transforms_active": _are_functorch_transforms_active,
    **_Switches().functions(),
}


def find(name: str) -> Any:
    """What ``torch._C`` has as a name.

    Raises:
        AttributeError: nothing.
    """
    if name in ("ScriptFunction", "ScriptModule"):
        from ferrotorch import jit

        return getattr(jit, name)
    if name in ("Event", "Future", "Size", "Stream", "Tag", "finfo", "iinfo"):
        import ferrotorch

        return getattr(ferrotorch, name)
    if name == "_functorch":
        from ferrotorch._functorch import extension

        return extension
    if name == "PyTorchFileReader":
        from ferrotorch._pickling.reader import PyTorchFileReader

        return PyTorchFileReader
    if name not in _NAMES:
        raise AttributeError(f"module 'torch._C' has no attribute {name!r}")
    return _NAMES[name]


def find_in_family(family: str, name: str) -> Any:
    """A function of ``torch.fft``, ``linalg`` or ``special`` by the name that PyTorch's extension has for it."""
    found = None
    if name.startswith(f"{family}_"):
        found = getattr(importlib.import_module(f"ferrotorch.{family}"), name.removeprefix(f"{family}_"), None)
    if found is None:
        raise AttributeError(f"module 'torch._C._{family}' has no attribute {name!r}")
    return found


globals().update({name: _NAMES[name] for name in _TYPES_OF_VALUES})
