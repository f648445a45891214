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
    with pytest.raises(RuntimeError, match="not a file that save"):
        torch.load(io.BytesIO(b"hello world"))
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
