"""What is packaged: all that a build needs, and a first program that fits into its promise."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import ferrotorch as torch
import pytest

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


def is_allowed(expression, licenses):
    """Whether an SPDX expression leaves a choice among licenses (a slash is the older form of OR)."""
    words = re.findall(r"\(|\)|AND|OR|[^\s()]+(?: WITH [^\s()]+)?", expression.replace("/", " OR "))
    operators = {"AND": "and", "OR": "or", "(": "(", ")": ")"}
    return eval(" ".join(operators.get(word, str(word in licenses)) for word in words))


def test_dependencies_have_the_licenses_that_are_accepted():
    if shutil.which("cargo") is None:
        pytest.skip("needs cargo")
    assert is_allowed("(MIT OR Apache-2.0) AND Zlib", ["MIT", "Zlib"]) and not is_allowed("MIT AND GPL-3.0", ["MIT"])
    done = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    accepted = tomllib.loads((ROOT / "deny.toml").read_text())["licenses"]["allow"]
    packages = json.loads(done.stdout)["packages"]
    assert len(packages) > 50
    assert [p["name"] for p in packages if not is_allowed(p["license"] or "none", accepted)] == []


def host():
    """The platform that the compiler here compiles for, whose dependencies are at hand."""
    text = subprocess.run(["rustc", "--version", "--verbose"], capture_output=True, text=True, check=True).stdout
    return re.search(r"host: (\S+)", text)[1]


def test_wheels_that_are_too_large_are_refused(tmp_path, capsys):
    tool = try_wheel()
    (tmp_path / "small.whl").write_bytes(b"x" * 2_000_000)
    tool.sizes_of(tmp_path)
    assert capsys.readouterr().out == "small.whl: 2.0 MB\n"
    with (tmp_path / "large.whl").open("wb") as file:
        file.truncate(tool.LARGEST + 1)
    with pytest.raises(SystemExit, match=r"large\.whl is larger than 15 MB"):
        tool.sizes_of(tmp_path)


def test_a_bare_environment_finds_no_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "python"))
    bare = try_wheel().Environment(sys.executable, tmp_path)
    found = bare.run("-c", "import shutil; print([shutil.which(name) for name in ('cc', 'gcc', 'cargo', 'ld')])")
    assert found.strip() == "[None, None, None, None]"
    assert "No module named 'ferrotorch'" in bare.run("-c", "import ferrotorch", fails=True)


def try_wheel():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import try_wheel
    finally:
        sys.path.pop(0)
    return try_wheel


def test_the_first_program_trains_evaluates_and_plots(tmp_path):
    tool = try_wheel()
    assert len([line for line in tool.PROGRAM.splitlines() if line]) <= 12
    done = subprocess.run(
        [sys.executable, "-c", tool.PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=tool.LIMIT
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
