"""Tables of measurements: a row for each thing that is measured, a column for each way of doing it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ferrotorch.utils.benchmark._measurement import Measurement, select_unit, trim_sigfig

__all__ = ["Compare"]

# What a terminal makes of a cell, by how many times the best of its column (or row) it takes: at most, or at least.
_BEST, _GOOD, _VERY_BAD, _BAD = "\033[92m\033[1m", "\033[34m\033[1m", "\033[31m\033[1m", "\033[2m\033[91m"
_END = "\033[0m"
_UNITS = {"ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds"}

Cell = Measurement | None


class _Column:
    """How the numbers of a column are written: with as many places as its largest number needs."""

    def __init__(self, cells: list[Cell], scale: float, trims: bool, warns: bool) -> None:
        results = [cell for cell in cells if cell is not None]
        self._scale, self._trims = scale, trims
        self._warns = warns and any(result.has_warnings for result in results)
        digits = [math.ceil(math.log10(result.median / scale)) for result in results]
        places = 1
        if trims:
            places = min(max(r.significant_figures - d, 0) for r, d in zip(results, digits, strict=True))
        self._width = max(digits) + places + (1 if places else 0)
        self._places = places

    def text(self, cell: Cell) -> str:
        if cell is None:
            return " " * len(self._format(1.0, ""))
        value = cell.median / self._scale
        if self._trims:
            value = trim_sigfig(value, cell.significant_figures)
        doubt = f" (! {cell.iqr / cell.median * 100:.0f}%)" if self._warns and cell.has_warnings else ""
        return self._format(value, doubt)

    def _format(self, value: float, doubt: str) -> str:
        return f"{value:>{max(self._width, 0)}.{self._places}f}{doubt:>{7 if self._warns else 0}}"


def _coloured(text: str, value: float, best: float) -> str:
    if value <= best * 1.01 or value <= best + 100e-9:
        return _BEST + text + _END * 2
    if value <= best * 1.1:
        return _GOOD + text + _END * 2
    if value >= best * 5:
        return _VERY_BAD + text + _END * 2
    return _BAD + text + _END * 2 if value >= best * 2 else text


class _Table:
    """The measurements of one label."""

    def __init__(self, results: list[Measurement], colors: str, trims: bool, warns: bool) -> None:
        self._colors, self._label = colors, results[0].task_spec.label or ""
        self._unit, scale = select_unit(min(result.median for result in results))
        rows = dict.fromkeys(self._row_of(result) for result in results)
        # Rows stay in the order in which they were measured within their number of threads and environment.
        self._rows = sorted(rows, key=lambda row: row[:2])
        self._columns = list(dict.fromkeys(result.task_spec.description for result in results))
        found = {(self._row_of(result), result.task_spec.description): result for result in results}
        self._cells = {row: [found.get((row, column)) for column in self._columns] for row in self._rows}
        self._formats = [
            _Column([self._cells[row][i] for row in self._rows], scale, trims, warns) for i in range(len(self._columns))
        ]
        self._environments = {result.env for result in results}
        self._doubtful = warns and any(result.has_warnings for result in results)

    @staticmethod
    def _row_of(result: Measurement) -> tuple[int, str, str]:
        return result.task_spec.num_threads, result.env, result.as_row_name

    def _heads(self) -> list[str]:
        """What stands in front of each row; the environment, if there are several, in the first row of each."""
        width = max(map(len, self._environments)) if len(self._environments) > 1 else 0
        heads, before = [], (0, "")
        for threads, environment, name in self._rows:
            told = f"({environment})" if width and before != (threads, environment) else ""
            heads.append("  " + told.ljust(width + 4) + name)
            before = threads, environment
        return heads

    def _best(self, row: tuple[int, str, str]) -> list[float]:
        if self._colors == "rowwise":
            return [min(cell.median for cell in self._cells[row] if cell is not None)] * len(self._columns)
        group = [self._cells[other] for other in self._rows if other[0] == row[0]]
        columns = zip(*group, strict=True)
        return [min((cell.median for cell in column if cell is not None), default=0.0) for column in columns]

    def _line(self, row: tuple[int, str, str], head: str, texts: list[str], widths: list[int]) -> str:
        cells = [text.center(width) for text, width in zip(texts, widths[1:], strict=True)]
        if self._colors:
            cells = [
                text if cell is None else _coloured(text, cell.median, best)
                for text, cell, best in zip(cells, self._cells[row], self._best(row), strict=True)
            ]
        return "  |  ".join([head.ljust(widths[0]), *cells])

    def __str__(self) -> str:
        heads = self._heads()
        texts = {
            row: [form.text(cell) for form, cell in zip(self._formats, self._cells[row], strict=True)]
            for row in self._rows
        }
        titles = [column or "" for column in self._columns]
        widths = [max(map(len, heads))]
        widths += [max(len(title), *(len(texts[row][i]) for row in self._rows)) for i, title in enumerate(titles)]
        top = "  |  ".join(title.center(width) for title, width in zip(["", *titles], widths, strict=True))
        lines = [f"[{f' {self._label} '.center(len(top) - 2, '-')}]", top]
        threads: int | None = None
        for row, head in zip(self._rows, heads, strict=True):
            if row[0] != threads:
                threads = row[0]
                lines.append(f"{threads} threads: ".ljust(len(top), "-"))
            lines.append(self._line(row, head, texts[row], widths))
        lines += ["", f"Times are in {_UNITS[self._unit]} ({self._unit}).", ""]
        if self._doubtful:
            lines[-1:] = ["(! XX%) Measurement has high variance, where XX is the IQR / median * 100.", ""]
        return "\n".join(lines)


class Compare:
    """Shows measurements as tables.

    Args:
        results: the measurements; those of one label share a table, of one description a column.
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self.extend_results(results)
        self._trims = self._warns = False
        self._colors = ""

    def __str__(self) -> str:
        merged = Measurement.merge(self._results)
        labels = dict.fromkeys(measurement.task_spec.label for measurement in merged)
        groups = ([m for m in merged if m.task_spec.label == label] for label in labels)
        return "\n".join(str(_Table(group, self._colors, self._trims, self._warns)) for group in groups)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Add measurements.

        Raises:
            ValueError: something else.
        """
        for result in results:
            if not isinstance(result, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(result)} instead.")
            self._results.append(result)

    def trim_significant_figures(self) -> None:
        """Show the figures only that can be believed."""
        self._trims = True

    def colorize(self, rowwise: bool = False) -> None:
        """Mark for a terminal what is best and good, and what takes twice and five times as long.

        Args:
            rowwise: compare within rows, not within the columns of one number of threads.
        """
        self._colors = "rowwise" if rowwise else "columnwise"

    def highlight_warnings(self) -> None:
        """Mark measurements that are doubtful with how far their quartiles are apart."""
        self._warns = True

    def print(self) -> None:
        """Print the tables."""
        print(str(self))
