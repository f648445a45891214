"""Programs of several processes, started by ``mpiexec`` as users start them."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


def _mpiexec():
    beside = Path(sys.executable).parent / "mpiexec"
    return str(beside) if beside.exists() else shutil.which("mpiexec")


@pytest.fixture
def launch():
    """``launch(4, "program", "argument", timeout=60, NAME="value")`` runs a program as four processes."""
    if importlib.util.find_spec("mpi4py") is None or _mpiexec() is None:
        pytest.skip("needs mpi4py and mpiexec: pip install mpi4py mpich")

    def run(count, program, *arguments, timeout=120, **environment):
        words = [_mpiexec(), "-n", str(count), sys.executable, "-m", "ferrotorch", str(PROGRAMS / f"{program}.py")]
        return subprocess.run(
            [*words, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **environment},
        )

    return run


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def start():
    """``start(3, "program", "argument", timeout=60)``: a program as processes that know rank, number and address."""

    def run(count, program, *arguments, timeout=120, **environment):
        words = [sys.executable, "-m", "ferrotorch", str(PROGRAMS / f"{program}.py"), *map(str, arguments)]
        shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(count)}
        started = [
            subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank), **environment},
            )
            for rank in range(count)
        ]  # fmt: skip
        try:
            written = [each.communicate(timeout=timeout) for each in started]
        finally:
            for each in started:
                each.kill()
        return [
            subprocess.CompletedProcess(words, each.returncode, *texts)
            for each, texts in zip(started, written, strict=True)
        ]

    return run
