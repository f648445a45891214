"""A fault of a driver: Mesa 22's lavapipe, on processors without AVX-512, rounds float64 towards zero."""

import functools

import ferrotorch as torch
import pytest


@functools.cache
def _rounds(device: str) -> bool:
    x = torch.tensor([-1.5, -0.5], dtype=torch.float64).to(device)
    return torch.round(x).tolist() == [-2.0, 0.0] and torch.signbit(torch.trunc(x)).all().item()


def require_rounding(device: str) -> None:
    """Skip the test where the driver of a device does not round float64 as it has to."""
    if not _rounds(device):
        pytest.skip("the driver of this adapter rounds float64 towards zero")
