"""Learning rates of two groups over 25 steps, for each scheduler, alone and inside others."""

CASES: dict[str, list[str]] = {
    "S.LambdaLR": [
        "rates(lambda o: S.LambdaLR(o, lambda e: 0.9**e))",
        "rates(lambda o: S.LambdaLR(o, [lambda e: 1 / (e + 1), lambda e: e % 3]))",
    ],
    "S.MultiplicativeLR": ["rates(lambda o: S.MultiplicativeLR(o, lambda e: 1 - 0.02 * e))"],
    "S.StepLR": ["rates(lambda o: S.StepLR(o, 4))", "rates(lambda o: S.StepLR(o, 3, 0.5))"],
    "S.MultiStepLR": ["rates(lambda o: S.MultiStepLR(o, [2, 5, 5, 9]))", "rates(lambda o: S.MultiStepLR(o, [3], 0.5))"],
    "S.ConstantLR": ["rates(lambda o: S.ConstantLR(o))", "rates(lambda o: S.ConstantLR(o, 0.5, 3))"],
    "S.LinearLR": ["rates(lambda o: S.LinearLR(o))", "rates(lambda o: S.LinearLR(o, 0.5, 0.9, 7))"],
    "S.ExponentialLR": ["rates(lambda o: S.ExponentialLR(o, 0.8))"],
    "S.PolynomialLR": ["rates(lambda o: S.PolynomialLR(o))", "rates(lambda o: S.PolynomialLR(o, 7, 2.0))"],
    "S.CosineAnnealingLR": [
        "rates(lambda o: S.CosineAnnealingLR(o, 7))",
        "rates(lambda o: S.CosineAnnealingLR(o, 5, 0.01))",
    ],
    "S.CosineAnnealingWarmRestarts": [
        "rates(lambda o: S.CosineAnnealingWarmRestarts(o, 4))",
        "rates(lambda o: S.CosineAnnealingWarmRestarts(o, 3, 2, 0.01))",
    ],
    "S.CyclicLR": [
        "rates(lambda o: S.CyclicLR(o, 0.01, 0.2, 3))",
        "rates(lambda o: S.CyclicLR(o, [0.01, 0.02], 0.2, 3, 5, 'triangular2', cycle_momentum=False))",
        "rates(lambda o: S.CyclicLR(o, 0.01, 0.2, 3, mode='exp_range', gamma=0.9, base_momentum=0.7, max_momentum=0.8))",
        "rates(lambda o: S.CyclicLR(o, 0.01, 0.2, 3, scale_fn=lambda x: 0.5**x, scale_mode='iterations'))",
    ],
    "S.OneCycleLR": [
        "rates(lambda o: S.OneCycleLR(o, 0.3, 30))",
        "rates(lambda o: S.OneCycleLR(o, [0.3, 0.1], epochs=5, steps_per_epoch=6, pct_start=0.4, anneal_strategy='linear', "
        "three_phase=True, div_factor=10.0, final_div_factor=100.0))",
        "rates(lambda o: S.OneCycleLR(o, 0.3, 30, cycle_momentum=False))",
    ],
    "S.ReduceLROnPlateau": [
        "rates(lambda o: S.ReduceLROnPlateau(o, patience=2), metrics=[1.0, 0.9, 0.91, 0.92, 0.93, 0.94])",
        "rates(lambda o: S.ReduceLROnPlateau(o, 'max', 0.5, 1, 0.05, 'abs', 2, 0.001, 1e-4), metrics=[1.0, 0.99, 0.9, 1.1])",
        "rates(lambda o: S.ReduceLROnPlateau(o, 'max', patience=1, threshold=0.05), metrics=[1.0, 1.01, 1.02, 1.03])",
        "rates(lambda o: S.ReduceLROnPlateau(o, patience=0, threshold_mode='abs', threshold=0.1), metrics=[1.0, 0.95])",
    ],
    "S.ChainedScheduler": ["rates(lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.1, 4), S.ExponentialLR(o, 0.9)]))"],
    "S.SequentialLR": [
        "rates(lambda o: S.SequentialLR(o, [S.ConstantLR(o, 0.1, 4), S.ExponentialLR(o, 0.9)], [6]))",
        "rates(lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1), S.StepLR(o, 2), S.ExponentialLR(o, 0.7)], [3, 9]))",
    ],
    "S.LRScheduler": [
        "[S.StepLR(optim.SGD([T(1)], lr=0.1), 2, last_epoch=-1).state_dict()]",
        "raised(lambda: S.StepLR(optim.SGD([T(1)], lr=0.1), 2, last_epoch=3))",
    ],
}
