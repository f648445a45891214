"""Quantized tensors in files, copies and other processes' hands."""

import copy
import io
import pickle

import ferrotorch as torch
import pytest


def per_tensor() -> torch.Tensor:
    return torch.quantize_per_tensor(torch.tensor([[-1.0, 0.05], [0.24, 2.5]]), 0.1, 10, torch.quint8)


def per_channel() -> torch.Tensor:
    scales, points = torch.tensor([0.1, 0.25]), torch.tensor([0, 3])
    return torch.quantize_per_channel(torch.tensor([[-1.0, 0.05], [0.24, 2.5]]), scales, points, 0, torch.qint8)


def by_numbers() -> torch.Tensor:
    scales, points = torch.tensor([0.1, 0.25]), torch.tensor([0.5, 3.0])
    return torch.quantize_per_channel(torch.tensor([[-1.0, 0.05], [0.24, 2.5]]), scales, points, 1, torch.quint8)


@pytest.mark.parametrize("make", [per_tensor, per_channel, by_numbers])
@pytest.mark.parametrize("weights_only", [True, False])
def test_a_file_gives_back_the_tensor(make, weights_only):
    q, file = make(), io.BytesIO()
    torch.save({"a": q, "b": q.dequantize()}, file)
    file.seek(0)
    loaded = torch.load(file, weights_only=weights_only)
    assert torch.equal(loaded["a"], q)
    assert repr(loaded["a"]) == repr(q)
    assert torch.equal(loaded["b"], q.dequantize())


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda q: pickle.loads(pickle.dumps(q))])
def test_copies(duplicate):
    q = per_tensor()
    other = duplicate(q)
    assert repr(other) == repr(q)
    assert other is not q


def test_views_share_integers_and_copies_do_not():
    q = per_tensor()
    view, own = q.view(-1), copy.deepcopy(q)
    q[0, 0] = 1.0
    assert view[0].item() == pytest.approx(1.0)
    assert own[0, 0].item() == pytest.approx(-1.0)
    assert q.int_repr().tolist() == [[20, 10], [12, 35]]


@pytest.mark.parametrize(
    "parameters",
    [
        (torch.per_tensor_affine, 0.1, 300),
        (torch.per_tensor_affine, "0.1", 3),
        (torch.per_channel_affine, torch.ones(3), torch.zeros(2), 0),
        (torch.per_channel_affine, torch.ones(2), torch.zeros(2, dtype=torch.int64), 4),
        (torch.per_channel_affine, torch.ones(2)),
        (),
        None,
    ],
)
def test_a_file_that_contradicts_itself_is_refused(parameters):
    from ferrotorch._pickling.rebuild import rebuild_qtensor

    storage = torch.TypedStorage(wrap_storage=torch.UntypedStorage(4), dtype=torch.quint8)
    with pytest.raises(RuntimeError, match=r"quantize|load|Channel|length"):
        rebuild_qtensor(storage, 0, (2, 2), (2, 1), parameters, False, None)


def test_a_file_cannot_reach_outside_its_storage():
    from ferrotorch._pickling.rebuild import rebuild_qtensor

    storage = torch.TypedStorage(wrap_storage=torch.UntypedStorage(4), dtype=torch.quint8)
    with pytest.raises(RuntimeError, match="needs 6 bytes"):
        rebuild_qtensor(storage, 0, (3, 2), (2, 1), (torch.per_tensor_affine, 0.1, 3), False, None)
