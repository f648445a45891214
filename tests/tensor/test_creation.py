"""Making tensors from Python values, arrays and legacy constructors."""

import ferrotorch as torch
import numpy as np
import pytest

INFERRED = [
    (True, torch.bool),
    (1, torch.int64),
    (1.5, torch.float32),
    (1j, torch.complex64),
    ([True, False], torch.bool),
    ([True, 2], torch.int64),
    ([1, 2.5], torch.float32),
    ([1.0, 2j], torch.complex64),
    ([[1, 2], [3, 4]], torch.int64),
    ([], torch.float32),
    ([[], []], torch.float32),
    (np.float64(1), torch.float64),
    (np.int32(3), torch.int32),
    (np.array([1.5]), torch.float64),
    (np.array([True]), torch.bool),
    (np.zeros((2, 0), np.uint8), torch.uint8),
    ((1, (2,)[0]), torch.int64),
    (range(3), torch.int64),
]


@pytest.mark.parametrize(("value", "dtype"), INFERRED, ids=lambda v: str(v))
def test_inference(value, dtype, device):
    x = torch.tensor(value, device=device)
    assert x.dtype == dtype and x.device.type == device.split(":")[0]
    want = np.asarray(value)
    assert tuple(x.shape) == want.shape and x.tolist() == want.tolist()


def test_tensors_in_lists():
    assert torch.tensor([torch.tensor(1), torch.tensor(2)]).tolist() == [1, 2]
    assert torch.tensor([np.array([1, 2]), np.array([3, 4])]).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "dtype",
    [
        torch.bool,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex64,
        torch.complex128,
    ],
)
def test_every_dtype(dtype, device):
    if device != "cpu" and dtype in (torch.float64, torch.complex128):
        pytest.skip("float64 is checked on the host")
    x = torch.tensor([[0, 1], [1, 0]], dtype=dtype, device=device)
    assert x.dtype == dtype and x.tolist() == [[0, 1], [1, 0]]
    assert x.element_size() == dtype.itemsize and x.nbytes == 4 * dtype.itemsize
    assert torch.zeros_like(x).dtype == torch.ones_like(x).dtype == torch.full_like(x, 1).dtype == dtype


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([[1], [2, 3]], ValueError, "length 1 at dim 1"),
        ("x", TypeError, "'str'"),
        (None, RuntimeError, "dtype of NoneType"),
        ([None], RuntimeError, "dtype of NoneType"),
        (object(), RuntimeError, "dtype of object"),
        ([1, "a"], TypeError, "'str'"),
        (1 << 70, ValueError, "Overflow when unpacking long long"),
        (np.array(["a"]), TypeError, "<U1"),
    ],
)
def test_refused(value, error, message):
    with pytest.raises(error, match=message):
        torch.tensor(value)


def test_default_dtype():
    try:
        torch.set_default_dtype(torch.float64)
        assert torch.tensor(1.0).dtype == torch.zeros(1).dtype == torch.rand(1).dtype == torch.float64
        assert torch.tensor(1j).dtype == torch.complex128
    finally:
        torch.set_default_dtype(torch.float32)


def test_legacy_constructors():
    assert torch.FloatTensor([1, 2]).dtype == torch.float32 and torch.LongTensor([1]).dtype == torch.int64
    assert torch.DoubleTensor(2, 3).shape == torch.Tensor(2, 3).shape == torch.Size([2, 3])
    assert torch.Tensor(np.array([1.0, 2.0])).dtype == torch.float32
    assert torch.Tensor([1, 2]).tolist() == [1.0, 2.0] and torch.Tensor().shape == (0,)
    x = torch.ones(2)
    assert (
        x.type() == "torch.FloatTensor"
        and x.type(torch.LongTensor).dtype == x.type("torch.LongTensor").dtype == torch.int64
    )
    assert x.type_as(torch.ones(1, dtype=torch.int32)).dtype == torch.int32


def test_size():
    size = torch.ones(2, 3, 4).size()
    assert isinstance(size, tuple) and size == (2, 3, 4) and size.numel() == 24
    assert isinstance(size[1:], torch.Size) and isinstance(size + (1,), torch.Size)  # noqa: RUF005 (the sum is what is tested)
    assert repr(size) == "torch.Size([2, 3, 4])"


def test_numpy_shares_memory():
    a = np.arange(6.0).reshape(2, 3).T
    x = torch.from_numpy(a)
    a[0, 0] = 9
    x[2, 1] = 7
    assert x[0, 0].item() == 9 and a[2, 1] == 7 and x.stride() == (1, 3)
    y = torch.zeros(2, 2)
    y.numpy()[0, 1] = 3
    assert y.tolist() == [[0, 3], [0, 0]]
    copied = y.clone().numpy()
    y.zero_()
    assert copied.tolist() == [[0, 3], [0, 0]]
    assert torch.as_tensor(a).data_ptr() == x.data_ptr() and torch.tensor(a).data_ptr() != x.data_ptr()


def test_numpy_refuses_gradients():
    with pytest.raises(RuntimeError, match=r"detach"):
        torch.ones(1, requires_grad=True).numpy()


def test_ranges(device):
    assert torch.arange(2, 7, 2, device=device).tolist() == [2, 4, 6]
    assert torch.arange(0, 1, 0.25, device=device).tolist() == [0, 0.25, 0.5, 0.75]
    assert torch.linspace(0, 1, 5, device=device).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert torch.logspace(0, 2, 3, device=device).tolist() == pytest.approx([1, 10, 100], rel=1e-5)
    assert torch.eye(2, 3, device=device).tolist() == [[1, 0, 0], [0, 1, 0]]
    for call, message in (
        (lambda: torch.arange(0, 5, 0), "step must be nonzero"),
        (lambda: torch.arange(5, 0), "from 5 to 0 by 1"),
        (lambda: torch.linspace(0, 1, -1), "non-negative, got -1"),
        (lambda: torch.arange(0, float("inf")), "0 -> inf"),
    ):
        with pytest.raises(RuntimeError, match=message):
            call()


def test_a_device_is_the_default_within_its_block(device):
    with torch.device(device) as entered:
        assert torch.ones(1).device.type == entered.type == torch.device(device).type
        with torch.device("cpu"):
            assert torch.ones(1).device.type == "cpu"
        assert torch.ones(1).device.type == entered.type
    assert torch.ones(1).device.type == "cpu"
