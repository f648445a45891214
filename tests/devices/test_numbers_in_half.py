"""A number that meets a tensor of float16 or bfloat16 does so as in PyTorch, alike on every device, to the last bit."""

import json
import math

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from devices.half_snippets import DTYPES, FILE, IN_STEPS, SNIPPETS, answer

EXPECTED = json.loads(FILE.read_text())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_numbers_in_half(device, snippet, dtype):
    got, want = answer(torch, F, snippet, dtype, device), EXPECTED[snippet][dtype]
    assert got[0].removeprefix("torch.") == want[0].removeprefix("torch.")
    wrong = [(i, a, b) for i, (a, b) in enumerate(zip(got[1], want[1], strict=True)) if a != b]
    assert not wrong, wrong


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("snippet", IN_STEPS)
def test_steps_in_half(device, snippet, dtype):
    got, want = answer(torch, F, snippet, dtype, device)[1], EXPECTED[snippet][dtype][1]
    unit = {"float16": 2**-10, "bfloat16": 2**-7}[dtype]
    for a, b in zip(map(float, got), map(float, want), strict=True):
        # A step of them may be rounded while it is larger than the result.
        assert math.isclose(a, b, rel_tol=1.5 * unit, abs_tol=2 * unit) or (a != a and b != b), (a, b)
