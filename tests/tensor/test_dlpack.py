"""DLPack, both ways and in both forms."""

import ctypes
import gc
import weakref

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.utils import dlpack

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_reads_our_memory(dtype):
    t = torch.ones(2, 3, dtype=getattr(torch, dtype))
    array = np.from_dlpack(t)
    assert array.dtype == dtype and array.shape == (2, 3)
    t.zero_()
    assert not array.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_we_read_numpys_memory(dtype):
    array = np.ones((2, 3), dtype=dtype)
    t = torch.from_dlpack(array)
    assert t.dtype == getattr(torch, dtype) and t.shape == (2, 3)
    array[:] = 0
    assert not t.any()


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.bool])
def test_round_trip(versioned, dtype):
    t = torch.arange(6).reshape(2, 3).to(dtype).t()
    back = torch.from_dlpack(t.__dlpack__(max_version=(1, 0) if versioned else None))
    assert back.dtype == dtype and back.stride() == t.stride() and back.data_ptr() == t.data_ptr()
    assert torch.equal(back, t)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1, 4, 1)])
def test_shapes(shape):
    t = torch.ones(shape)
    assert np.from_dlpack(t).shape == shape
    assert torch.from_dlpack(np.ones(shape)).shape == shape


def test_strides():
    array = np.arange(24.0).reshape(4, 6)[::2, 1::2]
    assert torch.from_dlpack(array).tolist() == array.tolist()
    with pytest.raises(ValueError, match="negative strides"):
        torch.from_dlpack(np.arange(3)[::-1])


def test_read_only_memory():
    array = np.ones(3)
    array.flags.writeable = False
    t = torch.from_dlpack(array)
    with pytest.raises(RuntimeError, match="read-only"):
        t.add_(1)
    assert not np.from_dlpack(t).flags.writeable
    with pytest.raises(BufferError, match="read-only"):
        t.__dlpack__()


def test_copies():
    t = torch.ones(3)
    copied = torch.from_dlpack(t, copy=True)
    assert copied.data_ptr() != t.data_ptr()
    assert torch.from_dlpack(t, copy=False).data_ptr() == t.data_ptr()
    assert torch.from_dlpack(t, device="cpu").data_ptr() == t.data_ptr()


def test_memory_lives_as_long_as_needed():
    array = np.ones(1000)
    ref = weakref.ref(array)
    t = torch.from_dlpack(array)
    del array
    gc.collect()
    assert t.sum().item() == 1000
    del t
    gc.collect()
    assert ref() is None


def test_unused_capsule_is_freed():
    storage = np.ones(10)
    ref = weakref.ref(storage)
    capsule = torch.from_numpy(storage).__dlpack__()
    del storage
    gc.collect()
    assert ref() is not None
    del capsule
    gc.collect()
    assert ref() is None


def test_capsule_is_used_once():
    capsule = dlpack.to_dlpack(torch.ones(2))
    assert dlpack.from_dlpack(capsule).tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="only once"):
        dlpack.from_dlpack(capsule)
    with pytest.raises(RuntimeError, match="invalid capsule"):
        torch.from_dlpack(3)


def test_refusals():
    t = torch.ones(2, requires_grad=True)
    with pytest.raises(BufferError, match="require gradient"):
        t.__dlpack__()
    shared = torch.from_dlpack(torch.to_dlpack(t))
    assert shared.data_ptr() == t.data_ptr() and not shared.requires_grad
    with pytest.raises(TypeError, match="stream must be"):
        torch.ones(2).__dlpack__(stream="a")
    with pytest.raises(BufferError, match="cannot export to device"):
        torch.ones(2).__dlpack__(dl_device=(2, 0))
    assert torch.from_dlpack(np.ones(2, dtype=np.uint16)).dtype is torch.uint16


def test_device():
    assert torch.ones(2).__dlpack_device__() == (1, 0)


class View(ctypes.Structure):
    """`DLTensor`, within a `DLManagedTensor`."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    )


@pytest.mark.parametrize(
    ("shape", "strides", "has_memory", "message"),
    [
        ((4,), (1,), False, "no memory"),
        ((1 << 40, 1 << 40), (1, 1), True, "size calculation overflowed"),
        ((1 << 40,), (1 << 40,), True, "further than any memory"),
        ((3,), (1 << 62,), True, "further than any memory"),
        ((1,) * 65, (1,) * 65, True, "65 dimensions"),
        ((-1,), (1,), True, "negative"),
    ],
)
def test_broken_producers(shape, strides, has_memory, message):
    numbers = (ctypes.c_float * 4)()
    refuse(ctypes.addressof(numbers) if has_memory else None, shape, strides, (2, 32, 1), message)


@pytest.mark.parametrize("element", [(2, 128, 1), (0, 4, 1), (2, 32, 4), (99, 8, 1)])
def test_unknown_elements(element):
    numbers = (ctypes.c_float * 4)()
    refuse(ctypes.addressof(numbers), (1,), (1,), element, "unsupported dtype")


def refuse(address, shape, strides, element, message):
    n = len(shape)
    sizes, steps = (ctypes.c_int64 * n)(*shape), (ctypes.c_int64 * n)(*strides)
    view = View(address, 1, 0, n, *element, sizes, steps, 0, None, None)
    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    capsule = make(ctypes.byref(view), b"dltensor", None)
    with pytest.raises((ValueError, RuntimeError), match=message):
        torch._C._from_dlpack(capsule)
