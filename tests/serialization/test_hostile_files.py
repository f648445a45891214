"""Damaged and hostile files: a clear error, no code run, no read out of bounds."""

import io
import os
import pickle
import random
import struct
import zipfile

import ferrotorch as torch
import pytest
from expected import DATA

TENSOR = "torch._utils\n_rebuild_tensor_v2\n"


def archive(pickled, **records):
    """An archive with this pickle and a storage of 16 bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        for name, data in {"data.pkl": pickled, "data/0": bytes(16), **records}.items():
            writer.writestr(f"a/{name}", data)
    file.seek(0)
    return file


def tensor_pickle(offset=0, size=(4,), stride=(1,), count=4, key="0", kind="FloatStorage"):
    def number(n):
        return b"\x8a\x08" + struct.pack("<q", n)

    def numbers(items):
        return b"(" + b"".join(map(number, items)) + b"t"

    def text(s):
        return b"X" + struct.pack("<I", len(s)) + s.encode()

    storage = b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + number(count) + b"tQ"
    hooks = b"ccollections\nOrderedDict\n)R"
    args = b"(" + storage + number(offset) + numbers(size) + numbers(stride) + b"\x89" + hooks + b"t"
    return b"\x80\x02c" + TENSOR.encode() + args + b"R."


def test_the_helper_writes_good_files():
    assert torch.load(archive(tensor_pickle())).tolist() == [0.0] * 4


@pytest.mark.parametrize(
    "changed",
    [
        {"size": (5,)},
        {"offset": 1},
        {"offset": -1},
        {"size": (-1,)},
        {"stride": (-1,)},
        {"size": (2, 2)},
        {"size": (2, 2), "stride": (3, 1)},
        {"size": (1 << 40, 1 << 40), "stride": (1 << 40, 1)},
        {"size": (0,), "offset": 5},
        {"count": 5},
        {"count": 3},
        {"count": -4},
        {"count": 1 << 60},
        {"key": "1"},
        {"key": "../data.pkl"},
        {"kind": "DoubleStorage"},
        {"size": (1,) * 65, "stride": (1,) * 65},
        {"size": (0, 1 << 62), "stride": (0, 1)},
        {"size": (1 << 32, 1 << 32), "stride": (0, 0)},
    ],
)
def test_tensors_that_reach_outside_their_storage(changed):
    with pytest.raises(RuntimeError, match=r"load\(\)"):
        torch.load(archive(tensor_pickle(**changed)))


@pytest.mark.parametrize(
    "name", ["os\nsystem", "builtins\neval", "builtins\ngetattr", "torch\nload", "torch.nn\nLinear"]
)
def test_nothing_is_called_that_is_not_allowed(name):
    with pytest.raises(pickle.UnpicklingError, match="refers to"):
        torch.load(archive(b"\x80\x02c" + name.encode() + b"\n)R."))


def test_a_hostile_file_runs_nothing(monkeypatch):
    calls = []
    monkeypatch.setattr(os, "system", calls.append)
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.system"):
        torch.load(DATA / "hostile.pt")
    assert calls == []


@pytest.mark.parametrize(
    "body",
    [
        b"ctorch\nTensor\n\x8a\x05\x00\x00\x00\x00\x10\x85R.",  # Tensor(2**36)
        b"cbuiltins\nbytearray\n\x8a\x05\x00\x00\x00\x00\x10\x85R.",  # bytearray(2**36)
        b"ctorch\nTensor\n}X\x01\x00\x00\x00aNsb.",  # attributes of a class
        b"ccollections\nOrderedDict\n}X\x01\x00\x00\x00aNsb.",
        b"ctorch.nn.parameter\nParameter\n)\x81.",  # an instance without its constructor
        b"}" + b")" + b"\x85" * 100_000 + b"Ns.",  # a key nested so deep that hashing overflows the stack
        b"ccollections\nOrderedDict\n]" + b")" + b"\x85" * 100_000 + b"N\x86a\x85R.",
        b"\x8f(" + b")" + b"\x85" * 100_000 + b"\x90.",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",  # bytes without end
        b"]]s.",
        b"}]Ns.",
        b"t.",
        b"h\x07.",
        b"R.",
        b"",
        b"N",
        b"X\x05\x00\x00\x00abc.",
        b"X\x01\x00\x00\x00\xff.",
        b"I1\n.",
    ],
)
def test_malformed_pickles(body):
    with pytest.raises((pickle.UnpicklingError, RuntimeError), match=r"load\(\)"):
        torch.load(archive(b"\x80\x02" + body))


def test_rebuilding_by_other_functions_is_refused():
    body = b"ctorch._tensor\n_rebuild_from_type_v2\n(ctorch\nTensor\nctorch\nTensor\n)}tR."
    with pytest.raises(RuntimeError, match="a tensor made by"):
        torch.load(archive(b"\x80\x02" + body))


@pytest.mark.parametrize("name", ["truncated.pt", "tensor.pt", "legacy.pt", "training.pt"])
def test_truncation_anywhere(name):
    data = (DATA / name).read_bytes()
    for length in range(0, len(data) - 100 if name != "truncated.pt" else len(data), max(1, len(data) // 60)):
        with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError), match=r"load\(\)"):
            torch.load(io.BytesIO(data[:length]))


@pytest.mark.parametrize("name", ["tensor.pt", "legacy.pt", "objects.pt", "views.pt"])
def test_random_damage_gives_data_or_an_error(name):
    data = (DATA / name).read_bytes()
    rng = random.Random(0)
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 3, 10))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            torch.load(io.BytesIO(bytes(damaged)))
        except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
            assert len(str(error)) > 8  # noqa: PT017 (damage may also leave a readable file)


def test_checksums_are_compared():
    data = bytearray((DATA / "tensor.pt").read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as reader:
        storage = reader.read("tensor/data/0")
    data[data.index(storage)] ^= 1
    with pytest.raises(RuntimeError, match="checksum"):
        torch.load(io.BytesIO(bytes(data)))


def test_other_files():
    for rubbish in (b"hello world", b"\x80\x02.", b"\x80\x02K\x01."):
        with pytest.raises(pickle.UnpicklingError, match="not a file that save"):
            torch.load(io.BytesIO(rubbish))
    with pytest.raises(EOFError, match="empty"):
        torch.load(io.BytesIO(b""))
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as writer:
        writer.writestr("a.txt", "text")
    other.seek(0)
    with pytest.raises(RuntimeError, match=r"no data.pkl"):
        torch.load(other)


def test_big_endian_numbers_are_swapped():
    file = archive(tensor_pickle(), byteorder=b"big", **{"data/0": struct.pack(">4f", 1, 2, 3, 4)})
    assert torch.load(file).tolist() == [1.0, 2.0, 3.0, 4.0]


SAME_TWICE = b")" + b"2\x86" * 60  # a tuple of the same tuple twice, 60 levels deep


def glob(module, name):
    return f"c{module}\n{name}\n".encode()


WIDE = {
    "key": b"}" + SAME_TWICE + b"K\x01s",
    "keys": b"}(" + SAME_TWICE + b"K\x01u",
    "member": b"\x8f(" + SAME_TWICE + b"\x90",
    "members": glob("builtins", "set") + b"]" + SAME_TWICE + b"a\x85R",
    "key of an OrderedDict": glob("collections", "OrderedDict") + b"]" + SAME_TWICE + b"N\x86a\x85R",
    "key of a Counter": glob("collections", "Counter") + b"]" + SAME_TWICE + b"a\x85R",
    "new Counter": glob("collections", "Counter") + b"]" + SAME_TWICE + b"a\x85\x81",
    "persistent id": SAME_TWICE + b"Q",
    "storage": b"(X\x07\0\0\0storage" + glob("torch", "FloatStorage") + SAME_TWICE + b"X\3\0\0\0cpuK\1tQ",
    "count": b"(X\x07\0\0\0storage" + glob("torch", "FloatStorage") + b"X\1\0\0\x000X\3\0\0\0cpu" + SAME_TWICE + b"tQ",
    "called": SAME_TWICE + b")R",
    "arguments": glob("torch", "Size") + SAME_TWICE + b"R",
    "class": SAME_TWICE + b")\x81",
    "name": b"X\5\0\0\0torch" + SAME_TWICE + b"\x93",
    "module": SAME_TWICE + b"X\4\0\0\0load\x93",
    "layout": glob("torch.serialization", "_get_layout") + SAME_TWICE + b"\x85R",
    "device": glob("torch", "device") + SAME_TWICE + b"\x85R",
    "encoding": glob("_codecs", "encode") + b"X\0\0\0\0" + SAME_TWICE + b"\x86R",
    "rebuilt": glob("torch._tensor", "_rebuild_from_type_v2") + b"(" + SAME_TWICE + b"NNNtR",
    "complex": glob("builtins", "complex") + SAME_TWICE + b"\x85R",
}


@pytest.mark.parametrize("body", WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("legacy", [False, True])
def test_what_is_wider_than_the_file(body, legacy):
    pickled = b"\x80\x02" + body + b"."
    file = io.BytesIO(legacy_headers() + pickled) if legacy else archive(pickled)
    with pytest.raises((pickle.UnpicklingError, RuntimeError), match=r"load\(\)") as caught:
        torch.load(file)
    assert len(str(caught.value)) < 600


def legacy_headers():
    headers = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    return b"".join(pickle.dumps(header, protocol=2) for header in headers)


@pytest.mark.parametrize("place", ["version", "system", "keys", "key"])
def test_wide_parts_of_the_old_format(place):
    wide = b"\x80\x02" + SAME_TWICE + b"."
    magic, version, system = (pickle.dumps(x, protocol=2) for x in (0x1950A86A20F9469CFC6C, 1001, {}))
    data = {
        "version": magic + wide,
        "system": magic + version + wide,
        "keys": magic + version + system + pickle.dumps(1, protocol=2) + wide,
        "key": magic + version + system + pickle.dumps(1, protocol=2) + b"\x80\x02]" + SAME_TWICE + b"a.",
    }[place]
    with pytest.raises((pickle.UnpicklingError, RuntimeError, EOFError)):
        torch.load(io.BytesIO(data))


@pytest.mark.parametrize(
    "repeated",
    [
        glob("_codecs", "encode") + b"h\0\x85R",
        glob("builtins", "bytearray") + b"h\2\x85R",
        glob("builtins", "set") + b"h\1\x85R",
        glob("collections", "OrderedDict") + b")Rh\3b",
    ],
)
def test_work_that_the_file_does_not_explain(repeated):
    """The same large object is copied again and again, by a few bytes each time."""
    n = 20_000
    start = b"X" + struct.pack("<I", n) + b"a" * n + b"q\0(" + b"K\1" * n + b"lq\1B" + struct.pack("<I", n) + b"a" * n
    start += b"q\2}(" + b"".join(b"M" + struct.pack("<H", i) + b"N" for i in range(n)) + b"uq\3"
    with pytest.raises(pickle.UnpicklingError, match="more work"):
        torch.load(archive(b"\x80\x02" + start + repeated * 20_000 + b"."))


def test_conjugated_tensors_take_no_memory():
    one = tensor_pickle(kind="ComplexFloatStorage", count=2, size=(1 << 40,), stride=(0,))[2:-2]
    loaded = torch.load(archive(b"\x80\x02" + one[: one.rindex(b"t")] + b"}X\4\0\0\0conj\x88stR."))
    assert loaded.shape == (1 << 40,) and loaded.is_conj()


def storages(count, nbytes):
    """An old file whose pickle speaks of storages that are not there."""
    parts = b"".join(
        b"(X\x07\0\0\0storage"
        + glob("torch", "ByteStorage")
        + b"X\4\0\0\0"
        + f"{i:04}".encode()
        + b"X\3\0\0\0cpuJ"
        + struct.pack("<i", nbytes)
        + b"NtQ"
        for i in range(count)
    )
    return legacy_headers() + b"\x80\x02(" + parts + b"l." + bytes(nbytes)


def test_storages_of_an_old_file_share_its_size():
    with pytest.raises(RuntimeError, match="for it"):
        torch.load(io.BytesIO(storages(100, 100_000)))


def test_overlapping_records_are_refused():
    file = archive(tensor_pickle(), **{f"data/{i}": bytes(1000) for i in range(1, 50)})
    data = bytearray(file.getvalue())
    at, first = data.index(b"PK\1\2"), None
    while at >= 0:  # every record of the directory now lies where the first of them does
        if data[at + 46 :].startswith(b"a/data/"):
            first = first or data[at + 42 : at + 46]
            data[at + 42 : at + 46] = first
        at = data.find(b"PK\1\2", at + 1)
    with pytest.raises(RuntimeError, match="overlaps"):
        torch.load(io.BytesIO(bytes(data)))


def deflated(records):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in records.items():
            writer.writestr(f"a/{name}", data)
    file.seek(0)
    return file


def test_compressed_records():
    numbers = struct.pack("<4f", 1, 2, 3, 4)
    assert torch.load(deflated({"data.pkl": tensor_pickle(), "data/0": numbers})).tolist() == [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(RuntimeError, match="would grow"):
        torch.load(deflated({"data.pkl": b"\x80\x02" + b"N0" * 10_000_000 + b"N.", "data/0": b""}))
    count = 1 << 23
    with pytest.raises(RuntimeError, match="would grow"):
        torch.load(deflated({"data.pkl": tensor_pickle(count=count), "data/0": bytes(4 * count)}))
