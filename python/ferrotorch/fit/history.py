"""What a training run measured, epoch by epoch: as rows, as a table, as a plot."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

__all__ = ["History"]


class History:
    """One row of named numbers for each epoch.

    ``history["val_loss"]`` is a column, ``history[-1]`` a row, ``print(history)`` the table, ``history.plot()`` a
    figure.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def append(self, row: dict[str, Any]) -> None:
        """Add the row of an epoch."""
        self.rows.append(row)

    @property
    def columns(self) -> list[str]:
        """The names of all numbers, in the order in which they came up."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __getitem__(self, key: str | int) -> Any:
        if isinstance(key, int):
            return self.rows[key]
        if key not in self.columns:
            raise KeyError(f"history has no {key!r}; it has {', '.join(self.columns) or 'no rows yet'}")
        return [row.get(key) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def _cells(self) -> list[list[str]]:
        names = [name for name in self.columns if all(_is_number(row.get(name, 0)) for row in self.rows)]
        return [names, *([_text(row.get(name)) for name in names] for row in self.rows)]

    def table(self) -> str:
        """The rows as text, one epoch a line. What is no number, such as a confusion matrix, is left out."""
        if not self.rows:
            return "(no epochs)"
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        )

    __str__ = table

    def __repr__(self) -> str:
        return f"History of {len(self)} epochs: {', '.join(self.columns)}"

    def _repr_html_(self) -> str:
        head, *body = self._cells()
        lines = ["".join(f"<th>{html.escape(cell)}</th>" for cell in head)]
        lines += ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in body]
        return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"

    def plot(self, path: Any = None) -> Any:
        """Curves over epochs, training and validation in one panel: a matplotlib figure, saved at ``path`` if given.

        Raises:
            ImportError: matplotlib is not installed.
        """
        figure = new_figure("History.plot")
        panels = self._panels()
        axes = figure.subplots(1, max(len(panels), 1), squeeze=False)[0]
        figure.set_size_inches(4.5 * max(len(panels), 1), 3.2)
        epochs = [row.get("epoch", i + 1) for i, row in enumerate(self.rows)]
        for axis, name in zip(axes, panels, strict=False):
            for column, label in ((name, "training"), (f"val_{name}", "validation")):
                if column in self.columns:
                    points = [(x, y) for x, y in zip(epochs, self[column], strict=True) if _is_number(y)]
                    axis.plot(*zip(*points, strict=True), label=label, marker="." if len(points) < 20 else None)
            axis.set(title=name, xlabel="epoch")
            axis.legend()
        if path is not None:
            figure.savefig(path, dpi=110)
        return figure

    def _panels(self) -> list[str]:
        names = dict.fromkeys(name.removeprefix("val_") for name in self.columns)
        drawn = [name for name in names if name not in ("epoch", "seconds", "lr")]
        return [n for n in drawn if any(_is_number(row.get(c)) for row in self.rows for c in (n, f"val_{n}"))]


def new_figure(what: str) -> Any:
    """An empty matplotlib figure, of no window.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(f"{what} draws with matplotlib, which is not installed: pip install matplotlib") from error
    return Figure(layout="constrained")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4g}"
