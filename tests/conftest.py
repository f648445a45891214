"""What the tests share: the devices of the machine, and helpers in `support/`."""

import sys
from pathlib import Path

import ferrotorch as torch
import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))


# The kinds of devices that the library finds here and that tensors have elements on.
KINDS = list(dict.fromkeys(device.type for device in torch._C._devices()))


@pytest.fixture(params=KINDS)
def device(request: pytest.FixtureRequest) -> str:
    """Each kind of device there is: a test that takes it runs once on each."""
    return request.param


@pytest.fixture
def gpu() -> str:
    """The name of a GPU; without one the test is skipped."""
    if "wgpu" not in KINDS:
        pytest.skip("no GPU adapter, not even a software one: apt-get install libvulkan1 mesa-vulkan-drivers")
    return "wgpu"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On a GPU, ops without a shader run on the host and say so once."""
    for item in items:
        if "gpu" in getattr(item, "fixturenames", ()) or "device" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.filterwarnings("ignore:.*runs on the host"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-rounds", type=int, default=12, help="calls of each op with hostile arguments")
