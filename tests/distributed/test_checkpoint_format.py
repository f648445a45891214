"""Checkpoints of PyTorch, read here; files that would run code, or read others."""

import io
import os
import pickle
import shutil
from pathlib import Path

import ferrotorch as torch
import ferrotorch.distributed.checkpoint as dcp
import pytest
from ferrotorch import nn
from ferrotorch.distributed.checkpoint import metadata as nouns
from ferrotorch.distributed.checkpoint._metadata_file import StorageInfo, read_metadata, write_metadata
from ferrotorch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from ferrotorch.distributed.checkpoint.state_dict_loader import _load_state_dict_from_keys

DATA = Path(__file__).parent / "data"


def trained(steps):
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
    for parameter in model.parameters():
        with torch.no_grad():
            parameter.copy_(torch.arange(parameter.numel(), dtype=torch.float32).view(parameter.shape) / 10)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02 if steps else 1.0)
    for step in range(steps):
        optimizer.zero_grad()
        model(torch.full((2, 3), step + 1.0)).square().sum().backward()
        optimizer.step()
    return model, optimizer


def check_trained(model, optimizer):
    expected, of_expected = trained(2)
    for mine, theirs in zip(model.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)
        for name in ("exp_avg", "exp_avg_sq", "step"):
            torch.testing.assert_close(optimizer.state[mine][name], of_expected.state[theirs][name])
    assert optimizer.param_groups[0]["lr"] == 0.02


@pytest.mark.parametrize("name", ["of_one", "of_two"])
def test_states_that_pytorch_wrote(name):
    model, optimizer = trained(0)
    of_model, of_optimizer = get_state_dict(model, optimizer)
    if name == "of_one":  # by numbers, not by names
        of_optimizer = optimizer.state_dict()
    state = {"model": of_model, "optimizer": of_optimizer, "note": ""}
    dcp.load(state, checkpoint_id=DATA / name)
    assert state["note"] == "kept"
    if name == "of_one":
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    else:
        set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
    check_trained(model, optimizer)


def test_values_that_pytorch_wrote():
    one = _load_state_dict_from_keys(checkpoint_id=DATA / "of_one")
    assert one["numbers"] == {"one": 1, "half": 0.5, "none": None, "list": [1, "a"]}
    assert one["mixed"][0] == 1 and one["mixed"][1].tolist() == [1.0, 1.0]
    assert one["strided"].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]] and one["empty"].shape == (0, 3)
    assert one["scalar"].item() == 2.5 and len(one["dtypes"]) == 7
    for dtype, value in one["dtypes"].items():
        expected = torch.arange(3).to(getattr(torch, dtype))
        assert value.dtype == expected.dtype and torch.equal(value.to(torch.complex64), expected.to(torch.complex64))
    keys = _load_state_dict_from_keys({"numbers.one", "model"}, checkpoint_id=DATA / "of_one")
    assert keys["numbers"] == {"one": 1} and sorted(keys["model"]) == ["0.bias", "0.weight", "2.bias", "2.weight"]


def test_pieces_that_pytorch_wrote():
    whole = torch.arange(35.0).view(7, 5)
    state = {"rows": torch.zeros(7, 5), "columns": torch.zeros(7, 5, dtype=torch.bfloat16), "copies": torch.zeros(7, 5)}
    dcp.load(state, checkpoint_id=DATA / "of_two")
    assert all(torch.equal(value.float(), whole) for value in state.values())
    entries = dcp.FileSystemReader(DATA / "of_two").read_metadata().state_dict_metadata
    assert [tuple(chunk.offsets) for chunk in entries["rows"].chunks] == [(0, 0), (4, 0)]
    assert [tuple(chunk.sizes) for chunk in entries["columns"].chunks] == [(7, 3), (7, 2)]
    assert len(entries["copies"].chunks) == 1 and entries["scalar"].properties.dtype == torch.float64


def test_metadata_go_through_a_file():
    index = nouns.MetadataIndex("x", [1, 2], 3)
    chunk = nouns.ChunkStorageMetadata(torch.Size([1, 2]), torch.Size([3, 4]))
    properties = nouns.TensorProperties(torch.bfloat16, memory_format=torch.channels_last, strides=(4, 1))
    entries = {
        "x": nouns.TensorStorageMetadata(properties, torch.Size([9, 9]), [chunk]),
        "y": nouns.BytesStorageMetadata(),
    }
    given = nouns.Metadata(
        entries, {"x": ("a", 0, "x")}, {index: StorageInfo("f", 5, 7)}, nouns.StorageMeta("here", "save"), "1.0.0"
    )
    stream = io.BytesIO()
    write_metadata(given, stream)
    found = read_metadata(io.BytesIO(stream.getvalue()))
    assert found == given
    # Indices are found by name and place; the number is a hint.
    assert found.storage_data[nouns.MetadataIndex("x", [1, 2])].offset == 5
    assert b"torch.distributed.checkpoint.metadata" in stream.getvalue() and b"ferrotorch" not in stream.getvalue()


def test_properties_of_older_files():
    properties = nouns.TensorProperties.__new__(nouns.TensorProperties)
    state = (torch.float16, torch.strided, True, nouns._MEM_FORMAT_ENCODING.TORCH_PRESERVE_FORMAT, False)
    properties.__setstate__(state)
    assert properties.strides is None and properties.memory_format == torch.preserve_format
    with pytest.raises(RuntimeError, match=r"Invalid torch\.memory_format encoding"):
        properties.__setstate__((*state[:3], 17, False))


class Harmful:
    def __init__(self, function, *arguments):
        self.parts = function, arguments

    def __reduce__(self):
        return self.parts


@pytest.mark.parametrize(
    "harmful", [Harmful(os.system, "touch harmed"), Harmful(eval, "open('harmed', 'w')"), Harmful(exec, "1"), 5]
)
def test_metadata_run_nothing(tmp_path, monkeypatch, harmful):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".metadata").write_bytes(pickle.dumps(harmful))
    with pytest.raises(dcp.CheckpointException, match=r"Unsupported global|metadata of a checkpoint are a int"):
        dcp.load({"x": torch.zeros(1)}, checkpoint_id=tmp_path)
    assert not (tmp_path / "harmed").exists()


def test_values_run_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dcp.save({"x": Harmful(os.system, "touch harmed")}, checkpoint_id=tmp_path / "c")
    with pytest.raises(dcp.CheckpointException, match="Weights only load failed"):
        dcp.load({"x": 0}, checkpoint_id=tmp_path / "c")
    assert not (tmp_path / "harmed").exists()


def test_files_outside_are_not_read(tmp_path):
    dcp.save({"x": torch.ones(1)}, checkpoint_id=tmp_path / "c")
    reader = dcp.FileSystemReader(tmp_path / "c")
    metadata = reader.read_metadata()
    (info,) = metadata.storage_data.values()
    shutil.copy(tmp_path / "c" / info.relative_path, tmp_path / "outside")
    info.relative_path = "../outside"
    with open(tmp_path / "c" / ".metadata", "wb") as file:
        write_metadata(metadata, file)
    with pytest.raises(dcp.CheckpointException, match="names a file outside of its folder"):
        dcp.load({"x": torch.zeros(1)}, checkpoint_id=tmp_path / "c")


def test_damaged_metadata(tmp_path):
    dcp.save({"x": torch.ones(1)}, checkpoint_id=tmp_path)
    whole = (tmp_path / ".metadata").read_bytes()
    for length in range(0, len(whole), 37):
        (tmp_path / ".metadata").write_bytes(whole[:length])
        with pytest.raises(pickle.UnpicklingError):
            dcp.FileSystemReader(tmp_path).read_metadata()


def test_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no checkpoint in .*: it has no \.metadata$"):
        dcp.FileSystemReader(tmp_path).read_metadata()
    (tmp_path / "checkpoint.json").write_text("{}")
    with pytest.raises(dcp.CheckpointException, match=r"a checkpoint\.json, the list of a format"):
        dcp.load({}, checkpoint_id=tmp_path)
    with pytest.raises(RuntimeError, match="`checkpoint_id` must be specified"):
        dcp.load({})
