"""The base class of optimizers: parameter groups, state, checkpoints and hooks."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import ferrotorch
from ferrotorch import Tensor
from ferrotorch.optim import _helpers
from ferrotorch.optim._helpers import (
    _default_to_fused_or_foreach as _default_to_fused_or_foreach,
)
from ferrotorch.optim._helpers import (
    _dispatch_sqrt as _dispatch_sqrt,
)
from ferrotorch.optim._helpers import (
    _get_scalar_dtype as _get_scalar_dtype,
)
from ferrotorch.optim._helpers import (
    _get_value as _get_value,
)
from ferrotorch.optim._helpers import (
    _stack_if_compiling as _stack_if_compiling,
)
from ferrotorch.optim._helpers import (
    _use_grad_for_differentiable as _use_grad_for_differentiable,
)
from ferrotorch.optim._helpers import (
    _view_as_real as _view_as_real,
)
from ferrotorch.utils.hooks import RemovableHandle

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook", "required"]

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
StateDict: TypeAlias = dict[str, Any]
Step = TypeVar("Step", bound=Callable[..., Any])


class _Required:
    """The default of an option that every parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()

_global_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_NO_HOOKS: Any = MappingProxyType({})


def _register(hooks: OrderedDict[int, Any], hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimizer.

    See `Optimizer.register_step_pre_hook`.
    """
    return _register(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimizer."""
    return _register(_global_post_hooks, hook)


def _run_pre_hooks(
    optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Run the hooks due before a step; each may replace the arguments of `step`."""
    for hook in chain(_global_pre_hooks.values(), optimizer._optimizer_step_pre_hooks.values()):
        result = hook(optimizer, args, kwargs)
        if result is None:
            continue
        if not (isinstance(result, tuple) and len(result) == 2):
            raise RuntimeError(
                f"a step pre-hook must return None or a tuple (new_args, new_kwargs), but got {result!r}"
            )
        args, kwargs = result
    return args, kwargs


def _with_hooks(step: Step) -> Step:
    """Wrap a class's ``step`` so that hooks run around it and a learning-rate scheduler sees that it was called."""

    @functools.wraps(step)
    def step_with_hooks(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        own = self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks
        # The step of a subclass may call that of its base: hooks run around the outer one.
        if (own or _global_pre_hooks or _global_post_hooks) and "_inside_step" not in self.__dict__:
            result = _step_between_hooks(step, self, args, kwargs)
        else:
            result = step(self, *args, **kwargs)
        if self._opt_called is False:
            self._opt_called = True
        return result

    step_with_hooks.hooked = True  # type: ignore[attr-defined]
    return step_with_hooks  # type: ignore[return-value]


def _step_between_hooks(
    step: Callable[..., Any], optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    # Hooks see the optimizer among the arguments too.
    args = (optimizer, *args)
    optimizer.__dict__["_inside_step"] = True
    try:
        args, kwargs = _run_pre_hooks(optimizer, args, kwargs)
        result = step(*args, **kwargs)
        for hook in chain(optimizer._optimizer_step_post_hooks.values(), _global_post_hooks.values()):
            hook(optimizer, args, kwargs)
    finally:
        del optimizer.__dict__["_inside_step"]
    return result


class Optimizer:
    """Base class of all optimizers.

    Args:
        params: an iterable of tensors, of ``(name, tensor)`` pairs, or of dicts that define parameter groups: the key
            ``"params"`` (tensors or pairs) and any of the options in ``defaults``. The order must not change from run
            to run.
        defaults: the optimizer's options and their values for groups that do not give them.

    Attributes:
        param_groups: list of dicts, one a group.
        state: dict from parameter to the dict of what the optimizer remembers about it.
        defaults: as given.

    Subclasses define ``step``; hooks registered here run around it.
    """

    state: Any
    param_groups: list[dict[str, Any]]

    # Whether `step` was called since a learning-rate scheduler began to watch; None while none does.
    _opt_called: bool | None = None
    # What `step` was then.
    _watched_step: Any = None
    # Of a subclass that leaves out the constructor, because it wraps another optimizer.
    _optimizer_step_pre_hooks: OrderedDict[int, Callable[..., Any]] = _NO_HOOKS
    _optimizer_step_post_hooks: OrderedDict[int, Callable[..., Any]] = _NO_HOOKS

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {params.type()}"
            )
        if isinstance(params, set):
            warnings.warn(
                f"{_UNORDERED} Please use a list instead. This will be an error in a future release.",
                FutureWarning,
                stacklevel=3,
            )
        self.defaults = defaults
        self._patch_step_function()
        self._reset_hooks()
        self.state = defaultdict(dict)
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)  # type: ignore[arg-type]

    @staticmethod
    def profile_hook_step(func: Step) -> Step:
        """A step function with the hooks around it, for classes whose ``step`` comes from elsewhere."""
        return _with_hooks(func)

    def _patch_step_function(self) -> None:
        """Put the hooks around the class's ``step``, if it was put there after the class was made."""
        cls = type(self)
        if not getattr(cls.step, "hooked", False):
            cls.step = self.profile_hook_step(cls.step)  # type: ignore[method-assign]

    def _reset_hooks(self) -> None:
        self._optimizer_step_pre_hooks = OrderedDict()
        self._optimizer_step_post_hooks = OrderedDict()
        self._optimizer_state_dict_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._optimizer_state_dict_post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._optimizer_load_state_dict_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._optimizer_load_state_dict_post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()

    # Hooks live in the process, not in copies or files.
    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        if "_optimizer_step_pre_hooks" not in self.__dict__:
            self._reset_hooks()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for index, group in enumerate(self.param_groups):
            lines += [""] * (index > 0)
            lines.append(f"Parameter Group {index}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once.

        Args:
            closure: clears the gradients, computes the loss, calls ``backward`` and returns the loss. Optional for
                most optimizers.

        Returns:
            The closure's loss, or None without a closure.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define step()")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros if not ``set_to_none``."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    if p.grad.grad_fn is not None:
                        p.grad.detach_()
                    else:
                        p.grad.requires_grad_(False)
                    p.grad.zero_()

    # ---- parameter groups

    @staticmethod
    def _group_tensors_by_device_and_dtype(tensorlistlist: list[list[Any]], with_indices: bool = False) -> Any:
        """Lists that belong together place by place, by device and dtype: what optimizers of packages step at once."""
        from ferrotorch.utils._foreach_utils import _group_tensors_by_device_and_dtype

        return _group_tensors_by_device_and_dtype(tensorlistlist, with_indices)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, for example layers that join the training later.

        Args:
            param_group: ``"params"`` and any options that differ from the defaults.

        Raises:
            TypeError: the group is no dict, or its parameters are no tensors or come in a set.
            ValueError: a parameter is no leaf, or belongs to another group, or an option without default is missing.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = _listed(param_group["params"])
        names: list[str] = []
        if any(isinstance(p, tuple) for p in params):
            if not all(isinstance(p, tuple) for p in params):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            names, params = [name for name, _ in params], [p for _, p in params]
        for p in params:
            self._check_parameter(p)
        param_group["params"] = params
        if names:
            param_group["param_names"] = names
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        self._check_unique(param_group)
        self.param_groups.append(param_group)

    def _check_parameter(self, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
        if not (self.defaults.get("differentiable") or p.is_leaf or p.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")

    def _check_unique(self, new: dict[str, Any]) -> None:
        params = new["params"]
        if len(params) != len({id(p) for p in params}):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error",
                stacklevel=4,
            )
        known = {id(p) for group in self.param_groups for p in group["params"]}
        if not known.isdisjoint(id(p) for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        if self.param_groups and ("param_names" in new) != ("param_names" in self.param_groups[0]):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if 'param_names' in new else 'without'} names to the optimizer"
            )

    # ---- checkpoints

    def state_dict(self) -> StateDict:
        """The optimizer's state in PyTorch's format.

        Returns:
            ``"state"``: a dict from the parameter's number to its state, and ``"param_groups"``: the groups, where
            ``"params"`` holds the numbers. Parameters are numbered in the order of the groups. Tensors are the
            optimizer's own, not copies.
        """
        for pre_hook in self._optimizer_state_dict_pre_hooks.values():
            pre_hook(self)
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            packed = {key: value for key, value in group.items() if key != "params"}
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {
            (numbers[id(key)] if isinstance(key, Tensor) else key): self._export_state(value)
            for key, value in self.state.items()
        }
        state_dict: StateDict = {"state": state, "param_groups": groups}
        for post_hook in self._optimizer_state_dict_post_hooks.values():
            replaced = post_hook(self, state_dict)
            if replaced is not None:
                state_dict = replaced
        return state_dict

    def _export_state(self, value: Any) -> Any:
        """What `state_dict` shows of one parameter's state."""
        return value

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Load what `state_dict` returned; parameters correspond by their order.

        Tensors of the state are converted to the dtype and device of their parameter, but for the step counts.

        Raises:
            ValueError: the groups or their sizes differ from this optimizer's.
        """
        state_dict = dict(state_dict)
        for pre_hook in self._optimizer_load_state_dict_pre_hooks.values():
            replaced = pre_hook(self, state_dict)
            if replaced is not None:
                state_dict = replaced
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(saved_groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(self.param_groups, saved_groups, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        owners = {
            number: (p, group)
            for group, saved in zip(self.param_groups, saved_groups, strict=True)
            for number, p in zip(saved["params"], group["params"], strict=True)
        }
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in owners:
                p, group = owners[key]
                state[p] = _convert(p, value, group)
            else:
                state[key] = value
        groups = [_merge_group(group, saved) for group, saved in zip(self.param_groups, saved_groups, strict=True)]
        self.__setstate__({"state": state, "param_groups": groups})
        for post_hook in self._optimizer_load_state_dict_post_hooks.values():
            post_hook(self)

    # ---- hooks

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return new ``(args, kwargs)`` for it.

        ``args`` begins with the optimizer.
        """
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., None], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` at the start of `state_dict`."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` at the end of `state_dict`; it may return a replacement."""
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before a load, on a shallow copy; it may return a replacement."""
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` after a load."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)


_UNORDERED = (
    "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change "
    "between runs."
)


def _listed(params: Any) -> list[Any]:
    if isinstance(params, Tensor):
        return [params]
    if isinstance(params, set):
        raise TypeError(f"{_UNORDERED} Please use a list instead.")
    return list(params)


def _merge_group(group: dict[str, Any], saved: dict[str, Any]) -> dict[str, Any]:
    """The saved options with this optimizer's own parameters (and their names, where the file has none)."""
    saved["params"] = group["params"]
    if "param_names" in group and "param_names" not in saved:
        saved["param_names"] = group["param_names"]
    return saved


def _convert(p: Tensor, value: Any, group: dict[str, Any], key: Any = None) -> Any:
    """A loaded value with its tensors brought to the dtype and device of parameter ``p``."""
    if isinstance(value, Tensor):
        if key == "step":
            # Counts stay float32 on the host, whatever the parameter is; half types cannot count far.
            return value.to(dtype=ferrotorch.float32) if group.get("capturable") or group.get("fused") else value
        if p.is_floating_point():
            return value.to(dtype=p.dtype, device=p.device)
        return value.to(device=p.device)
    if isinstance(value, dict):
        return {k: _convert(p, v, group, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_convert(p, v, group) for v in value)
    return value


def __getattr__(name: str) -> Any:
    """Helpers that optimizers of packages import from here."""
    if name.startswith("_") and not name.startswith("__") and hasattr(_helpers, name):
        return getattr(_helpers, name)
    raise AttributeError(f"module 'torch.optim.optimizer' has no attribute {name!r}")
