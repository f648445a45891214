"""`torch.stft` and `torch.istft`."""

import functools
import warnings

import ferrotorch as torch
import pytest
from ferrotorch import _checks, _settings
from ferrotorch.autograd import gradcheck

pytestmark = pytest.mark.filterwarnings("ignore:A window was not provided")

SIGNAL = torch.arange(40, dtype=torch.float64).sin()
WINDOW = torch.hann_window(8, dtype=torch.float64)


def by_definition(x, n, hop, window):
    frames = [x[start : start + n] * window for start in range(0, len(x) - n + 1, hop)]
    return torch.stack([torch.fft.fft(frame) for frame in frames], 1)


@pytest.mark.parametrize("hop", [1, 2, 3, 8])
def test_frames(hop, device):
    wanted = by_definition(SIGNAL, 8, hop, WINDOW)
    got = torch.stft(SIGNAL.to(device), 8, hop, window=WINDOW.to(device), center=False, return_complex=True)
    torch.testing.assert_close(got.cpu(), wanted[:5])
    got = torch.stft(SIGNAL, 8, hop, window=WINDOW, center=False, return_complex=True, onesided=False, normalized=True)
    torch.testing.assert_close(got, wanted / 8**0.5)
    got = torch.stft(SIGNAL + 0j, 8, hop, window=WINDOW, center=False)
    torch.testing.assert_close(got, wanted)


@pytest.mark.parametrize("mode", ["reflect", "constant", "replicate", "circular"])
def test_signals_are_padded(mode):
    padded = torch.nn.functional.pad(SIGNAL[None, None], (4, 4), mode)[0, 0]
    got = torch.stft(SIGNAL, 8, window=WINDOW, pad_mode=mode, return_complex=True)
    torch.testing.assert_close(got, by_definition(padded, 8, 2, WINDOW)[:5])


def test_short_windows():
    window = torch.hann_window(5, dtype=torch.float64)
    middle = torch.tensor([0.0, *window.tolist(), 0.0, 0.0], dtype=torch.float64)
    got = torch.stft(SIGNAL, 8, 2, 5, window, center=False, return_complex=True)
    torch.testing.assert_close(got, by_definition(SIGNAL, 8, 2, middle)[:5])
    aligned = torch.stft(SIGNAL, 8, 2, 5, window, center=False, return_complex=True, align_to_window=True)
    assert aligned.shape == (5, 18)
    ones = torch.stft(SIGNAL, 8, 2, 5, center=False, return_complex=True)
    box = torch.tensor([0.0, 1, 1, 1, 1, 1, 0, 0], dtype=torch.float64)
    torch.testing.assert_close(ones, by_definition(SIGNAL, 8, 2, box)[:5])


def test_forms_of_the_result():
    both = torch.stack([SIGNAL, SIGNAL.cos()])
    got = both.stft(8, window=WINDOW, return_complex=True)
    assert got.shape == (2, 5, 21) and got.stride() == (105, 1, 5)
    torch.testing.assert_close(got[0], torch.stft(SIGNAL, 8, window=WINDOW, return_complex=True))
    with pytest.warns(UserWarning, match="return_complex=False is deprecated"):
        pairs = torch.stft(SIGNAL, 8, window=WINDOW, return_complex=False)
    torch.testing.assert_close(torch.view_as_complex(pairs), got[0])


@pytest.mark.parametrize("options", [{}, {"normalized": True}, {"onesided": False}, {"hop_length": 3}], ids=str)
def test_there_and_back(options):
    both = torch.stack([SIGNAL, SIGNAL.cos()])
    spectra = torch.stft(both, 8, window=WINDOW, return_complex=True, **options)
    torch.testing.assert_close(torch.istft(spectra, 8, window=WINDOW, length=40, **options), both)
    torch.testing.assert_close(spectra[0].istft(8, window=WINDOW, length=40, **options), SIGNAL)
    if options.get("onesided") is False:
        back = torch.istft(spectra, 8, window=WINDOW, length=40, return_complex=True, **options)
        torch.testing.assert_close(back, both + 0j)


def test_lengths():
    spectra = torch.stft(SIGNAL, 8, window=WINDOW + 0.1, center=False, return_complex=True)
    back = torch.istft(spectra, 8, window=WINDOW + 0.1, center=False)
    torch.testing.assert_close(back, SIGNAL)
    assert torch.istft(spectra, 8, window=WINDOW + 0.1, center=False, length=15).shape == (15,)
    with pytest.warns(UserWarning, match="padded with zeros in the tail"):
        longer = torch.istft(spectra, 8, window=WINDOW + 0.1, center=False, length=45)
    assert longer.shape == (45,) and longer[40:].tolist() == [0.0] * 5


def test_derivatives_and_samples():
    x = SIGNAL.clone().requires_grad_()
    spectrogram = lambda x: torch.stft(x, 8, window=WINDOW, return_complex=True)  # noqa: E731
    assert gradcheck(spectrogram, (x,), check_forward_ad=True)
    spectra = spectrogram(x).detach().requires_grad_()
    assert gradcheck(lambda s: torch.istft(s, 8, window=WINDOW), (spectra,), check_forward_ad=True)
    samples = torch.stack([x, x * x])
    torch.testing.assert_close(torch.vmap(spectrogram)(samples), spectrogram(samples))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: torch.stft(SIGNAL, 8), RuntimeError, "requires the return_complex parameter be given"),
        (
            lambda: torch.stft(SIGNAL + 0j, 8, onesided=True),
            RuntimeError,
            "Cannot have onesided output if window or input is",
        ),
        (
            lambda: torch.stft(SIGNAL.float(), 100, center=False, return_complex=True),
            RuntimeError,
            r"stft\(torch.FloatTensor\[40\], n_fft=100, hop_length=25, win_length=100, window=None, normalized=0, "
            "onesided=None, return_complex=1, align_to_window=None\\) : expected 0 < n_fft < 40, but got n_fft=100",
        ),
        (
            lambda: torch.stft(SIGNAL, 8, 0, return_complex=True),
            RuntimeError,
            "expected hop_length > 0, but got hop_length=0",
        ),
        (lambda: torch.stft(SIGNAL, 8, 2, 9, return_complex=True), RuntimeError, "expected 0 < win_length <= n_fft"),
        (
            lambda: torch.stft(SIGNAL, 8, 2, 4, WINDOW, return_complex=True),
            RuntimeError,
            "size equal to win_length=4, but got",
        ),
        (lambda: torch.stft(SIGNAL[None, None], 8, return_complex=True), RuntimeError, "expected a 1D or 2D tensor"),
        (
            lambda: torch.stft(torch.arange(40), 8, return_complex=True, center=False),
            NotImplementedError,
            "floating point or",
        ),
        (lambda: torch.istft(torch.ones(5, 11, 2), 8), TypeError, "istft requires a complex-valued input tensor"),
        (
            lambda: torch.istft(torch.ones(5, 11) + 0j, 7),
            RuntimeError,
            r"to match n_fft / 2 \+ 1 when onesided=True, but got 5",
        ),
        (lambda: torch.istft(torch.ones(5, 11) + 0j, 8, 9), RuntimeError, "expected 0 < hop_length <= win_length"),
        (
            lambda: torch.istft(torch.ones(5, 11, dtype=torch.complex128), 8, window=WINDOW, center=False),
            RuntimeError,
            "window overlap add min: 1",
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda **window: torch.stft(SIGNAL, 8, return_complex=True, **window), "known to cause spectral leakage"),
        (lambda **window: SIGNAL.stft(8, return_complex=True, **window), "known to cause spectral leakage"),
        (lambda **window: torch.istft(torch.ones(5, 9) + 0j, 8, **window), "make the inversion lossless"),
    ],
)
def test_a_window_that_is_not_given_is_warned_of(call, reason, monkeypatch):
    monkeypatch.setitem(_settings._settings, "warn_always", True)
    with pytest.warns(UserWarning, match=f"A window was not provided.*{reason}") as caught:
        without = call()
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        given = call(window=torch.ones(8, dtype=without.real.dtype))
    torch.testing.assert_close(without, given)


def test_it_is_warned_of_once(monkeypatch):
    monkeypatch.setattr(_checks, "_warn_of", functools.cache(_checks._warn_of.__wrapped__))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            torch.stft(SIGNAL, 8, return_complex=True)
    assert len(caught) == 1
