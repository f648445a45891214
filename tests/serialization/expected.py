"""What the fixtures hold: the content of expected.json as objects."""

import base64
import json
import pathlib

import ferrotorch as torch

DATA = pathlib.Path(__file__).parent / "data"
EXPECTED = json.loads((DATA / "expected.json").read_text())


def tensor(record):
    """A tensor from dtype, shape and bytes."""
    dtype, shape, text, *_ = record
    raw = bytearray(base64.b64decode(text))
    dtype = getattr(torch, dtype)
    if not raw:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(raw, dtype=dtype).reshape(shape)


def decode(value):
    """The object that a JSON value stands for."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    ((tag, body),) = value.items() if len(value) == 1 else (("T", value["T"]),)
    if tag == "T":
        return tensor(body)
    if tag == "tuple":
        return tuple(decode(v) for v in body)
    if tag == "dict":
        return {k: decode(v) for k, v in body.items()}
    raise ValueError(f"unknown tag {tag}")


def content(name):
    """What a fixture holds."""
    return decode(EXPECTED[name]["content"])


def assert_equal(got, want):
    """Raise unless equal; JSON knows neither number keys nor sets, dtypes and devices."""
    if isinstance(want, torch.Tensor):
        assert isinstance(got, torch.Tensor)
        assert (got.dtype, tuple(got.shape)) == (want.dtype, tuple(want.shape))
        assert torch.equal(got, want) or got.tolist().__repr__() == want.tolist().__repr__()
    elif isinstance(want, dict):
        assert {str(key) for key in got} == set(want)
        for key in got:
            assert_equal(got[key], want[str(key)])
    elif isinstance(want, list | tuple):
        got = sorted(got) if isinstance(got, set) else got
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            assert_equal(a, b)
    else:
        assert got == want or str(got) == want
