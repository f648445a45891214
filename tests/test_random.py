"""`torch.random`: the default generator and blocks that leave it as it was."""

import ferrotorch as torch
import pytest


@pytest.mark.parametrize("arguments", [{}, {"devices": []}, {"devices": ["cpu"], "device_type": "cpu"}])
def test_fork_rng_restores_the_stream(arguments):
    torch.manual_seed(3)
    torch.rand(2)
    with torch.random.fork_rng(**arguments):
        inside = torch.rand(3)
    assert torch.equal(torch.rand(3), inside)


def test_fork_rng_restores_after_an_exception_and_can_be_disabled():
    torch.manual_seed(3)
    with pytest.raises(KeyError), torch.random.fork_rng():
        raise KeyError(torch.rand(3))
    first = torch.rand(3)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(3), first)
    torch.manual_seed(3)
    with torch.random.fork_rng(enabled=False):
        first = torch.rand(3)
    assert not torch.equal(torch.rand(3), first)
