"""Optimizers: twelve steps with their defaults and past each branch of their rules."""


def each(name: str, *options: str, **kwargs: str) -> list[str]:
    tail = "".join(f", {key}={value}" for key, value in kwargs.items())
    return [f"train(lambda p: optim.{name}(p, {option}){tail})".replace(", )", ")") for option in options]


CASES: dict[str, list[str]] = {
    "optim.SGD": each("SGD", "lr=0.02, momentum=0.8, nesterov=True, maximize=True", steps="4")
    + each(
        "SGD",
        "",
        "lr=0.02, momentum=0.8, dampening=0.1, weight_decay=0.05",
        "lr=0.02, momentum=0.8, nesterov=True",
        "lr=0.02, momentum=0.8, foreach=True",
        "lr=torch.tensor(0.02), foreach=False",
    ),
    "optim.Adam": each(
        "Adam",
        "",
        "lr=0.05, betas=(0.5, 0.7), eps=0.01, weight_decay=0.1",
        "lr=0.05, amsgrad=True, betas=(0.3, 0.4)",
        "lr=0.05, maximize=True, foreach=True",
        "lr=0.05, weight_decay=0.1, decoupled_weight_decay=True, foreach=False",
    ),
    "optim.AdamW": each(
        "AdamW",
        "",
        "lr=0.05, betas=(0.5, 0.7), eps=0.01, weight_decay=0.3",
        "lr=0.05, amsgrad=True, betas=(0.3, 0.4), foreach=False",
    ),
    "optim.Adamax": each(
        "Adamax", "", "lr=0.05, betas=(0.5, 0.7), eps=0.01, weight_decay=0.1", "lr=0.05, maximize=True, foreach=True"
    ),
    "optim.NAdam": each(
        "NAdam",
        "",
        "lr=0.05, betas=(0.5, 0.7), eps=0.01, weight_decay=0.1, momentum_decay=0.3",
        "lr=0.05, weight_decay=0.1, decoupled_weight_decay=True, foreach=True",
        "lr=0.05, maximize=True",
    ),
    "optim.RAdam": each(
        "RAdam",
        "",
        "lr=0.05, betas=(0.5, 0.7), eps=0.01, weight_decay=0.1",
        "lr=0.05, betas=(0.9, 0.99), weight_decay=0.1, decoupled_weight_decay=True, foreach=True",
        "lr=0.05, maximize=True",
    ),
    "optim.Adagrad": each(
        "Adagrad",
        "",
        "lr=0.05, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=0.01",
        "lr=0.05, maximize=True, foreach=True",
    ),
    "optim.Adadelta": each(
        "Adadelta", "", "lr=0.5, rho=0.6, eps=0.01, weight_decay=0.1", "lr=0.5, maximize=True, foreach=True"
    ),
    "optim.Adafactor": each(
        "Adafactor",
        "",
        "lr=0.05, beta2_decay=-0.5, eps=(1e-8, 0.01), d=1.5, weight_decay=0.1",
        "lr=0.05, maximize=True, foreach=True",
    ),
    "optim.ASGD": each("ASGD", "", "lr=0.05, lambd=0.1, alpha=0.5, t0=3, weight_decay=0.1")
    + each("ASGD", "lr=0.05, maximize=True, foreach=True", steps="4"),
    "optim.RMSprop": each(
        "RMSprop",
        "",
        "lr=0.05, alpha=0.6, eps=0.01, weight_decay=0.1, momentum=0.5",
        "lr=0.05, centered=True, momentum=0.5",
        "lr=0.05, centered=True, maximize=True, foreach=True",
    ),
    "optim.Rprop": each(
        "Rprop", "", "lr=0.05, etas=(0.4, 1.3), step_sizes=(0.01, 0.08)", "lr=0.05, maximize=True, foreach=True"
    ),
    "optim.LBFGS": each("LBFGS", "lr=0.1, max_iter=3", steps="4", closure="True")
    + each("LBFGS", "lr=0.3, max_iter=4, history_size=2, line_search_fn='strong_wolfe'", steps="4", closure="True")
    + each("LBFGS", "lr=0.1, max_iter=6, max_eval=4, tolerance_grad=0.1", steps="3", closure="True"),
    "optim.Muon": [
        f"[(o.step(), w.detach().clone())[1] for w in [nn.Parameter(T(3, 2))] for o in [optim.Muon([w], {options})] "
        "for _ in range(3) if setattr(w, 'grad', w.detach().cos()) is None]"
        for options in ("", "lr=0.1, weight_decay=0.2, momentum=0.5, nesterov=False, ns_steps=3")
    ],
    "optim.Optimizer": [
        "repr(optim.SGD([{'params': [T(2)], 'lr': 0.5}, {'params': [T(1)]}], lr=0.1))",
        "optim.SGD([T(2)], lr=0.1, momentum=0.5).state_dict()",
        "raised(lambda: optim.SGD([], lr=0.1))",
        "raised(lambda: optim.SGD([T(2)], lr=-1.0))",
        "raised(lambda: optim.Adam([T(2)], betas=(1.0, 0.9)))",
        "raised(lambda: optim.SGD(T(2), lr=1.0))",
    ],
}
