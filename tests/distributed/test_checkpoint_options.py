"""Checkpoints of one process: options of saving and loading, and their way to files of `torch.save`."""

import ferrotorch as torch
import ferrotorch.distributed.checkpoint as dcp
import pytest
from ferrotorch import nn
from ferrotorch.distributed.checkpoint.format_utils import dcp_to_torch_save, torch_save_to_dcp
from ferrotorch.distributed.checkpoint.stateful import Stateful


def state():
    return {"model": {"weight": torch.arange(6.0).view(2, 3)}, "steps": [1, torch.ones(2)], "name": "x"}


def test_what_is_missing_may_stay(tmp_path):
    dcp.save(state(), checkpoint_id=tmp_path, planner=dcp.DefaultSavePlanner(dedup_save_to_lowest_rank=True))
    wanted = {"model": {"weight": torch.zeros(2, 3), "bias": torch.full((2,), 7.0)}, "other": 5}
    with pytest.raises(dcp.CheckpointException, match="Missing key in checkpoint"):
        dcp.load(wanted, checkpoint_id=tmp_path)
    dcp.load(wanted, checkpoint_id=tmp_path, planner=dcp.DefaultLoadPlanner(allow_partial_load=True))
    assert torch.equal(wanted["model"]["weight"], state()["model"]["weight"])
    assert wanted["model"]["bias"].tolist() == [7.0, 7.0] and wanted["other"] == 5


def test_writers(tmp_path):
    writer = dcp.FileSystemWriter(tmp_path, single_file_per_rank=True, sync_files=False, thread_count=4)
    assert dcp.async_save(state(), storage_writer=writer).result() is None
    loaded = {"name": ""}
    dcp.load(loaded, storage_reader=dcp.FileSystemReader(tmp_path))
    assert loaded == {"name": "x"}
    with pytest.raises(dcp.CheckpointException, match=r"already exists in .* and overwrite=False"):
        dcp.FileSystemWriter(tmp_path, overwrite=False)
    dcp.FileSystemWriter(tmp_path / "new", overwrite=False)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        dcp.FileSystemWriter(tmp_path, no_such_option=1)


def test_files_of_one_process_and_back(tmp_path):
    dcp.save(state(), checkpoint_id=tmp_path / "parts")
    dcp_to_torch_save(tmp_path / "parts", tmp_path / "whole.pt")
    whole = torch.load(tmp_path / "whole.pt", weights_only=True)
    assert torch.equal(whole["model"]["weight"], state()["model"]["weight"]) and whole["name"] == "x"
    assert whole["steps"][0] == 1 and whole["steps"][1].tolist() == [1.0, 1.0] and isinstance(whole["steps"], list)
    torch_save_to_dcp(tmp_path / "whole.pt", tmp_path / "again")
    loaded = {"model": {"weight": torch.zeros(2, 3)}}
    dcp.load(loaded, checkpoint_id=tmp_path / "again")
    assert torch.equal(loaded["model"]["weight"], state()["model"]["weight"])


def test_what_has_a_state():
    assert isinstance(nn.Linear(1, 1), Stateful) and not isinstance(torch.ones(1), Stateful)


def test_planners_that_decide_otherwise_are_refused(tmp_path):
    class Own(dcp.DefaultSavePlanner):
        pass

    with pytest.raises(TypeError, match="must be a DefaultSavePlanner, got Own"):
        dcp.save(state(), checkpoint_id=tmp_path, planner=Own())
    with pytest.raises(TypeError, match="must be a DefaultLoadPlanner, got LoadPlanner"):
        dcp.load(state(), checkpoint_id=tmp_path, planner=dcp.LoadPlanner())
    for kind in (dcp.DefaultSavePlanner, dcp.DefaultLoadPlanner):
        with pytest.raises(ValueError, match="leave flatten_"):
            kind(flatten_state_dict=False)
