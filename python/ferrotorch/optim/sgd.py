"""Stochastic gradient descent."""

from __future__ import annotations

import ferrotorch
from ferrotorch import Tensor

from . import _fused
from ._options import check_implementation, check_lr, check_non_negative
from ._step import FusedOptimizer, Group, Plan, State, as_real, check_capturable, options
from .optimizer import ParamsT

__all__ = ["SGD"]

_PLAIN = (None,)
_MOMENTUM = ("momentum_buffer",)


class SGD(FusedOptimizer):
    """Stochastic gradient descent, optionally with (Nesterov) momentum.

    With gradient ``g`` (plus ``weight_decay * p``) and momentum ``mu``: ``b = mu * b + (1 - dampening) * g``, where the
    first ``b`` is ``g``; ``g = g + mu * b`` if ``nesterov`` else ``g = b``; then ``p = p - lr * g``.
    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in the form
    where the learning rate multiplies the momentum buffer.

    Args:
        params: parameters or parameter groups.
        lr: learning rate.
        momentum: momentum factor.
        dampening: dampening of the momentum.
        weight_decay: factor of the L2 penalty.
        nesterov: use Nesterov momentum; needs ``momentum > 0`` and no dampening.
        maximize: maximise the objective.
        foreach, fused: accepted for compatibility; the step is always fused.
        differentiable: let autograd record the step.
    """

    _complex_as_pairs = False  # the rule is linear

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_non_negative(momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_implementation(foreach=foreach, fused=fused, differentiable=differentiable)
        names = "lr momentum dampening weight_decay nesterov maximize foreach differentiable fused"
        super().__init__(params, options(locals(), names))

    _takes_sparse = True

    def _state_names(self, group: Group) -> tuple[str | None, ...]:
        return _PLAIN if group["momentum"] == 0 else _MOMENTUM

    def _launch(self, plan: Plan, group: Group) -> bool:
        params, grads, buffers = plan.arguments()
        return self._descend(params, grads, buffers, group, first=False)

    def _descend(
        self,
        params: list[Tensor],
        grads: list[Tensor] | None,
        buffers: list[Tensor] | None,
        group: Group,
        *,
        first: bool,
    ) -> bool:
        return _fused.sgd(
            params,
            grads,
            buffers,
            float(group["lr"]),
            float(group["momentum"]),
            float(group["dampening"]),
            float(group["weight_decay"]),
            group["nesterov"],
            group["maximize"],
            first,
        )

    def _new_plan(self, group: Group) -> Plan:
        check_capturable(group)
        plan = Plan(group["params"], self._state_names(group))
        starts = group["momentum"] != 0
        fresh = [p for p in plan.active if starts and self.state[p].get("momentum_buffer") is None]
        if fresh:
            self._first_step(fresh, group)
            started = {id(p) for p in fresh}
            plan.active = [p for p in plan.active if id(p) not in started]
        plan.fill(self.state)
        if not fresh:
            self._plans[id(group)] = plan
        return plan

    def _first_step(self, params: list[Tensor], group: Group) -> None:
        """Step parameters that have no momentum yet: their buffers start as the gradients."""
        buffers = [ferrotorch.empty_like(p, requires_grad=False) for p in params]
        grads = [as_real(p.grad) for p in params]
        self._descend([as_real(p) for p in params], grads, [as_real(b) for b in buffers], group, first=True)
        for p, buffer in zip(params, buffers, strict=True):
            self.state[p]["momentum_buffer"] = buffer

    def _init_state(self, p: Tensor, group: Group) -> State:
        return {}

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        momentum, dampening = group["momentum"], group["dampening"]
        if group["weight_decay"] != 0:
            grad = grad.add(p, alpha=group["weight_decay"])
        if momentum != 0:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = state["momentum_buffer"] = grad.detach().clone()
            else:
                buffer.mul_(momentum).add_(grad, alpha=1 - dampening)
            grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
        p.sub_(grad * group["lr"])
