"""Writes what PyTorch answers to the snippets of `cases/` and the programs of `programs/`.

Run from the folder `tests` with a Python that has PyTorch: python -m recorded.record [TABLE ...]
"""

import sys
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from recorded import answers
from recorded.cases import TABLES
from recorded.programs import PROGRAMS
from recorded.space import Space


def answer(what: str, compute: Callable[[dict[str, Any]], Any]) -> Any:
    try:
        return answers.encode(torch, compute(Space(torch).names()))
    except Exception as error:
        raise SystemExit(f"{what}\n    {type(error).__name__}: {error}") from error


def record_snippets(table: str) -> None:
    snippets = [snippet for group in TABLES[table].values() for snippet in group]
    answers.write(table, {text: answer(text, lambda names, text=text: eval(text, names)) for text in snippets})
    print(f"{table}: {len(snippets)} snippets of {len(TABLES[table])} names")


def record_programs(table: str) -> None:
    programs = PROGRAMS[table]
    answers.write(
        table,
        {name: answer(name, lambda names, run=run: run(SimpleNamespace(**names))) for name, run in programs.items()},
    )
    print(f"{table}: {len(programs)} programs")


def main() -> None:
    warnings.simplefilter("ignore")
    for table in sys.argv[1:] or [*TABLES, *PROGRAMS]:
        (record_snippets if table in TABLES else record_programs)(table)


if __name__ == "__main__":
    main()
