"""Losses of alignments by kernels against those composed of ops, and their second derivatives."""

import ferrotorch as torch
import pytest
from ferrotorch.nn import functional as F
from ferrotorch.nn.functional.loss import ctc

# Steps, sequences, classes and the longest target.
SIZES = [(1, 1, 2, 0), (1, 3, 3, 1), (7, 2, 4, 3), (9, 4, 5, 5), (12, 1, 6, 6), (40, 3, 20, 17)]


def losses(scores, call, zero_infinity, weights):
    """Losses, and the gradient of their weighted sum by what the scores are logarithms of."""
    start = scores.detach().requires_grad_()
    loss = F.ctc_loss(start.log_softmax(-1), *call, reduction="none", zero_infinity=zero_infinity)
    return loss.detach(), torch.autograd.grad((loss * weights).nansum(), start)[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", SIZES)
def test_kernels_are_what_ops_are(size, dtype, monkeypatch):
    torch.manual_seed(sum(size))
    steps, sequences, classes, longest = size
    for blank in {0, classes - 1}:
        labels = torch.randint(0, classes, (sequences, longest))
        ends, sizes = torch.randint(0, steps + 1, (sequences,)), torch.randint(0, longest + 1, (sequences,))
        call, weights = (labels, ends, sizes, blank), torch.rand(sequences, dtype=dtype) + 0.5
        # Scores whose classes do not follow one another, too.
        scores = torch.randn(sequences, classes, steps, dtype=dtype).permute(2, 0, 1)
        for lying in (scores, scores.contiguous()):
            for zero_infinity in (False, True):
                by_kernels = losses(lying, call, zero_infinity, weights)
                with monkeypatch.context() as patch:
                    patch.setattr(ctc, "_by_kernels", lambda *_: False)
                    by_ops = losses(lying, call, zero_infinity, weights)
                # Of logarithms of some tens, single precision leaves so much.
                least = {"rtol": 1e-4, "atol": 1e-4} if dtype is torch.float32 else {}
                for found, wanted in zip(by_kernels, by_ops, strict=True):
                    torch.testing.assert_close(found, wanted, equal_nan=True, **least)


def test_second_derivatives():
    scores = torch.randn(6, 2, 4, dtype=torch.float64, requires_grad=True)
    targets = (torch.tensor([[1, 2], [3, 3]]), (6, 5), (2, 2))
    assert torch.autograd.gradgradcheck(lambda x: F.ctc_loss(x.log_softmax(-1), *targets), (scores,))


def test_a_label_that_is_no_class():
    with pytest.raises(IndexError, match=r"out of (bounds|range)"):
        F.ctc_loss(torch.zeros(3, 1, 4).log_softmax(-1), torch.tensor([[4]]), (3,), (1,))


class Wrapper(torch.Tensor):
    """A class that stands in for a tensor, and sees the ops."""

    @staticmethod
    def __new__(cls, held):
        return torch.Tensor._make_wrapper_subclass(cls, held.shape, dtype=held.dtype, device=held.device)

    def __init__(self, held):
        self.held = held

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        def held(value):
            if isinstance(value, (list, tuple)):
                return [held(each) for each in value]
            return value.held if isinstance(value, Wrapper) else value

        result = func(*held(args), **{name: held(value) for name, value in (kwargs or {}).items()})
        return Wrapper(result) if isinstance(result, torch.Tensor) else result


def test_tensors_that_a_class_stands_in_for():
    scores, call = torch.randn(5, 2, 4).log_softmax(-1), (torch.tensor([[1, 2], [3, 1]]), (5, 5), (2, 2))
    found = F.ctc_loss(Wrapper(scores), *call, reduction="none")
    torch.testing.assert_close(found.held, F.ctc_loss(scores, *call, reduction="none"))
