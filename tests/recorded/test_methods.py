"""Methods and in-place forms give what the function of their name is recorded to give."""

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
import pytest
from compare import compare_all
from groups import arguments
from recorded.names import method_cases

# PyTorch answers NaN to all of these, finite as the matrices and their exponentials are.
WRONG = {("matrix_exp", "float16"), ("matrix_exp", "bfloat16")}
CASES = {
    name: [case for case in cases if (name, case["dtype"]) not in WRONG]
    for name, cases in method_cases().items()
    if callable(getattr(torch.Tensor, name))
}


def same_place(case: dict[str, Any]) -> bool:
    """Whether the result fits where the first argument lies."""
    first = case["args"]["tuple"][0].get("T")
    return len(case["out"]) == 1 and first is not None and first[:2] == case["out"][0].get("T", [None])[:2]


def check(case: dict[str, Any], call: Callable[..., Any], in_place: bool = False) -> None:
    args, kwargs = arguments(torch, case, "cpu")
    args[0].requires_grad_(False)
    torch.manual_seed(0)
    result = call(*args, **kwargs)
    assert not in_place or result is args[0]
    compare_all(torch, result, case["out"], case.get("check"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_method(name: str) -> None:
    for case in CASES[name]:
        check(case, getattr(torch.Tensor, name))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in CASES if hasattr(torch.Tensor, f"{name}_")])
def test_in_place(name: str) -> None:
    for case in filter(same_place, CASES[name]):
        check(case, getattr(torch.Tensor, f"{name}_"), in_place=True)
        if hasattr(torch, f"{name}_"):
            check(case, getattr(torch, f"{name}_"), in_place=True)
