"""Every public op with hostile arguments, in processes of their own: none crashes, hangs, or fails without a reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent.parent / "support" / "hostile.py"
WORKERS = 2


def test_ops_refuse_hostile_arguments(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds = request.config.getoption("--fuzz-rounds")
    logs = [tmp_path / f"{part}.log" for part in range(WORKERS)]
    workers = [
        subprocess.Popen(
            [sys.executable, PROGRAM, log, "0", str(rounds), str(part), str(WORKERS)],
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for part, log in enumerate(logs)
    ]
    faults = []
    for worker, log in zip(workers, logs, strict=True):
        try:
            _, noise = worker.communicate(timeout=60 + 20 * rounds)
            how = f"ended with {worker.returncode}: {noise.decode(errors='replace')[-500:]}"
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.communicate()
            how = "hung"
        lines = log.read_text().splitlines()
        faults += [line for line in lines if line.startswith("bad ")]
        if lines[-1] != "done":
            faults.append(f"{lines[-1]} {how}")
    assert not faults, "\n".join(faults)
