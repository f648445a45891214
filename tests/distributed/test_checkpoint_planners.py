"""Who writes and reads what: plans of one process and of several, and planners of programs."""

import dataclasses
import io

import ferrotorch as torch
import ferrotorch.distributed.checkpoint as dcp
import pytest
from ferrotorch.distributed.checkpoint import default_planner as planners
from ferrotorch.distributed.checkpoint._dedup_save_plans import dedup_save_plans
from ferrotorch.distributed.checkpoint._nested_dict import flatten_state_dict, unflatten_state_dict
from ferrotorch.distributed.checkpoint._traverse import get_element, set_element, traverse_state_dict
from ferrotorch.distributed.checkpoint.metadata import ChunkStorageMetadata, MetadataIndex, TensorProperties
from ferrotorch.distributed.checkpoint.planner import LoadItemType, TensorWriteData, WriteItemType
from ferrotorch.distributed.checkpoint.planner_helpers import create_read_items_for_chunk_list


def chunk(offsets, sizes):
    return ChunkStorageMetadata(torch.Size(offsets), torch.Size(sizes))


def piece(name, offsets, sizes, whole, dtype=torch.float32):
    data = TensorWriteData(chunk(offsets, sizes), TensorProperties(dtype), torch.Size(whole))
    return dcp.WriteItem(MetadataIndex(name, offsets), WriteItemType.SHARD, tensor_data=data)


def test_leaves_of_nested_states():
    tensor = torch.ones(1)
    state = {"a": {"b": {1: tensor}, "empty": {}}, "plain": [1, [2, 3]], "mixed": [4, {"x": 5}], "pair": (1, tensor)}
    flat, places = flatten_state_dict(state)
    assert list(flat) == ["a.b.1", "plain", "mixed.0", "mixed.1.x", "pair"] and flat["plain"] == [1, [2, 3]]
    assert places["a.b.1"] == ("a", "b", "1") and places["mixed.1.x"] == ("mixed", 1, "x")
    again = unflatten_state_dict(flat, places)
    assert again == {"a": {"b": {"1": tensor}}, "plain": [1, [2, 3]], "mixed": [4, {"x": 5}], "pair": (1, tensor)}
    older, _ = flatten_state_dict(state, dicts_always=False)
    assert list(older) == ["a.b.1", "a.empty", "plain", "mixed", "pair"] and older["mixed"] == [4, {"x": 5}]
    with pytest.raises(ValueError, match=r"duplicated flatten key a\.b"):
        flatten_state_dict({"a": {"b": 1}, "a.b": 2})
    seen = []
    traverse_state_dict({"a": [1, "s"]}, lambda path, value: seen.append((path, value)), lambda each: each == "s")
    assert seen == [(("a", 0), 1), (("a", 1), "s")]


def test_places_in_nested_states():
    tree = {"a": {}}
    set_element(tree, ("a", "b", 2, "c"), 5)
    set_element(tree, ("a", "b", 0), 1)
    assert tree == {"a": {"b": [1, None, {"c": 5}]}}
    assert get_element(tree, ("a", "b", 2, "c")) == 5
    assert get_element(tree, ("a", "x"), 7) == 7 and get_element(tree, ("a", "b", 9), 8) == 8


def test_what_several_have_is_written_by_one():
    big, small = piece("big", [0], [100], [100]), piece("small", [0], [1], [1])
    other = dcp.WriteItem(MetadataIndex("other"), WriteItemType.BYTE_IO)
    own = piece("own", [4], [4], [8])
    plans = [dcp.SavePlan([big, small, other]), dcp.SavePlan([big, small, other, own])]
    names = [[item.index.fqn for item in plan.items] for plan in dedup_save_plans(plans)]
    assert names == [["big"], ["small", "other", "own"]]
    names = [[item.index.fqn for item in plan.items] for plan in dedup_save_plans(plans, save_to_lowest_rank=True)]
    assert names == [["big", "small", "other"], ["own"]]


def test_what_is_in_a_checkpoint():
    plans = [dcp.SavePlan([piece("x", [0, 0], [4, 5], [7, 5])]), dcp.SavePlan([piece("x", [4, 0], [3, 5], [7, 5])])]
    numbered, metadata = planners.create_default_global_save_plan(plans)
    assert [plan.items[0].index.index for plan in numbered] == [0, 1]
    assert [tuple(each.sizes) for each in metadata.state_dict_metadata["x"].chunks] == [(4, 5), (3, 5)]
    plain, _ = planners.create_default_global_save_plan(plans, rewrite_index_hints=False)
    assert [plan.items[0].index.index for plan in plain] == [None, None]
    assert plans[0].items[0].tensor_storage_size() == 7 * 5 * 4


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([([0, 0], [4, 5]), ([4, 0], [2, 5])], "key:x invalid fill tensor-volume: 35 chunks-volume: 30"),
        ([([0, 0], [4, 5]), ([3, 0], [4, 5])], "key:x has overlapping chunks"),
        ([([0, 0], [4, 5]), ([4, 0], [4, 5])], "key:x has out of bounds chunk"),
    ],
)
def test_pieces_that_make_no_whole(pieces, message):
    planner = dcp.DefaultSavePlanner(flatten_state_dict=False)
    with pytest.raises(ValueError, match=f"Failed to validate global plan: {message}"):
        planner.create_global_plan([dcp.SavePlan([piece("x", *each, [7, 5])]) for each in pieces])


def test_rectangles_that_meet():
    saved = dcp.TensorStorageMetadata(
        TensorProperties(), torch.Size([7, 5]), [chunk([0, 0], [4, 5]), chunk([4, 0], [3, 5])]
    )
    items = create_read_items_for_chunk_list("x", saved, [chunk([0, 3], [7, 2])])
    shown = [tuple(map(tuple, (each.storage_offsets, each.dest_offsets, each.lengths))) for each in items]
    assert shown == [((0, 3), (0, 0), (4, 2)), ((0, 3), (4, 0), (3, 2))]
    assert [each.storage_index.offset for each in items] == [(0, 0), (4, 0)]
    assert create_read_items_for_chunk_list("x", saved, [chunk([7, 0], [0, 5])]) == []
    scalar = dcp.TensorStorageMetadata(TensorProperties(), torch.Size([]), [chunk([], [])])
    assert len(create_read_items_for_chunk_list("x", scalar, [chunk([], [])])) == 1


class Renaming(dcp.DefaultSavePlanner):
    def set_up_planner(self, state_dict, storage_meta=None, is_coordinator=False):
        super().set_up_planner({"new " + key: value for key, value in state_dict.items()}, storage_meta, is_coordinator)


class Halving(dcp.DefaultSavePlanner):
    def create_local_plan(self):
        plan = super().create_local_plan()
        for item in plan.items:
            if item.tensor_data is not None:
                item.tensor_data.properties.dtype = torch.float16
        return plan

    def resolve_data(self, write_item):
        found = super().resolve_data(write_item)
        return found if write_item.type is WriteItemType.BYTE_IO else found.to(torch.float16)


class Annotating(dcp.DefaultSavePlanner):
    def create_global_plan(self, all_plans):
        plans, metadata = super().create_global_plan(all_plans)
        return plans, dataclasses.replace(metadata, planner_data={**metadata.planner_data, "about": ("mine",)})


def test_planners_of_programs_save(tmp_path):
    state = {"x": torch.arange(3.0) / 3, "y": 5}
    dcp.save(state, checkpoint_id=tmp_path / "a", planner=Renaming())
    loaded = {"new x": torch.zeros(3), "new y": 0}
    dcp.load(loaded, checkpoint_id=tmp_path / "a")
    assert torch.equal(loaded["new x"], state["x"]) and loaded["new y"] == 5
    dcp.save(state, checkpoint_id=tmp_path / "b", planner=Halving())
    assert (
        dcp.FileSystemReader(tmp_path / "b").read_metadata().state_dict_metadata["x"].properties.dtype is torch.float16
    )
    loaded = {"x": torch.zeros(3)}
    dcp.load(loaded, checkpoint_id=tmp_path / "b")
    assert torch.equal(loaded["x"], state["x"].half().float())
    metadata = dcp.save(state, checkpoint_id=tmp_path / "c", planner=Annotating())
    assert metadata.planner_data["about"] == ("mine",)
    assert dcp.FileSystemReader(tmp_path / "c").read_metadata().planner_data == metadata.planner_data


class Doubling(dcp.DefaultLoadPlanner):
    """Reads into another tensor, and puts twice that into the state."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def resolve_tensor(self, read_item):
        self.calls.append(read_item.type)
        return super().resolve_tensor(read_item).clone()

    def commit_tensor(self, read_item, tensor):
        super().resolve_tensor(read_item).copy_(tensor * 2)

    def load_bytes(self, read_item, value):
        self.calls.append(read_item.type)
        assert isinstance(value, io.BytesIO)
        super().load_bytes(read_item, value)


def test_planners_of_programs_load(tmp_path):
    dcp.save({"x": torch.arange(3.0), "y": [5]}, checkpoint_id=tmp_path)
    planner, state = Doubling(), {"x": torch.zeros(3), "y": 0}
    dcp.load(state, checkpoint_id=tmp_path, planner=planner)
    assert state["x"].tolist() == [0.0, 2.0, 4.0] and state["y"] == [5]
    assert sorted(planner.calls, key=str) == [LoadItemType.BYTE_IO, LoadItemType.TENSOR]
    item = dcp.ReadItem(LoadItemType.BYTE_IO, None, None, None, None, None)
    with pytest.raises(NotImplementedError, match=r"LoadPlanner\.resolve_bytes is not implemented"):
        planner.resolve_bytes(item)


@pytest.mark.parametrize("kind", [dcp.SavePlanner, dcp.LoadPlanner, dcp.StorageReader, dcp.StorageWriter])
def test_contracts(kind):
    with pytest.raises(TypeError, match="abstract"):
        kind()


def test_outermost_entries_alone(tmp_path):
    state = {"x": torch.ones(2), "nested": {"y": torch.ones(1), "z": 3}}
    metadata = dcp.save(state, checkpoint_id=tmp_path, planner=dcp.DefaultSavePlanner(flatten_state_dict=False))
    assert sorted(metadata.state_dict_metadata) == ["nested", "x"] and metadata.planner_data is None
    loaded = {"x": torch.zeros(2), "nested": None}
    dcp.load(loaded, checkpoint_id=tmp_path, planner=dcp.DefaultLoadPlanner(flatten_state_dict=False))
    assert loaded["x"].tolist() == [1.0, 1.0] and loaded["nested"]["z"] == 3 and loaded["nested"]["y"].item() == 1.0


def test_plans_of_last_time(tmp_path):
    sent = []

    class Cached(dcp.DefaultSavePlanner):
        def create_local_plan(self):
            sent.append(super().create_local_plan())
            return sent[-1]

    for step, size in enumerate([2, 2, 3]):
        state = {"x": torch.full((size,), float(step))}
        dcp.save(state, checkpoint_id=tmp_path, planner=Cached(enable_plan_caching=True))
        loaded = {"x": torch.zeros(size)}
        dcp.load(loaded, checkpoint_id=tmp_path)
        assert loaded["x"].tolist() == [float(step)] * size
    assert [plan.usable for plan in sent] == [True, False, True]


def test_tensors_that_say_what_they_are_part_of(tmp_path):
    def part(fill):
        tensor = torch.full((2, 4), float("nan")) if fill is None else fill
        tensor.global_shape, tensor.global_offsets = (2, 6), ((0, 0), (0, 3))
        tensor.local_offsets, tensor.local_sizes = ((0, 0), (0, 2)), ((2, 2), (2, 2))
        return tensor

    values = torch.arange(8.0).view(2, 4)
    assert isinstance(part(values), dcp.CheckpointableTensor)
    metadata = dcp.save({"x": part(values)}, checkpoint_id=tmp_path)
    entry = metadata.state_dict_metadata["x"]
    assert tuple(entry.size) == (2, 6) and [tuple(each.offsets) for each in entry.chunks] == [(0, 0), (0, 3)]
    into = part(None)
    dcp.load({"x": into}, checkpoint_id=tmp_path)
    assert torch.equal(into, torch.arange(8.0).view(2, 4))
    wrong = part(torch.zeros(2, 4))
    wrong.local_sizes = ((2, 2), (2, 9))
    with pytest.raises(dcp.CheckpointException, match="global shard 1 dimension 1 is outside global_shape"):
        dcp.save({"x": wrong}, checkpoint_id=tmp_path / "wrong")


def test_tensors_without_memory_get_some(tmp_path):
    dcp.save({"a": {"x": torch.arange(3.0)}}, checkpoint_id=tmp_path)
    state = {"a": {"x": torch.empty(3, device="meta")}}
    dcp.load(state, checkpoint_id=tmp_path)
    assert state["a"]["x"].tolist() == [0.0, 1.0, 2.0]


def test_state_that_is_no_tensor_where_the_checkpoint_has_one(tmp_path):
    dcp.save({"x": torch.arange(3.0)}, checkpoint_id=tmp_path)
    with pytest.raises(dcp.CheckpointException, match="Invalid checkpoint metadata for x") as caught:
        dcp.load({"x": 5}, checkpoint_id=tmp_path)
    ((error, places),) = caught.value.failures.values()
    assert isinstance(error, ValueError) and places and list(caught.value.failures) == [0]
    assert not isinstance(caught.value, Exception)
