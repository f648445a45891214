"""Each case of the core's errors, reached from Python: its class, and a message that names what was wrong."""

import re
from pathlib import Path

import ferrotorch as torch
import pytest

F = torch.nn.functional
ERROR_RS = Path(__file__).parents[2] / "rust/kernel/src/error.rs"
# case of `Kind` -> calls that meet it: the class, and what the message must name
CASES = {
    "Broadcast": [
        (
            lambda d: torch.ones(2, 3, device=d) + torch.ones(4, device=d),
            RuntimeError,
            [r"add", r"\[2, 3\]", r"\[4\]", r"dimension 1"],
        ),
        (
            lambda d: torch.maximum(torch.ones(2, device=d), torch.ones(3, device=d)),
            RuntimeError,
            [r"maximum", r"\[2\]", r"\[3\]"],
        ),
    ],
    "DimOutOfRange": [
        (lambda d: torch.ones(2, 3, device=d).sum(2), IndexError, [r"sum", r"\[-2, 1\]", r"got 2"]),
        (lambda d: torch.ones((), device=d).softmax(-2), IndexError, [r"softmax", r"\[-1, 0\]", r"got -2"]),
        (lambda d: torch.ones(2, device=d).unsqueeze(3), IndexError, [r"unsqueeze", r"\[-2, 1\]", r"got 3"]),
    ],
    "IndexOutOfRange": [
        (lambda d: torch.ones(2, 3, device=d)[:, 3], IndexError, [r"index 3", r"dimension 1", r"size 3"]),
        (lambda d: torch.ones(2, 3, device=d).select(0, -3), IndexError, [r"select", r"-3", r"size \[2, 3\]"]),
    ],
    "DType": [
        (lambda d: torch.ones(2, device=d) & torch.ones(2, device=d), RuntimeError, [r"bitwise_and", r"Float"]),
        (lambda d: torch.ones(2, dtype=torch.complex64) < 1, RuntimeError, [r"lt", r"Complex"]),
        (lambda d: torch.ones(2, dtype=torch.int64, device=d).softmax(0), RuntimeError, [r"softmax", r"Long"]),
    ],
    "Message": [
        (lambda d: torch.ones(2, 3, device=d) @ torch.ones(2, 3, device=d), RuntimeError, [r"2x3|\[2, 3\]"]),
        (lambda d: torch.zeros(-1, device=d), RuntimeError, [r"-1"]),
        (lambda d: torch.ones(2, device=d).view(3), RuntimeError, [r"\[3\]", r"2"]),
        (lambda d: torch.zeros(1 << 62, 1 << 62, device=d), RuntimeError, [r"\d{10}|overflow|large"]),
        (lambda d: torch.tensor([[1], [2, 3]], device=d), ValueError, [r"length|sequence"]),
        (lambda d: torch.tensor("a", device=d), TypeError, [r"str"]),
        (
            lambda d: F.conv2d(torch.ones(1, 2, 4, 4, device=d), torch.ones(1, 3, 2, 2, device=d)),
            RuntimeError,
            [r"\[1, 3, 2, 2\]", r"\[1, 2, 4, 4\]"],
        ),
        (lambda d: torch.ones(2, device=d).item(), RuntimeError, [r"2 elements"]),
        (lambda d: bool(torch.ones(2, device=d)), RuntimeError, [r"ambiguous"]),
        (lambda d: torch.ones(2, device=d).backward(), RuntimeError, [r"require"]),
        (lambda d: torch.ones(2, device=d, dtype=torch.int64).requires_grad_(), RuntimeError, [r"floating"]),
        (lambda d: torch.exp(torch.ones(2, device=d), 1), TypeError, [r"exp"]),
        (lambda d: torch.exp(input=torch.ones(2, device=d), foo=1), TypeError, [r"exp", r"foo"]),
        (lambda d: torch.ones(2, device="nowhere"), RuntimeError, [r"nowhere"]),
    ],
}
# Two devices are needed for the first; the others never leave the core.
ELSEWHERE = {"Devices", "Unsupported", "Foreign"}
TABLE = [(kind, *case) for kind, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("kind", "call", "error", "names"), TABLE)
def test_case(kind, call, error, names, device):
    with pytest.raises(error) as caught:
        call(device)
    for name in names:
        assert re.search(name, str(caught.value)), str(caught.value)


def test_two_devices(device):
    if device == "cpu":
        pytest.skip("needs another device than the host")
    with pytest.raises(RuntimeError, match=r"mul.*same device.*(wgpu.*cpu|cpu.*wgpu)"):
        torch.ones(2, device=device) * torch.ones(2)


@pytest.mark.skipif(not ERROR_RS.exists(), reason="needs the sources")
def test_every_case_is_here():
    body = re.search(r"pub enum Kind \{(.*?)\n\}", ERROR_RS.read_text(), re.DOTALL)
    assert body is not None
    assert set(re.findall(r"^    (\w+)", body[1], re.MULTILINE)) == {*CASES, *ELSEWHERE}


@pytest.mark.parametrize(
    ("call", "op", "argument"),
    [
        (lambda: F.l1_loss(1.0, torch.ones(2)), "l1_loss", "input"),
        (lambda: F.mse_loss(torch.ones(2), [1.0, 2.0]), "mse_loss", "target"),
        (lambda: F.mse_loss(torch.ones(2), torch.ones(2), weight=2.0), "mse_loss", "weight"),
        (lambda: F.fold(3, 2, 2), "fold", "input"),
        (lambda: F.elu_(0.5), "elu", "input"),
        (lambda: F.max_unpool2d(torch.ones(1, 1, 2, 2), None, 2), "max_unpool2d", "indices"),
        (lambda: torch.inner(torch.ones(2), 2.0), "inner", "other"),
        (lambda: torch.is_complex(1j), "is_complex", "input"),
        (lambda: torch.deg2rad_(90.0), "deg2rad_", "input"),
        (lambda: torch.diff(torch.ones(2), out=1), "diff", "out"),
        (lambda: torch.narrow_copy([1, 2], 0, 0, 1), "narrow_copy", "input"),
    ],
)
def test_functions_in_python_want_tensors(call, op, argument):
    with pytest.raises(TypeError, match=rf"^{op}\(\): argument '{argument}' must be Tensor, not \w+$"):
        call()
