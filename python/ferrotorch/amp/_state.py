"""Whether a thread is autocasting, and what its calls are cast to.

The extension asks the rules of the thread for functions that a policy speaks of; with autocasting off there are no
rules, and calls are not looked at.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from ferrotorch import _C
from ferrotorch._rules import set_casts
from ferrotorch.amp._policies import Policy, policies_of

__all__ = ["STATE", "State", "cast_all", "dtypes_for", "require_device_type"]

Tensor = _C.Tensor
_FIRST_DTYPES = {"cpu": _C.bfloat16}


def kinds() -> tuple[str, str]:
    """The types of devices that there is autocasting for: the host, and the GPU by the name that it has."""
    return "cpu", _C._gpu_kind()


def require_device_type(device_type: Any) -> str:
    """The type of device that a string means; ``"cuda"`` stands for the GPU whatever its name.

    Raises:
        RuntimeError: there is no autocasting for it.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if device_type in ("cpu", "cuda", "wgpu", "xpu", "mps"):
        return device_type
    raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")


def dtypes_for(device_type: str) -> tuple[_C.dtype, ...]:
    """What can be cast to on a type of device."""
    return (_C.bfloat16, _C.float16) if device_type == "cpu" else (_C.float16, _C.bfloat16)


def cast_all(value: Any, cast: Callable[[Tensor], Tensor]) -> Any:
    """A value with ``cast`` of every tensor in it; looks into lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        return cast(value)
    if isinstance(value, list):
        return [cast_all(item, cast) for item in value]
    if isinstance(value, tuple):
        items = (cast_all(item, cast) for item in value)
        return tuple(items) if type(value) is tuple else value._make(items) if hasattr(value, "_make") else value
    if isinstance(value, dict):
        return {name: cast_all(item, cast) for name, item in value.items()}
    return value


def _first_tensor(values: Any) -> Tensor | None:
    for value in values:
        found = (
            value if isinstance(value, Tensor) else _first_tensor(value) if isinstance(value, list | tuple) else None
        )
        if found is not None:
            return found
    return None


class State(threading.local):
    """The state of a thread."""

    def __init__(self) -> None:
        self.enabled: dict[str, bool] = {}
        self._dtypes: dict[str, _C.dtype] = {}
        self.nesting = 0
        self.caches = True
        self._cache: dict[tuple[int, bool], tuple[weakref.ref[Tensor], int, Tensor]] = {}

    def dtype(self, device_type: str) -> _C.dtype:
        """What is cast to."""
        return self._dtypes.get(device_type) or _FIRST_DTYPES.get(device_type, _C.float16)

    def set_dtype(self, device_type: str, dtype: _C.dtype) -> None:
        """Set what is cast to."""
        self._dtypes[device_type] = dtype

    def set_enabled(self, device_type: str, enabled: bool) -> None:
        """Switch autocasting on or off for a type of device."""
        self.enabled[device_type] = enabled
        active = [kind for kind in kinds() if self.enabled.get(kind)]
        names = {name for kind in active for name in policies_of(kind)}
        set_casts({name: _Rule(name, active) for name in names} or None)

    def _take(self, enabled: dict[str, bool], dtypes: dict[str, _C.dtype], caches: bool) -> None:
        self._dtypes, self.caches = dict(dtypes), caches
        for kind in {*enabled, *self.enabled}:
            self.set_enabled(kind, enabled.get(kind, False))

    def snapshot(self) -> Callable[[], contextlib.AbstractContextManager[None]]:
        """What makes a block in which a thread autocasts as this one does now."""
        now = dict(self.enabled), dict(self._dtypes), self.caches

        @contextlib.contextmanager
        def again() -> Iterator[None]:
            before = dict(self.enabled), dict(self._dtypes), self.caches
            if now == before:
                yield
                return
            self._take(*now)
            try:
                yield
            finally:
                self._take(*before)
                self.clear_cache()

        return again

    def clear_cache(self) -> None:
        """Forget casts of parameters."""
        self._cache.clear()

    def narrow(self, tensor: Tensor, dtype: _C.dtype) -> Tensor:
        """A tensor cast to the narrow dtype. What a parameter was cast to is kept until autocasting ends."""
        if not (self.caches and tensor.requires_grad and tensor.is_leaf and tensor.dtype is _C.float32):
            return tensor.to(dtype)
        key = id(tensor), _C.is_grad_enabled()
        kept = self._cache.get(key)
        if kept is not None and kept[0]() is tensor and kept[1] == tensor._version and kept[2].dtype is dtype:
            return kept[2]
        result = tensor.to(dtype)
        self._cache[key] = weakref.ref(tensor), tensor._version, result
        return result


STATE = State()


class _Rule:
    """What is called in the place of a function while autocasting is on."""

    def __init__(self, name: str, kinds: list[str]) -> None:
        self._name = name
        self._policies = {kind: policies_of(kind)[name] for kind in kinds if name in policies_of(kind)}

    def __call__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        first = _first_tensor((*args, *kwargs.values()))
        kind = None if first is None else first.device.type
        policy = self._policies.get(kind) if kind is not None and kwargs.get("out") is None else None
        if policy is None or kind is None:
            return function(*args, **kwargs)
        if policy is Policy.AS_GIVEN:
            return function(*args, **kwargs)
        if policy is Policy.UNSAFE:
            raise RuntimeError(_UNSAFE)
        if policy is Policy.FLOAT32_RESULT:
            asks = kwargs.get("dtype") is None and _is_eligible(first, kind) and not any(_is_dtype(a) for a in args)
            return function(*args, **(kwargs | {"dtype": _C.float32} if asks else kwargs))
        cast = _cast_for(policy, kind, (args, kwargs))
        return function(*cast_all(args, cast), **cast_all(kwargs, cast))


def _is_dtype(value: Any) -> bool:
    return isinstance(value, _C.dtype)


def _is_eligible(tensor: Any, kind: str) -> bool:
    """Is a tensor cast at all? Those in float64 and on other devices are not."""
    return tensor.is_floating_point() and tensor.dtype is not _C.float64 and tensor.device.type == kind


def _cast_for(policy: Policy, kind: str, call: Any) -> Callable[[Tensor], Tensor]:
    """What casts the arguments of a call by a policy."""
    dtype = STATE.dtype(kind)
    if policy is Policy.FLOAT32 or (policy is Policy.PROMOTE and _has_float32(call, kind)):
        dtype = _C.float32

    def cast(tensor: Tensor) -> Tensor:
        if tensor.dtype is dtype or not _is_eligible(tensor, kind):
            return tensor
        return tensor.to(dtype) if dtype is _C.float32 else STATE.narrow(tensor, dtype)

    return cast


def _has_float32(call: Any, kind: str) -> bool:
    found: list[bool] = []

    def look(tensor: Tensor) -> Tensor:
        found.append(tensor.dtype is _C.float32 and tensor.device.type == kind)
        return tensor

    cast_all(call, look)
    return any(found)


_UNSAFE = """\
torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to autocast.
Many models use a sigmoid layer right before the binary cross entropy layer.
In this case, combine the two layers using torch.nn.functional.binary_cross_entropy_with_logits
or torch.nn.BCEWithLogitsLoss.  binary_cross_entropy_with_logits and BCEWithLogits are
safe to autocast."""
