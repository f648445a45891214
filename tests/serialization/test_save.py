"""Saving, and loading what was saved."""

import io
import os
import pickle
import zipfile
from collections import Counter, OrderedDict

import ferrotorch as torch
import pytest


def again(obj, **options):
    file = io.BytesIO()
    torch.save(obj, file)
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
def test_every_dtype(name):
    x = torch.tensor([[0, 1, 2], [3, 0, 5]]).to(getattr(torch, name))
    y = again(x)
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
    with pytest.raises(pickle.UnpicklingError, match=r"Thing.*add_safe_globals"):
        again(Thing(1))
    with torch.serialization.safe_globals([Thing]):
        assert again(Thing(torch.ones(1))).value.item() == 1
        assert torch.serialization.get_safe_globals() == [Thing]
    assert torch.serialization.get_safe_globals() == []
    assert again(Thing(2), weights_only=False).value == 2


def test_wrong_arguments(tmp_path):
    path = tmp_path / "x.pt"
    torch.save(1, path)
    with pytest.raises(TypeError, match="'write'"):
        torch.save(1, 3)
    with pytest.raises(AttributeError, match="seekable"):
        torch.load(3)
    with pytest.raises(ValueError, match="file path"):
        torch.load(io.BytesIO(path.read_bytes()), mmap=True)
    with pytest.raises(RuntimeError, match="explicit pickle_module"):
        torch.load(path, weights_only=True, pickle_module=pickle)
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "none.pt")
    assert torch.load(path, pickle_module=pickle) == 1
