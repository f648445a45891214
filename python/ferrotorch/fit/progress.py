"""Showing how far a run is: a bar in a terminal, a widget in a notebook, lines everywhere else."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

__all__ = ["Progress", "choose"]


class Progress:
    """Shows nothing. ``batches`` is the number of batches of an epoch, None where nobody knows."""

    def start_epoch(self, epoch: int, epochs: int, batches: int | None, done: int) -> None:
        """An epoch (counted from 1) begins, or goes on after ``done`` batches."""

    def show(self, done: int, loss: float) -> None:
        """``done`` batches of the epoch are behind us, with this mean loss. Called about ten times a second."""

    def end_epoch(self, row: dict[str, Any]) -> None:
        """The epoch is over; ``row`` is what it measured."""

    def close(self) -> None:
        """The run is over, or has failed."""


class Lines(Progress):
    """One line for each epoch."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._title = stream, ""

    def start_epoch(self, epoch: int, epochs: int, batches: int | None, done: int) -> None:
        """Remember which epoch the line will be about."""
        self._title = f"epoch {epoch}/{epochs}"

    def end_epoch(self, row: dict[str, Any]) -> None:
        """Write the line."""
        self._stream.write(f"{self._title}  {_numbers(row)}\n")
        self._stream.flush()


class Terminal(Lines):
    """A line that is written again and again, for terminals without tqdm."""

    _batches: int | None = None

    def start_epoch(self, epoch: int, epochs: int, batches: int | None, done: int) -> None:
        """Remember how long the bar will be."""
        super().start_epoch(epoch, epochs, batches, done)
        self._batches = batches

    def show(self, done: int, loss: float) -> None:
        """Write the line again."""
        part = f"{done}/{self._batches}" if self._batches else str(done)
        filled = 20 * done // self._batches if self._batches else 0
        self._stream.write(f"\r{self._title} |{'#' * filled:<20}| {part}  loss={loss:.4g}\x1b[K")
        self._stream.flush()

    def end_epoch(self, row: dict[str, Any]) -> None:
        """Replace the bar by what the epoch measured."""
        self._stream.write("\r\x1b[K")
        super().end_epoch(row)


class Tqdm(Progress):
    """A bar of tqdm for each epoch, in a terminal or a notebook."""

    def __init__(self, bar: Any, **options: Any) -> None:
        self._make, self._options, self._bar = bar, options, None

    def start_epoch(self, epoch: int, epochs: int, batches: int | None, done: int) -> None:
        """Begin a bar."""
        title = f"epoch {epoch}/{epochs}"
        self._bar = self._make(total=batches, initial=done, desc=title, unit="batch", **self._options)

    def show(self, done: int, loss: float) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss={loss:.4g}", refresh=False)
            self._bar.update(done - self._bar.n)

    def end_epoch(self, row: dict[str, Any]) -> None:
        """Leave the bar with what the epoch measured."""
        if self._bar is not None:
            self._bar.set_postfix_str(_numbers(row), refresh=True)
        self.close()

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class Notebook(Progress):
    """A bar of HTML, for notebooks without the widgets that tqdm needs there."""

    def __init__(self) -> None:
        from IPython.display import HTML, display  # type: ignore[import-not-found, unused-ignore]

        self._html, self._display, self._handle = HTML, display, None
        self._title, self._lines = "", list[str]()
        self._batches: int | None = None

    def start_epoch(self, epoch: int, epochs: int, batches: int | None, done: int) -> None:
        """Begin the bar of the epoch under the lines of those before."""
        self._title, self._batches = f"epoch {epoch}/{epochs}", batches
        self.show(done, float("nan"))

    def show(self, done: int, loss: float) -> None:
        """Move the bar."""
        bar = f'<progress value="{done}" max="{self._batches or done + 1}"></progress>'
        self._write(f"{self._title} {bar} loss={loss:.4g}")

    def end_epoch(self, row: dict[str, Any]) -> None:
        """Replace the bar by what the epoch measured."""
        self._lines.append(f"{self._title} {_numbers(row)}")
        self._write("")

    def _write(self, last: str) -> None:
        page = self._html("<br>".join([*self._lines, last]))
        if self._handle is None:
            self._handle = self._display(page, display_id=True)
        else:
            self._handle.update(page)


def _numbers(row: dict[str, Any]) -> str:
    shown = {name: value for name, value in row.items() if isinstance(value, float)}
    return "  ".join(f"{name}={value:.4g}" for name, value in shown.items())


def _in_notebook() -> bool:
    """Whether this runs in a kernel of Jupyter: a shell with a front end that shows HTML."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return running is not None and hasattr(running, "kernel")


def choose(wanted: bool, stream: Any = None) -> Progress:
    """What suits the place where the program runs; nothing if it is not ``wanted``."""
    if not wanted:
        return Progress()
    stream = sys.stderr if stream is None else stream
    has_tqdm = importlib.util.find_spec("tqdm") is not None
    if _in_notebook():
        if has_tqdm and importlib.util.find_spec("ipywidgets") is not None:
            from tqdm.notebook import tqdm as widget  # type: ignore[import-untyped, unused-ignore]

            return Tqdm(widget)
        return Notebook()
    if not (hasattr(stream, "isatty") and stream.isatty()):
        return Lines(stream)
    if has_tqdm:
        from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

        return Tqdm(tqdm, file=stream, dynamic_ncols=True)
    return Terminal(stream)
