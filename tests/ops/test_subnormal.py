"""What products take as factors has no subnormal numbers, with which many processors multiply slowly."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

TINY = torch.finfo(torch.float32).tiny


def subnormal(x):
    return int(((x != 0) & (x.abs() < TINY)).sum())


@pytest.mark.parametrize("width", [4, 16, 600])
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax(width, dim):
    x = -torch.linspace(0, 120, width).expand(5, width)
    shares = x.softmax(1) if dim else x.T.contiguous().softmax(0)
    assert subnormal(shares) == 0
    assert shares.amax().item() > 0 and shares.amin().item() == 0


def test_gradient_of_gelu():
    x = torch.linspace(-16, 16, 4001).requires_grad_()
    (gradient,) = torch.autograd.grad(F.gelu(x).sum(), x)
    assert subnormal(gradient) == 0
    assert gradient[0].item() == 0 and gradient[-1].item() == 1
    assert ((gradient != 0) & (gradient.abs() < 1e-30)).any()


def test_exp_itself_has_them():
    assert torch.tensor([-88.0, -100.0]).exp().tolist() == [6.054601485195952e-39, 3.783505853677006e-44]
