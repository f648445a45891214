"""Checkpoints of one process: how files are written and read, and their way to other files."""

import os
import pickle
import sys

import ferrotorch as torch
import ferrotorch.distributed.checkpoint as dcp
import pytest
from ferrotorch import nn
from ferrotorch.distributed.checkpoint import format_utils
from ferrotorch.distributed.checkpoint._extension import ExtensionRegistry, StreamTransformExtension
from ferrotorch.distributed.checkpoint.filesystem import FileSystem
from ferrotorch.distributed.checkpoint.staging import (
    AsyncStager,
    BlockingAsyncStager,
    DefaultStager,
    StagingOptions,
)
from ferrotorch.distributed.checkpoint.state_dict_saver import AsyncCheckpointerType, AsyncSaveResponse
from ferrotorch.distributed.checkpoint.stateful import Stateful
from ferrotorch.distributed.checkpoint.utils import _create_file_view


def state():
    return {"model": {"weight": torch.arange(6.0).view(2, 3)}, "steps": [1, torch.ones(2)], "name": "x"}


def check_loaded(**how):
    loaded = {"model": {"weight": torch.zeros(2, 3)}, "steps": [0, torch.zeros(2)], "name": ""}
    dcp.load(loaded, **how)
    assert torch.equal(loaded["model"]["weight"], state()["model"]["weight"]) and loaded["name"] == "x"
    assert loaded["steps"][0] == 1 and loaded["steps"][1].tolist() == [1.0, 1.0]


def test_what_is_missing_may_stay(tmp_path):
    dcp.save(state(), checkpoint_id=tmp_path, planner=dcp.DefaultSavePlanner(dedup_save_to_lowest_rank=True))
    wanted = {"model": {"weight": torch.zeros(2, 3), "bias": torch.full((2,), 7.0)}, "other": 5}
    with pytest.raises(dcp.CheckpointException, match="Missing key in checkpoint"):
        dcp.load(wanted, checkpoint_id=tmp_path)
    dcp.load(wanted, checkpoint_id=tmp_path, planner=dcp.DefaultLoadPlanner(allow_partial_load=True))
    assert torch.equal(wanted["model"]["weight"], state()["model"]["weight"])
    assert wanted["model"]["bias"].tolist() == [7.0, 7.0] and wanted["other"] == 5


@pytest.mark.parametrize(
    ("options", "count"),
    [({}, 1), ({"single_file_per_rank": False}, 4), ({"thread_count": 3}, 2), ({"sync_files": False}, 1)],
)
def test_files(tmp_path, options, count):
    metadata = dcp.save(state(), storage_writer=dcp.FileSystemWriter(tmp_path, **options))
    names = sorted(os.listdir(tmp_path))
    assert names == [".metadata", *(f"__0_{number}.distcp" for number in range(count))]
    assert metadata.version == "1.0.0" and metadata.storage_meta.checkpoint_id == str(tmp_path)
    check_loaded(checkpoint_id=tmp_path)
    check_loaded(checkpoint_id=str(tmp_path), no_dist=True)
    dcp.save(state(), storage_writer=dcp.FileSystemWriter(tmp_path, **options))
    assert len(os.listdir(tmp_path)) == count + 1
    check_loaded(storage_reader=dcp.FileSystemReader(tmp_path))


def test_what_interrupted_saving_left_goes(tmp_path):
    dcp.save(state(), checkpoint_id=tmp_path)
    (tmp_path / "__3_deadbeef_0.distcp").write_bytes(b"half")
    (tmp_path / "notes.txt").write_bytes(b"mine")
    check_loaded(checkpoint_id=tmp_path)
    dcp.save(state(), checkpoint_id=tmp_path)
    assert not (tmp_path / "__3_deadbeef_0.distcp").exists() and (tmp_path / "notes.txt").exists()


def test_checkpoints_that_stay(tmp_path):
    dcp.save(state(), storage_writer=dcp.FileSystemWriter(tmp_path, overwrite=False))
    with pytest.raises(dcp.CheckpointException, match=r"Checkpoint already exists and self\.overwrite=False"):
        dcp.save({"x": 1}, storage_writer=dcp.FileSystemWriter(tmp_path, overwrite=False))
    check_loaded(checkpoint_id=tmp_path)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        dcp.FileSystemWriter(tmp_path, no_such_option=1)


def test_names_of_checkpoints(tmp_path):
    writer = dcp.FileSystemWriter(tmp_path / "a")
    first = writer.save_id
    dcp.save(state(), checkpoint_id=tmp_path / "b", storage_writer=writer)
    assert writer.checkpoint_id == tmp_path / "b" and writer.save_id != first and not (tmp_path / "a").exists()
    reader = dcp.FileSystemReader(tmp_path / "a")
    check_loaded(checkpoint_id=tmp_path / "b", storage_reader=reader)
    assert FileSystem.validate_checkpoint_id(str(tmp_path / "new")) and not FileSystem.validate_checkpoint_id(
        "s3://b/c"
    )
    with pytest.raises(RuntimeError, match=r"Cannot detect which StorageReader or StorageWriter to use for 's3x://"):
        dcp.save(state(), checkpoint_id="s3x://bucket/c")


def test_each_process_for_itself(tmp_path):
    dcp.save(state(), checkpoint_id=tmp_path, use_collectives=False)
    assert sorted(os.listdir(tmp_path)) == ["__0.metadata", "__0_0.distcp"]
    check_loaded(checkpoint_id=tmp_path)


class Flipped(StreamTransformExtension):
    """Writes each byte with its bits turned over."""

    @staticmethod
    def registry_name():
        return "flipped"

    @staticmethod
    def from_descriptor(version):
        assert version == "1"
        return Flipped()

    def get_descriptor(self):
        return "flipped/1"

    def transform_to(self, output):
        class Writer:
            def write(self, data):
                return output.write(bytes(255 - byte for byte in bytes(data)))

            def flush(self):
                output.flush()

            def close(self):
                output.close()

        return Writer()

    def transform_from(self, input):
        class Reader:
            def read(self, size=-1):
                return bytes(255 - byte for byte in input.read(size))

            def seekable(self):
                return False

        return Reader()


def test_extensions(tmp_path):
    dcp.save(state(), storage_writer=dcp.FileSystemWriter(tmp_path, _extensions=[Flipped()]))
    with pytest.raises(dcp.CheckpointException, match="Unknown extension 'flipped/1'"):
        check_loaded(checkpoint_id=tmp_path)
    registry = ExtensionRegistry()
    registry.register(Flipped)
    check_loaded(storage_reader=dcp.FileSystemReader(tmp_path, _extension_registry=registry))


def test_saving_beside_the_program(tmp_path):
    given = state()
    future = dcp.async_save(given, checkpoint_id=tmp_path)
    given["model"]["weight"].zero_()
    given["name"] = "changed"
    assert "model.weight" in future.result(60).state_dict_metadata
    check_loaded(checkpoint_id=tmp_path)
    stager = DefaultStager(StagingOptions(False, False, True, False))
    response = dcp.async_save(state(), checkpoint_id=tmp_path, async_stager=stager)
    assert isinstance(response, AsyncSaveResponse)
    assert response.staging_completion.result(60) is None and response.upload_completion.result(60).version == "1.0.0"
    stager.close()
    failing = dcp.async_save(state(), storage_writer=dcp.FileSystemWriter(tmp_path, overwrite=False))
    with pytest.raises(dcp.CheckpointException, match="already exists"):
        failing.result(60)
    with pytest.raises(TypeError, match="'process' is no AsyncCheckpointerType"):
        dcp.async_save(state(), checkpoint_id=tmp_path, async_checkpointer_type="process")


def test_saving_in_another_process(tmp_path):
    given, kind = state(), AsyncCheckpointerType.PROCESS
    future = dcp.async_save(given, checkpoint_id=tmp_path, async_checkpointer_type=kind)
    given["model"]["weight"].zero_()
    assert "model.weight" in future.result(60).state_dict_metadata
    check_loaded(checkpoint_id=tmp_path)
    writer = dcp.FileSystemWriter(tmp_path, overwrite=False)
    failing = dcp.async_save(state(), storage_writer=writer, async_checkpointer_type=kind)
    with pytest.raises(dcp.CheckpointException, match="already exists"):
        failing.result(60)

    class Local(dcp.DefaultSavePlanner):
        """A planner that no other process can import."""

    local = dcp.async_save(state(), checkpoint_id=tmp_path, planner=Local(), async_checkpointer_type=kind)
    with pytest.raises((AttributeError, pickle.PicklingError), match="Local"):
        local.result(60)


def test_copies_of_states():
    given = {"x": torch.ones(2, requires_grad=True), "more": [torch.zeros(1), (1, "a")], "note": {"a": [1]}}
    stager = BlockingAsyncStager(cache_staged_state_dict=True)
    assert isinstance(stager, AsyncStager) and not stager.should_synchronize_after_execute
    first = stager.stage(given)
    given["note"]["a"].append(2)
    with torch.no_grad():
        given["x"].add_(1)
    assert first["x"].tolist() == [1.0, 1.0] and first["note"] == {"a": [1]} and first["more"][1] == (1, "a")
    assert not first["x"].requires_grad
    # The memory of the first copy is used again.
    second = stager.stage(given)
    assert second["x"].tolist() == [2.0, 2.0] and second["x"].data_ptr() == first["x"].data_ptr()


def test_files_of_one_process_and_back(tmp_path):
    dcp.save(state(), checkpoint_id=tmp_path / "parts")
    format_utils.dcp_to_torch_save(tmp_path / "parts", tmp_path / "whole.pt")
    whole = torch.load(tmp_path / "whole.pt", weights_only=True)
    assert torch.equal(whole["model"]["weight"], state()["model"]["weight"]) and whole["name"] == "x"
    assert whole["steps"][0] == 1 and whole["steps"][1].tolist() == [1.0, 1.0] and isinstance(whole["steps"], list)
    format_utils.torch_save_to_dcp(tmp_path / "whole.pt", tmp_path / "again")
    check_loaded(checkpoint_id=tmp_path / "again")


def test_conversion_by_a_command(tmp_path, monkeypatch):
    torch.save(state(), tmp_path / "whole.pt")
    words = ["format_utils", "torch_to_dcp", str(tmp_path / "whole.pt"), str(tmp_path / "parts")]
    monkeypatch.setattr(sys, "argv", words)
    format_utils._main()
    check_loaded(checkpoint_id=tmp_path / "parts")
    monkeypatch.setattr(sys, "argv", [*words[:2], str(tmp_path / "absent"), words[3]])
    with pytest.raises(SystemExit):
        format_utils._main()


def test_files_of_torch_save_as_checkpoints(tmp_path):
    torch.save({"model": state()["model"]}, tmp_path / "whole.pt")
    loaded = {"model": {"weight": torch.zeros(2, 3)}}
    how = {"planner": format_utils.DynamicMetaLoadPlanner(), "checkpoint_id": tmp_path / "whole.pt"}
    dcp.load(loaded, storage_reader=format_utils.BroadcastingTorchSaveReader(), **how)
    assert torch.equal(loaded["model"]["weight"], state()["model"]["weight"])
    with pytest.raises(dcp.CheckpointException, match="Non-tensor value identified at name"):
        dcp.load({"name": ""}, storage_reader=format_utils.BroadcastingTorchSaveReader(), **how)


def test_what_has_a_state(tmp_path):
    assert isinstance(nn.Linear(1, 1), Stateful) and not isinstance(torch.ones(1), Stateful)
    model, other = nn.Linear(2, 2), nn.Linear(2, 2)
    dcp.save({"model": model}, checkpoint_id=tmp_path)
    dcp.load({"model": other}, checkpoint_id=tmp_path)
    assert torch.equal(model.weight, other.weight) and torch.equal(model.bias, other.bias)


def test_windows_of_files(tmp_path):
    (tmp_path / "f").write_bytes(b"0123456789")
    with open(tmp_path / "f", "rb") as file:
        view = _create_file_view(file, 2, 5)
        assert view.read() == b"23456" and view.read() == b""
        assert view.seek(-2, os.SEEK_END) == 3 and view.read(9) == b"56"
        assert view.seek(1) == 1 and view.read(2) == b"34" and view.tell() == 3
