"""`torch.func`: derivatives of functions, batches, and modules as functions; with what they refuse."""

from typing import Any


def gradients(s: Any) -> Any:
    func, f = s.torch.func, lambda x, y, k=2.0: (x * y * k).sin().sum()
    x, y = s.T(3), s.T(3, shift=0.2)
    return [
        func.grad(f)(x, y),
        func.grad(f, argnums=1)(x, y, k=3.0),
        func.grad(f, argnums=(0, 1))(x, y),
        func.grad(f, argnums=(1,))(x, y),
        func.grad(f, -1)(x, y),
        func.grad_and_value(f)(x, y),
        func.grad(lambda x: (x.sum(), {"aux": x * 2}), has_aux=True)(x),
        func.grad_and_value(lambda x: (x.sum(), x.cos()), has_aux=True)(x),
        func.grad(func.grad(lambda x: x**3))(s.T(1)[0]),
        func.grad(lambda d: d["a"].sum() * d["b"][0].sum())({"a": x, "b": [y]}),
        func.grad(lambda x: s.T(1).sum())(x),
        s.said(lambda: func.grad(lambda x: x)(x)),
        s.said(lambda: func.grad(lambda x: 3.0)(x)),
        s.said(lambda: func.grad(lambda x: (x.sum(), x))(x)),
        s.said(lambda: func.grad(lambda x: x.sum(), has_aux=True)(x)),
        s.said(lambda: func.grad(f, argnums=5)(x, y)),
        s.said(lambda: func.grad(f, argnums=-3)(x, y)),
        s.said(lambda: func.grad(f, argnums="a")(x, y)),
        s.said(lambda: func.grad(lambda x: x.sum())(3)),
        s.raised(lambda: func.grad(lambda x: x.sum())(s.I(3, 3))),
    ]


def vjps(s: Any) -> Any:
    func, x = s.torch.func, s.T(3)
    out, pull = func.vjp(lambda x: x.sin() * 2, x)
    pair, pull_pair = func.vjp(lambda x, y: (x * y, {"s": y.sum()}), x, s.T(3, shift=0.4))
    aux = func.vjp(lambda x: (x**2, [x * 3, x]), x, has_aux=True)
    return [
        [out, pull(s.T(3)), pull(s.T(3, shift=0.1))],
        [pair, pull_pair((s.T(3), {"s": s.T(1)[0]}))],
        [aux[0], aux[1](s.T(3)), aux[2]],
        s.raised(lambda: pull()),
        s.raised(lambda: pull((s.T(3), s.T(3)))),
        s.raised(lambda: pull_pair(s.T(3))),
        s.raised(lambda: pull(s.T(2))),
        s.said(lambda: func.vjp(lambda x: 3, x)),
        s.said(lambda: func.vjp(lambda x: x, x, has_aux=True)),
        s.said(lambda: func.vjp(lambda x: x)),
    ]


def jvps(s: Any) -> Any:
    func, x = s.torch.func, s.T(3)
    return [
        func.jvp(lambda x: x.sin(), (x,), (s.T(3, shift=0.1),)),
        func.jvp(lambda x, y: (x * y, y.sum()), (x, s.T(3)), (s.T(3), s.T(3, shift=0.5))),
        func.jvp(lambda x: (x**2, x.cos()), (x,), (s.T(3),), has_aux=True),
        func.jvp(lambda x: func.jvp(lambda z: z**3, (x,), (x * 0 + 1,))[1], (x,), (x,)),
        func.jvp(lambda d: d["a"] * 2, ({"a": x},), ({"a": s.T(3)},)),
        func.jvp(lambda x: s.T(2), (x,), (x,)),
        s.said(lambda: func.jvp(lambda x: x, x, x)),
        s.said(lambda: func.jvp(lambda x: x, (x,), (x, x))),
        s.said(lambda: func.jvp(lambda x: x, (x,), x)),
        s.said(lambda: func.jvp(lambda x: x, (), ())),
        s.said(lambda: func.jvp(lambda x: 3, (x,), (x,))),
        s.said(lambda: func.jvp(lambda x: x, (x,), (s.T(2),))),
        s.said(lambda: func.jvp(lambda x: x, (x,), (x,), strict=True)),
        s.said(lambda: func.jvp(lambda x: x, (x,), (x,), has_aux=True)),
    ]


def jacobians(s: Any) -> Any:
    func, answers = s.torch.func, []
    for transform in (func.jacrev, func.jacfwd):
        answers += [
            transform(lambda x: x.cumsum(0) ** 2)(s.T(3)),
            transform(lambda x, y: (x * y.sum(), y), argnums=(0, 1))(s.T(2), s.T(3)),
            transform(lambda x, y: x.outer(y), argnums=1)(s.T(2), s.T(3)),
            transform(lambda x: {"a": x, "b": (x**2).sum()})(s.T(2)),
            transform(lambda x: (x**2, x), has_aux=True)(s.T(2)),
            transform(transform(lambda x: (x**3).sum()))(s.T(2)),
            transform(lambda x: s.T(2))(s.T(3)),
            func.vmap(transform(lambda x: x**2))(s.T(2, 3)),
            transform(lambda d: d["a"] * d["b"])({"a": s.T(2), "b": s.T(2)}),
            s.said(lambda t=transform: t(lambda x: 3)(s.T(2))),
            s.said(lambda t=transform: t(lambda x: x, argnums=4)(s.T(2))),
            s.said(lambda t=transform: t(lambda x: x, has_aux=True)(s.T(2))),
        ]
    chunks = [func.jacrev(lambda x: x.cumsum(0), chunk_size=n)(s.T(5)) for n in (1, 2, 5, 9)]
    outs = [func.jacrev(lambda x: (x.cumsum(0), x.sum()), chunk_size=n)(s.T(3)) for n in (1, 2)]
    refused = [s.said(lambda n=n: func.jacrev(lambda x: x, chunk_size=n)(s.T(2))) for n in (0, -1)]
    return [answers, chunks, outs, refused, func.hessian(lambda x, y: (x * y).prod(), argnums=(0, 1))(s.T(2), s.T(2))]


def linearized(s: Any) -> Any:
    func, calls = s.torch.func, []

    def f(x: Any, y: Any) -> Any:
        calls.append(1)
        return (x * y).sin(), {"sum": x.sum()}

    out, push = func.linearize(f, s.T(3), s.T(3, shift=0.3))
    return [
        out,
        push(s.T(3), s.T(3)),
        push(s.T(3, shift=1.0), s.T(3) * 0),
        len(calls) > 0,
        s.said(lambda: push(s.T(2), s.T(3))),
        s.raised(lambda: push(s.T(3))),
    ]


def batches(s: Any) -> Any:
    vmap = s.torch.func.vmap
    f = lambda x, y: x @ y  # noqa: E731
    return [
        vmap(f)(s.T(2, 3), s.T(2, 3)),
        vmap(f, in_dims=(1, 0))(s.T(3, 2), s.T(2, 3)),
        vmap(f, (None, 0))(s.T(3), s.T(2, 3)),
        vmap(f, (-1, None))(s.T(3, 2), s.T(3)),
        vmap(lambda d: d["a"] + d["b"][0], in_dims=({"a": 0, "b": [1]},))({"a": s.T(2, 3), "b": [s.T(3, 2)]}),
        vmap(lambda d: d["a"] * 2)({"a": s.T(2, 3)}),
        vmap(lambda x: (x, x.sum()), out_dims=(1, 0))(s.T(2, 3)),
        vmap(lambda x: {"a": x, "b": x * 2}, out_dims={"a": 1, "b": 0})(s.T(2, 3)),
        vmap(lambda x: [x, (x,)], out_dims=-1)(s.T(2, 3)),
        vmap(lambda x, k: x * k, in_dims=(0, None))(s.T(2, 3), 2.0),
        vmap(lambda x, *, k: x * k)(s.T(2, 3), k=s.T(2, 3)),
        vmap(lambda x: s.T(3))(s.T(2, 1)),
        vmap(vmap(f, (None, 0)), (0, None))(s.T(2, 3), s.T(4, 3)),
        vmap(lambda x: x.T, chunk_size=2)(s.T(5, 2, 3)),
        vmap(lambda x: (x * 2, x.sum()), chunk_size=2, out_dims=(1, 0))(s.T(3, 2)),
    ]


def batches_refused(s: Any) -> Any:
    vmap, x = s.torch.func.vmap, s.T(2, 3)
    same = lambda x: x  # noqa: E731
    return [
        s.said(lambda: vmap(same)()),
        s.said(lambda: vmap(same)(3)),
        s.said(lambda: vmap(same, in_dims=3)(x)),
        s.said(lambda: vmap(same, in_dims=-3)(x)),
        s.said(lambda: vmap(same, in_dims=None)(x)),
        s.said(lambda: vmap(same, in_dims="a")(x)),
        s.said(lambda: vmap(same, in_dims=(0, 0))(x)),
        s.said(lambda: vmap(same, in_dims=("a",))(x)),
        s.said(lambda: vmap(same, in_dims=({"a": 0},))(x)),
        s.said(lambda: vmap(lambda a, b: a)(s.T(2), s.T(3))),
        s.raised(lambda: vmap(same, out_dims=3)(x)),
        s.said(lambda: vmap(same, out_dims=(0, 0))(x)),
        s.said(lambda: vmap(same, out_dims="a")(x)),
        s.said(lambda: vmap(lambda a: 3)(x)),
        s.said(lambda: vmap(same, chunk_size=0)(x)),
        s.said(lambda: vmap(same, randomness="some")(x)),
        s.said(lambda: vmap(lambda a: s.torch.rand(3))(x)).split(".")[0],
        s.said(lambda: vmap(same, in_dims=(0,))(s.T(1)[0])),
    ]


def random_batches(s: Any) -> Any:
    torch, vmap = s.torch, s.torch.func.vmap
    shapes, x = [], s.T(4, 3)
    for mode in ("same", "different"):
        for f in (
            lambda a: torch.rand(3),
            lambda a: torch.randn_like(a),
            lambda a: torch.randint(5, (3,)),
            lambda a: torch.randperm(4),
            lambda a: torch.normal(0.0, 1.0, (2, 3)),
        ):
            torch.manual_seed(3)
            out = vmap(f, randomness=mode)(x)
            shapes.append([mode, list(out.shape), bool((out == out[0]).all())])
    return shapes


def modules_as_functions(s: Any) -> Any:
    torch, func = s.torch, s.torch.func
    net = s.fill(s.nn.Sequential(s.nn.Linear(2, 3), s.nn.BatchNorm1d(3), s.nn.Linear(3, 1)))
    params, buffers = dict(net.named_parameters()), dict(net.named_buffers())
    changed = {name: p.detach() * 0.5 for name, p in params.items()}
    x = s.T(4, 2)
    out = func.functional_call(net, (changed, buffers), (x,))
    one = func.functional_call(net, {"0.weight": params["0.weight"] * 0}, x)
    net.eval()
    g = func.grad(lambda p: func.functional_call(net, (p, buffers), (x,)).sum())(changed)
    tied = s.nn.Module()
    tied.a = tied.b = s.fill(s.nn.Linear(2, 2))
    tied.forward = lambda x: tied.a(tied.b(x))
    new = {"a.weight": s.T(2, 2)}
    models = [s.fill(s.nn.Linear(2, 2)) for _ in range(3)]
    stacked, extras = func.stack_module_state(models)
    ensemble = func.vmap(lambda p, b: func.functional_call(models[0], (p, b), (s.T(2),)))(stacked, extras)
    return [
        out,
        one,
        g,
        func.functional_call(tied, new, (x,)),
        s.said(lambda: func.functional_call(tied, {**new, "b.weight": s.T(2, 2) + 1}, (x,))),
        func.functional_call(tied, new, (x,), tie_weights=False),
        s.said(lambda: func.functional_call(net, {"nothing": x}, (x,))),
        s.said(lambda: func.functional_call(net, changed, (x,), strict=True)).split(":")[0],
        s.said(lambda: func.functional_call(net, (changed, changed), (x,))),
        func.functional_call(net, changed, (), {"input": x}),
        {name: list(p.shape) for name, p in stacked.items()},
        [p.requires_grad for p in stacked.values()],
        ensemble,
        s.said(lambda: func.stack_module_state([])),
        s.said(lambda: func.stack_module_state([models[0], s.nn.Linear(2, 2).eval()])),
        s.said(lambda: func.stack_module_state([models[0], s.nn.ReLU()])),
        torch.equal(net[0].weight, params["0.weight"]),
    ]


def batch_norms_without_state(s: Any) -> Any:
    replace = s.torch.func.replace_all_batch_norm_modules_
    net = s.fill(s.nn.Sequential(s.nn.BatchNorm1d(2), s.nn.Sequential(s.nn.BatchNorm2d(3))))
    single = replace(s.nn.BatchNorm1d(2))
    out = replace(net)
    return [
        out is net,
        [b is None for b in (net[0].running_mean, net[1][0].num_batches_tracked)],
        single.track_running_stats,
    ]


def functionalized(s: Any) -> Any:
    func = s.torch.func

    def f(x: Any) -> Any:
        y = x.clone()
        y[0] = 7.0
        y.view(-1).mul_(2)
        return y

    x = s.T(3)
    same = func.functionalize(f)(x)
    viewless = func.functionalize(f, remove="mutations_and_views")(x)
    return [
        same,
        viewless,
        x,
        s.said(lambda: func.functionalize(f, remove="all")(x)).split(".")[0],
        func.vmap(func.functionalize(f))(s.T(2, 3)),
    ]


def nested_levels(s: Any) -> Any:
    func = s.torch.func
    x = s.T(2, 3)
    return [
        func.vmap(func.grad(lambda v: (v**2).sum()))(x),
        func.grad(lambda v: func.vmap(lambda r: (r**3).sum())(v).sum())(x),
        func.vmap(func.jacrev(lambda v: v.sin()))(x),
        func.vmap(func.hessian(lambda v: (v**3).sum()))(x),
        func.jacfwd(func.vmap(lambda r: r.cumsum(0)))(x),
        func.grad(lambda v: func.jvp(lambda w: (w**3).sum(), (v,), (v,))[1])(s.T(3)),
        func.jvp(func.grad(lambda v: (v**4).sum()), (s.T(2),), (s.T(2),)),
        func.vmap(lambda v: func.vjp(lambda w: w.exp(), v)[1](v)[0])(x),
        func.vmap(func.grad_and_value(lambda v, t: ((v - t) ** 2).sum()), in_dims=(0, None))(x, s.T(3)),
        func.grad(lambda v: func.grad(lambda w: (w * v).sin().sum())(v).sum())(s.T(2)),
    ]


def custom_modules_in_vmap(s: Any) -> Any:
    func, nn = s.torch.func, s.nn
    x = s.T(3, 2, 4, 4)
    layers = {
        "conv": s.fill(nn.Conv2d(2, 3, 2)),
        "pool": nn.MaxPool2d(2),
        "norm": s.fill(nn.GroupNorm(2, 2)),
        "batch": s.fill(nn.BatchNorm2d(2)).eval(),
        "layer": s.fill(nn.LayerNorm(4)),
        "pad": nn.ReflectionPad2d(1),
        "up": nn.Upsample(scale_factor=2),
        "shuffle": nn.PixelUnshuffle(2),
        "linear": s.fill(nn.Linear(4, 2)),
        "prelu": s.fill(nn.PReLU()),
        "instance": nn.InstanceNorm2d(2),
        "adaptive": nn.AdaptiveAvgPool2d(2),
        "unfold": nn.Unfold(2),
    }
    batched = s.torch.stack([x, x + 1])
    answers = {}
    for name, layer in layers.items():
        out = func.vmap(layer)(batched)
        answers[name] = [out, bool(s.torch.allclose(out, s.torch.stack([layer(part) for part in batched])))]
    return answers


def equal_samples_draw_alike(s: Any) -> Any:
    """With the same randomness for all, what a transform repeats for each sample is one thing to draw from."""
    weight = s.T(2, 3)

    def draw(tangent: Any) -> Any:
        def loss(w: Any) -> Any:
            scores = s.P(4, 2) @ w
            s.torch.manual_seed(0)
            chosen = scores.detach().softmax(-1).multinomial(5, replacement=True)
            return scores.gather(1, chosen).square().sum() + chosen.sum()

        return s.torch.func.jvp(s.torch.func.grad(loss), (weight,), (tangent,))[1]

    vmapped = s.torch.func.vmap(draw, randomness="same")(s.T(3, 2, 3, shift=0.2))
    differing = s.said(lambda: s.torch.func.vmap(lambda p: p.multinomial(2), randomness="same")(s.P(3, 4)))
    return [vmapped, differing[:60]]
