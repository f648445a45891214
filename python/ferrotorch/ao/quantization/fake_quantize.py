"""Modules that round tensors as quantization would, in floating point and with gradients, by what an observer sees."""

from __future__ import annotations

from abc import ABC, ABCMeta, abstractmethod
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.ao.quantization._partial import with_args as _with_args
from ferrotorch.ao.quantization.observer import (
    FixedQParamsObserver,
    HistogramObserver,
    MovingAverageMinMaxObserver,
    MovingAveragePerChannelMinMaxObserver,
    default_fixed_qparams_range_0to1_observer,
    default_fixed_qparams_range_neg1to1_observer,
)
from ferrotorch.ao.quantization.utils import is_per_channel, is_per_tensor
from ferrotorch.nn.modules.module import Module

__all__ = [
    "FakeQuantize",
    "FakeQuantizeBase",
    "FixedQParamsFakeQuantize",
    "FusedMovingAvgObsFakeQuantize",
    "default_affine_fixed_qparams_fake_quant",
    "default_dynamic_fake_quant",
    "default_embedding_fake_quant",
    "default_embedding_fake_quant_4bit",
    "default_fake_quant",
    "default_fixed_qparams_range_0to1_fake_quant",
    "default_fixed_qparams_range_neg1to1_fake_quant",
    "default_fused_act_fake_quant",
    "default_fused_per_channel_wt_fake_quant",
    "default_fused_wt_fake_quant",
    "default_histogram_fake_quant",
    "default_per_channel_weight_fake_quant",
    "default_symmetric_fixed_qparams_fake_quant",
    "default_weight_fake_quant",
    "disable_fake_quant",
    "disable_observer",
    "enable_fake_quant",
    "enable_observer",
    "fused_per_channel_wt_fake_quant_range_neg_127_to_127",
    "fused_wt_fake_quant_range_neg_127_to_127",
]


class FakeQuantizeBase(ABC, Module, metaclass=ABCMeta):
    """The base of modules that round; switches for rounding and for looking at the range are buffers."""

    fake_quant_enabled: Tensor
    observer_enabled: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("fake_quant_enabled", torch.tensor([1], dtype=torch.uint8))
        self.register_buffer("observer_enabled", torch.tensor([1], dtype=torch.uint8))

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Look at a tensor, and return it rounded."""

    @abstractmethod
    def calculate_qparams(self) -> Any:
        """Scale and zero point of what was seen."""

    def enable_fake_quant(self, enabled: bool = True) -> None:
        """Round from now on, or do not."""
        self.fake_quant_enabled[0] = 1 if enabled else 0

    def disable_fake_quant(self) -> None:
        """Do not round from now on."""
        self.enable_fake_quant(False)

    def enable_observer(self, enabled: bool = True) -> None:
        """Look at ranges from now on, or do not."""
        self.observer_enabled[0] = 1 if enabled else 0

    def disable_observer(self) -> None:
        """Do not look at ranges from now on."""
        self.enable_observer(False)

    with_args = classmethod(_with_args)


class FakeQuantize(FakeQuantizeBase):
    """Rounding by the scale and zero point that an observer chooses of all that was seen so far.

    Args:
        observer: class or factory of the observer.
        quant_min, quant_max: bounds of the integers; the observer's by default.
        is_dynamic: is the range that of each tensor alone?
        observer_kwargs: its arguments.
    """

    scale: Tensor
    zero_point: Tensor

    def __init__(
        self,
        observer: Any = MovingAverageMinMaxObserver,
        quant_min: int | None = None,
        quant_max: int | None = None,
        is_dynamic: bool = False,
        **observer_kwargs: Any,
    ) -> None:
        super().__init__()
        if quant_min is not None and quant_max is not None:
            _check_bounds(quant_min, quant_max, observer_kwargs.get("dtype", torch.quint8))
            observer_kwargs.update(quant_min=quant_min, quant_max=quant_max)
        observer_kwargs["is_dynamic"] = is_dynamic
        self.activation_post_process = observer(**observer_kwargs)
        self.quant_min = self.activation_post_process.quant_min
        self.quant_max = self.activation_post_process.quant_max
        self.is_dynamic = self.activation_post_process.is_dynamic
        self.dtype = self.activation_post_process.dtype
        self.qscheme = self.activation_post_process.qscheme
        self.ch_axis = getattr(self.activation_post_process, "ch_axis", -1)
        by_numbers = self.qscheme == torch.per_channel_affine_float_qparams
        self.register_buffer("scale", torch.tensor([1.0], dtype=torch.float))
        self.register_buffer("zero_point", torch.tensor([0], dtype=torch.float if by_numbers else torch.int))
        if not (is_per_tensor(self.qscheme) or is_per_channel(self.qscheme)):
            raise AssertionError(
                "Only per channel and per tensor quantization are supported in fake quantize"
                f" got qscheme: {self.qscheme}"
            )
        self.is_per_channel = is_per_channel(self.qscheme)

    def calculate_qparams(self) -> Any:
        """Scale and zero point of what was seen."""
        return self.activation_post_process.calculate_qparams()

    def forward(self, X: Tensor) -> Tensor:
        """Look at a tensor, and return it rounded."""
        if self.observer_enabled[0] == 1:
            self.activation_post_process(X.detach())
            for buffer, value in zip((self.scale, self.zero_point), self.calculate_qparams(), strict=True):
                if buffer.shape != value.shape:
                    buffer.resize_(value.shape)
                buffer.copy_(value)
        if self.fake_quant_enabled[0] != 1:
            return X
        if self.is_per_channel:
            return torch.fake_quantize_per_channel_affine(
                X, self.scale, self.zero_point, self.ch_axis, self.quant_min, self.quant_max
            )
        return torch.fake_quantize_per_tensor_affine(X, self.scale, self.zero_point, self.quant_min, self.quant_max)

    def extra_repr(self) -> str:
        """Switches, bounds, dtype, scheme, scale and zero point."""
        return (
            f"fake_quant_enabled={self.fake_quant_enabled}, observer_enabled={self.observer_enabled}, "
            f"quant_min={self.quant_min}, quant_max={self.quant_max}, dtype={self.dtype}, qscheme={self.qscheme}, "
            f"ch_axis={self.ch_axis}, scale={self.scale}, zero_point={self.zero_point}"
        )

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Buffers take on the sizes that are loaded."""
        for name in ("scale", "zero_point"):
            if prefix + name in state_dict:
                getattr(self, name).resize_(state_dict[prefix + name].shape)
        super()._load_from_state_dict(state_dict, prefix, *args)


def _check_bounds(quant_min: int, quant_max: int, dtype: Any) -> None:
    from ferrotorch.ao.quantization.utils import _RANGES

    if quant_min > quant_max:
        raise AssertionError("quant_min must be less than or equal to quant_max")
    low, high = _RANGES.get(getattr(dtype, "p", dtype), (quant_min, quant_max))
    if low > quant_min:
        raise AssertionError("quant_min out of bound")
    if quant_max > high:
        raise AssertionError("quant_max out of bound")


def _text_of(module: FakeQuantize) -> str:
    return (
        f"fake_quant_enabled={module.fake_quant_enabled}, observer_enabled={module.observer_enabled}, "
        f"scale={module.scale}, zero_point={module.zero_point}, dtype={module.dtype}, "
        f"quant_min={module.quant_min}, quant_max={module.quant_max}, qscheme={module.qscheme}"
    )


class FixedQParamsFakeQuantize(FakeQuantize):
    """Rounding by a scale and zero point that are known."""

    def __init__(self, observer: Any) -> None:
        super().__init__(observer=observer)
        if type(self.activation_post_process) is not FixedQParamsObserver:
            raise AssertionError(f"{self.__class__.__name__}'s observer must be a {FixedQParamsObserver.__name__}")
        self.scale = self.activation_post_process.scale
        self.zero_point = self.activation_post_process.zero_point

    def calculate_qparams(self) -> Any:
        """Scale and zero point."""
        return self.scale, self.zero_point

    def extra_repr(self) -> str:
        """Switches, scale, zero point, dtype, bounds and scheme."""
        return _text_of(self)


class FusedMovingAvgObsFakeQuantize(FakeQuantize):
    """`FakeQuantize` by moving averages, in one function."""

    def __init__(
        self,
        observer: Any = MovingAverageMinMaxObserver,
        quant_min: int = 0,
        quant_max: int = 255,
        **observer_kwargs: Any,
    ) -> None:
        super().__init__(observer, quant_min, quant_max, **observer_kwargs)
        if not isinstance(
            self.activation_post_process, (MovingAverageMinMaxObserver, MovingAveragePerChannelMinMaxObserver)
        ):
            raise AssertionError("Fused observer+fake_quant module only works with MovingAverageMinMaxObserver")
        self.register_buffer("fake_quant_enabled", torch.tensor([1], dtype=torch.long))
        self.register_buffer("observer_enabled", torch.tensor([1], dtype=torch.long))
        self.is_symmetric_quant = self.qscheme in (torch.per_tensor_symmetric, torch.per_channel_symmetric)

    def forward(self, X: Tensor) -> Tensor:
        """Look at a tensor, and return it rounded."""
        observer = self.activation_post_process
        return torch.fused_moving_avg_obs_fake_quant(
            X,
            self.observer_enabled,
            self.fake_quant_enabled,
            observer.min_val,
            observer.max_val,
            self.scale,
            self.zero_point,
            observer.averaging_constant,
            observer.quant_min,
            observer.quant_max,
            self.ch_axis,
            self.is_per_channel,
            self.is_symmetric_quant,
        )

    def extra_repr(self) -> str:
        """Switches, scale, zero point, dtype, bounds and scheme."""
        return f"{_text_of(self)}, reduce_range={self.activation_post_process.reduce_range}"


_ACTIVATION = {"dtype": torch.quint8, "quant_min": 0, "quant_max": 255}
_WEIGHT = {"dtype": torch.qint8, "quant_min": -128, "quant_max": 127}
_TENSOR, _CHANNEL = {"qscheme": torch.per_tensor_symmetric}, {"qscheme": torch.per_channel_symmetric}
_NEG_127 = {"dtype": torch.qint8, "quant_min": -127, "quant_max": 127, "eps": 2**-12}
_AVERAGE, _AVERAGES = MovingAverageMinMaxObserver, MovingAveragePerChannelMinMaxObserver
_BY_NUMBERS = {"qscheme": torch.per_channel_affine_float_qparams, "ch_axis": 0, "averaging_constant": 1}

default_fake_quant = FakeQuantize.with_args(
    observer=_AVERAGE, **_ACTIVATION, qscheme=torch.per_tensor_affine, reduce_range=True
)
default_weight_fake_quant = FakeQuantize.with_args(observer=_AVERAGE, **_WEIGHT, **_TENSOR, reduce_range=False)
default_dynamic_fake_quant = FakeQuantize.with_args(
    observer=_AVERAGE, **_ACTIVATION, is_dynamic=True, averaging_constant=1
)
default_fixed_qparams_range_neg1to1_fake_quant = FixedQParamsFakeQuantize.with_args(
    observer=default_fixed_qparams_range_neg1to1_observer
)
default_fixed_qparams_range_0to1_fake_quant = FixedQParamsFakeQuantize.with_args(
    observer=default_fixed_qparams_range_0to1_observer
)
default_symmetric_fixed_qparams_fake_quant = default_fixed_qparams_range_neg1to1_fake_quant
default_affine_fixed_qparams_fake_quant = default_fixed_qparams_range_0to1_fake_quant
default_per_channel_weight_fake_quant = FakeQuantize.with_args(
    observer=_AVERAGES, **_WEIGHT, **_CHANNEL, reduce_range=False, ch_axis=0
)
default_embedding_fake_quant = FakeQuantize.with_args(observer=_AVERAGES, **_ACTIVATION, **_BY_NUMBERS)
default_embedding_fake_quant_4bit = FakeQuantize.with_args(observer=_AVERAGES, dtype=torch.quint4x2, **_BY_NUMBERS)
default_histogram_fake_quant = FakeQuantize.with_args(
    observer=HistogramObserver, **_ACTIVATION, qscheme=torch.per_tensor_affine, reduce_range=True
)
default_fused_act_fake_quant = FusedMovingAvgObsFakeQuantize.with_args(observer=_AVERAGE, **_ACTIVATION)
default_fused_wt_fake_quant = FusedMovingAvgObsFakeQuantize.with_args(observer=_AVERAGE, **_WEIGHT, **_TENSOR)
default_fused_per_channel_wt_fake_quant = FusedMovingAvgObsFakeQuantize.with_args(
    observer=_AVERAGES, **_WEIGHT, **_CHANNEL
)
fused_wt_fake_quant_range_neg_127_to_127 = FusedMovingAvgObsFakeQuantize.with_args(
    observer=_AVERAGE, **_NEG_127, **_TENSOR
)
fused_per_channel_wt_fake_quant_range_neg_127_to_127 = FusedMovingAvgObsFakeQuantize.with_args(
    observer=_AVERAGES, **_NEG_127, **_CHANNEL
)


def _switch(name: str, doc: str) -> Any:
    def switch(mod: Module) -> None:
        if isinstance(mod, FakeQuantizeBase):
            getattr(mod, name)()

    switch.__name__ = switch.__qualname__ = name
    switch.__doc__ = doc + " To be given to ``Module.apply``."
    return switch


disable_fake_quant = _switch("disable_fake_quant", "Do not round from now on.")
enable_fake_quant = _switch("enable_fake_quant", "Round from now on.")
disable_observer = _switch("disable_observer", "Do not look at ranges from now on.")
enable_observer = _switch("enable_observer", "Look at ranges from now on.")
