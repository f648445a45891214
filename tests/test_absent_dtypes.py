"""Dtypes that no tensor can have: names, sizes, refusals."""

from __future__ import annotations

import pickle

import ferrotorch as torch
import pytest


def test_names():
    assert torch.uint4.itemsize == 1 and not torch.uint4.is_signed and torch.int4.is_signed
    assert repr(torch.quint8) == "torch.quint8" and pickle.loads(pickle.dumps(torch.qint32)) is torch.qint32
    assert torch.ones(1).dtype != torch.bits8 and torch.float4_e2m1fn_x2.is_floating_point


def test_no_tensor_has_them():
    with pytest.raises(TypeError, match="dtype_without_kernels"):
        torch.zeros(3, dtype=torch.qint8)
    with pytest.raises(TypeError):
        torch.ones(3).to(torch.bits16)
