"""A chain of functions in segments: what it gives, its gradients, and which functions are run again."""

import ferrotorch as torch
import pytest
from ferrotorch.utils.checkpoint import checkpoint_sequential


class Counted(torch.nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale, self.calls = scale, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return (x * self.scale).sin() + self.scale


@pytest.mark.parametrize("use_reentrant", [True, False])
@pytest.mark.parametrize(
    ("segments", "calls"),
    [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1, 1, 1]), (3, [2, 2, 1, 1, 1]), (4, [2, 2, 2, 1, 1]), (5, [2, 2, 2, 2, 1])],
)
def test_segments(segments, calls, use_reentrant):
    functions = [Counted(0.5 + 0.1 * i) for i in range(5)]
    x = torch.linspace(-1, 1, 4, dtype=torch.float64).requires_grad_()
    plain = torch.nn.Sequential(*functions)(x)
    (expected,) = torch.autograd.grad(plain.sum(), x)
    for function in functions:
        function.calls = 0
    result = checkpoint_sequential(torch.nn.Sequential(*functions), segments, x, use_reentrant=use_reentrant)
    result.sum().backward()
    assert result.tolist() == plain.tolist()
    assert x.grad.tolist() == expected.tolist()
    assert [function.calls for function in functions] == calls


def test_parameters_on_two_devices_are_no_vector():
    here, there = torch.ones(2), torch.ones(2, device="meta")
    with pytest.raises(TypeError, match="different devices"):
        torch.nn.utils.parameters_to_vector([here, there])
    assert torch.nn.utils.parameters_to_vector([here, here * 2]).tolist() == [1.0, 1.0, 2.0, 2.0]
