"""Dtypes that layers refuse, on every device alike."""

import ferrotorch as torch
import pytest
from ferrotorch.nn import functional as F


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_truth_values_are_not_convolved(device, ndim, transposed):
    x = torch.ones(1, 1, *[4] * ndim, dtype=torch.bool, device=device)
    conv = getattr(F, f"conv{'_transpose' if transposed else ''}{ndim}d")
    with pytest.raises(NotImplementedError, match="not implemented for 'Bool'"):
        conv(x, x)
    assert conv(x.long(), x.long()).sum().item() == (16 if transposed else 4) ** ndim
