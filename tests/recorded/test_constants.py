"""Modules and classes hold the numbers, flags and texts that they hold in PyTorch."""

import json

from recorded import constants

# What differs, and why: devices and builds are others here.
KEPT = {
    "torch.cuda.has_magma": "no such library",
    "torch.distributed.Backend.backend_capability": "the backends that there are",
    "torch.distributed.Backend.backend_list": "the backends that there are",
    "torch.distributed.Backend.default_device_backend_map": "the devices that there are",
    "torch.utils.collect_env.SystemEnv._fields": "another environment is told of",
}


def test_constants() -> None:
    ours, expected = constants.constants_in("ferrotorch"), json.loads(constants.FILE.read_text())
    shared = ours.keys() & expected.keys()
    differing = {name: (ours[name], expected[name]) for name in shared if ours[name] != expected[name]}
    assert differing.keys() == KEPT.keys(), differing
