"""Records which tests execute which line of the package, so that a fault is judged by the tests that reach it.

Each run of pytest leaves a folder with the digests of the test files that it ran (`files.json`), the lines that each
test executed (`lines`), the texts that these lines belong to (`sources.zip`) and the seconds that each test took
(`seconds.json`). Files that have not changed since are not run again.
"""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import coverage
from faults import PACKAGE, ROOT

FOLDER = ROOT / "target" / "mutants"
TESTS = ROOT / "tests"
REPLAY = Path(__file__).with_name("test_replay.py")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "--rootdir", str(ROOT))
NOT_RUN = ("shaders", "test_stubs.py")  # the first runs no Python of the package, the second mypy
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


def parts() -> Iterator[tuple[str, list[Path]]]:
    """The test files of each folder, those beside the folders, and the replay of recorded behaviour."""
    entries = sorted(path for path in TESTS.iterdir() if path.name not in NOT_RUN)
    for folder in entries:
        if folder.is_dir() and any(folder.glob("test_*.py")):
            yield folder.name, sorted(folder.rglob("test_*.py"))
    yield "tests", [path for path in entries if path.match("test_*.py")]
    yield "conformance", [REPLAY]


def runs() -> list[Path]:
    """The folders of the runs that came to their end, the newest last."""
    return sorted(
        (notes.parent for notes in FOLDER.glob("*/seconds.json") if notes.with_name("sources.zip").exists()),
        key=lambda run: os.stat(run / "seconds.json").st_mtime_ns,
    )


def newest_runs() -> dict[str, Path]:
    """Which run ran each test file last."""
    return {file: run for run in runs() for file in files_of(run)}


def files_of(run: Path) -> dict[str, str]:
    """The digests of the test files of a run, as they were."""
    return json.loads((run / "files.json").read_text())


def digest(file: Path) -> str:
    """Of a test file and of what else lies in its folder: helpers, snippets and recorded answers."""
    others = (path for path in file.parent.rglob("*") if path.is_file() and path.suffix in (".py", ".json"))
    helpers = [] if file.parent == TESTS else sorted(path for path in others if not path.match("test_*.py"))
    return hashlib.sha1(b"".join(path.read_bytes() for path in (file, *helpers))).hexdigest()


def record(names: list[str]) -> None:
    """Run what has changed in these parts of the tests (in all, if none is named), each test in its own context."""
    for name, files in parts():
        if name in names or not names:
            known = {file: files_of(run)[file] for file, run in newest_runs().items()}
            digests = {str(file.relative_to(ROOT)): digest(file) for file in files}
            changed = {file: text for file, text in digests.items() if known.get(file) != text}
            if changed:
                print(f"recording {len(changed)} files of {name}", flush=True)
                record_files(new_folder(name), changed)


def new_folder(name: str) -> Path:
    place = next(
        number for number in range(len(list(FOLDER.glob("*"))) + 1) if not (FOLDER / f"{name}.{number}").exists()
    )
    folder = FOLDER / f"{name}.{place}"
    folder.mkdir(parents=True)
    return folder


def record_files(folder: Path, digests: dict[str, str]) -> None:
    (folder / "files.json").write_text(json.dumps(digests))
    keep_sources(folder)
    settings = folder / "coveragerc"
    settings.write_text(SETTINGS.format(package=PACKAGE, folder=folder))
    path = os.pathsep.join((str(Path(__file__).parent), str(PACKAGE.parent)))
    environment = os.environ | {"MUTANTS_FOLDER": str(folder), "MUTANTS_TEST": "", "PYTHONPATH": path}
    subprocess.run([*PYTEST, "-p", "recorder", "-k", "not wgpu", *digests], cwd=ROOT, env=environment, check=False)
    coverage.Coverage(config_file=str(settings)).combine()


def keep_sources(folder: Path) -> None:
    """Keep the texts of the package as they are now: a line that has moved later is found again by them."""
    with zipfile.ZipFile(folder / "sources.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in PACKAGE.rglob("*.py"):
            archive.write(file, file.relative_to(PACKAGE))
