"""Nested containers as trees of leaves."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, defaultdict, deque
from typing import Any, NamedTuple

import ferrotorch as torch
import pytest
from ferrotorch.utils import _pytree as pytree


class Point(NamedTuple):
    x: Any
    y: Any


TREES = {
    "leaf": (1, [1], "*"),
    "none": (None, [None], "*"),
    "empty": ((), [], "TreeSpec(tuple, None, [])"),
    "tuple": ((1, (2, 3)), [1, 2, 3], "TreeSpec(tuple, None, [*,\n  TreeSpec(tuple, None, [*,\n    *])])"),
    "list": ([1, [2]], [1, 2], "TreeSpec(list, None, [*,\n  TreeSpec(list, None, [*])])"),
    "dict": ({"b": 1, "a": 2}, [1, 2], "TreeSpec(dict, ['b', 'a'], [*,\n  *])"),
    "ordered": (OrderedDict(b=1, a=2), [1, 2], "TreeSpec(OrderedDict, ['b', 'a'], [*,\n  *])"),
    "deque": (deque([1, 2], maxlen=3), [1, 2], "TreeSpec(deque, 3, [*,\n  *])"),
    "named": (Point(1, 2), [1, 2], None),
    "default": (defaultdict(list, a=[1, 2]), [1, 2], None),
}


@pytest.mark.parametrize("name", TREES)
def test_flatten_and_unflatten(name):
    tree, leaves, shown = TREES[name]
    found, spec = pytree.tree_flatten(tree)
    assert found == leaves == list(pytree.tree_iter(tree))
    assert spec.num_leaves == len(leaves)
    again = pytree.tree_unflatten(found, spec)
    assert again == tree and type(again) is type(tree)
    if shown is not None:
        assert repr(spec) == shown


def test_results_of_ops_are_containers():
    result = torch.max(torch.tensor([[1.0, 3.0], [5.0, 2.0]]), 0)
    doubled = pytree.tree_map(lambda t: t * 2, result)
    assert type(doubled) is type(result)
    assert doubled.values.tolist() == [10.0, 6.0] and doubled.indices.tolist() == [2, 0]


def test_structures_compare_by_value():
    structure = pytree.tree_structure
    assert structure([1, (2,)]) == structure([3, (4,)])
    assert structure([1]) != structure((1,))
    assert structure({"a": 1}) != structure({"b": 1})
    assert hash(structure([1, (2,)])) == hash(structure([3, (4,)]))


def test_map_over_several_trees():
    assert pytree.tree_map(lambda a, b: (a, b), [1, {"k": 2}], ["x", {"k": "y"}]) == [(1, "x"), {"k": (2, "y")}]
    assert pytree.tree_map(lambda a, b: (a, b), [1, 2], [[3], (4,)]) == [(1, [3]), (2, (4,))]
    with pytest.raises(ValueError, match="Node arity mismatch"):
        pytree.tree_map(max, [1, 2], [1])
    with pytest.raises(ValueError, match="Node type mismatch"):
        pytree.tree_map(max, [1], (1,))


def test_map_over_some_leaves():
    assert pytree.tree_map_only(int, lambda x: x + 1, [1, "a", (2.5, 3)]) == [2, "a", (2.5, 4)]
    assert pytree.tree_map_only(lambda x: x == 1, lambda x: 0, [1, 2]) == [0, 2]
    seen = []
    assert pytree.tree_map_only_(int, seen.append, [1, "a"]) == [1, "a"] and seen == [1]


def test_leaves_of_ones_own():
    is_pair = lambda x: isinstance(x, tuple)  # noqa: E731
    assert pytree.tree_leaves([(1, 2), 3], is_leaf=is_pair) == [(1, 2), 3]


def test_predicates():
    assert pytree.tree_all(bool, [1, (2,)]) and not pytree.tree_all(bool, [1, (0,)])
    assert pytree.tree_any(bool, [0, (2,)]) and not pytree.tree_any(bool, [0, ()])
    assert pytree.tree_all_only(int, lambda x: x > 0, [1, "a"])
    assert not pytree.tree_any_only(int, lambda x: x > 1, [1, "a"])


def test_paths():
    tree = {"a": [1, Point(2, 3)]}
    pairs = pytree.tree_leaves_with_path(tree)
    assert [pytree.keystr(path) for path, _ in pairs] == ["['a'][0]", "['a'][1].x", "['a'][1].y"]
    assert all(pytree.key_get(tree, path) == leaf for path, leaf in pairs)
    assert pytree.tree_map_with_path(lambda path, x: (len(path), x), tree) == {"a": [(2, 1), Point((3, 2), (3, 3))]}


def test_prefixes_are_spread_over_structures():
    spec = pytree.tree_structure([1, (2, 3)])
    assert pytree._broadcast_to_and_flatten(0, spec) == [0, 0, 0]
    assert pytree._broadcast_to_and_flatten([0, 1], spec) == [0, 1, 1]
    assert pytree._broadcast_to_and_flatten((0, 1), spec) is None


def test_registered_classes():
    class Pair:
        def __init__(self, a, b):
            self.a, self.b = a, b

    pytree.register_pytree_node(Pair, lambda p: ([p.a, p.b], None), lambda leaves, _: Pair(*leaves))
    pair = pytree.tree_map(lambda x: x * 2, Pair(1, [2]))
    assert (pair.a, pair.b) == (2, [4])
    with pytest.raises(ValueError, match="already registered"):
        pytree.register_pytree_node(Pair, list, list)


def test_wrong_numbers_of_leaves():
    with pytest.raises(ValueError, match="`leaves` has length 1 but the spec refers to a pytree that holds 2 items"):
        pytree.tree_structure([1, 2]).unflatten([1])


def test_structures_are_written_and_read():
    spec = pytree.tree_structure({"a": [1, (2, 3)], "d": deque([1], maxlen=3), "e": defaultdict(int, k=1)})
    leaf = '{"type": null, "context": null, "children_spec": []}'
    text = pytree.treespec_dumps(spec)
    assert text == (
        '[1, {"type": "builtins.dict", "context": "[\\"a\\", \\"d\\", \\"e\\"]", "children_spec": ['
        f'{{"type": "builtins.list", "context": "null", "children_spec": [{leaf}, '
        f'{{"type": "builtins.tuple", "context": "null", "children_spec": [{leaf}, {leaf}]}}]}}, '
        f'{{"type": "collections.deque", "context": "3", "children_spec": [{leaf}]}}, '
        '{"type": "collections.defaultdict", "context": {"default_factory_module": "builtins", '
        f'"default_factory_name": "int", "dict_context": ["k"]}}, "children_spec": [{leaf}]}}]}}]'
    )
    assert pytree.treespec_loads(text) == spec
    with pytest.raises(ValueError, match=r"Unknown protocol 9. Available protocols: \[1\]"):
        pytree.treespec_loads("[9, {}]")
    with pytest.raises(NotImplementedError, match="Can't serialize TreeSpec of namedtuple class"):
        pytree.treespec_dumps(pytree.tree_structure(Point(1, 2)))


def test_structures_as_python_prints_them():
    spec = pytree.tree_structure({"a": [1, (2, None)], "p": Point(1, 2)})
    assert pytree.treespec_pprint(spec) == "{'a': [*, (*, *)], 'p': Point(x=*, y=*)}"


def test_dataclasses_and_constants():
    @dataclasses.dataclass
    class Pair:
        first: Any
        second: Any = None

    @dataclasses.dataclass(frozen=True)
    class Options:
        size: int

    pytree.register_dataclass(Pair, serialized_type_name="tests.Pair")
    pytree.register_constant(Options)
    paths = [pytree.keystr(path) for path, _ in pytree.tree_flatten_with_path(Pair(1, [2]))[0]]
    assert paths == [".first", ".second[0]"]
    assert pytree.tree_map(lambda x: x + 1, Pair(1)) == Pair(2)
    spec = pytree.tree_structure(Pair(1))
    assert spec.context == [["first"], ["second"]] and pytree.treespec_loads(pytree.treespec_dumps(spec)) == spec
    leaves, spec = pytree.tree_flatten([Options(3), 4])
    assert leaves == [4] and spec.unflatten([5]) == [Options(3), 5]
    with pytest.raises(ValueError, match="Missing fields in `field_names`"):
        pytree.register_dataclass(Pair, field_names=["first"])


def test_functions_of_some_types():
    double = pytree.map_only(int)(lambda x: 2 * x)
    assert (double(3), double("a")) == (6, "a")
    with pytest.raises(TypeError, match="Argument must be a type"):
        pytree.map_only(3)
