"""Derivatives of resizing: to second order, and in forward mode."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch.autograd import gradcheck, gradgradcheck

SIZES = {1: ((2, 2, 5), (7,)), 2: ((1, 2, 4, 5), (7, 3)), 3: ((1, 1, 3, 2, 4), (2, 5, 3))}
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
CASES = [(dims, {"mode": mode}) for dims in SIZES for mode in ("nearest", "nearest-exact")]
CASES += [(dims, {"mode": mode, "align_corners": on}) for dims, mode in LINEAR.items() for on in (True, False)]
CASES += [(2, {"mode": "bicubic", "align_corners": on}) for on in (True, False)]
CASES += [(2, {"mode": mode, "antialias": True}) for mode in ("bilinear", "bicubic")]


@pytest.mark.parametrize(("dims", "options"), CASES)
def test_derivatives(dims, options):
    shape, size = SIZES[dims]
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)

    def resize(x):
        return F.interpolate(x, size=size, **options)

    assert gradcheck(resize, (x,), check_forward_ad=True)
    assert gradgradcheck(resize, (x,))
