"""How the optimizers walk over their parameters: one by one in tensor ops, or all in one fused call.

`ParameterwiseOptimizer` is for update rules written in tensor ops. `FusedOptimizer` adds a fused call that replaces
them wherever no derivative through the step is asked for. Between steps it keeps a *plan* per group, the lists that
the call takes, so that a step costs one call and a few dict look-ups however many parameters there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from operator import is_
from typing import Any

import ferrotorch
from ferrotorch import _C, Tensor
from ferrotorch._wrappers import is_asked

from .optimizer import Optimizer

Group = dict[str, Any]
State = dict[str, Any]


def evaluate(closure: Callable[[], Any] | None) -> Any:
    """The closure's loss, computed with gradients enabled; None without a closure."""
    if closure is None:
        return None
    with ferrotorch.enable_grad():
        return closure()


def new_step() -> Tensor:
    """A step count: a 0-dim float tensor on the host, as in PyTorch's checkpoints."""
    double = ferrotorch.get_default_dtype() == ferrotorch.float64
    return ferrotorch.zeros((), dtype=ferrotorch.float64 if double else ferrotorch.float32)


def check_capturable(group: Group) -> None:
    """Reject `capturable`, which asks for steps that a graph of device work can record."""
    if group.get("capturable"):
        raise AssertionError(
            "If capturable=True, params and state_steps must be on supported devices: there are none here."
        )


def as_real(value: Any) -> Any:
    """A complex tensor seen as pairs of real numbers; everything else as it is."""
    return ferrotorch.view_as_real(value) if _is_complex(value) else value


def _is_sparse(grad: Any) -> bool:
    return _C._opaque_handle(grad) is not None and not is_asked(grad)


def _is_complex(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_complex()


# Options that checkpoints of old versions lack, with what these versions did.
_LATER_OPTIONS = {
    "amsgrad": False, "capturable": False, "centered": False, "decoupled_weight_decay": False,
    "differentiable": False, "foreach": None, "fused": None, "maximize": False, "momentum": 0, "nesterov": False,
}  # fmt: skip


def options(given: dict[str, Any], names: str) -> Group:
    """Options among the arguments of a constructor, by name and in the order of PyTorch's checkpoints."""
    return {name: given[name] for name in names.split()}


class ParameterwiseOptimizer(Optimizer):
    """An optimizer whose rule updates one parameter at a time, composed of tensor ops.

    Subclasses define `_init_state` and `_update`. Complex parameters are updated as pairs of real numbers.
    """

    _complex_as_pairs = True
    # Is there a rule for sparse gradients? Otherwise: what is said, with the name of the class before it.
    _takes_sparse = False
    _refusal_of_sparse = "does not support sparse gradients"
    # Is there an option for steps that are recorded?
    _takes_differentiable = True
    # State that is one number: a 0-dim tensor, where checkpoints of old versions have a number.
    _numbers: tuple[str, ...] = ("step",)

    def _init_state(self, p: Tensor, group: Group) -> State:
        """What is remembered about ``p`` before its first update."""
        raise NotImplementedError

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        """Update ``p`` and the tensors of ``state`` in place; ``grad`` already descends, ``step`` counts from 1."""
        raise NotImplementedError

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once; see `Optimizer.step`."""
        loss = evaluate(closure)
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a checkpoint's content, also of versions that had fewer options and Python's numbers in the state."""
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in _LATER_OPTIONS.items():
                # The defaults of all optimizers say whether steps are recorded, whether theirs can be or not.
                if name in self.defaults and (name != "differentiable" or type(self)._takes_differentiable):
                    group.setdefault(name, value)
        for values in self.state.values():
            for name in self._numbers:
                if name in values and not isinstance(values[name], Tensor):
                    values[name] = new_step() + float(values[name])

    def _step_group(self, group: Group) -> None:
        check_capturable(group)
        with ferrotorch.set_grad_enabled(group.get("differentiable", False)):
            for p in group["params"]:
                if p.grad is not None:
                    self._step_parameter(p, p.grad, group)

    def _step_parameter(self, p: Tensor, grad: Tensor, group: Group) -> None:
        if not self._takes_sparse and _is_sparse(grad):
            raise RuntimeError(f"{type(self).__name__} {self._refusal_of_sparse}")
        state = self._state_of(p, group)
        step = 0.0
        if "step" in state:
            state["step"] += 1
            step = state["step"].item()
        grad = -grad if group.get("maximize") else grad
        if group.get("differentiable"):
            self._update_recorded(p, grad, state, group, step)
        elif p.is_complex() and self._complex_as_pairs:
            pairs = {key: as_real(value) for key, value in state.items()}
            self._update(as_real(p), as_real(grad), pairs, group, step)
        else:
            self._update(p, grad, state, group, step)

    def _update_recorded(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        """Update by way of copies: what autograd keeps of this step must not change in the next one."""
        own = {key: value.clone() if isinstance(value, Tensor) else value for key, value in state.items()}
        if not (p.is_complex() and self._complex_as_pairs):
            self._update(p, grad, own, group, step)
            state.update(own)
            return
        # Copies of the pairs, because an in-place op on a view of another dtype has no derivative.
        pairs = {key: as_real(value).clone() if _is_complex(value) else value for key, value in own.items()}
        values = as_real(p).clone()
        self._update(values, as_real(grad), pairs, group, step)
        p.copy_(ferrotorch.view_as_complex(values))
        state.update((k, ferrotorch.view_as_complex(v) if _is_complex(own[k]) else v) for k, v in pairs.items())

    def _state_of(self, p: Tensor, group: Group) -> State:
        state: State = self.state[p]
        if not state:
            state.update(self._init_state(p, group))
        return state


class Plan:
    """The lists that a fused call takes for one group, and what has to hold for them to be still right."""

    __slots__ = ("_arguments", "_complex", "_params", "active", "idle", "names")

    def __init__(self, params: list[Tensor], names: tuple[str | None, ...]) -> None:
        self._params = list(params)
        self.active = [p for p in params if p.grad is not None]
        self.idle = [p for p in params if p.grad is None]
        self.names = names
        self._arguments: tuple[Any, ...] = ()
        self._complex = any(p.is_complex() for p in self.active)

    def fill(self, state: dict[Tensor, State]) -> None:
        """Look up the state tensors of every active parameter, a list for each name."""
        columns = [None if name is None else [state[p][name] for p in self.active] for name in self.names]
        self._arguments = (self.active, None, *columns)

    def holds_for(self, params: list[Tensor], names: tuple[str | None, ...]) -> bool:
        """Whether the group's parameters and kinds of state are those of the plan, and no idle one got a gradient.

        That active ones still have theirs is for the fused call to find out; complex ones are checked here, because
        the call is given views of their gradients.
        """
        return (
            names is self.names
            and len(params) == len(self._params)
            and all(map(is_, params, self._params))
            and (not self.idle or all(p.grad is None for p in self.idle))
            and (not self._complex or all(p.grad is not None for p in self.active))
        )

    def arguments(self) -> tuple[Any, ...]:
        """Parameters, gradients (None: each parameter's own) and the lists of state."""
        if not self._complex:
            return self._arguments
        params, _, *columns = self._arguments
        columns = [params, [p.grad for p in params], *columns]
        return tuple(None if column is None else [as_real(t) for t in column] for column in columns)


class _ParameterState(dict[str, Any]):
    """The state of one parameter. Changing which tensors it holds drops the plans that were made from it."""

    __slots__ = ("_plans",)

    def __init__(self, plans: dict[int, Plan], values: State) -> None:
        super().__init__(values)
        self._plans = plans

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class _TrackedState(defaultdict[Any, Any]):
    """All state of a fused optimizer: a dict from parameter to `_ParameterState`."""

    __slots__ = ("_plans",)

    def __init__(self, plans: dict[int, Plan], values: dict[Any, Any]) -> None:
        super().__init__(dict)
        self._plans = plans
        for key, value in values.items():
            self[key] = value

    def __missing__(self, key: Any) -> Any:
        self[key] = {}
        return self[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._plans.clear()
        super().__setitem__(key, _ParameterState(self._plans, value) if isinstance(value, dict) else value)

    def __reduce__(self) -> tuple[Any, ...]:
        return defaultdict, (dict, {key: dict(value) for key, value in self.items()})


def _dropping_plans(name: str) -> Callable[..., Any]:
    method = getattr(dict, name)

    def mutate(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._plans.clear()
        return method(self, *args, **kwargs)

    mutate.__name__ = name
    mutate.__doc__ = method.__doc__
    return mutate


for _name in ("__delitem__", "clear", "pop", "popitem"):
    setattr(_TrackedState, _name, _dropping_plans(_name))
for _name in ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"):
    setattr(_ParameterState, _name, _dropping_plans(_name))


class FusedOptimizer(ParameterwiseOptimizer):
    """An optimizer with a fused call that updates a whole group.

    Subclasses define, besides the rule in tensor ops, `_state_names` and `_launch`.
    """

    _plans: dict[int, Plan]

    @property
    def state(self) -> Any:
        """Dict from parameter to the dict of what the optimizer remembers about it."""
        return self._state

    @state.setter
    def state(self, values: dict[Any, Any]) -> None:
        self._plans = {}
        self._state = _TrackedState(self._plans, values)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._plans.clear()

    def _export_state(self, value: Any) -> Any:
        return dict(value) if isinstance(value, _ParameterState) else value

    def _state_names(self, group: Group) -> tuple[str | None, ...]:
        """Names of the state tensors in the order of the fused call, None for one that the options leave out.

        Equal options must give the very same tuple.
        """
        raise NotImplementedError

    def _launch(self, plan: Plan, group: Group) -> bool:
        """Make the fused call; False if a parameter of the plan has lost its gradient."""
        raise NotImplementedError

    def _step_group(self, group: Group) -> None:
        params = group["params"]
        if group["differentiable"]:
            return super()._step_group(group)
        plan = self._plans.get(id(group))
        if plan is not None and plan.holds_for(params, self._state_names(group)) and self._launch(plan, group):
            return None
        if len({id(p) for p in params}) < len(params):
            return super()._step_group(group)  # a repeated parameter is updated once after the other
        if any(_is_sparse(p.grad) or is_asked(p) for p in params):
            return super()._step_group(group)
        plan = self._new_plan(group)
        if plan.active and not self._launch(plan, group):
            raise RuntimeError(f"{type(self).__name__}.step(): a gradient was cleared during the step")
        return None

    def _new_plan(self, group: Group) -> Plan:
        check_capturable(group)
        plan = Plan(group["params"], self._state_names(group))
        for p in plan.active:
            self._state_of(p, group)
        plan.fill(self.state)
        self._plans[id(group)] = plan
        return plan
