"""Random numbers of devices: every state that can be saved and restored repeats them."""

import copy
import pickle

import ferrotorch as torch
import pytest
from ferrotorch.utils.checkpoint import checkpoint

# Draws that a GPU makes itself, and draws that it leaves to the host.
DRAWS = {
    "rand": lambda g, d: torch.rand(5, device=d, generator=g),
    "randn half": lambda g, d: torch.randn(7, device=d, dtype=torch.float16, generator=g),
    "randint": lambda g, d: torch.randint(0, 1000, (6,), device=d, generator=g),
    "randperm": lambda g, d: torch.randperm(20, device=d, generator=g),
    "float64": lambda g, d: torch.rand(5, device=d, dtype=torch.float64, generator=g),
    "bernoulli_": lambda g, d: torch.empty(40, device=d).bernoulli_(0.5, generator=g),
    "multinomial": lambda g, d: torch.multinomial(torch.ones(50, device=d), 5, generator=g),
    "poisson": lambda g, d: torch.poisson(torch.full((9,), 30.0, device=d), generator=g),
}


@pytest.fixture(params=DRAWS)
def draw(request):
    return DRAWS[request.param]


def test_states_repeat_the_numbers(device, draw):
    generator = torch.Generator(device).manual_seed(5)
    draw(generator, device)
    state = generator.get_state()
    first = draw(generator, device)
    second = draw(generator, device)
    generator.set_state(state)
    assert torch.equal(draw(generator, device), first)
    assert torch.equal(draw(generator, device), second)
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g)), torch.Generator.clone_state],
    ids=["copy", "deepcopy", "pickle", "clone_state"],
)
def test_copies_continue_alike_and_apart(device, draw, duplicate):
    generator = torch.Generator(device).manual_seed(3)
    draw(generator, device)
    other = duplicate(generator)
    assert (other.device, other.initial_seed()) == (generator.device, 3)
    assert torch.equal(draw(other, device), draw(generator, device))
    draw(other, device)
    assert not torch.equal(other.get_state(), generator.get_state())


def test_fork_rng_restores_every_device(device, draw):
    torch.manual_seed(3)
    draw(None, device)
    with torch.random.fork_rng():
        inside = draw(None, device)
    assert torch.equal(draw(None, device), inside)
    with torch.random.fork_rng():
        torch.manual_seed(99)
    assert not torch.equal(draw(None, device), inside)


def test_manual_seed_seeds_every_device(device, draw):
    torch.manual_seed(8)
    first = draw(None, device)
    torch.manual_seed(8)
    assert torch.equal(draw(None, device), first)
    torch.seed()
    assert not torch.equal(draw(None, device), first)


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_a_checkpoint_draws_the_same_dropout_twice(device, use_reentrant):
    torch.manual_seed(0)
    x = torch.ones(64, device=device, requires_grad=True)
    y = checkpoint(lambda t: torch.dropout(t * 1.0, 0.5, True) * t, x, use_reentrant=use_reentrant)
    after = torch.rand(3, device=device)
    y.sum().backward()
    assert (2 * y).tolist() == x.grad.tolist()
    assert 0 < y.count_nonzero().item() < 64
    torch.manual_seed(0)
    torch.dropout(torch.ones(64, device=device), 0.5, True)
    assert torch.equal(torch.rand(3, device=device), after)


def test_generators_serve_their_own_kind_of_device(gpu):
    host, own = torch.Generator(), torch.Generator(device=gpu)
    assert (host.device, own.device) == (torch.device("cpu"), torch.device("wgpu:0"))
    for draw in DRAWS.values():
        with pytest.raises(RuntimeError, match="Expected a 'wgpu' device type for generator but found 'cpu'"):
            draw(host, gpu)
        with pytest.raises(RuntimeError, match="Expected a 'cpu' device type for generator but found 'wgpu'"):
            draw(own, "cpu")


def test_offsets_count_the_numbers(gpu):
    generator = torch.Generator(gpu).manual_seed(2)
    torch.rand(10, device=gpu, generator=generator)
    torch.randperm(7, device=gpu, generator=generator)
    assert generator.get_offset() == 17
    expected = torch.rand(4, device=gpu, generator=generator)
    generator.set_offset(17)
    assert torch.equal(torch.rand(4, device=gpu, generator=generator), expected)
    assert generator.get_state().shape == (16,)
    # A state without an offset begins at the seed.
    generator.set_state(generator.get_state()[:8])
    assert (generator.initial_seed(), generator.get_offset()) == (2, 0)
    with pytest.raises(RuntimeError, match="RNG state is wrong size"):
        generator.set_state(torch.get_rng_state())
    with pytest.raises(RuntimeError, match="CPU Generator does not use offset"):
        torch.Generator().get_offset()


def test_shared_streams(gpu):
    a = torch.Generator(gpu).manual_seed(4)
    b = a.graphsafe_get_state()
    torch.rand(3, device=gpu, generator=a)
    assert b.get_offset() == 3
    c = torch.Generator(gpu).manual_seed(9)
    a.graphsafe_set_state(c)
    assert (a.initial_seed(), b.initial_seed()) == (9, 4)
    with pytest.raises(NotImplementedError, match="graphsafe_get_state is not supported"):
        torch.Generator().graphsafe_get_state()


def test_default_generators_of_gpus(gpu):
    torch.wgpu.manual_seed(11)
    assert torch.wgpu.initial_seed() == 11
    states = torch.wgpu.get_rng_state_all()
    first = torch.rand(4, device=gpu)
    host = torch.get_rng_state()
    torch.wgpu.set_rng_state_all(states)
    assert torch.equal(torch.rand(4, device=gpu), first)
    torch.wgpu.set_rng_state(states[0], gpu)
    assert torch.equal(torch.rand(4, device=gpu), first)
    torch.wgpu.manual_seed_all(12)
    torch.wgpu.seed()
    torch.wgpu.seed_all()
    assert torch.wgpu.initial_seed() not in (11, 12)
    assert torch.equal(torch.get_rng_state(), host)
    with torch.random.fork_rng(devices=[0], device_type="wgpu"):
        inside = torch.rand(4, device=gpu)
    assert torch.equal(torch.rand(4, device=gpu), inside)
    with torch.random.fork_rng(devices=[]):
        inside = torch.rand(4, device=gpu)
    assert not torch.equal(torch.rand(4, device=gpu), inside)


@pytest.mark.parametrize("device", ["meta", "cuda"])
def test_devices_without_random_numbers(device):
    with pytest.raises((RuntimeError, NotImplementedError)):
        torch.Generator(device)
