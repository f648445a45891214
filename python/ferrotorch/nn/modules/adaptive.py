"""Adaptive softmax for many classes of unequal frequency (Grave et al., 2017)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import ferrotorch as torch
from ferrotorch._C import Tensor
from ferrotorch._checks import require_all
from ferrotorch.nn import functional as F
from ferrotorch.nn.modules.container import ModuleList, Sequential
from ferrotorch.nn.modules.linear import Linear
from ferrotorch.nn.modules.module import Module


class AdaptiveSoftmaxResult(NamedTuple):
    """Log probabilities of the targets (N), and the loss, minus their mean."""

    output: Tensor
    loss: Tensor

    def __repr__(self) -> str:
        return f"_ASMoutput(output={self.output!r}, loss={self.loss!r})"


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log softmax over classes sorted by frequency: a head for the frequent ones, projected tails for the others.

    ``cutoffs`` are the first class of each tail; tail i has ``in_features / div_value^(i + 1)`` hidden features.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        increasing = all(a < b for a, b in itertools.pairwise(cutoffs))
        if not increasing or min(cutoffs) <= 0 or max(cutoffs) > n_classes - 1 or any(int(c) != c for c in cutoffs):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                f"value is between 1 and n_classes-1, but got {cutoffs} for {n_classes} classes"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        options = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **options)
        self.tail = ModuleList()
        for i, (first, end) in enumerate(itertools.pairwise(self.cutoffs)):
            hidden = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, hidden, bias=False, **options),
                    Linear(hidden, end - first, bias=False, **options),
                )
            )

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        self.head.reset_parameters()
        for tail in self.tail:
            for layer in tail.children():
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> AdaptiveSoftmaxResult:
        """Log probabilities of the targets (N) or () given (N, in_features) or (in_features).

        Raises:
            RuntimeError: shapes that do not fit, or a target outside [0, n_classes).
        """
        batched = target_.dim() == 1
        if target_.dim() > 1 or input_.dim() != target_.dim() + 1:
            raise RuntimeError(
                "0D or 1D target tensor expected with 1D or 2D input, "
                f"but got shapes {list(target_.shape)} and {list(input_.shape)}"
            )
        if batched and input_.size(0) != target_.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        input = input_ if batched else input_.unsqueeze(0)
        target = target_ if batched else target_.unsqueeze(0)
        require_all(
            (target >= 0) & (target < self.n_classes),
            f"Target values should be in [0, {self.n_classes - 1}]",
            found=lambda: f", but values in range [{int(target.min())}, {int(target.max())}] were found. ",
        )
        output = self._target_log_prob(input, target)
        loss = (-output).mean()
        return AdaptiveSoftmaxResult(output if batched else output.squeeze(0), loss)

    def _target_log_prob(self, input: Tensor, target: Tensor) -> Tensor:
        """Head and, where the target is in a tail, the tail of its rows only."""
        head = F.log_softmax(self.head(input), 1)
        column = target
        output = torch.zeros_like(head[:, 0])
        for i, (first, end) in enumerate(itertools.pairwise(self.cutoffs)):
            inside = (target >= first) & (target < end)
            rows = inside.nonzero().squeeze(1)
            column = torch.where(inside, self.shortlist_size + i, column)
            if rows.numel() == 0:
                continue
            scores = F.log_softmax(self.tail[i](input.index_select(0, rows)), 1)
            picked = scores.gather(1, (target.index_select(0, rows) - first).unsqueeze(1)).squeeze(1)
            output = output.index_add(0, rows, picked)
        return output + head.gather(1, column.unsqueeze(1)).squeeze(1)

    def log_prob(self, input: Tensor) -> Tensor:
        """Log probabilities (N, n_classes) of all classes."""
        head = F.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            column = self.shortlist_size + i
            parts.append(F.log_softmax(tail(input), 1) + head[:, column : column + 1])
        return torch.cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The class (N) of highest probability."""
        return self.log_prob(input).argmax(1)
