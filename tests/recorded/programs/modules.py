"""What every module can do: names, states, hooks, conversions, containers and what they refuse."""

import copy
from typing import Any


def _net(s: Any) -> Any:
    """Two layers, one of them shared, with a buffer that is saved and one that is not."""
    shared = s.nn.Linear(2, 2)
    net = s.nn.Sequential()
    net.add_module("a", shared)
    net.add_module("b", s.nn.Sequential(shared, s.nn.BatchNorm1d(2)))
    net.register_buffer("kept", s.T(2))
    net.register_buffer("lost", s.T(1), persistent=False)
    net.register_parameter("free", s.nn.Parameter(s.T(3)))
    net.register_parameter("none", None)
    return s.fill(net)


def names(s: Any) -> Any:
    net = _net(s)
    return [
        [name for name, _ in net.named_parameters()],
        [name for name, _ in net.named_parameters(remove_duplicate=False)],
        [name for name, _ in net.named_parameters("root")],
        [name for name, _ in net.named_parameters(recurse=False)],
        [name for name, _ in net.named_buffers()],
        [name for name, _ in net.named_buffers("root", recurse=False)],
        [name for name, _ in net.named_modules()],
        [name for name, _ in net.named_modules(prefix="root", remove_duplicate=False)],
        [name for name, _ in net.named_children()],
        [type(m).__name__ for m in net.children()],
        [type(m).__name__ for m in net.modules()],
        len(list(net.parameters())),
        len(list(net.parameters(recurse=False))),
        len(list(net.buffers())),
        sorted(net.state_dict()),
        repr(net),
        "kept" in dir(net),
        "a" in dir(net),
        "0" in dir(s.nn.Sequential(s.nn.ReLU())),
    ]


def members(s: Any) -> Any:
    net = _net(s)
    got = [
        net.get_submodule(""),
        net.get_submodule("b.0"),
        net.get_parameter("b.1.weight"),
        net.get_buffer("b.1.running_mean"),
    ]
    refused = [
        s.said(lambda: net.get_submodule("b.9")),
        s.said(lambda: net.get_submodule("kept")),
        s.said(lambda: net.get_parameter("kept")),
        s.said(lambda: net.get_parameter("b.1.nothing")),
        s.said(lambda: net.get_buffer("free")),
        s.said(lambda: net.get_buffer("b.nothing")),
        s.said(lambda: net.nothing),
    ]
    net.set_submodule("b.0", s.nn.Tanh())
    net.set_submodule("b.new", s.nn.ReLU(), strict=False)
    refused += [
        s.said(lambda: net.set_submodule("", s.nn.ReLU())),
        s.said(lambda: net.set_submodule("x.y", s.nn.ReLU())),
    ]
    refused += [
        s.said(lambda: net.set_submodule("b.other", s.nn.ReLU(), strict=True)),
        s.raised(lambda: net.set_submodule("b.0", 3)),
    ]
    return [[type(x).__name__ for x in got], got[2], refused, repr(net)]


def registrations_refused(s: Any) -> Any:
    net = _net(s)
    weight = s.T(2).requires_grad_() * 2
    return [
        s.said(lambda: net.register_buffer("a.b", s.T(1))),
        s.said(lambda: net.register_buffer("", s.T(1))),
        s.said(lambda: net.register_buffer("a", s.T(1))),
        s.said(lambda: net.register_buffer("new", 3)),
        s.said(lambda: net.register_buffer(3, s.T(1))),
        s.said(lambda: net.register_parameter("a.b", None)),
        s.said(lambda: net.register_parameter("", None)),
        s.said(lambda: net.register_parameter("training", None)),
        s.said(lambda: net.register_parameter("new", s.T(1))),
        s.said(lambda: net.register_parameter("new", weight)),
        s.said(lambda: net.register_parameter(3, None)),
        s.said(lambda: net.add_module("a.b", None)),
        s.said(lambda: net.add_module("", None)),
        s.said(lambda: net.add_module("training", None)),
        s.said(lambda: net.add_module("new", 3)),
        s.said(lambda: net.add_module(3, None)),
        s.said(lambda: setattr(net, "free", s.T(1))),
        s.said(lambda: setattr(net, "a", 3)),
        s.said(lambda: setattr(net, "kept", 3)),
        s.said(lambda: net.a(s.T(2), s.T(2))).split("(")[0].split(".")[-1],
        s.raised(lambda: s.nn.Module()(1)),
        s.said(lambda: s.nn.Module(3)),
        s.said(lambda: s.nn.Module(a=3)),
    ]


def attributes_move_between_kinds(s: Any) -> Any:
    m = s.nn.Module()
    trail = []

    def note() -> None:
        trail.append([list(m._parameters), list(m._buffers), list(m._modules), sorted(set(vars(m)) & {"x"})])

    m.x = 3
    note()
    m.x = s.nn.Parameter(s.T(2))
    note()
    m.x = None
    note()
    del m.x
    m.x = s.nn.ReLU()
    note()
    m.x = s.nn.Parameter(s.T(1))
    note()
    del m.x
    m.x = s.nn.Buffer(s.T(2))
    m.y = s.nn.Buffer(s.T(1), persistent=False)
    note()
    m.x = s.T(3)
    m.y = None
    note()
    m.register_buffer("y", s.T(1), persistent=True)
    return [
        trail,
        sorted(m.state_dict()),
        s.said(lambda: delattr(m, "nothing")),
        s.said(lambda: setattr(m, "x", "text")),
    ]


def states(s: Any) -> Any:
    net = _net(s)
    state = net.state_dict(prefix="p.")
    kept = net.state_dict(keep_vars=True)
    into = {"old": s.T(1)}
    net.state_dict(destination=into)
    return [
        list(state),
        {name: dict(data) for name, data in state._metadata.items()},
        [kept["free"].requires_grad, state["p.free"].requires_grad, kept["free"] is net.free],
        list(into),
        list(net.b.state_dict(prefix="", keep_vars=False).values()),
    ]


def loading(s: Any) -> Any:
    net, state = _net(s), _net(s).state_dict()
    changed = {name: value + 1 if value.is_floating_point() else value for name, value in state.items()}
    answers = [str(net.load_state_dict(changed)), net.free.detach().clone(), net.a.weight.detach().clone()]
    partial = {"free": s.T(3), "extra": s.T(1), "b.1.weight": s.T(2)}
    loose = net.load_state_dict(partial, strict=False)
    answers += [sorted(loose.missing_keys), sorted(loose.unexpected_keys), str(loose)[:20]]
    messages = []
    for bad in (partial, {**changed, "free": s.T(4)}, {**changed, "free": 3}, {**changed, "b.1.weight": s.T(2, 1)}, 3):
        try:
            net.load_state_dict(bad)
        except Exception as error:
            messages.append(f"{type(error).__name__}: {str(error).replace('ferrotorch', 'torch')}")
    fresh = {name: value + 2 if value.is_floating_point() else value for name, value in state.items()}
    before = net.free
    net.load_state_dict(fresh, assign=True)
    answers += [
        net.free is before,
        isinstance(net.free, s.nn.Parameter),
        net.free.requires_grad,
        net.kept is fresh["kept"],
    ]
    half = _net(s).float()
    half.load_state_dict(changed)
    return [answers, messages, str(half.free.dtype), half.free]


def state_hooks(s: Any) -> Any:
    net, log = _net(s), []
    handles = [
        net.register_state_dict_pre_hook(lambda m, prefix, keep: log.append(["before saving", prefix, keep])),
        net.a.register_state_dict_post_hook(lambda m, state, prefix, meta: log.append(["saved", prefix, sorted(meta)])),
        net.register_load_state_dict_pre_hook(
            lambda m, state, prefix, meta, strict, *lists: log.append(["load", prefix, strict, lists])
        ),
        net.register_load_state_dict_post_hook(lambda m, keys: log.append(["loaded", list(keys.missing_keys)])),
        net._register_state_dict_hook(lambda m, state, prefix, meta: {**state, "added": 1}),
    ]
    state = net.state_dict()
    del state["added"]
    net.load_state_dict(dict(state))
    for handle in handles:
        handle.remove()
    quiet = len(log)
    net.load_state_dict(net.state_dict())
    net.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    forgiving = net.load_state_dict({k: v for k, v in state.items() if k != "free"})
    net.register_state_dict_post_hook(lambda m, state, prefix, meta: {})
    return [log, quiet == len(log), str(forgiving), s.said(net.state_dict)]


def extra_state(s: Any) -> Any:
    class Counting(s.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.count = 5

        def get_extra_state(self) -> Any:
            return {"count": self.count}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"] + 1

    net = s.nn.Sequential(Counting(), s.nn.ReLU())
    state = net.state_dict()
    net.load_state_dict(state)
    missing = net.load_state_dict({}, strict=False)
    plain = (
        s.said(lambda: s.nn.ReLU().get_extra_state()).split(":")[0],
        s.said(lambda: s.nn.ReLU().set_extra_state(1)).split(":")[0],
    )
    unexpected = s.said(lambda: s.nn.Sequential(s.nn.ReLU()).load_state_dict({"0._extra_state": 1}))
    return [state, net[0].count, missing.missing_keys, plain, unexpected]


def forward_hooks(s: Any) -> Any:
    log: list[Any] = []
    layer = s.fill(s.nn.Linear(2, 2))

    def note(name: str, answer: Any = None) -> Any:
        def hook(module: Any, *args: Any) -> Any:
            log.append([name, len(args), [type(a).__name__ for a in args]])
            return answer(*args) if answer else None

        return hook

    handles = [
        layer.register_forward_pre_hook(note("pre 1", lambda args: args[0] + 1 if args else None)),
        layer.register_forward_pre_hook(note("pre 2"), prepend=True),
        layer.register_forward_pre_hook(note("pre 3", lambda args, kwargs: (args, kwargs)), with_kwargs=True),
        layer.register_forward_hook(note("post 1", lambda args, out: out * 2)),
        layer.register_forward_hook(note("post 2"), prepend=True),
        layer.register_forward_hook(
            note("post 3", lambda args, kwargs, out: out - kwargs["input"].sum() if kwargs else None), with_kwargs=True
        ),
        layer.register_forward_hook(note("always"), always_call=True),
    ]
    first, named = layer(s.T(1, 2)), layer(input=s.T(1, 2))
    failed = s.raised(lambda: layer(s.T(1, 3)))
    for handle in handles:
        handle.remove()
    length = len(log)
    plain = layer(s.T(1, 2))
    layer.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    return [first, named, failed, log, length == len(log), plain, s.said(lambda: layer(s.T(1, 2))).split(".")[0]]


def backward_hooks(s: Any) -> Any:
    log: list[Any] = []
    net = s.fill(s.nn.Sequential(s.nn.Linear(2, 3), s.nn.Tanh(), s.nn.Linear(3, 1)))
    net[1].register_full_backward_hook(lambda m, into, out: log.append([type(m).__name__, into[0], out[0]]))
    handle = net[2].register_full_backward_hook(lambda m, into, out: (into[0] * 2,))
    net[1].register_full_backward_pre_hook(lambda m, out: (out[0] + 1,))
    net[2].register_full_backward_pre_hook(lambda m, out: log.append(["before", out[0]]), prepend=True)
    x = s.T(2, 2).requires_grad_()
    net(x).sum().backward()
    first = [x.grad.clone(), [p.grad.clone() for p in net.parameters()]]
    handle.remove()
    x.grad = None
    net(x).sum().backward()
    whole = s.fill(s.nn.Linear(2, 1))
    whole.register_full_backward_hook(lambda m, into, out: log.append(["no input", into[0], out[0]]))
    whole(s.T(1, 2)).sum().backward()
    mixed = [s.said(lambda: net[1].register_backward_hook(lambda *a: None))]
    return [first, x.grad, log, mixed]


def global_hooks(s: Any) -> Any:
    from importlib import import_module

    register = import_module(f"{s.torch.__name__}.nn.modules.module")
    log: list[Any] = []
    handles = [
        register.register_module_forward_pre_hook(lambda m, args: log.append(["pre", type(m).__name__])),
        register.register_module_forward_hook(lambda m, args, out: log.append(["post", type(m).__name__])),
        register.register_module_full_backward_hook(lambda m, i, o: log.append(["back", type(m).__name__])),
        register.register_module_full_backward_pre_hook(lambda m, o: log.append(["before back", type(m).__name__])),
        register.register_module_module_registration_hook(lambda m, name, sub: log.append(["module", name])),
        register.register_module_parameter_registration_hook(lambda m, name, p: log.append(["parameter", name])),
        register.register_module_buffer_registration_hook(lambda m, name, b: log.append(["buffer", name])),
    ]
    try:
        net = s.fill(s.nn.Sequential(s.nn.Linear(2, 2), s.nn.BatchNorm1d(2)))
        net(s.T(3, 2).requires_grad_()).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    length = len(log)
    s.nn.Sequential(s.nn.ReLU())(s.T(1))
    return [log, length == len(log)]


def conversions(s: Any) -> Any:
    torch, net = s.torch, _net(s)
    net.register_buffer("count", torch.tensor(3))
    net.register_buffer("wave", torch.complex(s.T(1), s.T(1)))
    answers = []
    for change in ("float", "half", "double", "bfloat16"):
        getattr(net, change)()
        answers.append(
            [
                change,
                str(net.free.dtype),
                str(net.count.dtype),
                str(net.wave.dtype),
                str(net.b[1].num_batches_tracked.dtype),
            ]
        )
    net.to(torch.float32), answers.append([str(net.free.dtype), str(net.wave.dtype)])
    net.to(torch.zeros(1, dtype=torch.float64)), answers.append([str(net.free.dtype), str(net.kept.dtype)])
    net.to("cpu", torch.float32), answers.append(str(net.free.dtype))
    net.to(device="cpu", dtype=torch.float64, non_blocking=True), answers.append(str(net.free.dtype))
    net.type(torch.float32), answers.append([str(net.free.dtype), str(net.count.dtype)])
    images = s.nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
    answers.append([images.weight.stride(), images.bias.stride()])
    refused = [s.said(lambda: net.to(torch.int64)), s.said(lambda: net.to("nowhere")).split(":")[0]]
    return [answers, refused]


def gradients_and_modes(s: Any) -> Any:
    net = _net(s)
    modes = [net.training, net.eval().training, net.b[1].training, net.train().a.training, net.train(False).training]
    net.requires_grad_(False)
    frozen = [p.requires_grad for p in net.parameters()]
    net.requires_grad_()
    net(s.T(3, 2)).sum().backward()
    net.free.grad = s.T(3)
    net.zero_grad(set_to_none=False)
    zeros = [p.grad for p in net.parameters()]
    net.zero_grad()
    seen: list[str] = []
    net.apply(lambda m: seen.append(type(m).__name__))
    return [
        modes,
        frozen,
        zeros,
        [p.grad is None for p in net.parameters()],
        seen,
        s.said(lambda: net.train(3)),
        s.said(lambda: net.train("yes")),
    ]


def copied_and_cast_parameters(s: Any) -> Any:
    net = _net(s)
    net.a.weight.grad = s.T(2, 2)
    twin = copy.deepcopy(net)
    with s.torch.no_grad():
        twin.a.weight.add_(1)
    grad_before = twin.a.weight.grad is None
    old = net.a.weight
    net.float()
    empty = s.nn.Linear(2, 3, device="meta")
    made = empty.to_empty(device="cpu")
    return [
        twin.b[0] is twin.a,
        net.a.weight,
        twin.a.weight,
        grad_before,
        old is net.a.weight,
        str(net.a.weight.grad.dtype),
        str(made.weight.device),
        list(made.weight.shape),
    ]


def sequences(s: Any) -> Any:
    nn = s.nn
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Tanh())
    shown = [repr(net[0]), repr(net[-1]), repr(net[1:]), len(net), [type(m).__name__ for m in net]]
    net.append(nn.Sigmoid()).insert(1, nn.GELU()).extend([nn.ELU(), nn.SiLU()])
    shown.append(repr(net))
    net.insert(-1, nn.Softplus()), net.insert(len(net), nn.Identity())
    del net[0], net[-1]
    net[1] = nn.Mish()
    popped = net.pop(2)
    shown += [
        repr(net),
        type(popped).__name__,
        repr(net + nn.Sequential(nn.CELU())),
        repr(nn.Sequential(nn.SELU()) * 2),
    ]
    net += nn.Sequential(nn.Hardtanh())
    del net[0:2]
    net *= 2
    shown += [repr(net), len(net)]
    refused = [
        s.said(lambda: net[99]),
        s.said(lambda: net.insert(99, nn.ReLU())),
        s.said(lambda: net.insert(0, 3)),
        s.said(lambda: net + 3),
        s.said(lambda: net * "a"),
        s.said(lambda: net * 0),
        s.said(lambda: net.pop(99)),
        s.raised(lambda: net.append(3)),
        s.raised(lambda: nn.Sequential(3)),
    ]
    return [shown, refused]


def lists_of_modules(s: Any) -> Any:
    nn = s.nn
    layers = nn.ModuleList([nn.ReLU(), nn.Linear(1, 1), nn.Linear(1, 1), nn.Tanh()])
    shown = [repr(layers), repr(layers[1:3]), repr(layers[-1]), len(layers), nn.ReLU() in layers, layers[0] in layers]
    layers.insert(1, nn.GELU())
    layers.append(nn.ELU()).extend(nn.ModuleList([nn.SiLU()]))
    layers[0] = nn.Mish()
    layers[-1] = nn.Softsign()
    del layers[2:4], layers[-1]
    layers += [nn.CELU()]
    shown += [
        repr(layers),
        repr([*layers, nn.SELU()]),
        type(layers.pop(1)).__name__,
        repr(layers),
        [n for n, _ in layers.named_children()],
    ]
    layers.insert(len(layers), nn.Sigmoid())
    return [
        shown,
        repr(layers),
        repr(nn.ModuleList()),
        s.said(lambda: layers[99]),
        s.said(lambda: layers[-99]),
        s.said(lambda: layers.extend(3)),
        s.said(lambda: layers(3)).split(":")[0],
        s.said(lambda: layers.append(3)),
    ]


def dicts_of_modules(s: Any) -> Any:
    nn = s.nn
    table = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 2)})
    table["c"] = nn.Tanh()
    table.update([("d", nn.GELU()), ("a", nn.ELU())])
    table.update(nn.ModuleDict({"e": nn.SiLU()}))
    shown = [repr(table), list(table), list(table.keys()), len(table), "a" in table, "z" in table]
    shown += [[type(m).__name__ for m in table.values()], [k for k, _ in table.items()], type(table.pop("a")).__name__]
    del table["b"]
    shown.append(repr(table))
    refused = [
        s.said(lambda: table["z"]),
        s.said(lambda: table.update(3)),
        s.raised(lambda: table.update([3])),
        s.said(lambda: table.update([("a",)])),
        s.said(lambda: table.update([("a", 3)])),
        s.said(lambda: table.__setitem__("a.b", nn.ReLU())),
        s.said(lambda: table.__setitem__("training", nn.ReLU())),
        s.said(lambda: table(1)).split(":")[0],
    ]
    table.clear()
    return [shown, refused, len(table), repr(table)]


def lists_of_parameters(s: Any) -> Any:
    nn = s.nn
    params = nn.ParameterList([s.T(2), nn.Parameter(s.T(3)), "text"])
    params.append(s.T(1, 2)).extend([nn.Parameter(s.T(1)), 5])
    params[0] = s.T(4)
    shown = [
        repr(params),
        len(params),
        [type(p).__name__ for p in params],
        repr(params[1:3]),
        params[-1],
        [n for n, _ in params.named_parameters()],
    ]
    params += [s.T(2)]
    params[-1] = nn.Parameter(s.T(1))
    return [
        shown,
        repr(params),
        sorted(params.state_dict()),
        s.said(lambda: params[99]),
        s.said(lambda: params.extend(3)),
        s.said(lambda: params.extend("text")),
        s.said(lambda: params(3)).split(":")[0],
        "0" in dir(params),
    ]


def dicts_of_parameters(s: Any) -> Any:
    nn = s.nn
    table = nn.ParameterDict({"a": s.T(2), "b": nn.Parameter(s.T(1))})
    table["c"] = s.T(1, 2)
    table.update([("d", s.T(1)), ("a", s.T(3))])
    table.update(nn.ParameterDict({"e": s.T(2)}))
    shown = [
        repr(table),
        list(table),
        list(reversed(table)),
        len(table),
        "a" in table,
        "z" in table,
        [k for k, _ in table.items()],
    ]
    shown += [
        table.setdefault("a", s.T(9)),
        table.setdefault("f", s.T(1)),
        table.setdefault("g"),
        table.get("zz"),
        table.get("zz", 4),
        table.pop("b"),
    ]
    copied, other = table.copy(), nn.ParameterDict({"a": s.T(1), "z": s.T(1)})
    merged = copied | other
    other |= table
    made = nn.ParameterDict().fromkeys(["x", "y"], s.T(1))
    last = table.popitem()
    refused = [
        s.said(lambda: table["zz"]),
        s.raised(lambda: table.update(3)),
        s.raised(lambda: table.update([3])),
        s.raised(lambda: table.update([("a",)])),
        s.said(lambda: table(1)).split(":")[0],
        s.raised(lambda: table.pop("zz")),
    ]
    if "a" in table:
        del table["a"]
    return [
        shown,
        repr(copied),
        list(merged),
        merged["a"],
        list(other),
        list(made),
        last[0],
        refused,
        list(table),
        len(table),
    ]


def uninitialized_parameters(s: Any) -> Any:
    nn, torch = s.nn, s.torch
    p = nn.parameter.UninitializedParameter()
    b = nn.parameter.UninitializedBuffer(dtype=torch.float64)
    lazy = nn.LazyLinear(3)
    refused = [
        s.raised(lambda: p + 1),
        s.said(lambda: p.shape),
        s.raised(lambda: b.sum()),
        s.raised(lambda: copy.deepcopy(p).shape),
    ]
    shown = [repr(p), repr(b)[:25], repr(lazy), lazy.has_uninitialized_params(), sorted(lazy.state_dict())]
    p.materialize((2, 3), dtype=torch.float64)
    b.materialize((2,))
    kinds = [
        type(p).__name__,
        list(p.shape),
        str(p.dtype),
        type(b).__name__,
        list(b.shape),
        str(b.dtype),
        p.requires_grad,
    ]
    with torch.no_grad():
        lazy(s.T(2, 5).float())
    return [refused, shown, kinds, type(lazy).__name__, list(lazy.weight.shape), lazy.in_features]
