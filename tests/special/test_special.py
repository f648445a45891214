"""Special functions against values of mpmath."""

import math

import ferrotorch as torch
import pytest
from ferrotorch.autograd import gradcheck, gradgradcheck

UNARY = {
    "airy_ai": {
        -20.5: -0.04462568039701191,
        -6.25: -0.3496120516108905,
        -2.5: -0.11232506769296609,
        -1.25: 0.5200454774352992,
        -0.5: 0.4757280916105396,
        0.25: 0.2911639543485452,
        1.5: 0.07174949700810541,
        3.75: 0.0015800717179210132,
        12.5: 2.39682782607805e-14,
        40.25: 1.304435372058529e-75,
    },
    "bessel_j0": {
        -7.5: 0.2663396578803784,
        0.25: 0.9844359292958527,
        1.5: 0.5118276717359181,
        3.25: -0.33275080217061154,
        9.0: -0.09033361118287614,
        33.5: 0.03754444002435241,
        1000.0: 0.024786686152420176,
    },
    "bessel_j1": {
        -7.5: -0.1352484275797055,
        0.25: 0.12402597732272692,
        1.5: 0.5579365079100996,
        3.25: 0.2411196880152039,
        9.0: 0.24531178657332528,
        33.5: 0.13320936573052397,
        1000.0: 0.004728311907089524,
    },
    "bessel_y0": {
        0.125: -1.3896806251438405,
        0.5: -0.44451873350670656,
        1.5: 0.38244892379775886,
        3.25: 0.28828690267308704,
        9.0: 0.24993669828502468,
        33.5: 0.13263437263207878,
        1000.0: 0.0047159179776228135,
    },
    "bessel_y1": {
        0.125: -5.199936112534775,
        0.5: -1.471472392670243,
        1.5: -0.4123086269739113,
        3.25: 0.37977777371708354,
        9.0: 0.10431457519671589,
        33.5: -0.03556943827909765,
        1000.0: -0.024784331292351778,
    },
    "entr": {0.125: 0.25993019270997947, 0.5: 0.34657359027997264, 1.5: -0.6081976621622466, 10.0: -23.025850929940457},
    "erfcx": {
        -5.5: 27443409954929.71,
        -1.25: 9.173643447482844,
        -0.25: 1.358642370104722,
        0.125: 0.8732218450821508,
        0.75: 0.5069376502931449,
        1.5: 0.3215854164543175,
        6.0: 0.09277656780053835,
        40.0: 0.014100335983377814,
        100000.0: 5.6418958351954685e-06,
    },
    "i0": {
        -3.5: 7.3782034322254795,
        0.125: 1.0039100663533544,
        1.5: 1.646723189772891,
        7.75: 338.5137537472759,
        8.25: 540.325079074807,
        30.0: 781672297823.9775,
        705.0: 2.2620505526554727e304,
    },
    "i0e": {
        -3.5: 0.22280243801077917,
        0.125: 0.885947524030331,
        1.5: 0.36743360905415834,
        7.75: 0.1458122743089143,
        8.25: 0.1411645506329935,
        30.0: 0.0731459464822373,
        1000.0: 0.012617240455891257,
    },
    "i1": {
        -3.5: -6.205834922258365,
        0.125: 0.06262214981123483,
        1.5: 0.9816664285779075,
        7.75: 315.85248092400343,
        8.25: 506.4338383076455,
        30.0: 768532038938.957,
        705.0: 2.260445691777057e304,
    },
    "i1e": {
        -3.5: -0.18739997660305,
        0.125: 0.05526385324160324,
        1.5: 0.21903938742092569,
        7.75: 0.1360511000803391,
        8.25: 0.13231017396500142,
        30.0: 0.07191633059864755,
        1000.0: 0.012610930256928629,
    },
    "log_ndtr": {
        -40.0: -804.6084420137538,
        -10.5: -58.404187061073245,
        -1.25: -2.247625677214318,
        -0.75: -1.4844482299196562,
        0.0: -0.6931471805599453,
        0.5: -0.3689464152886564,
        3.0: -0.0013508099647481938,
        8.0: -6.220960574271786e-16,
    },
    "modified_bessel_k0": {
        1e-10: 23.14178244559887,
        0.125: 2.20786908674497,
        0.75: 0.6105824221164641,
        1.5: 0.21380556264752573,
        1.875: 0.1329048390345923,
        2.5: 0.06234755320036619,
        10.0: 1.778006231616765e-05,
        100.0: 4.656628229175902e-45,
    },
    "modified_bessel_k1": {
        1e-10: 10000000000.0,
        0.125: 7.831118299115751,
        0.75: 0.9495804669621403,
        1.5: 0.2773878004568438,
        1.875: 0.16508225585016484,
        2.5: 0.07389081634774707,
        10.0: 1.8648773453825585e-05,
        100.0: 4.6798537356369095e-45,
    },
    "scaled_modified_bessel_k0": {
        0.125: 2.501843440219129,
        0.75: 1.2926029977639617,
        1.5: 0.9582100532948965,
        2.5: 0.7595486903280996,
        10.0: 0.39163193443659866,
        1000.0: 0.03962832160075422,
    },
    "scaled_modified_bessel_k1": {
        0.125: 8.873819586426329,
        0.75: 2.010261864333922,
        1.5: 1.243165873552553,
        2.5: 0.900174423907878,
        10.0: 0.41076657059578875,
        1000.0: 0.03964813081296021,
    },
    "ndtr": {
        -12.0: 1.776482112077679e-33,
        -3.5: 0.00023262907903552504,
        -1.0: 0.15865525393145705,
        -0.25: 0.4012936743170763,
        0.5: 0.6914624612740131,
        1.25: 0.8943502263331448,
        4.0: 0.9999683287581669,
    },
    "spherical_bessel_j0": {
        -4.5: -0.21722891503668823,
        1e-05: 0.9999999999833333,
        0.25: 0.9896158370180917,
        1.5: 0.6649966577360363,
        100.0: -0.005063656411097588,
    },
    "ndtri": {
        1e-300: -37.0470962993612,
        1e-10: -6.361340902404057,
        0.001: -3.0902323061678136,
        0.125: -1.150349380376008,
        0.375: -0.31863936396437514,
        0.625: 0.31863936396437514,
        0.9375: 1.5341205443525463,
        0.999: 3.090232306167813,
    },
}
BINARY = {
    "gammainc": {
        (0.01, 0.5): 0.9943732438060329,
        (0.3, 0.05): 0.4484368621065928,
        (0.5, 0.3): 0.5614219739190002,
        (1.5, 0.1): 0.0224107022383506,
        (2.5, 2.0): 0.4505840486472198,
        (2.5, 7.5): 0.9896376620842136,
        (10.0, 3.0): 0.0011024881301154798,
        (10.0, 25.0): 0.9997785233617512,
        (50.0, 50.0): 0.5188083154720433,
        (150.0, 120.0): 0.004563441304151243,
        (150.0, 170.0): 0.9443655686898067,
        (1000.0, 990.0): 0.3795213785379639,
        (1000.0, 1100.0): 0.99894067674607,
        (1000000.0, 1001000.0): 0.8413447863683403,
        (1000000.0, 999000.0): 0.15865521357430365,
    },
    "gammaincc": {
        (0.01, 0.5): 0.0056267561939671844,
        (0.3, 0.05): 0.5515631378934073,
        (0.5, 0.3): 0.4385780260809999,
        (1.5, 0.1): 0.9775892977616494,
        (2.5, 2.0): 0.5494159513527802,
        (2.5, 7.5): 0.010362337915786437,
        (10.0, 3.0): 0.9988975118698845,
        (10.0, 25.0): 0.00022147663824878357,
        (50.0, 50.0): 0.48119168452795674,
        (150.0, 120.0): 0.9954365586958488,
        (150.0, 170.0): 0.05563443131019329,
        (1000.0, 990.0): 0.620478621462036,
        (1000.0, 1100.0): 0.0010593232539299773,
        (1000000.0, 1001000.0): 0.15865521363165971,
        (1000000.0, 999000.0): 0.8413447864256963,
    },
    "zeta": {
        (1.5, 0.25): 10.213055360466601,
        (2.0, 1.0): 1.6449340668482264,
        (2.0, -0.5): 8.934802200544679,
        (3.0, -2.5): 0.0541020258208637,
        (4.5, 10.0): 0.00010734107166531003,
        (30.0, 2.0): 9.313274324196682e-10,
    },
}

# Units in the last place by which float64 may be off; more where the rounding of the argument is seen.
ULPS = {"airy_ai": 20, "log_ndtr": 10}


def ulps(got: float, wanted: float) -> float:
    return abs(got - wanted) / math.ulp(wanted) if wanted else abs(got)


@pytest.mark.parametrize("name", UNARY)
def test_unary_values(name):
    x = torch.tensor(list(UNARY[name]), dtype=torch.float64)
    for at, got, wanted in zip(
        UNARY[name], getattr(torch.special, name)(x).tolist(), UNARY[name].values(), strict=True
    ):
        assert ulps(got, wanted) <= ULPS.get(name, 6), (at, got, wanted)


@pytest.mark.parametrize("name", BINARY)
def test_binary_values(name):
    a, b = (torch.tensor(list(x), dtype=torch.float64) for x in zip(*BINARY[name], strict=True))
    for at, got, wanted in zip(
        BINARY[name], getattr(torch.special, name)(a, b).tolist(), BINARY[name].values(), strict=True
    ):
        assert math.isclose(got, wanted, rel_tol=2e-14), (at, got, wanted)


@pytest.mark.parametrize("name", UNARY)
def test_single_precision_is_the_rounded_value(name, device):
    x = torch.tensor(list(UNARY[name]), dtype=torch.float64).float().to(device)
    wide = getattr(torch.special, name)(x.cpu().double()).float()
    # Shaders compute in float32, the host in float64.
    narrow = {"rtol": 2e-6, "atol": 2e-7 if name in ("entr", "ndtr") else 0.0}
    tolerance = narrow if device != "cpu" or name in ("entr", "ndtr") else {"rtol": 1.2e-7, "atol": 0.0}
    torch.testing.assert_close(getattr(torch.special, name)(x).cpu(), wide, **tolerance)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", [torch.bool, torch.int64], ids=str)
def test_integers_are_computed_in_the_default_dtype(name, dtype):
    x = torch.ones(3, dtype=dtype)
    torch.testing.assert_close(getattr(torch.special, name)(x), getattr(torch.special, name)(x.float()), equal_nan=True)


INF, NAN = math.inf, math.nan
EDGES = {
    "entr": ([0.0, -1.0, INF, NAN], [0.0, -INF, -INF, NAN]),
    "i0": ([0.0, INF, NAN, 1000.0], [1.0, NAN, NAN, INF]),
    "i1": ([0.0, NAN, -1000.0], [0.0, NAN, -INF]),
    "i0e": ([0.0, INF, -INF, NAN], [1.0, 0.0, 0.0, NAN]),
    "i1e": ([0.0, INF, NAN], [0.0, 0.0, NAN]),
    "modified_bessel_k0": ([0.0, -1.0, INF, NAN], [INF, NAN, 0.0, NAN]),
    "modified_bessel_k1": ([0.0, -1.0, INF, NAN], [INF, NAN, 0.0, NAN]),
    "scaled_modified_bessel_k0": ([0.0, -1.0, INF], [INF, NAN, 0.0]),
    "bessel_j0": ([0.0, INF, NAN], [1.0, NAN, NAN]),
    "bessel_y0": ([0.0, -1.0, INF], [-INF, NAN, NAN]),
    "bessel_y1": ([0.0, -1.0, NAN], [-INF, NAN, NAN]),
    "erfcx": ([-INF, -30.0, INF, NAN], [INF, INF, 0.0, NAN]),
    "log_ndtr": ([-INF, INF, NAN], [-INF, 0.0, NAN]),
    "ndtr": ([-INF, INF, NAN], [0.0, 1.0, NAN]),
    "ndtri": ([0.0, 1.0, 0.5, -0.1, 1.5, NAN], [-INF, INF, 0.0, NAN, NAN, NAN]),
    "spherical_bessel_j0": ([0.0, INF, -INF, NAN], [1.0, 0.0, 0.0, NAN]),
    "airy_ai": ([INF, 1000.0, NAN], [NAN, 0.0, NAN]),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    x, wanted = (torch.tensor(part, dtype=torch.float64) for part in EDGES[name])
    torch.testing.assert_close(getattr(torch.special, name)(x), wanted, equal_nan=True, rtol=0.0, atol=1e-15)


PAIRS = {
    "gammainc": [
        (0, 0, NAN),
        (0, 1, 1),
        (1, 0, 0),
        (-1, 1, NAN),
        (INF, 1, 0),
        (1, INF, 1),
        (INF, INF, NAN),
        (2, -1, NAN),
    ],
    "gammaincc": [(0, 0, NAN), (0, 1, 0), (1, 0, 1), (-1, 1, NAN), (INF, 1, 1), (1, INF, 0), (INF, INF, NAN)],
    "zeta": [(1, 1, INF), (0.5, 1, NAN), (2, 0, INF), (2, -1, INF), (2.5, -1.5, NAN), (NAN, 1, NAN)],
}


@pytest.mark.parametrize("name", PAIRS)
def test_edges_of_two_arguments(name):
    a, b, wanted = (torch.tensor(part, dtype=torch.float64) for part in zip(*PAIRS[name], strict=True))
    torch.testing.assert_close(getattr(torch.special, name)(a, b), wanted, equal_nan=True)


@pytest.mark.parametrize("name", [name for name in UNARY if not name.startswith(("scaled", "spherical", "airy"))])
def test_derivatives(name):
    f = getattr(torch.special, name)
    x = torch.tensor([0.3, 0.6, 0.85], dtype=torch.float64, requires_grad=True)
    assert gradcheck(f, (x,), check_forward_ad=True)
    assert gradgradcheck(f, (x,))


def test_derivatives_at_zero():
    for name in ("i1", "i1e", "bessel_j1", "modified_bessel_i1"):
        x = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        getattr(torch.special, name)(x).sum().backward()
        assert x.grad.tolist() == [0.5, 0.5]


def test_derivatives_of_two_arguments():
    a, x = (
        torch.tensor([0.7, 2.5], dtype=torch.float64),
        torch.tensor([0.6, 3.0], dtype=torch.float64, requires_grad=True),
    )
    for f in (torch.igamma, torch.igammac, lambda a, x: torch.special.zeta(a + 1, x)):
        assert gradcheck(lambda x, f=f: f(a, x), (x,))
    a.requires_grad_()
    for f, name in ((torch.igamma, "igamma: input"), (torch.igammac, "igammac: input"), (torch.special.zeta, "zeta")):
        with pytest.raises(NotImplementedError, match=f"the derivative for '{name}' is not implemented"):
            f(a, x.detach()).sum().backward()


@pytest.mark.parametrize(
    "name", ["airy_ai", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1", "spherical_bessel_j0"]
)
def test_functions_without_derivatives_give_constants(name):
    assert not getattr(torch.special, name)(torch.ones(2, requires_grad=True)).requires_grad


# Values at 0.3 for degrees 0, 1, 2, 3 and 7.
POLYNOMIALS = {
    "chebyshev_polynomial_t": [1, 0.3, -0.82, -0.792, -0.8461632],
    "chebyshev_polynomial_u": [1, 0.6, -0.64, -0.984, -0.6785664],
    "chebyshev_polynomial_v": [1, -0.4, -1.24, -0.344, -1.2372224],
    "chebyshev_polynomial_w": [1, 1.6, -0.04, -1.624, -0.1199104],
    "hermite_polynomial_h": [1, 0.6, -1.64, -3.384, -416.5179264],
    "hermite_polynomial_he": [1, 0.3, -0.91, -0.873, -28.7158113],
    "laguerre_polynomial_l": [1, 0.7, 0.445, 0.2305, -0.3011057058928571],
    "legendre_polynomial_p": [1, 0.3, -0.365, -0.3825, -0.22407298125],
    "shifted_chebyshev_polynomial_t": [1, -0.4, -0.68, 0.944, 0.2580224],
    "shifted_chebyshev_polynomial_u": [1, -0.8, -0.36, 1.088, -0.1636352],
    "shifted_chebyshev_polynomial_v": [1, -1.8, 0.44, 1.448, -1.2177792],
    "shifted_chebyshev_polynomial_w": [1, 0.2, -1.16, 0.728, 0.8905088],
}


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_orthogonal_polynomials(name, device):
    f = getattr(torch.special, name)
    degrees = torch.tensor([0, 1, 2, 3, 7], device=device)
    x = torch.tensor(0.3, dtype=torch.float64)
    wanted = torch.tensor(POLYNOMIALS[name], dtype=torch.float64)
    torch.testing.assert_close(f(x, degrees.cpu()), wanted, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(f(x.float().to(device), degrees).cpu(), wanted.float(), rtol=1e-6, atol=1e-6)
    assert f(x, -1) == 0
    assert f(x=x, n=2.7) == f(x, 2)
    assert f(0.5, torch.tensor([0, 2])).dtype is torch.float32
    assert not f(torch.ones(2, requires_grad=True), 2).requires_grad
    with pytest.raises(TypeError, match=f"special_{name}"):
        f(1.0, 2)


def test_polynomials_at_the_ends_and_of_high_degrees():
    ends = torch.tensor([1.0, -1.0], dtype=torch.float64)
    assert torch.special.chebyshev_polynomial_t(ends, 41).tolist() == [1, -1]
    assert torch.special.chebyshev_polynomial_u(ends, 41).tolist() == [42, -42]
    assert torch.special.chebyshev_polynomial_v(ends, 41).tolist() == [1, -83]
    assert torch.special.chebyshev_polynomial_w(ends, 41).tolist() == [83, -1]
    assert torch.special.legendre_polynomial_p(ends, 41).tolist() == [1, -1]
    x = torch.tensor(0.3, dtype=torch.float64)
    wanted = torch.tensor(math.cos(500 * math.acos(0.3)), dtype=torch.float64)
    torch.testing.assert_close(torch.special.chebyshev_polynomial_t(x, 500), wanted, rtol=1e-11, atol=0.0)


def test_old_names():
    x = torch.tensor([0.5, 2.0])
    assert torch.equal(torch.i0(x), torch.special.i0(x)) and torch.equal(x.i0(), x.clone().i0_())
    assert torch.equal(torch.igamma(x, x), torch.special.gammainc(x, x))
    assert torch.equal(x.igammac(x), x.clone().igammac_(x))
    assert torch.equal(torch.special.multigammaln(x + 2, 2), torch.mvlgamma(x + 2, 2))
    with pytest.raises(TypeError, match="must be Tensor, not float"):
        torch.igamma(x, 2.0)
    with pytest.raises(NotImplementedError):
        torch.igamma(torch.tensor([1]), torch.tensor([1]))


def test_samples_of_vmap():
    x = torch.rand(3, 2, dtype=torch.float64) + 0.5
    assert torch.equal(torch.vmap(torch.special.i0e)(x), torch.special.i0e(x))
    assert torch.equal(torch.vmap(torch.special.zeta, (0, None))(x + 1, x[0]), torch.special.zeta(x + 1, x[0]))
