"""How layers that follow each other become one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ferrotorch import nn
from ferrotorch.ao.nn import intrinsic as nni
from ferrotorch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

__all__ = ["fuse_conv_bn", "fuse_conv_bn_relu", "fuse_convtranspose_bn", "fuse_linear_bn", "get_fuser_method"]


def _check(is_qat: bool, layer: Any, bn: Any, outputs: int, what: str) -> None:
    """Raises AssertionError where layer and batch normalisation do not fit."""
    if layer.training != bn.training:
        raise AssertionError(f"{what} and BN both must be in the same mode (train or eval).")
    if not is_qat:
        return
    if bn.num_features != outputs:
        raise AssertionError(f"Output channel of {what} must match num_features of BatchNorm.")
    if not bn.affine:
        raise AssertionError("Only support fusing BatchNorm with affine set to True")
    if not bn.track_running_stats:
        raise AssertionError("Only support fusing BatchNorm with tracking_running_stats set to True")


def _dims(conv: Any) -> int | None:
    return {nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3}.get(type(conv))


def fuse_conv_bn(is_qat: bool, conv: Any, bn: Any) -> Any:
    """A convolution and a batch normalisation as one layer: for training one that rounds, else a convolution.

    Raises:
        AssertionError: they do not fit.
        NotImplementedError: another layer, for training.
    """
    _check(is_qat, conv, bn, conv.out_channels, "Conv")
    if not is_qat:
        return fuse_conv_bn_eval(conv, bn)
    if _dims(conv) is None:
        raise NotImplementedError(f"Cannot fuse train modules: {(conv, bn)}")
    return getattr(nni, f"ConvBn{_dims(conv)}d")(conv, bn)


def fuse_conv_bn_relu(is_qat: bool, conv: Any, bn: Any, relu: Any) -> Any:
    """A convolution, a batch normalisation and a ReLU as one layer.

    Raises:
        AssertionError: they do not fit.
        NotImplementedError: another layer.
    """
    _check(is_qat, conv, bn, conv.out_channels, "Conv")
    if _dims(conv) is None:
        raise NotImplementedError(f"Cannot fuse {'train' if is_qat else 'eval'} modules: {(conv, bn, relu)}")
    if is_qat:
        return getattr(nni, f"ConvBnReLU{_dims(conv)}d")(conv, bn, relu)
    return getattr(nni, f"ConvReLU{_dims(conv)}d")(fuse_conv_bn_eval(conv, bn), relu)


def fuse_linear_bn(is_qat: bool, linear: Any, bn: Any) -> Any:
    """A linear layer and a batch normalisation as one layer.

    Raises:
        AssertionError: they do not fit.
    """
    _check(is_qat, linear, bn, linear.out_features, "Linear")
    return nni.LinearBn1d(linear, bn) if is_qat else fuse_linear_bn_eval(linear, bn)


def fuse_convtranspose_bn(is_qat: bool, convt: Any, bn: Any) -> Any:
    """A transposed convolution and a batch normalisation as one layer, for inference.

    Raises:
        Exception: for training.
    """
    if is_qat:
        raise Exception("Fusing ConvTranspose+BatchNorm not yet supported in QAT.")
    _check(is_qat, convt, bn, convt.out_channels, "ConvTranspose")
    return fuse_conv_bn_eval(convt, bn, transpose=True)


def _sequence(fused: Any) -> Callable[..., Any]:
    def fuse(is_qat: bool, *layers: Any) -> Any:
        return fused(*layers)

    return fuse


_METHODS: dict[tuple[Any, ...], Callable[..., Any]] = {
    (nn.Linear, nn.BatchNorm1d): fuse_linear_bn,
    (nn.Linear, nn.ReLU): _sequence(nni.LinearReLU),
    (nn.BatchNorm2d, nn.ReLU): _sequence(nni.BNReLU2d),
    (nn.BatchNorm3d, nn.ReLU): _sequence(nni.BNReLU3d),
}
for _n in (1, 2, 3):
    _conv, _bn = getattr(nn, f"Conv{_n}d"), getattr(nn, f"BatchNorm{_n}d")
    _METHODS[_conv, _bn] = fuse_conv_bn
    _METHODS[_conv, _bn, nn.ReLU] = fuse_conv_bn_relu
    _METHODS[_conv, nn.ReLU] = _sequence(getattr(nni, f"ConvReLU{_n}d"))
    _METHODS[getattr(nn, f"ConvTranspose{_n}d"), _bn] = fuse_convtranspose_bn


def get_fuser_method(op_list: Any, additional_fuser_method_mapping: dict[Any, Any] | None = None) -> Any:
    """What makes one layer of layers of these classes.

    Raises:
        AssertionError: nothing does.
    """
    found = {**_METHODS, **(additional_fuser_method_mapping or {})}.get(op_list)
    if found is None:
        raise AssertionError(f"did not find fuser method for: {op_list} ")
    return found
