"""Indexing against NumPy: a table of expressions, and random ones, for reading and writing."""

import random

import ferrotorch as torch
import numpy as np
import pytest

SHAPE = (4, 3, 5)
EXPRESSIONS = [
    0,
    -1,
    slice(None),
    slice(1, 3),
    slice(None, None, 2),
    slice(-2, None),
    slice(3, 1),
    slice(0, 100),
    Ellipsis,
    None,
    (),
    (1, 2, 3),
    (0, slice(None), 1),
    (Ellipsis, 0),
    (0, Ellipsis),
    (None, 0, None),
    (slice(None), None, 1),
    [0, 2],
    [3, -1, 0],
    ([0, 1], [1, 2]),
    ([0, 1], slice(None), [1, 2]),
    (slice(None), [0, 2]),
    ([[0, 1], [2, 3]],),
    (slice(None), [[0], [1]], [0, 4]),
    (0, [1, 2]),
    (Ellipsis, [0, 1]),
    ([0, 1], None, [1, 2]),
    np.array([True, False, True, False]),
    (slice(1, 3), np.array([True, False, True])),
    np.arange(60).reshape(SHAPE) % 7 == 0,
    (np.arange(12).reshape(4, 3) % 5 == 0, 1),
    (None, [1, 2], Ellipsis, [3, 0]),
    [],
]


def as_torch(index, device):
    """The expression with its lists and arrays as tensors."""
    if isinstance(index, tuple):
        return tuple(as_torch(i, device) for i in index)
    if isinstance(index, np.ndarray):
        return torch.from_numpy(index).to(device)
    return torch.tensor(index, dtype=torch.int64, device=device) if isinstance(index, list) else index


def as_numpy(index):
    if isinstance(index, tuple):
        return tuple(as_numpy(i) for i in index)
    return np.array(index, dtype=np.int64) if isinstance(index, list) else index


def check(index, device, shape=SHAPE):
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    x = torch.from_numpy(values.copy()).to(device)
    want = values[as_numpy(index)]
    got = x[as_torch(index, device)]
    assert tuple(got.shape) == want.shape
    assert got.cpu().numpy().tolist() == want.tolist()
    new = -np.arange(1, want.size + 1, dtype=np.float32).reshape(want.shape)
    positions = np.arange(values.size).reshape(shape)[as_numpy(index)]
    for value in (7.0, new if len(np.unique(positions)) == positions.size else np.float32(3)):
        values[as_numpy(index)] = value
        x[as_torch(index, device)] = (
            torch.from_numpy(np.array(value)).to(device) if isinstance(value, np.ndarray) else float(value)
        )
        assert x.cpu().numpy().tolist() == values.tolist()


@pytest.mark.parametrize("index", EXPRESSIONS, ids=str)
def test_expression(index, device):
    check(index, device)


def random_index(r, shape):
    """An expression of NumPy that is good for the shape."""
    items, left, common = [], list(shape), r.choice([(2,), (3,), (2, 1), ()])
    # NumPy counts integers beside arrays as arrays, PyTorch does not: the order of dimensions differs.
    pick = r.choice(["int", "list"])
    while left:
        size = left.pop(0)
        kind = r.choice([pick, pick, "slice", "slice", "full", "mask", "none", "stop"])
        if kind == "none":
            items.append(None)
            left.insert(0, size)
        elif kind == "int":
            items.append(r.randrange(-size, size))
        elif kind == "slice":
            items.append(
                slice(
                    r.choice([None, *range(-size - 1, size + 2)]),
                    r.choice([None, *range(-size - 1, size + 2)]),
                    r.choice([None, 1, 2, 3]),
                )
            )
        elif kind == "full":
            items.append(slice(None))
        elif kind == "list":
            items.append(
                np.array([r.randrange(-size, size) for _ in range(int(np.prod(common)))], dtype=np.int64).reshape(
                    common
                )
            )
        elif kind == "mask" and pick == "list" and not any(isinstance(i, np.ndarray) for i in items) and common == ():
            items.append(np.array([r.random() < 0.5 for _ in range(size)]))
        elif kind == "stop":
            items.append(Ellipsis)
            break
        else:
            items.append(slice(None))
    return tuple(items)


@pytest.mark.parametrize("seed", range(60))
def test_random_expressions(seed, device):
    r = random.Random(seed)
    for _ in range(8 if device == "cpu" else 1):
        shape = tuple(r.randint(1, 5) for _ in range(r.randint(1, 4)))
        check(random_index(r, shape), device, shape)


def write(x, index):
    x[index] = 1
    x.sum().item()  # a GPU reports a bad index when its results are read


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (4, r"4.*size 4|out of"),
        (-5, r"-5.*size 4|out of"),
        ((0, 0, 0, 0), r"too many indices"),
        ((slice(None), 7), r"7.*size 3|out of"),
        ([9], r"9.*size 4|out of"),
        ((Ellipsis, Ellipsis, 0), r"out of bounds"),
        (np.array([True, False]), r"shape.*\[2\].*\[4"),
        (([0, 1], [0, 1, 2]), r"broadcast"),
        (slice(None, None, -1), r"step"),
        (slice(None, None, 0), r"step"),
        (1.5, r"index|indices"),
        ("a", r"index|indices"),
        (object(), r"index|indices"),
    ],
)
def test_refused(index, message, device):
    x = torch.zeros(SHAPE, device=device)
    with pytest.raises((IndexError, ValueError, TypeError), match=message):
        x[as_torch(index, device)].sum().item()
    with pytest.raises((IndexError, ValueError, TypeError), match=message):
        write(x, as_torch(index, device))


def test_a_value_must_broadcast(device):
    with pytest.raises(RuntimeError, match=r"shape|expand|size"):
        torch.zeros(2, 3, device=device)[0] = torch.ones(2, device=device)


def test_accumulation_counts_repeats(device):
    x = torch.zeros(3, device=device)
    x.index_put_((torch.tensor([0, 2, 0], device=device),), torch.ones(3, device=device), accumulate=True)
    assert x.tolist() == [2, 0, 1]


def test_iteration_length_and_membership(device):
    x = torch.arange(3, device=device)
    assert [int(v) for v in x] == [0, 1, 2] and len(x) == 3
    assert 2 in x and 5 not in x
    with pytest.raises(TypeError, match="0-d"):
        len(torch.tensor(1))
    with pytest.raises(TypeError, match="0-d"):
        iter(torch.tensor(1))


def test_a_range_is_a_list():
    x = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(x[:, range(2)], x[:, :2])
    assert x[range(0)].shape == (0, 3)
    x[range(2), 1] = 7
    assert x[:, 1].tolist() == [7, 7]


def test_bounds_of_slices_beyond_int64():
    x = torch.arange(6.0).reshape(2, 3)
    assert x[: 2**63].shape == (2, 3)
    assert x[-(2**70) :].shape == (2, 3)
    assert x[2**70 :].shape == (0, 3)
    assert x[: -(2**64)].shape == (0, 3)
    assert x[:, : 2**200].shape == (2, 3)


def test_several_ellipses():
    x = torch.arange(6.0).reshape(2, 3)
    assert x[..., ...].shape == (2, 3)
    assert torch.equal(x[..., 0, ...], x[:, 0])
    assert torch.zeros(2, 3, 4)[0, ..., ...].shape == (3, 4)
    with pytest.raises(IndexError):
        x[..., ..., 0]


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 1, 2, 3), (1, 1, 3), (1, 1, 1, 1)])
def test_values_with_more_dimensions_of_one(shape):
    x, values = torch.zeros(2, 3), torch.rand(shape)
    for index in (torch.tensor([0, 1]), True, slice(None), ..., (torch.tensor([0, 1]), slice(None))):
        y = x.clone()
        y[index] = values
        assert torch.equal(y, x + values.reshape(shape[-2:]))


def test_shapes_are_told_before_dtypes():
    x = torch.zeros(2, 3)
    with pytest.raises(RuntimeError, match=r"shape mismatch: value tensor of shape \[3, 3\] cannot be broadcast"):
        x[torch.tensor([0, 1])] = torch.ones(3, 3, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="source and destination dtypes match"):
        x[torch.tensor([0, 1])] = torch.ones(2, 3, dtype=torch.int64)


def test_masks_of_bytes_are_old_fashioned():
    with pytest.warns(UserWarning, match="indexing with dtype torch.uint8 is now deprecated"):
        assert torch.ones(2, 3)[torch.tensor([1, 0], dtype=torch.uint8)].shape == (1, 3)


def test_complex_numbers_do_not_fill_truth_values():
    mask, first = torch.zeros(3, dtype=torch.bool), torch.tensor([0])
    for value in (1j, torch.tensor(1j)):
        with pytest.raises(RuntimeError, match="Converting complex Scalar to non-complex type"):
            mask.index_fill_(0, first, value)


def test_indices_from_another_device(gpu):
    index = torch.tensor([0], device=gpu)
    with pytest.raises(RuntimeError, match="indices should be either on cpu or on the same device"):
        torch.ones(3)[index]
    assert torch.ones(3, device=gpu)[torch.tensor([0])].tolist() == [1]


@pytest.mark.filterwarnings("ignore:indexing with dtype torch.uint8")
@pytest.mark.parametrize("x", [torch.arange(6.0).reshape(2, 3), torch.tensor(3.0)], ids=["matrix", "number"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.bool])
def test_a_mask_without_dimensions_adds_one(x, dtype, device):
    x = x.to(device)
    yes, no = torch.tensor(1, dtype=dtype, device=device), torch.tensor(0, dtype=dtype, device=device)
    assert torch.equal(x[yes], x.unsqueeze(0)) and x[no].shape == (0, *x.shape)
    y = x.clone()
    y[no] = 5.0
    assert torch.equal(y, x)
    y[yes] = -x.reshape(1, 1, *x.shape)
    assert torch.equal(y, -x)


def test_every_use_of_a_byte_mask_is_told_of():
    mask, y = torch.zeros(3, dtype=torch.uint8), torch.ones(3)
    with pytest.warns(UserWarning, match="torch.uint8 is now deprecated") as told:
        y.index_put_((mask,), y[mask], accumulate=True)
    assert len(told) == 2
