"""Modules of PyTorch that are not here: they can be imported, and what packages take from them refuses at its use."""

import subprocess
import sys
from pathlib import Path

import ferrotorch
import pytest
from ferrotorch._alias.absent import is_absent, reason
from ferrotorch._alias.absent_names import ABSENT

PROGRAM = """
import importlib
import torch
import torch._inductor.ir, torch.package
from ferrotorch._alias.absent_names import ABSENT
from torch._decomp import get_decompositions
from torch._inductor.custom_graph_pass import CustomGraphPass
from torch.distributed._shard.sharded_tensor import ShardedTensor

class Own(CustomGraphPass):
    def __init__(self):
        self.made = True

def said(call, *args):
    try:
        return repr(call(*args))
    except (AttributeError, NotImplementedError) as error:
        return f"{type(error).__name__}: {error}"

print(said(get_decompositions, []))
print(said(torch.package.PackageExporter, "x"))
print(said(Own))
try:
    get_decompositions([])
except ImportError as error:  # as for programs that do without
    assert isinstance(error, NotImplementedError)
print(said(lambda: torch._inductor.ir.Buffer.realize))
print(said(lambda: torch._decomp.nothing))
print(isinstance(torch.ones(1), ShardedTensor), hasattr(ShardedTensor, "local_shards"))
for name, found in ABSENT.items():
    module = importlib.import_module(f"torch.{name}")
    assert all(isinstance(getattr(module, each), type) for each in found.split()), name
"""
SAID = """
AbsentError: torch._decomp.get_decompositions is not in ferrotorch: ops are not rewritten into others.
AbsentError: torch.package.PackageExporter is not in ferrotorch: there are no archives of code and data;
AbsentError: torch._inductor.custom_graph_pass.CustomGraphPass is not in ferrotorch: nothing is compiled
AttributeError: torch._inductor.ir.Buffer is not in ferrotorch: nothing is compiled
AttributeError: module 'torch._decomp' has no attribute 'nothing'
False False
"""


def test_they_are_imported_and_refuse_at_their_use():
    done = subprocess.run(
        [sys.executable, "-m", "ferrotorch", "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines, expected = done.stdout.splitlines(), SAID.strip().splitlines()
    assert len(lines) == len(expected)
    for line, start in zip(lines, expected, strict=True):
        assert line.startswith(start)
        assert "is not in ferrotorch" not in line or line.endswith("See docs/compatibility.md")


def test_the_reason_is_that_of_the_nearest_part():
    assert "DTensor" in reason("distributed._shard.api") and "no such part" in reason("distributed.other")
    assert is_absent("_inductor.fx_passes") and not is_absent("special") and not is_absent("_inducto")


@pytest.mark.parametrize("name", sorted(ABSENT))
def test_none_of_them_is_here(name):
    path = Path(ferrotorch.__file__).parent.joinpath(*name.split("."))
    assert not path.exists() and not path.with_suffix(".py").exists()
