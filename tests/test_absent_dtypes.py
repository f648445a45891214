"""Dtypes that no tensor can have: names, limits, refusals."""

from __future__ import annotations

import pickle

import ferrotorch as torch
import pytest


@pytest.mark.parametrize(
    ("name", "largest", "smallest_normal", "eps"),
    [
        ("float8_e4m3fn", 448.0, 0.015625, 0.125),
        ("float8_e4m3fnuz", 240.0, 0.0078125, 0.125),
        ("float8_e5m2", 57344.0, 6.103515625e-05, 0.25),
        ("float8_e5m2fnuz", 57344.0, 3.0517578125e-05, 0.25),
    ],
)
def test_limits_of_one_byte(name, largest, smallest_normal, eps):
    dtype = getattr(torch, name)
    info = torch.finfo(dtype)
    assert (info.bits, info.max, info.min, info.tiny, info.eps) == (8, largest, -largest, smallest_normal, eps)
    assert repr(dtype) == f"torch.{name}" and dtype.itemsize == 1 and dtype.is_floating_point
    assert torch.ones(1).dtype != dtype and pickle.loads(pickle.dumps(dtype)) is dtype


def test_integers():
    assert torch.iinfo(torch.uint16).max == 65535 and torch.iinfo(torch.uint64).max == 2**64 - 1
    assert torch.uint4.itemsize == 1 and not torch.uint4.is_signed and torch.int4.is_signed


def test_no_tensor_has_them():
    with pytest.raises(TypeError, match="dtype_without_kernels"):
        torch.zeros(3, dtype=torch.float8_e4m3fn)
    with pytest.raises(TypeError):
        torch.ones(3).to(torch.uint16)
