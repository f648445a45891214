"""Limits of dtypes."""

import ferrotorch as torch
import numpy as np
import pytest


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_finfo_agrees_with_numpy(name):
    ours, theirs = torch.finfo(getattr(torch, name)), np.finfo(name)
    for attribute in ("bits", "eps", "max", "min", "tiny", "smallest_normal"):
        assert getattr(ours, attribute) == float(getattr(theirs, attribute))
    assert ours.resolution == pytest.approx(float(theirs.resolution), rel=1e-3)
    assert ours.dtype == name


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32", "int64"])
def test_iinfo_agrees_with_numpy(name):
    ours, theirs = torch.iinfo(getattr(torch, name)), np.iinfo(name)
    assert (ours.bits, ours.min, ours.max, ours.dtype) == (theirs.bits, theirs.min, theirs.max, name)


def test_texts_and_comparison():
    assert repr(torch.iinfo(torch.int8)) == "iinfo(min=-128, max=127, dtype=int8)"
    assert repr(torch.iinfo(torch.int32)) == "iinfo(min=-2.14748e+09, max=2.14748e+09, dtype=int32)"
    assert repr(torch.finfo(torch.bfloat16)).startswith(
        "finfo(resolution=0.01, min=-3.38953e+38, max=3.38953e+38, eps="
    )
    assert torch.finfo() == torch.finfo(torch.float32) == torch.finfo(torch.complex64)
    assert torch.finfo(torch.float16) != torch.finfo(torch.float32)


@pytest.mark.parametrize(
    ("name", "limits"),
    [("quint8", (8, 0, 255)), ("qint8", (8, -128, 127)), ("qint32", (32, -(2**31), 2**31 - 1))],
)
def test_limits_of_quantized_integers(name, limits):
    info = torch.iinfo(getattr(torch, name))
    assert (info.bits, info.min, info.max) == limits


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: torch.iinfo(torch.float32), "Use torch.finfo"),
        (lambda: torch.finfo(torch.int8), "Use torch.iinfo"),
        (lambda: torch.iinfo(torch.bool), "torch.bool is not supported"),
        (lambda: torch.finfo("float32"), "must be torch.dtype, not str"),
    ],
)
def test_wrong_dtypes(make, message):
    with pytest.raises(TypeError, match=message):
        make()
