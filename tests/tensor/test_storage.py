"""The bytes behind tensors: access, slices that share them, files."""

import ferrotorch as torch
import pytest


def storage():
    return torch.arange(6, dtype=torch.float32).untyped_storage()


def test_bytes_are_read_and_written():
    bytes_ = storage()
    assert (bytes_[4], bytes_[-1], len(bytes_)) == (0, 64, 24)
    assert list(bytes_)[4:8] == bytes_.tolist()[4:8] == [0, 0, 128, 63]
    bytes_[0] = 7
    bytes_[1:3] = 9
    assert bytes_.tolist()[:4] == [7, 9, 9, 0]
    assert bytes_.fill_(3)[23] == 3
    assert torch.UntypedStorage(24).copy_(bytes_).tolist() == [3] * 24


def test_wrong_places():
    with pytest.raises(IndexError, match="index 24 out of range for storage of size 24"):
        storage()[24]
    with pytest.raises(RuntimeError, match="step of 2"):
        storage()[::2]


def test_a_slice_shares_the_memory_and_keeps_it():
    tensor = torch.arange(6, dtype=torch.float32)
    part = torch.asarray(tensor.untyped_storage()[4:12], dtype=torch.float32)
    assert part.data_ptr() == tensor.data_ptr() + 4
    part[0] = 50
    assert tensor.tolist() == [0, 50, 2, 3, 4, 5]
    del tensor
    assert part.tolist() == [50, 2]
    assert len(storage()[5:5]) == 0


def test_a_storage_as_a_tensor():
    assert torch.asarray(storage(), dtype=torch.float32).tolist() == [0, 1, 2, 3, 4, 5]
    assert torch.asarray(storage(), dtype=torch.uint8).tolist() == storage().tolist()


def test_a_file_is_mapped(tmp_path):
    path = tmp_path / "bytes"
    path.write_bytes(b"abcdefg")
    private = torch.UntypedStorage.from_file(str(path), False, 4)
    assert bytes(private.tolist()) == b"abcd"
    private.fill_(65)
    assert path.read_bytes() == b"abcdefg"
    torch.UntypedStorage.from_file(path, shared=True, nbytes=2).fill_(65)
    assert path.read_bytes() == b"AAcdefg"
    assert len(torch.UntypedStorage.from_file(path)) == 0
    with pytest.raises(RuntimeError, match="size <7> is smaller than the required mapping size <400>"):
        torch.UntypedStorage.from_file(path, False, 400)
    with pytest.raises(RuntimeError, match="unable to open file"):
        torch.UntypedStorage.from_file(tmp_path / "absent", False, 4)
    assert len(torch.UntypedStorage.from_file(tmp_path / "new", True, 400)) == 400
