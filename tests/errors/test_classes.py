"""Calls that PyTorch refuses, with the class of exception that it raises."""

import ferrotorch as torch
import pytest

F = torch.nn.functional
EMPTY, ROW, INTS = torch.empty(0), torch.arange(3.0), torch.arange(3)
NAN = float("nan")

REFUSED = {
    RuntimeError: [
        (lambda: EMPTY.max(), r"max\(\): Expected reduction dim to be specified"),
        (lambda: EMPTY.min(), "Expected reduction dim to be specified"),
        (lambda: EMPTY.amax(), "Expected reduction dim to be specified"),
        (lambda: EMPTY.aminmax(), "Expected reduction dim to be specified"),
        (lambda: torch.tensor({}), "infer dtype of dict"),
        (lambda: torch.tensor({"a": 1}), "infer dtype of dict"),
        (lambda: torch.tensor([{}]), "infer dtype of dict"),
        (lambda: torch.as_tensor({}), "infer dtype of dict"),
        (lambda: torch.tensor([1000], dtype=torch.int8), "cannot be converted to type int8"),
        (lambda: torch.tensor(float("inf"), dtype=torch.int64), "cannot be converted to type int64"),
        (lambda: torch.bernoulli(torch.tensor([0.5, 1.5])), r"bernoulli.*\[0, 1\].*1.5"),
        (lambda: torch.bernoulli(torch.tensor([-0.5])), r"\[0, 1\]"),
        (lambda: torch.bernoulli(torch.tensor([NAN], dtype=torch.float16)), r"\[0, 1\]"),
        (lambda: torch.empty(1).bernoulli_(torch.tensor([1.5])), r"\[0, 1\]"),
        (lambda: torch.empty(1).bernoulli_(1.5), r"\[0, 1\]"),
        (lambda: torch.normal(ROW, torch.tensor([1.0, -1.0, 1.0])), "std >= 0.0"),
        (lambda: torch.normal(0.0, torch.tensor([NAN])), "std >= 0.0"),
        (lambda: torch.normal(ROW, -1.0), "std >= 0.0, but found std -1"),
        (lambda: torch.normal(ROW, torch.ones(3, dtype=torch.complex64)), "non-complex"),
        (lambda: torch.lerp(ROW, ROW.double(), 0.5), "`end`"),
        (lambda: torch.lerp(ROW, ROW, ROW.double()), "`weight`"),
        (lambda: torch.lerp(ROW, ROW, 1j), "cannot be converted"),
        (lambda: torch.narrow(ROW, 0, torch.tensor(True), 1), "0-dim integral"),
        (lambda: torch.narrow(ROW, 0, torch.tensor(1.0), 1), "0-dim integral"),
        (lambda: torch.narrow(ROW, 0, torch.tensor([1]), 1), "0-dim integral"),
        (lambda: F.adaptive_avg_pool2d(torch.ones(1, 1, 2, 2), (-1, 0)), "greater than or equal to 0"),
        (lambda: F.adaptive_max_pool2d(torch.ones(1, 1, 2, 2), (-1, 0)), "greater than or equal to 0"),
    ],
    NotImplementedError: [
        (lambda: torch.lerp(INTS, INTS, 0.5), '"lerp" not implemented for .Long.'),
        (lambda: torch.lerp(INTS, INTS, 2), "lerp"),
        (lambda: INTS.lerp_(INTS, 2), "lerp"),
        (lambda: INTS.softmax(0), "softmax"),
        (lambda: torch.ones(2) & torch.ones(2), "bitwise_and"),
    ],
    IndexError: [
        (lambda: torch.empty(0, 3).max(0), "non-zero size"),
        (lambda: torch.empty(0, 3).amax(0), "non-zero size"),
        (lambda: EMPTY.argmax(), "Expected reduction dim"),
        (lambda: ROW[torch.tensor([3])], "index 3 is out of bounds"),
        (lambda: ROW.take(torch.tensor([3])), "index 3 is out of bounds"),
        (lambda: ROW.put(torch.tensor([3]), torch.ones(1)), "index 3 is out of bounds"),
        (lambda: F.embedding(torch.tensor([-1]), torch.ones(3, 2)), "index -1 is out of bounds"),
    ],
    TypeError: [
        (lambda: torch.remainder(2, 3), "remainder"),
        (lambda: torch.pow(2, 3), "pow"),
        (lambda: torch.complex(2, ROW), "must be Tensor, not int"),
        (lambda: torch.polar(2, ROW), "must be Tensor, not int"),
        (lambda: torch.randn(), "randn"),
        (lambda: torch.tensor([1j], dtype=torch.float32), "must be real number"),
    ],
}


@pytest.mark.parametrize(
    ("error", "call", "message"), [(error, *case) for error, cases in REFUSED.items() for case in cases]
)
def test_refused(error, call, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert type(caught.value) is error


def test_accepted():
    assert torch.remainder(5, torch.tensor(3)) == 2
    assert torch.pow(2, torch.tensor(3)) == 8
    assert torch.narrow(ROW, 0, torch.tensor(-1), 1).tolist() == [2]
    assert F.adaptive_avg_pool2d(torch.ones(1, 1, 2, 3), (None, 1)).shape == (1, 1, 2, 1)
    assert torch.lerp(ROW, ROW + 1, torch.tensor(0.5, dtype=torch.float64)).dtype is torch.float32
    assert torch.normal(0.0, torch.ones(2)).shape == (2,)
    assert torch.bernoulli(torch.tensor([0.0, 1.0])).tolist() == [0, 1]
    assert F.batch_norm(EMPTY, EMPTY, EMPTY).shape == (0,)
    smallest = torch.tensor([5e-324, -1e-310, 0.0], dtype=torch.float64)
    assert torch.equal(torch.expm1(smallest), smallest)
    assert torch.expm1(torch.tensor([1e-45])).item() == torch.tensor([1e-45]).item()
