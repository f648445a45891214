"""Types of arguments, operators that write in place, and nodes as lines of text."""

import operator
from typing import Any

import ferrotorch as torch
import pytest
from ferrotorch import fx
from ferrotorch.fx.operator_schemas import check_for_mutable_operation, create_type_hint, type_matches


@pytest.mark.parametrize(
    ("types", "hint"),
    [
        (int, int),
        ([int, int], list[int]),
        ([int, float], list[Any]),
        ((int, int), tuple[int, ...]),
        ((int, float), tuple[Any, ...]),
        ([], list[Any]),
        ((), tuple[Any, ...]),
        ([bool, int], list[int]),
        ([int, bool], list[int]),
        ([[int], [int]], list[list[int]]),
    ],
)
def test_hint_of_nested_types(types, hint):
    assert create_type_hint(types) == hint


@pytest.mark.parametrize(
    ("parameter", "argument", "fits"),
    [
        (int, int, True),
        (int, float, False),
        (bool, int, False),
        (int, bool, True),
        (list[int], list[int], True),
        (list[int], list[float], False),
        (Any, str, True),
        (float, int, True),
    ],
)
def test_types_that_fit(parameter, argument, fits):
    assert type_matches(parameter, argument) is fits


def test_operators_that_write_are_refused():
    x = torch.ones(2)
    check_for_mutable_operation(torch.relu, (x,), {})
    check_for_mutable_operation(torch.add, (x, x), {"out": None})
    check_for_mutable_operation(operator.iadd, (x, x), {})
    with pytest.raises(RuntimeError, match="mutable operation aten::relu_"):
        check_for_mutable_operation(torch.relu_, (x,), {})
    with pytest.raises(RuntimeError, match=r"mutable operation aten::add\.out"):
        check_for_mutable_operation(torch.add, (x, x), {"out": x})


def test_lines_of_nodes():
    graph = fx.Graph()
    x = graph.placeholder("x", type_expr=int)
    y = graph.placeholder("y", default_value=2.5)
    total = graph.call_function(operator.add, (x, y), type_expr=float)
    total.meta["val"] = torch.zeros(2, 3, dtype=torch.float64)
    out = graph.output((total,), type_expr=tuple)
    names, returned = ["head"], [""]
    assert x.format_node([], returned) == "%x : int [num_users=1] = placeholder[target=x]"
    assert y.format_node([], returned) == "%y : [num_users=1] = placeholder[target=y](default=2.5)"
    assert [node.format_node(names) for node in (x, y)] == [None, None]
    assert names == ["head", "x: int", "y"]
    assert out.format_node(names, returned) == out.format_node() == "return (add,)"
    assert returned == [" -> tuple"]
    call = "[num_users=1] = call_function[target=operator.add](args = (%x, %y), kwargs = {})"
    assert total.format_node() == f"%add : float {call}"
    assert total.format_node(include_tensor_metadata=True) == f'%add : Tensor "f64[2, 3][3, 1]cpu"{call}'
