"""Which tests can notice a fault: those that execute its line, or what its line defines.

Lines are followed to where they have moved since the tests were recorded. For one that is new, the tests of its
function count, or those of its file, or all of the folder that is called as its folder is.
"""

import ast
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import coverage
from faults import PACKAGE, Fault
from record import runs

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
MARK = "/python/ferrotorch/"
AT_IMPORT = ""  # the context of what runs outside of any test
OF_DEFAULTS = "tests/recorded/test_defaults.py::test_defaults"  # sees the defaults of functions that it does not call
OF_CONSTANTS = "tests/recorded/test_constants.py::test_constants"  # sees what modules and classes hold


class Run:
    """The notes of one run of pytest about the lines of the package, and the tests of it that no later run repeated."""

    def __init__(self, folder: Path, tests: set[str]) -> None:
        self.tests = tests
        self._contexts = coverage.CoverageData(str(folder / "lines"))
        self._contexts.read()
        self._files = {name.replace("\\", "/").rpartition(MARK)[2]: name for name in self._contexts.measured_files()}
        self._sources = zipfile.ZipFile(folder / "sources.zip")

    def contexts(self, path: Path) -> dict[int, set[str]]:
        """Which tests executed which line of a file as it is now."""
        name = path.relative_to(PACKAGE).as_posix()
        noted = self._contexts.contexts_by_lineno(self._files[name]) if name in self._files else {}
        lines = self.lines(path)
        return {lines[line]: self.tests.intersection(names) for line, names in noted.items() if line in lines}

    def lines(self, path: Path) -> dict[int, int]:
        """Where the lines of a file as it was stand in the file as it is."""
        try:
            old = self._sources.read(path.relative_to(PACKAGE).as_posix()).decode().splitlines()
        except KeyError:
            return {}
        new = path.read_text().splitlines()
        blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks() if old != new else []
        spans = [(block.a, block.b, block.size) for block in blocks] if old != new else [(0, 0, len(old))]
        return {a + i: b + i for a, b, size in spans for i in range(1, size + 1)}


class Reach:
    """What `record.py` noted: the tests of each line, and the seconds of each test."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._runs: list[Run] = []
        times = {run: json.loads((run / "seconds.json").read_text()) for run in runs()}
        newest = {test: run for run, seconds in times.items() for test in seconds}
        for run, seconds in times.items():
            tests = {test for test in seconds if newest[test] == run}
            self.seconds |= {test: seconds[test] for test in tests}
            self._runs.append(Run(run, tests | {AT_IMPORT}))

    def tests(self, fault: Fault) -> list[str]:
        """The tests that execute what the fault changes and passed when recorded, the fastest first."""
        names = self._tests_of_lines(fault.path, lines_concerned(fault.path, fault.line))
        if not names and not self._is_known(fault):
            names = self._tests_of_new(fault)
        if OF_DEFAULTS in self.seconds and is_default(fault.path, fault.line):
            names.add(OF_DEFAULTS)
        if OF_CONSTANTS in self.seconds and enclosing(fault.path, fault.line) is None:
            names.add(OF_CONSTANTS)
        return sorted(names, key=self.seconds.__getitem__)

    def at_import(self, fault: Fault) -> bool:
        """Whether the line runs while its module is imported, too early for a module that is there already."""
        return enclosing(fault.path, fault.line) is None or AT_IMPORT in self._contexts(fault.path).get(fault.line, ())

    def _tests_of_lines(self, path: Path, lines: Iterable[int]) -> set[str]:
        contexts = self._contexts(path)
        return set().union(*(contexts.get(line, set()) for line in lines)) - {AT_IMPORT}

    def _is_known(self, fault: Fault) -> bool:
        """Whether the line was there when tests were recorded."""
        return any(fault.line in run.lines(fault.path).values() for run in self._runs)

    def _tests_of_new(self, fault: Fault) -> set[str]:
        """The tests around a line that came later: of its function, of its file, or of the folder of the same name."""
        function = enclosing(fault.path, fault.line)
        around = self._tests_of_lines(fault.path, body_of(function)) if function else set()
        around = around or self._tests_of_lines(fault.path, self._contexts(fault.path))
        folder = f"tests/{fault.path.relative_to(PACKAGE).parts[0]}/"
        return around or {test for test in self.seconds if test.startswith(folder)}

    @cache  # noqa: B019, a process has one map
    def _contexts(self, path: Path) -> dict[int, set[str]]:
        contexts: dict[int, set[str]] = defaultdict(set)
        for run in self._runs:
            for line, names in run.contexts(path).items():
                contexts[line].update(names)
        return contexts


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def body_of(function: FUNCTIONS) -> range:
    return range(function.body[0].lineno, (function.end_lineno or 0) + 1)


def header_of(statement: ast.stmt) -> range:
    """The lines of a statement, without the block that it begins."""
    first = min([statement.lineno, *(part.lineno for part in getattr(statement, "decorator_list", []))])
    block = getattr(statement, "body", None) or getattr(statement, "cases", None)
    inner = block[0] if block else None
    last = (inner.pattern if isinstance(inner, ast.match_case) else inner).lineno - 1 if inner else statement.end_lineno
    return range(first, max(first, last or first) + 1)


def enclosing(path: Path, line: int) -> FUNCTIONS | None:
    """The innermost function in whose body a line lies."""
    around = [node for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTIONS) and line in body_of(node)]
    return max(around, key=lambda node: node.lineno, default=None)


def is_default(path: Path, line: int) -> bool:
    """Whether a line belongs to the header of a function."""
    headers = (header_of(node) for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTIONS))
    return any(line in header for header in headers)


def lines_concerned(path: Path, line: int) -> set[int]:
    """The lines of the statement of a function; of a function whose header it is; of all functions of a module."""
    statements = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.stmt) and line in header_of(node)]
    if enclosing(path, line):
        return set().union(*(header_of(node) for node in statements)) | {line}
    functions = [node for node in statements if isinstance(node, FUNCTIONS)]
    functions = functions or [node for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTIONS)]
    return set().union(*(body_of(node) for node in functions)) | {line}
