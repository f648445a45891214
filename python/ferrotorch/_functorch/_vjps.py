"""Derivatives of ops of ``aten`` in ops of ``aten``: PyTorch's formulas, for graphs that are differentiated as such.

A rule takes the gradient of the op's result (a list of them for several results, None where there is none), the result
and the arguments, and returns the gradients of the tensors among the arguments, in their order; None for no gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ferrotorch as torch

__all__ = ["RULES", "gradients_of"]

Tensor = torch.Tensor
Rule = Callable[..., Any]
aten = torch.ops.aten


def gradients_of(func: Any, grad: Any, result: Any, args: Any, kwargs: dict[str, Any]) -> list[Any]:
    """The gradients of the tensors among the arguments of a call.

    Raises:
        RuntimeError: there is no formula for the op.
    """
    rule = RULES.get(func.overloadpacket.__name__)
    if rule is None:
        raise RuntimeError(f"{func}: its derivative is not known as a graph of ops")
    found = rule(grad, result, *args, **kwargs)
    return list(found) if isinstance(found, tuple | list) else [found]


def _summed_to(grad: Tensor, like: Tensor) -> Tensor:
    """The sum of a gradient over the dimensions along which an argument was spread."""
    if grad.shape == like.shape:
        return grad
    more = grad.dim() - like.dim()
    dims = [i for i in range(grad.dim()) if i < more or (like.shape[i - more] == 1 and grad.shape[i] != 1)]
    result = aten.sum.dim_IntList(grad, dims, True)
    return result if not more else aten.view.default(result, list(like.shape))


def _binary(rule: Callable[..., tuple[Any, Any]]) -> Rule:
    """A rule for two operands, of which one may be a number, that are spread over each other."""

    def both(grad: Tensor, result: Tensor, a: Any, b: Any, **options: Any) -> list[Any]:
        of_a, of_b = rule(grad, result, a, b, **options)
        # The second is computed first, as PyTorch does.
        second = [_summed_to(of_b(), b)] if isinstance(b, Tensor) and b.requires_grad else [None]
        first = [_summed_to(of_a(), a)] if isinstance(a, Tensor) and a.requires_grad else [None]
        return (first if isinstance(a, Tensor) else []) + (second if isinstance(b, Tensor) else [])

    return both


def _scaled(grad: Tensor, factor: Any) -> Tensor:
    return grad if factor == 1 else grad * factor


def _unary(rule: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Rule:
    """A rule for one operand."""
    return lambda grad, result, x: rule(grad, result, x)


def _power(grad: Tensor, result: Tensor, x: Any, exponent: Any) -> Any:
    if isinstance(exponent, Tensor):
        if not isinstance(x, Tensor):
            return grad * (result * math.log(x))
        of_x = _summed_to(grad * (exponent * x.pow(exponent - 1)), x)
        return of_x, _summed_to(grad * (result * x.log()), exponent)
    if exponent == 0:
        return torch.zeros_like(x)
    return grad * aten.mul.Scalar(aten.pow.Tensor_Scalar(x, float(exponent - 1)), float(exponent))


def _mm(grad: Tensor, result: Tensor, a: Tensor, b: Tensor) -> Any:
    """Gradients lie as the factors do: of one that is turned, the turned gradient is computed."""
    of_a = of_b = None
    if b.requires_grad:
        of_b = grad.t().mm(a).t() if _is_turned(b) else a.t().mm(grad)
    if a.requires_grad:
        of_a = b.mm(grad.t()).t() if _is_turned(a) else grad.mm(b.t())
    return of_a, of_b


def _is_turned(x: Tensor) -> bool:
    return x.stride() == (1, x.shape[0])


def _addmm(grad: Tensor, result: Tensor, bias: Tensor, a: Tensor, b: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Any:
    of_a, of_b = (None if x is None else _scaled(x, alpha) for x in _mm(grad, result, a, b))
    return _summed_to(_scaled(grad, beta), bias) if bias.requires_grad else None, of_a, of_b


def _sum_along(grad: Tensor, result: Tensor, x: Tensor, dim: Any = None, keepdim: bool = False, **_: Any) -> Tensor:
    return aten.expand.default(_with_dims(grad, x, dim, keepdim), list(x.shape))


def _with_dims(value: Tensor, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    dims = list(range(x.dim())) if not dim and dim != 0 else [dim] if isinstance(dim, int) else list(dim)
    if keepdim or dims == list(range(x.dim())):
        return value
    for each in sorted(d % x.dim() for d in dims):
        value = aten.unsqueeze.default(value, each)
    return value


def _mean_along(grad: Tensor, result: Tensor, x: Tensor, dim: Any = None, keepdim: bool = False, **_: Any) -> Tensor:
    return aten.div.Scalar(_sum_along(grad, result, x, dim, keepdim), x.numel() // max(result.numel(), 1))


def _extreme_along(grad: Tensor, result: Tensor, x: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    mask = aten.eq.Tensor(x, _with_dims(result, x, dim, keepdim))
    spread = _with_dims(grad, x, dim, keepdim) * mask
    return spread / mask.sum(list(dim) or None, keepdim=True)


def _layer_norm(grads: Any, results: Any, x: Tensor, shape: Any, weight: Any, bias: Any, eps: float) -> list[Any]:
    given = [x, *(each for each in (weight, bias) if isinstance(each, Tensor))]
    mask = [True, weight is not None, bias is not None]
    found = aten.native_layer_norm_backward.default(grads[0], x, shape, results[1], results[2], weight, bias, mask)
    return [each for each, wanted in zip(found, mask, strict=True) if wanted][: len(given)]


def _batch_norm(
    grads: Any, results: Any, x: Tensor, weight: Any, bias: Any, mean: Any, var: Any, training: bool,
    momentum: float, eps: float,
) -> list[Any]:  # fmt: skip
    mask = [True, weight is not None, bias is not None]
    given = (grads[0], x, weight, mean, var, results[1], results[2], training, eps, mask)
    found = aten.native_batch_norm_backward.default(*given)
    parts = [each for each, wanted in zip(found, mask, strict=True) if wanted]
    return [*parts, *(None for each in (mean, var) if each is not None)]


def _convolution(grad: Tensor, result: Tensor, x: Tensor, weight: Tensor, bias: Any, *sizes: Any) -> list[Any]:
    bias_sizes = None if bias is None else list(bias.shape)
    mask = [True, True, bias is not None]
    found = aten.convolution_backward.default(grad, x, weight, bias_sizes, *sizes, mask)
    return list(found)[: 2 + (bias is not None)]


def _nll(grads: Any, results: Any, x: Tensor, target: Tensor, weight: Any, reduction: int, ignored: int) -> list[Any]:
    op = aten.nll_loss_backward.default
    found = op(grads[0], x, target, weight, reduction, ignored, results[1])
    return [found, None, *([] if weight is None else [None])]


def _cat(grad: Tensor, result: Tensor, tensors: Any, dim: int = 0) -> list[Any]:
    found, start = [], 0
    for x in tensors:
        found.append(aten.slice.Tensor(grad, dim, start, start + x.shape[dim]))
        start += x.shape[dim]
    return found


def _embedding(grad: Tensor, result: Tensor, weight: Tensor, indices: Tensor, padding: int = -1, *_: Any) -> list[Any]:
    return [aten.embedding_dense_backward.default(grad, indices, weight.shape[0], padding, False), None]


def _where(grad: Tensor, result: Tensor, condition: Tensor, a: Tensor, b: Tensor) -> list[Any]:
    zero = torch.zeros((), dtype=grad.dtype)
    picked = (torch.where(condition, grad, zero), torch.where(condition, zero, grad))
    return [None, *(_summed_to(each, x) for each, x in zip(picked, (a, b), strict=True))]


def _clamp(grad: Tensor, result: Tensor, x: Tensor, least: Any = None, most: Any = None) -> Tensor:
    kept = x >= least if least is not None else x <= most
    if least is not None and most is not None:
        kept = torch.logical_and(kept, x <= most)
    return grad * kept


RULES: dict[str, Rule] = {
    "_log_softmax": lambda g, r, x, dim, half: aten._log_softmax_backward_data.default(g, r, dim, x.dtype),
    "_softmax": lambda g, r, x, dim, half: aten._softmax_backward_data.default(g, r, dim, x.dtype),
    "_to_copy": lambda g, r, x, **_: aten._to_copy.default(g, dtype=x.dtype),
    "_unsafe_view": lambda g, r, x, shape: g.reshape(x.shape),
    "abs": _unary(lambda g, r, x: g * x.sgn()),
    "add": _binary(lambda g, r, a, b, alpha=1: (lambda: g, lambda: _scaled(g, alpha))),
    "addmm": _addmm,
    "alias": lambda g, r, x: g,
    "amax": _extreme_along,
    "amin": _extreme_along,
    "bmm": lambda g, r, a, b: (g.bmm(b.transpose(1, 2)), a.transpose(1, 2).bmm(g)),
    "cat": _cat,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clone": lambda g, r, x, **_: g,
    "convolution": _convolution,
    "cos": _unary(lambda g, r, x: g * -x.sin()),
    "detach": lambda g, r, x: None,
    "div": _binary(lambda g, r, a, b, **_: (lambda: g / b, lambda: -g * ((a / b) / b))),
    "dot": lambda g, r, a, b: (g * b, g * a),
    "embedding": _embedding,
    "exp": _unary(lambda g, r, x: g * r),
    "expand": lambda g, r, x, size: _summed_to(g, x),
    "gelu": lambda g, r, x, approximate="none": aten.gelu_backward.default(g, x, approximate=approximate),
    "index": lambda g, r, x, at: [
        aten.index_put.default(torch.zeros_like(x), at, g, True),
        *(None for each in at if each is not None),
    ],
    "log": _unary(lambda g, r, x: g / x),
    "mean": _mean_along,
    "mm": _mm,
    "mse_loss": lambda g, r, a, b, reduction=1: (
        (found := aten.mse_loss_backward.default(g, a, b, reduction)),
        found.neg(),
    ),
    "mul": _binary(lambda g, r, a, b: (lambda: g * b, lambda: g * a)),
    "mv": lambda g, r, a, b: (torch.outer(g, b), a.t().mv(g)),
    "native_batch_norm": _batch_norm,
    "native_layer_norm": _layer_norm,
    "neg": _unary(lambda g, r, x: -g),
    "nll_loss_forward": _nll,
    "permute": lambda g, r, x, dims: aten.permute.default(g, [list(dims).index(i) for i in range(x.dim())]),
    "pow": _power,
    "reciprocal": _unary(lambda g, r, x: -g * (r * r)),
    "relu": lambda g, r, x: aten.threshold_backward.default(g, r, 0),
    "rsqrt": _unary(lambda g, r, x: -0.5 * g * r.pow(3)),
    "rsub": lambda g, r, x, other, alpha=1: _scaled(-g, alpha),
    "select": lambda g, r, x, dim, index: aten.select_backward.default(g, list(x.shape), dim, index),
    "sigmoid": lambda g, r, x: aten.sigmoid_backward.default(g, r),
    "silu": lambda g, r, x: aten.silu_backward.default(g, x),
    "sin": _unary(lambda g, r, x: g * x.cos()),
    "slice": lambda g, r, x, dim=0, start=0, end=2**63 - 1, step=1: aten.slice_backward.default(
        g, list(x.shape), dim, start or 0, end, step
    ),
    "sqrt": _unary(lambda g, r, x: g / (2 * r)),
    "squeeze": lambda g, r, x, *_: g.reshape(x.shape),
    "stack": lambda g, r, tensors, dim=0: list(torch.unbind(g, dim)),
    "sub": _binary(lambda g, r, a, b, alpha=1: (lambda: g, lambda: _scaled(g.neg(), alpha))),
    "sum": _sum_along,
    "t": lambda g, r, x: g.t(),
    "tanh": lambda g, r, x: aten.tanh_backward.default(g, r),
    "transpose": lambda g, r, x, a, b: g.transpose(a, b),
    "unsqueeze": lambda g, r, x, dim: g.squeeze(dim),
    "view": lambda g, r, x, shape: g.reshape(x.shape),
    "where": _where,
}
