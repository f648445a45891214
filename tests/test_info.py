"""The report on an installation."""

import os
import subprocess
import sys

import ferrotorch as torch
from ferrotorch import info


def test_the_report_tells_what_matters():
    environment = {**os.environ, "FERROTORCH_CPU_CAPABILITY": "default", "SECRET_TOKEN": "hidden"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "ferrotorch.info"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    lines = dict(line.strip().split("  ", 1) for line in done.stdout.splitlines() if "  " in line.strip())
    assert lines["version"].strip() == torch.__version__
    assert lines["capability in use"].strip() == "DEFAULT"
    assert lines["FERROTORCH_CPU_CAPABILITY"].strip() == "default"
    assert "hidden" not in done.stdout


def test_facts_by_section(device):
    facts = info.collect()
    assert facts["threads"]["of this library"] == torch.get_num_threads()
    assert ("wgpu:0" in facts["gpus"]) == torch.wgpu.is_available()
    assert device == "cpu" or torch.wgpu.get_device_name(0) in facts["gpus"]["wgpu:0"]
