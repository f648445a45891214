"""Which tests can notice a fault: those that execute its line, or what its line defines."""

import ast
import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import coverage
from faults import Fault
from record import runs

FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
AT_IMPORT = ""  # the context of what runs outside of any test
OF_DEFAULTS = "tests/recorded/test_defaults.py::test_defaults"  # sees the defaults of functions that it does not call


class Reach:
    """What `record.py` noted: the tests of each line, and the seconds of each test."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._runs: list[tuple[coverage.CoverageData, set[str]]] = []
        times = {run: json.loads((run / "seconds.json").read_text()) for run in runs()}
        newest = {test: run for run, seconds in times.items() for test in seconds}
        for run, seconds in times.items():
            tests = {test for test in seconds if newest[test] == run}
            self.seconds |= {test: seconds[test] for test in tests}
            lines = coverage.CoverageData(str(run / "lines"))
            lines.read()
            self._runs.append((lines, tests | {AT_IMPORT}))

    def tests(self, fault: Fault) -> list[str]:
        """The tests that execute what the fault changes and passed when recorded, the fastest first."""
        contexts = self._contexts(fault.path)
        names = set().union(*(contexts.get(line, set()) for line in lines_concerned(fault.path, fault.line)))
        if OF_DEFAULTS in self.seconds and is_default(fault.path, fault.line):
            names.add(OF_DEFAULTS)
        return sorted(names - {AT_IMPORT}, key=self.seconds.__getitem__)

    def at_import(self, fault: Fault) -> bool:
        """Whether the line runs while its module is imported, too early for a module that is there already."""
        return enclosing(fault.path, fault.line) is None or AT_IMPORT in self._contexts(fault.path).get(fault.line, ())

    @cache  # noqa: B019, a run has one map
    def _contexts(self, path: Path) -> dict[int, set[str]]:
        contexts: dict[int, set[str]] = defaultdict(set)
        for lines, tests in self._runs:
            for line, names in lines.contexts_by_lineno(str(path)).items():
                contexts[line].update(tests.intersection(names))
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
