"""Functions that are compositions of operators, by family.

A family says which of them are FUNCTIONS of the package and METHODS of ``Tensor``, and which methods are IN_PLACE.
"""

from __future__ import annotations

from ferrotorch._functions import (
    arithmetic,
    copies,
    creation,
    differences,
    hashes,
    histograms,
    matrices,
    quantization,
    queries,
    reductions,
    segments,
    sparsity,
    spectral,
)

FAMILIES = (
    arithmetic,
    copies,
    creation,
    differences,
    hashes,
    histograms,
    matrices,
    quantization,
    queries,
    reductions,
    segments,
    sparsity,
    spectral,
)
