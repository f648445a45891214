"""Pipes: data sets that are made of others, step by step."""

import ferrotorch as torch
import pytest
from ferrotorch.utils.data import DataLoader, IterableDataset, IterDataPipe, MapDataPipe, functional_datapipe
from ferrotorch.utils.data.datapipes.iter import IterableWrapper, Zipper
from ferrotorch.utils.data.datapipes.map import SequenceWrapper
from ferrotorch.utils.data.graph import traverse_dps
from ferrotorch.utils.data.graph_settings import (
    apply_random_seed,
    apply_sharding,
    apply_shuffle_settings,
    get_all_graph_pipes,
)


def pairs():
    return IterableWrapper([(1, 2), (3, 4)])


def test_samples_go_through_functions():
    assert list(IterableWrapper(range(6)).map(lambda x: x * x).filter(lambda x: x % 2 == 0)) == [0, 4, 16]
    assert list(pairs().map(lambda a: a + 10, input_col=1)) == [(1, 12), (3, 14)]
    assert list(pairs().map(lambda a, b: a + b, input_col=[0, 1])) == [(3,), (7,)]
    assert list(pairs().map(lambda a, b: a + b, input_col=[0, 1], output_col=-1)) == [(1, 2, 3), (3, 4, 7)]
    assert list(IterableWrapper([{"a": 1}]).map(str, input_col="a", output_col="b")) == [{"a": 1, "b": "1"}]
    assert list(pairs().filter(lambda a: a > 1, input_col=0)) == [(3, 4)]
    assert [batch.tolist() for batch in IterableWrapper(range(4)).batch(2).collate()] == [[0, 1], [2, 3]]
    assert SequenceWrapper({"a": 1}).map(lambda x: x + 1)["a"] == 2 and len(SequenceWrapper([1, 2])) == 2


def test_pipes_are_put_together_and_taken_apart():
    letters = IterableWrapper("ab")
    assert list(IterableWrapper([1]).concat(IterableWrapper([2, 3]))) == [1, 2, 3]
    assert list(IterableWrapper([1, 2, 3]).zip(letters)) == [(1, "a"), (2, "b")]
    assert list(IterableWrapper([1, 2, 3]).mux(letters)) == [1, "a", 2, "b"]
    assert [len(pipe) for pipe in (IterableWrapper([1]).concat(letters), letters.zip(IterableWrapper([1])))] == [3, 1]
    batches = IterableWrapper(range(5)).batch(2)
    assert list(batches) == [[0, 1], [2, 3], [4]] and len(batches) == 3
    assert list(IterableWrapper(range(5)).batch(2, drop_last=True)) == [[0, 1], [2, 3]]
    assert list(IterableWrapper([[1, [2]], [3]]).unbatch()) == [1, [2], 3]
    assert list(IterableWrapper([[1, [2]], [3]]).unbatch(unbatch_level=-1)) == [1, 2, 3]


def test_a_source_is_copied_at_each_pass():
    source = [[1], [2]]
    pipe = IterableWrapper(source)
    for sample in pipe:
        sample.append(0)
    assert source == [[1], [2]] == list(pipe)
    with pytest.warns(UserWarning, match="can not be deepcopied"):
        assert list(IterableWrapper(x for x in [1])) == [1]


def test_the_order_follows_from_a_seed():
    pipe = IterableWrapper(range(20)).shuffle(buffer_size=5)
    first = list(pipe.set_seed(3))
    assert first == list(pipe.set_seed(3)) != list(pipe.set_seed(4)) and sorted(first) == list(range(20))
    # A sample waits until it is drawn of five: none comes more than four places early.
    assert all(sample <= place + 5 for place, sample in enumerate(first))
    torch.manual_seed(0)
    second = list(pipe)
    torch.manual_seed(0)
    assert second == list(pipe) and list(pipe.set_shuffle(False)) == list(range(20))
    assert len(pipe) == 20


def test_settings_reach_every_pipe():
    pipe = IterableWrapper(range(10)).shuffle().sharding_filter().map(str)
    names = ["MapperIterDataPipe", "ShardingFilterIterDataPipe", "ShufflerIterDataPipe", "IterableWrapperIterDataPipe"]
    assert [type(part).__name__ for part in get_all_graph_pipes(traverse_dps(pipe))] == names
    apply_shuffle_settings(pipe, shuffle=False)
    apply_sharding(pipe, 3, 1)
    assert list(pipe) == ["1", "4", "7"] and len(pipe) == 3
    apply_shuffle_settings(pipe, shuffle=True)
    drawn = [list(apply_random_seed(pipe, torch.Generator().manual_seed(seed))) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    around = apply_shuffle_settings(IterableWrapper([1]), shuffle=True)
    assert type(around).__name__ == "ShufflerIterDataPipe"
    with pytest.raises(RuntimeError, match="Sharding twice"):
        apply_sharding(IterableWrapper([1]).sharding_filter().sharding_filter(), 2, 0)


@pytest.mark.parametrize("workers", [0, 2])
def test_loaders_share_pipes_out_and_shuffle_them(workers):
    pipe = IterableWrapper(range(12)).shuffle().sharding_filter()
    assert isinstance(pipe, IterableDataset) and isinstance(pipe, IterDataPipe)
    torch.manual_seed(0)
    loader = DataLoader(pipe, batch_size=3, num_workers=workers, shuffle=True, persistent_workers=workers > 0)
    epochs = [torch.cat(list(loader)).tolist() for _ in range(2)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs) and epochs[0] != epochs[1]
    still = DataLoader(pipe, batch_size=3, num_workers=workers, shuffle=False)
    assert sorted(torch.cat(list(still)).tolist()) == list(range(12))


def test_orders_are_those_of_pytorch():
    """The numbers that PyTorch gives."""
    pipe = IterableWrapper(range(12)).shuffle().sharding_filter()
    torch.manual_seed(0)
    assert torch.cat(list(DataLoader(pipe, batch_size=4))).tolist() == [9, 11, 0, 10, 5, 7, 4, 1, 3, 8, 6, 2]
    torch.manual_seed(0)
    loader = DataLoader(pipe, batch_size=3, num_workers=2, persistent_workers=True)
    assert torch.cat(list(loader)).tolist() == [9, 0, 5, 11, 10, 7, 4, 3, 6, 1, 8, 2]
    assert torch.cat(list(loader)).tolist() == [10, 0, 8, 11, 3, 2, 9, 5, 7, 6, 1, 4]
    torch.manual_seed(0)
    drawn = [6, 9, 1, 2, 14, 3, 12, 0, 10, 11, 7, 16, 18, 8, 5, 17, 4, 13, 19, 15]
    assert list(IterableWrapper(range(20)).shuffle()) == drawn


def test_programs_have_pipes_of_their_own():
    @functional_datapipe("times")
    class Times(IterDataPipe):
        def __init__(self, source, factor):
            self.source, self.factor = source, factor

        def __iter__(self):
            return (sample * self.factor for sample in self.source)

    try:
        assert list(IterableWrapper([1, 2]).times(5)) == [5, 10]
        with pytest.raises(Exception, match="already taken"):
            functional_datapipe("times")(Times)
    finally:
        del IterDataPipe.functions["times"]
    with pytest.raises(TypeError, match="can only decorate IterDataPipe or MapDataPipe"):
        functional_datapipe("nothing")(int)
    assert "times" not in MapDataPipe.functions


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: IterableWrapper([1]).batch(0), AssertionError),
        (lambda: list(IterableWrapper([1]).filter(lambda x: x)), ValueError),
        (lambda: IterableWrapper([1]).nothing, AttributeError),
        (lambda: Zipper([1]), TypeError),
        (lambda: pairs().map(len, output_col=1), ValueError),
        (lambda: pairs().map(len, input_col=0, output_col=[0, 1]), ValueError),
        (lambda: list(IterableWrapper([1]).unbatch()), IndexError),
        (lambda: IterableWrapper([1]).unbatch(unbatch_level=-2), ValueError),
        (lambda: IterableWrapper([1]).shuffle(buffer_size=0), ValueError),
        (lambda: apply_sharding(IterableWrapper([1]).sharding_filter(), 2, 2), ValueError),
        (lambda: traverse_dps([1]), RuntimeError),
        (lambda: iter(IterDataPipe()), NotImplementedError),
    ],
)
def test_bad_input_is_refused(call, error):
    with pytest.raises(error):
        call()
