"""The bytes behind tensors: access, slices that share them, files."""

import copy
import pickle

import ferrotorch as torch
import pytest


def storage():
    return torch.arange(6, dtype=torch.float32).untyped_storage()


@pytest.mark.parametrize("sequence", [[1, 2, 300, -1], (1, 2, 300, -1)])
def test_bytes_are_given_as_a_sequence(sequence):
    assert torch.UntypedStorage(sequence).tolist() == [1, 2, 44, 255]
    assert torch.UntypedStorage(type(sequence)()).nbytes() == 0


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


def test_a_tensor_is_set_to_what_another_shows():
    x, y = torch.zeros(3), torch.arange(4.0)
    view = x[:2]
    assert x.set_(y) is x
    x.add_(1)
    assert x.tolist() == y.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert view.tolist() == [0.0, 0.0]
    # Writes are counted with those of its views, not with those of the tensor that it shares memory with.
    assert (x._version, view._version, y._version) == (2, 2, 0)


@pytest.mark.parametrize(
    ("args", "want"),
    [
        ((), []),
        ((torch.arange(6.0), 1, (2,), (2,)), [1.0, 3.0]),
        ((torch.arange(6.0), 2, (2, 2)), [[2.0, 3.0], [4.0, 5.0]]),
        ((storage(),), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        ((storage(), 1, (2, 2), (1, 2)), [[1.0, 3.0], [2.0, 4.0]]),
    ],
)
def test_a_tensor_is_set_to_a_window(args, want):
    assert torch.zeros(3).set_(*args).tolist() == want


def test_a_window_is_set_by_keywords():
    window = torch.tensor(()).set_(storage(), storage_offset=0, size=torch.Size([3]), stride=[2])
    assert (window.tolist(), window.stride()) == ([0.0, 2.0, 4.0], (2,))


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (
            (torch.ones(3, dtype=torch.int64),),
            RuntimeError,
            "set tensor of type Long to a tensor of type Float",
        ),
        ((torch.ones(2), 1, (2,), (1,)), RuntimeError, "storage of 3 elements"),
        ((storage(), -1, (2,)), RuntimeError, "invalid storage offset"),
        ((storage(), 0, (2,), (1, 1)), RuntimeError, "same length"),
        ((storage(), 0, (2,), (-1,)), RuntimeError, "negative strides"),
        (("x",), TypeError, "must be Tensor or Storage, not str"),
    ],
)
def test_what_a_tensor_is_not_set_to(args, error, message):
    with pytest.raises(error, match=message):
        torch.zeros(3).set_(*args)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch.zeros(3, requires_grad=True).set_(torch.ones(3))


def test_views_count_writes_with_a_tensor_that_looks_at_other_data():
    x, y = torch.zeros(3), torch.ones(3)
    view = x[:]
    x.data = y
    x.add_(1)
    assert (x._version, view._version, y._version) == (1, 1, 0)
    view.add_(1)
    assert (x._version, view._version, y._version) == (2, 2, 0)
    assert (x.tolist(), view.tolist(), y.tolist()) == ([2.0] * 3, [1.0] * 3, [2.0] * 3)
    x.data = torch.zeros(2)
    x.mul_(2)
    assert (x._version, view._version) == (3, 3)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_copies_have_memory_of_their_own(copied):
    first = storage()
    second = copied(first)
    first.fill_(1)
    assert second.tolist() == storage().tolist()


@pytest.mark.parametrize(
    ("dtype", "want"),
    [
        (torch.int8, [0, 1, 2, 3, 4, 5, 6, 7]),
        (torch.bfloat16, [1, 0, 3, 2, 5, 4, 7, 6]),
        (torch.int32, [3, 2, 1, 0, 7, 6, 5, 4]),
        (torch.complex64, [3, 2, 1, 0, 7, 6, 5, 4]),
        (torch.float64, [7, 6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_bytes_of_numbers_are_turned_around(dtype, want):
    bytes_ = torch.arange(8, dtype=torch.uint8).untyped_storage()
    bytes_.byteswap(dtype)
    assert bytes_.tolist() == want


def test_memory_keeps_its_size():
    bytes_ = storage()
    assert bytes_.resize_(24) is bytes_
    with pytest.raises(RuntimeError, match="the 24 bytes of a storage cannot become 8"):
        bytes_.resize_(8)
    with pytest.raises(RuntimeError, match=r"3 bytes are no whole number of torch\.int16"):
        torch.UntypedStorage(3).byteswap(torch.int16)
