"""Collective operations on tensors: every process of a group calls them, in the same order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch.autograd import no_grad
from ferrotorch.distributed._communicator import Request
from ferrotorch.distributed._debug import Call, compared
from ferrotorch.distributed._groups import ProcessGroup, member
from ferrotorch.distributed._reduce_op import ReduceOp, check_reduction, divide
from ferrotorch.distributed._sizes import Sizes
from ferrotorch.distributed._staging import Staging, check_tensors
from ferrotorch.distributed._watching import tell, watchers
from ferrotorch.distributed._work import Work

__all__ = [
    "all_gather",
    "all_gather_into_tensor",
    "all_reduce",
    "all_reduce_coalesced",
    "all_to_all",
    "all_to_all_single",
    "broadcast",
    "gather",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
]

Tensor = _C.Tensor


def root_of(name: str, group: ProcessGroup, rank: int | None, group_rank: int | None) -> int:
    """The number in a group of the process that a call names, by its number in the job or in the group.

    Raises:
        ValueError: both or neither are given; a process that is not in the group.
    """
    if (rank is None) == (group_rank is None):
        raise ValueError(f"{name}: either a global rank or a rank in the group must be given, and not both")
    if rank is not None:
        return group._to_local(name, rank)
    assert group_rank is not None
    if not 0 <= group_rank < group.size():
        raise ValueError(f"{name}: rank {group_rank} is not part of group {group}")
    return group_rank


def run(
    group: ProcessGroup,
    call: Call,
    results: Sequence[Tensor],
    start: Callable[[], Request],
    staging: Staging,
    async_op: bool,
    keep: object,
    op: ReduceOp | None = None,
    reduced: Tensor | None = None,
) -> Work | None:
    """Begin an operation, and wait for it unless ``async_op``. ``keep`` lives on until it is done."""

    if watchers:
        tell(call.name)

    def finish() -> None:
        if op is ReduceOp.AVG and reduced is not None:
            with no_grad():
                divide(reduced.detach(), group.size())
        staging.finish()

    work = Work(group, call.name, compared(group, call, start, async_op), results, finish, keep)
    if async_op:
        return work
    work.wait()
    return None


def all_reduce(tensor: Tensor, op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """Join the tensors of all processes, element by element; each gets the result in ``tensor``.

    Args:
        tensor: Of the same shape and dtype everywhere.
        op: How to join.
        group: The processes; by default all.
        async_op: Return a `Work` at once.

    Raises:
        ValueError: no group; an ``op`` that the dtype has not.
        RuntimeError: as above; a process has ended, or the time is up.
    """
    found = member("all_reduce", group)
    if found is None:
        return None
    check_tensors("all_reduce", tensor)
    check_reduction("all_reduce", op, tensor)
    call = Call("all_reduce", [tensor], op.name)
    staging = Staging()
    memory = staging.write(tensor, is_loaded=True)
    start = lambda: found._communicator.all_reduce(memory, op)  # noqa: E731
    return run(found, call, [tensor], start, staging, async_op, memory, op, memory)


def all_reduce_coalesced(
    tensors: Sequence[Tensor], op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """:func:`all_reduce` of several tensors of one dtype, in one operation."""
    found = member("all_reduce_coalesced", group)
    if found is None:
        return None
    check_tensors("all_reduce_coalesced", *tensors)
    check_reduction("all_reduce_coalesced", op, tensors[0])
    call = Call("all_reduce_coalesced", tensors, op.name)
    staging = Staging()
    memory = staging.write_all(tensors)
    if len(tensors) > 1:
        memory.copy_(staging.read_all(tensors))
    start = lambda: found._communicator.all_reduce(memory, op)  # noqa: E731
    return run(found, call, tensors, start, staging, async_op, memory, op, memory)


def reduce(
    tensor: Tensor,
    dst: int | None = None,
    op: ReduceOp = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Join the tensors of all processes; the process ``dst`` gets the result in ``tensor``, the others keep theirs.

    Args:
        tensor: Of the same shape and dtype everywhere.
        dst: The number of the process in the job.
        op: How to join.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
        group_dst: Instead of ``dst``: its number in the group.
    """
    found = member("reduce", group)
    if found is None:
        return None
    root = root_of("reduce", found, dst, group_dst)
    check_tensors("reduce", tensor)
    check_reduction("reduce", op, tensor)
    call = Call("reduce", [tensor], f"{op.name}, root {root}")
    staging = Staging()
    memory = staging.write(tensor, is_loaded=True)
    start = lambda: found._communicator.reduce(memory, op, root)  # noqa: E731
    reduced = memory if root == found.rank() else None
    return run(found, call, [tensor], start, staging, async_op, memory, op, reduced)


def broadcast(
    tensor: Tensor, src: int | None = None, group: Any = None, async_op: bool = False, group_src: int | None = None
) -> Work | None:
    """Give every process the elements of the process ``src``, in ``tensor``.

    Args:
        tensor: Of the same number of elements and dtype everywhere.
        src: The number of the process in the job.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
        group_src: Instead of ``src``: its number in the group.
    """
    found = member("broadcast", group)
    if found is None:
        return None
    root = root_of("broadcast", found, src, group_src)
    check_tensors("broadcast", tensor)
    call = Call("broadcast", [tensor], f"root {root}")
    staging = Staging()
    is_root = root == found.rank()
    memory = staging.read(tensor) if is_root else staging.write(tensor)
    start = lambda: found._communicator.broadcast(memory, root)  # noqa: E731
    return run(found, call, [tensor], start, staging, async_op, memory)


def _check_count(name: str, what: str, given: int, wanted: int) -> None:
    if given != wanted:
        raise ValueError(f"{name}: {what} has {given} where {wanted} are needed, for each process of the group one")


def all_gather(tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False) -> Work | None:
    """Give every process the tensors of all, in ``tensor_list`` in the order of ranks.

    Args:
        tensor_list: A tensor for each process, as large as that process's; sizes may differ.
        tensor: This process's.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
    """
    found = member("all_gather", group)
    if found is None:
        return None
    check_tensors("all_gather", tensor, *tensor_list)
    _check_count("all_gather", "the output list", len(tensor_list), found.size())
    _check_own("all_gather", tensor_list[found.rank()], tensor)
    # What others contribute is in the list; a process's own tensor may be larger or smaller than theirs.
    call = Call("all_gather", tensor_list)
    staging = Staging()
    memory, own = staging.write_all(tensor_list), staging.read(tensor)
    counts = [each.numel() for each in tensor_list]
    start = lambda: found._communicator.all_gather(memory, counts, own)  # noqa: E731
    return run(found, call, tensor_list, start, staging, async_op, (memory, own))


def _check_own(name: str, place: Tensor, tensor: Tensor) -> None:
    if place.numel() != tensor.numel():
        raise ValueError(
            f"{name}: this process's tensor of shape {list(tensor.shape)} does not fit its place of shape "
            f"{list(place.shape)}"
        )


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """Give every process the tensors of all, one after the other in ``output_tensor``.

    Args:
        output_tensor: As many elements as all inputs together: joined or stacked along the first dimension.
        input_tensor: This process's, of the same size everywhere.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
    """
    found = member("all_gather_into_tensor", group)
    if found is None:
        return None
    check_tensors("all_gather_into_tensor", output_tensor, input_tensor)
    if output_tensor.numel() != found.size() * input_tensor.numel():
        raise ValueError(
            f"output tensor size must be equal to world_size times input tensor size (all_gather_into_tensor: "
            f"{list(output_tensor.shape)} for {found.size()} of {list(input_tensor.shape)})"
        )
    call = Call("all_gather_into_tensor", [output_tensor, input_tensor])
    staging = Staging()
    memory, own = staging.write(output_tensor), staging.read(input_tensor)
    counts = [input_tensor.numel()] * found.size()
    start = lambda: found._communicator.all_gather(memory, counts, own)  # noqa: E731
    return run(found, call, [output_tensor], start, staging, async_op, (memory, own))


def gather(
    tensor: Tensor,
    gather_list: list[Tensor] | None = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Give the process ``dst`` the tensors of all, in ``gather_list`` in the order of ranks.

    Args:
        tensor: This process's.
        gather_list: At ``dst`` a tensor for each process, elsewhere None.
        dst: The number of the process in the job; by default 0.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
        group_dst: Instead of ``dst``: its number in the group.
    """
    found = member("gather", group)
    if found is None:
        return None
    root = 0 if dst is None and group_dst is None else root_of("gather", found, dst, group_dst)
    outputs = _list_at_root("gather", found, root, gather_list, "gather_list", "destination")
    check_tensors("gather", tensor, *outputs)
    counts = [each.numel() for each in outputs]
    sizes = Sizes.with_root(found.size(), root, tensor.numel(), counts, is_scatter=False)
    call = Call("gather", [], f"{tensor.dtype}, root {root}", sizes)
    staging = Staging()
    own = staging.read(tensor)
    memory = staging.write_all(outputs) if outputs else None
    start = lambda: found._communicator.gather(memory, counts, own, root)  # noqa: E731
    return run(found, call, outputs, start, staging, async_op, (memory, own))


def _list_at_root(
    name: str, group: ProcessGroup, root: int, tensors: list[Tensor] | None, what: str, role: str
) -> list[Tensor]:
    """The list that the root of an operation gives, and nobody else."""
    if group.rank() != root:
        if tensors:
            raise ValueError(f"Argument ``{what}`` must NOT be specified on non-{role} ranks ({name}).")
        return []
    if not tensors:
        raise ValueError(f"Argument ``{what}`` must be specified on {role} rank ({name}).")
    _check_count(name, what, len(tensors), group.size())
    return tensors


def scatter(
    tensor: Tensor,
    scatter_list: list[Tensor] | None = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Give each process its tensor of a list at the process ``src``, in ``tensor``.

    Args:
        tensor: What this process gets.
        scatter_list: At ``src`` a tensor for each process, elsewhere None.
        src: The number of the process in the job; by default 0.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
        group_src: Instead of ``src``: its number in the group.
    """
    found = member("scatter", group)
    if found is None:
        return None
    root = 0 if src is None and group_src is None else root_of("scatter", found, src, group_src)
    inputs = _list_at_root("scatter", found, root, scatter_list, "scatter_list", "source")
    check_tensors("scatter", tensor, *inputs)
    counts = [each.numel() for each in inputs]
    sizes = Sizes.with_root(found.size(), root, tensor.numel(), counts, is_scatter=True)
    call = Call("scatter", [], f"{tensor.dtype}, root {root}", sizes)
    staging = Staging()
    own = staging.write(tensor)
    memory = staging.read_all(inputs) if inputs else None
    start = lambda: found._communicator.scatter(own, memory, counts, root)  # noqa: E731
    return run(found, call, [tensor], start, staging, async_op, (memory, own))


def reduce_scatter(
    output: Tensor, input_list: list[Tensor], op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Join the lists of all processes; each gets the joined tensor at its rank, in ``output``.

    Args:
        output: What this process gets.
        input_list: A tensor for each process.
        op: How to join.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
    """
    found = member("reduce_scatter", group)
    if found is None:
        return None
    check_tensors("reduce_scatter", output, *input_list)
    _check_count("reduce_scatter", "the input list", len(input_list), found.size())
    _check_own("reduce_scatter", input_list[found.rank()], output)
    check_reduction("reduce_scatter", op, output)
    call = Call("reduce_scatter", input_list, op.name)
    staging = Staging()
    memory, own = staging.read_all(input_list), staging.write(output)
    counts = [each.numel() for each in input_list]
    start = lambda: found._communicator.reduce_scatter(own, memory, counts, op)  # noqa: E731
    return run(found, call, [output], start, staging, async_op, (memory, own), op, own)


def reduce_scatter_tensor(
    output: Tensor, input: Tensor, op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Join the tensors of all processes; each gets its part of the result, in ``output``.

    Args:
        output: What this process gets.
        input: As many elements as all outputs together: joined or stacked along the first dimension.
        op: How to join.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
    """
    found = member("reduce_scatter_tensor", group)
    if found is None:
        return None
    check_tensors("reduce_scatter_tensor", output, input)
    if input.numel() != found.size() * output.numel():
        raise ValueError(
            f"input tensor must be the same size as output size times world size (reduce_scatter_tensor: "
            f"{list(input.shape)} for {found.size()} of {list(output.shape)})"
        )
    check_reduction("reduce_scatter_tensor", op, output)
    call = Call("reduce_scatter_tensor", [output, input], op.name)
    staging = Staging()
    memory, own = staging.read(input), staging.write(output)
    counts = [output.numel()] * found.size()
    start = lambda: found._communicator.reduce_scatter(own, memory, counts, op)  # noqa: E731
    return run(found, call, [output], start, staging, async_op, (memory, own), op, own)


def all_to_all(
    output_tensor_list: list[Tensor], input_tensor_list: list[Tensor], group: Any = None, async_op: bool = False
) -> Work | None:
    """Send each process its tensor of ``input_tensor_list``, and get one of each in ``output_tensor_list``.

    Args:
        output_tensor_list: A tensor for what comes from each process.
        input_tensor_list: A tensor for each process.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
    """
    found = member("all_to_all", group)
    if found is None:
        return None
    check_tensors("all_to_all", *output_tensor_list, *input_tensor_list)
    _check_count("all_to_all", "the output list", len(output_tensor_list), found.size())
    _check_count("all_to_all", "the input list", len(input_tensor_list), found.size())
    came, went = ([each.numel() for each in tensors] for tensors in (output_tensor_list, input_tensor_list))
    call = Call("all_to_all", [], str(output_tensor_list[0].dtype), Sizes(went, came))
    staging = Staging()
    output, input = staging.write_all(output_tensor_list), staging.read_all(input_tensor_list)
    start = lambda: found._communicator.all_to_all(output, came, input, went)  # noqa: E731
    return run(found, call, output_tensor_list, start, staging, async_op, (output, input))


def all_to_all_single(
    output: Tensor,
    input: Tensor,
    output_split_sizes: list[int] | None = None,
    input_split_sizes: list[int] | None = None,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Send each process its part of ``input`` along the first dimension, and get a part of each in ``output``.

    Args:
        output: What comes, in the order of ranks.
        input: What goes.
        output_split_sizes: The lengths of the parts that come; by default equal ones.
        input_split_sizes: The lengths of the parts that go; by default equal ones.
        group: The processes; by default all.
        async_op: Return a `Work` at once.
    """
    found = member("all_to_all_single", group)
    if found is None:
        return None
    check_tensors("all_to_all_single", output, input)
    came = _split(found, "output", output, output_split_sizes)
    went = _split(found, "input", input, input_split_sizes)
    call = Call("all_to_all_single", [], str(output.dtype), Sizes(went, came))
    staging = Staging()
    received, sent = staging.write(output), staging.read(input)
    start = lambda: found._communicator.all_to_all(received, came, sent, went)  # noqa: E731
    return run(found, call, [output], start, staging, async_op, (received, sent))


def _split(group: ProcessGroup, what: str, tensor: Tensor, sizes: Sequence[int] | None) -> list[int]:
    """The numbers of elements of the parts of a tensor along its first dimension."""
    length = tensor.shape[0] if tensor.dim() else 0
    if not sizes:
        if length % group.size():
            raise ValueError(
                f"all_to_all_single: Tensor's dim 0 does not divide equally across group size "
                f"({what} of shape {list(tensor.shape)}, {group.size()} processes)"
            )
        sizes = [length // group.size()] * group.size()
    _check_count("all_to_all_single", f"{what}_split_sizes", len(sizes), group.size())
    if sum(sizes) != length:
        raise ValueError(
            f"Split sizes doesn't match total dim 0 size (all_to_all_single: {what}_split_sizes {list(sizes)} for "
            f"shape {list(tensor.shape)})"
        )
    row = tensor[0].numel() if length else 0
    return [size * row for size in sizes]
