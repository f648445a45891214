"""Optimizers beside their steps: groups of parameters, states that are saved and loaded, hooks, flags, averages."""

import copy
import importlib
from typing import Any


def _problem(s: Any) -> list[Any]:
    """Two parameters with gradients."""
    params = [s.T(2, 3).requires_grad_(), s.T(3, shift=0.2).requires_grad_()]
    for i, p in enumerate(params):
        p.grad = s.T(*p.shape, shift=1.0 + i)
    return params


KINDS = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "momentum": 0.8, "dampening": 0.3},
    ],
    "Adam": [
        {},
        {"amsgrad": True, "weight_decay": 0.1},
        {"lr": 0.01, "decoupled_weight_decay": True, "weight_decay": 0.1},
    ],
    "AdamW": [{}, {"amsgrad": True}, {"betas": (0.5, 0.6), "eps": 1e-3}],
    "Adamax": [{}, {"weight_decay": 0.2}],
    "NAdam": [{}, {"momentum_decay": 0.1}, {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "RAdam": [{}, {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "Adagrad": [{}, {"lr_decay": 0.1, "initial_accumulator_value": 0.5}],
    "Adadelta": [{}, {"rho": 0.5, "weight_decay": 0.1}],
    "Adafactor": [{}, {"weight_decay": 0.1, "d": 1.5}, {"beta2_decay": -0.5, "eps": (1e-10, 1e-2)}],
    "RMSprop": [{}, {"centered": True, "momentum": 0.5}, {"alpha": 0.5, "weight_decay": 0.1}],
    "Rprop": [{}, {"etas": (0.3, 1.5), "step_sizes": (1e-3, 0.02)}],
    "ASGD": [{}, {"lambd": 0.1, "alpha": 0.5, "t0": 1, "weight_decay": 0.1}],
}


def _stepped(s: Any, name: str, steps: int = 3, **options: Any) -> tuple[Any, list[Any]]:
    params = _problem(s)
    optimizer = getattr(s.optim, name)(params, **options)
    for i in range(steps):
        for p in params:
            p.grad = s.T(*p.shape, shift=1.0 + i)
        optimizer.step()
    return optimizer, params


def states_after_steps(s: Any) -> Any:
    """What optimizers remember of each parameter."""
    answers = []
    for name, variants in KINDS.items():
        for options in variants:
            optimizer, params = _stepped(s, name, **options)
            answers.append([name, [p.detach().clone() for p in params], optimizer.state_dict()["state"]])
    return answers


def groups_have_every_default(s: Any) -> Any:
    answers = []
    for name, variants in KINDS.items():
        optimizer = getattr(s.optim, name)(_problem(s), **variants[-1])
        answers.append([repr(optimizer), sorted(optimizer.defaults), sorted(optimizer.param_groups[0])])
        answers.append(dict(optimizer.state_dict()["param_groups"][0].items()))
    return answers


def flags_give_the_same_steps(s: Any) -> Any:
    """`foreach`, `capturable`, `differentiable` and `maximize`."""
    answers = []
    for name, variants in KINDS.items():
        for flags in ({"foreach": True}, {"foreach": False}, {"maximize": True}, {"maximize": True, "foreach": True}):
            params = _stepped(s, name, 2, **variants[0], **flags)[1]
            answers.append([name, str(flags), [p.detach().clone() for p in params]])
    return answers


def differentiable_steps(s: Any) -> Any:
    answers = []
    for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop"):
        rate = s.T(3).requires_grad_()
        p = (rate * 2).clone()
        p.grad = rate * s.T(3, shift=1.0)
        getattr(s.optim, name)([p], lr=0.1, differentiable=True).step()
        answers.append([name, p.detach().float(), s.torch.autograd.grad(p.sum(), rate)[0].float()])
    return answers


def saved_and_loaded(s: Any) -> Any:
    """An optimizer that takes over the state of another goes on as that one does."""
    answers = []
    for name, variants in KINDS.items():
        first, params = _stepped(s, name, **variants[-1])
        twins = [p.detach().clone().requires_grad_() for p in params]
        second = getattr(s.optim, name)(twins, lr=0.5)
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        for group in (params, twins):
            for p in group:
                p.grad = s.T(*p.shape, shift=2.5)
        first.step(), second.step()
        answers.append(
            [name, [p.detach().clone() for p in twins], [bool(a.equal(b)) for a, b in zip(params, twins, strict=True)]]
        )
    return answers


def several_groups(s: Any) -> Any:
    torch, params = s.torch, _problem(s)
    optimizer = s.optim.SGD([{"params": params[0], "lr": 1.0}, {"params": [params[1]], "momentum": 0.5}], lr=0.1)
    extra = s.T(2).requires_grad_()
    extra.grad = s.T(2)
    optimizer.add_param_group({"params": extra, "weight_decay": 0.3})
    for _ in range(2):
        optimizer.step()
    state = optimizer.state_dict()
    optimizer.zero_grad()
    cleared = [p.grad is None for p in (*params, extra)]
    extra.grad = s.T(2)
    optimizer.zero_grad(set_to_none=False)
    return [
        [p.detach().clone() for p in (*params, extra)],
        [dict(group.items()) for group in state["param_groups"]],
        state["state"],
        cleared,
        extra.grad,
        s.said(lambda: optimizer.add_param_group({"params": extra})),
        s.said(lambda: optimizer.add_param_group([extra])),
        s.said(lambda: optimizer.add_param_group({"params": torch.ones(2) * extra})),
        s.said(lambda: optimizer.add_param_group({"params": [3]})),
        s.said(lambda: optimizer.add_param_group({"params": {extra}})),
    ]


def named_parameters(s: Any) -> Any:
    module = s.fill(s.nn.Sequential(s.nn.Linear(2, 2), s.nn.Linear(2, 1)))
    optimizer = s.optim.SGD(module.named_parameters(), lr=0.1, momentum=0.9)
    grouped = s.optim.SGD(
        [{"params": module[0].named_parameters(), "lr": 1.0}, {"params": module[1].named_parameters()}]
    )
    module(s.T(3, 2)).sum().backward()
    optimizer.step()
    plain = s.optim.SGD(module.parameters(), lr=0.2)
    plain.load_state_dict(optimizer.state_dict())
    loaded = plain.state_dict()["param_groups"][0]
    return [
        optimizer.state_dict()["param_groups"],
        [g["param_names"] for g in grouped.param_groups],
        sorted(loaded),
        loaded["lr"],
        s.said(lambda: optimizer.add_param_group({"params": [s.T(2).requires_grad_()]})),
        s.said(lambda: s.optim.SGD([("a", s.T(2).requires_grad_()), s.T(1).requires_grad_()])),
        s.said(lambda: s.optim.SGD([{"params": module.named_parameters()}, {"params": [s.T(2).requires_grad_()]}])),
    ]


def refusals(s: Any) -> Any:
    optim, p = s.optim, [s.T(2).requires_grad_()]
    bad = [
        ("SGD", {"lr": -0.1}),
        ("SGD", {"momentum": -1.0}),
        ("SGD", {"weight_decay": -1}),
        ("SGD", {"nesterov": True}),
    ]
    bad += [
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
        ("Adam", {"lr": -1.0}),
        ("Adam", {"eps": -1}),
    ]
    bad += [("Adam", {"betas": (1.0, 0.9)}), ("Adam", {"betas": (0.9, -0.1)}), ("Adam", {"weight_decay": -0.1})]
    bad += [("Adamax", {"betas": (0.5, 1.0)}), ("Adamax", {"eps": -1.0}), ("NAdam", {"momentum_decay": -1})]
    bad += [("RAdam", {"eps": -1.0}), ("Adagrad", {"lr_decay": -1}), ("Adagrad", {"initial_accumulator_value": -1})]
    bad += [
        ("Adadelta", {"rho": 1.5}),
        ("RMSprop", {"alpha": -1.0}),
        ("RMSprop", {"momentum": -1.0}),
        ("Rprop", {"lr": -1}),
    ]
    bad += [
        ("Rprop", {"etas": (1.1, 1.2)}),
        ("Rprop", {"etas": (0.5, 0.9)}),
        ("ASGD", {"lr": -1}),
        ("ASGD", {"weight_decay": -1}),
    ]
    bad += [
        ("Adafactor", {"lr": -1}),
        ("Adafactor", {"beta2_decay": 0.5}),
        ("Adafactor", {"d": 0.5}),
        ("Adafactor", {"eps": (-1, 1)}),
    ]
    bad += [
        ("SparseAdam", {"lr": 0.0}),
        ("SparseAdam", {"eps": 0.0}),
        ("SparseAdam", {"betas": (1.0, 0.5)}),
        ("LBFGS", {"lr": -1}),
    ]
    answers = [
        [name, str(options), s.said(lambda n=name, o=options: getattr(optim, n)(p, **o))] for name, options in bad
    ]
    return [
        *answers,
        s.said(lambda: optim.SGD([])),
        s.said(lambda: optim.SGD(s.T(2))),
        s.said(lambda: optim.SGD([s.T(2) * p[0]])),
        s.said(lambda: optim.SGD([3])),
        s.said(lambda: optim.LBFGS([{"params": p}, {"params": [s.T(1).requires_grad_()]}])),
        s.raised(lambda: optim.Optimizer(p, {}).step()),
        s.raised(lambda: optim.SGD(p, 0.1).step(closure=3)),
        s.said(lambda: optim.SGD(p, 0.1).load_state_dict({"state": {}, "param_groups": []})),
        s.said(lambda: optim.SGD(p, 0.1).load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]})),
    ]


def hooks(s: Any) -> Any:
    params, log = _problem(s), []
    optimizer = s.optim.SGD(params, lr=0.1)
    handles = [
        optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append(["pre", len(args), sorted(kwargs)])),
        optimizer.register_step_post_hook(lambda o, args, kwargs: log.append(["post", type(o).__name__])),
        optimizer.register_state_dict_pre_hook(lambda o: log.append("saving")),
        optimizer.register_state_dict_post_hook(lambda o, state: log.append(["saved", sorted(state)])),
        optimizer.register_load_state_dict_pre_hook(lambda o, state: log.append(["loading", sorted(state)])),
        optimizer.register_load_state_dict_post_hook(lambda o: log.append("loaded")),
    ]
    first = optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": lambda: 7.0}))
    returned = optimizer.step()
    first.remove()
    optimizer.load_state_dict(optimizer.state_dict())
    for handle in handles:
        handle.remove()
    optimizer.step(), optimizer.state_dict()
    optimizer.register_state_dict_post_hook(lambda o, state: {"other": 1})
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "first": 2}, prepend=True)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    return [log, returned, optimizer.state_dict(), s.raised(optimizer.step)]


def closures(s: Any) -> Any:
    answers = []
    for name in (*KINDS, "LBFGS"):
        p = s.T(3).requires_grad_()
        optimizer = getattr(s.optim, name)([p], lr=0.1)
        calls = []

        def closure(p: Any = p, optimizer: Any = optimizer, calls: Any = calls) -> Any:
            calls.append(s.torch.is_grad_enabled())
            optimizer.zero_grad()
            loss = (p**2).sum()
            loss.backward()
            return loss

        with s.torch.no_grad():
            answers.append([name, optimizer.step(closure), calls[:1], p.detach().clone()])
    return answers


def parameters_without_gradients(s: Any) -> Any:
    answers = []
    for name in KINDS:
        params = _problem(s)
        params[1].grad = None
        optimizer = getattr(s.optim, name)(params, lr=0.1)
        optimizer.step()
        answers.append([name, params[1].detach().clone(), sorted(optimizer.state_dict()["state"])])
    return answers


def sparse_gradients(s: Any) -> Any:
    torch, answers = s.torch, []
    for name, options in (
        ("SGD", {"lr": 0.1}),
        ("SGD", {"lr": 0.1, "momentum": 0.9}),
        ("Adagrad", {}),
        ("SparseAdam", {}),
    ):
        table = s.fill(s.nn.Embedding(5, 2, sparse=True))
        optimizer = getattr(s.optim, name)(table.parameters(), **options)
        for ids in ([0, 3, 3], [1, 3]):
            optimizer.zero_grad()
            (table(torch.tensor(ids)) ** 2).sum().backward()
            optimizer.step()
        state = optimizer.state_dict()["state"].get(0, {})
        answers.append(
            [
                name,
                table.weight.detach().clone(),
                {k: v.to_dense() if k != "step" else float(v) for k, v in state.items()},
            ]
        )
    table = s.fill(s.nn.Embedding(5, 2, sparse=True))
    table(torch.tensor([1])).sum().backward()
    refused = [
        s.said(lambda n=n: getattr(s.optim, n)(table.parameters()).step())
        for n in KINDS
        if n not in ("SGD", "Adagrad", "AdamW")
    ]
    return [answers, refused, s.said(lambda: s.optim.SGD(table.parameters(), lr=0.1, weight_decay=1).step())]


def complex_parameters(s: Any) -> Any:
    torch, answers = s.torch, []
    for name, variants in KINDS.items():
        if name == "Adafactor":
            continue
        for foreach in (False, True):
            p = torch.complex(s.T(3), s.T(3, shift=0.1)).requires_grad_()
            optimizer = getattr(s.optim, name)([p], **variants[0], foreach=foreach)
            for i in range(3):
                p.grad = torch.complex(s.T(3, shift=i + 1.0), s.T(3, shift=i + 2.0))
                optimizer.step()
            answers.append([name, foreach, p.detach().clone()])
    return answers


def rates_that_are_tensors(s: Any) -> Any:
    torch, answers = s.torch, []
    for name in ("SGD", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop"):
        for foreach in (False, True):
            params = _problem(s)
            make = getattr(s.optim, name)
            said = s.said(
                lambda make=make, params=params, f=foreach: make(params, lr=torch.tensor(0.1), foreach=f).step()
            )
            answers.append([name, foreach, said, [p.detach().clone() for p in params]])
    return [answers, s.said(lambda: s.optim.Adam(_problem(s), lr=torch.tensor([0.1, 0.2])))]


def averaged_models(s: Any) -> Any:
    swa, torch = s.optim.swa_utils, s.torch
    answers = []
    for make in (
        lambda m: swa.AveragedModel(m),
        lambda m: swa.AveragedModel(m, avg_fn=lambda old, new, n: old + (new - old) * 0.3),
        lambda m: swa.AveragedModel(m, multi_avg_fn=swa.get_ema_multi_avg_fn(0.6), use_buffers=True),
        lambda m: swa.AveragedModel(m, avg_fn=swa.get_ema_avg_fn(0.75)),
        lambda m: swa.AveragedModel(m, avg_fn=swa.get_swa_avg_fn()),
        lambda m: swa.AveragedModel(m, multi_avg_fn=swa.get_swa_multi_avg_fn()),
    ):
        module = s.fill(s.nn.Sequential(s.nn.Linear(2, 3), s.nn.BatchNorm1d(3)))
        average = make(module)
        for i in range(3):
            module(s.T(4, 2, shift=float(i)))
            with torch.no_grad():
                for p in module.parameters():
                    p.mul_(0.5).add_(i)
            average.update_parameters(module)
        before = [average.module[1].running_mean.clone(), average.n_averaged.clone()]
        swa.update_bn([s.T(4, 2), s.T(4, 2, shift=0.3)], average)
        state = average.state_dict()
        answers.append([list(state), list(state.values()), before, average.eval()(s.T(2, 2))])
    refused = [s.said(lambda d=d: swa.get_ema_multi_avg_fn(d)) for d in (-0.1, 1.1)]
    return [answers, refused, s.said(lambda: swa.AveragedModel(s.nn.ReLU(), avg_fn=min, multi_avg_fn=min))]


def batch_statistics_again(s: Any) -> Any:
    """`update_bn` averages over the batches, and leaves momentum and mode as they were."""
    module = s.fill(s.nn.Sequential(s.nn.Linear(2, 3), s.nn.BatchNorm1d(3, momentum=0.3))).eval()
    swa = s.optim.swa_utils
    swa.update_bn([[s.T(4, 2), "label"], (s.T(6, 2, shift=0.4), 1)], module)
    plain = s.fill(s.nn.Linear(2, 2))
    swa.update_bn([s.T(3, 2)], plain)
    return [module[1].momentum, module.training, list(module[1].buffers()), plain.training]


def swa_rates(s: Any) -> Any:
    answers = []
    for options in (
        {"swa_lr": 0.05, "anneal_epochs": 3},
        {"swa_lr": 0.05, "anneal_epochs": 4, "anneal_strategy": "linear"},
        {"swa_lr": [0.05, 0.5], "anneal_epochs": 0},
    ):
        p, q = s.T(1).requires_grad_(), s.T(1).requires_grad_()
        optimizer = s.optim.SGD([{"params": [p]}, {"params": [q], "lr": 1.0}], lr=0.2)
        scheduler = s.optim.swa_utils.SWALR(optimizer, **options)
        rates = []
        for _ in range(6):
            optimizer.step(), scheduler.step()
            rates.append([g["lr"] for g in optimizer.param_groups])
        answers.append([rates, scheduler.last_epoch])
    bad = ({"anneal_strategy": "step"}, {"anneal_epochs": -1}, {"anneal_epochs": 1.5}, {"swa_lr": [1.0, 2.0]})
    optimizer = s.optim.SGD([s.T(1).requires_grad_()], lr=0.1)
    return [answers, [s.said(lambda o=o: s.optim.swa_utils.SWALR(optimizer, **{"swa_lr": 0.1, **o})) for o in bad]]


def muon(s: Any) -> Any:
    answers = []
    for options in (
        {},
        {"lr": 0.1, "momentum": 0.5, "nesterov": False, "weight_decay": 0.0},
        {"ns_steps": 2, "adjust_lr_fn": "match_rms_adamw"},
        {"adjust_lr_fn": "original", "ns_coefficients": (3.0, -4.0, 2.0), "eps": 1e-3},
    ):
        for shape in ((2, 3), (4, 2), (3, 3)):
            p = s.T(*shape).float().requires_grad_()
            optimizer = s.optim.Muon([p], **options)
            for i in range(2):
                p.grad = s.T(*shape, shift=1.0 + i).float()
                optimizer.step()
            answers.append([p.detach().double().mul(50).round(), sorted(optimizer.param_groups[0])])
    said = [
        s.said(lambda: s.optim.Muon([s.T(3).requires_grad_()])),
        s.said(lambda: s.optim.Muon([s.T(2, 2).requires_grad_()], lr=-1)),
    ]
    said += [s.said(lambda: s.optim.Muon([s.T(2, 2).requires_grad_()], momentum=-1))]
    said += [s.said(lambda: s.optim.Muon([s.T(2, 2).requires_grad_()], weight_decay=-1))]
    said += [s.said(lambda: s.optim.Muon([s.T(2, 2).requires_grad_()], adjust_lr_fn="other"))]
    return [answers, said]


def steps_of_lists(s: Any) -> Any:
    def lists() -> Any:
        return [s.T(2, 2), s.T(3, shift=1.1)]

    def zeros(value: float = 0.0) -> Any:
        return [s.torch.full_like(p, value) for p in lists()]

    def numbers(value: float = 0.0) -> Any:
        return [s.torch.tensor(value, dtype=s.torch.float64) for _ in lists()]

    adaptive = {"beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-8}
    adam = {**adaptive, "maximize": False}
    cases = [
        (
            "adadelta",
            [zeros(), zeros(), numbers()],
            {"lr": 0.5, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.1, "maximize": False},
        ),
        (
            "adagrad",
            [zeros(), numbers()],
            {"lr": 0.1, "weight_decay": 0.1, "lr_decay": 0.1, "eps": 1e-8, "maximize": True},
        ),
        ("adam", [zeros(), zeros(), zeros(), numbers()], {**adam, "amsgrad": True, "foreach": False}),
        ("adam", [zeros(), zeros(), [], numbers()], {**adam, "amsgrad": False, "decoupled_weight_decay": True}),
        ("adamw", [zeros(), zeros(), [], numbers()], {**adam, "amsgrad": False, "maximize": True}),
        ("adamax", [zeros(), zeros(), numbers()], adaptive),
        (
            "asgd",
            [zeros(), numbers(1.0), numbers(0.1), numbers()],
            {"lambd": 1e-2, "lr": 0.1, "t0": 1.0, "alpha": 0.75, "weight_decay": 0.1},
        ),
        ("nadam", [zeros(), zeros(), numbers(1.0), numbers()], {**adaptive, "momentum_decay": 4e-3}),
        ("radam", [zeros(), zeros(), numbers()], {**adaptive, "decoupled_weight_decay": True}),
        (
            "rmsprop",
            [zeros(), zeros(), zeros(), numbers()],
            {"lr": 0.1, "alpha": 0.9, "eps": 1e-8, "weight_decay": 0.1, "momentum": 0.5, "centered": True},
        ),
        (
            "rprop",
            [zeros(), zeros(0.1), numbers()],
            {"step_size_min": 1e-6, "step_size_max": 50.0, "etaminus": 0.5, "etaplus": 1.2},
        ),
        (
            "sgd",
            [[None, None]],
            {"weight_decay": 0.1, "momentum": 0.9, "lr": 0.1, "dampening": 0.1, "nesterov": False, "maximize": False},
        ),
        (
            "sgd",
            [[None, None]],
            {"weight_decay": 0.0, "momentum": 0.5, "lr": 0.1, "dampening": 0.0, "nesterov": True, "maximize": True},
        ),
    ]
    functional = importlib.import_module(f"{s.torch.__name__}.optim._functional")
    answers = []
    for name, state, options in cases:
        params = lists()
        for i in range(3):
            getattr(functional, name)(params, [p.cos() * (i - 1.3) for p in lists()], *state, **options)
        answers.append([name, params, state])
    bad = [lists(), lists(), zeros(), zeros(), [], [0.0, 0.0]]
    return [answers, s.said(lambda: functional.adam(*bad, **adam, amsgrad=False))]


def line_searches_on_straight_lines(s: Any) -> Any:
    t, answers = s.torch, []
    for slope in (1.0, -2.0, 0.0):
        p = t.tensor([1.0, 2.0], dtype=t.float64, requires_grad=True)
        optimizer = t.optim.LBFGS([p], max_iter=2, max_eval=4, line_search_fn="strong_wolfe")

        def closure(p: Any = p, slope: float = slope, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = slope * p.sum()
            loss.backward()
            return loss

        answers += [optimizer.step(closure), p]
    return answers
