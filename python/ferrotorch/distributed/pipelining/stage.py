"""One stage of a model: it gets activations of the stage before it, and gradients of the one behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ferrotorch as torch
from ferrotorch.distributed import _collectives, _groups, _objects, _point_to_point
from ferrotorch.distributed._reduce_op import ReduceOp
from ferrotorch.distributed._work import Work
from ferrotorch.distributed.fsdp import FSDPModule
from ferrotorch.distributed.pipelining._halves import Halves
from ferrotorch.distributed.pipelining._wire import (
    Meshes,
    PipeliningMetadataError,
    as_received,
    part_of,
    wire_form,
)
from ferrotorch.nn.parallel.distributed import DistributedDataParallel

__all__ = ["PipelineStage", "PipeliningMetadataError"]

Tensor = torch.Tensor
Module = torch.nn.Module


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list) else (given,)


# Shape and dtype; None where there is no tensor.
Form = tuple[tuple[int, ...], Any] | None


def _forms(given: Any) -> list[Form]:
    return [(tuple(each.shape), each.dtype) if isinstance(each, Tensor) else None for each in _several(given)]


def _shown(forms: list[Form]) -> str:
    """Forms as text."""
    return ", ".join("nothing" if form is None else f"{form[1]} {list(form[0])}" for form in forms)


class _Pass:
    """A micro-batch on its way through a stage: what went in and what came out."""

    def __init__(self, inputs: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.loss: Tensor | None = None
        self.halves: Halves | None = None
        # What a program computes of weights' gradients in the second half of the backward pass.
        self.runner: Callable[..., None] | None = None


class PipelineStage:
    """A part of a model, in one process; the stages before and behind it are in others, or in the same.

    Stages are distributed over the processes in turn: stage ``i`` is in process ``i`` modulo their number, unless the
    schedule says that they go back and forth.

    Args:
        submodule: The part of the model.
        stage_index: Its number.
        num_stages: The number of stages.
        device: Where it computes.
        input_args, output_args: Tensors of the shapes and dtypes that go in and come out, on any device, ``meta`` too;
            micro-batches are compared with them. Without them the first micro-batch tells the next stage.
        output_grads, input_grads: The same of gradients that come in and go out.
        group: The processes; by default all.
        dw_builder: Called after a backward pass, returns what is called when it is time for weights' gradients; by
            default those are computed then, in schedules that do that later.
        get_mesh: ``get_mesh(names, None)`` returns the mesh, with dimensions of these names, in which a `DTensor` from
            another stage lies. It is not asked for meshes in which ``input_args`` and the like, or what this stage
            sends, lie.

    Raises:
        ValueError: a number of the stage that is out of range, fewer stages than processes.
    """

    def __init__(
        self,
        submodule: Module,
        stage_index: int,
        num_stages: int,
        device: Any,
        input_args: Any = None,
        output_args: Any = None,
        output_grads: Any = None,
        input_grads: Any = None,
        group: Any = None,
        dw_builder: Callable[..., Any] | None = None,
        get_mesh: Any = None,
    ) -> None:
        if not 0 <= stage_index < num_stages:
            raise ValueError(f"Stage index {stage_index} is out of range of {num_stages}")
        found = _groups.member("PipelineStage", group)
        if found is None:
            raise ValueError("PipelineStage: this process is not in the group")
        if found.size() > num_stages:
            raise ValueError(f"Pipeline group size {found.size()} cannot be larger than number of stages {num_stages}")
        self.submod, self.stage_index, self.num_stages = submodule, stage_index, num_stages
        self.device, self.group = torch.device(device), found
        self.is_first, self.is_last = stage_index == 0, stage_index == num_stages - 1
        self.group_size, self.group_rank = found.size(), found.rank()
        # Whether stages go back and forth over the processes, set by a schedule, as are the stages of this process.
        self.is_folded = False
        self.siblings: dict[int, PipelineStage] = {stage_index: self}
        self._expected = {
            kind: _forms(given)
            for kind, given in (
                ("input", input_args), ("output", output_args), ("output gradient", output_grads),
                ("input gradient", input_grads),
            )
            if given is not None
        }  # fmt: skip
        self.dw_builder, self._meshes = dw_builder, Meshes(get_mesh)
        for given in (input_args, output_args, output_grads, input_grads):
            self._meshes.learn(_several(given))
        self._passes: dict[int, _Pass] = {}
        self._here: dict[tuple[str, int], tuple[Any, ...]] = {}
        self._forms: dict[str, list[Any]] = {}
        self._sends: list[Work] = []

    def _check(self, kind: str, number: int, tensors: tuple[Any, ...]) -> None:
        """Compare what goes in or comes out with what was said of it.

        Raises:
            PipeliningMetadataError: it is something else.
        """
        expected, found = self._expected.get(kind), _forms(tensors)
        if expected is not None and found != expected:
            raise PipeliningMetadataError(
                f"stage {self.stage_index}: each {kind} of micro-batch {number} should be of {_shown(expected)}, and "
                f"is of {_shown(found)}"
            )

    def stage_index_to_group_rank(self, stage: int) -> int:
        """The process that a stage is in."""
        turn, place = divmod(stage, self.group_size)
        return self.group_size - 1 - place if self.is_folded and turn % 2 else place

    def _tag(self, kind: str, stage: int, number: int) -> int:
        """A number for a message between stages: of its sender, its kind and the micro-batch."""
        return 2 * (number * self.num_stages + stage) + (kind == "gradients")

    def _send(self, kind: str, to: int, number: int, tensors: tuple[Any, ...]) -> None:
        """Let another stage have activations or gradients of a micro-batch."""
        sibling = self.siblings.get(to)
        if sibling is not None:
            sibling._here[kind, number] = tensors
            return
        peer = self.stage_index_to_group_rank(to)
        if any(not isinstance(each, Tensor | None) for each in tensors):
            kinds = ", ".join(type(each).__name__ for each in tensors)
            raise TypeError(f"stage {self.stage_index}: tensors go from stage to stage, got {kinds}")
        self._meshes.learn(tensors)
        form = [wire_form(each) for each in tensors]
        if kind not in self._forms:
            _objects.send_object_list([form], group=self.group, group_dst=peer)
            self._forms[kind] = form
        elif self._forms[kind] != form:
            raise RuntimeError(
                f"stage {self.stage_index}: {kind} of micro-batch {number} are {form}, those of the first one were "
                f"{self._forms[kind]}: micro-batches must be alike"
            )
        tag = self._tag(kind, self.stage_index, number)
        for each in tensors:
            if each is not None:
                work = _point_to_point.isend(part_of(each).contiguous(), group=self.group, tag=tag, group_dst=peer)
                assert work is not None
                self._sends.append(work)

    def _receive(self, kind: str, source: int, number: int) -> tuple[Any, ...]:
        """What another stage sends of a micro-batch."""
        if source in self.siblings:
            return self._here.pop((kind, number))
        peer, key = self.stage_index_to_group_rank(source), f"{kind} received"
        if key not in self._forms:
            box: list[Any] = [None]
            _objects.recv_object_list(box, group=self.group, group_src=peer)
            self._forms[key] = box[0]
        tag = self._tag(kind, source, number)
        received: list[Any] = []
        for form in self._forms[key]:
            if form is None:
                received.append(None)
                continue
            tensor = torch.empty(form[0], dtype=form[1], device=self.device)
            _point_to_point.recv(tensor, group=self.group, tag=tag, group_src=peer)
            received.append(as_received(tensor, form, self._meshes))
        return tuple(received)

    def forward_one_chunk(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any], keeps: bool = True) -> Any:
        """Compute a micro-batch, and send what comes out to the next stage.

        Args:
            number: The number of the micro-batch.
            args: Inputs of the first stage; others get theirs from the stage before.
            kwargs: More inputs, of any stage.
            keeps: A backward pass follows.
        """
        inputs = args
        if not self.is_first:
            received = self._receive("activations", self.stage_index - 1, number)
            inputs = tuple(
                each.detach().requires_grad_(keeps and each.is_floating_point()) if each is not None else None
                for each in received
            )
        self._check("input", number, inputs)
        module = self.submod.module if isinstance(self.submod, DistributedDataParallel) else self.submod
        output = module(*inputs, **kwargs)
        self._check("output", number, _several(output))
        if keeps:
            self._passes[number] = _Pass(inputs, _several(output))
        if not self.is_last:
            self._send("activations", self.stage_index + 1, number, _several(output))
        return output

    def backward_one_chunk(self, number: int, is_last_chunk: bool) -> None:
        """Go backward through a micro-batch, and send the gradients of what came in to the stage before."""
        done = self._passes.pop(number)
        self._prepare_sync(is_last_chunk)
        torch.autograd.backward(*self._beginning(done, number))
        if self.dw_builder is not None:
            self.dw_builder()()
        self._send_gradients(done, number)

    def backward_input_one_chunk(self, number: int, is_last_chunk: bool) -> None:
        """The first half of a backward pass: gradients of what came in, which the stage before waits for.

        It is the whole pass where `fully_shard` spreads the parameters, which are gathered for one pass at a time, and
        where ``dw_builder`` says what the second half is.
        """
        done = self._passes[number]
        outputs, gradients = self._beginning(done, number)
        if isinstance(self.submod, FSDPModule) or self.dw_builder is not None:
            self._prepare_sync(is_last_chunk)
            torch.autograd.backward(outputs, gradients)
            done.runner = None if self.dw_builder is None else self.dw_builder()
        else:
            inputs = [each for each in done.inputs if isinstance(each, Tensor) and each.requires_grad]
            done.halves = Halves(outputs, gradients, [] if self.is_first else inputs, list(self.submod.parameters()))
            done.halves.of_inputs()
        self._send_gradients(done, number)

    def backward_weight_one_chunk(self, number: int) -> None:
        """The second half: gradients of parameters."""
        done = self._passes.pop(number)
        if done.halves is not None:
            done.halves.of_weights()
        if done.runner is not None:
            done.runner()

    def _prepare_sync(self, is_last_chunk: bool) -> None:
        if isinstance(self.submod, FSDPModule):
            self.submod.set_requires_gradient_sync(is_last_chunk)

    def _beginning(self, done: _Pass, number: int) -> tuple[list[Tensor], list[Tensor | None]]:
        """What the backward pass of a micro-batch begins from: tensors and their gradients."""
        if self.is_last:
            assert done.loss is not None
            return [done.loss], [None]
        gradients = self._receive("gradients", self.stage_index + 1, number)
        self._check("output gradient", number, gradients)
        pairs = [
            (output, gradient)
            for output, gradient in zip(done.outputs, gradients, strict=True)
            if gradient is not None and output.requires_grad
        ]
        return [output for output, _ in pairs], [gradient for _, gradient in pairs]

    def _send_gradients(self, done: _Pass, number: int) -> None:
        """Let the stage before have the gradients of what it sent."""
        if self.is_first:
            return
        gradients = tuple(each.grad if isinstance(each, Tensor) else None for each in done.inputs)
        self._check("input gradient", number, gradients)
        self._send("gradients", self.stage_index - 1, number, gradients)

    def set_loss(self, number: int, loss: Tensor) -> None:
        """Note the loss of a micro-batch, from which the backward pass begins."""
        self._passes[number].loss = loss

    def finish(self, divisor: int) -> None:
        """After all micro-batches: wait for what is on its way, and average gradients."""
        for work in self._sends:
            work.wait()
        self._sends.clear()
        self._passes.clear()
        gradients = [parameter.grad for parameter in self.submod.parameters() if parameter.grad is not None]
        with torch.no_grad():
            if divisor > 1:
                for gradient in gradients:
                    gradient.div_(divisor)
            if isinstance(self.submod, DistributedDataParallel) and gradients:
                _collectives.all_reduce_coalesced(gradients, ReduceOp.AVG, self.submod.process_group)
