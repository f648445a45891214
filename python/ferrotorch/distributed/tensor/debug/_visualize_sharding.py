"""A table of which process has which part of a tensor."""

from __future__ import annotations

import itertools
from typing import Any

from ferrotorch.distributed.tensor._api import DTensor
from ferrotorch.distributed.tensor._dtensor_spec import DTensorSpec

__all__ = ["visualize_sharding"]

Range = tuple[int, int]


def visualize_sharding(dtensor: DTensor, header: str = "", use_rich: bool = False) -> None:
    """Print which rows and columns of a tensor which process has; the first process of its mesh prints.

    Nothing is printed of an empty tensor.

    Args:
        dtensor: A tensor of one or two dimensions.
        header: Printed above the table.
        use_rich: Accepted: the table is plain text.

    Raises:
        RuntimeError: a tensor of other dimensions.
    """
    if not dtensor.numel():
        return
    if dtensor.ndim not in (1, 2):
        raise RuntimeError("visualize sharding supports only 1D or 2D DTensor")
    coordinate = dtensor.device_mesh.get_coordinate()
    if coordinate is None or any(coordinate):
        return
    if header:
        print(header)
    print(_table(_parts(dtensor), dtensor.device_mesh.device_type))


def _parts(tensor: DTensor) -> list[tuple[Range, Range, int]]:
    """Of each process the first and last row, the first and last column, and its number."""
    spec, ranks = tensor._spec, tensor.device_mesh.mesh
    parts = []
    for place in itertools.product(*map(range, ranks.shape)):
        shape, offset = _Seen(spec, tuple(place)).part()
        rows, columns = (*zip(offset, shape, strict=True), (0, 1))[:2]
        parts.append((_ends(*rows), _ends(*columns), int(ranks[place])))
    return parts


class _Seen(DTensorSpec):
    """How a tensor lies, from another process's place."""

    def __init__(self, spec: DTensorSpec, place: tuple[int, ...]) -> None:
        super().__init__(spec.mesh, spec.placements, spec.shape, spec.stride)
        object.__setattr__(self, "_place", place)

    def coordinate(self) -> tuple[int, ...]:
        """That place."""
        place: tuple[int, ...] = self.__dict__["_place"]
        return place

    def part(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shape and beginning of the part there."""
        return self.local_shape(), self.local_offset()


def _ends(begin: int, length: int) -> Range:
    return begin, begin + length - 1


def _table(parts: list[tuple[Range, Range, int]], device: str) -> str:
    """The table as text: a row of cells for each range of rows."""
    rows, columns = sorted({part[0] for part in parts}), sorted({part[1] for part in parts})
    cells: Any = [["", *(f"Col {first}-{last}" for first, last in columns)]]
    for row in rows:
        line = [f"Row {row[0]}-{row[1]}"]
        for column in columns:
            ranks = [str(rank) for of_rows, of_columns, rank in parts if (of_rows, of_columns) == (row, column)]
            line.append(f"{device}:{','.join(ranks)}" if ranks else "")
        cells.append(line)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )
