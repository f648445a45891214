"""The job of MPI that this process belongs to, and how it ends.

A collective operation needs every process. So nobody may leave unnoticed: a process that raises ends the whole job, one
that ends tells the others, and those who wait for it learn that they wait in vain.
"""

from __future__ import annotations

import atexit
import io
import sys
import time
from contextlib import redirect_stderr
from typing import Any

from mpi4py import MPI

from ferrotorch.distributed import _environment
from ferrotorch.distributed._mpi import MPICommunicator

__all__ = ["Job", "end_by"]

# Seconds that a launcher gets to pass on what a process has written: it drops the rest once the job is aborted.
_LAST_WORDS = 0.5


def end_by(code: Any) -> None:
    """End all processes of the job, as one of them ends by ``SystemExit(code)``."""
    if MPI.COMM_WORLD.Get_size() == 1:
        return
    status = code if isinstance(code, int) else 1
    reason = f"exit status {code}" if isinstance(code, int) else str(code)
    sys.stderr.write(f"[rank{MPI.COMM_WORLD.Get_rank()}]: SystemExit: {reason}\n")
    abort(status)


def abort(status: int) -> None:
    """End all processes of the job."""
    sys.stdout.flush()
    sys.stderr.flush()
    time.sleep(_LAST_WORDS)
    MPI.COMM_WORLD.Abort(status)


class Job:
    """All processes that ``mpiexec`` started together."""

    def __init__(self) -> None:
        self.world = MPI.COMM_WORLD.Dup()
        # Messages about the processes themselves must not meet those of the program.
        self._control = MPI.COMM_WORLD.Dup()
        self.rank, self.size = self.world.Get_rank(), self.world.Get_size()
        self.departed: set[int] = set()
        self._previous_hook = sys.excepthook
        if self.size > 1:
            sys.excepthook = self._report
            atexit.register(self._leave)

    def place(self) -> _environment.Place:
        """Where this process stands; all processes ask together."""
        machine = MPI.COMM_WORLD.Split_type(MPI.COMM_TYPE_SHARED)
        place = _environment.Place(self.rank, self.size, machine.Get_rank(), machine.Get_size())
        machine.Free()
        return place

    def communicator(self) -> MPICommunicator:
        """A communicator of all processes; they make it together."""
        return MPICommunicator(self.world.Dup())

    def notice_departed(self) -> set[int]:
        """The ranks of the processes that have ended, as far as their farewells have arrived."""
        status = MPI.Status()
        while len(self.departed) < self.size - 1 and self._control.Iprobe(status=status):
            self._control.Recv([bytearray(1), MPI.BYTE], status.Get_source())
            self.departed.add(status.Get_source())
        return self.departed

    def _report(self, kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        """Show an error that nobody caught, with the rank of the process, and end the job."""
        shown = io.StringIO()
        with redirect_stderr(shown):
            self._previous_hook(kind, error, traceback)
        sys.stderr.write("".join(f"[rank{self.rank}]: {line}\n" for line in shown.getvalue().splitlines()))
        abort(1)

    def _leave(self) -> None:
        """Say farewell, and stay until everybody has: MPI ends together. Waiting by naps leaves the processor alone."""
        sent = [self._control.Isend([b"x", MPI.BYTE], other) for other in range(self.size) if other != self.rank]
        nap = 1e-4
        while len(self.notice_departed()) < self.size - 1 or not MPI.Request.Testall(sent):
            time.sleep(nap)
            nap = min(2 * nap, 0.02)
