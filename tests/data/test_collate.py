"""Putting samples together into batches."""

from collections import OrderedDict, namedtuple

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.utils.data import collate, default_collate, default_collate_fn_map, default_convert

Point = namedtuple("Point", "x y")  # noqa: PYI024 (the plain form is what users have)


def test_leaves():
    assert torch.equal(default_collate([torch.ones(2), torch.zeros(2)]), torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
    assert default_collate([1, 2]).dtype == torch.int64
    assert default_collate([1.0, 2.0]).dtype == torch.float64
    assert default_collate([True, False]).tolist() == [True, False]
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert default_collate([np.ones(2, np.float32)] * 3).shape == (3, 2)
    assert default_collate([np.float32(1), np.float32(2)]).tolist() == [1.0, 2.0]


def test_structures_keep_their_types():
    batch = default_collate([OrderedDict(a=1, b=[2, "x"]), OrderedDict(a=3, b=[4, "y"])])
    assert type(batch) is OrderedDict and batch["a"].tolist() == [1, 3]
    assert batch["b"][0].tolist() == [2, 4] and batch["b"][1] == ("x", "y")
    points = default_collate([Point(1, 2.0), Point(3, 4.0)])
    assert type(points) is Point and points.x.tolist() == [1, 3]
    assert type(default_collate([(1, 2), (3, 4)])) is list


def test_errors_and_own_functions():
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([[1], [1, 2]])
    with pytest.raises(TypeError, match="found <class 'object'>"):
        default_collate([object()])
    with pytest.raises(TypeError, match="dtype"):
        default_collate([np.array(["a"])])
    functions = {**default_collate_fn_map, set: lambda batch, *, collate_fn_map=None: set().union(*batch)}
    assert collate([({1}, 2), ({3}, 4)], collate_fn_map=functions)[0] == {1, 3}


def test_default_convert():
    converted = default_convert({"a": np.ones(2), "b": (np.int64(3), "text")})
    assert isinstance(converted["a"], torch.Tensor)
    assert int(converted["b"][0]) == 3 and converted["b"][1] == "text"


def test_texts_of_tuples_are_tuples():
    assert default_collate([(1, "a"), (2, "b")])[1] == ("a", "b")
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert default_collate([{"k": "a"}, {"k": "b"}]) == {"k": ["a", "b"]}
