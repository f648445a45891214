"""The safetensors format."""

import json
import struct

import ferrotorch as torch
import pytest
from expected import DATA, assert_equal, content
from ferrotorch.utils import safetensors


def test_reads_a_file_of_the_reference_implementation():
    loaded = safetensors.load_file(DATA / "weights.safetensors")
    assert_equal(loaded, content("weights.safetensors"))
    assert safetensors.load_metadata(DATA / "weights.safetensors") == {"note": "hello", "format": "pt"}
    assert_equal(safetensors.load((DATA / "weights.safetensors").read_bytes()), loaded)


def test_round_trip(tmp_path):
    tensors = {
        "f": torch.arange(6.0).reshape(2, 3).t(),
        "b": torch.tensor([True, False, True]),
        "h": torch.ones(3, dtype=torch.float16),
        "bf": torch.ones(3, dtype=torch.bfloat16),
        "d": torch.ones(2, dtype=torch.float64),
        "s": torch.tensor(7),
        "e": torch.zeros(0, 4),
    }
    path = tmp_path / "x.safetensors"
    safetensors.save_file(tensors, path, {"a": "b"})
    loaded = safetensors.load_file(path)
    assert set(loaded) == set(tensors) and safetensors.load_metadata(path) == {"a": "b"}
    for name, want in tensors.items():
        assert loaded[name].dtype == want.dtype and torch.equal(loaded[name], want)
    before = path.read_bytes()
    loaded["f"].zero_()
    assert path.read_bytes() == before


def file(header, data=b"\0" * 8):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


GOOD = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 1 << 60) + b"{}",
        file(b"{"),
        file(b"[1]"),
        file(b"[" * 100_000),
        file({"a": 1}),
        file({"a": {"dtype": "F32"}}),
        file({"a": {**GOOD, "dtype": "F31"}}),
        file({"a": {**GOOD, "dtype": ["F32"]}}),
        file({"a": {**GOOD, "shape": [3]}}),
        file({"a": {**GOOD, "shape": [-2]}}),
        file({"a": {**GOOD, "shape": [1 << 62, 4]}}),
        file({"a": {**GOOD, "data_offsets": [4, 12]}}),
        file({"a": {**GOOD, "data_offsets": [8, 0]}}),
        file({"a": {**GOOD, "data_offsets": [-8, 0]}}),
        file({"a": {**GOOD, "data_offsets": [0]}}),
    ],
)
def test_damaged_files(data, tmp_path):
    with pytest.raises(RuntimeError, match="safetensors"):
        safetensors.load(data)
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(RuntimeError, match="safetensors"):
        safetensors.load_file(path)


def test_a_header_of_absurd_length_is_refused():
    with pytest.raises(RuntimeError, match="1152921504606846976 bytes"):
        safetensors.load_file(DATA / "bad_header.safetensors")


def test_unaligned_data_are_copied():
    data = file(
        {"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, "b": {**GOOD, "data_offsets": [1, 9]}}, b"\0" * 9
    )
    assert safetensors.load(data)["b"].tolist() == [0.0, 0.0]


def test_only_tensors_of_known_dtypes_are_saved(tmp_path):
    with pytest.raises(TypeError, match="'a' is a int"):
        safetensors.save_file({"a": 1}, tmp_path / "x")
    with pytest.raises(TypeError, match="complex128"):
        safetensors.save_file({"a": torch.zeros(1, dtype=torch.complex128)}, tmp_path / "x")


@pytest.mark.parametrize(
    "entries",
    [
        {
            "a": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]},
            "b": {"dtype": "U8", "shape": [9], "data_offsets": [1, 10]},
        },
        {"a": {"dtype": "U8", "shape": [1] * 65, "data_offsets": [0, 1]}},
        {"a": {"dtype": "U8", "shape": [10**400], "data_offsets": [0, 1]}},
        {"a": {"dtype": ["U8"] * 1000, "shape": [1], "data_offsets": [0, 1]}},
        {"a": [[[1] * 1000] * 1000]},
    ],
)
def test_what_is_refused_is_named_shortly(entries):
    header = json.dumps(entries).encode()
    with pytest.raises(RuntimeError, match="safetensors") as caught:
        safetensors.load(struct.pack("<Q", len(header)) + header + bytes(10))
    assert len(str(caught.value)) < 400
