"""An observer that keeps a histogram, and leaves out of its range what costs more to keep than to clip."""

from __future__ import annotations

import warnings
from typing import Any

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch.ao.quantization.observer import (
    _EPS,
    UniformQuantizationObserverBase,
    _refuse_dynamic,
    _require_scheme,
)
from ferrotorch.ao.quantization.utils import is_per_tensor

# How much of the numbers is left out at a step of the search.
_STEP = 1e-5


class HistogramObserver(UniformQuantizationObserverBase):
    """A histogram of all numbers, and of it the range with the least squared error of rounding.

    Args:
        bins: how many bins it has.
        others: see `UniformQuantizationObserverBase`.

    Raises:
        NotImplementedError: a scheme with several scales, or dynamic quantization.
    """

    histogram: Tensor
    min_val: Tensor
    max_val: Tensor

    def __init__(
        self,
        bins: int = 2048,
        dtype: Any = torch.quint8,
        qscheme: Any = torch.per_tensor_affine,
        reduce_range: bool = False,
        quant_min: int | None = None,
        quant_max: int | None = None,
        factory_kwargs: dict[str, Any] | None = None,
        eps: float = _EPS,
        is_dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        self.bins = bins
        self.dst_nbins, self.upsample_rate = 2 ** (8 * dtype.itemsize), 16
        super().__init__(
            dtype, qscheme, reduce_range, quant_min, quant_max, factory_kwargs, eps, is_dynamic=is_dynamic, **kwargs
        )

    def _begin(self, options: dict[str, Any]) -> None:
        _require_scheme(self, self.qscheme, is_per_tensor)
        _refuse_dynamic(self, self.is_dynamic)
        self.register_buffer("histogram", torch.zeros(self.bins, **options))
        self.register_buffer("min_val", torch.tensor(float("inf"), **options))
        self.register_buffer("max_val", torch.tensor(float("-inf"), **options))

    def forward(self, x_orig: Tensor) -> Tensor:
        """Count a tensor's numbers, and return it. Infinite ones do not count."""
        x = x_orig.detach()
        if x.isinf().any():
            warnings.warn("torch.inf detected in input tensor, ignoring input", stacklevel=2)
            x = x[x.abs() != torch.inf]
        if not x.numel():
            return x_orig
        low, high = x.aminmax()
        if not bool(torch.isfinite(self.min_val)):
            self.reset_histogram(x, low, high)
            return x_orig
        low, high = torch.min(self.min_val, low), torch.max(self.max_val, high)
        update = torch.histc(x, self.bins, min=low.item(), max=high.item())
        self.histogram.copy_(update + self._in_range(low, high))
        self.min_val.copy_(low)
        self.max_val.copy_(high)
        return x_orig

    def reset_histogram(self, x: Tensor, min_val: Tensor, max_val: Tensor) -> None:
        """Forget what was counted but a tensor's numbers, of a range."""
        self.min_val.copy_(min_val)
        self.max_val.copy_(max_val)
        self.histogram.copy_(torch.histc(x, self.bins, min=min_val.item(), max=max_val.item()))

    def _in_range(self, low: Tensor, high: Tensor) -> Tensor:
        """The histogram in the bins of a wider range: parts of each bin go to where their middles lie."""
        if bool(low == self.min_val) and bool(high == self.max_val):
            return self.histogram
        if bool(self.min_val == self.max_val):
            place = torch.histc(self.min_val.reshape(1), self.bins, min=low.item(), max=high.item())
            return place * self.histogram.sum()
        parts = self.bins * self.upsample_rate
        counts = self.histogram.repeat_interleave(self.upsample_rate) / self.upsample_rate
        width = (self.max_val - self.min_val) / parts
        middles = torch.linspace(self.min_val, self.max_val, parts + 1)[:-1] + 0.5 * width
        edges = torch.linspace(low, high, self.bins + 1)
        places = (torch.bucketize(middles, edges, right=True) - 1).clamp(0, self.bins - 1)
        return torch.bincount(places, weights=counts, minlength=self.bins)

    def calculate_qparams(self) -> tuple[Tensor, Tensor]:
        """Scale and zero point of the range with the least error."""
        if not bool(torch.isfinite(self.min_val)):
            return self._calculate_qparams(self.min_val, self.max_val)
        return self._calculate_qparams(*self._non_linear_param_search())

    def _non_linear_param_search(self) -> tuple[Tensor, Tensor]:
        """Leave out ever more at the end that has the longer tail, while the error gets smaller."""
        width = (self.max_val - self.min_val) / self.bins
        total, sums = self.histogram.sum().item(), self.histogram.cumsum(0).tolist()
        alpha, beta = 0.0, 1.0
        start, end = 0, self.bins - 1
        least = float("inf")
        while alpha < beta:
            left, right = start, end
            while left < end and sums[left] < (alpha + _STEP) * total:
                left += 1
            while right > start and sums[right] > (beta - _STEP) * total:
                right -= 1
            if left - start > end - right:
                alpha, bounds = alpha + _STEP, (left, end)
            else:
                beta, bounds = beta - _STEP, (start, right)
            if bounds == (start, end):
                continue
            error = self._compute_quantization_error(*bounds)
            if error > least:
                break
            least, (start, end) = error, bounds
        return self.min_val + width * start, self.min_val + width * (end + 1)

    def _compute_quantization_error(self, next_start_bin: int, next_end_bin: int) -> float:
        """The sum of squared errors if the bins from one to another are what the integers stand for."""
        width = (self.max_val.item() - self.min_val.item()) / self.bins
        step = width * (next_end_bin - next_start_bin + 1) / self.dst_nbins
        if step == 0.0:
            return 0.0
        begin = (torch.arange(self.bins) - next_start_bin) * width
        end = begin + width
        first, last = (
            torch.clamp(torch.div(edge, step, rounding_mode="floor"), 0, self.dst_nbins - 1) for edge in (begin, end)
        )
        density = self.histogram / width
        half = step / 2
        whole = _error(torch.tensor(-half), torch.tensor(half))
        error = _error(begin - (first + 0.5) * step, torch.tensor(half))
        error = error + (last - first - 1) * whole + _error(torch.tensor(-half), end - (last * step + half))
        return float((density * error).sum())

    def extra_repr(self) -> str:
        """The range."""
        return f"min_val={self.min_val}, max_val={self.max_val}"


def _error(begin: Tensor, end: Tensor) -> Tensor:
    """The integral of x^2 between two distances from an integer's number."""
    return (end * end * end - begin * begin * begin) / 3
