"""Fourier transforms on a GPU are those of the host, and run there."""

import ferrotorch as torch
import pytest

pytestmark = pytest.mark.filterwarnings("error:.*runs on the host")

# Powers of two within a workgroup and beyond, and lengths that are none.
LENGTHS = [1, 2, 3, 8, 12, 31, 100, 1024, 1000, 2048]


def signal(*shape):
    torch.manual_seed(0)
    return torch.randn(*shape)


def close(here, there, tolerance=3e-6):
    there = there.cpu()
    assert (here.shape, here.dtype) == (there.shape, there.dtype)
    size = max(here.abs().max().item(), 1.0)
    return (torch.view_as_real(here + 0j) - torch.view_as_real(there + 0j)).abs().max().item() <= tolerance * size


@pytest.mark.parametrize("n", LENGTHS)
def test_lines(gpu, n):
    x = torch.complex(signal(2, n), signal(2, n).flip(0))
    y = x.to(gpu)
    assert close(torch.fft.fft(x), torch.fft.fft(y))
    assert close(torch.fft.ifft(x), torch.fft.ifft(y))
    assert close(torch.fft.fft(x.T, dim=0, norm="ortho"), torch.fft.fft(y.T, dim=0, norm="ortho"))
    assert close(torch.fft.rfft(x.real), torch.fft.rfft(x.real.contiguous().to(gpu)))
    assert close(torch.fft.fft(x.real), torch.fft.fft(x.real.contiguous().to(gpu)))
    assert close(torch.fft.irfft(x, n=n), torch.fft.irfft(y, n=n))
    assert close(torch.fft.hfft(x, n=2 * n), torch.fft.hfft(y, n=2 * n))


@pytest.mark.parametrize("n", [1, 2, 3, 8, 100, 512, 1024, 2048])
def test_lines_in_float64(gpu, n):
    x = torch.complex(signal(2, n), signal(2, n).flip(0)).to(torch.complex128)
    y = x.to(gpu)
    assert close(torch.fft.fft(x), torch.fft.fft(y), 1e-14)
    assert close(torch.fft.ifft(x.T, dim=0), torch.fft.ifft(y.T, dim=0), 1e-14)
    assert close(torch.fft.rfft(x.real), torch.fft.rfft(y.real), 1e-14)
    assert close(torch.fft.irfft(x, n=n), torch.fft.irfft(y, n=n), 1e-14)


@pytest.mark.parametrize("shape", [(4, 6), (2, 5, 16), (3, 1, 9)])
def test_several_dimensions(gpu, shape):
    x = signal(*shape)
    y = x.to(gpu)
    assert close(torch.fft.fft2(x), torch.fft.fft2(y))
    assert close(torch.fft.rfftn(x), torch.fft.rfftn(y))
    assert close(torch.fft.irfftn(torch.fft.rfftn(x), shape), torch.fft.irfftn(torch.fft.rfftn(y), shape))
    assert close(torch.fft.fftn(x.transpose(0, 1), dim=(1, 0)), torch.fft.fftn(y.transpose(0, 1), dim=(1, 0)))


def test_known_transforms(gpu):
    delta = torch.tensor([1.0, 0, 0, 0, 0], device=gpu)
    assert torch.allclose(torch.view_as_real(torch.fft.fft(delta).cpu()), torch.tensor([[1.0, 0.0]] * 5), atol=1e-6)
    wave = torch.cos(2 * torch.pi * 3 * torch.arange(4096) / 4096).to(gpu)
    peaks = torch.fft.rfft(wave).cpu().abs()
    assert peaks[3].item() == pytest.approx(2048, rel=1e-4)
    assert peaks.sum().item() == pytest.approx(2048, rel=1e-2)


@pytest.mark.filterwarnings("ignore:.*runs on the host")
def test_gradients(gpu):
    gradients = []
    for device in ("cpu", gpu):
        x = signal(3, 10).to(device).requires_grad_()
        torch.view_as_real(torch.fft.rfft(x)).square().sum().backward()
        gradients.append(x.grad.cpu())
    assert torch.allclose(*gradients, atol=1e-3)
