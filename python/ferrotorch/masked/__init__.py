"""Tensors of which some elements do not count: reductions with a mask, and tensors that carry one.

A mask is a boolean tensor that is broadcast to the size of its tensor; where it is true, elements count.
"""

from __future__ import annotations

from ferrotorch.masked._canonical import _canonical_dim as _canonical_dim
from ferrotorch.masked._canonical import _combine_input_and_mask as _combine_input_and_mask
from ferrotorch.masked._canonical import _input_mask as _input_mask
from ferrotorch.masked._canonical import _output_mask as _output_mask
from ferrotorch.masked._canonical import _reduction_identity as _reduction_identity
from ferrotorch.masked._canonical import _where as _where
from ferrotorch.masked._reductions import amax as amax
from ferrotorch.masked._reductions import amin as amin
from ferrotorch.masked._reductions import argmax as argmax
from ferrotorch.masked._reductions import argmin as argmin
from ferrotorch.masked._reductions import logaddexp as logaddexp
from ferrotorch.masked._reductions import logsumexp as logsumexp
from ferrotorch.masked._reductions import mean as mean
from ferrotorch.masked._reductions import median as median
from ferrotorch.masked._reductions import norm as norm
from ferrotorch.masked._reductions import prod as prod
from ferrotorch.masked._reductions import std as std
from ferrotorch.masked._reductions import sum as sum
from ferrotorch.masked._reductions import var as var
from ferrotorch.masked._scans import cumprod as cumprod
from ferrotorch.masked._scans import cumsum as cumsum
from ferrotorch.masked._scans import log_softmax as log_softmax
from ferrotorch.masked._scans import normalize as normalize
from ferrotorch.masked._scans import softmax as softmax
from ferrotorch.masked._scans import softmin as softmin
from ferrotorch.masked.maskedtensor import MaskedTensor as MaskedTensor
from ferrotorch.masked.maskedtensor import as_masked_tensor as as_masked_tensor
from ferrotorch.masked.maskedtensor import is_masked_tensor as is_masked_tensor
from ferrotorch.masked.maskedtensor import masked_tensor as masked_tensor

__all__ = [
    "MaskedTensor",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "as_masked_tensor",
    "cumprod",
    "cumsum",
    "is_masked_tensor",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "masked_tensor",
    "mean",
    "median",
    "norm",
    "normalize",
    "prod",
    "softmax",
    "softmin",
    "std",
    "sum",
    "var",
]
