"""Views: the values NumPy gives, in shared memory."""

import ferrotorch as torch
import numpy as np
import pytest

VIEWS = [
    ("reshape", (2, 3, 4), lambda x: x.reshape(6, 4), lambda x: x.reshape(6, 4)),
    ("reshape -1", (2, 3, 4), lambda x: x.reshape(-1, 2), lambda x: x.reshape(-1, 2)),
    ("view", (2, 6), lambda x: x.view(3, 4), lambda x: x.reshape(3, 4)),
    ("permute", (2, 3, 4), lambda x: x.permute(2, 0, 1), lambda x: x.transpose(2, 0, 1)),
    ("transpose", (2, 3, 4), lambda x: x.transpose(-1, 0), lambda x: x.swapaxes(-1, 0)),
    ("t", (2, 3), lambda x: x.t(), lambda x: x.T),
    ("mT", (2, 3, 4), lambda x: x.mT, lambda x: x.swapaxes(-1, -2)),
    ("squeeze", (2, 1, 3, 1), lambda x: x.squeeze(), lambda x: x.squeeze()),
    ("squeeze dim", (2, 1, 3, 1), lambda x: x.squeeze(1), lambda x: x.squeeze(1)),
    ("unsqueeze", (2, 3), lambda x: x.unsqueeze(-1), lambda x: x[..., None]),
    ("expand", (2, 1), lambda x: x.expand(3, -1, 4), lambda x: np.broadcast_to(x, (3, 2, 4))),
    ("narrow", (4, 5), lambda x: x.narrow(1, 1, 3), lambda x: x[:, 1:4]),
    ("select", (4, 5), lambda x: x.select(0, -1), lambda x: x[-1]),
    ("diagonal", (3, 4), lambda x: x.diagonal(1), lambda x: x.diagonal(1)),
    ("movedim", (2, 3, 4), lambda x: x.movedim(0, -1), lambda x: np.moveaxis(x, 0, -1)),
    ("flatten", (2, 3, 4), lambda x: x.flatten(1), lambda x: x.reshape(2, 12)),
    ("unflatten", (2, 12), lambda x: x.unflatten(1, (3, -1)), lambda x: x.reshape(2, 3, 4)),
    ("split", (5, 2), lambda x: x.split(2)[1], lambda x: x[2:4]),
    ("chunk", (5, 2), lambda x: x.chunk(2)[1], lambda x: x[3:]),
    ("tensor_split", (7, 2), lambda x: x.tensor_split(3)[1], lambda x: np.array_split(x, 3)[1]),
    ("unbind", (3, 2), lambda x: x.unbind(1)[1], lambda x: x[:, 1]),
    ("as_strided", (3, 4), lambda x: x.as_strided((2, 2), (4, 2), 1), lambda x: x[:2, 1::2]),
    ("unfold", (6,), lambda x: x.unfold(0, 3, 2), lambda x: np.lib.stride_tricks.sliding_window_view(x, 3)[::2]),
    ("empty", (0, 3), lambda x: x.reshape(3, 0), lambda x: x.reshape(3, 0)),
    ("zero-dim", (), lambda x: x.reshape(1, 1), lambda x: x.reshape(1, 1)),
]
COPIES = [
    ("flip", (2, 3), lambda x: x.flip(0, 1), lambda x: x[::-1, ::-1]),
    ("roll", (2, 3), lambda x: x.roll((1, -1), (0, 1)), lambda x: np.roll(x, (1, -1), (0, 1))),
    ("roll flat", (2, 3), lambda x: x.roll(2), lambda x: np.roll(x, 2)),
    ("rot90", (2, 3), lambda x: torch.rot90(x), lambda x: np.rot90(x)),
    ("tile", (2, 3), lambda x: x.tile(2, 1, 2), lambda x: np.tile(x, (2, 1, 2))),
    ("repeat", (2, 3), lambda x: x.repeat(2, 2), lambda x: np.tile(x, (2, 2))),
    ("repeat_interleave", (2, 3), lambda x: x.repeat_interleave(2, 1), lambda x: x.repeat(2, 1)),
    ("tril", (3, 4), lambda x: x.tril(-1), lambda x: np.tril(x, -1)),
    ("triu", (3, 4), lambda x: x.triu(1), lambda x: np.triu(x, 1)),
    ("diag", (3,), lambda x: x.diag(1), lambda x: np.diag(x, 1)),
    ("reshape of a transposed", (2, 3), lambda x: x.t().reshape(6), lambda x: x.T.reshape(6)),
]


def ramp(shape):
    return np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize(("name", "shape", "op", "reference"), VIEWS, ids=[v[0] for v in VIEWS])
def test_views(name, shape, op, reference, device):
    values = ramp(shape)
    x = torch.from_numpy(values.copy()).to(device)
    view = op(x)
    want = reference(values)
    assert view.cpu().numpy().tolist() == want.tolist() and tuple(view.shape) == want.shape
    assert view._is_view() and view.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    x.add_(1)
    assert view.cpu().numpy().tolist() == (want + 1).tolist()


@pytest.mark.parametrize(("name", "shape", "op", "reference"), COPIES, ids=[v[0] for v in COPIES])
def test_copies(name, shape, op, reference, device):
    x = torch.from_numpy(ramp(shape)).to(device)
    got = op(x)
    assert got.cpu().numpy().tolist() == reference(ramp(shape)).tolist()
    x.zero_()
    assert got.cpu().numpy().tolist() == reference(ramp(shape)).tolist()


def test_view_as_another_dtype(device):
    x = torch.tensor([1.0, -2.0], device=device)
    assert x.view(torch.int32).tolist() == [0x3F800000, -0x40000000]
    assert torch.view_as_complex(torch.ones(3, 2)).tolist() == [1 + 1j] * 3
    assert torch.view_as_real(torch.tensor([1 + 2j])).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x.view(4), r"'\[4\]' is invalid for input of size 6"),
        (lambda x: x.t().view(6), "not compatible with input tensor's size and stride"),
        (lambda x: x.reshape(-1, -1), "only one dimension can be inferred"),
        (lambda x: x.reshape(0, -1), "ambiguous"),
        (lambda x: x.expand(4, 3), r"\(4\) must match the existing size \(2\)"),
        (lambda x: x.permute(0, 0), "duplicate dims"),
        (lambda x: x.permute(0), "number of dimensions"),
        (lambda x: x.narrow(0, 1, 2), r"start \(1\) \+ length \(2\)"),
        (lambda x: x.unflatten(1, (2, 2)), r"\[2, 2\] don't multiply up to the size of dim 1 \(3\)"),
        (lambda x: x.as_strided((3, 3), (3, 1)), "storage of 9 elements, but it has 6"),
        (lambda x: x.split(-1), "split_size=-1"),
        (lambda x: x.chunk(0), "greater than 0, got: 0"),
    ],
)
def test_refused_views(call, message, device):
    with pytest.raises(RuntimeError, match=message):
        call(torch.zeros(2, 3, device=device))


def test_matrix_forms_of_numbers():
    x = torch.tensor(2.0)
    assert x.mT.shape == x.mH.shape == x.adjoint().shape == ()
    assert x.mT._is_view()


def test_numbers_of_parts_by_position():
    x = torch.arange(12).reshape(2, 6)
    assert [p.shape[1] for p in x.hsplit(2, 3)] == [2, 1, 3]


@pytest.mark.parametrize(
    ("at", "sizes"), [([3], [3, 7]), ([0], [0, 10]), ([-1], [9, 1]), ([2, 5], [2, 3, 5]), (3, [4, 3, 3])]
)
def test_tensor_split_by_a_tensor(at, sizes):
    x = torch.zeros(10)
    for parts in (torch.tensor_split(x, torch.tensor(at)), x.tensor_split(torch.tensor(at)), torch.tensor_split(x, at)):
        assert [len(part) for part in parts] == sizes


def test_nothing_makes_an_empty_block():
    assert torch.block_diag().shape == (1, 0)
    assert torch.roll(torch.arange(3), 1, None).tolist() == [2, 0, 1]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.float32, torch.complex128], ids=str)
@pytest.mark.parametrize("length", [3, 255, 1017, 2048])
def test_long_rows_move_whole(length, dtype, device):
    x = (torch.arange(5 * length) % 251).reshape(5, length).to(dtype).to(device)
    want = x.cpu().tolist()
    assert x.roll(7, 1).tolist() == [[row[(i - 7) % length] for i in range(length)] for row in want]
    assert x.flip(1).tolist() == [row[::-1] for row in want]
    wide = torch.zeros(5, length + 3, dtype=dtype, device=device)
    wide[:, 3:] = x
    assert wide.tolist() == [[0, 0, 0, *row] for row in want]
