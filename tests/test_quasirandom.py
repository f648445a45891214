"""Sobol sequences: the points are those of PyTorch."""

from __future__ import annotations

import ferrotorch as torch
import pytest

Engine = torch.quasirandom.SobolEngine


def test_points():
    engine = Engine(3)
    assert engine.draw(2).tolist() == [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]]
    assert engine.draw(2).tolist() == [[0.75, 0.25, 0.25], [0.25, 0.75, 0.75]]
    assert engine.num_generated == 4
    assert repr(engine) == "SobolEngine(dimension=3)"


def test_far_points_and_many_dimensions():
    engine = Engine(5)
    engine.fast_forward(1000)
    assert engine.draw(2, dtype=torch.float64).tolist() == [
        [0.2197265625, 0.0966796875, 0.5185546875, 0.6767578125, 0.2802734375],
        [0.7197265625, 0.5966796875, 0.0185546875, 0.1767578125, 0.7802734375],
    ]
    assert engine.quasi.tolist() == [772800512, 640679936, 19922944, 189792256, 837812224]
    state = Engine(200).sobolstate
    assert state.sum(1)[-3:].tolist() == [18566793119, 15919965001, 13083403489]
    assert (state % 1000003).sum().item() == 3035188789


def test_scrambled_points():
    engine = Engine(3, scramble=True, seed=7)
    expected = [[0.199473128, 0.170932204, 0.749356926], [0.69220829, 0.711494923, 0.489829808],
                [0.850549102, 0.296270639, 0.787980616]]  # fmt: skip
    for mine, other in zip(engine.draw(3).tolist(), expected, strict=True):
        assert mine == pytest.approx(other, abs=1e-7)
    assert engine.shift.tolist() == [214182645, 183537049, 804615878]
    assert engine.sobolstate[0, :4].tolist() == [545853173, 438452617, 257908810, 109232640]
    assert repr(engine) == "SobolEngine(dimension=3, scramble=True, seed=7)"


def test_the_default_generator_scrambles_where_no_seed_is_given():
    torch.manual_seed(0)
    engine = Engine(2, True)
    first = engine.draw(2)
    assert first.flatten().tolist() == pytest.approx([0.475107193, 0.592523992, 0.578763366, 0.037121940], abs=1e-7)
    assert engine.draw_base2(1)[0].tolist() == pytest.approx([0.950669885, 0.862344027], abs=1e-7)
    engine.fast_forward(3)
    assert engine.draw(2)[0].tolist() == pytest.approx([0.314215362, 0.172459096], abs=1e-7)
    assert engine.reset().draw(2).tolist() == first.tolist()


def test_cubes_are_filled_evenly():
    points = Engine(7).draw(64)
    assert torch.histc(points[:, 6], 8, 0, 1).tolist() == [8.0] * 8
    assert points.mean(0).tolist() == pytest.approx([0.5 - 1 / 128] * 7)


def test_what_is_refused():
    for dimension in (0, 21202):
        with pytest.raises(ValueError, match=r"Supported range of dimensionality for SobolEngine is \[1, 21201\]"):
            Engine(dimension)
    engine = Engine(2)
    engine.draw(3)
    with pytest.raises(ValueError, match="3 points have been previously generated, then: n=3"):
        engine.draw_base2(2)
    out = torch.empty(0)
    assert engine.draw(1, out=out) is out
    assert out.shape == (1, 2)
