"""Saving and loading the state of a tree of modules as a flat dictionary."""

from __future__ import annotations

import contextlib
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import ferrotorch as torch
from ferrotorch import __future__ as _future
from ferrotorch._C import Tensor
from ferrotorch.nn.modules.hook_tables import BoundHook, HookTable, add_hook
from ferrotorch.nn.parameter import Parameter, is_lazy
from ferrotorch.utils.hooks import RemovableHandle

if TYPE_CHECKING:
    from ferrotorch.nn.modules.module import Module

EXTRA_STATE_KEY = "_extra_state"


class _IncompatibleKeys(NamedTuple):
    """What a ``state_dict`` lacked, and what it had too much."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys!r}, unexpected_keys={self.unexpected_keys!r})"

    def __str__(self) -> str:
        return repr(self)


class StateDict:
    """The part of :class:`Module` that saves and loads parameters, persistent buffers and extra state."""

    _version: int = 1
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    _state_dict_pre_hooks = HookTable()
    _state_dict_hooks = HookTable()
    # Which of these are post hooks, that change the dictionary in place.
    _state_dict_post_hooks = HookTable()
    _load_state_dict_pre_hooks = HookTable()
    _load_state_dict_post_hooks = HookTable()

    def register_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before :meth:`state_dict`."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after :meth:`state_dict`, to change it in place."""
        with contextlib.suppress(AttributeError):  # methods take no attributes
            hook._from_public_api = True  # type: ignore[attr-defined]
        return add_hook(self._state_dict_hooks, hook, False, (self._state_dict_post_hooks, True))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """As :meth:`register_state_dict_post_hook`, but what the hook returns replaces the dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)``

        before this module is loaded, to change ``state_dict`` in place.
        """
        return self._register_load_state_dict_pre_hook(BoundHook(hook, self))

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., None], with_module: bool = False
    ) -> RemovableHandle:
        """As :meth:`register_load_state_dict_pre_hook`; the module is an argument only ``with_module``."""
        if with_module:
            return self.register_load_state_dict_pre_hook(hook)
        return add_hook(self._load_state_dict_pre_hooks, hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after loading, to change its two lists in place."""
        return add_hook(self._load_state_dict_post_hooks, hook)

    def get_extra_state(self) -> Any:
        """What else belongs to the state of the module: override this together with :meth:`set_extra_state`."""
        raise RuntimeError(
            f"{type(self).__name__} has no extra state: override get_extra_state() and set_extra_state() to give it one"
        )

    def set_extra_state(self, state: Any) -> None:
        """Take back what :meth:`get_extra_state` gave."""
        raise RuntimeError(
            f"{type(self).__name__} cannot load extra state: override set_extra_state() together with get_extra_state()"
        )

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Write what this module itself holds, without those below."""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                destination[prefix + name] = parameter if keep_vars else parameter.detach()
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                destination[prefix + name] = buffer if keep_vars else buffer.detach()
        if type(self).get_extra_state is not StateDict.get_extra_state:
            destination[prefix + EXTRA_STATE_KEY] = self.get_extra_state()

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Parameters and persistent buffers by name, of this module and those below.

        The tensors share memory with the module's; they are detached unless ``keep_vars``.
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to the documentation of state_dict "
                "for details.",
                FutureWarning,
                stacklevel=2,
            )
            destination = args[0] if destination is None else destination
            prefix = args[1] if len(args) > 1 and not prefix else prefix
            keep_vars = args[2] if len(args) > 2 and keep_vars is False else keep_vars
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for key, hook in self._state_dict_hooks.items():
            replacement = hook(self, destination, prefix, local_metadata)
            if replacement is not None and key in self._state_dict_post_hooks:
                raise RuntimeError("state_dict post-hook must return None")
            destination = destination if replacement is None else replacement
        return destination

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the tensors of ``state_dict`` into this module and those below, or (``assign``) put them there.

        Returns the missing and the unexpected names.

        Raises:
            TypeError: ``state_dict`` is not a dictionary.
            RuntimeError: a shape that does not fit, or (``strict``) missing or unexpected names.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", None)
        state_dict = OrderedDict(state_dict)
        if metadata is not None:
            state_dict._metadata = metadata  # type: ignore[attr-defined]
        loading = _Loading(state_dict, metadata or {}, strict, assign)
        loading.load(self)
        return loading.finish(self)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Read what this module itself holds, without those below; override this to load old formats."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        persistent = {k: v for k, v in self._buffers.items() if k not in self._non_persistent_buffers_set}
        local_state = {k: v for k, v in {**self._parameters, **persistent}.items() if v is not None}
        assign = local_metadata.get("assign_to_params_buffers", False)
        for name, target in local_state.items():
            key = prefix + name
            if key in state_dict:
                error = self._load_tensor(name, target, key, state_dict[key], assign)
                if error:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(key)
        self._load_extra_state(state_dict, prefix, strict, missing_keys, unexpected_keys)
        if strict:
            known = {*local_state, EXTRA_STATE_KEY}
            unexpected_keys += [
                k for k in state_dict if k.startswith(prefix) and self._is_unexpected(k[len(prefix) :], known)
            ]

    def _load_tensor(self, name: str, target: Tensor, key: str, value: Any, assign: bool) -> str | None:
        """Load one tensor; what is wrong with it, or None."""
        if not isinstance(value, Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                "checkpoint "
                f"but received {type(value)}"
            )
        if is_lazy(value) and is_lazy(target):
            return None
        # Checkpoints of old store scalars as tensors of one element.
        if target.dim() == 0 and value.dim() == 1 and value.size(0) == 1:
            value = value[0]
        if value.shape != target.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, "
                f"the shape in current model is {target.shape}."
            )
        if target.is_meta and not value.is_meta and not assign:
            warnings.warn(
                f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current "
                "model, which is a no-op. (Did you mean to pass `assign=True` to assign items in the state dictionary "
                "to their corresponding key in the module instead of copying them in place?)",
                stacklevel=2,
            )
        swaps = _future.get_swap_module_params_on_conversion()
        try:
            with torch.no_grad():
                if swaps:
                    _swap(target, value, assign)
                elif not assign:
                    target.copy_(value)
                elif not isinstance(target, Parameter):
                    setattr(self, name, value)
                elif isinstance(value, Parameter):
                    setattr(self, name, value.requires_grad_(target.requires_grad))
                else:
                    setattr(self, name, Parameter(value, requires_grad=target.requires_grad))
        except Exception as error:
            action = "swapping" if assign or swaps else "copying"
            return (
                f'While {action} the parameter named "{key}", whose dimensions in the model are {target.size()} and '
                f"whose dimensions in the checkpoint are {value.size()}, an exception occurred : {error.args}."
            )
        return None

    def _load_extra_state(
        self, state_dict: dict[str, Any], prefix: str, strict: bool, missing_keys: list[str], unexpected_keys: list[str]
    ) -> None:
        key = prefix + EXTRA_STATE_KEY
        if type(self).set_extra_state is not StateDict.set_extra_state:
            if key in state_dict:
                self.set_extra_state(state_dict[key])
            elif strict:
                missing_keys.append(key)
        elif strict and key in state_dict:
            unexpected_keys.append(key)

    def _is_unexpected(self, path: str, known: set[str]) -> bool:
        name, *below = path.split(".", 1)
        return name not in self._modules if below else name not in known


class _Loading:
    """One call of ``load_state_dict``: the walk, and what goes wrong on it."""

    def __init__(self, state_dict: dict[str, Any], metadata: dict[str, Any], strict: bool, assign: bool) -> None:
        self.state_dict = state_dict
        self.metadata = metadata
        self.strict = strict
        self.assign = assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []

    def load(self, module: Any, prefix: str = "") -> None:
        """Load ``module`` and those below; each sees only its own part of the dictionary."""
        local_metadata = self.metadata.get(prefix[:-1], {})
        if self.assign:
            local_metadata["assign_to_params_buffers"] = True
        state = self.state_dict if not prefix else {k: v for k, v in self.state_dict.items() if k.startswith(prefix)}
        module._load_from_state_dict(state, prefix, local_metadata, True, self.missing, self.unexpected, self.errors)
        if prefix:
            self.state_dict.update(state)
        for name, child in module._modules.items():
            if child is not None:
                self.load(child, f"{prefix}{name}.")
        keys = _IncompatibleKeys(self.missing, self.unexpected)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values, "
                    "if incompatible_keys need to be modified, it should be done inplace."
                )

    def finish(self, module: Any) -> _IncompatibleKeys:
        """Raise what has been collected, or return the names."""
        errors = list(self.errors)
        if self.strict:
            for title, keys in (("Unexpected", self.unexpected), ("Missing", self.missing)):
                if keys:
                    names = ", ".join(f'"{k}"' for k in keys)
                    errors.insert(0, f"{title} key(s) in state_dict: {names}. ")
        if errors:
            listing = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{listing}")
        return _IncompatibleKeys(self.missing, self.unexpected)


def _swap(target: Tensor, value: Tensor, assign: bool) -> None:
    """Exchange a tensor of a module for what it makes of one that is loaded; whoever holds it sees the new one."""
    loaded = target.module_load(value, assign=assign)
    if loaded is target or loaded is value:
        raise RuntimeError(
            "module_load returned one of self or other, please .detach() the result if returning one of the inputs in "
            "module_load"
        )
    if isinstance(target, Parameter):
        if not isinstance(loaded, Parameter):
            loaded = Parameter(loaded, requires_grad=target.requires_grad)
        else:
            loaded.requires_grad_(target.requires_grad)
    torch.utils.swap_tensors(target, loaded)
