"""A pytest plugin that notes which lines of the package each test executes, and how long it takes.

It runs in a pytest of its own, started by `record.py`, which hands the folder for its notes in MUTANTS_FOLDER.
Lines that run while no test does, at import, have the context "". Processes that tests start are traced as well:
coverage.py begins by COVERAGE_PROCESS_START in each, and reads the name of its test from MUTANTS_TEST.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

FOLDER = Path(os.environ["MUTANTS_FOLDER"])


class Recorder:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.unfit: set[str] = set()
        settings = str(FOLDER / "coveragerc")
        self.trace = coverage.Coverage(config_file=settings)
        self.trace.start()
        os.environ["COVERAGE_PROCESS_START"] = settings

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        os.environ["MUTANTS_TEST"] = item.nodeid
        self.trace.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.trace.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self.unfit.add(report.nodeid)

    def pytest_unconfigure(self) -> None:
        self.trace.stop()
        self.trace.save()
        seconds = {test: took for test, took in self.seconds.items() if test not in self.unfit}
        (FOLDER / "seconds.json").write_text(json.dumps(seconds))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder())
