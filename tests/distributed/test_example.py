"""The example learns, in several processes, what one process learns."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits_distributed.py"


def _accuracy(*words):
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return float(re.search(r"accuracy on 360 held-back digits: ([\d.]+)%", done.stdout)[1])


def test_four_processes_learn_as_one(launch):
    alone = _accuracy("ferrotorch", str(EXAMPLE), "--epochs", "4")
    together = _accuracy("ferrotorch.distributed.run", "--nproc-per-node", "4", str(EXAMPLE), "--epochs", "4")
    assert alone > 94 and together > 94 and abs(alone - together) < 4
