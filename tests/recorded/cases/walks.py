"""Backward walks beside the usual: nodes that are called, graphs that are walked again, gradients at infinities and ties."""

X = "x := T(2, 3).requires_grad_()"
LINEAR = "F.linear(x := T(2, 3).requires_grad_(), w := T(4, 3).requires_grad_(), b := T(4).requires_grad_())"


def once_more(call: str, looks: str) -> str:
    """What a node looks like after the walk that frees the graph of ``y``."""
    return f"[{X}, y := {call}, y.sum().backward()] and {looks}"


NODES = [
    f"list(map(lambda edge: type(edge[0]).__name__, ({LINEAR}).grad_fn.next_functions[:2]))",
    f"[({LINEAR}).grad_fn.next_functions[0][0].variable is b, x.grad]",
    f"[{X}, x.sin().grad_fn(torch.ones(2, 3).double())]",
    f"[{X}, x.sin().grad_fn(torch.ones(2, 3).double()).requires_grad]",
    f"[{X}, x.sin().grad_fn(None)]",
    f"[{X}, *(x * x.exp()).grad_fn(T(2, 3, shift=1.0))]",
    f"[{X}, x.unbind(0)[0].grad_fn(torch.ones(3).double(), None)]",
    f"[{X}, x.view(6).grad_fn.next_functions[0][0](T(2, 3)), x.grad]",
    f"[{X}, said(lambda: x.sin().grad_fn()), said(lambda: x.unbind(0)[0].grad_fn(None)), said(lambda: x.sin().grad_fn(1))]",
    once_more("x.exp()", "said(lambda: y.grad_fn(torch.ones(2, 3).double()))"),
    once_more("x.exp()", "[type(node).__name__ for node, _ in y.grad_fn.next_functions]"),
    once_more("x.exp()", "type(y.grad_fn.register_hook(lambda *gradients: None)).__name__"),
    once_more(
        "x.exp()", "[seen := [], y.register_hook(lambda g: seen.append(g)), said(lambda: y.sum().backward()), seen][2:]"
    ),
    f"[{X}, y := x.exp(), y.retain_grad(), y.sum().backward(), said(lambda: y.sum().backward()), y.grad]",
    f"[{X}, v := (y := x.clone())[1:], torch.no_grad()(lambda: y.square_())(), v.sum().backward(), v.sum().backward(), x.grad]",
    f"[{X}, w := T().requires_grad_(), y := x.detach(), v := y.diagonal(), y.copy_(w), v.sum().backward(), v.sum().backward(),"
    " w.grad]",
]

AGAIN = [
    f"[{X}, y := {call}, y.sum().backward(), y.sum().backward(), y.grad_fn.name(), x.grad]"
    for call in (
        "torch.trapezoid(x)",
        "torch.trapezoid(x, dx=0.5, dim=0)",
        "torch.cumulative_trapezoid(x, dx=2.0)",
        "torch.deg2rad(x)",
        "torch.rad2deg(x)",
    )
]

NORMS = [
    f"[{X}, {call}.sum().backward(), x.grad]"
    for call in (
        "x.norm(0)",
        "torch.linalg.vector_norm(x, 0, dim=1)",
        "F.pairwise_distance(x, x.flip(0), 0.0)",
        "F.normalize(x, 0.0)",
    )
]

TIES = [
    f"[a := torch.zeros(4).double().requires_grad_(), s := torch.zeros(4).double().requires_grad_(), *torch.autograd.grad("
    f"a.{function}(0, torch.tensor([0, 0, 1, 2]), s, '{how}', include_self={included}).dot(T(4)), [a, s])][2:]"
    for function in ("scatter_reduce", "index_reduce")
    for how in ("amax", "amin")
    for included in (True, False)
]


def twice(call: str) -> str:
    """A gradient and its derivative where one of the numbers is infinite."""
    return (
        f"[a := torch.tensor([1.0, math.inf, 2.0]).double().requires_grad_(), v := {call},"
        " g := torch.autograd.grad((v * v).sum() * 2 + v.sum() * 3, a, create_graph=True)[0],"
        " torch.autograd.grad((g * T(3)).sum(), a)[0]][1:]"
    )


INFINITE = [
    twice(f"a.{call}")
    for call in ("max()", "min()", "median()", "nanmedian()", "amax()", "max(0)[0]", "aminmax()[1]", "norm(math.inf)")
]

EMPTY = [
    "[x := torch.zeros(0).requires_grad_(), y := x.median(), y, y.grad_fn.name(), y.backward(), x.grad]",
    "[x := torch.zeros(0, 2).requires_grad_(), y := x.nanmedian(), y, y.grad_fn.name(), y.backward(), x.grad]",
]

HOOKS = [
    f"[m := nn.Linear(3, 2).double(), m.register_full_backward_hook(lambda *a: {answer}),"
    " said(lambda: m(T(4, 3).requires_grad_()).sum().backward())][-1]"
    for answer in ("3", "(None, None)", "torch.ones(4, 3)", "(torch.ones(4, 3).double(),)", "[None]")
] + [
    f"[m := nn.Linear(3, 2).double(), m.register_full_backward_pre_hook(lambda *a: {answer}),"
    " said(lambda: m(T(4, 3).requires_grad_()).sum().backward())][-1]"
    for answer in ("3", "(None, None)", "torch.ones(4, 3)", "(torch.ones(4, 2).double(),)")
]

LOSSES = [
    f"[x := T(3).to(torch.{one}).requires_grad_(), y := F.{loss}(x, torch.tensor([1, 0, 1]).to(torch.{other}), "
    f"reduction='{reduction}'), y.sum().backward(), y, x.grad][-2:]"
    for loss in ("binary_cross_entropy_with_logits", "soft_margin_loss")
    for one, other in (("float32", "float64"), ("float64", "float32"), ("float32", "bfloat16"), ("bfloat16", "float32"))
    for reduction in ("none", "mean")
]

CUBE, PRODUCT = "lambda x: (x**3).sum()", "lambda x: (x * T(3, shift=0.1)).prod()"
GRAPHS = (
    [
        f"[x := T(3){tracked}, h := torch.autograd.functional.hessian({function}, x, {options}), h.requires_grad, h.detach()][2:]"
        for function in (CUBE, PRODUCT)
        for tracked in ("", ".requires_grad_()")
        for options in (
            "create_graph=True",
            "create_graph=True, vectorize=True",
            "vectorize=True",
            "vectorize=True, outer_jacobian_strategy='forward-mode'",
        )
    ]
    + [
        f"[x := T(3){tracked}, h := torch.autograd.functional.jacobian(lambda x: x.cumsum(0).sin(), x, {options}), h.requires_grad,"
        " h.detach()][2:]"
        for tracked in ("", ".requires_grad_()")
        for options in (
            "create_graph=True, vectorize=True",
            "strategy='forward-mode', vectorize=True",
            "vectorize=True",
        )
    ]
    + [
        f"[x := T(3).requires_grad_(), h := torch.autograd.functional.{call}, *torch.autograd.grad((h * h).sum(), x)][2:]"
        for call in (
            "jacobian(lambda x: x.cumsum(0).sin(), x, strategy='forward-mode', vectorize=True)",
            "jacobian(lambda x: x.cumsum(0).sin(), x, create_graph=True, vectorize=True)",
            "hessian(lambda x: (x**3).sum(), x, create_graph=True, vectorize=True)",
        )
    ]
)

X3, Y3 = "torch.ones(3).requires_grad_()", "torch.ones(3)"
REFUSED = [
    f"said(lambda: {call})"
    for call in (
        f"{X3}.apply_(lambda v: v)",
        f"torch.no_grad()(lambda: {X3}.apply_(lambda v: v))()",
        f"({X3} * 2)[:2].apply_(lambda v: v)",
        f"{X3}.map_({Y3}, max)",
        f"{Y3}.map_({X3}, max)",
        f"{Y3}.map2_({Y3}, {X3}, max)",
    )
]

CASES = {
    "nodes that are called or freed": NODES,
    "graphs that are walked again": AGAIN,
    "norms of order 0": NORMS,
    "ties": TIES,
    "infinities": INFINITE,
    "medians of nothing": EMPTY,
    "what hooks of modules return": HOOKS,
    "losses of two dtypes": LOSSES,
    "graphs of Jacobians": GRAPHS,
    "numbers by calls": REFUSED,
    "names": ["sorted(D.__all__)", "type(nn.Linear(1, 1).load_state_dict({}, strict=False)).__name__"],
}
