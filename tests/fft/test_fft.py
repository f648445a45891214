"""`torch.fft`: values by the definition, lengths and modes, derivatives, batches, layouts, errors."""

import math

import ferrotorch as torch
import pytest
from ferrotorch.autograd import gradcheck, gradgradcheck

F = torch.fft


def dft(x, dim, sign=-1):
    """The definition, as a product with a matrix."""
    n = x.size(dim)
    k = torch.arange(n, dtype=torch.float64)
    angle = (k[:, None] * k).remainder(n) * (sign * 2 * math.pi / n)
    matrix = torch.complex(angle.cos(), angle.sin())
    return (x.to(torch.complex128).movedim(dim, -1) @ matrix).movedim(-1, dim)


def values(*shape, dtype=torch.complex128, seed=0):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n", [1, 2, 3, 8, 16, 30, 97, 256, 1009])
def test_one_dimension(n, device):
    for shape, dim in (((n,), 0), ((3, n), 1), ((n, 5), 0)):
        x = values(*shape)
        wanted = dft(x, dim)
        torch.testing.assert_close(F.fft(x, dim=dim), wanted)
        torch.testing.assert_close(F.ifft(x, dim=dim), dft(x, dim, 1) / n)
        torch.testing.assert_close(F.fft(x.real, dim=dim), dft(x.real, dim))
        half = F.rfft(x.real, dim=dim)
        torch.testing.assert_close(half, dft(x.real, dim).narrow(dim, 0, n // 2 + 1))
        torch.testing.assert_close(F.irfft(half, n, dim), x.real)
        torch.testing.assert_close(F.ihfft(x.real, dim=dim), half.conj().resolve_conj() / n)
        torch.testing.assert_close(F.hfft(half.conj() / n, n, dim), x.real)
        single = F.fft(x.to(torch.complex64).to(device), dim=dim)
        assert single.dtype is torch.complex64
        torch.testing.assert_close(single.cpu(), wanted.to(torch.complex64), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dims", [(0,), (1, 2), (2, 0), (0, 1, 2)])
def test_several_dimensions(dims):
    x = values(4, 6, 5)
    wanted, back = x, x
    for dim in dims:
        wanted, back = dft(wanted, dim), dft(back, dim, 1) / x.size(dim)
    torch.testing.assert_close(F.fftn(x, dim=dims), wanted)
    torch.testing.assert_close(F.ifftn(x, dim=dims), back)
    turned = x.permute(2, 0, 1).contiguous().permute(1, 2, 0)
    torch.testing.assert_close(F.fftn(turned, dim=dims), wanted)
    torch.testing.assert_close(F.fftn(x[:, ::2], dim=dims), F.fftn(x[:, ::2].contiguous(), dim=dims))
    last = x.size(dims[-1])
    half = F.rfftn(x.real, dim=dims)
    torch.testing.assert_close(half, F.fftn(x.real, dim=dims).narrow(dims[-1], 0, last // 2 + 1))
    sizes = [x.size(dim) for dim in dims]
    torch.testing.assert_close(F.irfftn(half, sizes, dims), x.real)
    torch.testing.assert_close(F.hfftn(F.ihfftn(x.real, dim=dims), sizes, dims), x.real)


def test_two_dimensions_are_the_last():
    x = values(3, 4, 6)
    for name in ("fft2", "ifft2", "irfft2", "hfft2"):
        torch.testing.assert_close(getattr(F, name)(x), getattr(F, name.replace("2", "n"))(x, dim=(-2, -1)))
    for name in ("rfft2", "ihfft2"):
        torch.testing.assert_close(getattr(F, name)(x.real), getattr(F, name.replace("2", "n"))(x.real, dim=(-2, -1)))


@pytest.mark.parametrize("n", [3, 4, 5, 6, 9])
def test_inputs_are_cut_and_continued(n):
    x = values(2, 5)
    fitted = torch.nn.functional.pad(x, (0, n - 5)) if n > 5 else x[:, :n]
    torch.testing.assert_close(F.fft(x, n), dft(fitted, 1))
    torch.testing.assert_close(F.fftn(x, (n,)), dft(fitted, 1))
    torch.testing.assert_close(F.rfft(x.real, n), dft(fitted.real, 1)[:, : n // 2 + 1])
    torch.testing.assert_close(F.fftn(x, (-1, n)), dft(dft(fitted, 1), 0))


@pytest.mark.parametrize(
    ("norm", "scale", "inverse"), [(None, 1, 1 / 6), ("ortho", 6**-0.5, 6**-0.5), ("forward", 1 / 6, 1)]
)
def test_modes(norm, scale, inverse):
    x = values(6)
    torch.testing.assert_close(F.fft(x, norm=norm), dft(x, 0) * scale)
    torch.testing.assert_close(F.ifft(x, norm=norm), dft(x, 0, 1) * inverse)
    torch.testing.assert_close(F.irfft(F.rfft(x.real, norm=norm), norm=norm), x.real)
    torch.testing.assert_close(F.hfft(F.ihfft(x.real, norm=norm), norm=norm), x.real)
    torch.testing.assert_close(F.rfftn(x.real.reshape(2, 3), norm=norm), F.rfft2(x.real.reshape(2, 3)) * scale)


def test_dtypes():
    assert F.fft(torch.arange(4)).dtype is torch.complex64
    assert F.irfft(torch.tensor([True, False, True])).dtype is torch.float32
    assert F.rfft(torch.ones(4, dtype=torch.float64)).dtype is torch.complex128
    for dtype in (torch.float16, torch.bfloat16):
        with pytest.raises(NotImplementedError, match="Unsupported dtype"):
            F.fft(torch.ones(4, dtype=dtype))


COMPLEX = {
    "fft": lambda x: F.fft(x), "fft cut": lambda x: F.fft(x, 3, 1, "ortho"), "ifft": lambda x: F.ifft(x, 6),
    "fftn": lambda x: F.fftn(x), "ifftn": lambda x: F.ifftn(x, (2, -1), (1, 0)), "irfft": lambda x: F.irfft(x),
    "irfft cut": lambda x: F.irfft(x, 4), "irfftn": lambda x: F.irfftn(x, (2, 5), (0, 1)),
    "hfft": lambda x: F.hfft(x, 7),
    "hfftn": lambda x: F.hfftn(x, norm="forward"), "shift": lambda x: F.fftshift(x),
}  # fmt: skip
REAL = {
    "rfft": lambda x: F.rfft(x), "rfft continued": lambda x: F.rfft(x, 7), "rfftn": lambda x: F.rfftn(x, norm="ortho"),
    "ihfft": lambda x: F.ihfft(x), "ihfftn": lambda x: F.ihfftn(x), "fft of real": lambda x: F.fft(x),
    "ifft of real": lambda x: F.ifft(x, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", [*COMPLEX, *REAL])
def test_derivatives_and_samples(name):
    f = COMPLEX.get(name) or REAL[name]
    x = values(2, 4, dtype=torch.complex128 if name in COMPLEX else torch.float64).requires_grad_()
    assert gradcheck(f, (x,), check_forward_ad=True, check_batched_grad=True)
    assert gradgradcheck(f, (x,))
    samples = torch.stack([x, 2 * x, x * x]).detach()
    torch.testing.assert_close(torch.vmap(f)(samples), torch.stack([f(sample) for sample in samples]))


def test_nodes():
    x = values(4, dtype=torch.float64).requires_grad_()
    assert F.fft(x).grad_fn.name() == "FftR2CBackward0"
    assert F.ifft(x).is_conj()
    assert F.fftn(x).grad_fn.name() == "FftC2CBackward0"
    assert F.irfft(x).grad_fn.name() == "FftC2RBackward0"


@pytest.mark.parametrize(
    ("call", "strides"),
    [
        (lambda x: F.fft(x, dim=0), (1, 8, 2)), (lambda x: F.fft(x, dim=1), (12, 1, 3)),
        (lambda x: F.fft2(x, dim=(0, 1)), (3, 1, 6)), (lambda x: F.rfft(x.real, dim=0), (1, 8, 2)),
        (lambda x: F.rfft2(x.real, dim=(0, 1)), (2, 1, 4)), (lambda x: F.irfftn(x), (18, 6, 1)),
        (lambda x: F.ihfftn(x.real), (3, 1, 6)), (lambda x: F.hfft2(x), (18, 6, 1)), (lambda x: F.fft(x), (12, 4, 1)),
    ],
)  # fmt: skip
def test_results_lie_as_in_pytorch(call, strides):
    assert call(values(2, 3, 4)).stride() == strides


def test_shifts_and_frequencies():
    assert F.fftshift(torch.arange(5)).tolist() == [3, 4, 0, 1, 2]
    assert F.ifftshift(F.fftshift(torch.arange(5))).tolist() == [0, 1, 2, 3, 4]
    assert F.fftshift(torch.arange(6).reshape(2, 3), dim=1).tolist() == [[2, 0, 1], [5, 3, 4]]
    for shift in (F.fftshift, F.ifftshift):
        with pytest.raises(IndexError, match="Dimension specified as 0 but tensor has no dimensions"):
            shift(torch.tensor(1.0), 0)
    assert F.fftfreq(4, 0.5).tolist() == [0.0, 0.5, -1.0, -0.5]
    assert F.fftfreq(5, dtype=torch.float64).tolist() == pytest.approx([0.0, 0.2, 0.4, -0.4, -0.2])
    assert F.rfftfreq(5).tolist() == pytest.approx([0.0, 0.2, 0.4])
    with pytest.raises(RuntimeError, match="requires a floating point or complex dtype"):
        F.fftfreq(4, dtype=torch.int64)


def test_targets():
    x, out = values(3, 4), torch.empty(0, dtype=torch.complex64)
    assert F.fft(x, out=out) is out
    torch.testing.assert_close(out, F.fft(x).to(torch.complex64))
    torch.testing.assert_close(F.irfft(x, out=torch.empty(0, dtype=torch.float64)), F.irfft(x))
    with pytest.raises(RuntimeError, match="fft expects a complex output tensor, but got Float"):
        F.fft(x, out=torch.empty(3, 4))
    with pytest.raises(RuntimeError, match="irfft expects a floating point output tensor, but got ComplexFloat"):
        F.irfft(x, out=out)


def test_no_elements():
    assert F.fft(torch.empty(0, 3)).shape == (0, 3)
    assert F.rfftn(torch.empty(4, 0, 6), dim=(0, 2)).shape == (4, 0, 4)
    assert F.fft(torch.empty(2, 0), 3).tolist() == [[0, 0, 0]] * 2
    assert F.fftn(torch.ones(2), dim=()).tolist() == [1, 1]


def test_meta():
    x = torch.empty(3, 4, device="meta")
    assert F.rfftn(x).shape == (3, 3) and F.rfftn(x).dtype is torch.complex64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: F.fft(x, norm="foo"), RuntimeError, 'Invalid normalization mode: "foo"'),
        (lambda x: F.fft(x, n=0), RuntimeError, r"Invalid number of data points \(0\) specified"),
        (lambda x: F.fft(x[:0], dim=0), RuntimeError, r"Invalid number of data points \(0\) specified"),
        (lambda x: F.irfft(x[:, :1]), RuntimeError, r"Invalid number of data points \(0\) specified"),
        (lambda x: F.rfft(x + 0j), TypeError, "rfft expects a real input tensor, but got ComplexFloat"),
        (lambda x: F.rfftn(x + 0j), TypeError, "rfftn expects a real-valued input tensor, but got ComplexFloat"),
        (
            lambda x: F.fft(x, dim=2),
            IndexError,
            r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)",
        ),
        (lambda x: F.fftn(x, dim=(0, 0)), RuntimeError, "FFT dims must be unique"),
        (
            lambda x: F.fftn(x, s=(1, 2, 3)),
            RuntimeError,
            "Got shape with 3 values but input tensor only has 2 dimensions.",
        ),
        (lambda x: F.fftn(x, s=(1, 2), dim=(0,)), RuntimeError, "dim and shape arguments must have the same length"),
        (lambda x: F.rfftn(x, dim=()), RuntimeError, "rfftn must transform at least one axis"),
        (lambda x: F.fft(x[0, 0]), IndexError, "Dimension specified as -1 but tensor has no dimensions"),
        (lambda x: F.fft("x"), TypeError, r"fft_fft\(\): argument 'input' \(position 1\) must be Tensor, not str"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(torch.ones(3, 4))
