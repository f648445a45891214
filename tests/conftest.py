"""What the tests share: the devices of the machine, and helpers in `support/`."""

import functools
import sys
import warnings
from collections.abc import Iterator
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


@functools.cache
def lacks_features() -> bool:
    """Whether there is a GPU without 64-bit integers or floats, by nature or by `FERROTORCH_WGPU_DISABLE`."""
    if "wgpu" not in KINDS:
        return False
    facts = torch.wgpu.get_device_properties(0)
    return not (facts.has_int64 and facts.has_float64)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """On a GPU that lacks a dtype, tests of it are skipped, and the host may compute what it is needed for."""
    if {"gpu", "device"} & set(getattr(item, "fixturenames", ())) and lacks_features():
        warnings.filterwarnings("ignore", ".*runs on the host")
    try:
        return (yield)
    except TypeError as error:
        if "it lacks the feature SHADER_" in str(error):
            pytest.skip(str(error))
        raise


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-rounds", type=int, default=12, help="calls of each op with hostile arguments")
