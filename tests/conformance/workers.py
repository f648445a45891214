"""Cases run in worker processes, so that a crash or a hang is the outcome of one case, not the end of the run."""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

from groups import outcome_of

CHUNK, CHUNK_SECONDS = 200, 120
SUBMODULES = (
    "nn",
    "nn.functional",
    "optim",
    "optim.lr_scheduler",
    "linalg",
    "special",
    "fft",
    "autograd",
    "utils.data",
)


def answer_cases(module: str, group: str, device: str) -> None:
    """Read cases from standard input, answer a line each on standard output."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a case prints is not an answer
    torch = importlib.import_module(module)
    for name in SUBMODULES:
        if importlib.util.find_spec(f"{module}.{name}"):
            importlib.import_module(f"{module}.{name}")
    for line in sys.stdin:
        answers.write("@" + json.dumps(outcome_of(torch, group, json.loads(line), device)) + "\n")
        answers.flush()


def run_worker(command: list[str], lines: list[str]) -> tuple[list[tuple[str, str]], tuple[str, str]]:
    """The answers that a worker gave, and what became of the case at which it ended."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    end = "crash"
    try:
        text, _ = process.communicate("".join(lines), timeout=CHUNK_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
        end = "hang"
    answers = [tuple(json.loads(line[1:])) for line in text.splitlines() if line.startswith("@")]
    return answers, (end, f"exit {process.returncode}")


def run_chunk(module: str, group: str, device: str, lines: list[str]) -> list[tuple[str, str]]:
    """Outcomes of these cases; a worker that ends early is replaced for the cases behind the one that ended it."""
    runner = str(Path(__file__).with_name("run.py"))
    command = [sys.executable, runner, "--worker", "--module", module, "--group", group, "--device", device]
    results: list[tuple[str, str]] = []
    without_answer = 0
    while len(results) < len(lines):
        answers, end = run_worker(command, lines[len(results) :])
        results += answers
        if len(results) == len(lines):
            break
        results.append(end)
        without_answer = 0 if answers else without_answer + 1
        if without_answer > 3:
            results += [(end[0], "not run")] * (len(lines) - len(results))
    return results
