"""Build the user guide as web pages: ``python tools/site OUTPUT``.

Each page of docs/ is run first, in the folder of its page, so that the plots that its examples draw are there. Then it
is written as HTML, with links to the other pages; a link that leads nowhere ends the build. Where the output has an API
reference already, names of which it says nothing are links no more.
"""

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pages

ROOT = Path(__file__).resolve().parents[2]


class Links(HTMLParser):
    """The targets of links and pictures of a page, and the names that links may end in."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and ((tag == "a" and name == "href") or (tag == "img" and name == "src")):
                self.targets.append(value)
            elif value and name == "id":
                self.names.add(value)


def links_of(page: Path) -> Links:
    """The links of a page."""
    links = Links()
    links.feed(page.read_text(encoding="utf-8"))
    return links


def dead_links(pages: list[Path]) -> dict[Path, list[str]]:
    """The targets of the links of each page that lead nowhere."""
    found = {page: links_of(page) for page in pages}

    def is_dead(page: Path, target: str) -> bool:
        path, _, name = target.partition("#")
        file = Path(os.path.normpath(page.parent / path)) if path else page
        return not file.exists() or bool(name and file in found and name not in found[file].names)

    local = {page: [t for t in links.targets if not re.match(r"\w+:", t)] for page, links in found.items()}
    return {page: [target for target in targets if is_dead(page, target)] for page, targets in local.items()}


def broken_links(folder: Path, pages: list[Path]) -> list[str]:
    """The links of pages that lead nowhere in a folder, as text."""
    return [f"{page.relative_to(folder)}: {target}" for page, dead in dead_links(pages).items() for target in dead]


def without_dead_links(pages: list[Path]) -> None:
    """Leave of dead links the text: the tool that writes the reference links each name that a docstring mentions."""
    for page, dead in dead_links(pages).items():
        text = page.read_text(encoding="utf-8")
        for target in set(dead):
            text = text.replace(f'<a href="{target}">', "<a>")
        if dead:
            page.write_text(text, encoding="utf-8")


def run_examples(source: Path, folder: Path) -> None:
    """Run the examples of a page where its HTML will be, with the project's examples at hand."""
    folder.mkdir(parents=True, exist_ok=True)
    here = Path.cwd()
    link = folder / "examples"
    if not link.exists():
        link.symlink_to(ROOT / "examples", target_is_directory=True)
    os.chdir(folder)
    try:
        for line, code in pages.examples(source.read_text(encoding="utf-8")):
            exec(compile("\n" * (line - 1) + code, str(source), "exec"), {"__name__": "__main__"})
    finally:
        os.chdir(here)
        link.unlink()


def main(output: str) -> None:
    """Build the site in a folder, of which nothing but the guide's own pages is replaced."""
    folder = Path(output).resolve()
    sources = sorted((ROOT / "docs").rglob("*.md"))
    titles = {source: pages.title_of(source) for source in sources}
    written = []
    for source in sources:
        target = folder / pages.target_of(source.relative_to(ROOT / "docs"))
        print(source.relative_to(ROOT), flush=True)
        run_examples(source, target.parent)
        target.write_text(pages.page(source, ROOT, titles), encoding="utf-8")
        written.append(target)
    reference = sorted((folder / "api").rglob("*.html"))
    without_dead_links(reference)
    if broken := broken_links(folder, written + reference):
        sys.exit("links that lead nowhere:\n" + "\n".join(broken))


if __name__ == "__main__":
    main(*sys.argv[1:])
