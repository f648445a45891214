"""`arange`, `linspace` and `logspace`: ends of every kind of number."""

import ferrotorch as torch
import pytest


def test_complex_ends_keep_their_imaginary_part(device):
    place = {"device": device}
    assert torch.linspace(0, 3 + 3j, 4, dtype=torch.complex64, **place).tolist() == [0, 1 + 1j, 2 + 2j, 3 + 3j]
    line = torch.linspace(1j, 3, 3, **place)
    assert (line.dtype, line.tolist()) == (torch.complex64, [1j, 1.5 + 0.5j, 3])
    assert torch.linspace(0, torch.tensor(5j), 3, **place).tolist() == [0, 2.5j, 5j]
    assert torch.linspace(1 + 0j, 3, 3, dtype=complex, **place).dtype == torch.complex128
    powers = torch.logspace(1j, 2, 3, base=2, **place)
    want = [2**1j, 2 ** (1 + 0.5j), 4]
    assert all(abs(z - w) < 1e-5 for z, w in zip(powers.tolist(), want, strict=True))


@pytest.mark.parametrize("space", [torch.linspace, torch.logspace])
def test_ends_that_are_refused(space):
    with pytest.raises(RuntimeError, match="can't be safely cast to passed dtype Float"):
        space(1j, 3, 3, dtype=torch.float32)
    for ends in ((torch.tensor([0.0]), 1), (0, torch.tensor([0.0, 1.0]))):
        with pytest.raises(RuntimeError, match="only supports 0-dimensional start and end tensors"):
            space(*ends, 3)
    with pytest.raises(RuntimeError, match="cannot be converted to type uint8_t"):
        space(0, 300, 3, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match="cannot be converted to type c10::Half"):
        space(0, 70000, 3, dtype=torch.float16)
    with pytest.raises(RuntimeError, match="non-negative"):
        space(0, 1, -1)


def test_ends_are_numbers_of_the_dtype():
    assert torch.linspace(torch.tensor(0), torch.tensor(4.0, dtype=torch.float64), 3).tolist() == [0.0, 2.0, 4.0]
    assert torch.linspace(-5, 5, 3, dtype=torch.uint8).tolist() == [251, 128, 5]
    assert torch.logspace(0, 2.5, 3, dtype=torch.int64).tolist() == [1, 10, 100]
    assert torch.linspace(0j, 1, 1).tolist() == [0]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16])
def test_integers_in_fractional_steps(device, dtype):
    # As many as there are fractional steps; each number is cut off, and so is the step.
    assert torch.arange(0, 64, 0.5, dtype=dtype, device=device).tolist() == [0] * 128
    assert torch.arange(5, 0, -0.7, dtype=dtype, device=device).tolist() == [5] * 8
    assert torch.arange(0, 7, 2.5, dtype=dtype, device=device).tolist() == [0, 2, 4]
    assert torch.arange(0.9, 3.1, dtype=dtype, device=device).tolist() == [0, 1, 2]
    assert torch.arange(0.0, 3.5, dtype=dtype, device=device).tolist() == [0, 1, 2, 3]


def test_large_integers_are_exact():
    assert torch.arange(2**60, 2**60 + 3).tolist() == [2**60, 2**60 + 1, 2**60 + 2]
    assert torch.arange(2**53 + 1, 2**53 + 4, dtype=torch.int64).tolist() == [2**53 + 1, 2**53 + 2, 2**53 + 3]
    assert torch.arange(-(2**63), 2**63 - 1, 2**62).tolist() == [-(2**63), -(2**62), 0, 2**62]


def test_bounds_of_ranges():
    assert torch.arange(3 + 0j).tolist() == [0.0, 1.0, 2.0]
    for bounds, text in (
        ((0, 5, float("inf")), "step must be finite"),
        ((1j,), "cannot be converted"),
        ((0, 5, 0), "nonzero"),
        ((5, 0), "inconsistent"),
    ):
        with pytest.raises(RuntimeError, match=text):
            torch.arange(*bounds)
