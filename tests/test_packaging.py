"""What is packaged: all that a build needs, and a first program that fits into its promise."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import ferrotorch as torch

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
INCLUDED = re.compile(r'include_(?:str|bytes)!\(\s*(?:concat!\(\s*)?"((?:\.\./)+[^"]*)"')


def test_the_sdist_has_what_crates_take_in_from_outside():
    patterns = [entry["path"] for entry in PROJECT["tool"]["maturin"]["include"] if entry["format"] == "sdist"]
    found = 0
    for source in sorted(ROOT.glob("rust/*/src/**/*.rs")):
        crate = ROOT.joinpath(*source.relative_to(ROOT).parts[:2])
        for match in INCLUDED.finditer(source.read_text()):
            target = Path(os.path.normpath(source.parent / match[1]))
            if not target.is_relative_to(crate):
                found += 1
                relative = target.relative_to(ROOT).as_posix()
                assert any(relative.startswith(pattern.removesuffix("**/*")) for pattern in patterns), relative
    assert found


def test_versions_agree():
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())
    assert cargo["workspace"]["package"]["version"] == torch.__version__


def test_the_first_program_trains_evaluates_and_plots(tmp_path):
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import try_wheel
    finally:
        sys.path.pop(0)
    assert len([line for line in try_wheel.PROGRAM.splitlines() if line]) <= 12
    done = subprocess.run(
        [sys.executable, "-c", try_wheel.PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=try_wheel.LIMIT
    )
    assert done.returncode == 0, done.stderr
    assert float(re.search(r"'accuracy': ([\d.]+)", done.stdout)[1]) > 0.9
    assert (tmp_path / "history.png").stat().st_size > 1000
    assert done.stderr.count("\n") == 20


def test_every_parser_of_files_has_a_fuzz_target():
    text = (ROOT / "tools" / "fuzz.py").read_text()
    for name in ("torch.load", "safetensors.load_file", "safetensors.load("):
        assert name in text
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "fuzz.py", "--seconds", "1", "--seed", "7", "--target", "safetensors-header"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"safetensors-header: [1-9]\d* files", done.stdout)
