"""The examples of README.md and of the user guide in docs/ run as they stand, and its links lead somewhere."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OTHERS = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "ARCHITECTURE.md")]
LINK = re.compile(r"\]\((?!\w+://)([^)#]+)")
DRAWN = re.compile(r"""\.(?:savefig|plot|save)\("([^"]+\.(?:png|svg))"\)""")


def site_module(name):
    spec = importlib.util.spec_from_file_location(f"site_{name}", ROOT / "tools" / "site" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(ROOT / "tools" / "site"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


PAGES = site_module("pages")


def examples():
    for path in FILES:
        for line, code in PAGES.examples(path.read_text()):
            yield pytest.param(path, line, code, id=f"{path.relative_to(ROOT)}:{line}")


# On a GPU, ops without a shader run on the host and say so once.
@pytest.mark.filterwarnings("ignore:.*runs on the host")
@pytest.mark.parametrize(("path", "line", "code"), list(examples()))
def test_example_runs(path, line, code, tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    # Empty lines in front, so that a traceback names the line of the document.
    exec(compile("\n" * (line - 1) + code, path, "exec"), {"__name__": "__main__"})
    for picture in DRAWN.findall(code):
        assert (tmp_path / picture).stat().st_size > 1000, picture


@pytest.mark.parametrize("path", [*FILES, *OTHERS], ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text()
    drawn = set(DRAWN.findall(text))
    for target in LINK.findall(text):
        assert target in drawn or (path.parent / target).exists(), target


def test_every_page_is_reached_from_the_first():
    reached, queue = set(), [ROOT / "docs" / "README.md"]
    while queue:
        page = queue.pop()
        if page not in reached:
            reached.add(page)
            queue += [(page.parent / link).resolve() for link in LINK.findall(page.read_text()) if link.endswith(".md")]
    assert [path for path in FILES if path not in reached and path.name != "README.md"] == []


def test_pages_fit_any_screen():
    assert "overflow-x: auto" in PAGES.STYLE
    widths = re.findall(r"(?<!-)\bwidth:\s*([^;]+);", PAGES.STYLE)
    assert not any(width.endswith("px") for width in widths)
    assert PAGES.target_of(Path("recipes/README.md")) == Path("recipes/index.html")


def test_the_builder_finds_broken_links(tmp_path):
    builder = site_module("__main__")
    (tmp_path / "a.html").write_text('<h1 id="top"></h1><a href="b.html#x">b</a><a href="#top">a</a><img src="no.png">')
    (tmp_path / "b.html").write_text('<a href="a.html#top">a</a><a href="https://example.org">far</a>')
    broken = builder.broken_links(tmp_path, [tmp_path / "a.html", tmp_path / "b.html"])
    assert broken == ["a.html: b.html#x", "a.html: no.png"]


def test_dead_links_of_the_reference_become_text(tmp_path):
    builder = site_module("__main__")
    page = tmp_path / "a.html"
    page.write_text('<p id="x"><a href="#x">x</a> <a href="#y">y</a> <a href="b.html">b</a></p>')
    builder.without_dead_links([page])
    assert page.read_text() == '<p id="x"><a href="#x">x</a> <a>y</a> <a>b</a></p>'
    assert builder.broken_links(tmp_path, [page]) == []
