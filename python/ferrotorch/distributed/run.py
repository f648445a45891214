"""Start a program as several processes: ``python -m ferrotorch.distributed.run --nproc-per-node 4 script.py``.

Takes the arguments of PyTorch's ``torchrun`` and hands the work to ``mpiexec``, which starts the processes, passes on
what they print, and ends all if one fails. A program that says ``import torch`` gets this library.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

__all__ = ["command", "main", "parse"]

# Arguments of torchrun about how processes find one another, start again and write logs: MPI has its own ways.
_ACCEPTED = (
    "--rdzv-backend", "--rdzv-endpoint", "--rdzv-id", "--rdzv-conf", "--max-restarts", "--monitor-interval",
    "--start-method", "--role", "--master-addr", "--master-port", "--local-addr", "--log-dir", "-r", "-t",
    "--redirects", "--tee", "--node-rank", "--event-log-handler", "--log-line-prefix-template", "--local-ranks-filter",
    "--duplicate-stdout-filters", "--duplicate-stderr-filters", "--logs-specs", "--numa-binding", "--signals-to-handle",
    "--shutdown-timeout",
)  # fmt: skip


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read a command line."""
    parser = argparse.ArgumentParser("python -m ferrotorch.distributed.run", description=__doc__)
    parser.add_argument("--nproc-per-node", "--nproc_per_node", default="1", help="a number, or auto, cpu, gpu")
    parser.add_argument("--nnodes", default="1", help="number of machines")
    parser.add_argument("--hosts", help="names of the machines, with commas, where there are several")
    for flag in ("--standalone", "--virtual-local-rank", "--run-path"):
        parser.add_argument(flag, "--" + flag[2:].replace("-", "_"), action="store_true", help="accepted")
    parser.add_argument("--no-python", "--no_python", action="store_true", help="the program is no Python script")
    parser.add_argument("-m", "--module", action="store_true", help="the program is the name of a module")
    for option in _ACCEPTED:
        names = {option, "--" + option[2:].replace("-", "_")} if option.startswith("--") else {option}
        parser.add_argument(*sorted(names), help="accepted", dest=f"accepted_{option.strip('-')}")
    parser.add_argument("program", help="the script, or with -m the module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments of the program")
    return parser.parse_args(arguments)


def _processes(text: str) -> int:
    """The number of processes that ``--nproc-per-node`` means."""
    if text in ("auto", "cpu"):
        return os.cpu_count() or 1
    if text == "gpu":
        from ferrotorch import wgpu

        return max(wgpu.device_count(), 1)
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"Unsupported nproc_per_node value: {text}")
    return int(text)


def _mpiexec() -> str:
    """The program that starts processes: that beside the interpreter, where a wheel put it, or the first one there is.

    Raises:
        RuntimeError: there is none.
    """
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        raise RuntimeError("there is no mpiexec: pip install 'ferrotorch[mpi]' mpich, or take the MPI of this machine")
    return found


def command(options: argparse.Namespace) -> list[str]:
    """The command line of ``mpiexec`` for the options of this one.

    Raises:
        ValueError: a number that is none; several machines without names.
        RuntimeError: there is no ``mpiexec``.
    """
    each = _processes(options.nproc_per_node)
    nodes = int(options.nnodes.split(":")[-1])
    placed: list[str] = []
    if nodes > 1:
        if not options.hosts:
            raise ValueError("several machines: name them by --hosts a,b, or start mpiexec (Slurm: srun) yourself")
        placed = ["-hosts", options.hosts, "-ppn", str(each)]
    if options.no_python:
        program = [options.program]
    else:
        program = [sys.executable, "-m", "ferrotorch", *(["-m"] if options.module else []), options.program]
    return [_mpiexec(), "-n", str(each * nodes), *placed, *program, *options.arguments]


def main(arguments: list[str] | None = None) -> None:
    """Become ``mpiexec`` with what the command line says; never returns."""
    try:
        words = command(parse(sys.argv[1:] if arguments is None else arguments))
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f"python -m ferrotorch.distributed.run: {error}") from None
    # As torchrun does where several processes share a machine and nobody said otherwise.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.execv(words[0], words)


if __name__ == "__main__":
    main()
