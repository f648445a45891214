"""Learning-rate schedulers: recorded schedules, resuming, checkpoints, errors."""

import copy

import ferrotorch as torch
import pytest

S = torch.optim.lr_scheduler

# The rates of eleven epochs from 0.1 on; recorded with PyTorch.
RECORDED = [
    ("StepLR(opt, 3)", [0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.0001, 0.0001]),
    (
        "MultiStepLR(opt, [2, 5, 5], gamma=0.5)",
        [0.1, 0.1, 0.05, 0.05, 0.05, 0.0125, 0.0125, 0.0125, 0.0125, 0.0125, 0.0125],
    ),
    ("ConstantLR(opt, 0.5, 4)", [0.05, 0.05, 0.05, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]),
    (
        "LinearLR(opt, 0.2, 0.9, 6)",
        [0.02, 0.031666667, 0.043333333, 0.055, 0.066666667, 0.078333333, 0.09, 0.09, 0.09, 0.09, 0.09],
    ),
    (
        "ExponentialLR(opt, 0.9)",
        [0.1, 0.09, 0.081, 0.0729, 0.06561, 0.059049, 0.0531441, 0.04782969, 0.043046721, 0.038742049, 0.034867844],
    ),
    (
        "PolynomialLR(opt, 6, 2.0)",
        [0.1, 0.069444444, 0.044444444, 0.025, 0.011111111, 0.002777778, 0.0, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        "CosineAnnealingLR(opt, 4, 0.01)",
        [0.1, 0.086819805, 0.055, 0.023180195, 0.01, 0.023180195, 0.055, 0.086819805, 0.1, 0.086819805, 0.055],
    ),
    (
        "CosineAnnealingWarmRestarts(opt, 2, 2, 0.001)",
        [0.1, 0.0505, 0.1, 0.085501786, 0.0505, 0.015498214, 0.1, 0.096232037, 0.085501786, 0.06944283, 0.0505],
    ),
    (
        "LambdaLR(opt, lambda e: 1 / (1 + e))",
        [0.1, 0.05, 0.033333333, 0.025, 0.02, 0.016666667, 0.014285714, 0.0125, 0.011111111, 0.01, 0.009090909],
    ),
    (
        "MultiplicativeLR(opt, lambda e: 0.9)",
        [0.1, 0.09, 0.081, 0.0729, 0.06561, 0.059049, 0.0531441, 0.04782969, 0.043046721, 0.038742049, 0.034867844],
    ),
    (
        "CyclicLR(opt, 0.01, 0.2, 3, 2)",
        [0.01, 0.073333333, 0.136666667, 0.2, 0.105, 0.01, 0.073333333, 0.136666667, 0.2, 0.105, 0.01],
    ),
    (
        "CyclicLR(opt, 0.01, 0.2, 3, mode='triangular2')",
        [
            0.01,
            0.073333333,
            0.136666667,
            0.2,
            0.136666667,
            0.073333333,
            0.01,
            0.041666667,
            0.073333333,
            0.105,
            0.073333333,
        ],
    ),
    (
        "CyclicLR(opt, 0.01, 0.2, 3, mode='exp_range', gamma=0.9)",
        [0.01, 0.067, 0.1126, 0.14851, 0.093106, 0.0473977, 0.01, 0.040292137, 0.064525847, 0.083609893, 0.054165936],
    ),
    (
        "OneCycleLR(opt, 0.3, 12)",
        [
            0.012,
            0.104936896,
            0.263785548,
            0.298324631,
            0.279903891,
            0.243523696,
            0.194213699,
            0.138791131,
            0.084918299,
            0.040043259,
            0.010370096,
        ],
    ),
    (
        "OneCycleLR(opt, 0.3, epochs=3, steps_per_epoch=4, anneal_strategy='linear', three_phase=True)",
        [
            0.012,
            0.122769231,
            0.233538462,
            0.255692308,
            0.144923077,
            0.034153846,
            0.010344993,
            0.008276234,
            0.006207476,
            0.004138717,
            0.002069959,
        ],
    ),
    (
        "SequentialLR(opt, [S.ConstantLR(opt, 0.1, 3), S.ExponentialLR(opt, 0.9)], [4])",
        [0.01, 0.01, 0.01, 0.1, 0.1, 0.09, 0.081, 0.0729, 0.06561, 0.059049, 0.0531441],
    ),
    (
        "ChainedScheduler([S.ConstantLR(opt, 0.1, 5), S.ExponentialLR(opt, 0.9)])",
        [
            0.01,
            0.009,
            0.0081,
            0.00729,
            0.006561,
            0.059049,
            0.0531441,
            0.04782969,
            0.043046721,
            0.038742049,
            0.034867844,
        ],
    ),
]
# Those that compute the first epoch after a resumption; the others leave the rate that the checkpoint holds.
RESUMABLE = [
    row for row in RECORDED if row[0].startswith(("Step", "MultiStep", "Constant", "Lambda", "Cyclic", "OneCycle"))
]


def new_optimizer(cls=torch.optim.SGD):
    options = {"momentum": 0.9} if cls is torch.optim.SGD else {}
    return cls([torch.nn.Parameter(torch.zeros(1))], lr=0.1, **options)


def make(text, opt):
    return eval(f"S.{text}", {"S": S, "opt": opt})


def run(opt, scheduler, epochs):
    rates = []
    for _ in range(epochs):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(("text", "want"), RECORDED)
def test_recorded_schedules(text, want):
    opt = new_optimizer()
    assert run(opt, make(text, opt), 11) == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize(("text", "want"), RECORDED)
def test_state_dict_continues_the_schedule(text, want):
    opt = new_optimizer()
    scheduler = make(text, opt)
    run(opt, scheduler, 4)
    again = new_optimizer()
    resumed = make(text, again)
    again.load_state_dict(opt.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    assert run(again, resumed, 7) == pytest.approx(want[4:], abs=1e-8)


@pytest.mark.parametrize(("text", "want"), RESUMABLE)
def test_last_epoch_continues_the_schedule(text, want):
    opt = new_optimizer()
    run(opt, make(text, opt), 4)
    make(text[:-1] + ", last_epoch=4)", opt)
    assert opt.param_groups[0]["lr"] == pytest.approx(want[5], abs=1e-8)


def test_warm_restarts_resume_in_the_right_period():
    opt = new_optimizer()
    scheduler = S.CosineAnnealingWarmRestarts(opt, 2, 2)
    whole = run(opt, scheduler, 12)
    opt = new_optimizer()
    run(opt, S.CosineAnnealingWarmRestarts(opt, 2, 2), 6)
    assert run(opt, S.CosineAnnealingWarmRestarts(opt, 2, 2, last_epoch=5), 6) == pytest.approx(whole[6:])


def test_each_group_has_its_own_rate():
    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))]},
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 1},
    ]
    opt = torch.optim.SGD(groups, lr=0.1)
    scheduler = S.StepLR(opt, 1)
    opt.step()
    scheduler.step()
    assert scheduler.get_last_lr() == pytest.approx([0.01, 0.1])


def test_tensor_rates_are_written_in_place():
    rate = torch.tensor(0.1)
    opt = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = S.ExponentialLR(opt, 0.5)
    opt.step()
    scheduler.step()
    assert opt.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(0.05)


def test_cycles_move_the_momentum_the_opposite_way():
    opt = new_optimizer(torch.optim.Adam)
    scheduler = S.OneCycleLR(opt, 0.3, 10, base_momentum=0.8, max_momentum=0.9)
    seen = []
    for _ in range(10):
        seen.append(opt.param_groups[0]["betas"])
        opt.step()
        if len(seen) < 10:
            scheduler.step()
    assert seen[0] == pytest.approx((0.9, 0.999))
    assert min(first for first, _ in seen) == pytest.approx(0.8)
    scheduler.step()
    opt.step()
    with pytest.raises(ValueError, match="number of total steps is 10"):
        scheduler.step()


@pytest.mark.parametrize(
    ("options", "metrics", "want"),
    [
        ({"patience": 1}, [1, 0.9, 0.95, 0.91, 0.9], 0.01),
        ({"patience": 0, "cooldown": 2}, [1, 1, 1, 1, 1], 0.001),
        ({"mode": "max", "patience": 1}, [1, 2, 3, 4, 5], 0.1),
        ({"patience": 0, "min_lr": 0.05}, [1, 1, 1, 1, 1], 0.05),
        ({"patience": 1, "threshold_mode": "abs", "threshold": 0.2}, [1, 0.9, 0.85, 0.84, 0.6], 0.01),
    ],
)
def test_plateau(options, metrics, want):
    opt = new_optimizer()
    scheduler = S.ReduceLROnPlateau(opt, **options)
    for metric in metrics:
        scheduler.step(torch.tensor(metric))
    assert opt.param_groups[0]["lr"] == pytest.approx(want)


def test_wrong_use_is_told():
    opt = new_optimizer()
    with pytest.raises(TypeError, match="dict is not an Optimizer"):
        S.StepLR({}, 1)
    with pytest.raises(KeyError, match="initial_lr"):
        S.StepLR(opt, 1, last_epoch=3)
    with pytest.raises(ValueError, match=r"1 values, got 2|2"):
        S.OneCycleLR(opt, [0.1, 0.2], 10)
    with pytest.raises(ValueError, match="momentum or beta1"):
        S.CyclicLR(torch.optim.Rprop([torch.nn.Parameter(torch.zeros(1))]), 0.1, 0.2)
    scheduler = S.StepLR(opt, 1)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()
    with pytest.warns(UserWarning, match="get_last_lr"):
        scheduler.get_lr()
    opt.step()
    with pytest.warns(UserWarning, match="deprecated"):
        scheduler.step(7)
    assert scheduler.get_last_lr() == pytest.approx([0.1 * 0.1**7])


def rates_of(make, steps):
    opt = new_optimizer()
    scheduler = make(opt)
    rates = []
    for _ in range(steps):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    return rates


def constants(opt):
    return S.SequentialLR(opt, [S.ConstantLR(opt, 0.5, 2), S.ConstantLR(opt, 0.2, 9)], [2])


def chain(opt):
    return S.ChainedScheduler([S.ConstantLR(opt, 0.5, 4), S.ExponentialLR(opt, 0.9)])


# Schedulers inside a SequentialLR that are composite themselves; recorded with PyTorch.
COMPOSITE = [
    (
        lambda o: S.SequentialLR(o, [constants(o), S.ExponentialLR(o, 0.7)], [5]),
        [0.05, 0.02, 0.02, 0.02, 0.02, 0.1, 0.07],
    ),
    (lambda o: S.SequentialLR(o, [constants(o)], []), [0.05, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02]),
    (
        lambda o: S.SequentialLR(o, [chain(o), S.ExponentialLR(o, 0.7)], [5]),
        [0.045, 0.0405, 0.03645, 0.032805, 0.059049, 0.1, 0.07],
    ),
    (
        lambda o: S.SequentialLR(
            o, [S.SequentialLR(o, [constants(o), S.StepLR(o, 2)], [4]), S.ExponentialLR(o, 0.7)], [6]
        ),
        [0.02, 0.02, 0.02, 0.1, 0.1, 0.01, 0.1],
    ),
    (lambda o: S.ChainedScheduler([constants(o), S.ExponentialLR(o, 0.9)]), [0.05, 0.045, 0.018, 0.0162, 0.01458]),
    (lambda o: S.SequentialLR(o, [S.ConstantLR(o, 0.3, 9), S.ExponentialLR(o, 0.5)], [0]), [0.1, 0.05, 0.025, 0.0125]),
]


@pytest.mark.parametrize(("make", "rates"), COMPOSITE)
def test_composite_schedulers_nest(make, rates):
    assert rates_of(make, len(rates)) == pytest.approx(rates)


@pytest.mark.parametrize(("inner", "rates"), [(constants, [0.05, 0.05, 0.02]), (chain, [0.05, 0.045, 0.0405])])
def test_a_composite_scheduler_may_come_second(inner, rates):
    def make(opt):
        return S.SequentialLR(opt, [S.ConstantLR(opt, 0.3, 9), inner(opt)], [2])

    assert rates_of(make, 5) == pytest.approx([0.03, 0.03, *rates])


@pytest.mark.parametrize(("make", "rates"), COMPOSITE)
@pytest.mark.parametrize("stop", [1, 3])
def test_composite_schedulers_resume(make, rates, stop):
    opt = new_optimizer()
    scheduler = make(opt)
    for _ in range(stop):
        opt.step()
        scheduler.step()
    saved = copy.deepcopy((scheduler.state_dict(), opt.state_dict()))
    opt = new_optimizer()
    scheduler = make(opt)
    scheduler.load_state_dict(saved[0])
    opt.load_state_dict(saved[1])
    seen = []
    for _ in rates[stop:]:
        seen.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    assert seen == pytest.approx(rates[stop:])


def test_cyclic_bounds_of_the_momentum_are_options_of_the_group():
    opt = new_optimizer(torch.optim.Adam)
    S.CyclicLR(opt, 0.01, 0.1, base_momentum=0.7, max_momentum=0.8)
    assert (opt.param_groups[0]["base_momentum"], opt.param_groups[0]["max_momentum"]) == (0.7, 0.8)


def test_a_rate_given_as_a_tensor_is_copied():
    lr, swa_lr = torch.tensor(0.1), torch.tensor(0.05)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=lr)
    scheduler = torch.optim.swa_utils.SWALR(optimizer, swa_lr=swa_lr)
    rates = []
    for _ in range(3):
        lr.multiply_(0.5)
        swa_lr.multiply_(0.5)
        optimizer.step()
        scheduler.step()
        rates.append(float(optimizer.param_groups[0]["lr"]))
    torch.testing.assert_close(rates, [0.05, 0.02682003565, 0.01788474992])
    assert float(optimizer.param_groups[0]["swa_lr"]) == pytest.approx(0.05)


def test_a_step_that_was_replaced_cannot_be_watched():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = S.StepLR(optimizer, 1)
    step = optimizer.step
    optimizer.step = lambda: step()
    optimizer.step()
    with pytest.warns(UserWarning, match=r"`optimizer.step\(\)` has been overridden .*how-to-adjust-learning-rate"):
        scheduler.step()
    # One that was replaced before is watched as it is, and so is that of an optimizer which comes from a file.
    again = S.StepLR(optimizer, 1)
    optimizer.step()
    again.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01)
