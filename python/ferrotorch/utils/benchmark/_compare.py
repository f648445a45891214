"""Tables of measurements: a row for each thing that is measured, a column for each way of doing it."""

from __future__ import annotations

from collections.abc import Iterable

from ferrotorch.utils.benchmark._measurement import Measurement, select_unit, trim_sigfig

__all__ = ["Compare"]

_GREEN, _RED, _END = "\033[92m", "\033[91m", "\033[0m"


class Compare:
    """Shows measurements as tables.

    Args:
        results: the measurements; those of one label share a table, of one description a column.
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self.extend_results(results)
        self._trims = self._colors = self._warns = False

    def __str__(self) -> str:
        return "\n".join(self._tables())

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
        """Mark the best of each row for a terminal, and what takes more than half as much again."""
        self._colors = True

    def highlight_warnings(self) -> None:
        """Mark doubtful measurements."""
        self._warns = True

    def print(self) -> None:
        """Print the tables."""
        print(str(self))

    def _tables(self) -> list[str]:
        merged = Measurement.merge(self._results)
        labels = dict.fromkeys(measurement.task_spec.label for measurement in merged)
        return [self._table([m for m in merged if m.task_spec.label == label]) for label in labels]

    def _table(self, results: list[Measurement]) -> str:
        unit, scale = select_unit(min(result.median for result in results))
        columns = list(dict.fromkeys(result.task_spec.description or "" for result in results))
        names = list(dict.fromkeys((result.task_spec.num_threads, result.as_row_name) for result in results))
        widths = [max(len(column), 8) for column in columns]
        first = max([len(name) for _, name in names] + [8])
        head = " " * (first + 6) + "  |  ".join(["", *(c.center(w) for c, w in zip(columns, widths, strict=True))])[2:]
        title = f" {results[0].task_spec.label or ''} ".center(max(len(head), 20), "-")
        lines = [f"[{title}]", head.rstrip()]
        threads: int | None = None
        for number, name in names:
            if number != threads:
                threads = number
                lines.append(f"{threads} threads: ".ljust(len(title) + 2, "-"))
            row = [self._find(results, number, name, column) for column in columns]
            cells = self._cells(row, scale, widths)
            lines.append(f"      {name.ljust(first)}" + "".join(f"  |  {cell}" for cell in cells))
        names_of_units = {
            "ns": "nanoseconds (ns)",
            "us": "microseconds (us)",
            "ms": "milliseconds (ms)",
            "s": "seconds (s)",
        }
        return "\n".join([*lines, "", f"Times are in {names_of_units[unit]}.", ""])

    def _find(self, results: list[Measurement], threads: int, name: str, column: str) -> Measurement | None:
        wanted = (threads, name, column)
        for result in results:
            if (result.task_spec.num_threads, result.as_row_name, result.task_spec.description or "") == wanted:
                return result
        return None

    def _cells(self, row: list[Measurement | None], scale: float, widths: list[int]) -> list[str]:
        best = min(result.median for result in row if result is not None)
        cells = []
        for result, width in zip(row, widths, strict=True):
            if result is None:
                cells.append(" " * width)
                continue
            value = trim_sigfig(result.median, result.significant_figures) if self._trims else result.median
            text = f"{value / scale:.1f}{' (! doubtful)' if self._warns and result.has_warnings else ''}".center(width)
            if self._colors and result.median == best:
                text = f"{_GREEN}{text}{_END}"
            elif self._colors and result.median > 1.5 * best:
                text = f"{_RED}{text}{_END}"
            cells.append(text)
        return cells
