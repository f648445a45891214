"""Saving, and loading what was saved."""

import errno
import io
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from collections import Counter, OrderedDict

import ferrotorch as torch
import pytest


def again(obj, legacy=False, **options):
    file = io.BytesIO()
    torch.save(obj, file, _use_new_zipfile_serialization=not legacy)
    file.seek(0)
    return torch.load(file, **options)


DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("legacy", [False, True])
def test_every_dtype(name, legacy):
    x = torch.tensor([[0, 1, 2], [3, 0, 5]]).to(getattr(torch, name))
    y = again(x, legacy)
    assert y.dtype == x.dtype and torch.equal(x, y)


@pytest.mark.parametrize(
    "x",
    [
        lambda: torch.tensor(3.5),
        lambda: torch.zeros(0, 3),
        lambda: torch.arange(12).reshape(3, 4).t(),
        lambda: torch.arange(12)[3:9:2],
        lambda: torch.ones(1).expand(2, 3),
        lambda: torch.zeros(2, requires_grad=True),
    ],
)
def test_shapes_and_strides(x):
    x = x()
    y = again(x)
    assert torch.equal(x, y) and (x.stride(), x.requires_grad) == (y.stride(), y.requires_grad)


def test_plain_data():
    obj = {
        "n": [None, True, -1, 2**70, 1.5, 1 + 2j],
        "t": ("text", b"bytes", bytearray(b"array")),
        "c": [OrderedDict(a=1), Counter("aab"), {1, 2}],
        "o": (torch.float32, torch.Size([1, 2]), torch.device("cpu")),
    }
    loaded = again(obj)
    assert loaded == obj and type(loaded["c"][0]) is OrderedDict and type(loaded["o"][1]) is torch.Size


def test_storages_are_saved_once_and_shared():
    base = torch.arange(1000.0)
    file = io.BytesIO()
    torch.save([base, base[10:20], base.view(10, 100)], file)
    assert len(file.getvalue()) < 7000
    file.seek(0)
    whole, part, view = torch.load(file)
    whole.zero_()
    assert part.sum().item() == view.sum().item() == 0.0


def test_views_of_different_dtypes_are_refused():
    x = torch.zeros(4)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        torch.save([x, x.view(torch.int32)], io.BytesIO())


def test_layout_of_the_archive(tmp_path):
    path = tmp_path / "net.pt"
    torch.save({"w": torch.ones(3), "b": torch.ones(5)}, path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        data = path.read_bytes()
        for info in archive.infolist():
            start = info.header_offset + 30 + int.from_bytes(data[info.header_offset + 26 :][:2], "little")
            start += int.from_bytes(data[info.header_offset + 28 :][:2], "little")
            assert start % 64 == 0 and info.compress_type == zipfile.ZIP_STORED
        pickled = archive.read("net/data.pkl")
    assert {"net/data.pkl", "net/data/0", "net/data/1", "net/byteorder", "net/version"} <= set(names)
    assert b"torch._utils" in pickled and b"FloatStorage" in pickled and b"ferrotorch" not in pickled


def test_a_failing_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.pt"
    torch.save([1], path)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        torch.save([torch.ones(3), lambda: 0], path)
    assert torch.load(path) == [1] and os.listdir(tmp_path) == ["x.pt"]
    with pytest.raises(RuntimeError, match="does not exist"):
        torch.save([1], tmp_path / "missing" / "x.pt")


def test_saving_through_a_link_and_keeping_the_mode(tmp_path):
    target = tmp_path / "target.pt"
    torch.save(1, target)
    target.chmod(0o640)
    (tmp_path / "link.pt").symlink_to(target)
    torch.save(2, tmp_path / "link.pt")
    assert torch.load(target) == 2 and (tmp_path / "link.pt").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640


def test_map_location_forms():
    x = torch.ones(2)
    seen = []

    def place(storage, location):
        seen.append((storage.nbytes(), location))
        return storage

    for where in ("cpu", torch.device("cpu"), {"cpu": "cpu"}, {}, place, lambda storage, location: None):
        assert torch.equal(again(x, map_location=where), x)
    assert seen == [(8, "cpu")]
    with pytest.raises(RuntimeError, match="map_location='cpu'"):
        again(x, map_location="cuda")


class Thing:
    def __init__(self, value):
        self.value = value


def test_own_classes_need_leave():
    # Parts of the library that are loaded add theirs.
    before = torch.serialization.get_safe_globals()
    with pytest.raises(pickle.UnpicklingError, match=r"Thing.*add_safe_globals"):
        again(Thing(1))
    with torch.serialization.safe_globals([Thing]):
        assert again(Thing(torch.ones(1))).value.item() == 1
        assert torch.serialization.get_safe_globals() == [*before, Thing]
    assert torch.serialization.get_safe_globals() == before
    assert again(Thing(2), weights_only=False).value == 2


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_names_that_are_not_allowed_are_found_without_loading(tmp_path, protocol):
    path = tmp_path / "x.pt"
    saved = {"thing": Thing(2), "counter": Counter("aab"), "tensor": torch.ones(2), "again": Thing(3), "set": {1}}
    torch.save(saved, path, pickle_protocol=protocol)
    unsafe = torch.serialization.get_unsafe_globals_in_checkpoint
    name = f"{Thing.__module__}.Thing"
    assert unsafe(path) == [name]
    with path.open("rb") as file:
        assert unsafe(file) == [name]
    with torch.serialization.safe_globals([Thing]):
        assert unsafe(path) == []
        assert torch.load(path)["thing"].value == 2
    torch.save(1, path, _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"torch\.save"):
        unsafe(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02c__main__")
    with pytest.raises(pickle.UnpicklingError, match="damaged"):
        unsafe(path)


def test_wrong_arguments(tmp_path):
    path = tmp_path / "x.pt"
    torch.save(1, path)
    with pytest.raises(AttributeError, match="'write'"):
        torch.save(1, 3)
    with pytest.raises(AttributeError, match=r"'seek'.*seekable"):
        torch.load(3)
    with pytest.raises(ValueError, match="file path"):
        torch.load(io.BytesIO(path.read_bytes()), mmap=True)
    with pytest.raises(RuntimeError, match="explicit pickle_module"):
        torch.load(path, weights_only=True, pickle_module=pickle)
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "none.pt")
    assert torch.load(path, pickle_module=pickle) == 1


def test_the_old_format():
    """PyTorch reads these bytes: pickles of magic number, version, system, object and keys, then the storages."""
    base = torch.arange(6.0)
    file = io.BytesIO()
    torch.save({"a": base[1:3], "b": base.view(2, 3).t()}, file, _use_new_zipfile_serialization=False)
    file.seek(0)
    assert pickle.load(file) == 0x1950A86A20F9469CFC6C and pickle.load(file) == 1001
    assert pickle.load(file)["little_endian"] is (sys.byteorder == "little")
    file.seek(0)
    loaded = torch.load(file)
    assert loaded["a"].tolist() == [1.0, 2.0] and loaded["b"].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    loaded["a"].zero_()
    assert loaded["b"].tolist() == [[0.0, 3.0], [0.0, 4.0], [0.0, 5.0]]


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("first", [torch.ones(3), {"n": 1}, [torch.zeros(0), torch.ones(2, dtype=torch.int8)]])
def test_objects_one_behind_the_other(first, weights_only, tmp_path):
    for make in (io.BytesIO, lambda: (tmp_path / "two").open("w+b")):
        with make() as file:
            pickle.dump("plain", file)
            torch.save(first, file, _use_new_zipfile_serialization=False)
            torch.save(torch.arange(3), file, _use_new_zipfile_serialization=False)
            torch.save([torch.arange(4)], file)
            file.seek(0)
            assert pickle.load(file) == "plain"
            assert str(torch.load(file, weights_only=weights_only)) == str(first)
            assert torch.load(file, weights_only=weights_only).tolist() == [0, 1, 2]
            assert torch.load(file, weights_only=weights_only)[0].tolist() == [0, 1, 2, 3]


class Sparing:
    """A file that takes a few bytes at once, or none."""

    def __init__(self, most):
        self.data, self.most = bytearray(), most

    def write(self, data):
        part = bytes(memoryview(data)[: self.most])
        self.data += part
        return len(part)

    def flush(self):
        pass


@pytest.mark.parametrize("legacy", [False, True])
def test_files_that_take_a_part_of_what_they_are_given(legacy):
    file = Sparing(7)
    torch.save(torch.arange(100), file, _use_new_zipfile_serialization=not legacy)
    assert torch.load(io.BytesIO(bytes(file.data))).tolist() == list(range(100))
    with pytest.raises(OSError, match="write"):
        torch.save(torch.arange(100), Sparing(0), _use_new_zipfile_serialization=not legacy)


def test_a_file_whose_write_says_nothing():
    class Silent(Sparing):
        def write(self, data):
            super().write(data)

    file = Silent(1 << 30)
    torch.save([1, 2], file)
    assert torch.load(io.BytesIO(bytes(file.data))) == [1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
def test_a_killed_process_leaves_nothing(tmp_path):
    path = tmp_path / "x.pt"
    torch.save([1], path)
    program = f"""
import os, signal, ferrotorch as torch
class Killer:
    def __reduce__(self): os.kill(os.getpid(), signal.SIGKILL)
torch.save([torch.ones(1000), Killer()], {str(path)!r})"""
    killed = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert os.listdir(tmp_path) == ["x.pt"] and torch.load(path) == [1]


def test_where_files_always_have_names(tmp_path, monkeypatch):
    monkeypatch.setattr("ferrotorch._files._NAMELESS", None)
    path = tmp_path / "x.pt"
    torch.save([1], path)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        torch.save(lambda: 0, path)
    assert torch.load(path) == [1] and os.listdir(tmp_path) == ["x.pt"]


def test_contents_are_on_the_disk_before_they_get_the_name(tmp_path, monkeypatch):
    order = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (order.append(name), real(*args))[1])
    torch.save([1], tmp_path / "x.pt")
    assert order == ["fsync", "replace", "fsync"]


@pytest.mark.skipif(not hasattr(os, "umask"), reason="no umask")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_a_plain_open(mask, tmp_path, monkeypatch):
    before = os.umask(mask)
    try:
        monkeypatch.setattr(os, "umask", None)  # other threads would see a change
        torch.save([1], tmp_path / "x.pt")
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert (tmp_path / "x.pt").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_file_in_a_folder_that_may_not_be_written_to(code, tmp_path, monkeypatch):
    path = tmp_path / "x.pt"
    torch.save([1] * 1000, path)
    inode = path.stat().st_ino

    def refuse(target):
        raise OSError(code, os.strerror(code), target)

    monkeypatch.setattr("ferrotorch._files._create_beside", refuse)
    torch.save(torch.ones(3), path)
    assert torch.load(path).tolist() == [1.0] * 3 and path.stat().st_ino == inode
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        torch.save(lambda: 0, path)
    assert torch.load(path).tolist() == [1.0] * 3
    with pytest.raises(OSError, match=os.strerror(code)):
        torch.save([1], tmp_path / "new.pt")


def test_functions_are_allowed_by_name():
    F = torch.nn.functional
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.nn\.functional\.relu"):
        again({"f": F.relu})
    for function in (F.relu, F.cross_entropy, torch.nn.init.zeros_, isinstance):
        with torch.serialization.safe_globals([function]):
            assert again({"f": function})["f"] is function


def test_size_of_a_storage_object():
    for n in (0, 1, 1568):
        assert sys.getsizeof(torch.zeros(n).untyped_storage()) == 64 + 4 * n


def test_tables_of_hooks_are_written_as_plain_dictionaries():
    net = torch.nn.Linear(2, 2)
    net(torch.ones(1, 2))  # makes the tables
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    with torch.serialization.safe_globals([torch.nn.Linear, set]):
        loaded = torch.load(file, weights_only=True)
    assert torch.equal(loaded.weight, net.weight)
    assert type(loaded._forward_hooks) is OrderedDict


def test_an_open_file_can_be_read_by_its_name_as_soon_as_it_is_saved(tmp_path):
    with open(tmp_path / "x.pt", "wb") as file:
        torch.save(torch.arange(3), file)
        assert torch.load(tmp_path / "x.pt").tolist() == [0, 1, 2]
