"""Samples of linear algebra, Fourier transforms and special functions."""

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from sample import Sample, one, s

SHAPE = torch.tensor(1.5, dtype=torch.float64)


def eye(x: torch.Tensor) -> torch.Tensor:
    return torch.eye(x.size(-1), dtype=x.dtype, device=x.device)


def even(x: torch.Tensor) -> torch.Tensor:
    return torch.ones(4, dtype=torch.float64, device=x.device)


def factors_of(x: torch.Tensor) -> torch.Tensor:
    """The triangles that a matrix of LU factors consists of, side by side."""
    pivots = torch.tensor([1, 3, 3], dtype=torch.int32).expand(*x.shape[:-2], 3).contiguous()
    return torch.cat(torch.lu_unpack(x, pivots)[1:], -1)


CALLS: dict[str, Callable[..., Any]] = {
    "inverse": lambda x: torch.inverse(x + 5 * eye(x)),
    "logdet": lambda x: torch.logdet(x @ x.mH + eye(x)),
    "slogdet": lambda x: torch.slogdet(x + 5 * eye(x))[1],
    "cholesky_solve": lambda b, x: torch.cholesky_solve(b, x.tril() + 3 * eye(x)),
    "cholesky_inverse": lambda x: torch.cholesky_inverse(x.tril() + 3 * eye(x)),
    "lu_unpack": factors_of,
    "igamma": lambda x: torch.igamma(SHAPE, x),
    "igammac": lambda x: torch.igammac(SHAPE, x),
    "_fft_c2c": lambda x: torch.view_as_real(torch._fft_c2c(torch.complex(x, x * x), (0,), 0, True)),
    "_fft_r2c": lambda x: torch.view_as_real(torch._fft_r2c(x, (0,), 0, True)),
    "_fft_c2r": lambda x: torch._fft_c2r(torch.complex(x, x * x), (0,), 0, 3),
    "stft": lambda x: torch.view_as_real(torch.stft(x, 4, window=even(x), return_complex=True)),
    "istft": lambda x: torch.istft(torch.complex(x, x * x), 4, window=even(x)),
    "cholesky": lambda x: torch.cholesky(x @ x.mH + eye(x)),
    "lu": lambda x: torch.lu(x + 9 * eye(x))[0],
    "lu_solve": lambda x: torch.lu_solve(x, *torch.lu(x + 9 * eye(x))),
    "triangular_solve": lambda x: torch.triangular_solve(x, x + 9 * eye(x)).solution,
}

MATRICES: dict[str, list[Sample]] = {
    "det": [s((3, 3)), s((2, 2, 2)), s((0, 0))],
    **{name: [s((3, 3)), s((2, 3, 3))] for name in ("inverse", "logdet", "slogdet", "cholesky_inverse", "lu_unpack")},
    "cholesky_solve": [s((3, 2), (3, 3)), s((2, 3, 1), (2, 3, 3))],
    "matrix_exp": [s((3, 3)), s((2, 2, 2))],
    "orgqr": [s((4, 2), (2,)), s((2, 3, 3), (2, 2))],
    "ormqr": [s((3, 2), (2,), (3, 2)), s((3, 2), (2,), (2, 3), left=False)],
}
SPECTRAL: dict[str, list[Sample]] = {
    **{name: [s((3,)), s((4, 2))] for name in ("_fft_c2c", "_fft_r2c", "_fft_c2r")},
    "stft": [s((8,)), s((2, 9))],
    "istft": [s((3, 4)), s((2, 3, 3))],
}
SPECIAL: dict[str, list[Sample]] = {"i0": one(), "igamma": one(0.5, 3.0), "igammac": one(0.5, 3.0)}

FAMILIES = {"matrices": MATRICES, "spectral": SPECTRAL, "special": SPECIAL}
