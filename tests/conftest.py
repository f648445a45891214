"""What the tests share: the devices of the machine, and helpers in `support/`."""

import functools
import sys
from pathlib import Path

import ferrotorch as torch
import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))


@functools.cache
def has_gpu() -> bool:
    try:
        torch.zeros(1, device="wgpu")
    except RuntimeError:
        return False
    return True


@pytest.fixture(params=["cpu", "wgpu"])
def device(request: pytest.FixtureRequest) -> str:
    """Each device there is: a test that takes it runs once on each."""
    return request.getfixturevalue("gpu") if request.param == "wgpu" else request.param


@pytest.fixture
def gpu() -> str:
    """The name of a GPU; without one the test is skipped."""
    if not has_gpu():
        pytest.skip("no GPU adapter, not even a software one: apt-get install libvulkan1 mesa-vulkan-drivers")
    return "wgpu"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On a GPU, ops without a shader run on the host and say so once."""
    for item in items:
        if "gpu" in getattr(item, "fixturenames", ()) or "device" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.filterwarnings("ignore:.*runs on the host"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-rounds", type=int, default=12, help="calls of each op with hostile arguments")
