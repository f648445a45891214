"""Sobol sequences."""

import ferrotorch as torch
import pytest
from ferrotorch.quasirandom import SobolEngine


class TestPoints:
    def test_the_first(self):
        expected = [[0, 0, 0], [0.5, 0.5, 0.5], [0.75, 0.25, 0.25], [0.25, 0.75, 0.75]]
        assert SobolEngine(3).draw(4).tolist() == expected

    @pytest.mark.parametrize("scramble", [False, True])
    @pytest.mark.parametrize("dimension", [1, 7, 1111])
    def test_each_half_cube_gets_half_of_the_points(self, dimension, scramble):
        points = SobolEngine(dimension, scramble, seed=1).draw_base2(5)
        assert points.shape == (32, dimension) and points.min() >= 0 and points.max() < 1
        for parts in (2, 4, 8):
            counts = torch.stack([(points * parts).long().eq(part).sum(0) for part in range(parts)])
            assert counts.unique().tolist() == [32 // parts]

    def test_scrambled(self):
        points = SobolEngine(2, scramble=True, seed=3).draw(3, dtype=torch.float64)
        expected = [
            [0.06846512854099274, 0.22452697157859802],
            [0.6214853525161743, 0.723084001801908],
            [0.9611995937302709, 0.4930733321234584],
        ]
        torch.testing.assert_close(points, torch.tensor(expected, dtype=torch.float64))


class TestState:
    @pytest.mark.parametrize("scramble", [False, True])
    def test_parts_of_a_sequence(self, scramble):
        whole = SobolEngine(4, scramble, seed=0).draw(20)
        engine = SobolEngine(4, scramble, seed=0)
        assert torch.equal(torch.cat([engine.draw(), engine.draw(6), engine.draw(13)]), whole)
        assert torch.equal(engine.reset().fast_forward(5).draw(3), whole[5:8]) and engine.num_generated == 8
        out = torch.empty(0)
        assert engine.fast_forward(2).draw(2, out=out) is out and torch.equal(out, whole[10:12])

    def test_refusals(self):
        with pytest.raises(ValueError, match=r"\[1, 1111\]"):
            SobolEngine(1112)
        engine = SobolEngine(2)
        engine.draw(3)
        with pytest.raises(ValueError, match="require n to be a power of 2. 3 points have been previously generated"):
            engine.draw_base2(3)
        assert repr(engine) == "SobolEngine(dimension=2)"
        assert repr(SobolEngine(2, True, 5)) == "SobolEngine(dimension=2, scramble=True, seed=5)"
