"""Functions of float64 that are right to about two units in the last place, against values of mpmath."""

import math

import ferrotorch as torch
import pytest

VALUES = {
    "erfc": {
        -5.5: 1.9999999999999927,
        -0.75: 1.7111556336535152,
        0.3: 0.6713732405408726,
        0.36: 0.6106702988713358,
        0.5: 0.4795001221869535,
        0.75: 0.28884436634648486,
        0.9490175481523304: 0.1795592013397863,
        1.5: 0.033894853524689274,
        4.0: 1.541725790028002e-08,
        12.25: 3.09412674054021e-67,
        25.6819275484688: 7.899347357493008e-289,
    },
    "erfinv": {
        1e-20: 8.86226925452758e-21,
        0.25: 0.2253120550121781,
        0.75: 0.8134198475976185,
        0.9999: 2.75106390571208,
        0.9999999: 3.7665625816384707,
        0.9999999999: 4.572824958544925,
        0.999999999999999: 5.675915739744713,
        0.9999999999999999: 5.8635847487551676,
        -0.9999999999999998: -5.805018683193453,
    },
    "lgamma": {
        -0.5: 1.2655121234846454,
        -2.455995225083986: 0.0015654845309685584,
        -2.747682646727413: 1.0234931857070284e-15,
        -3.143580888349981: -8.66968743630949e-15,
        -3.9552942848585975: -9.618158645865089e-15,
        -4.039361839740537: -5.664578074060335e-15,
        -6.00138528: 1.0460332157149396e-05,
        -9.99999972: -0.015935681074163998,
        -15.000000000001: -0.26833916454600304,
        -21.5: -45.77524890995938,
        0.25: 1.2880225246980774,
        1.0000001: -5.772155829918507e-08,
        1.9999999: -4.2278430309861296e-08,
        30.5: 72.9534711841694,
    },
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_right_to_two_units(name):
    function = {"lgamma": torch.lgamma}.get(name) or getattr(torch.special, name)
    inputs, expected = list(VALUES[name]), list(VALUES[name].values())
    for shape in (1, 9):
        got = function(torch.tensor(inputs, dtype=torch.float64).expand(shape, -1).contiguous())[-1].tolist()
        errors = [abs(a - b) / math.ulp(b) for a, b in zip(got, expected, strict=True)]
        assert max(errors) <= 2, dict(zip(inputs, errors, strict=True))


@pytest.mark.parametrize("x", [-2.4570247382208006, -3.1435808883499799, -6.001385294453154, -10.000000275573013])
def test_the_logarithm_of_gamma_vanishes_where_gamma_is_one(x):
    # At the double next to a zero the value is smaller than what the next double changes.
    here, beside = torch.tensor([x, math.nextafter(x, 0)], dtype=torch.float64).lgamma().tolist()
    assert abs(here) <= 2 * abs(here - beside) > 0


def test_limits():
    inf = math.inf
    assert torch.tensor([-inf, inf, 30.0], dtype=torch.float64).erfc().tolist() == [2.0, 0.0, 0.0]
    assert torch.tensor([-1.0, 1.0], dtype=torch.float64).erfinv().tolist() == [-inf, inf]
    assert torch.tensor([-inf, inf, -3.0, 0.0, 1.0, 2.0], dtype=torch.float64).lgamma().tolist() == [inf] * 4 + [
        0.0,
        0.0,
    ]
    assert torch.tensor(math.nan, dtype=torch.float64).erfc().isnan()
    assert torch.tensor(math.nan, dtype=torch.float64).lgamma().isnan()
