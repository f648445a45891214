"""`rearrange` of patterns whose parts are merged, divided, of size 1 or left out."""

import ferrotorch as torch
import pytest
from ferrotorch.func import _einops

X = torch.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("pattern", "sizes", "expected"),
    [
        ("a b c -> c (a b)", {}, X.permute(2, 0, 1).reshape(4, 6)),
        ("(a 1) b c -> a b c", {}, X),
        ("a b (c d) -> (a d) b c", {"d": 2}, X.reshape(2, 3, 2, 2).permute(0, 3, 1, 2).reshape(4, 3, 2)),
        ("a b c -> a 1 b c", {}, X[:, None]),
        ("... c -> c ...", {}, X.permute(2, 0, 1)),
    ],
)
def test_rearrange(pattern, sizes, expected):
    assert torch.equal(_einops.rearrange(X, pattern, **sizes), expected)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a b c", "single '->'"),
        ("a b c -> a -> b", "single '->'"),
        ("a b (c -> a b c", "Imbalanced parentheses"),
        ("a b c) -> a b c", "Brackets are not balanced"),
        ("a b (c d) -> a b c d", "Could not infer sizes"),
        ("a b -> a b", "dimension"),
    ],
)
def test_patterns_that_fit_nothing(pattern, message):
    with pytest.raises(ValueError, match=message):
        _einops.rearrange(X, pattern)
