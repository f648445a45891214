"""The tool that plants faults: what it changes in a text, how functions come to have it, which tests judge it."""

import ast
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import coverage
import pytest

TOOL = Path(__file__).parents[1] / "tools" / "mutants"
sys.path.insert(0, str(TOOL))
import reach  # noqa: E402
from exchange import Exchange  # noqa: E402
from faults import Fault, Finder  # noqa: E402

TEXT = '''
import functools

LIMIT: int = 3

def plain(x: int = 1, *, flag: bool = True) -> int:
    """Text with 5 numbers."""
    if x < LIMIT and flag:
        return x + 2
    list(zip([], [], strict=True)), dict(strict=True)
    raise ValueError("not 7")

@functools.lru_cache(None)
def cached(x):
    return [y * 10 for y in range(x)]

class Holder:
    def method(self, size=(2, 3)):
        return lambda: not size
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "subject.py"
    file.write_text(TEXT)
    return file


def faults(path: Path) -> dict[str, str]:
    finder = Finder(path)
    finder.visit(ast.parse(TEXT))
    return {f"{fault.line}: {fault.old} -> {fault.new}": fault.planted() for fault in finder.faults}


def load(path: Path) -> ModuleType:
    module = ModuleType("subject")
    exec(compile(TEXT, str(path), "exec"), vars(module))
    return module


def test_faults_of_a_text(path: Path) -> None:
    assert sorted(faults(path)) == [
        "10: True -> False",
        "15: * -> /",
        "15: 10 -> 11",
        "18: 2 -> 3",
        "18: 3 -> 4",
        "19: not  -> ",
        "4: 3 -> 4",
        "6: 1 -> 2",
        "6: True -> False",
        "8: < -> <=",
        "8: and -> or",
        "9: + -> -",
        "9: 2 -> 3",
    ]


@pytest.mark.parametrize(
    ("fault", "call", "before", "after"),
    [
        ("8: < -> <=", lambda m: m.plain(2), 4, 4),
        ("9: + -> -", lambda m: m.plain(), 3, -1),
        ("9: 2 -> 3", lambda m: m.plain(2), 4, 5),
        ("6: 1 -> 2", lambda m: m.plain(), 3, 4),
        ("8: and -> or", lambda m: m.plain(2, flag=True), 4, 4),
        ("15: 10 -> 11", lambda m: m.cached.__wrapped__(3), [0, 10, 20], [0, 11, 22]),
        ("15: * -> /", lambda m: m.cached.__wrapped__(2), [0, 10], [0.0, 0.1]),
        ("18: 2 -> 3", lambda m: m.Holder().method.__defaults__, ((2, 3),), ((3, 3),)),
        ("18: 3 -> 4", lambda m: m.Holder().method.__defaults__, ((2, 3),), ((2, 4),)),
        ("19: not  -> ", lambda m: m.Holder().method()(), False, (2, 3)),
    ],
)
def test_functions_that_exist_get_the_fault(path: Path, fault: str, call, before: object, after: object) -> None:
    module = load(path)
    apply = Exchange().prepare(path, TEXT, faults(path)[fault])
    assert call(module) == before
    apply()
    assert call(module) == after


def test_a_default_that_is_a_keyword_only(path: Path) -> None:
    module = load(path)
    Exchange().prepare(path, TEXT, faults(path)["6: True -> False"])()
    with pytest.raises(ValueError, match="not 7"):
        module.plain()
    assert module.plain.__kwdefaults__ == {"flag": False}


def test_what_runs_at_import_is_left_to_a_new_process(path: Path) -> None:
    module = load(path)
    Exchange().prepare(path, TEXT, faults(path)["4: 3 -> 4"])()
    assert module.LIMIT == 3


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a package, of whose functions each was executed by one test."""
    run, file = tmp_path / "run", tmp_path / "python" / "ferrotorch" / "folder" / "subject.py"
    file.parent.mkdir(parents=True)
    file.write_text("def first():\n    return 1\n\ndef second():\n    return 2\n")
    run.mkdir()
    with zipfile.ZipFile(run / "sources.zip", "w") as archive:
        archive.write(file, "folder/subject.py")
    lines = coverage.CoverageData(str(run / "lines"))
    for test, line in {"tests/a.py::a": 2, "tests/a.py::b": 5}.items():
        lines.set_context(test)
        lines.add_lines({f"/elsewhere/python/ferrotorch/{file.parent.name}/{file.name}": [line]})
    lines.write()
    seconds = {"tests/a.py::a": 1.0, "tests/a.py::b": 2.0, "tests/folder/c.py::c": 3.0}
    (run / "seconds.json").write_text(json.dumps(seconds))
    monkeypatch.setattr(reach, "PACKAGE", file.parents[1])
    monkeypatch.setattr(reach, "runs", lambda: [run])
    return file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def first():\n    return 1\n\ndef second():\n    return 2\n", ["tests/a.py::b"]),
        (
            "def zero():\n    return 0\n\n\ndef first():\n    return 1\n\ndef second():\n    return 2\n",
            ["tests/a.py::b"],
        ),
        ("def second():\n    return 2\n    return 3\n", ["tests/a.py::b"]),
        ("def first():\n    return 1\n\ndef third():\n    return 3\n", ["tests/a.py::a"]),
        ("def third():\n    return 3\n", ["tests/folder/c.py::c"]),
    ],
    ids=["as it was", "moved", "new in a known function", "a new function", "a new file"],
)
def test_tests_of_the_last_line(recorded: Path, text: str, expected: list[str]) -> None:
    recorded.write_text(text)
    reach.tree_of.cache_clear()
    fault = Fault(recorded, len(text.splitlines()), 11, "2", "3")
    assert reach.Reach().tests(fault) == expected
