"""Functions that are one node, or have an ``out=``: what that takes is left out of calls where it does nothing."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

A = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: F.unfold(x.view(1, 1, 2, 2), 1), "Im2ColBackward0"),
        (lambda x: torch.block_diag(x, A), "BlockDiagBackward0"),
        (lambda x: F.interpolate(x.view(1, 1, 2, 2), scale_factor=2.0), "UpsampleNearest2DBackward0"),
        (lambda x: F.glu(x), "GluBackward0"),
        (lambda x: torch.complex(x, A), "ComplexBackward0"),
        (lambda x: torch.polar(A, x), "PolarBackward0"),
    ],
)
def test_a_recorded_call_is_one_node_and_others_have_its_values(call, name):
    x = A.clone().requires_grad_()
    recorded = call(x)
    assert recorded.grad_fn.name() == name
    plain = call(A)
    assert plain.grad_fn is None and not plain.requires_grad
    assert torch.equal(plain, recorded.detach())
    with torch.no_grad():
        assert call(x).grad_fn is None


def test_out_is_written_whether_recorded_or_not():
    for other in (A, A.clone().requires_grad_()):
        out = torch.empty(0)
        with torch.no_grad():
            assert torch.kron(A, other, out=out) is out
        assert torch.equal(out, torch.kron(A, A))
        keywords = {"out": torch.empty(0)}
        with torch.no_grad():
            assert torch.kron(A, other, **keywords) is keywords["out"]


def test_a_tensor_in_a_list_makes_a_call_recorded():
    x = A.clone().requires_grad_()
    assert torch.cartesian_prod(x[0], A[1]).requires_grad
    assert torch.block_diag(*[A, x]).grad_fn.name() == "BlockDiagBackward0"


def test_subclasses_are_asked_before_short_ways():
    class Asked(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return function.__name__

    assert torch.kron(A.as_subclass(Asked), A) == "kron"
