"""Names that the package finds when they are first asked for."""

import subprocess
import sys

import ferrotorch as torch
import pytest

EVERY_NAME = """
import ferrotorch as torch

for name in [*torch._PARTS, *torch._ELSEWHERE, *torch._FUNCTIONAL]:
    assert getattr(torch, name) is getattr(torch, name), name
    print(name)
"""


def test_what_is_loaded_later_is_there():
    done = subprocess.run([sys.executable, "-c", EVERY_NAME], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {"nn", "finfo", "celu"} <= set(done.stdout.split())


def test_a_name_that_is_nowhere_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'ferrotorch' has no attribute 'no_such_part'"):
        _ = torch.no_such_part


def test_special_shows_its_functions_alone():
    assert "erf" in dir(torch.special)
    assert all(callable(getattr(torch.special, name)) for name in dir(torch.special))
