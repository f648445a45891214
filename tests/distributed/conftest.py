"""Programs of several processes, started by ``mpiexec`` as users start them."""

import importlib.util
import os
import shutil
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
