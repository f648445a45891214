"""What `debug_unwrap` shows of samples: those of the innermost `vmap`, or of all."""

import ferrotorch as torch
import pytest
from ferrotorch.func import debug_unwrap, vmap


def seen_inside(x: torch.Tensor, levels: int, recurse: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """What a sample is unwrapped to inside so many `vmap`s, and what these return for it."""
    seen = []

    def look(sample):
        seen.append(debug_unwrap(sample, recurse=recurse))
        return seen[-1].sum() * sample

    function = look
    for _ in range(levels):
        function = vmap(function)
    return seen, function(x)


@pytest.mark.parametrize("recurse", [True, False])
def test_a_tensor_outside_is_itself(recurse):
    x = torch.arange(3.0)
    assert debug_unwrap(x, recurse=recurse) is x


@pytest.mark.parametrize("recurse", [True, False])
def test_one_level(recurse):
    seen, result = seen_inside(torch.arange(3.0), 1, recurse)
    assert seen[0].tolist() == [0.0, 1.0, 2.0]
    assert result.tolist() == [0.0, 3.0, 6.0]


def test_two_levels():
    x = torch.arange(6.0).reshape(2, 3)
    seen, result = seen_inside(x, 2, recurse=True)
    assert seen[0].tolist() == x.tolist()
    assert result.tolist() == (x * 15).tolist()
    seen, result = seen_inside(x, 2, recurse=False)
    assert seen[0].shape == (3,)
    assert result.tolist() == [[0.0, 3.0, 6.0], [36.0, 48.0, 60.0]]
