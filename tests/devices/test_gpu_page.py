"""The table of docs/gpu.md says where calls are computed."""

import importlib.util
from pathlib import Path

import ferrotorch as torch
import pytest

ROOT = Path(__file__).parents[2]


def test_the_table_is_current(gpu):
    facts = torch.wgpu.get_device_properties(gpu)
    if not (facts.has_int64 and facts.has_float64):
        pytest.skip("the table is that of an adapter with 64-bit numbers")
    spec = importlib.util.spec_from_file_location("gpu_table", ROOT / "tools" / "gpu_table.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = (ROOT / "docs" / "gpu.md").read_text()
    assert page == tool.rewritten(page), "run python tools/gpu_table.py"
