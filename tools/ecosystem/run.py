"""Runs short programs that use packages of PyTorch's ecosystem, and compares what they print with PyTorch.

    python tools/ecosystem/run.py --python VENV/bin/python [--write] [NAME ...]
    python tools/ecosystem/run.py --record [NAME ...]

The packages are those of an environment of their own, in which ``python -m ferrotorch --install`` has been run so
that they can be installed without PyTorch. ``--record`` runs the programs on PyTorch, which the running Python must
have, and keeps their answers; ``--packages`` is a folder of packages to use besides. ``--write`` puts what came of
them into the page docs/ecosystem.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
ANSWERS = HERE / "answers.json"
PAGE = HERE.parents[1] / "docs" / "ecosystem.md"
NUMBER = re.compile(r"-?\d+\.\d*(?:e-?\d+)?|-?\d+")
ROW = re.compile(r"^\| (\w+) \| (\S*) \| (.*) \|$", re.MULTILINE)
DISTRIBUTIONS = {
    "backpack": "backpack-for-pytorch",
    "blitz": "blitz-bayesian-pytorch",
    "deepctr_torch": "deepctr-torch",
    "curvlinops": "curvlinops-for-pytorch",
    "esm": "fair-esm",
    "fastai_vision": "fastai",
    "freia": "FrEIA",
    "grad_cam": "grad-cam",
    "ignite": "pytorch-ignite",
    "muon": "muon-optimizer",
    "optimum_quanto": "optimum-quanto",
    "laplace": "laplace-torch",
    "pyro": "pyro-ppl",
    "scipy_array": "scipy",
    "sklearn_array": "scikit-learn",
    "tltorch": "tensorly-torch",
    "torchcrf": "pytorch-crf",
    "torchvision_detection": "torchvision",
    "torchvision_transforms": "torchvision",
    "torchmin": "pytorch-minimize",
    "transformers_families": "transformers",
    "transformers_models": "transformers",
}


def run(command: list[str], seconds: int) -> tuple[bool, str]:
    """What a program prints, or the last line of its error."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "TOKENIZERS_PARALLELISM": "false"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=environment, check=False)
    except subprocess.TimeoutExpired:
        return False, f"not done after {seconds} s"
    if done.returncode == 0:
        return True, done.stdout
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return False, lines[-1]


def agree(ours: str, theirs: str) -> bool:
    """Is it the same text, with numbers as near as rounding lets them be?"""
    if NUMBER.sub("#", ours) != NUMBER.sub("#", theirs):
        return False
    pairs = zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True)
    return all(abs(float(a) - float(b)) <= 1e-4 + 2e-3 * abs(float(b)) for a, b in pairs)


def record(names: list[str], packages: str | None) -> None:
    """Keep what the programs print on PyTorch."""
    answers = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    path = [] if packages is None else [packages]
    for name in names:
        # The packages come last, so that their torch is not the one.
        program = str(PROGRAMS / f"{name}.py")
        code = f"import sys, runpy; sys.path += {path!r}; runpy.run_path({program!r}, run_name='__main__')"
        fine, text = run([sys.executable, "-c", code], 300)
        print(f"{name:28} {'recorded' if fine else text[:150]}", flush=True)
        if fine:
            answers[name] = text
            ANSWERS.write_text(json.dumps(dict(sorted(answers.items())), indent=1) + "\n")


def version(python: str, name: str) -> str:
    """The version of a package in an environment."""
    folders = [str(folder) for folder in Path(python).parents[1].glob("lib/python*/site-packages")]
    found = next(iter(Distribution.discover(name=DISTRIBUTIONS.get(name, name), path=folders)), None)
    return "" if found is None else found.version


def compare(python: str, names: list[str], seconds: int) -> dict[str, tuple[str, str]]:
    """For each program the version of its package and what came of it."""
    answers = json.loads(ANSWERS.read_text())
    results = {}
    for name in names:
        fine, text = run([python, "-P", "-m", "ferrotorch", str(PROGRAMS / f"{name}.py")], seconds)
        if name not in answers:
            outcome = "no answer of PyTorch" if fine else text
        elif fine:
            outcome = "agrees" if agree(text, answers[name]) else f"differs: {text.strip()} for {answers[name].strip()}"
        else:
            outcome = text
        results[name] = version(python, name), outcome
        print(f"{name:28} {results[name][0]:12} {outcome[:200]}", flush=True)
    return results


def write(results: dict[str, tuple[str, str]]) -> None:
    """The page of the guide with what came of these programs now, and of the others when they were compared last."""
    shown = {name: (release, outcome) for name, release, outcome in ROW.findall(PAGE.read_text()) if name != "package"}
    for name, (release, outcome) in results.items():
        shown[name] = (
            release,
            outcome if outcome == "agrees" else f"`{' '.join(outcome[:160].replace('|', '/').split())}`",
        )
    rows = [f"| {name} | {release} | {outcome} |" for name, (release, outcome) in sorted(shown.items())]
    agreeing = sum(outcome == "agrees" for _, outcome in shown.values())
    PAGE.write_text(
        "# Packages of PyTorch's ecosystem\n\n"
        "Short programs, each of which uses a package in its ordinary way: builds a model, computes gradients,\n"
        "trains some steps. What agrees prints what it prints on PyTorch, numbers to three digits. The programs are\n"
        f"in `tools/ecosystem`. {agreeing} of {len(rows)} that were compared last agree.\n\n"
        "| package | version | program |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="programs; by default all")
    parser.add_argument("--python", default=sys.executable, help="the Python of the environment with the packages")
    parser.add_argument("--record", action="store_true", help="keep what the programs print on PyTorch")
    parser.add_argument("--packages", help="with --record: a folder of packages to use besides")
    parser.add_argument("--timeout", type=int, default=300, help="seconds for each program")
    parser.add_argument("--write", action="store_true", help="write docs/ecosystem.md")
    options = parser.parse_args()
    names = options.names or sorted(path.stem for path in PROGRAMS.glob("*.py"))
    if options.record:
        record(names, options.packages)
        return
    results = compare(options.python, names, options.timeout)
    if options.write:
        write(results)


if __name__ == "__main__":
    main()
