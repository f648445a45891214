"""Storages in files, and what the environment says about loading."""

import io
import sys
import zipfile

import ferrotorch as torch
import pytest

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")


def again(obj, legacy):
    file = io.BytesIO()
    torch.save(obj, file, _use_new_zipfile_serialization=not legacy)
    file.seek(0)
    return torch.load(file)


@pytest.mark.parametrize("legacy", [False, True])
def test_storages_come_back_with_their_class_and_sharing(legacy) -> None:
    x = torch.arange(4.0)
    numbers = torch.tensor([1, 2], dtype=torch.uint8)
    typed, view, untyped = again([x.storage(), x[1:], numbers.untyped_storage()], legacy)
    assert isinstance(typed, torch.TypedStorage)
    assert isinstance(typed, torch.FloatStorage)
    assert typed.tolist() == [0.0, 1.0, 2.0, 3.0]
    view[0] = 9.0
    assert typed[1] == 9.0
    assert isinstance(untyped, torch.UntypedStorage)
    assert untyped.tolist() == [1, 2]


@pytest.mark.parametrize("legacy", [False, True])
def test_memory_is_saved_as_one_dtype(legacy) -> None:
    x = torch.ones(3, dtype=torch.complex128)
    for things in ([x, x.imag], [x.storage(), x.imag], [x, x.imag.storage()], [x.storage(), x.imag.storage()]):
        with pytest.raises(RuntimeError, match="view the same data as different types"):
            again(things, legacy)


# Two parts of one storage of two zeros, as PyTorch 0.3.1 wrote them.
PARTS = (
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00(X\n\x00\x00\x00type_sizesq\x01}q\x02("
    b"X\x03\x00\x00\x00intq\x03K\x04X\x05\x00\x00\x00shortq\x04K\x02X\x04\x00\x00\x00longq\x05K\x04uX\x10\x00\x00\x00"
    b"protocol_versionq\x06M\xe9\x03X\r\x00\x00\x00little_endianq\x07\x88u.\x80\x02(X\x07\x00\x00\x00storageq\x00"
    b"ctorch\nFloatStorage\nq\x01X\x01\x00\x00\x00aq\x02X\x03\x00\x00\x00cpuq\x03K\x02X\x01\x00\x00\x00bq\x04K\x00K\x01"
    b"\x87q\x05tq\x06Q(h\x00h\x01h\x02h\x03K\x02X\x01\x00\x00\x00cq\x08K\x01K\x01\x87q\ttq\nQ\x86q\x0b.\x80\x02]q\x00"
    b"X\x01\x00\x00\x00aq\x01a.\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
)


def test_parts_of_a_storage_share_its_memory() -> None:
    first, second = torch.load(io.BytesIO(PARTS))
    assert (first.tolist(), second.tolist()) == ([0.0], [0.0])
    assert second.data_ptr() - first.data_ptr() == 4
    with pytest.raises(RuntimeError, match="elements 1 to 3 of a storage that has 2 elements"):
        torch.load(io.BytesIO(PARTS.replace(b"K\x01K\x01\x87q\t", b"K\x01K\x02\x87q\t")))


class Plain:
    pass


def saved(thing) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(thing, file)
    file.seek(0)
    return file


def test_the_environment_allows_everything(monkeypatch) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.warns(UserWarning, match="forcing weights_only=False"):
        assert isinstance(torch.load(saved(Plain())), Plain)
    with pytest.raises(Exception, match="Weights only load failed"):
        torch.load(saved(Plain()), weights_only=True)


def test_the_environment_allows_weights_only(monkeypatch) -> None:
    monkeypatch.setenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "yes")
    with pytest.raises(Exception, match="Weights only load failed"):
        torch.load(saved(Plain()), weights_only=False)
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(RuntimeError, match="Only one of"):
        torch.load(saved(Plain()))


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64", "float8_e5m2", "float8_e4m3fn", "complex32"])
def test_dtypes_without_a_storage_type(name, legacy) -> None:
    x = torch.tensor([1.0, 2.0]).to(getattr(torch, name))
    y, rest = again([x, x[1:]], legacy)
    assert (y.dtype, y.to(torch.complex64).tolist()) == (x.dtype, [1, 2])
    assert rest.to(torch.complex64).tolist() == [2]
    assert rest.untyped_storage() == y.untyped_storage()


def without_order(x) -> io.BytesIO:
    """An archive as it was written before archives said the order of bytes."""
    result = io.BytesIO()
    with zipfile.ZipFile(saved(x)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            if not name.endswith("/byteorder"):
                target.writestr(name, source.read(name))
    result.seek(0)
    return result


def test_the_order_of_bytes_of_archives_that_say_none() -> None:
    file, names = without_order(torch.tensor([1, 256], dtype=torch.int16)), torch.serialization.LoadEndianness
    orders = {None: "little", names.NATIVE: sys.byteorder, names.LITTLE: "little", names.BIG: "big"}
    numbers = {sys.byteorder: [1, 256], {"little": "big", "big": "little"}[sys.byteorder]: [256, 1]}
    assert torch.serialization.get_default_load_endianness() is None
    try:
        for given, order in orders.items():
            torch.serialization.set_default_load_endianness(given)
            assert torch.serialization.get_default_load_endianness() is given
            file.seek(0)
            assert torch.load(file).tolist() == numbers[order]
    finally:
        torch.serialization.set_default_load_endianness(None)
    with pytest.raises(TypeError, match="Invalid argument type"):
        torch.serialization.set_default_load_endianness("big")


@pytest.mark.parametrize("dtype", [torch.float32, torch.int16, torch.complex64, torch.bool])
def test_tensors_over_files(tmp_path, dtype) -> None:
    path = tmp_path / "numbers"
    numbers = torch.tensor([1, 0, 1, 1]).to(dtype)
    path.write_bytes(bytes(numbers.untyped_storage().tolist()))
    assert torch.equal(torch.from_file(path, size=4, dtype=dtype), numbers)
    private, shared = (torch.from_file(str(path), shared, 2, dtype=dtype) for shared in (False, True))
    private[0] = 0
    assert torch.from_file(path, size=1, dtype=dtype)[0] == 1
    shared[0] = 0
    assert torch.from_file(path, size=1, dtype=dtype)[0] == 0
    assert torch.from_file(path, shared=True, size=6, dtype=dtype).tolist() == [0, 0, 1, 1, 0, 0]
    assert path.stat().st_size == 6 * dtype.itemsize


def test_what_files_cannot_be(tmp_path) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(bytes(8))
    assert torch.from_file(path, size=2, requires_grad=True).requires_grad
    with pytest.raises(RuntimeError, match="size <8> is smaller than the required mapping size <12>"):
        torch.from_file(path, size=3)
    with pytest.raises(RuntimeError, match="unable to mmap -4 bytes"):
        torch.from_file(path, size=-1)
    with pytest.raises(RuntimeError, match=r"unable to open file <.*absent> in read-only mode: No such file"):
        torch.from_file(tmp_path / "absent", size=1)
    with pytest.raises(NotImplementedError, match="not to meta"):
        torch.from_file(path, size=1, device="meta")
