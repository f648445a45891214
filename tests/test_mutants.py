"""The tool that plants faults: what it finds to change in a text, and how functions that exist come to have it."""

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "mutants"
sys.path.insert(0, str(TOOL))
from exchange import Exchange  # noqa: E402
from faults import Finder  # noqa: E402

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
