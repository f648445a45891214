"""Every snippet and every program gives what PyTorch gives: dtypes, shapes, values, gradients and texts."""

import math
from types import SimpleNamespace
from typing import Any

import ferrotorch as torch
import numpy as np
import pytest
from recorded import answers
from recorded.cases import TABLES
from recorded.programs import PROGRAMS
from recorded.space import Space

# PyTorch rounds some constants of float64 calculations to float32.
TOLERANCE = {"torch.float64": 3e-7, "torch.complex128": 3e-7, "torch.float16": 2e-3, "torch.bfloat16": 2e-2}


def compare(got: Any, want: Any, place: str = "result") -> None:
    if isinstance(want, dict) and "dtype" in want:
        assert (got["dtype"], got["shape"]) == (want["dtype"], want["shape"]), place
        rtol = TOLERANCE.get(want["dtype"], 1e-5)
        np.testing.assert_allclose(got["values"], want["values"], rtol=rtol, atol=rtol / 10, err_msg=place)
    elif isinstance(want, dict):
        assert sorted(got) == sorted(want), place
        for key in want:
            compare(got[key], want[key], f"{place}[{key!r}]")
    elif isinstance(want, list):
        assert isinstance(got, list), place
        assert len(got) == len(want), place
        for i, (g, w) in enumerate(zip(got, want, strict=True)):
            compare(g, w, f"{place}[{i}]")
    elif isinstance(want, float):
        assert type(got) is float, place
        assert math.isclose(got, want, rel_tol=1e-6, abs_tol=1e-9) or (got != got and want != want), place
    else:
        assert got == want, place


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table in TABLES for name in TABLES[table]], ids=lambda part: part
)
def test_answers(table: str, name: str) -> None:
    expected = answers.read(table)
    for snippet in TABLES[table][name]:
        answer = answers.encode(torch, eval(snippet, Space(torch).names()))
        compare(answer, expected[snippet], snippet)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table in PROGRAMS for name in PROGRAMS[table]], ids=lambda part: part
)
def test_programs(table: str, name: str) -> None:
    answer = answers.encode(torch, PROGRAMS[table][name](SimpleNamespace(**Space(torch).names())))
    compare(answer, answers.read(table)[name], name)
