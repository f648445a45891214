"""Activation functions. All but the softmax family act element by element and keep the shape of their input."""

from __future__ import annotations

import warnings

import ferrotorch as torch
from ferrotorch._C import Tensor, _nn
from ferrotorch._checks import require_tensors
from ferrotorch._composite import one_node
from ferrotorch._functions._out import write_out
from ferrotorch.nn.functional._destination import overwrite

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """``x`` where ``x > threshold``, else ``value``."""
    return overwrite(_nn.threshold, input, threshold, value) if inplace else _nn.threshold(input, threshold, value)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place :func:`threshold`."""
    return overwrite(_nn.threshold, input, threshold, value)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(x, 0)``."""
    return torch.relu_(input) if inplace else _nn.relu(input)


def relu_(input: Tensor) -> Tensor:
    """In-place :func:`relu`."""
    return torch.relu_(input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(x, 0), 6)``."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """``x`` limited to ``[min_val, max_val]``; NaN where a limit is.

    Raises:
        ValueError: ``min_val > max_val``.
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val cannot be greater than max_val, but got {min_val} and {max_val}")
    return overwrite(_nn.hardtanh, input, min_val, max_val) if inplace else _nn.hardtanh(input, min_val, max_val)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place :func:`hardtanh`, which accepts limits that cross: everything is ``max_val`` then."""
    return overwrite(_nn.hardtanh, input, min_val, max_val)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``x`` where ``x > 0``, else ``alpha * (exp(x) - 1)`` (Clevert et al., 2015)."""
    return overwrite(_nn.elu, input, alpha, 1.0, 1.0) if inplace else _nn.elu(input, alpha, 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place :func:`elu`."""
    return elu(input, alpha, inplace=True)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """``scale * elu(x, alpha)`` with the self-normalising constants of Klambauer et al., 2017."""
    args = (SELU_ALPHA, SELU_SCALE, 1.0)
    return overwrite(_nn.elu, input, *args) if inplace else _nn.elu(input, *args)


def selu_(input: Tensor) -> Tensor:
    """In-place :func:`selu`."""
    return selu(input, inplace=True)


@one_node("CeluBackward0")
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`` (Barron, 2017).

    Raises:
        RuntimeError: ``alpha`` is 0.
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    args = (alpha, 1.0, 1.0 / alpha)
    return overwrite(_nn.elu, input, *args) if inplace else _nn.elu(input, *args)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place :func:`celu`."""
    return celu(input, alpha, inplace=True)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``x`` where ``x > 0``, else ``negative_slope * x``."""
    if inplace:
        return overwrite(_nn.leaky_relu, input, negative_slope)
    return _nn.leaky_relu(input, negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place :func:`leaky_relu`."""
    return leaky_relu(input, negative_slope, inplace=True)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """``x`` where ``x > 0``, else ``weight * x``; ``weight`` is a scalar or one value a channel (dimension 1).

    Raises:
        RuntimeError: a weight of more than one dimension, of another size than the channels, or of another dtype.
        NotImplementedError: a dtype that is not floating point.
    """
    require_tensors("prelu", input=input, weight=weight)
    if input.dtype is not weight.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"prelu" not implemented for {input.dtype}: use a float dtype')
    if weight.dim() > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}")
    if weight.numel() != 1:
        channels = input.size(1) if input.dim() > 1 else 1
        if input.dim() == 0:
            raise RuntimeError("prelu: Not allow zero-dim input tensor with several weights.")
        if weight.numel() != channels:
            raise RuntimeError(
                f"prelu: Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}."
            )
    return _nn.prelu(input, weight)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Leaky ReLU whose slope is drawn per negative element from U(lower, upper) in training, else their mean.

    Raises:
        RuntimeError: ``lower`` is greater than ``upper``.
    """
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if not training:
        slope = (lower + upper) / 2
        return leaky_relu(input, slope, inplace) if inplace else _mean_leaky_relu(input, slope)
    if inplace:
        return overwrite(_randomized_leaky_relu, input, lower, upper)
    return _randomized_leaky_relu(input, lower, upper)


@one_node("RreluWithNoiseBackward0")
def _mean_leaky_relu(input: Tensor, slope: float) -> Tensor:
    return leaky_relu(input, slope).contiguous()


@one_node("RreluWithNoiseBackward0")
def _randomized_leaky_relu(input: Tensor, lower: float, upper: float) -> Tensor:
    """Draws one float64 per element ``<= 0``, in memory order: the stream that PyTorch consumes."""
    slope = torch.ones_like(input, requires_grad=False)
    if input.is_meta:
        return (input * slope).contiguous()
    negative = input.detach() <= 0
    count = int(negative.sum())
    draws = torch.empty(count, dtype=torch.float64, device=input.device).uniform_(lower, upper)
    slope[negative] = draws.to(input.dtype)
    return (input * slope).contiguous()


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """In-place :func:`rrelu`."""
    return rrelu(input, lower, upper, training, inplace=True)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """``a * sigmoid(b)`` for the halves ``a, b`` of ``input`` along ``dim`` (Dauphin et al., 2016).

    Raises:
        RuntimeError: a 0-dim input, or an odd size along ``dim``.
        NotImplementedError: an input that is not of a float dtype.
    """
    return _nn.glu(input, dim)


def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log(1 / (1 + exp(-x)))``, computed without overflow. The result is row-major."""
    is_strided = isinstance(input, torch.Tensor) and not input.is_contiguous()
    result = _row_major_log_sigmoid(input) if is_strided else _nn.log_sigmoid(input)
    return write_out("log_sigmoid", result, out, own_dtype=True, inputs=(input,))


@one_node("LogSigmoidBackward0")
def _row_major_log_sigmoid(input: Tensor) -> Tensor:
    return _nn.log_sigmoid(input).contiguous()


def gelu(input: Tensor, *, approximate: str = "none", out: Tensor | None = None) -> Tensor:
    """``x * Phi(x)`` (Hendrycks & Gimpel, 2016); ``approximate`` is ``"none"`` or ``"tanh"``."""
    return write_out("gelu", _nn.gelu(input, approximate), out, own_dtype=True, inputs=(input,))


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """``x`` where ``|x| > lambd``, else 0."""
    return write_out("hardshrink", _nn.hardshrink(input, lambd), out, own_dtype=True, inputs=(input,))


def softshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """``sign(x) * max(|x| - lambd, 0)``.

    Raises:
        RuntimeError: ``lambd`` is negative.
    """
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}.")
    return write_out("softshrink", _nn.softshrink(input, lambd), out, own_dtype=True, inputs=(input,))


def tanhshrink(input: Tensor) -> Tensor:
    """``x - tanh(x)``."""
    return input - torch.tanh(input)


def softsign(input: Tensor) -> Tensor:
    """``x / (1 + |x|)``."""
    return input / (torch.abs(input) + 1)


def softplus(input: Tensor, beta: float = 1, threshold: float = 20, *, out: Tensor | None = None) -> Tensor:
    """``log(1 + exp(beta * x)) / beta``, and ``x`` itself where ``beta * x > threshold``."""
    return write_out("softplus", _nn.softplus(input, beta, threshold), out, own_dtype=True, inputs=(input,))


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return torch.tanh(input)


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-x))``."""
    return torch.sigmoid(input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``min(max(x + 3, 0), 6) / 6``."""
    return overwrite(_nn.hardsigmoid, input) if inplace else _nn.hardsigmoid(input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * sigmoid(x)``, also called swish."""
    return overwrite(_nn.silu, input) if inplace else _nn.silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * tanh(softplus(x))`` (Misra, 2019)."""
    return overwrite(_nn.mish, input) if inplace else _nn.mish(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``x * min(max(x + 3, 0), 6) / 6`` (Howard et al., 2019)."""
    return overwrite(_nn.hardswish, input) if inplace else _nn.hardswish(input)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: torch.dtype | None = None) -> Tensor:
    """``exp(x) / sum(exp(x))`` along ``dim``; ``dtype`` converts the input first."""
    return torch.softmax(input, _softmax_dim("softmax", input, dim, _stacklevel), dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: torch.dtype | None = None) -> Tensor:
    """``softmax(-x)`` along ``dim``."""
    return torch.softmax(torch.neg(input), _softmax_dim("softmin", input, dim, _stacklevel), dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: torch.dtype | None = None
) -> Tensor:
    """``log(softmax(x))`` along ``dim``, computed without overflow."""
    return torch.log_softmax(input, _softmax_dim("log_softmax", input, dim, _stacklevel), dtype=dtype)


def _softmax_dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    """``dim``, or the legacy default: 0 for 0, 1 and 3 dimensions, else 1."""
    if dim is not None:
        return dim
    require_tensors(name, input=input)
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample of the Gumbel-softmax distribution (Jang et al., 2017) along ``dim``.

    With ``hard`` the result is one-hot, and its gradient that of the soft sample. ``eps`` has no effect.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    gumbels = -torch.empty_like(logits, memory_format=torch.contiguous_format).exponential_().log()
    soft = torch.softmax((logits + gumbels) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = torch.zeros_like(logits).scatter_(dim, index, 1.0)
    return one_hot - soft.detach() + soft
