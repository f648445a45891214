"""The CPU backend."""

from ferrotorch import _C

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """
    The instruction set that kernels are chosen for: ``"DEFAULT"``, ``"AVX2"`` or ``"AVX512"``.

    It is the best that the processor has. The environment variable ``FERROTORCH_CPU_CAPABILITY`` (``default``, ``avx2`` or
    ``avx512``), read when the package is imported, bounds it.

    >>> import ferrotorch as torch
    >>> torch.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2", "AVX512")
    True
    """
    return _C._cpu_capability()
