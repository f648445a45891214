"""Observers: modules that look at tensors and choose scales and zero points of what they saw.

Parameters of a range are chosen as in Jacob et al., 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference"; those that PyTorch's observers choose are the same numbers.
"""

from __future__ import annotations

import warnings
from abc import ABCMeta, abstractmethod
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.ao.quantization._partial import with_args as _with_args
from ferrotorch.ao.quantization._partial import with_callable_args as _with_callable_args
from ferrotorch.ao.quantization.utils import (
    calculate_qmin_qmax,
    check_min_max_valid,
    is_per_channel,
    is_per_tensor,
    validate_qmin_qmax,
)
from ferrotorch.nn.modules.module import Module

__all__ = [
    "FixedQParamsObserver",
    "HistogramObserver",
    "MinMaxObserver",
    "MovingAverageMinMaxObserver",
    "MovingAveragePerChannelMinMaxObserver",
    "NoopObserver",
    "ObserverBase",
    "PerChannelMinMaxObserver",
    "PlaceholderObserver",
    "RecordingObserver",
    "ReuseInputObserver",
    "UniformQuantizationObserverBase",
    "default_affine_fixed_qparams_observer",
    "default_debug_observer",
    "default_dynamic_quant_observer",
    "default_fixed_qparams_range_0to1_observer",
    "default_fixed_qparams_range_neg1to1_observer",
    "default_float_qparams_observer",
    "default_float_qparams_observer_4bit",
    "default_histogram_observer",
    "default_observer",
    "default_per_channel_weight_observer",
    "default_placeholder_observer",
    "default_reuse_input_observer",
    "default_symmetric_fixed_qparams_observer",
    "default_weight_observer",
    "get_observer_state_dict",
    "load_observer_state_dict",
    "per_channel_weight_observer_range_neg_127_to_127",
    "weight_observer_range_neg_127_to_127",
]

_EPS = torch.finfo(torch.float32).eps


class ObserverBase(Module, metaclass=ABCMeta):
    """The base of modules that look at tensors and pass them on.

    Args:
        dtype: the dtype that what they see is to have.
        is_dynamic: shall the range be looked at when it is needed, not before?
    """

    def __init__(self, dtype: Any, is_dynamic: bool = False) -> None:
        super().__init__()
        self.dtype = dtype
        self.is_dynamic = is_dynamic

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Look at a tensor, and return it."""

    @abstractmethod
    def calculate_qparams(self) -> Any:
        """Scale and zero point of what was seen."""

    with_args = classmethod(_with_args)
    with_callable_args = classmethod(_with_callable_args)


class UniformQuantizationObserverBase(ObserverBase):
    """The base of observers whose integers have the same distance everywhere.

    Args:
        dtype: a quantized dtype, or one of integers.
        qscheme: how the integers stand for numbers.
        reduce_range: leave the uppermost bit unused?
        quant_min, quant_max: bounds of the integers; those of the dtype by default.
        factory_kwargs: ``device`` and ``dtype`` of buffers.
        eps: the smallest scale.
        is_dynamic: see `ObserverBase`.

    Raises:
        AssertionError: dtype, scheme or bounds that there are not.
    """

    _version = 3
    eps: Tensor

    def __init__(
        self,
        dtype: Any = torch.quint8,
        qscheme: Any = torch.per_tensor_affine,
        reduce_range: bool = False,
        quant_min: int | None = None,
        quant_max: int | None = None,
        factory_kwargs: dict[str, Any] | None = None,
        eps: float = _EPS,
        is_dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype=dtype, is_dynamic=is_dynamic, **kwargs)
        self.qscheme = qscheme
        if reduce_range:
            warnings.warn(
                "Please use quant_min and quant_max to specify the range for observers. "
                "reduce_range will be deprecated in a future release of PyTorch.",
                stacklevel=2,
            )
        self.reduce_range = reduce_range
        self.register_buffer("eps", torch.tensor([eps], **(factory_kwargs or {})))
        if not (is_per_tensor(qscheme) or is_per_channel(qscheme)):
            raise AssertionError(f"observers have no scheme {qscheme}")
        self.has_customized_qrange = quant_min is not None and quant_max is not None
        if quant_min is not None and quant_max is not None:
            validate_qmin_qmax(quant_min, quant_max)
        self.quant_min, self.quant_max = calculate_qmin_qmax(
            quant_min, quant_max, self.has_customized_qrange, dtype, reduce_range
        )
        self._begin(factory_kwargs or {})

    def _begin(self, options: dict[str, Any]) -> None:
        """Check what kinds of observers do not take, and make the buffers of what is seen, with these options."""

    def _calculate_qparams(self, min_val: Tensor, max_val: Tensor) -> tuple[Tensor, Tensor]:
        """Scales (float32) and zero points of ranges, each with at least one element."""
        device = min_val.device
        if not check_min_max_valid(min_val, max_val):
            return torch.tensor([1.0], device=device), torch.tensor([0], device=device)
        low, high = self.quant_min, self.quant_max
        below, above = min_val.clamp(max=0), max_val.clamp(min=0)
        zero_point = torch.zeros(below.shape, dtype=torch.int64, device=device)
        if self.qscheme in (torch.per_tensor_symmetric, torch.per_channel_symmetric):
            scale = torch.max(torch.max(-below, above) / (float(high - low) / 2), self.eps)
            zero_point = zero_point + self._middle()
        elif self.qscheme == torch.per_channel_affine_float_qparams:
            scale = (max_val - min_val) / float(high - low)
            scale = torch.where(scale > self.eps, scale, torch.ones_like(scale))
            zero_point = -1 * min_val / scale
        else:
            scale = torch.max((above - below) / float(high - low), self.eps)
            zero_point = torch.clamp(low - torch.round(below / scale).to(torch.int), low, high)
        return torch.atleast_1d(scale), torch.atleast_1d(zero_point)

    def _middle(self) -> int:
        """The zero point of a range that is the same on both sides of 0."""
        if self.dtype in (torch.quint8, torch.uint8):
            return (self.quant_min + self.quant_max) // 2 if self.has_customized_qrange else 128
        return 2**15 if self.dtype == torch.uint16 else 0

    def reset_min_max_vals(self) -> None:
        """Forget what was seen."""
        raise NotImplementedError("Cannot reset min/max values in the given observer.")


_ObserverBase = UniformQuantizationObserverBase


class MinMaxObserver(UniformQuantizationObserverBase):
    """The smallest and the greatest number of all tensors.

    Args: see `UniformQuantizationObserverBase`.

    Raises:
        NotImplementedError: a scheme with several scales; quint8, a reduced range and a symmetric scheme together.
    """

    min_val: Tensor
    max_val: Tensor

    def _begin(self, options: dict[str, Any]) -> None:
        _require_scheme(self, self.qscheme, is_per_tensor)
        _refuse_reduced(self, torch.per_tensor_symmetric)
        self.register_buffer("min_val", torch.tensor(float("inf"), **options))
        self.register_buffer("max_val", torch.tensor(float("-inf"), **options))

    def forward(self, x_orig: Tensor) -> Tensor:
        """Look at a tensor, and return it."""
        if x_orig.numel():
            low, high = x_orig.detach().to(self.min_val.dtype).aminmax()
            self.min_val.copy_(torch.min(low, self.min_val))
            self.max_val.copy_(torch.max(high, self.max_val))
        return x_orig

    def calculate_qparams(self) -> tuple[Tensor, Tensor]:
        """Scale and zero point of what was seen."""
        return self._calculate_qparams(self.min_val, self.max_val)

    def extra_repr(self) -> str:
        """The range."""
        return f"min_val={self.min_val}, max_val={self.max_val}"

    def reset_min_max_vals(self) -> None:
        """Forget what was seen."""
        self.min_val.copy_(torch.tensor(float("inf")))
        self.max_val.copy_(torch.tensor(float("-inf")))


def _require_scheme(observer: Module, qscheme: Any, holds: Any) -> None:
    if not holds(qscheme):
        kinds = "per_tensor_symmetric and torch.per_tensor_affine" if holds is is_per_tensor else "per_channel schemes"
        raise NotImplementedError(f"{type(observer).__name__}'s qscheme only support torch.{kinds}. but got: {qscheme}")


def _refuse_reduced(observer: UniformQuantizationObserverBase, symmetric: Any) -> None:
    if observer.qscheme == symmetric and observer.reduce_range and observer.dtype == torch.quint8:
        raise NotImplementedError("Cannot reduce range for symmetric quantization for quint8")


def _refuse_dynamic(observer: Module, is_dynamic: bool) -> None:
    if is_dynamic:
        raise NotImplementedError(f"{type(observer).__name__} doesn't support dynamic quantization")


class MovingAverageMinMaxObserver(MinMaxObserver):
    """Moving averages of the smallest and the greatest number of each tensor.

    Args:
        averaging_constant: the weight of a new tensor.
        others: see `UniformQuantizationObserverBase`.
    """

    def __init__(
        self,
        averaging_constant: float = 0.01,
        dtype: Any = torch.quint8,
        qscheme: Any = torch.per_tensor_affine,
        reduce_range: bool = False,
        quant_min: int | None = None,
        quant_max: int | None = None,
        eps: float = _EPS,
        is_dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        if is_dynamic and averaging_constant != 1:
            raise NotImplementedError(
                "MovingAverageMinMaxObserver doesn't support dynamic quantization for "
                f"averaging constant of {averaging_constant}"
            )
        super().__init__(dtype, qscheme, reduce_range, quant_min, quant_max, eps=eps, is_dynamic=is_dynamic, **kwargs)
        self.averaging_constant = averaging_constant

    def forward(self, x_orig: Tensor) -> Tensor:
        """Look at a tensor, and return it."""
        if x_orig.numel():
            low, high = x_orig.detach().to(self.min_val.dtype).aminmax()
            is_first = self.min_val == float("inf") and self.max_val == float("-inf")
            for average, seen in ((self.min_val, low), (self.max_val, high)):
                average.copy_(seen if is_first else average + self.averaging_constant * (seen - average))
        return x_orig


class PerChannelMinMaxObserver(UniformQuantizationObserverBase):
    """The smallest and the greatest number for each index along an axis.

    Args:
        ch_axis: the axis.
        others: see `UniformQuantizationObserverBase`.
    """

    min_val: Tensor
    max_val: Tensor

    def __init__(
        self,
        ch_axis: int = 0,
        dtype: Any = torch.quint8,
        qscheme: Any = torch.per_channel_affine,
        reduce_range: bool = False,
        quant_min: int | None = None,
        quant_max: int | None = None,
        factory_kwargs: dict[str, Any] | None = None,
        eps: float = _EPS,
        is_dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            dtype, qscheme, reduce_range, quant_min, quant_max, factory_kwargs, eps, is_dynamic=is_dynamic, **kwargs
        )
        self.ch_axis = ch_axis

    def _begin(self, options: dict[str, Any]) -> None:
        _require_scheme(self, self.qscheme, is_per_channel)
        _refuse_dynamic(self, self.is_dynamic)
        _refuse_reduced(self, torch.per_channel_symmetric)
        self.register_buffer("min_val", torch.tensor([], **options))
        self.register_buffer("max_val", torch.tensor([], **options))

    def _rows(self, x: Tensor) -> Tensor:
        """Numbers (channels, others) in the buffers' dtype."""
        return x.detach().to(self.min_val.dtype).transpose(0, self.ch_axis).flatten(1)

    def _moved(self, average: Tensor, seen: Tensor, smallest: bool) -> Tensor:
        return torch.min(seen, average) if smallest else torch.max(seen, average)

    def forward(self, x_orig: Tensor) -> Tensor:
        """Look at a tensor, and return it."""
        if x_orig.numel():
            low, high = self._rows(x_orig).aminmax(dim=1)
            is_first = self.min_val.numel() == 0 or self.max_val.numel() == 0
            for average, seen, smallest in ((self.min_val, low, True), (self.max_val, high, False)):
                value = seen if is_first else self._moved(average, seen, smallest)
                average.resize_(value.shape).copy_(value)
        return x_orig

    def calculate_qparams(self) -> tuple[Tensor, Tensor]:
        """Scales and zero points of what was seen."""
        return self._calculate_qparams(self.min_val, self.max_val)

    def extra_repr(self) -> str:
        """The ranges."""
        return f"min_val={self.min_val}, max_val={self.max_val}"

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Buffers take on the sizes that are loaded."""
        for name in ("min_val", "max_val"):
            if prefix + name in state_dict:
                getattr(self, name).resize_(state_dict[prefix + name].shape)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def reset_min_max_vals(self) -> None:
        """Forget what was seen."""
        self.min_val, self.max_val = torch.empty(0), torch.empty(0)


class MovingAveragePerChannelMinMaxObserver(PerChannelMinMaxObserver):
    """Moving averages of the smallest and the greatest number for each index along an axis.

    Args:
        averaging_constant: the weight of a new tensor.
        others: see `PerChannelMinMaxObserver`.
    """

    def __init__(
        self,
        averaging_constant: float = 0.01,
        ch_axis: int = 0,
        dtype: Any = torch.quint8,
        qscheme: Any = torch.per_channel_affine,
        reduce_range: bool = False,
        quant_min: int | None = None,
        quant_max: int | None = None,
        eps: float = _EPS,
        is_dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            ch_axis, dtype, qscheme, reduce_range, quant_min, quant_max, eps=eps, is_dynamic=is_dynamic, **kwargs
        )
        self.averaging_constant = averaging_constant

    def _moved(self, average: Tensor, seen: Tensor, smallest: bool) -> Tensor:
        return average + self.averaging_constant * (seen - average)


class FixedQParamsObserver(ObserverBase):
    """A scale and zero point that are known, such as those of a sigmoid.

    Args:
        scale, zero_point: what they are.
        dtype, qscheme, quant_min, quant_max, is_dynamic: see `UniformQuantizationObserverBase`.
    """

    scale: Tensor
    zero_point: Tensor

    def __init__(
        self,
        scale: float,
        zero_point: int,
        dtype: Any = torch.quint8,
        qscheme: Any = torch.per_tensor_affine,
        quant_min: int = 0,
        quant_max: int = 255,
        is_dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        _refuse_dynamic(self, is_dynamic)
        super().__init__(dtype=dtype, is_dynamic=is_dynamic, **kwargs)
        self.quant_min, self.quant_max = quant_min, quant_max
        self.register_buffer("scale", torch.tensor([scale], dtype=torch.float))
        self.register_buffer("zero_point", torch.tensor([zero_point], dtype=torch.int))
        self.qscheme = qscheme

    def forward(self, X: Tensor) -> Tensor:
        """The tensor."""
        return X

    def calculate_qparams(self) -> tuple[Tensor, Tensor]:
        """Scale and zero point."""
        return self.scale, self.zero_point


class PlaceholderObserver(ObserverBase):
    """What only says which dtype a tensor is to have.

    Args:
        dtype: that dtype.
        custom_op_name: not used.
        compute_dtype: deprecated; the dtype that dynamic quantization computes with.
        quant_min, quant_max, qscheme, eps, is_dynamic: see `UniformQuantizationObserverBase`.
    """

    def __init__(
        self,
        dtype: Any = torch.float32,
        custom_op_name: str = "",
        compute_dtype: Any = None,
        quant_min: int | None = None,
        quant_max: int | None = None,
        qscheme: Any = None,
        eps: float | None = None,
        is_dynamic: bool = False,
    ) -> None:
        super().__init__(dtype=dtype, is_dynamic=is_dynamic)
        self.dtype = dtype
        self.qscheme = torch.per_tensor_affine if qscheme is None else qscheme
        self.quant_min, self.quant_max, self.eps, self.custom_op = quant_min, quant_max, eps or _EPS, custom_op_name
        if compute_dtype:
            self.is_dynamic = True
            warnings.warn("Please use `is_dynamic` instead of `compute_dtype`.", stacklevel=2)

    def forward(self, x: Tensor) -> Tensor:
        """The tensor."""
        return x

    def extra_repr(self) -> str:
        """Dtype and when the range is looked at."""
        return f"dtype={self.dtype}, is_dynamic={self.is_dynamic}"

    def calculate_qparams(self) -> Any:
        """Raises Exception: nothing was looked at."""
        raise Exception("calculate_qparams should not be called for PlaceholderObserver")


class RecordingObserver(ObserverBase):
    """Copies of all tensors, to look into."""

    def __init__(self, dtype: Any = torch.quint8) -> None:
        super().__init__(dtype=dtype, is_dynamic=False)
        self.tensor_val: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        """Keep a copy of a tensor, and return it."""
        self.tensor_val.append(x.clone())
        return x

    def calculate_qparams(self) -> Any:
        """Raises Exception: the tensors are for people."""
        raise Exception("calculate_qparams should not be called for RecordingObserver")

    def get_tensor_value(self) -> list[Tensor]:
        """The copies."""
        return self.tensor_val


class NoopObserver(ObserverBase):
    """What only says that a tensor is to be float16 or the like."""

    def __init__(self, dtype: Any = torch.float16, custom_op_name: str = "") -> None:
        super().__init__(dtype=dtype, is_dynamic=False)
        self.custom_op = custom_op_name

    def forward(self, x: Tensor) -> Tensor:
        """The tensor."""
        return x

    def calculate_qparams(self) -> Any:
        """Raises Exception: nothing was looked at."""
        raise Exception("calculate_qparams should not be called for NoopObserver")


class ReuseInputObserver(ObserverBase):
    """What says that a tensor has the scale and zero point of what it was made of."""

    def __init__(self) -> None:
        super().__init__(torch.quint8, is_dynamic=False)

    def forward(self, x: Tensor) -> Tensor:
        """The tensor."""
        return x

    def calculate_qparams(self) -> Any:
        """Raises Exception: nothing was looked at."""
        raise Exception("calculate_qparams should not be called for ReuseInputObserver")


def _is_activation_post_process(module: Module) -> bool:
    """Is a module an observer, or what rounds as an observer says?"""
    from ferrotorch.ao.quantization.fake_quantize import FakeQuantizeBase

    return isinstance(module, (ObserverBase, FakeQuantizeBase))


def get_observer_state_dict(mod: Module) -> dict[str, Any]:
    """What a model's observers have seen, by name."""
    return type(mod.state_dict())(
        (name, value) for name, value in mod.state_dict().items() if "activation_post_process" in name
    )


def load_observer_state_dict(mod: Module, obs_dict: dict[str, Any]) -> None:
    """Let a model's observers have seen what `get_observer_state_dict` gave.

    Raises:
        RuntimeError: names that the model lacks or that are left over.
    """
    missing: list[str] = []
    unexpected: list[str] = []
    for name, module in mod.named_modules():
        prefix = f"{name}."
        if _is_activation_post_process(module):
            module._load_from_state_dict(obs_dict, prefix, {}, False, missing, unexpected, [])
    left = [key for key in missing + unexpected if "observer" in key or "activation_post_process" in key]
    if left:
        raise RuntimeError(f"Missing keys for observer {missing} in state_dict")


from ferrotorch.ao.quantization._histogram import HistogramObserver  # noqa: E402 (it is one of the observers)

_SYMMETRIC_8 = {"dtype": torch.qint8, "qscheme": torch.per_tensor_symmetric}
_CHANNELS_8 = {"dtype": torch.qint8, "qscheme": torch.per_channel_symmetric}
_NEG_127 = {"quant_min": -127, "quant_max": 127, "eps": 2**-12}

default_observer = MinMaxObserver.with_args(quant_min=0, quant_max=127)
default_placeholder_observer = PlaceholderObserver
default_debug_observer = RecordingObserver
default_weight_observer = MinMaxObserver.with_args(**_SYMMETRIC_8)
weight_observer_range_neg_127_to_127 = MinMaxObserver.with_args(**_SYMMETRIC_8, **_NEG_127)
default_histogram_observer = HistogramObserver.with_args(quant_min=0, quant_max=127)
default_per_channel_weight_observer = PerChannelMinMaxObserver.with_args(**_CHANNELS_8)
per_channel_weight_observer_range_neg_127_to_127 = PerChannelMinMaxObserver.with_args(**_CHANNELS_8, **_NEG_127)
default_dynamic_quant_observer = PlaceholderObserver.with_args(
    dtype=torch.quint8, quant_min=0, quant_max=255, is_dynamic=True
)
default_float_qparams_observer = PerChannelMinMaxObserver.with_args(
    dtype=torch.quint8, qscheme=torch.per_channel_affine_float_qparams, ch_axis=0
)
default_float_qparams_observer_4bit = PerChannelMinMaxObserver.with_args(
    dtype=torch.quint4x2, qscheme=torch.per_channel_affine_float_qparams, ch_axis=0
)
_FIXED = {"dtype": torch.quint8, "quant_min": 0, "quant_max": 255}
default_fixed_qparams_range_neg1to1_observer = FixedQParamsObserver.with_args(
    scale=2.0 / 256.0, zero_point=128, **_FIXED
)
default_fixed_qparams_range_0to1_observer = FixedQParamsObserver.with_args(scale=1.0 / 256.0, zero_point=0, **_FIXED)
default_symmetric_fixed_qparams_observer = default_fixed_qparams_range_neg1to1_observer
default_affine_fixed_qparams_observer = default_fixed_qparams_range_0to1_observer
default_reuse_input_observer = ReuseInputObserver
