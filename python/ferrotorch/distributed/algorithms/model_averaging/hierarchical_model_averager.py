"""Averages of parameters over small groups of processes often, and over larger ones seldom.

Source: Lin, Patel, Stich, Jaggi, "Don't use large mini-batches, use local SGD" (2018), section 5; Castiglia, Das and
Patterson, "Multi-level local SGD" (2020).
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from ferrotorch.distributed._queries import get_world_size
from ferrotorch.distributed._subgroups import new_subgroups
from ferrotorch.distributed.algorithms.model_averaging import averagers, utils

__all__ = ["HierarchicalModelAverager"]


class HierarchicalModelAverager(averagers.ModelAverager):
    """Averages parameters in every step that a period divides, over groups of the size of the longest such period.

    Args:
        period_group_size_dict: Periods, shortest first, and sizes of groups; the last size is that of all processes.
        warmup_steps: How many steps pass before the first average.
        process_group: All processes that take part; None means those of the job.

    Raises:
        ValueError: no periods, a period below 1, a last size that is not that of all, negative ``warmup_steps``.
    """

    def __init__(
        self,
        period_group_size_dict: Mapping[int, int] | None = None,
        warmup_steps: int = 0,
        process_group: Any = None,
    ) -> None:
        super().__init__(process_group)
        if not period_group_size_dict:
            raise ValueError("Arg ``period_group_size_dict`` must not be empty.")
        periods, count = list(period_group_size_dict), get_world_size(self.process_group)
        if periods[0] <= 0:
            raise ValueError("The minimum period in arg ``period_group_size_dict`` must be a positive value.")
        if periods[-1] == 1:
            warnings.warn(
                "When the maximum period in arg ``period_group_size_dict`` is 1, no need to use model averaging: "
                "DistributedDataParallel averages gradients in every step at the same cost.",
                stacklevel=2,
            )
        last = period_group_size_dict[periods[-1]]
        if last != count:
            raise ValueError(
                f"The last value in arg ``period_group_size_dict`` {last} must be equal to the size of arg "
                f"``process_group`` {count}."
            )
        if warmup_steps < 0:
            raise ValueError("Arg ``warmup_steps`` must be a non-negative number.")
        self.warmup_steps = warmup_steps
        self.period_process_group_dict: OrderedDict[int, Any] = OrderedDict()
        for period, size in period_group_size_dict.items():
            is_all = size == count
            found = self.process_group if is_all else new_subgroups(size, self.process_group)[0]
            self.period_process_group_dict[period] = found

    def average_parameters(self, params: Iterable[Any]) -> None:
        """After each step: average the parameters, or those of groups of an optimizer, if it is time."""
        if self.step >= self.warmup_steps:
            due = [each for period, each in self.period_process_group_dict.items() if self.step % period == 0]
            if due:
                utils.average_parameters_or_parameter_groups(params, due[-1])
        self.step += 1
