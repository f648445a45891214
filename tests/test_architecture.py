"""What ARCHITECTURE.md says of the sources: where `unsafe` code is, and who needs whom."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "rust").glob("*/src/**/*.rs"))
CODE = re.compile(r"\bunsafe (\{|fn\b|impl\b|extern\b)")
COMMENT = re.compile(r"//.*")


def named():
    """The files and folders of the list, relative to the repository; a folder ends in a slash."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    section = text.partition("## Where `unsafe` is")[2].partition("\n## ")[0]
    for item in section.split("\n- ")[1:]:
        folder, *entries = re.findall(r"`([^`]+)`", item)
        yield from (f"{folder}/{entry}" for entry in entries)


def unsafe_files():
    """The source files with `unsafe` code, relative to the repository."""
    for path in SOURCES:
        if CODE.search(COMMENT.sub("", path.read_text())):
            yield path.relative_to(ROOT).as_posix()


def test_few_files_have_unsafe_code():
    anywhere = [path for path in (ROOT / "rust").glob("**/*.rs") if CODE.search(COMMENT.sub("", path.read_text()))]
    assert len(anywhere) <= 20


def test_macros_are_few():
    assert sum(path.read_text().count("macro_rules!") for path in (ROOT / "rust").glob("**/*.rs")) <= 45


def covers(entry, file):
    return file.startswith(entry) if entry.endswith("/") else file == entry


def test_every_file_with_unsafe_code_is_named():
    entries, files = list(named()), list(unsafe_files())
    assert files
    assert [file for file in files if not any(covers(entry, file) for entry in entries)] == []


def test_every_name_stands_for_unsafe_code():
    files = list(unsafe_files())
    assert [entry for entry in named() if not any(covers(entry, file) for file in files)] == []


def own_crates(crate):
    """The crates of this repository that one of them depends on."""
    cargo = tomllib.loads((ROOT / "rust" / crate / "Cargo.toml").read_text())
    return [name for name in cargo["dependencies"] if name.startswith("ferrotorch-")]


@pytest.mark.parametrize("backend", ["cpu", "wgpu"])
def test_backends_need_the_vocabulary_of_kernels_alone(backend):
    # Mathematics over slices knows no arrays, and is no circle either.
    assert set(own_crates(backend)) - {"ferrotorch-linalg"} == {"ferrotorch-kernel"}
    assert own_crates("linalg") == own_crates("kernel") == []
