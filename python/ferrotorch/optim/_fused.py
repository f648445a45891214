"""The fused update steps: one call updates every parameter of a group.

Each function below is implemented by the extension module (``ferrotorch._C._optim``), on top of one optimizer kernel
per device. What they share:

- ``params`` is a list of tensors and every other list runs parallel to it. A parameter's tensors have one shape, one
  real floating dtype and one device; different parameters may differ in all three. All of it is validated before
  anything is written.
- ``grads`` is a parallel list of gradients, or ``None`` for "the ``.grad`` of each parameter". With ``None``, if any
  parameter has no gradient **nothing is done and the answer is False**; otherwise the answer is True.
- Updates are in place, recorded by no autograd graph (whatever the grad mode) and bump the version of the storages
  they write to. Parameters may be leaves that require grad. Tensors may be strided.
- ``steps`` holds one 0-dim float32 (or float64) host tensor a parameter, counting the updates done so far. The
  call adds 1 to each and uses the new value, so the first update sees 1. Parameters with unequal counts are allowed.
- Hyper-parameters are Python floats and bools; every argument is positional, because that is the cheapest call.
- ``maximize`` ascends: the gradient's sign is flipped before anything else, weight decay included.
- Errors: ``RuntimeError`` for unequal shapes, dtypes or devices, ``TypeError`` for integer parameters, ``ValueError``
  for lists of unequal length; the message names the function and the number of the parameter in the list.

The formulae are those of the algorithm boxes in PyTorch's documentation of the optimizer of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ferrotorch import Tensor

    def sgd(
        params: list[Tensor],
        grads: list[Tensor] | None,
        momentum_buffers: list[Tensor] | None,
        lr: float,
        momentum: float,
        dampening: float,
        weight_decay: float,
        nesterov: bool,
        maximize: bool,
        first: bool,
        /,
    ) -> bool:
        """Stochastic gradient descent.

        ``g = grad + weight_decay * p``; with momentum ``b = g`` where ``first`` (the buffers' contents are not read),
        else ``b = momentum * b + (1 - dampening) * g``, and ``g = g + momentum * b`` if ``nesterov`` else ``g = b``;
        ``p -= lr * g``. ``momentum_buffers`` is None exactly when ``momentum == 0``.
        """

    def adam(
        params: list[Tensor],
        grads: list[Tensor] | None,
        exp_avgs: list[Tensor],
        exp_avg_sqs: list[Tensor],
        max_exp_avg_sqs: list[Tensor] | None,
        steps: list[Tensor],
        lr: float,
        beta1: float,
        beta2: float,
        eps: float,
        weight_decay: float,
        maximize: bool,
        decoupled: bool,
        /,
    ) -> bool:
        """Adam (Kingma and Ba), and AdamW (Loshchilov and Hutter) with ``decoupled`` weight decay.

        ``p *= 1 - lr * weight_decay`` if ``decoupled``, else ``g = grad + weight_decay * p``;
        ``m = beta1 * m + (1 - beta1) * g``; ``v = beta2 * v + (1 - beta2) * g * g``; ``u = max(u, v)`` where
        ``max_exp_avg_sqs`` is given (AMSGrad), else ``u = v``;
        ``p -= lr / (1 - beta1**t) * m / (sqrt(u) / sqrt(1 - beta2**t) + eps)``.
        """

    def rmsprop(
        params: list[Tensor],
        grads: list[Tensor] | None,
        square_avgs: list[Tensor],
        momentum_buffers: list[Tensor] | None,
        grad_avgs: list[Tensor] | None,
        steps: list[Tensor],
        lr: float,
        alpha: float,
        eps: float,
        weight_decay: float,
        momentum: float,
        maximize: bool,
        /,
    ) -> bool:
        """RMSprop (Hinton), centered (Graves) where ``grad_avgs`` is given.

        ``g = grad + weight_decay * p``; ``v = alpha * v + (1 - alpha) * g * g``; centered also
        ``a = alpha * a + (1 - alpha) * g`` and ``d = sqrt(v - a * a)``, else ``d = sqrt(v)``; with momentum
        ``b = momentum * b + g / (d + eps)`` and ``p -= lr * b``, else ``p -= lr * g / (d + eps)``.
        ``momentum_buffers`` is None exactly when ``momentum == 0``.
        """

    def adagrad(
        params: list[Tensor],
        grads: list[Tensor] | None,
        state_sums: list[Tensor],
        steps: list[Tensor],
        lr: float,
        lr_decay: float,
        weight_decay: float,
        eps: float,
        maximize: bool,
        /,
    ) -> bool:
        """Adagrad (Duchi, Hazan and Singer).

        ``g = grad + weight_decay * p``; ``s += g * g``; ``p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)``.
        """

else:
    from ferrotorch._C import _optim

    sgd = _optim.sgd
    adam = _optim.adam
    rmsprop = _optim.rmsprop
    adagrad = _optim.adagrad

__all__ = ["adagrad", "adam", "rmsprop", "sgd"]
