"""Distributions answer what PyTorch's do (expected.json, written by record.py)."""

import json
import math
import pathlib

import ferrotorch as torch
import ferrotorch.distributions as D
import pytest

EXPECTED = json.loads(pathlib.Path(__file__).with_name("expected.json").read_text())
SPACE = {"D": D, "T": torch.tensor}


def agree(got, want) -> bool:
    if isinstance(want, list):
        return len(got) == len(want) and all(map(agree, got, want))
    if isinstance(want, float):
        both_nan = math.isnan(got) and math.isnan(want)
        return both_nan or got == want or math.isclose(got, want, rel_tol=2e-4, abs_tol=2e-5)
    return got == want


def plain(value):
    return value.tolist() if isinstance(value, torch.Tensor) else str(value)


@pytest.mark.parametrize("expression", EXPECTED["distributions"])
def test_properties_and_densities(expression):
    want = EXPECTED["distributions"][expression]
    d = eval(expression, SPACE)
    assert repr(d) == want["repr"]
    assert [list(d.batch_shape), list(d.event_shape), d.has_rsample, d.has_enumerate_support] == want["shapes"]
    assert str(d.support) == want["support"]
    value = torch.tensor(want["sample"])
    calls = {
        "log_prob": lambda: d.log_prob(value),
        "cdf": lambda: d.cdf(value),
        "icdf": lambda: d.icdf(torch.tensor([[0.1], [0.5], [0.8]])),
        "entropy": d.entropy,
        "enumerate_support": d.enumerate_support,
        **{name: lambda name=name: getattr(d, name) for name in ("mean", "variance", "stddev", "mode")},
    }
    for name in calls.keys() & want.keys():
        got = plain(calls[name]())
        assert agree(got, want[name]), f"{name}: {got}, PyTorch has {want[name]}"


@pytest.mark.parametrize("expression", EXPECTED["distributions"])
def test_random_streams(expression):
    want = EXPECTED["distributions"][expression]
    d = eval(expression, SPACE)
    torch.manual_seed(5)
    assert agree(plain(d.sample((4,))), want["sample"])
    torch.manual_seed(6)
    if "rsample" in want:
        assert agree(plain(d.rsample((2, 3))), want["rsample"])


@pytest.mark.parametrize("expression", EXPECTED["distributions"])
def test_expansion(expression):
    d = eval(expression, SPACE)
    expanded = d.expand((2, *d.batch_shape))
    assert expanded.batch_shape == (2, *d.batch_shape)
    assert expanded.event_shape == d.event_shape
    value = torch.tensor(EXPECTED["distributions"][expression]["sample"])[0]
    once, twice = d.log_prob(value), expanded.log_prob(value)
    assert agree(plain(twice), plain(once.expand(twice.shape)))


def test_divergences():
    for pair, want in EXPECTED["divergences"].items():
        p, q = (eval(expression, SPACE) for expression in pair.split(" | "))
        got = plain(D.kl_divergence(p, q))
        assert agree(got, want), f"{pair}: {got}, PyTorch has {want}"
