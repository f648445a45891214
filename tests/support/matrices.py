"""Matrices for tests of linear algebra, and how they are compared."""

import math

import ferrotorch as torch

DTYPES = [torch.float32, torch.float64, torch.complex64, torch.complex128]
BATCHES = [(), (3,), (2, 0), (2, 2)]
SQUARES = [1, 2, 3, 8, 70]


def numbers(*shape, dtype=torch.float64):
    k = torch.arange(math.prod(shape), dtype=torch.float64)
    x = torch.sin(1.3 * k + 0.7) + torch.cos(k * k)
    return (torch.complex(x, torch.cos(2.1 * k)) if dtype.is_complex else x).reshape(shape).to(dtype)


def hermitian(*shape, dtype=torch.float64):
    x = numbers(*shape, dtype=dtype)
    return (x + x.mH) / 2


def positive(*shape, dtype=torch.float64):
    x = numbers(*shape, dtype=dtype)
    return x @ x.mH + torch.eye(shape[-1], dtype=dtype)


def close(a, b):
    single = a.dtype in (torch.float32, torch.complex64)
    scale = max(1.0, b.abs().max().item() if b.numel() else 1.0)
    torch.testing.assert_close(a, b, rtol=0, atol=scale * (2e-4 if single else 1e-10))


def is_unitary(q):
    close(q.mH @ q, torch.eye(q.shape[-1], dtype=q.dtype).expand(*q.shape[:-2], -1, -1))
