"""Messages from one process to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ferrotorch import _C
from ferrotorch.distributed._groups import ProcessGroup, member
from ferrotorch.distributed._staging import Staging, check_tensors
from ferrotorch.distributed._work import Work

__all__ = ["P2POp", "batch_isend_irecv", "irecv", "isend", "recv", "send"]

Tensor = _C.Tensor


def _peer(name: str, role: str, group: ProcessGroup, rank: int | None, group_rank: int | None) -> int:
    """The number in the group of the other process."""
    from ferrotorch.distributed._collectives import root_of

    peer = root_of(name, group, rank, group_rank)
    if peer == group.rank():
        raise ValueError(
            f"Invalid {role} rank: {role} rank should not be the same as the rank of the current process ({name})."
        )
    return peer


def isend(
    tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None
) -> Work | None:
    """Begin to send a tensor. It must not change until the work is done.

    Args:
        tensor: What to send.
        dst: The number in the job of who gets it.
        group: The group of both.
        tag: A number that the receiver gives, too.
        group_dst: Instead of ``dst``: the number in the group.

    Raises:
        ValueError: to oneself, or to a process that is not in the group.
    """
    found = member("send", group)
    if found is None:
        return None
    peer = _peer("send", "destination", found, dst, group_dst)
    check_tensors("send", tensor)
    memory = Staging().read(tensor)
    request = found._communicator.send(memory, peer, tag)
    return Work(found, f"send to rank {found.ranks[peer]}", request, [tensor], keep=memory)


def irecv(
    tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None
) -> Work | None:
    """Begin to receive a tensor, of the size and dtype of ``tensor``.

    Args:
        tensor: What the elements go into.
        src: The number in the job of who sends; by default anyone.
        group: The group of both.
        tag: The number that the sender gave.
        group_src: Instead of ``src``: the number in the group.

    Raises:
        ValueError: from oneself, or from a process that is not in the group.
    """
    found = member("recv", group)
    if found is None:
        return None
    anyone = src is None and group_src is None
    peer = None if anyone else _peer("recv", "source", found, src, group_src)
    check_tensors("recv", tensor)
    staging = Staging()
    memory = staging.write(tensor)
    request = found._communicator.receive(memory, peer, tag)
    name = "recv" if peer is None else f"recv from rank {found.ranks[peer]}"
    return Work(found, name, request, [tensor], staging.finish, memory)


def send(tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None) -> None:
    """Send a tensor; see :func:`isend`."""
    work = isend(tensor, dst, group, tag, group_dst)
    if work is not None:
        work.wait()


def recv(tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None) -> int:
    """Receive a tensor; see :func:`irecv`. Returns the number of who sent it, -1 outside of the group."""
    work = irecv(tensor, src, group, tag, group_src)
    if work is None:
        return -1
    work.wait()
    return work.source_rank()


class P2POp:
    """One message of a batch for :func:`batch_isend_irecv`.

    Args:
        op: `isend` or `irecv`.
        tensor: The tensor.
        peer: The number in the job of the other process.
        group: The group of both.
        tag: A number that both give.
        group_peer: Instead of ``peer``: the number in the group.

    Raises:
        ValueError: another function.
    """

    def __init__(
        self,
        op: Callable[..., Work | None],
        tensor: Tensor,
        peer: int | None = None,
        group: Any = None,
        tag: int = 0,
        group_peer: int | None = None,
    ) -> None:
        if op not in (isend, irecv):
            raise ValueError(
                "Invalid ``op``. Expected ``op`` to be of type ``torch.distributed.isend`` or "
                "``torch.distributed.irecv``."
            )
        check_tensors("P2POp", tensor)
        self.op, self.tensor, self.peer, self.group, self.tag = op, tensor, peer, group, tag
        self.group_peer = group_peer


def batch_isend_irecv(p2p_op_list: Sequence[P2POp]) -> list[Work]:
    """Begin all messages of a batch; a work for each.

    Raises:
        ValueError: an empty list; something else than `P2POp`.
    """
    if not p2p_op_list:
        raise ValueError("Invalid ``p2p_op_list``. Expected a list of P2POp, got an empty one")
    if not all(isinstance(each, P2POp) for each in p2p_op_list):
        raise ValueError("Invalid ``p2p_op_list``. Each op is expected to be of type ``torch.distributed.P2POp``.")
    works = [each.op(each.tensor, each.peer, each.group, each.tag, each.group_peer) for each in p2p_op_list]
    return [work for work in works if work is not None]
