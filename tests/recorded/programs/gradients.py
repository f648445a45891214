"""Gradients beside the pass of a sum: functions of them, hooks, what is saved, functions with rules of their own."""

from typing import Any


def _pairs(s: Any) -> list[Any]:
    return [(lambda x: x**3, (s.T(3),)), (lambda x, y: (x * y.sin(), y.sum()), (s.T(2, 2), s.T(2, shift=0.2)))]


def jacobians(s: Any) -> Any:
    functional = s.torch.autograd.functional
    answers = []
    for options in ({}, {"create_graph": True}, {"vectorize": True}, {"vectorize": True, "strategy": "forward-mode"}):
        answers += [functional.jacobian(f, args, **options) for f, args in _pairs(s)]
    single = functional.jacobian(lambda x: x.cumsum(0), s.T(3))
    unused = functional.jacobian(lambda x, y: x * 2, (s.T(2), s.T(2)))
    refused = [
        s.said(lambda: functional.jacobian(lambda x, y: x * 2, (s.T(2), s.T(2)), strict=True)),
        s.said(lambda: functional.jacobian(lambda x: s.T(2), s.T(2), strict=True)),
        s.said(lambda: functional.jacobian(lambda x: 3, s.T(2))),
        s.said(lambda: functional.jacobian(lambda x: x, 3)),
        s.raised(lambda: functional.jacobian(lambda x: x, s.T(2), strategy="forward-mode")),
        s.said(lambda: functional.jacobian(lambda x: x, s.T(2), strategy="sideways")),
        s.said(
            lambda: functional.jacobian(lambda x: x, s.T(2), create_graph=True, strategy="forward-mode", vectorize=True)
        ),
    ]
    return [answers, single, unused, refused]


def hessians(s: Any) -> Any:
    functional = s.torch.autograd.functional
    answers = []
    for options in ({}, {"vectorize": True}, {"vectorize": True, "outer_jacobian_strategy": "forward-mode"}):
        answers.append(functional.hessian(lambda x: (x**3).sum(), s.T(2), **options))
        answers.append(functional.hessian(lambda x, y: (x * y**2).sum(), (s.T(2), s.T(2, shift=0.1)), **options))
    refused = [
        s.said(lambda: functional.hessian(lambda x: x, s.T(2))),
        s.said(lambda: functional.hessian(lambda x: (x, x), s.T(1))),
        s.said(lambda: functional.hessian(lambda x: x.sum(), s.T(2), strict=True)),
        s.said(lambda: functional.hessian(lambda x: x.sum(), s.T(2), outer_jacobian_strategy="sideways")),
    ]
    return [answers, refused]


def products_with_vectors(s: Any) -> Any:
    functional = s.torch.autograd.functional
    f, (x, y) = _pairs(s)[1]
    cube = lambda x: (x**3).sum()  # noqa: E731
    answers = [
        functional.vjp(f, (x, y), (s.T(2, 2, shift=0.4), s.T(1)[0])),
        functional.jvp(f, (x, y), (s.T(2, 2, shift=0.4), s.T(2))),
        functional.vjp(cube, s.T(3)),
        functional.jvp(cube, s.T(3), s.T(3, shift=0.3)),
        functional.vhp(cube, s.T(3), s.T(3, shift=0.3)),
        functional.hvp(cube, s.T(3), s.T(3, shift=0.3)),
        functional.vhp(lambda a, b: (a * b * b).sum(), (s.T(2), s.T(2)), (s.T(2), s.T(2))),
        functional.hvp(lambda a, b: (a * b * b).sum(), (s.T(2), s.T(2)), (s.T(2), s.T(2))),
        functional.hvp(lambda a: a.sum(), s.T(2), s.T(2)),
        functional.vhp(cube, s.T(1)),
    ]
    refused = [
        s.said(lambda: functional.vjp(f, (x, y))),
        s.said(lambda: functional.jvp(cube, s.T(3))),
        s.said(lambda: functional.vjp(cube, s.T(3), s.T(2))),
        s.said(lambda: functional.jvp(cube, s.T(3), s.T(2))),
        s.said(lambda: functional.jvp(cube, s.T(3), (s.T(3), s.T(3)))),
        s.said(lambda: functional.vhp(lambda x: x, s.T(3))),
        s.said(lambda: functional.hvp(cube, s.T(3))),
        s.said(lambda: functional.vjp(lambda x: s.T(1).sum(), s.T(3), strict=True)),
        s.said(lambda: functional.hvp(lambda x: x.sum(), s.T(2), s.T(2), strict=True)),
        s.said(lambda: functional.jvp(lambda x: s.T(2), s.T(2), s.T(2), strict=True)),
    ]
    graph = functional.vjp(cube, s.T(3).requires_grad_(), create_graph=True)
    return [answers, refused, [graph[0].requires_grad, graph[1].requires_grad]]


def gradients_asked_for(s: Any) -> Any:
    grad = s.torch.autograd.grad
    x, y, z = (s.T(3, shift=i / 3).requires_grad_() for i in range(3))
    out = (x * y).sin()
    return [
        grad(out, [x, y], s.T(3), retain_graph=True),
        grad([out, x * 2], [x], [s.T(3), s.T(3)], retain_graph=True),
        grad(out.sum(), [x, z], allow_unused=True, retain_graph=True),
        grad(out.sum(), [x, z], materialize_grads=True, retain_graph=True),
        grad(grad((out**2).sum(), x, create_graph=True)[0].sum(), [x, y], retain_graph=True),
        grad(out, x, s.T(2, 3), is_grads_batched=True, retain_graph=True),
        s.said(lambda: grad(out.sum(), z, retain_graph=True)),
        s.said(lambda: grad(out, x)),
        s.raised(lambda: grad(out, x, s.T(2))),
        s.said(lambda: grad(out.sum(), [x, z], allow_unused=False, materialize_grads=True)),
        s.said(lambda: grad(s.T(3).sum(), x)),
        s.raised(lambda: grad(out.sum(), s.T(3))),
        s.raised(lambda: grad(out.sum(), x, s.T(2))),
        s.raised(lambda: grad(out.sum(), 3)),
        s.said(lambda: grad([], x)),
        [grad(out.sum(), x)[0], s.raised(lambda: grad(out.sum(), x))],
    ]


def backward_calls(s: Any) -> Any:
    torch = s.torch
    x, y = s.T(3).requires_grad_(), s.T(3, shift=0.5).requires_grad_()
    torch.autograd.backward([(x * y).sum(), x * 2], [None, s.T(3)])
    first = [x.grad.clone(), y.grad.clone()]
    torch.autograd.backward((x * y).sum(), inputs=[y])
    second = [x.grad.clone(), y.grad.clone()]
    (x**2).backward(s.T(3), inputs=x)
    third = x.grad.clone()
    x.grad = None
    (x**3).sum().backward(create_graph=True)
    linked = x.grad.requires_grad
    refused = [
        s.said(lambda: torch.autograd.backward((x * y).sum(), inputs=[])),
        s.said(lambda: (x * 2).backward()),
        s.said(lambda: s.T(2).backward(s.T(2))),
        s.raised(lambda: (x * 2).backward(s.T(2))),
        s.said(lambda: torch.autograd.backward([x.sum(), y.sum()], [None])),
        s.said(lambda: (x.sum()).backward(inputs=[x * 2])).split(":")[0],
        s.raised(lambda: (x * 2).sum().backward(3)),
    ]
    return [first, second, third, linked, x.grad.detach(), refused]


def hooks_of_tensors(s: Any) -> Any:
    log: list[Any] = []
    x = s.T(3).requires_grad_()
    y = x * 2
    handles = [
        y.register_hook(lambda g: log.append(["first", g.clone()])),
        y.register_hook(lambda g: g * 3),
        x.register_hook(lambda g: log.append(["leaf", g.clone()])),
        x.register_post_accumulate_grad_hook(lambda t: log.append(["after", t.grad.clone()])),
    ]
    y.retain_grad()
    (y**2).sum().backward()
    first = [x.grad.clone(), y.grad.clone(), y.retains_grad]
    for handle in handles:
        handle.remove()
    x.grad = None
    (x * 2).sum().backward()
    refused = [
        s.said(lambda: s.T(2).register_hook(lambda g: g)),
        s.said(lambda: y.register_post_accumulate_grad_hook(lambda t: None)),
        s.said(lambda: s.T(2).retain_grad()),
        s.raised(lambda: s.T(2).register_post_accumulate_grad_hook(lambda t: None)),
    ]
    z = (x * 1).sum()
    z.register_hook(lambda g: s.T(4))
    refused.append(s.said(lambda: z.backward()).split(":")[0])
    return [log, first, x.grad, refused]


def nodes_of_graphs(s: Any) -> Any:
    graph = s.torch.autograd.graph
    x = s.T(3).requires_grad_()
    y = (x.exp() * x).sum()
    node, log = y.grad_fn, []
    handle = node.next_functions[0][0].register_hook(lambda into, out: log.append([into, out]))
    node.register_prehook(lambda out: (out[0] * 2,))
    node.metadata["key"] = 1
    noted = dict(node.metadata)
    shown = [node.name(), [f.name() if f else None for f, _ in node.next_functions]]
    y.backward()
    handle.remove()
    edge = graph.get_gradient_edge(x)
    third = x.exp().sin()
    inner = graph.get_gradient_edge(third.grad_fn.next_functions[0][0].next_functions[0][0].variable.mul(2))
    names = [*shown, edge.node.name(), edge.output_nr, inner.node.name()]
    by_edge = s.torch.autograd.grad(third.sum(), graph.get_gradient_edge(x))
    return [
        names,
        log,
        x.grad,
        noted,
        by_edge,
        isinstance(node, graph.Node),
        s.said(lambda: graph.get_gradient_edge(s.T(2))),
    ]


def hooks_of_several_gradients(s: Any) -> Any:
    graph, answers = s.torch.autograd.graph, []
    for mode in ("all", "any"):
        x, y, z = (s.T(2, shift=i / 3).requires_grad_() for i in range(3))
        log: list[Any] = []
        hook = (
            (lambda grads, log=log: log.append([None if g is None else g.clone() for g in grads]))
            if mode == "all"
            else (lambda g, log=log: log.append(g.clone()))
        )
        handle = graph.register_multi_grad_hook([x, y, z], hook, mode=mode)
        (x * y).sum().backward()
        (y * z).sum().backward()
        handle.remove()
        (x * y).sum().backward()
        answers.append([len(log), log[0] if mode == "all" else None])
    return [answers, s.said(lambda: graph.register_multi_grad_hook([x], print, mode="some"))]


def saved_tensors(s: Any) -> Any:
    graph = s.torch.autograd.graph
    log: list[str] = []

    def pack(t: Any) -> Any:
        log.append(f"pack {list(t.shape)}")
        return t * 1

    def unpack(t: Any) -> Any:
        log.append(f"unpack {list(t.shape)}")
        return t * 2

    x = s.T(3).requires_grad_()
    with graph.saved_tensors_hooks(pack, unpack):
        y = (x * x).sum() + x.exp().sum()
    y.backward()
    first = x.grad.clone()
    with graph.disable_saved_tensors_hooks("not here"):
        said = s.said(lambda: graph.saved_tensors_hooks(pack, unpack).__enter__())
        plain = s.torch.autograd.grad((x**2).sum(), x)
    with graph.save_on_cpu():
        cpu = s.torch.autograd.grad((x * x.sin()).sum(), x)
    node = (x**3).grad_fn
    node._raw_saved_self.register_hooks(lambda t: t + 1, lambda t: t - 1)
    raw = [node._saved_exponent, node._saved_self]
    with graph.allow_mutation_on_saved_tensors():
        a = (x * 1).clone()
        b = a.sin()
        a.zero_()
        kept = s.torch.autograd.grad(b.sum(), x)
    return [first, sorted(log), said, plain, cpu, raw, kept]


def functions_with_rules(s: Any) -> Any:
    torch = s.torch

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, factor: float, unused: Any = None) -> Any:
            ctx.save_for_backward(x, y, None)
            ctx.factor = factor
            ctx.set_materialize_grads(False)
            mask = x > 0
            ctx.mark_non_differentiable(mask)
            return x * y * factor, mask, x + 1

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any, h: Any) -> Any:
            x, y, nothing = ctx.saved_tensors
            log.append([g is None, h is None, nothing is None, list(ctx.needs_input_grad)])
            into = 0 if g is None else g * y * ctx.factor
            into = into + (0 if h is None else h)
            return into, None if g is None else g * x * ctx.factor, None, None

    class InPlace(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    log: list[Any] = []
    x, y = s.T(3).requires_grad_(), s.T(3, shift=0.3).requires_grad_()
    out, mask, shifted = Scaled.apply(x, y, 2.5)
    answers = [out.detach(), mask, mask.requires_grad, torch.autograd.grad(out.sum(), [x, y], retain_graph=True)]
    answers.append(torch.autograd.grad(shifted.sum() * 2, [x, y], allow_unused=True))
    base = x * 1
    same = InPlace.apply(base)
    answers += [same is base, torch.autograd.grad((same**2).sum(), x)]
    with torch.no_grad():
        answers.append(Scaled.apply(x, y, 1.0)[0].requires_grad)
    names = [type(out.grad_fn).__name__, out.grad_fn.name(), same.grad_fn.name()]
    return [answers, log, names]


def functions_with_separate_contexts(s: Any) -> Any:
    torch = s.torch

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x**3, x * 2

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2 + h * 2

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            (x,) = ctx.saved_tensors
            return t * 3 * x**2, t * 2

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            return (x**3, x * 2), (in_dims[0], in_dims[0])

    func = torch.func
    f = lambda x: Cube.apply(x)[0]  # noqa: E731
    return [
        func.grad(lambda x: f(x).sum())(s.T(3)),
        func.jvp(f, (s.T(3),), (s.T(3),)),
        func.vmap(f)(s.T(2, 3)),
        func.vmap(f, in_dims=1)(s.T(2, 3)),
        func.jacrev(f)(s.T(2)),
        func.jacfwd(f)(s.T(2)),
        func.hessian(lambda x: f(x).sum())(s.T(2)),
        torch.autograd.gradcheck(f, s.T(3).requires_grad_(), check_forward_ad=True),
    ]


def refusals_of_functions(s: Any) -> Any:
    torch = s.torch

    def make(forward: Any, backward: Any) -> Any:
        return type(
            "Made", (torch.autograd.Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)}
        )

    x = s.T(2).requires_grad_()
    cases = {
        "too few": make(lambda ctx, a, b: a * 1, lambda ctx, g: g),
        "too many": make(lambda ctx, a, b: a * 1, lambda ctx, g: (g, None, None)),
        "a gradient too many": make(lambda ctx, a, b: a * 1, lambda ctx, g: (g, g, g)),
        "for a number": make(lambda ctx, a, b: a * 1, lambda ctx, g: (g, g)),
        "shape": make(lambda ctx, a, b: a * 1, lambda ctx, g: (g[:1].expand(5), None)),
        "type": make(lambda ctx, a, b: a * 1, lambda ctx, g: (3, None)),
        "nothing": make(lambda ctx, a, b: a * 1, lambda ctx, g: (None, None)),
    }
    answers = {name: s.raised(lambda f=f: f.apply(x, 2).sum().backward()) for name, f in cases.items()}
    once = make(lambda ctx, a, b: a * b, torch.autograd.function.once_differentiable(lambda ctx, g: (g * 2, None)))
    (g,) = torch.autograd.grad(once.apply(x, 2).sum(), x, create_graph=True)
    return [
        answers,
        s.said(lambda: (g * x).sum().backward()),
        s.said(lambda: once()),
        s.raised(lambda: torch.autograd.Function.apply(x)),
        s.said(lambda: torch.autograd.Function.forward(None)).split(".")[0],
        s.said(lambda: torch.autograd.Function.backward(None)).split(".")[0],
    ]


def gradient_checks(s: Any) -> Any:
    torch = s.torch

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2.5

    check, twice = torch.autograd.gradcheck, torch.autograd.gradgradcheck
    x = s.T(3).requires_grad_()
    return [
        check(lambda x: x.sin(), x),
        check(lambda x: x.sin(), x, fast_mode=True),
        check(lambda x, y: x @ y, (s.T(2, 3).requires_grad_(), s.T(3).requires_grad_()), check_batched_grad=True),
        check(torch.complex, (x, s.T(3, shift=0.1).requires_grad_()), check_forward_ad=True),
        twice(lambda x: x**3, x),
        twice(lambda x: x**3, x, s.T(3).requires_grad_(), fast_mode=True),
        check(Wrong.apply, x, raise_exception=False),
        check(Wrong.apply, x, raise_exception=False, fast_mode=True),
        check(Wrong.apply, x, raise_exception=False, atol=0.6),
        s.said(lambda: check(Wrong.apply, x)),
        s.said(lambda: check(Wrong.apply, x, fast_mode=True)),
        s.said(lambda: check(lambda x: x.sin(), s.T(3))),
        s.said(lambda: check(lambda x: x.detach(), x)),
        s.said(lambda: check(lambda x: x.float(), s.T(3).float().requires_grad_(), atol=0, rtol=0, eps=1e-12)).split(
            ":"
        )[0],
        s.raised(lambda: check(lambda x: x, x, check_forward_ad=False, check_backward_ad=False)),
        s.raised(
            lambda: check(lambda x: x, x, check_backward_ad=False, check_batched_grad=True, check_forward_ad=True)
        ),
        s.raised(lambda: check(lambda x: x, x, check_batched_forward_grad=True)),
        check(lambda x: x.sort()[0], x, nondet_tol=1e-3),
    ]


def forward_mode(s: Any) -> Any:
    fwd = s.torch.autograd.forward_ad
    with fwd.dual_level():
        dual = fwd.make_dual(s.T(3), s.T(3, shift=0.2))
        out = (dual * dual.sin()).sum()
        plain = fwd.unpack_dual(s.T(2))
        unpacked = fwd.unpack_dual(out)
        inside = [unpacked.primal, unpacked.tangent, plain.tangent, fwd.unpack_dual(dual).tangent]
        refused = [
            s.said(lambda: fwd.make_dual(s.T(3), s.T(2))),
            s.said(lambda: fwd.make_dual(s.T(3), s.T(3).float())),
            s.said(lambda: fwd.make_dual(3, s.T(3))),
            s.said(lambda: fwd.make_dual(s.I(3, 3), s.I(3, 3))),
            s.said(lambda: fwd.enter_dual_level()).split(".")[0],
            s.said(lambda: fwd.exit_dual_level(level=4)),
        ]
    refused += [s.said(lambda: fwd.make_dual(s.T(2), s.T(2))), s.said(lambda: fwd.exit_dual_level())]
    after = fwd.unpack_dual(dual).tangent
    with (
        fwd.set_forward_ad_enabled(False)
        if hasattr(fwd, "set_forward_ad_enabled")
        else fwd._set_fwd_grad_enabled(False),
        fwd.dual_level(),
    ):
        off = fwd.unpack_dual(fwd.make_dual(s.T(2), s.T(2)).sin()).tangent
    return [inside, refused, after, off is None]


def modes(s: Any) -> Any:
    torch = s.torch
    x = s.T(2).requires_grad_()
    seen = []
    for context in (
        torch.no_grad(),
        torch.enable_grad(),
        torch.inference_mode(),
        torch.inference_mode(False),
        torch.set_grad_enabled(False),
    ):
        with context:
            y = x * 2
            seen.append([torch.is_grad_enabled(), torch.is_inference_mode_enabled(), y.requires_grad, y.is_inference()])

    @torch.no_grad()
    def quiet(x: Any) -> Any:
        return x * 2

    @torch.inference_mode()
    def inferred(x: Any) -> Any:
        return x * 2

    @torch.no_grad()
    def numbers(n: int) -> Any:
        for _ in range(n):
            yield torch.is_grad_enabled()

    @torch.set_grad_enabled(False)
    def off(x: Any) -> Any:
        return x * 2

    inference = inferred(x)
    refused = [
        s.said(lambda: inference.add_(1)),
        s.said(lambda: (inference * x).sum()),
        s.said(lambda: inference.requires_grad_()),
    ]
    return [
        seen,
        quiet(x).requires_grad,
        off(x).requires_grad,
        inference.is_inference(),
        list(numbers(2)),
        refused,
        torch.is_grad_enabled(),
    ]


def anomalies(s: Any) -> Any:
    torch = s.torch
    x = s.T(2).requires_grad_()
    with torch.autograd.detect_anomaly(check_nan=True):
        state = [torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()]
        said = s.said(lambda: torch.sqrt(x * 0 - 1).sum().backward())
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        state += [torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()]
        torch.sqrt(x * 0 - 1).sum().backward()
    with torch.autograd.set_detect_anomaly(False):
        state.append(torch.is_anomaly_enabled())
    return [state, said, torch.is_anomaly_enabled(), x.grad.isnan()]


def second_walks(s: Any) -> Any:
    """A node that saved no tensor may be walked again; one that did may not, unless the graph is kept."""
    x, y = s.T(2, 2).requires_grad_(), s.T(2, 2, shift=1.1).requires_grad_()
    free = {
        "add": lambda: x + y,
        "sub": lambda: x - y,
        "number": lambda: x + 1,
        "negated": lambda: -x,
        "view": lambda: x.view(4),
        "flat": lambda: x.flatten(),
        "transposed": lambda: x.t(),
        "sum": lambda: x.sum(),
        "mean": lambda: x.mean(),
        "cat": lambda: s.torch.cat([x, y]),
        "stack": lambda: s.torch.stack([x, y]),
        "row": lambda: x[0],
        "part": lambda: x[:, 1:],
        "expanded": lambda: x.expand(3, 2, 2),
        "repeated": lambda: x.repeat(2, 1),
        "copied": lambda: x.clone(),
        "cast": lambda: x.float(),
        "split": lambda: x.split(1)[0],
        "flipped": lambda: x.flip(0),
        "padded": lambda: s.F.pad(x, (1, 1)),
        "scan": lambda: x.cumsum(0),
        "triangle": lambda: x.tril(),
        "grid": lambda: s.torch.meshgrid(x[0], y[0], indexing="ij")[0],
        "diagonal": lambda: x.diagonal(),
        "rounded": lambda: x.round(),
        "mixed": lambda: x.lerp(y, 0.5),
    }
    saving = {
        "product": lambda: x * y,
        "square": lambda: x**2,
        "exp": lambda: x.exp(),
        "matrices": lambda: x @ y,
        "relu": lambda: x.relu(),
        "norm": lambda: x.norm(),
        "softmax": lambda: x.softmax(0),
        "quotient": lambda: x / y,
        "largest": lambda: x.max(),
        "behind": lambda: (x * y + 1).view(4),
    }
    answers = []
    for name, make in {**free, **saving}.items():
        made = make()
        x.grad = y.grad = None
        made.sum().backward()
        again = s.said(lambda made=made: made.sum().backward())
        answers.append([name, "second time" in str(again), x.grad])
    kept = x.view(4)
    sums = [s.torch.autograd.grad((kept * i).sum(), x)[0] for i in (1.0, 2.0, 3.0)]
    return [answers, sums]


def walked_twice_by_one_input(s: Any) -> Any:
    """What was saved for the gradients of other inputs is not missed: only what is read again is gone."""
    F, index = s.F, s.torch.tensor([0, 2])
    calls = {
        "addmm": (s.torch.addmm, s.T(3, 3), s.T(3, 3, shift=0.1), s.T(3, 3, shift=0.2)),
        "addmv": (s.torch.addmv, s.T(3), s.T(3, 3), s.T(3)),
        "addbmm": (s.torch.addbmm, s.T(3, 3), s.T(2, 3, 3), s.T(2, 3, 3)),
        "baddbmm": (s.torch.baddbmm, s.T(2, 3, 3), s.T(2, 3, 3), s.T(2, 3, 3)),
        "addcmul": (s.torch.addcmul, s.T(3), s.T(3), s.T(3)),
        "linear": (F.linear, s.T(2, 3), s.T(4, 3), s.T(4)),
        "scatter_add": (lambda a, b: a.scatter_add(0, index, b), s.T(3), s.T(2)),
        "index_add": (lambda a, b: a.index_add(0, index, b), s.T(3), s.T(2)),
        "index_copy": (lambda a, b: a.index_copy(0, index, b), s.T(3), s.T(2)),
        "slice_scatter": (lambda a, b: a.slice_scatter(b, 0, 0, 2), s.T(3), s.T(2)),
        "select_scatter": (lambda a, b: a.select_scatter(b, 0, 0), s.T(3), s.T()),
        "diagonal_scatter": (lambda a, b: a.diagonal_scatter(b), s.T(3, 3), s.T(3)),
        "half": (lambda a: a / 2, s.T(3)),
        "double": (lambda a: a * 2, s.T(3)),
        "sum": (lambda a: a + 2, s.T(3)),
        "trace": (s.torch.trace, s.T(3, 3)),
        "roll": (lambda a: a.roll(1), s.T(3, 2)),
        "rot90": (lambda a: a.rot90(), s.T(3, 3)),
        "shuffle": (lambda a: F.pixel_shuffle(a, 2), s.T(1, 4, 2, 2)),
        "blocks": (lambda a: F.unfold(a, 2), s.T(1, 2, 4, 4)),
        "image": (lambda a: F.fold(a, (3, 3), 2), s.T(1, 4, 4)),
        "grid": (lambda a: F.affine_grid(a, (1, 1, 2, 2), align_corners=False), s.T(1, 2, 3)),
    }
    answers = []
    for name, (make, *inputs) in calls.items():
        for i in range(len(inputs)):
            given = [x.detach().clone() for x in inputs]
            given[i].requires_grad_()
            seen = given[i].view_as(given[i])
            out = make(*given[:i], seen, *given[i + 1 :])
            walk = lambda out=out, seen=seen: s.torch.autograd.grad(out, seen, s.torch.ones_like(out))  # noqa: E731
            first = walk()[0]
            answers.append([name, i, first, "second time" in str(s.said(walk))])
    return answers


def gradients_of_piecewise_linear_functions(s: Any) -> Any:
    """They require grad where PyTorch's do, and are differentiated to zeros, or to nothing."""
    F, x, image = s.F, s.T(4), s.T(1, 2, 4, 4)
    calls = {
        "hardtanh": (F.hardtanh, x),
        "relu6": (F.relu6, x),
        "hardshrink": (F.hardshrink, x),
        "softshrink": (F.softshrink, x),
        "threshold": (lambda a: F.threshold(a, 0.1, 2.0), x),
        "copysign": (lambda a: s.torch.copysign(a, s.T(4, shift=0.2)), x),
        "prelu": (F.prelu, s.T(2, 3), s.T(3)),
        "nll": (lambda a: F.nll_loss(a, s.torch.tensor([0, 2])), s.T(2, 3)),
        "reflect": (lambda a: F.pad(a, (1, 1, 1, 1), "reflect"), image),
        "replicate": (lambda a: F.pad(a, (1, 1), "replicate"), s.T(1, 2, 4)),
        "constant": (lambda a: F.pad(a, (1, 1)), s.T(1, 2, 4)),
        "max_pool1d": (lambda a: F.max_pool1d(a, 2), s.T(1, 2, 4)),
        "max_pool2d": (lambda a: F.max_pool2d(a, 2), image),
        "max_pool3d": (lambda a: F.max_pool3d(a, 2), s.T(1, 2, 4, 4, 4)),
        "avg_pool1d": (lambda a: F.avg_pool1d(a, 2), s.T(1, 2, 4)),
        "avg_pool2d": (lambda a: F.avg_pool2d(a, 2), image),
        "adaptive_avg": (lambda a: F.adaptive_avg_pool2d(a, 2), image),
        "mean": (lambda a: F.adaptive_avg_pool2d(a, 1), image),
        "adaptive_max": (lambda a: F.adaptive_max_pool2d(a, 2), image),
        "conv": (F.conv2d, image, s.T(3, 2, 3, 3), s.T(3)),
        "layer_norm": (lambda a, w, b: F.layer_norm(a, (3,), w, b), s.T(2, 3), s.T(3), s.T(3)),
        "batch_norm": (lambda a, w: F.batch_norm(a, None, None, w, s.T(3), True), s.T(4, 3), s.T(3)),
        "resized": (lambda a: F.interpolate(a, scale_factor=2), image),
    }
    answers = []
    for name, (make, *inputs) in calls.items():
        for i in range(len(inputs)):
            given = [x.detach().clone() for x in inputs]
            given[i].requires_grad_()
            out = make(*given)
            (g,) = s.torch.autograd.grad(out, given[i], s.torch.ones_like(out), create_graph=True)
            answers.append([name, i, g, g.requires_grad])
            if g.requires_grad and name not in ("layer_norm", "batch_norm"):
                (again,) = s.torch.autograd.grad(g.sum(), given[i], allow_unused=True)
                answers.append(again)
    penalty = s.torch.nn.Sequential(s.torch.nn.Linear(3, 3), s.torch.nn.Hardtanh(), s.torch.nn.Linear(3, 1))
    s.fill(penalty)
    x = s.T(4, 3).requires_grad_()
    (g,) = s.torch.autograd.grad(penalty(x).sum(), x, create_graph=True)
    g.norm(dim=1).sub(1).pow(2).mean().backward()
    return [answers, [p.grad for p in penalty.parameters()], x.grad]


def gradients_of_symmetric_matrices(s: Any) -> Any:
    """Those of eigenvectors are symmetric, whatever the function of them, and so are their own derivatives."""
    a = (s.T(3, 3).double() + s.T(3, 3).double().t() + 4 * s.torch.eye(3, dtype=s.torch.float64)).requires_grad_()
    weights = s.T(3, 3, shift=0.4).double()
    values, vectors = s.torch.linalg.eigh(a)
    (by_vectors,) = s.torch.autograd.grad((vectors.abs() * weights).sum(), a, retain_graph=True)
    (by_both,) = s.torch.autograd.grad(values.sin().sum() + (vectors**2 * weights).sum(), a, create_graph=True)
    (second,) = s.torch.autograd.grad((by_both * weights).sum(), a)
    (of_values,) = s.torch.autograd.grad(s.torch.linalg.eigvalsh(a).pow(3).sum(), a, create_graph=True)
    return [by_vectors, by_both, second, of_values, s.torch.autograd.grad((of_values * weights).sum(), a)[0]]


def volumes_sampled_nowhere(s: Any) -> Any:
    """Points that are not numbers, or infinite, lie outside a volume."""
    answers, nan, inf = [], float("nan"), float("inf")
    for point in ([nan, 0.0, 0.0], [0.0, nan, 0.0], [0.0, 0.0, nan], [nan] * 3, [inf, 0.0, 0.0], [0.1, -inf, 0.0]):
        for aligned in (True, False):
            grid = (
                s.torch.tensor([[0.1, 0.2, 0.3], point], dtype=s.torch.float64).reshape(1, 2, 1, 1, 3).requires_grad_()
            )
            x = s.T(1, 2, 3, 3, 3).requires_grad_()
            out = s.F.grid_sample(x, grid, align_corners=aligned)
            answers.append([out, *s.torch.autograd.grad(out.sum(), (x, grid))])
    return answers
