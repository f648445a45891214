"""Plants one-token faults in the Python layer, one at a time, and reports those that no test notices.

    python tools/mutants.py [--count N] [--seed S] [--only GLOB] [--most PERCENT]

A fault is what a slip of the hand makes: a comparison that includes its bound, a sign, a number one too large, `and`
for `or`, a default the other way round. Each runs in a copy of the package, first against the tests of its subject,
then, if it survives, against all tests and the recorded calls. Texts of exceptions and annotations are left alone.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "ferrotorch"
TIMEOUT = 900

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is": "is not", "in": "not in"}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "**": "*"}
WORDS = {"and": "or", "or": "and"}

# The tests of a subject: the part of the package, and where its tests lie.
SUBJECTS = {
    "nn": ("nn", "recorded"),
    "optim": ("optim", "recorded"),
    "distributions": ("distributions", "recorded"),
    "utils/data": ("data", "recorded"),
    "serialization": ("serialization",),
    "_pickling": ("serialization",),
    "autograd": ("autograd", "utils"),
    "utils": ("utils", "autograd", "serialization"),
    "testing": ("test_testing.py",),
    "signal": ("test_windows.py",),
    "_tensor_str": ("printing",),
}


@dataclass(frozen=True)
class Fault:
    """A piece of one line of a file, and what stands there instead."""

    path: Path
    line: int
    start: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.old} -> {self.new}"

    def planted(self) -> str:
        lines = self.path.read_text().splitlines(keepends=True)
        text = lines[self.line - 1].encode()
        lines[self.line - 1] = (text[: self.start] + self.new.encode() + text[self.start + len(self.old) :]).decode()
        return "".join(lines)


class Finder(ast.NodeVisitor):
    """Collects the faults that a file has room for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = [line.encode() for line in path.read_text().splitlines()]
        self.faults: list[Fault] = []

    def visit_Raise(self, node: ast.Raise) -> None:
        """What an exception says is not tested word by word."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """An annotation computes nothing."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (node.args, *node.body):
            self.visit(part)

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Positions within formatted text are not those of the file before Python 3.12."""

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._replace(node, str(not value))
        elif isinstance(value, int | float) and value == value and abs(value) < 1e6:
            self._replace(node, repr(value + 1))

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, right in zip([node.left, *node.comparators], node.comparators, strict=False):
            self._between(left, right, COMPARISONS)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if not isinstance(node.op, ast.BitOr):
            self._between(node.left, node.right, ARITHMETIC)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, WORDS)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.faults.append(Fault(self.path, node.lineno, node.col_offset, "not ", ""))
        self.generic_visit(node)

    def _replace(self, node: ast.Constant, new: str) -> None:
        old = self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
        self.faults.append(Fault(self.path, node.lineno, node.col_offset, old, new))

    def _between(self, left: ast.expr, right: ast.expr, table: dict[str, str]) -> None:
        """The operator between two operands that stand on one line."""
        assert left.end_col_offset is not None
        if left.end_lineno != right.lineno:
            return
        gap = self.lines[right.lineno - 1][left.end_col_offset : right.col_offset].decode()
        operator = gap.strip(" ()")
        if operator in table:
            start = left.end_col_offset + gap.index(operator)
            self.faults.append(Fault(self.path, right.lineno, start, operator, table[operator]))


def faults_in(pattern: str) -> Iterator[Fault]:
    for path in sorted(PACKAGE.glob(pattern)):
        finder = Finder(path)
        finder.visit(ast.parse(path.read_text()))
        yield from finder.faults


def subject_tests(path: Path) -> list[str]:
    """The tests that are most likely to notice a fault in this file."""
    place = path.relative_to(PACKAGE).as_posix()
    for part in sorted(SUBJECTS, key=len, reverse=True):
        if place.startswith(part):
            return [f"tests/{name}" for name in SUBJECTS[part]]
    return ["tests/tensor", "tests/ops", "tests/recorded", "tests/errors"]


def noticed(copy: Path, *command: str) -> bool:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return run.returncode != 0


PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", "not wgpu")
EVERYTHING = (
    ("tests/conformance/run.py", "--floor", "--group", "modules", "optim", "extra", "rng", "repr"),
    (*PYTEST, "--ignore=tests/shaders", "--ignore=tests/test_stubs.py", "tests"),
)


def survives(fault: Fault, folder: Path) -> bool:
    """Whether no test fails with the fault in the copy of the package that the folder holds."""
    target = folder / "ferrotorch" / fault.path.relative_to(PACKAGE)
    target.write_text(fault.planted())
    try:
        commands = ((*PYTEST, *subject_tests(fault.path)), *EVERYTHING)
        return not any(noticed(folder, *command) for command in commands)
    finally:
        shutil.copyfile(fault.path, target)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="how many faults to plant")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--only", default="**/*.py", help="files to plant them in, below python/ferrotorch")
    parser.add_argument("--most", type=float, default=5.0, help="fail if more than this percentage survives")
    args = parser.parse_args()

    faults = list(faults_in(args.only))
    chosen = random.Random(args.seed).sample(faults, min(args.count, len(faults)))
    survivors = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(PACKAGE, folder / "ferrotorch", ignore=shutil.ignore_patterns("__pycache__"))
        if any(noticed(folder, *command) for command in EVERYTHING):
            sys.exit("tests fail without any fault: mend those first")
        for number, fault in enumerate(chosen, 1):
            alive = survives(fault, folder)
            survivors += alive
            print(f"[{number}/{len(chosen)}] {'SURVIVES' if alive else 'noticed '} {fault}", flush=True)
    share = 100 * survivors / max(len(chosen), 1)
    print(f"{survivors} of {len(chosen)} faults survive ({share:.1f} %); the package has room for {len(faults)}")
    return 1 if share > args.most else 0


if __name__ == "__main__":
    sys.exit(main())
