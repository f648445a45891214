"""An optimizer whose state is spread over processes.

Source: S. Rajbhandari, J. Rasley, O. Ruwase, Y. He, ZeRO: Memory Optimizations Toward Training Trillion Parameter
Models, 2020: its first stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives, _objects
from ferrotorch.distributed._groups import ProcessGroup, member
from ferrotorch.distributed.algorithms.join import Join, Joinable, JoinHook
from ferrotorch.optim import Optimizer

__all__ = ["ZeroRedundancyOptimizer"]

Tensor = torch.Tensor


class ZeroRedundancyOptimizer(Optimizer, Joinable):
    """Each process updates a share of the parameters, has the optimizer's state for these, and gives them to all.

    Gradients have to be the same in all processes, as `DistributedDataParallel` makes them.

    Args:
        params: Parameters or groups of them, in the same order everywhere.
        optimizer_class: The class of the optimizer.
        process_group: The processes; by default all.
        parameters_as_bucket_view: Accepted: parameters stay where they are.
        overlap_with_ddp: False: steps begin when the backward pass has ended.
        defaults: Options of the optimizer.

    Raises:
        ValueError: there is no group of processes.
        RuntimeError: ``overlap_with_ddp``, of which PyTorch's gloo says that it may hang.
    """

    def __init__(
        self,
        params: Iterable[Any],
        optimizer_class: type[Optimizer],
        process_group: Any = None,
        parameters_as_bucket_view: bool = False,
        overlap_with_ddp: bool = False,
        **defaults: Any,
    ) -> None:
        if overlap_with_ddp:
            raise RuntimeError(
                "ZeroRedundancyOptimizer: overlap_with_ddp=True wants messages that overtake one another, as nccl's; "
                "call step() after backward()"
            )
        group = member("ZeroRedundancyOptimizer", process_group)
        if group is None:
            raise ValueError("ZeroRedundancyOptimizer: this process is not in the group")
        self.process_group: ProcessGroup = group
        self._join_context = None
        self._optimizer_class = optimizer_class
        self._consolidated: dict[str, Any] | None = None
        self._loads = [0] * group.size()
        self._owners: dict[int, int] = {}
        self._is_ready = False
        super().__init__(params, defaults)
        self._make_local(defaults)
        self._is_ready = True

    def _make_local(self, defaults: dict[str, Any]) -> None:
        """The optimizer of this process's share. Groups keep their places, with or without parameters."""
        for group in self.param_groups:
            self._assign(group["params"])
        mine = [{**group, "params": self._share(group["params"])} for group in self.param_groups]
        self.optim = self._optimizer_class(mine, **defaults)
        # What the optimizer's own defaults add to the groups belongs to the groups that programs see, too.
        for group, local in zip(self.param_groups, self.optim.param_groups, strict=True):
            for key, value in local.items():
                group.setdefault(key, value)

    def _assign(self, parameters: Iterable[Tensor]) -> None:
        """Give parameters to the processes that have least so far, the largest ones first."""
        for parameter in sorted(parameters, key=lambda each: -each.numel()):
            owner = min(range(len(self._loads)), key=self._loads.__getitem__)
            self._owners[id(parameter)] = owner
            self._loads[owner] += parameter.numel()

    def _share(self, parameters: Iterable[Tensor]) -> list[Tensor]:
        return [each for each in parameters if self._owners[id(each)] == self.process_group.rank()]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, which are shared out, too."""
        super().add_param_group(param_group)
        if self._is_ready:
            group = self.param_groups[-1]
            self._assign(group["params"])
            self.optim.add_param_group({**group, "params": self._share(group["params"])})

    def _copy_options(self, source: list[dict[str, Any]], target: list[dict[str, Any]]) -> None:
        for given, taken in zip(source, target, strict=True):
            taken.update({key: value for key, value in given.items() if key != "params"})

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters of this process, and get those of the others; what ``closure`` returns."""
        Join.notify_join_context(self)
        self._copy_options(self.param_groups, self.optim.param_groups)
        loss = self.optim.step(closure) if closure is not None else self.optim.step()
        self._copy_options(self.optim.param_groups, self.param_groups)
        self._exchange()
        return loss

    def _exchange(self) -> None:
        """Every process gives its parameters to all, in one message for each dtype."""
        kinds: dict[tuple[int, Any], list[Tensor]] = {}
        for group in self.param_groups:
            for parameter in group["params"]:
                kinds.setdefault((self._owners[id(parameter)], parameter.dtype), []).append(parameter.detach())
        for (owner, _), parameters in kinds.items():
            flat = torch.cat([each.reshape(-1) for each in parameters])
            _collectives.broadcast(flat, group=self.process_group, group_src=owner)
            if owner != self.process_group.rank():
                for each, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
                    each.copy_(part.view(each.shape))

    def _numbers(self) -> dict[int, int]:
        """The numbers that states have for parameters, by the identities of these."""
        parameters = (parameter for group in self.param_groups for parameter in group["params"])
        return {id(parameter): number for number, parameter in enumerate(parameters)}

    def consolidate_state_dict(self, to: int = 0) -> None:
        """Bring the states of all processes to one, for `state_dict`; all processes call it.

        Args:
            to: The number of the process in the group.
        """
        self._copy_options(self.param_groups, self.optim.param_groups)
        numbers = self._numbers()
        mine = {numbers[id(parameter)]: state for parameter, state in self.optim.state.items()}
        is_target = self.process_group.rank() == to
        everyones: list[Any] | None = [None] * self.process_group.size() if is_target else None
        _objects.gather_object(mine, everyones, group=self.process_group, group_dst=to)
        if everyones is None:
            return
        options = ({key: value for key, value in group.items() if key != "params"} for group in self.param_groups)
        places = ([numbers[id(each)] for each in group["params"]] for group in self.param_groups)
        groups = [{**option, "params": place} for option, place in zip(options, places, strict=True)]
        states = {number: state for theirs in everyones for number, state in theirs.items()}
        self._consolidated = {"state": dict(sorted(states.items())), "param_groups": groups}

    def state_dict(self) -> dict[str, Any]:
        """The state for all parameters, in the form of the optimizer's own, where it was brought to.

        Raises:
            RuntimeError: :meth:`consolidate_state_dict` has not brought it to this process.
        """
        if self._consolidated is None:
            raise RuntimeError(
                "Optimizer state has not been consolidated on this rank. Please call `consolidate_state_dict(to="
                f"{self.process_group.rank()})` on all ranks beforehand if you meant to save the global state."
            )
        return self._consolidated

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state for all parameters; each process keeps its share."""
        numbers = self._numbers()
        self._copy_options(state_dict["param_groups"], self.param_groups)
        local = self.optim.state_dict()
        mine = [each for group in self.optim.param_groups for each in group["params"]]
        states = state_dict["state"]
        local["state"] = {
            place: states[numbers[id(each)]] for place, each in enumerate(mine) if numbers[id(each)] in states
        }
        self._copy_options(state_dict["param_groups"], local["param_groups"])
        self.optim.load_state_dict(local)

    def join_hook(self, **kwargs: Any) -> JoinHook:
        """What a process that has no more batches does for the others: its share of their steps."""
        return _ZeroJoinHook(self)

    @property
    def join_device(self) -> torch.device:
        """Where the first parameter is."""
        device: torch.device = self.param_groups[0]["params"][0].device
        return device

    @property
    def join_process_group(self) -> ProcessGroup:
        """The processes."""
        return self.process_group


class _ZeroJoinHook(JoinHook):
    """Updates the parameters of this process with the gradients that a module got which takes part, too."""

    def __init__(self, zero: ZeroRedundancyOptimizer) -> None:
        self._zero = zero

    def main_hook(self) -> None:
        self._zero.step()
