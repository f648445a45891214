"""Checkpoints as folders of safetensors, and other file systems."""

import importlib.util
import json
import os

import ferrotorch as torch
import ferrotorch.distributed.checkpoint as dcp
import pytest
from ferrotorch.distributed.checkpoint.fsspec_filesystem import _FileSystem
from ferrotorch.utils.safetensors import load_file, save_file

HAS_FSSPEC = importlib.util.find_spec("fsspec") is not None


def state():
    return {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(4, dtype=torch.bfloat16)}


def check_loaded(reader):
    loaded = {"a": torch.zeros(2, 3), "b": torch.zeros(4, dtype=torch.bfloat16)}
    dcp.load(loaded, storage_reader=reader)
    assert all(torch.equal(loaded[name], value) for name, value in state().items())


def test_one_file(tmp_path):
    dcp.save(state(), storage_writer=dcp.HuggingFaceStorageWriter(str(tmp_path)))
    assert sorted(os.listdir(tmp_path)) == ["model-00001-of-00001.safetensors", "model.safetensors.index.json"]
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert index["weight_map"] == dict.fromkeys("ab", "model-00001-of-00001.safetensors")
    assert index["metadata"]["total_size"] == 6 * 4 + 4 * 2
    whole = load_file(tmp_path / "model-00001-of-00001.safetensors")
    assert all(torch.equal(whole[name], value) for name, value in state().items())
    check_loaded(dcp.HuggingFaceStorageReader(str(tmp_path)))


def test_files_by_names(tmp_path):
    writer = dcp.HuggingFaceStorageWriter(str(tmp_path), fqn_to_index_mapping={"a": 1, "b": 2}, thread_count=2)
    dcp.save(state(), storage_writer=writer)
    names = [f"model-{number:05}-of-00002.safetensors" for number in (1, 2)]
    assert sorted(os.listdir(tmp_path)) == [*names, "model.safetensors.index.json"]
    assert list(load_file(tmp_path / names[1])) == ["b"]
    check_loaded(dcp.HuggingFaceStorageReader(str(tmp_path), thread_count=2))


def test_pieces_are_put_together(tmp_path):
    part = torch.arange(8.0).view(2, 4)
    part.global_shape, part.global_offsets = (2, 8), ((0, 4),)
    part.local_offsets, part.local_sizes = ((0, 0),), ((2, 4),)
    dcp.save({"x": part}, storage_writer=dcp.HuggingFaceStorageWriter(str(tmp_path / "p"), save_distributed=True))
    assert os.listdir(tmp_path / "p") == ["shard-00001-model-00001-of-00001.safetensors"]
    entry = dcp.HuggingFaceStorageReader(str(tmp_path / "p")).read_metadata().state_dict_metadata["x"]
    assert tuple(entry.size) == (2, 8) and tuple(entry.chunks[0].offsets) == (0, 4)
    writer = dcp.HuggingFaceStorageWriter(str(tmp_path), save_distributed=True, enable_consolidation=True)
    dcp.save(state(), storage_writer=writer)
    assert os.listdir(tmp_path / "sharded") == ["shard-00001-model-00001-of-00001.safetensors"]
    check_loaded(dcp.HuggingFaceStorageReader(str(tmp_path)))


def test_values_that_are_no_tensors_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there are no safetensors"):
        dcp.HuggingFaceStorageReader(str(tmp_path)).read_metadata()


def test_factors_of_squares(tmp_path):
    weight = torch.arange(12.0).view(3, 4).to(torch.float8_e4m3fn)
    factors = torch.tensor([[1.0, 2.0], [3.0, 0.5]])
    save_file({"x.weight": weight, "x.weight_scale_inv": factors}, tmp_path / "model.safetensors")
    loaded = {"x.weight": torch.zeros(3, 4)}
    dcp.load(loaded, storage_reader=dcp.QuantizedHuggingFaceStorageReader(str(tmp_path), block_size=2))
    assert loaded["x.weight"].tolist() == [[0.0, 1.0, 4.0, 6.0], [4.0, 5.0, 12.0, 14.0], [24.0, 27.0, 5.0, 5.5]]


def test_floats_of_four_bits(tmp_path):
    blocks = torch.tensor([[[[0x21, 0x7F], [0x9A, 0x03]]]], dtype=torch.uint8)
    save_file({"x_blocks": blocks}, tmp_path / "one.safetensors")
    save_file({"x_scales": torch.tensor([[[128, 126]]], dtype=torch.uint8)}, tmp_path / "two.safetensors")
    loaded = {"x_blocks": torch.zeros(1, 1, 8)}
    dcp.load(loaded, storage_reader=dcp.QuantizedHuggingFaceStorageReader(str(tmp_path)))
    assert loaded["x_blocks"].flatten().tolist() == [1.0, 2.0, -12.0, 12.0, -0.5, -0.25, 0.75, 0.0]


@pytest.mark.skipif(HAS_FSSPEC, reason="says what happens without fsspec")
def test_urls_need_fsspec():
    assert not dcp.FsspecWriter.validate_checkpoint_id("memory://x")
    with pytest.raises(ModuleNotFoundError, match="fsspec"):
        dcp.FsspecReader("memory://x")


@pytest.mark.skipif(not HAS_FSSPEC, reason="needs fsspec")
def test_urls():
    assert dcp.FsspecWriter.validate_checkpoint_id("memory://c")
    dcp.save(state(), checkpoint_id="memory://c/1")
    dcp.save(state(), checkpoint_id="memory://c/1")
    loaded = {"a": torch.zeros(2, 3)}
    dcp.load(loaded, checkpoint_id="memory://c/1")
    assert torch.equal(loaded["a"], state()["a"])
    system = _FileSystem()
    assert len(system.ls(system.init_path("memory://c/1"))) == 2
