"""The line search of L-BFGS: every point that it looks at, against recorded walks."""

import ferrotorch as torch
import pytest

LONG = {"max_iter": 8, "max_eval": 80}
# Factors of the function, start and learning rate; first coordinates at which the closure was called; the end. Recorded
# with PyTorch. Without max_eval there are 7 calls, or as many as the search that is under way then takes.
WALKS = [
    (
        (5.1, 0.2, 0.31, [-1.2], 20.0, LONG),
        [
            -1.2,
            -6.317056,
            -1.360988,
            -0.884816,
            -0.880054,
            0.872694,
            0.357123,
            0.824042,
            -11.495618,
            -3.394516,
            0.76476,
            0.818114,
            0.868677,
            0.820642,
        ],
        [0.820642],
    ),
    (
        (11.9, 2.1, 0.22, [0.7], 3.0, LONG),
        [0.7, 3.7, 2.438191, 3.024042, 2.619709, 2.499679, 3.243752, 2.595374, 2.503863, 2.504941, 2.504222],
        [2.504222],
    ),
    (
        (3.0, 1.0, 0.1, [2.5], 40.0, {"max_iter": 6}),
        [2.5, -37.5, -23.141026, -13.520905, -6.743289, -0.646038, 54.330941, 35.000692],
        [-0.646038],
    ),
    (
        (3.0, 1.0, 0.1, [-1.7, 0.4], 0.05, {"max_iter": 6}),
        [-1.7, -1.720063, -1.900633, -2.440851, -2.452614, -2.557414, -2.556831],
        [-2.556831, -0.518943],
    ),
    (
        (3.0, 1.0, 0.1, [-1.7, 0.4], 1.0, {"max_iter": 6}),
        [-1.7, -2.101266, -2.35956, -3.792258, -2.437341, -2.656146, -2.555022],
        [-2.555022, -0.511605],
    ),
    (
        (3.0, 1.0, 0.1, [-1.7, 0.4], 40.0, {"max_iter": 6}),
        [-1.7, -17.750648, -11.670153, -7.272027, -3.372443, -2.157291, -2.368097],
        [-2.368097, -0.596875],
    ),
    (
        (3.0, 1.0, 0.1, [0.05], 1.0, {"max_iter": 6}),
        [0.05, -0.95, -0.536419, -0.495151, -0.511919, -0.511935],
        [-0.511935],
    ),
    (
        (2.0, 1.5, 0.4, [0.05, 1.0], 0.05, {"max_iter": 6}),
        [0.05, 0.006388, -0.386119, -0.428345, -0.808381, -0.817138, -0.895952, -1.034693],
        [-1.034693, 1.876029],
    ),
]


@pytest.mark.parametrize(("case", "walk", "end"), WALKS)
def test_where_it_looks(case, walk, end):
    k, a, b, start, lr, options = case
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([p], lr=lr, line_search_fn="strong_wolfe", **options)
    seen = []

    def closure():
        optimizer.zero_grad()
        loss = ((p * k).sin() * a + b * p**2 + (p * 0.7).cosh() * 0.01).sum()
        loss.backward()
        seen.append(p[0].item())
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(seen, walk, atol=1e-5, rtol=1e-6)
    torch.testing.assert_close(p.tolist(), end, atol=1e-5, rtol=1e-6)
