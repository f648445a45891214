"""Elements narrower than a word, written between others: what lies beside them stays, on every device."""

import ferrotorch as torch
import pytest

NARROW = [torch.float16, torch.bfloat16, torch.uint8, torch.int8, torch.int16, torch.bool]
FLOATS = NARROW[:2]

# Places in an array of 7 x 37: rows that share words at their ends, whole rows, steps, single columns, turned arrays.
PLACES = {
    "odd columns": lambda x: x[:, 3:36],
    "words": lambda x: x[:, 4:36],
    "all but one": lambda x: x[:, 1:],
    "some rows": lambda x: x[1:5, :35],
    "steps": lambda x: x[:, 1:36:2],
    "rows apart": lambda x: x[::3, 2:31],
    "one column": lambda x: x[:, 5],
    "short rows": lambda x: x[:, 7:10],
    "turned": lambda x: x.T[3:30],
    "a plane": lambda x: x.flatten()[1:253].view(7, 4, 9)[:, 1:3],
    "an end": lambda x: x.flatten()[251:],
}


def base(dtype: torch.dtype) -> torch.Tensor:
    x = torch.arange(7 * 37).reshape(7, 37).mul(37).remainder(101)
    return (x % 3 == 0) if dtype == torch.bool else x.to(dtype)


@pytest.mark.parametrize("dtype", NARROW, ids=str)
@pytest.mark.parametrize("place", PLACES)
def test_neighbours_stay(device, place, dtype):
    here, there = base(dtype), base(dtype).to(device)
    results = []
    for x in (here, there):
        part = PLACES[place](x)
        other = torch.arange(part.numel()).reshape(part.shape).remainder(7).to(dtype).to(x.device)
        part.copy_(other)
        part.logical_not_() if dtype == torch.bool else part.mul_(3)
        PLACES[place](x)[1:].fill_(1)
        results.append(x.cpu())
    assert torch.equal(*results)


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_joined_turned_and_padded(device, dtype):
    x, y = base(dtype), base(dtype).flip(0)[:, :20]
    a, b = x.to(device), y.to(device)
    assert torch.equal(torch.cat([a, b, a], 1).cpu(), torch.cat([x, y, x], 1))
    assert torch.equal(torch.stack([a, a.flip(1)], 1).cpu(), torch.stack([x, x.flip(1)], 1))
    assert torch.equal(a.roll(5, 1).cpu(), x.roll(5, 1))
    assert torch.equal(a.roll((2, -3), (0, 1)).cpu(), x.roll((2, -3), (0, 1)))
    if dtype != torch.bool:
        assert torch.equal(torch.nn.functional.pad(a, (1, 2, 3, 0)).cpu(), torch.nn.functional.pad(x, (1, 2, 3, 0)))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, *FLOATS], ids=str)
@pytest.mark.parametrize("length", [1, 3, 36, 37])
def test_scans_into_places(device, length, dtype):
    x = (base(dtype) % 3).to(dtype)
    for dim in (0, 1):
        results = []
        for data in (x, x.to(device)):
            out = torch.full((7, 41), 9, dtype=dtype).to(data.device)
            torch.cumsum(data[:, :length], dim, dtype=dtype, out=out[:, 3 : 3 + length])
            results.append(out.cpu())
        assert torch.equal(*results)
        found, where = x.to(device)[:, :length].cummax(dim)
        assert torch.equal(found.cpu(), x[:, :length].cummax(dim)[0])
        assert torch.equal(where.cpu(), x[:, :length].cummax(dim)[1])


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("rows", [3, 40])
@pytest.mark.parametrize("length", [1, 2, 5, 37, 301])
def test_lines_of_odd_length(device, length, rows, dtype):
    x = torch.arange(rows * length, dtype=torch.float32).mul(0.7).sin().mul(3).reshape(rows, length).to(dtype)
    results = []
    for data in (x, x.to(device)):
        found = [data.softmax(1), data.log_softmax(1), torch.nn.functional.layer_norm(data, (length,))]
        out = torch.full((rows, length + 3), 5, dtype=dtype).to(data.device)
        torch.softmax(data, 1, out=out[:, 1 : length + 1])
        results.append([y.float().cpu() for y in (*found, out)])
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(b, a, rtol=0.01, atol=0.004)
    assert (results[1][3][:, 0] == 5).all()
    assert (results[1][3][:, -2:] == 5).all()
