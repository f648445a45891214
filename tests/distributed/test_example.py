"""The example learns, in several processes, what one process learns."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits_distributed.py"


def _accuracy(*words):
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return float(re.search(r"accuracy on 360 held-back digits: ([\d.]+)%", done.stdout)[1])


def test_four_processes_learn_as_one(launch):
    alone = _accuracy("ferrotorch", str(EXAMPLE), "--epochs", "4")
    together = _accuracy("ferrotorch.distributed.run", "--nproc-per-node", "4", str(EXAMPLE), "--epochs", "4")
    assert alone > 94 and together > 94 and abs(alone - together) < 4


def test_a_sharded_model_learns_as_one(launch, tmp_path):
    example = EXAMPLE.with_name("gpt_sharded.py")

    def trained(count):
        words = ["ferrotorch.distributed.run", "--nproc-per-node", str(count), str(example), "--steps", "40"]
        done = subprocess.run(
            [sys.executable, "-m", *words, "--checkpoint", str(tmp_path / str(count))],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        found = re.search(r"loss ([\d.]+) at first, ([\d.]+) at last; (\d+) of (\d+)", done.stdout)
        assert (tmp_path / str(count) / ".metadata").exists()
        return [float(group) for group in found.groups()]

    alone, together = trained(1), trained(4)
    assert alone[1] < 0.75 * alone[0] and alone[:2] == [pytest.approx(each, abs=0.02) for each in together[:2]]
    assert alone[2] == alone[3] == together[3] and together[2] < 0.26 * together[3]
