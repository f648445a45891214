"""Old ways of calling, with a factor before what it belongs to: PyTorch warns of them once, and so do we."""

import subprocess
import sys

import ferrotorch as torch
import pytest

M = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
V = torch.tensor([1.0, -1.0])
B = M.unsqueeze(0)
CALLS = {
    "add": (lambda: torch.add(M, 2, M), 3 * M),
    "add of a method": (lambda: M.add(2, M), 3 * M),
    "add_": (lambda: M.clone().add_(-0.5, M), 0.5 * M),
    "sub": (lambda: torch.sub(M, 2, M), -M),
    "sub_": (lambda: M.clone().sub_(2, M), -M),
    "addcmul": (lambda: torch.addcmul(M, 0.5, M, M), M + 0.5 * M * M),
    "addcmul_": (lambda: M.clone().addcmul_(2, M, M), M + 2 * M * M),
    "addcdiv": (lambda: M.addcdiv(2, M, M), M + 2),
    "addcdiv_": (lambda: M.clone().addcdiv_(-2, M, M), M - 2),
    "addmm with beta": (lambda: torch.addmm(2, M, M, M), 2 * M + M @ M),
    "addmm with both": (lambda: torch.addmm(2, M, 3, M, M), 2 * M + 3 * (M @ M)),
    "addmm of a method": (lambda: M.addmm(2, M, M), 2 * M + M @ M),
    "addmm_ with both": (lambda: M.clone().addmm_(2, 3, M, M), 2 * M + 3 * (M @ M)),
    "addmv": (lambda: torch.addmv(2, V, M, V), 2 * V + M @ V),
    "addmv of a method": (lambda: V.addmv(2, 3, M, V), 2 * V + 3 * (M @ V)),
    "addr": (lambda: torch.addr(2, M, 3, V, V), 2 * M + 3 * torch.outer(V, V)),
    "addbmm": (lambda: M.addbmm(2, B, B), 2 * M + M @ M),
    "baddbmm": (lambda: torch.baddbmm(2, B, 3, B, B), 2 * B + 3 * (B @ B)),
}


@pytest.mark.filterwarnings("ignore:This overload")
@pytest.mark.parametrize("name", CALLS)
def test_the_factor_comes_first(name):
    call, want = CALLS[name]
    assert torch.equal(call(), want)


@pytest.mark.filterwarnings("ignore:This overload")
def test_gradients_and_out():
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    torch.addcmul(x, 3, y, y).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([1.0, 1.0], [6.0, 6.0])
    out = torch.empty(2, 2)
    assert torch.equal(torch.addmm(2, M, M, M, out=out), 2 * M + M @ M) and torch.equal(out, 2 * M + M @ M)
    with pytest.raises(TypeError):
        torch.addcmul(M, torch.tensor(2.0, requires_grad=True), M, M)


def test_it_is_told_of_once():
    program = "import ferrotorch as torch; x = torch.ones(2); x.add(2, x); x.addcmul(2, x, x); x.add(3, x)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr
    assert told.count("This overload of") == 1
    assert "Consider using one of the following signatures instead" in told
