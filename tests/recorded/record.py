"""Writes what PyTorch answers to the snippets of `cases/`.

Run from the folder `tests` with a Python that has PyTorch: python -m recorded.record [TABLE ...]
"""

import sys
import warnings
from typing import Any

import torch
from recorded import answers
from recorded.cases import TABLES
from recorded.space import Space


def answer(snippet: str) -> Any:
    try:
        return answers.encode(torch, eval(snippet, Space(torch).names()))
    except Exception as error:
        raise SystemExit(f"{snippet}\n    {type(error).__name__}: {error}") from error


def main() -> None:
    warnings.simplefilter("ignore")
    for table in sys.argv[1:] or TABLES:
        snippets = [snippet for group in TABLES[table].values() for snippet in group]
        answers.write(table, {snippet: answer(snippet) for snippet in snippets})
        print(f"{table}: {len(snippets)} snippets of {len(TABLES[table])} names")


if __name__ == "__main__":
    main()
