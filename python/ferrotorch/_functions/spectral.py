"""Spectrograms: the short-time Fourier transform and its inverse."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from ferrotorch import _C
from ferrotorch._checks import require_all, require_tensors, require_tensors_or_none, warn_once
from ferrotorch._functions._tables import Table, named
from ferrotorch._legacy import type_name

Tensor = _C.Tensor

_RECTANGULAR = (
    "To suppress this warning and use a rectangular window, explicitly set `window=torch.ones(n_fft, device=<device>)`."
)

# What the sums of a transform are divided by, as `_fft_c2c` numbers it.
_NOTHING, _ROOT, _COUNT = 0, 1, 2


def _described(tensor: Tensor, shape: str) -> str:
    kind = type_name(tensor)
    return (f"CPU{kind.split('.')[-1].removesuffix('Tensor')}Type" if tensor.is_complex() else kind) + shape


def _call(op: str, input: Tensor, given: Tensor | None, **options: object) -> str:
    """A call as it begins messages: ``stft(torch.FloatTensor[40], n_fft=8, window=None, normalized=0)``."""
    shown = {name: int(value) if isinstance(value, bool) else value for name, value in options.items()}
    if given is not None:
        shown["window"] = _described(given, f"{{{list(given.shape)}}}")
    return f"{op}({_described(input, str(list(input.shape)))}, {', '.join(f'{k}={v}' for k, v in shown.items())})"


def _centered(window: Tensor, n_fft: int) -> Tensor:
    """A window with zeros on both sides."""
    before = (n_fft - window.size(0)) // 2
    return _C.constant_pad_nd(window, [before, n_fft - window.size(0) - before])


def _reflected(input: Tensor, n: int, pad_mode: str) -> Tensor:
    from ferrotorch.nn import functional

    shape = [1] * (3 - input.dim()) + list(input.shape)
    padded = functional.pad(input.view(shape), [n, n], pad_mode)
    return padded.view(padded.shape[-input.dim() :])


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """Fourier transforms of frames of a signal.

    ``out[f, t] = sum over k of window[k] * input[t * hop_length + k] * exp(-2 pi i f k / n_fft)``

    Args:
        input: Signal ``(L)`` or signals ``(B, L)``, float or complex.
        n_fft: Length of a frame.
        hop_length: From the start of one frame to the next; ``n_fft // 4`` if None.
        win_length: Length of the window, which is put in the middle of a frame; ``n_fft`` if None.
        window: ``(win_length)``; ones if None.
        center: Pad the signal by ``n_fft // 2`` on both sides: the middle of frame ``t`` is at ``t * hop_length``.
        pad_mode: How, as ``nn.functional.pad`` has it.
        normalized: Divide by the square root of ``n_fft``.
        onesided: Only the first ``n_fft // 2 + 1`` frequencies, the default for real signals and windows.
        return_complex: Complex numbers, or a last dimension of both parts. Must be given for real signals.
        align_to_window: Without ``center``, let the first window and not the first frame start where the signal does.

    Returns:
        ``(F, T)`` or ``(B, F, T)``, with ``(.., 2)`` at the end if not ``return_complex``.

    Warns:
        UserWarning: The first call without a window in a process.

    Raises:
        RuntimeError: Sizes that do not fit; ``return_complex`` missing.
        NotImplementedError: Integers.
    """
    require_tensors("stft", input=input)
    require_tensors_or_none("stft", window=window)
    if window is None:
        warn_once(
            "A window was not provided. A rectangular window will be applied,which is known to cause spectral leakage. "
            "Other windows such as torch.hann_window or torch.hamming_window are recommended to reduce spectral "
            f"leakage.{_RECTANGULAR}"
        )
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    if center:
        input = _reflected(input, n_fft // 2, pad_mode)
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    is_complex = input.is_complex() or (window is not None and window.is_complex())
    _check_return(is_complex, return_complex)
    call = partial(
        _call, "stft", input, window, n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=None,
        normalized=normalized, onesided=onesided, return_complex=return_complex, align_to_window=align_to_window,
    )  # fmt: skip
    _check_stft(call, input, n_fft, hop_length, win_length, window)
    if onesided and is_complex:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    if window is None and win_length < n_fft:
        window = _C.ones(win_length, dtype=input.dtype, device=input.device)
    if align_to_window:
        before = (n_fft - win_length) // 2
        input = _C.constant_pad_nd(input, [before, n_fft - win_length - before])
    frames = input.unfold(-1, n_fft, hop_length)
    if window is not None:
        frames = frames * _centered(window, n_fft)
    norm = _ROOT if normalized else _NOTHING
    if is_complex:
        out = _C._fft_c2c(frames, [-1], norm, True)
    else:
        out = _C._fft_r2c(frames, [-1], norm, onesided is not False)
    out = out.transpose(-2, -1)
    return _C.view_as_real(out) if return_complex is False else out


def _check_return(is_complex: bool, return_complex: bool | None) -> None:
    if return_complex is None and not is_complex:
        raise RuntimeError(
            "stft requires the return_complex parameter be given for real inputs, and will further require that "
            "return_complex=True in a future PyTorch release."
        )
    if return_complex is False:
        warnings.warn(
            "stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex "
            "tensors for all inputs, and return_complex=False will raise an error.\nNote: you can still call "
            "torch.view_as_real on the complex output to recover the old return format.",
            stacklevel=4,
        )


def _check_stft(
    call: Callable[[], str], input: Tensor, n_fft: int, hop: int, win_length: int, window: Tensor | None
) -> None:
    if not input.is_floating_point() and not input.is_complex():
        raise NotImplementedError(f"{call()} : expected a tensor of floating point or complex values")
    if input.dim() not in (1, 2):
        raise RuntimeError(f"{call()} : expected a 1D or 2D tensor")
    length = input.size(-1)
    if not 0 < n_fft <= length:
        raise RuntimeError(f"{call()} : expected 0 < n_fft < {length}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"{call()} : expected hop_length > 0, but got hop_length={hop}")
    if not 0 < win_length <= n_fft:
        raise RuntimeError(f"{call()} : expected 0 < win_length <= n_fft, but got win_length={win_length}")
    if window is not None and list(window.shape) != [win_length]:
        raise RuntimeError(
            f"{call()} : expected a 1D window tensor of size equal to win_length={win_length}, but got window with "
            f"size {list(window.shape)}"
        )


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The inverse of :func:`stft`: of all signals that with the least squared difference of spectrograms.

    Frames are transformed back, multiplied by the window, added where they overlap, and divided by the sum of the
    squared windows there (Griffin and Lim, IEEE Trans. ASSP 32, 1984).

    Args:
        input: Spectrogram ``(F, T)`` or ``(B, F, T)``, complex.
        n_fft: As for ``stft``, and so are the following.
        hop_length: At most ``win_length``.
        win_length: Length of the window.
        window: ``(win_length)``.
        center: Was the signal padded?
        normalized: Was it divided by the square root of ``n_fft``?
        onesided: Are there only the first ``n_fft // 2 + 1`` frequencies? By default as their number says.
        length: Of the signal, which is cut or continued by zeros; if None, all that the frames reach.
        return_complex: Complex numbers, for ``onesided=False`` only.

    Returns:
        ``(L)`` or ``(B, L)``.

    Warns:
        UserWarning: The first call without a window in a process.

    Raises:
        TypeError: A real spectrogram.
        RuntimeError: Sizes that do not fit; a place where the windows are all zero.
    """
    require_tensors("istft", input=input)
    require_tensors_or_none("istft", window=window)
    if window is None:
        warn_once(
            "A window was not provided. A rectangular window will be applied.Please provide the same window used by "
            f"stft to make the inversion lossless.{_RECTANGULAR}"
        )
    if not input.is_complex():
        raise TypeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    call = partial(
        _call, "istft", input, window, n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=None,
        center=center, normalized=normalized, onesided=onesided, length=length, return_complex=return_complex,
    )  # fmt: skip
    is_half = input.size(-2) != n_fft if onesided is None else onesided
    _check_istft(call, input, n_fft, hop_length, win_length, window, is_half)
    frames = _frames(input.transpose(-2, -1), n_fft, window, normalized, is_half, return_complex)
    if window is None:
        window = _C.ones(win_length, dtype=frames.dtype, device=frames.device)
    window = _centered(window, n_fft)
    signal = _overlapped(frames * window, hop_length)
    weight = _overlapped((window * window).expand(input.size(-1), n_fft), hop_length)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else signal.size(-1) - start
    weight = weight[start:end]
    is_covered = weight.abs().min() >= 1e-11
    require_all(is_covered, f"{call()} window overlap add min: 1")
    return _continued(signal[..., start:end] / weight, length)


def _check_istft(
    call: Callable[[], str],
    input: Tensor,
    n_fft: int,
    hop: int,
    win_length: int,
    window: Tensor | None,
    onesided: bool,
) -> None:
    expected = n_fft // 2 + 1 if onesided else n_fft
    if input.numel() == 0:
        raise RuntimeError(f"{call()} : input tensor cannot be empty.")
    if input.dim() not in (2, 3):
        raise RuntimeError(f"{call()} : expected a tensor with 3 or 4 dimensions, but got {input.dim() + 1}")
    if input.size(-2) != expected:
        raise RuntimeError(
            f"{call()} : expected the frequency dimension (3rd to the last) of the input tensor to match "
            f"{'n_fft / 2 + 1' if onesided else 'n_fft'} when onesided={onesided}, but got {input.size(-2)}"
        )
    if not 0 < hop <= win_length:
        raise RuntimeError(f"{call()} : expected 0 < hop_length <= win_length")
    if win_length > n_fft:
        raise RuntimeError(f"{call()} : expected 0 < win_length <= n_fft")
    if window is not None and list(window.shape) != [win_length]:
        raise RuntimeError(f"{call()} : Invalid window shape. window has to be 1D and length of `win_length`")


def _frames(
    input: Tensor, n_fft: int, window: Tensor | None, normalized: bool, onesided: bool, return_complex: bool
) -> Tensor:
    """Spectra of frames, transformed back."""
    norm = _ROOT if normalized else _COUNT
    if return_complex:
        if onesided:
            raise RuntimeError("Cannot have onesided output if window or input is complex")
        return _C._fft_c2c(input, [-1], norm, False)
    if window is not None and window.is_complex():
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    return _C._fft_c2r(input[..., : n_fft // 2 + 1], [-1], norm, n_fft)


def _overlapped(frames: Tensor, hop: int) -> Tensor:
    """The sum of frames ``(.., T, n)``, each ``hop`` behind the one before: ``(.., (T - 1) * hop + n)``."""
    count, n = frames.shape[-2:]
    positions = (_C.arange(count, device=frames.device) * hop)[:, None] + _C.arange(n, device=frames.device)
    shape = (*frames.shape[:-2], (count - 1) * hop + n)
    zeros = _C.zeros(shape, dtype=frames.dtype, device=frames.device)
    return zeros.index_add(-1, positions.flatten(), frames.flatten(-2))


def _continued(signal: Tensor, length: Any) -> Tensor:
    missing = 0 if length is None else length - signal.size(-1)
    if missing <= 0:
        return signal
    warnings.warn(
        "The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. "
        "Please check your center and hop_length settings.",
        stacklevel=3,
    )
    return _C.constant_pad_nd(signal, [0, missing])


IN_PLACE: Table = {}
METHODS = named(stft, istft)
FUNCTIONS = METHODS
