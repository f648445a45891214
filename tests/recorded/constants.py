"""Numbers, flags and texts that modules and classes hold, as PyTorch has them.

Run from the folder `tests` with a Python that has PyTorch, to write them: python -m recorded.constants
"""

import importlib
import inspect
import json
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recorded.defaults import MODULES

FILE = Path(__file__).parent / "expected" / "constants.json"
SETTINGS = """
torch._dynamo.config torch._inductor.config torch._inductor.config.cpp torch._inductor.config.triton
torch._inductor.config.trace
"""
PLAIN = (bool, int, float, str)


def constants_in(root: str) -> dict[str, str]:
    """By full names, the literals that modules hold, and public classes of theirs."""
    found: dict[str, str] = {}
    for path in (MODULES + SETTINGS).split():
        for name, holder in holders_of(path, root):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found |= {f"{name}.{key}": repr(value) for key, value in literals_of(holder).items()}
    return found


def holders_of(path: str, root: str) -> Iterator[tuple[str, Any]]:
    try:
        module = importlib.import_module(path.replace("torch", root, 1))
    except ImportError:
        return
    yield path, module
    for name in dir(module):
        part = getattr(module, name, None)
        if inspect.isclass(part) and not name.startswith("_") and getattr(part, "__module__", "").startswith(root):
            yield f"{path}.{name}", part


def literals_of(holder: Any) -> dict[str, Any]:
    names = (name for name in dir(holder) if not name.startswith("__"))
    values = {name: inspect.getattr_static(holder, name, None) for name in names}
    return {name: value for name, value in values.items() if is_literal(value)}


def is_literal(value: Any) -> bool:
    if isinstance(value, defaultdict):  # counts what has been done
        return False
    if isinstance(value, Mapping):
        return all(is_literal(part) for pair in value.items() for part in pair)
    if type(value) in (tuple, list):
        return all(map(is_literal, value))
    return type(value) in PLAIN and not str(value).startswith("/")  # where a program lies on its machine


def main() -> None:
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in constants_in("torch").items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
