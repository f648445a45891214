"""`torch.random`: the default generator and blocks that leave it as it was."""

import copy
import pickle

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


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seeds_beyond_64_bits_are_refused(seed):
    with pytest.raises(ValueError, match="64 bits"):
        torch.manual_seed(seed)


@pytest.mark.parametrize("seed", [1.5, True, "3", None, torch.tensor(3)])
def test_generators_take_integers_only(seed):
    with pytest.raises(RuntimeError, match="expected a long"):
        torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_copies_of_generators_continue_alike(duplicate):
    generator = torch.Generator().manual_seed(3)
    torch.rand(5, generator=generator)
    other = duplicate(generator)
    assert other.initial_seed() == 3
    assert torch.equal(torch.rand(3, generator=other), torch.rand(3, generator=generator))


@pytest.mark.parametrize("draw", [torch.rand, torch.randn, lambda n: torch.randint(0, 1 << 40, (n,))])
def test_long_draws_are_those_of_their_pieces(draw):
    """Long fills are made in pieces, between which others may draw."""
    piece, rest = 1 << 20, (1 << 20) + 37
    torch.manual_seed(3)
    whole = draw(piece + rest)
    torch.manual_seed(3)
    parts = torch.cat([draw(piece), draw(rest)])
    assert torch.equal(whole, parts)


def test_long_draws_with_parameters_are_those_of_their_pieces():
    n = (1 << 21) + 5
    p = torch.tensor([0.25, 0.5, 0.75]).repeat(n // 3 + 1)[:n]
    for draw in (torch.bernoulli, torch.poisson, torch._standard_gamma):
        torch.manual_seed(4)
        whole = draw(p)
        torch.manual_seed(4)
        assert torch.equal(whole, torch.cat([draw(p[: n // 2]), draw(p[n // 2 :])]))
