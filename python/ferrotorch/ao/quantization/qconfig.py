"""Which observers look at a layer's activations and weights."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple, TypeAlias

import ferrotorch as torch
from ferrotorch.ao.quantization import fake_quantize as fq
from ferrotorch.ao.quantization import observer as ob
from ferrotorch.ao.quantization._partial import PartialWrapper
from ferrotorch.nn.modules.module import Module

__all__ = [
    "QConfig",
    "QConfigAny",
    "QConfigDynamic",
    "default_activation_only_qconfig",
    "default_debug_qconfig",
    "default_dynamic_qat_qconfig",
    "default_dynamic_qconfig",
    "default_embedding_qat_qconfig",
    "default_embedding_qat_qconfig_4bit",
    "default_per_channel_qconfig",
    "default_per_channel_symmetric_qnnpack_qat_qconfig",
    "default_per_channel_symmetric_qnnpack_qconfig",
    "default_qat_qconfig",
    "default_qat_qconfig_v2",
    "default_qconfig",
    "default_quint8_weight_qconfig",
    "default_reuse_input_qconfig",
    "default_symmetric_qnnpack_qat_qconfig",
    "default_symmetric_qnnpack_qconfig",
    "default_weight_only_qconfig",
    "float16_dynamic_qconfig",
    "float16_static_qconfig",
    "float_qparams_weight_only_qconfig",
    "float_qparams_weight_only_qconfig_4bit",
    "get_default_qat_qconfig",
    "get_default_qat_qconfig_dict",
    "get_default_qconfig",
    "get_default_qconfig_dict",
    "per_channel_dynamic_qconfig",
    "qconfig_equals",
]


class _Parts(NamedTuple):
    activation: Any
    weight: Any


class QConfig(_Parts):
    """The classes, or factories, of the observers of a layer's activations and weights.

    Raises:
        ValueError: an observer where a class is wanted.
    """

    __slots__ = ()

    def __new__(cls, activation: Any, weight: Any) -> QConfig:
        if isinstance(activation, Module) or isinstance(weight, Module):
            raise ValueError(
                "QConfig received observer instance, please pass observer class instead. "
                "Use MyObserver.with_args(x=1) to override arguments to constructor if needed"
            )
        return super().__new__(cls, activation, weight)

    def __repr__(self) -> str:
        return f"QConfig(activation={self.activation!r}, weight={self.weight!r})"


class QConfigDynamic(QConfig):
    """A `QConfig` whose activations are not observed; older than it."""

    __slots__ = ()

    def __new__(cls, activation: Any = torch.nn.Identity, weight: Any = torch.nn.Identity) -> QConfigDynamic:
        if isinstance(weight, Module):
            raise ValueError("QConfigDynamic received observer instance, please pass observer class instead.")
        return _Parts.__new__(cls, activation, weight)


QConfigAny: TypeAlias = QConfig | None

default_qconfig = QConfig(ob.default_observer, ob.default_weight_observer)
default_debug_qconfig = QConfig(ob.default_debug_observer, ob.default_weight_observer)
default_per_channel_qconfig = QConfig(ob.default_observer, ob.default_per_channel_weight_observer)
default_dynamic_qconfig = QConfig(ob.default_dynamic_quant_observer, ob.default_weight_observer)
float16_dynamic_qconfig = QConfig(
    ob.PlaceholderObserver.with_args(dtype=torch.float16, is_dynamic=True),
    ob.PlaceholderObserver.with_args(dtype=torch.float16),
)
float16_static_qconfig = QConfig(
    ob.PlaceholderObserver.with_args(dtype=torch.float16), ob.PlaceholderObserver.with_args(dtype=torch.float16)
)
per_channel_dynamic_qconfig = QConfig(ob.default_dynamic_quant_observer, ob.default_per_channel_weight_observer)
float_qparams_weight_only_qconfig = QConfig(ob.default_placeholder_observer, ob.default_float_qparams_observer)
float_qparams_weight_only_qconfig_4bit = QConfig(
    ob.default_placeholder_observer, ob.default_float_qparams_observer_4bit
)
default_qat_qconfig = QConfig(fq.default_fake_quant, fq.default_weight_fake_quant)
default_dynamic_qat_qconfig = QConfig(fq.default_dynamic_fake_quant, fq.default_weight_fake_quant)
default_weight_only_qconfig = QConfig(torch.nn.Identity, fq.default_weight_fake_quant)
default_activation_only_qconfig = QConfig(fq.default_fake_quant, torch.nn.Identity)
default_qat_qconfig_v2 = QConfig(fq.default_fused_act_fake_quant, fq.default_fused_wt_fake_quant)
default_reuse_input_qconfig = QConfig(ob.default_reuse_input_observer, ob.NoopObserver)
default_quint8_weight_qconfig = QConfig(ob.HistogramObserver, ob.MinMaxObserver)
default_embedding_qat_qconfig = QConfig(ob.NoopObserver.with_args(dtype=torch.float32), fq.default_embedding_fake_quant)
default_embedding_qat_qconfig_4bit = QConfig(
    ob.NoopObserver.with_args(dtype=torch.float32), fq.default_embedding_fake_quant_4bit
)
_SIGNED = ob.HistogramObserver.with_args(dtype=torch.qint8, reduce_range=False, eps=2**-12)
default_symmetric_qnnpack_qconfig = QConfig(_SIGNED, ob.weight_observer_range_neg_127_to_127)
default_per_channel_symmetric_qnnpack_qconfig = QConfig(_SIGNED, ob.per_channel_weight_observer_range_neg_127_to_127)
_SIGNED_QAT = fq.FusedMovingAvgObsFakeQuantize.with_args(
    observer=ob.MovingAverageMinMaxObserver,
    quant_min=-128,
    quant_max=127,
    dtype=torch.qint8,
    reduce_range=False,
    eps=2**-12,
)
default_symmetric_qnnpack_qat_qconfig = QConfig(_SIGNED_QAT, fq.fused_wt_fake_quant_range_neg_127_to_127)
default_per_channel_symmetric_qnnpack_qat_qconfig = QConfig(
    _SIGNED_QAT, fq.fused_per_channel_wt_fake_quant_range_neg_127_to_127
)

# By backend: do activations leave a bit unused, and has each channel of a weight its own scale?
_BACKENDS = {"fbgemm": (True, True), "x86": (True, True), "qnnpack": (False, False), "onednn": (False, True)}


def _backend(backend: str) -> tuple[bool, bool]:
    if backend not in _BACKENDS:
        raise AssertionError(f"backend: {backend} not supported. backend must be one of {list(_BACKENDS)}")
    return _BACKENDS[backend]


def get_default_qconfig(backend: str = "x86", version: int = 0) -> QConfig:
    """The configuration of static quantization for a backend.

    Args:
        backend: ``"x86"``, ``"fbgemm"``, ``"qnnpack"`` or ``"onednn"``.
        version: 0.

    Raises:
        AssertionError: another backend or version.
    """
    reduce_range, per_channel = _backend(backend)
    if version != 0:
        raise AssertionError(
            f"Version number: {version} in get_default_qconfig is not supported. Version number must be 0"
        )
    weight = ob.default_per_channel_weight_observer if per_channel else ob.default_weight_observer
    return QConfig(ob.HistogramObserver.with_args(reduce_range=reduce_range), weight)


def get_default_qat_qconfig(backend: str = "x86", version: int | None = 1) -> QConfig:
    """The configuration of quantization-aware training for a backend.

    Args:
        backend: ``"x86"``, ``"fbgemm"``, ``"qnnpack"`` or ``"onednn"``.
        version: 1; or 0, without fused observers.

    Raises:
        AssertionError: another backend or version.
    """
    reduce_range, per_channel = _backend(backend)
    if version not in (0, 1):
        raise AssertionError(
            f"Version number: {version}in get_default_qat_qconfig is not supported. Version number must be 0 or 1"
        )
    options: dict[str, Any] = {"observer": ob.MovingAverageMinMaxObserver, "quant_min": 0, "quant_max": 255}
    if backend != "onednn":
        options["reduce_range"] = reduce_range
    if version == 0:
        weight = fq.default_per_channel_weight_fake_quant if per_channel else fq.default_weight_fake_quant
        return QConfig(fq.FakeQuantize.with_args(**options), weight)
    weight = fq.default_fused_per_channel_wt_fake_quant if per_channel else fq.default_fused_wt_fake_quant
    return QConfig(fq.FusedMovingAvgObsFakeQuantize.with_args(**options), weight)


def get_default_qconfig_dict(backend: str = "x86", version: int = 0) -> dict[str, Any]:
    """The default configuration as a dict; older than `get_default_qconfig`."""
    return {"": get_default_qconfig(backend, version)}


def get_default_qat_qconfig_dict(backend: str = "x86", version: int = 1) -> dict[str, Any]:
    """The default configuration of training as a dict; older than `get_default_qat_qconfig`."""
    return {"": get_default_qat_qconfig(backend, version)}


def _assert_valid_qconfig(qconfig: Any, mod: Module) -> None:
    """Raises AssertionError where a transposed convolution's weight would be observed along the wrong axis."""
    if qconfig is None or not isinstance(
        mod, (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)
    ):
        return
    if isinstance(qconfig.weight(), (ob.PerChannelMinMaxObserver, ob.MovingAveragePerChannelMinMaxObserver)):
        raise AssertionError("Per channel weight observer is not supported yet for ConvTranspose{n}d.")


def _activation_is_memoryless(qconfig: Any) -> bool:
    """Does what looks at activations forget each after the next?"""
    activation = qconfig.activation()
    observer = getattr(activation, "activation_post_process", activation)
    return getattr(observer, "averaging_constant", None) == 1


def _parts_of(factory: Any) -> Any:
    """What makes two factories equal."""
    if not isinstance(factory, PartialWrapper):
        return factory
    keywords = copy.copy(getattr(factory.p, "keywords", {}))
    if "observer" in keywords:
        keywords["observer"] = _parts_of(keywords["observer"])
    return getattr(factory.p, "func", factory.p), keywords, factory.callable_args


def qconfig_equals(q1: Any, q2: Any) -> bool:
    """Do two configurations make the same observers?"""
    if q1 is None or q2 is None:
        return q1 is q2
    return bool(_parts_of(q1.activation) == _parts_of(q2.activation) and _parts_of(q1.weight) == _parts_of(q2.weight))
