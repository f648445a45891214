"""Records once which tests execute which line of the package, so that a fault is judged by the tests that reach it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import coverage
from faults import PACKAGE, ROOT

FOLDER = ROOT / "target" / "mutants"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header")
NOT_RUN = ("tests/shaders", "tests/test_stubs.py")  # the first runs no Python of the package, the second mypy
SETTINGS = """
[run]
source = {package}
data_file = {folder}/lines
parallel = true
context = ${{MUTANTS_TEST}}
patch = fork, _exit
core = ctrace
disable_warnings = no-data-collected, module-not-measured, module-not-imported, already-imported
"""


def parts() -> Iterator[tuple[str, list[str]]]:
    """The folders of the tests, each for itself, and the files beside them."""
    entries = sorted(path for path in (ROOT / "tests").iterdir() if str(path.relative_to(ROOT)) not in NOT_RUN)
    for folder in entries:
        if folder.is_dir() and any(folder.glob("test_*.py")):
            yield folder.name, [str(folder)]
    yield "tests", [str(path) for path in entries if path.match("test_*.py")]


def record(names: list[str]) -> None:
    """Run these parts of the tests (all, if none is named) under coverage.py, each test in a context of its own."""
    for name, paths in parts():
        if name in names or not names:
            print(f"recording {name}", flush=True)
            record_part(FOLDER / name, paths)


def record_part(folder: Path, paths: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    settings = folder / "coveragerc"
    settings.write_text(SETTINGS.format(package=PACKAGE, folder=folder))
    path = os.pathsep.join((str(Path(__file__).parent), str(PACKAGE.parent)))
    environment = os.environ | {"MUTANTS_FOLDER": str(folder), "MUTANTS_TEST": "", "PYTHONPATH": path}
    subprocess.run([*PYTEST, "-p", "recorder", "-k", "not wgpu", *paths], cwd=ROOT, env=environment, check=False)
    coverage.Coverage(config_file=str(settings)).combine()
