"""Backward passes in two halves: together they are the whole pass, and the first leaves weights to the second."""

import copy

import ferrotorch as torch
import pytest
from ferrotorch.distributed.pipelining._halves import Halves
from ferrotorch.distributed.pipelining._zero_bubble import ScheduleInterleavedZeroBubble, ScheduleZBVZeroBubble

nn = torch.nn


class Tied(nn.Module):
    """One layer twice, and another that no input leads to."""

    def __init__(self):
        super().__init__()
        self.twice, self.once, self.bias = nn.Linear(3, 3), nn.Linear(3, 3), nn.Parameter(torch.ones(3))

    def forward(self, x):
        return self.twice(torch.tanh(self.once(torch.tanh(self.twice(x))))), (self.bias * 2).exp()


MODELS = {
    "chain": lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.LayerNorm(4), nn.Linear(4, 2)),
    "attention": lambda: nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, batch_first=True),
    "recurrent": lambda: nn.LSTM(3, 4, batch_first=True),
    "images": lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(18, 2)),
    "tied": Tied,
}
SHAPES = {"attention": (2, 5, 6), "recurrent": (2, 5, 3), "images": (4, 1, 5, 5)}


def tensors(value):
    return [value] if isinstance(value, torch.Tensor) else [leaf for each in value for leaf in tensors(each)]


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("has_input", [True, False])
def test_two_halves_are_the_whole(kind, has_input):
    torch.manual_seed(0)
    model = MODELS[kind]().double()
    x = torch.randn(SHAPES.get(kind, (5, 3)), dtype=torch.float64, requires_grad=has_input)
    model(x.detach())
    whole, other_x = copy.deepcopy(model), x.detach().clone().requires_grad_(has_input)
    outputs, expected = tensors(model(x)), tensors(whole(other_x))
    gradients = [torch.randn_like(each) for each in outputs]
    torch.autograd.backward(expected, gradients)
    halves = Halves(outputs, gradients, [x] if has_input else [], list(model.parameters()))
    came = halves.of_inputs()
    if has_input:
        torch.testing.assert_close(came[0], other_x.grad)
    done = {name for name, each in model.named_parameters() if each.grad is not None}
    assert done == ({"twice.weight", "twice.bias", "bias"} if kind == "tied" and has_input else set())
    halves.of_weights()
    for (name, one), other in zip(model.named_parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=lambda text, name=name: f"{name}: {text}")


def test_gradients_are_added_to_those_that_are_there():
    layer, x = nn.Linear(2, 2), torch.ones(3, 2, requires_grad=True)
    layer.weight.grad = torch.ones(2, 2)
    halves = Halves([layer(x)], [torch.ones(3, 2)], [x], list(layer.parameters()))
    halves.of_inputs()
    halves.of_weights()
    assert layer.weight.grad.tolist() == [[4.0, 4.0], [4.0, 4.0]] and layer.bias.grad.tolist() == [3.0, 3.0]


class Stages:
    """As much of a schedule as its order of actions asks for."""

    def __init__(self, kind, size, count):
        self._kind, self.pp_group_size, self._n_microbatches, self._num_stages = kind, size, count, 2 * size
        rounds = max(1, count // size)
        self._rounds, self.microbatches_per_round = 2, count // rounds

    def _at(self, *args):
        return self._kind._at(self, *args)

    def actions(self, rank):
        return self._kind._actions(self, rank)


@pytest.mark.parametrize("kind", [ScheduleInterleavedZeroBubble, ScheduleZBVZeroBubble])
@pytest.mark.parametrize(("size", "count"), [(1, 1), (1, 4), (2, 2), (2, 8), (4, 4), (4, 8), (3, 2)])
def test_every_pass_comes_once_after_what_it_needs(kind, size, count):
    """All processes go on, each in its order, as what they need arrives."""
    stages = Stages(kind, size, count)
    waiting = {rank: stages.actions(rank) for rank in range(size)}
    assert sorted(map(str, (each for own in waiting.values() for each in own))) == sorted(
        f"{stage}{what}{number}" for stage in range(2 * size) for what in "FIW" for number in range(count)
    )
    done = set()

    def needs(action):
        what, stage, number = str(action.kind), action.stage, action.number
        if what == "F":
            return [("F", stage - 1, number)] if stage else []
        if what == "W":
            return [("I", stage, number)]
        return [("F", stage, number)] + ([("I", stage + 1, number)] if stage < 2 * size - 1 else [])

    while any(waiting.values()):
        before = len(done)
        for own in waiting.values():
            while own and all(each in done for each in needs(own[0])):
                action = own.pop(0)
                done.add((str(action.kind), action.stage, action.number))
        assert len(done) > before, waiting
