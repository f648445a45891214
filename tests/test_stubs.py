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
    # Attributes that not all nodes have are looked up by a slot, and so are those of a function behind another object.
    "ferrotorch._C.Node.__getattr__ is not present at runtime",
    *(
        f"ferrotorch._C._Overridable.{name} is not present at runtime"
        for name in ("__getattr__", "__wrapped__", "_modes_only")
    ),
    # How an object outlives its last reference; nothing to call.
    "ferrotorch._C.Tensor.__del__ is not present in stub",
    # mypy wants `**=` to take what `**` takes, and overriding `__repr__` without keywords to be an override.
    'ferrotorch._C.Tensor.__repr__ is inconsistent, stub does not have parameter "tensor_contents"',
    'ferrotorch._C.Tensor.__ipow__ is inconsistent, runtime does not have parameter "_modulo"',
    # Modules of the extension, which a stub file can only show as classes.
    *(
        f"ferrotorch._C.{name} is not a type"
        for name in ("_cells", "_ctc", "_fft", "_linalg", "_nn", "_optim", "_special")
    ),
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


USE = """
from typing import Any, assert_type
import ferrotorch as torch

x = torch.zeros(2, 3, dtype=torch.float)
assert_type(x, torch.Tensor)
assert_type(torch.zeros((2, 3), requires_grad=True), torch.Tensor)
assert_type(x.exp() + 1, torch.Tensor)
assert_type(x.add_(1), torch.Tensor)
assert_type(torch.exp(x, out=x), torch.Tensor)
assert_type(x.shape, torch.Size)
assert_type(x.size(0), int)
assert_type(x.dtype, torch.dtype)
assert_type(x.max(), torch.Tensor)
assert_type(x.max(dim=1).values, torch.Tensor)
assert_type(torch.sort(x), torch.return_types.sort)
assert_type(x.split(1), tuple[torch.Tensor, ...])
assert_type(torch.var_mean(x), tuple[torch.Tensor, torch.Tensor])
assert_type(torch.allclose(x, x), bool)
assert_type(x.reshape(3, 2).permute((1, 0)), torch.Tensor)
assert_type(x.grad, torch.Tensor | None)
"""
MISUSE = {
    "torch.exp('x')": "arg-type",
    "x.exp(alpha=1)": "call-arg",
    "x.softmax()": "call-arg",
    "x.sofmax(0)": "attr-defined",
    "x.max(0).value": "attr-defined",
    "torch.zeros(2.5)": "call-overload",
}


def test_type_checkers_see_what_users_do(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(USE + "\n".join(MISUSE) + "\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", program]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "MYPYPATH": str(ROOT / "python")}, capture_output=True, text=True
    )
    first = USE.count("\n") + 1
    found = re.findall(r"^program\.py:(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert found == [(str(first + i), code) for i, code in enumerate(MISUSE.values())], done.stdout
