"""Plants faults, one at a time, and finds out whether a test fails.

Most are judged in a fork of a pytest that has collected all tests: that costs milliseconds, where a new process would
import the package and collect its tests again. Functions that are there already get the code, and the defaults, that
they have with the fault; modules still to be imported are read with it. What runs while its module is imported is too
late for that, and survivors of this kind are judged again in a process of their own.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from exchange import Exchange
from faults import PACKAGE, ROOT, Fault

PATIENCE, SLOWNESS = 60.0, 8.0  # a judgement may take so many seconds, and so many times what its tests once took


@dataclass(frozen=True)
class Case:
    """A fault, the tests that could notice it, how long they took, and whether it acts while a module is imported."""

    fault: Fault
    tests: list[str]
    seconds: float
    at_import: bool

    @property
    def patience(self) -> float:
        return PATIENCE + SLOWNESS * self.seconds


class Judge:
    """A pytest plugin that judges cases instead of running the tests, and reports whether each fault was noticed."""

    def __init__(self, copy: Path, cases: list[Case], report: Callable[[Fault, bool], None]) -> None:
        self.copy = copy
        self.cases = cases
        self.report = report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        exchange = Exchange()
        for case in self.cases:
            chosen = [items[name] for name in case.tests if name in items]
            file = self.copy / "ferrotorch" / case.fault.path.relative_to(PACKAGE)
            with planted(case.fault, file):
                apply = exchange.prepare(file, case.fault.path.read_text(), case.fault.planted())
                noticed = fails_in_fork(apply, chosen, case.patience)
                if not noticed and case.at_import:
                    noticed = fails_in_process(self.copy, case)
            self.report(case.fault, noticed)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Only forks run tests, and their first failure says all."""
        if report.failed:
            os._exit(1)


@contextmanager
def planted(fault: Fault, file: Path) -> Iterator[None]:
    file.write_text(fault.planted())
    try:
        yield
    finally:
        file.write_text(fault.path.read_text())


def fails_in_fork(apply: Callable[[], None], items: list[pytest.Item], patience: float) -> bool:
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(silence, stream)
        try:
            apply()
            for item, after in zip(items, [*items[1:], None], strict=True):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
        except BaseException:
            os._exit(2)
        os._exit(0)
    return status_of(child, patience) != 0


def status_of(child: int, patience: float) -> int:
    """How a fork ended; one that takes too long is ended, with all that it started."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def fails_in_process(copy: Path, case: Case) -> bool:
    """The same in a process of its own, which imports the copy with the fault in it."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
        names.write("\n".join(case.tests))
        names.flush()
        path = os.pathsep.join((str(copy), str(Path(__file__).parent)))
        environment = os.environ | {"PYTHONPATH": path, "MUTANTS_TESTS": names.name}
        files = dict.fromkeys(name.partition("::")[0] for name in case.tests)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "chosen", *files]
        try:
            run = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, timeout=case.patience, check=False
            )
        except subprocess.TimeoutExpired:
            return True
        return run.returncode != 0
