"""Parameters have the defaults that they have in PyTorch."""

import json

from recorded import defaults

# What has another default here, and why.
KEPT = {
    "torch.utils.data.graph_settings.apply_sharding(sharding_group)": "there is one kind of sharing out",
    "torch.autograd.profiler.FunctionEvent(flops)": "a count, which is 0 where there are none",
    "torch.nn.parallel.DistributedDataParallel(broadcast_buffers)": "the name is not deprecated here",
}


def test_defaults() -> None:
    ours, expected = defaults.defaults_in("ferrotorch"), json.loads(defaults.FILE.read_text())
    differing = {
        f"{name}({parameter})": (value, expected[name][parameter])
        for name, own in ours.items()
        for parameter, value in own.items()
        if expected.get(name, {}).get(parameter, value) != value
    }
    assert differing.keys() == KEPT.keys(), differing
