"""Muon."""

from __future__ import annotations

import ferrotorch
from ferrotorch import Tensor

from ._rules import zeros
from ._step import Group, ParameterwiseOptimizer, State, options
from .optimizer import ParamsT

__all__ = ["Muon"]


class Muon(ParameterwiseOptimizer):
    """Muon: momentum whose update is made orthogonal, for the matrices of hidden layers.

    ``b = momentum * b + (1 - momentum) * g``; ``u = (1 - momentum) * g + momentum * b`` if ``nesterov`` else ``b``;
    ``u`` is replaced by a nearly orthogonal matrix of the same row and column space by Newton-Schulz iterations
    ``x = a * x + (b * (x @ x.T) + c * (x @ x.T)**2) @ x`` in bfloat16; then ``p = p * (1 - lr * weight_decay) - lr' *
    u``. Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024).

    Args:
        params: matrices, or parameter groups of them.
        lr: learning rate.
        weight_decay: decoupled weight decay.
        momentum: momentum factor.
        nesterov: use Nesterov momentum.
        ns_coefficients: ``(a, b, c)`` of the iteration.
        eps: lower bound of the norm by which the update is divided first.
        ns_steps: number of iterations, less than 100.
        adjust_lr_fn: how ``lr'`` depends on the shape ``(m, n)``: ``"original"`` (or None), ``lr * sqrt(max(1, m /
            n))``; ``"match_rms_adamw"``, ``lr * 0.2 * sqrt(max(m, n))``; ``"spectral_unclamped"``, ``lr * sqrt(m /
            n)``.
    """

    _complex_as_pairs = False  # a pair of real numbers would be a third dimension

    _takes_differentiable = False

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw", "spectral_unclamped"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        names = "lr weight_decay momentum nesterov ns_coefficients eps ns_steps adjust_lr_fn"
        super().__init__(params, options(locals(), names))
        for group in self.param_groups:
            for p in group["params"]:
                if p.dim() != 2:
                    raise ValueError(
                        f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                    )

    def _init_state(self, p: Tensor, group: Group) -> State:
        if p.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        return zeros(p, "momentum_buffer")

    def _update(self, p: Tensor, grad: Tensor, state: State, group: Group, step: float) -> None:
        momentum, lr = group["momentum"], float(group["lr"])
        buffer = state["momentum_buffer"]
        buffer.lerp_(grad, 1 - momentum)
        update = grad.lerp(buffer, momentum) if group["nesterov"] else buffer
        update = _orthogonalised(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        p.mul_(1 - lr * group["weight_decay"])
        p.sub_(update, alpha=lr * _shape_factor(p, group["adjust_lr_fn"]))


def _shape_factor(p: Tensor, rule: str | None) -> float:
    rows, columns = p.shape
    if rule == "match_rms_adamw":
        return 0.2 * max(rows, columns) ** 0.5
    ratio = rows / columns
    return (ratio if rule == "spectral_unclamped" else max(1.0, ratio)) ** 0.5


def _orthogonalised(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """The matrix with its singular values brought near 1 by Newton-Schulz iterations in bfloat16."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    x = matrix.bfloat16()
    tall = x.size(0) > x.size(1)
    if tall:
        x = x.t()
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.t()
        polynomial = ferrotorch.addmm(gram, gram, gram, beta=b, alpha=c)
        x = ferrotorch.addmm(x, polynomial, x, beta=a)
    return x.t() if tall else x
