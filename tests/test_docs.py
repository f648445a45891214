"""The examples of README.md and of the user guide in docs/ run as they stand."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!\w+://)([^)#]+)")


def examples():
    for path in FILES:
        text = path.read_text()
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            yield pytest.param(path, line, match[1], id=f"{path.relative_to(ROOT)}:{line}")


# On a GPU, ops without a shader run on the host and say so once.
@pytest.mark.filterwarnings("ignore:.*runs on the host")
@pytest.mark.parametrize(("path", "line", "code"), list(examples()))
def test_example_runs(path, line, code):
    # Empty lines in front, so that a traceback names the line of the document.
    exec(compile("\n" * (line - 1) + code, path, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in LINK.findall(path.read_text()):
        assert (path.parent / target).exists(), target
