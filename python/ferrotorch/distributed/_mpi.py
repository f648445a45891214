"""The communicator that is MPI's, through mpi4py. It reads and writes the memory of tensors without copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from mpi4py import MPI

import ferrotorch as torch
from ferrotorch.distributed._communicator import Communicator, Request
from ferrotorch.distributed._reduce_op import ReduceOp, arithmetic_dtype

__all__ = ["MPICommunicator"]

Tensor = torch.Tensor

_DATATYPES = {
    torch.float64: MPI.DOUBLE, torch.float32: MPI.FLOAT, torch.complex64: MPI.C_FLOAT_COMPLEX,
    torch.complex128: MPI.C_DOUBLE_COMPLEX, torch.bool: MPI.C_BOOL, torch.uint8: MPI.UINT8_T,
    torch.uint16: MPI.UINT16_T, torch.uint32: MPI.UINT32_T, torch.uint64: MPI.UINT64_T, torch.int8: MPI.INT8_T,
    torch.int16: MPI.INT16_T, torch.int32: MPI.INT32_T, torch.int64: MPI.INT64_T,
}  # fmt: skip
# MPI has no half types, nor floats of a byte: messages are of words of their size, and what reduces them is ours.
_WORDS = {1: MPI.UINT8_T, 2: MPI.UINT16_T, 4: MPI.UINT32_T}
# The mean is the sum, divided when it has arrived.
_OPS = {
    ReduceOp.SUM: MPI.SUM, ReduceOp.AVG: MPI.SUM, ReduceOp.PRODUCT: MPI.PROD, ReduceOp.MIN: MPI.MIN,
    ReduceOp.MAX: MPI.MAX, ReduceOp.BAND: MPI.BAND, ReduceOp.BOR: MPI.BOR, ReduceOp.BXOR: MPI.BXOR,
}  # fmt: skip
# Truth values are added and multiplied as such: a sum is true where one of them is.
_OPS_OF_BOOLS = {
    ReduceOp.SUM: MPI.LOR, ReduceOp.PRODUCT: MPI.LAND, ReduceOp.MIN: MPI.LAND, ReduceOp.MAX: MPI.LOR,
    ReduceOp.BAND: MPI.LAND, ReduceOp.BOR: MPI.LOR, ReduceOp.BXOR: MPI.LXOR,
}  # fmt: skip
_STEPS: dict[ReduceOp, Callable[..., Tensor]] = {
    ReduceOp.SUM: torch.add, ReduceOp.AVG: torch.add, ReduceOp.PRODUCT: torch.mul, ReduceOp.MIN: torch.minimum,
    ReduceOp.MAX: torch.maximum,
}  # fmt: skip


@cache
def _op_of_words(dtype: Any, op: ReduceOp) -> MPI.Op:
    """An operator of MPI that joins words as numbers of a dtype that MPI does not have."""
    step, wide = _STEPS[op], arithmetic_dtype(dtype)

    def join(incoming: Any, into: Any, datatype: MPI.Datatype) -> None:
        own, others = torch.frombuffer(into, dtype=dtype), torch.frombuffer(incoming, dtype=dtype)
        if wide is dtype:
            step(own, others, out=own)
        else:
            own.copy_(step(own.to(wide), others.to(wide)))

    return MPI.Op.Create(join, commute=True)


def _op(dtype: Any, op: ReduceOp) -> MPI.Op:
    if dtype not in _DATATYPES:
        return _op_of_words(dtype, op)
    return (_OPS_OF_BOOLS if dtype is torch.bool else _OPS)[op]


def _datatype(dtype: Any) -> MPI.Datatype:
    return _DATATYPES.get(dtype) or _WORDS[dtype.itemsize]


def _memory(tensor: Tensor) -> MPI.buffer:
    return MPI.buffer.fromaddress(tensor.data_ptr(), tensor.nbytes)


def _whole(tensor: Tensor) -> list[Any]:
    """A tensor as mpi4py takes messages."""
    return [_memory(tensor), tensor.numel(), _datatype(tensor.dtype)]


def _parts(tensor: Tensor, counts: Sequence[int]) -> list[Any]:
    """A tensor as a message of a part for each process."""
    return [_memory(tensor), list(counts), None, _datatype(tensor.dtype)]


class _Receipt:
    """A request of a message, which must be as long as the tensor that it is for."""

    def __init__(self, request: MPI.Request, tensor: Tensor) -> None:
        self.status = MPI.Status()
        self._request = request
        self._tensor = tensor

    def Test(self) -> bool:
        """Has it arrived?"""
        try:
            if not self._request.Test(self.status):
                return False
        except MPI.Exception as error:
            if error.Get_error_class() != MPI.ERR_TRUNCATE:
                raise
            raise RuntimeError(
                f"recv: a message that is longer than the tensor it is for, of {self._tensor.nbytes} bytes, shape "
                f"{list(self._tensor.shape)}, {self._tensor.dtype}"
            ) from error
        came = self.status.Get_count(MPI.BYTE)
        if came != self._tensor.nbytes:
            raise RuntimeError(
                f"recv: a message of {came} bytes from rank {self.status.Get_source()} for a tensor of "
                f"{self._tensor.nbytes} bytes, shape {list(self._tensor.shape)}, {self._tensor.dtype}"
            )
        return True

    def source(self) -> int:
        """Who has sent it."""
        return self.status.Get_source()


class MPICommunicator(Communicator):
    """Processes of an MPI communicator."""

    def __init__(self, comm: MPI.Intracomm) -> None:
        self._comm = comm
        self.rank, self.size = comm.Get_rank(), comm.Get_size()

    def all_reduce(self, tensor: Tensor, op: ReduceOp) -> Request:
        """Join the tensors of all, in each."""
        return self._comm.Iallreduce(MPI.IN_PLACE, _whole(tensor), _op(tensor.dtype, op))

    def reduce(self, tensor: Tensor, op: ReduceOp, root: int) -> Request:
        """Join the tensors of all, in that of one process."""
        is_root = root == self.rank
        sent, received = (MPI.IN_PLACE, _whole(tensor)) if is_root else (_whole(tensor), None)
        return self._comm.Ireduce(sent, received, _op(tensor.dtype, op), root)

    def reduce_scatter(self, output: Tensor, input: Tensor, counts: Sequence[int], op: ReduceOp) -> Request:
        """Join the inputs of all, and give each its part."""
        return self._comm.Ireduce_scatter(_whole(input), _whole(output), list(counts), _op(input.dtype, op))

    def broadcast(self, tensor: Tensor, root: int) -> Request:
        """Give all the tensor of one process."""
        return self._comm.Ibcast(_whole(tensor), root)

    def all_gather(self, output: Tensor, counts: Sequence[int], input: Tensor) -> Request:
        """Give all the inputs of all."""
        return self._comm.Iallgatherv(_whole(input), _parts(output, counts))

    def gather(self, output: Tensor | None, counts: Sequence[int], input: Tensor, root: int) -> Request:
        """Give one process the inputs of all."""
        return self._comm.Igatherv(_whole(input), None if output is None else _parts(output, counts), root)

    def scatter(self, output: Tensor, input: Tensor | None, counts: Sequence[int], root: int) -> Request:
        """Give each its part of one process's input."""
        return self._comm.Iscatterv(None if input is None else _parts(input, counts), _whole(output), root)

    def all_to_all(
        self, output: Tensor, output_counts: Sequence[int], input: Tensor, input_counts: Sequence[int]
    ) -> Request:
        """Give each its part of every input."""
        return self._comm.Ialltoallv(_parts(input, input_counts), _parts(output, output_counts))

    def send(self, tensor: Tensor, destination: int, tag: int) -> Request:
        """Send a tensor to a process."""
        return self._comm.Isend(_whole(tensor), destination, tag)

    def receive(self, tensor: Tensor, source: int | None, tag: int) -> Request:
        """Receive a tensor, from one process or anyone."""
        return _Receipt(self._comm.Irecv(_whole(tensor), MPI.ANY_SOURCE if source is None else source, tag), tensor)

    def barrier(self) -> Request:
        """Wait for all."""
        return self._comm.Ibarrier()

    def subset(self, ranks: Sequence[int], tag: int) -> Communicator:
        """The communicator of some of the processes."""
        everyone = self._comm.Get_group()
        members = everyone.Incl(list(ranks))
        made = MPICommunicator(self._comm.Create_group(members, tag))
        members.Free()
        everyone.Free()
        return made

    def free(self) -> None:
        """Give back what MPI holds."""
        self._comm.Free()
