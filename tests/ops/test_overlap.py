"""Targets that show elements several times, and inputs that lie in what is written: refused as PyTorch refuses them."""

import warnings

import ferrotorch as torch
import pytest

INSIDE = "some elements of the input tensor and the written-to tensor refer to a single memory location"
REPEATED = "more than one element of the written-to tensor refers to a single memory location"
INDEX = torch.tensor([0, 1, 0])

IN_STEP = {
    "add_": lambda x, y: x.add_(y),
    "iadd": lambda x, y: x.__iadd__(y),
    "imul": lambda x, y: x.__imul__(y),
    "copy_": lambda x, y: x.copy_(y),
    "where": lambda x, y: torch.where(y > 0, y, y, out=x),
    "addcmul_": lambda x, y: x.addcmul_(torch.ones(3), y),
    "lerp_": lambda x, y: x.lerp_(y, 0.5),
    "lerp out": lambda x, y: torch.lerp(y, torch.ones(3), 0.5, out=x),
    "clamp_": lambda x, y: x.clamp_(min=y),
    "pow out": lambda x, y: torch.pow(y, 2, out=x),
    "cumsum": lambda x, y: torch.cumsum(y, 0, out=x),
    "sort": lambda x, y: torch.sort(y, out=(x, torch.empty(0, dtype=torch.int64))),
    "addr_": lambda x, y: x.view(1, 3).addr_(torch.ones(1), y),
    "gelu": lambda x, y: torch.nn.functional.gelu(y, out=x),
    "rad2deg": lambda x, y: torch.rad2deg(y, out=x),
    "deg2rad": lambda x, y: torch.deg2rad(y, out=x),
}
APART = {
    "index_add_": lambda x, y: x.index_add_(0, INDEX, y),
    "index_copy_": lambda x, y: x.index_copy_(0, INDEX, y),
    "index_reduce_": lambda x, y: x.index_reduce_(0, INDEX, y, "amax"),
    "scatter_": lambda x, y: x.scatter_(0, INDEX, y),
    "scatter_add_": lambda x, y: x.scatter_add_(0, INDEX, y),
    "scatter_reduce_": lambda x, y: x.scatter_reduce_(0, INDEX, y, "sum"),
    "put_": lambda x, y: x.put_(INDEX, y),
    "index_put_": lambda x, y: x.index_put_((INDEX,), y),
    "gather": lambda x, y: torch.gather(y, 0, INDEX, out=x),
    "index_select": lambda x, y: torch.index_select(y, 0, INDEX, out=x),
    "take": lambda x, y: torch.take(y, INDEX, out=x),
    "cat": lambda x, y: torch.cat([y], out=x),
    "masked_select": lambda x, y: torch.masked_select(y, torch.ones(3, dtype=torch.bool), out=x),
}


@pytest.mark.parametrize("name", [*IN_STEP, *APART])
@pytest.mark.parametrize("ahead", [False, True])
def test_an_input_that_partly_lies_in_the_target_is_refused(name, ahead):
    memory = torch.arange(1.0, 5.0)
    target, source = (memory[1:], memory[:-1]) if ahead else (memory[:-1], memory[1:])
    with pytest.raises(RuntimeError, match=INSIDE):
        (IN_STEP | APART)[name](target, source)
    assert memory.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("name", APART)
def test_an_input_that_is_the_target_is_refused_where_order_counts(name):
    x = torch.arange(3.0)
    for source in (x, x.view(3)):
        with pytest.raises(RuntimeError, match=INSIDE):
            APART[name](x, source)


@pytest.mark.parametrize("name", ["add_", "iadd", "copy_", "lerp_", "clamp_", "pow out", "cumsum", "where"])
def test_an_input_that_is_the_target_is_fine_element_by_element(name):
    x, apart = torch.arange(3.0), torch.arange(3.0)
    IN_STEP[name](apart, torch.arange(3.0))
    IN_STEP[name](x, x.view(3))
    assert torch.equal(x, apart)


def test_windows_side_by_side_and_other_strides_are_no_overlap():
    memory = torch.arange(6.0)
    memory[:3].add_(memory[3:])
    memory[::2].add_(memory[1::2])
    assert memory.tolist() == [8, 5, 10, 3, 9, 5]


def test_indices_in_the_target_are_refused():
    x = torch.arange(3)
    for write in (
        lambda: x.index_add_(0, x, torch.ones(3, dtype=torch.int64)),
        lambda: x.scatter_(0, x, 1),
        lambda: x.index_put_((x,), torch.tensor(1)),
        lambda: x.put_(x, torch.ones(3, dtype=torch.int64)),
        lambda: torch.gather(torch.ones(4, dtype=torch.int64), 0, x, out=x),
    ):
        with pytest.raises(RuntimeError, match=INSIDE):
            write()


REPEATS = {
    "add_": lambda x: x.add_(1),
    "copy_": lambda x: x.copy_(torch.arange(3.0)),
    "normal_": lambda x: x.normal_(),
    "scatter_": lambda x: x.scatter_(0, INDEX, 1.0),
    "index_copy_": lambda x: x.index_copy_(0, INDEX, torch.ones(3)),
    "cumsum_": lambda x: x.cumsum_(0),
    "rad2deg_": lambda x: x.rad2deg_(),
    "exp out": lambda x: torch.exp(torch.ones(3), out=x),
    "mv out": lambda x: torch.mv(torch.ones(3, 3), torch.ones(3), out=x),
    "sum out": lambda x: torch.sum(torch.ones(3, 3), 0, out=x),
}


@pytest.mark.parametrize("name", REPEATS)
def test_a_target_that_shows_elements_several_times_is_refused(name):
    memory = torch.zeros(1)
    with pytest.raises(RuntimeError, match=REPEATED):
        REPEATS[name](memory.expand(3))
    assert memory.tolist() == [0]


def test_one_value_everywhere_may_be_written_to_it(device):
    memory = torch.zeros(2, 1, device=device)
    wide = memory.expand(2, 3)
    assert wide.fill_(2.0).tolist() == [[2] * 3] * 2
    assert wide.fill_(torch.tensor(3.0, device=device)).tolist() == [[3] * 3] * 2
    assert wide.zero_().tolist() == [[0] * 3] * 2
    assert memory._version == 3


@pytest.mark.parametrize(
    ("write", "want"),
    [
        (lambda x: x.masked_fill_(torch.tensor([[False, True, False], [False, False, False]]), 5.0), [5, 2]),
        (lambda x: x.masked_fill_(torch.zeros(3, dtype=torch.bool), 5.0), [1, 2]),
        (lambda x: x.index_fill_(1, torch.tensor([-1]), 5.0), [5, 5]),
        (lambda x: x.index_fill_(0, torch.tensor([1]), 5.0), [1, 5]),
        (lambda x: x.index_put_((torch.tensor([1]), torch.tensor([2])), torch.tensor(5.0)), [1, 5]),
        (lambda x: x.index_put_((torch.tensor([0]),), torch.ones(3), accumulate=True), [4, 2]),
        (lambda x: x.__setitem__(x > 1, 5.0), [1, 5]),
        (lambda x: x.__setitem__((torch.tensor([0, 1]), torch.tensor([0, 1])), torch.tensor([7.0, 8.0])), [7, 8]),
    ],
)
def test_chosen_elements_of_it_may_be_written_with_a_warning(write, want):
    memory = torch.tensor([[1.0], [2.0]])
    with pytest.warns(UserWarning, match="on expanded tensors is deprecated"):
        write(memory.expand(2, 3))
    assert memory.flatten().tolist() == want
    assert memory._version == 1


def test_a_mask_of_a_repeated_number():
    v = torch.tensor(0.0).expand(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        v[v != 0] = -1.0
        assert v.tolist() == [0, 0]
        v[v == 0] = -1.0
    assert v.tolist() == [-1, -1]
