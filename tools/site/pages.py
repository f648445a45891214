"""Pages of the guide, from Markdown to HTML that is readable on any screen."""

import html
import os
import re
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r'(href|src)="(?!\w+:|#)([^"#]+)(#[^"]*)?"')
SOURCES = "https://github.com/ferrotorch/ferrotorch/blob/main/"
STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #b7410e; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 1rem 4rem; max-width: 60rem; font: 1rem/1.6 system-ui, sans-serif; }
nav { border-bottom: 1px solid var(--line); padding: .75rem 0; margin-bottom: 1rem; }
nav summary { cursor: pointer; font-weight: 600; }
nav ol { columns: 16rem; padding-left: 1.5rem; }
a { color: var(--accent); }
h1, h2 { line-height: 1.25; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .4rem; font-size: .875rem; }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
pre code { overflow-wrap: normal; }
img { max-width: 100%; height: auto; background: white; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
.codehilite .k, .codehilite .kn, .codehilite .ow { color: #a626a4; }
.codehilite .s1, .codehilite .s2, .codehilite .sd { color: #40803a; }
.codehilite .c1 { color: #888; font-style: italic; }
.codehilite .mi, .codehilite .mf { color: #b07010; }
"""


def examples(text: str) -> Iterator[tuple[int, str]]:
    """The Python blocks of a page that run, with the number of their first line."""
    for match in BLOCK.finditer(text):
        yield text.count("\n", 0, match.start(1)) + 1, match[1]


def title_of(source: Path) -> str:
    """The first heading of a page."""
    return source.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def target_of(path: Path) -> Path:
    """The name of a page of the site: README is the index of its folder."""
    return path.with_name("index.html") if path.name == "README.md" else path.with_suffix(".html")


def page(source: Path, root: Path, titles: dict[Path, str]) -> str:
    """The HTML of a page, with a list of all pages at its head."""
    import markdown

    text = source.read_text(encoding="utf-8")
    extensions = ["fenced_code", "tables", "toc", "sane_lists", "codehilite"]
    body = markdown.markdown(text, extensions=extensions, extension_configs={"codehilite": {"guess_lang": False}})
    body = LINK.sub(lambda match: _link(match, source, root), body)
    title = html.escape(titles[source])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · ferrotorch</title>
<style>{STYLE}</style>
</head>
<body>
<nav>{_contents(source, root, titles)}</nav>
<main>
{body}
</main>
</body>
</html>
"""


def _contents(source: Path, root: Path, titles: dict[Path, str]) -> str:
    """All pages, folded, and the API reference."""
    docs = root / "docs"
    here = source.parent
    items = [
        f'<li><a href="{_relative(docs / target_of(path.relative_to(docs)), here)}">{html.escape(name)}</a></li>'
        for path, name in titles.items()
    ]
    items.append(f'<li><a href="{_relative(docs / "api/index.html", here)}">API reference</a></li>')
    return f"<details><summary>ferrotorch</summary><ol>{''.join(items)}</ol></details>"


def _relative(target: Path, folder: Path) -> str:
    return Path(os.path.relpath(target, folder)).as_posix()


def _link(match: re.Match[str], source: Path, root: Path) -> str:
    """A link to a page of the guide as one to its HTML, to another file of the project as one to its source."""
    attribute, path, name = match[1], match[2], match[3] or ""
    target = Path(os.path.normpath(source.parent / path))
    docs = root / "docs"
    if target.is_relative_to(docs) and target.suffix == ".md":
        path = _relative(docs / target_of(target.relative_to(docs)), source.parent)
    elif not target.is_relative_to(docs):
        path = SOURCES + target.relative_to(root).as_posix()
    return f'{attribute}="{path}{name}"'
