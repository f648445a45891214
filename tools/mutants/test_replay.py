"""The recorded behaviour of `tests/conformance` as tests of this process: one for each name in each group.

`make test-conformance` replays the same cases and fails if a group scores less than before; names that do not pass
wholly are left out by the recorder, as every test is that does not pass.
"""

from functools import cache
from typing import Any

import ferrotorch as torch
import pytest
from groups import RUNNERS, outcome_of
from run import name_of, read_cases


@cache
def cases_of(group: str) -> dict[str, list[dict[str, Any]]]:
    cases: dict[str, list[dict[str, Any]]] = {}
    for _, case in read_cases(group, None, None):
        cases.setdefault(name_of(case), []).append(case)
    return cases


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("group", "name"), [(group, name) for group in RUNNERS for name in cases_of(group)])
def test_recorded_behaviour(group: str, name: str) -> None:
    for case in cases_of(group)[name]:
        outcome, detail = outcome_of(torch, group, case, "cpu")
        assert outcome == "pass", detail
