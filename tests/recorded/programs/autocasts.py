"""Which functions of `torch.fft` and `torch.linalg` are cast where autocasting is on."""

from typing import Any

_FFT = [
    "fft",
    "ifft",
    "rfft",
    "irfft",
    "hfft",
    "ihfft",
    "fft2",
    "ifft2",
    "rfft2",
    "irfft2",
    "fftn",
    "ifftn",
    "rfftn",
    "irfftn",
]
_LINALG = [
    "cholesky",
    "cholesky_ex",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "inv_ex",
    "matrix_rank",
    "qr",
    "svd",
    "svdvals",
    "det",
    "matrix_norm",
    "norm",
    "vector_norm",
    "matrix_exp",
]


def _dtypes(s: Any, function: Any, x: Any) -> list[str]:
    try:
        result = function(x)
    except (NotImplementedError, RuntimeError):
        return ["refused"]
    return [str(part.dtype) for part in result] if isinstance(result, tuple) else [str(result.dtype)]


def dtypes_under_autocast(s: Any) -> Any:
    t, answers = s.torch, []
    for dtype in (t.bfloat16, t.float32, t.float64):
        x = (t.eye(4) * 2 + 0.5).to(dtype)
        for module, names in ((t.fft, _FFT), (t.linalg, _LINALG)):
            for name in names:
                with t.autocast("cpu", dtype=t.bfloat16):
                    answers.append([name, str(dtype), *_dtypes(s, getattr(module, name), x)])
        with t.autocast("cpu", dtype=t.bfloat16):
            answers.append([str(t.linalg.solve(x, x).dtype), str(t.linalg.lstsq(x, x)[0].dtype)])
            answers.append([str(t.linalg.vecdot(x, x).dtype), str(t.linalg.multi_dot([x, x]).dtype)])
    return answers


def gradients_through_transforms_under_autocast(s: Any) -> Any:
    t = s.torch
    x = (t.arange(8, dtype=t.float32) / 4).to(t.bfloat16).requires_grad_()
    with t.autocast("cpu", dtype=t.bfloat16):
        y = t.fft.rfft(x).abs().sum()
    y.backward()
    return [y.dtype, x.grad.dtype]
