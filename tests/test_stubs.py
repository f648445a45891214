"""The type stubs say what the built extension says."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STUB = ROOT / "python" / "ferrotorch" / "_C.pyi"

# What stubtest cannot see as it is meant.
TOLERATED = {
    "ferrotorch._C.__all__ is not present in stub",
    'ferrotorch._C.frombuffer is inconsistent, runtime parameter "count" has a default value of Ellipsis, '
    "which is different from stub parameter default -1",
    # mypy wants `**=` to take what `**` takes, and overriding `__repr__` without keywords to be an override.
    'ferrotorch._C.Tensor.__repr__ is inconsistent, stub does not have parameter "tensor_contents"',
    'ferrotorch._C.Tensor.__ipow__ is inconsistent, runtime does not have parameter "_modulo"',
    # Modules of the extension, which a stub file can only show as classes.
    *(f"ferrotorch._C.{name} is not a type" for name in ("_fft", "_linalg", "_nn", "_optim", "_special")),
}
# Methods are bound by position; operators call their first parameter `input`.
FIRST_PARAMETER = re.compile(r'stub parameter "self" differs from runtime parameter "\w+"$')


def overloaded() -> set[str]:
    """Functions with several signatures: `__signature__` is the first of them."""
    names = set()
    for outer in ast.parse(STUB.read_text()).body:
        prefix, body = (f"{outer.name}.", outer.body) if isinstance(outer, ast.ClassDef) else ("", [outer])
        for node in body:
            if isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == "overload" for d in node.decorator_list):
                names.add(f"ferrotorch._C.{prefix}{node.name}")
    return names


def test_generated_stubs_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "tools" / "stubs", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_stubtest_finds_the_stub_true_to_the_extension(tmp_path):
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy.stubtest", "--ignore-disjoint-bases", "ferrotorch._C"]
    paths = os.pathsep.join([str(ROOT / "python"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": paths, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    errors = re.findall(r"^error: (.*)$", done.stdout, re.MULTILINE)
    assert errors or done.returncode == 0, done.stdout + done.stderr
    several = overloaded()
    unexpected = [
        error
        for error in errors
        if error not in TOLERATED and not FIRST_PARAMETER.search(error) and error.split()[0] not in several
    ]
    assert unexpected == []
