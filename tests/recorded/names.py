"""The public names of the library, and the names that recorded calls show."""

import gzip
import inspect
import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import ferrotorch as torch
import ferrotorch.distributions
import ferrotorch.nn.functional
import ferrotorch.optim.lr_scheduler
import ferrotorch.utils.data

CONFORMANCE = Path(__file__).parents[1] / "conformance" / "data"
VALUES = ("ops", "extra", "modules", "optim", "sched", "indexing", "promotion", "repr", "rng")
MODULES = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.nn": torch.nn,
    "torch.nn.functional": torch.nn.functional,
    "torch.optim": torch.optim,
    "torch.optim.lr_scheduler": torch.optim.lr_scheduler,
    "torch.distributions": torch.distributions,
    "torch.utils.data": torch.utils.data,
}
# What PyTorch has not: nothing can be recorded of it.
OURS = {"torch.install_as_torch"}
# How snippets call the modules.
SHORT = {
    "torch.nn.functional": "F",
    "torch.nn": "nn",
    "torch.optim.lr_scheduler": "S",
    "torch.optim": "optim",
    "torch.distributions": "D",
    "torch.utils.data": "data",
}


def public_names(path: str) -> list[str]:
    """The classes and functions of a module, or the methods and attributes of a class."""
    holder = MODULES[path]
    names = [name for name in dir(holder) if not name.startswith("_") and f"{path}.{name}" not in OURS]
    if not isinstance(holder, ModuleType):
        return names
    return [name for name in names if is_api(getattr(holder, name))]


def is_api(value: Any) -> bool:
    return callable(value) and not inspect.ismodule(value) and getattr(value, "__module__", None) != "typing"


@cache
def recorded_calls(group: str) -> list[dict[str, Any]]:
    with gzip.open(CONFORMANCE / f"{group}.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


@cache
def method_cases(most: int = 3) -> dict[str, list[dict[str, Any]]]:
    """Recorded calls, by name, of functions that are methods too and take a tensor first."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for case in recorded_calls("ops"):
        module, _, name = case["path"].rpartition(".")
        args = case["args"]["tuple"]
        takes_tensor = bool(args) and isinstance(args[0], dict) and "T" in args[0]
        if module == "torch" and takes_tensor and hasattr(torch.Tensor, name) and len(found[name]) < most:
            found[name].append(case)
    return {name: cases for name, cases in found.items() if cases}


@cache
def shown_names() -> frozenset[str]:
    """Full names of what some recorded call, whose values are compared, shows."""
    cases = [case for group in VALUES for case in recorded_calls(group)]
    paths = {case["path"] for case in cases if "path" in case}
    paths |= {f"torch.Tensor.{case['inplace']}" for case in cases if "inplace" in case}
    for name in method_cases():
        paths |= {f"torch.Tensor.{name}", f"torch.Tensor.{name}_", f"torch.{name}_"}
    snippets = " ".join(case.get("code", "") + case.get("make", "") for case in cases)
    for path, short in SHORT.items():
        paths |= {f"{path}.{name}" for name in re.findall(rf"\b{short}\.(\w+)", snippets)}
    paths |= set(re.findall(r"\btorch(?:\.\w+)+", snippets))
    return frozenset(paths | {f"torch.Tensor.{name}" for name in re.findall(r"[\w\])]\.(\w+)", snippets)})
