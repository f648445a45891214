"""Programs as graphs: their code and nodes, arguments that are given, rewriting; and how values are compared."""

TRACED = {
    "one of several": "lambda x, y=2, *args, **kwargs: x + y",
    "methods": "lambda x: x.view(-1).sum(dim=0, keepdim=True)[..., None]",
    "containers": "lambda x: {'a': [x, x + 1], 'b': (x.relu(), None)}",
    "slices": "lambda x: x[1:, ::2, None, ...] + x[0]",
    "operators": "lambda x, y: (x @ y, -x, ~(x > y), x // 2, 2 ** x, x % y, 1 - x, x == y)",
    "functions": "lambda x: F.softmax(torch.cat([x, torch.zeros(2)], dim=0), dim=-1)",
    "attributes": "lambda x: x.shape[0] * x.grad",
    "constants": "lambda x: x.to(torch.float32, copy=True).fill_(float('inf'))",
    "unused": "lambda x: (x.sin(), x.cos())[0]",
}
GRAPHS = (
    [f"torch.fx.symbolic_trace({f}).{what}" for f in TRACED.values() for what in ("code", "graph")]
    + [
        f"[[n.op, n.name, str(n.target), str(n.args), str(n.kwargs), [u.name for u in n.users], str(n.prev), str(n.next)] for n in torch.fx.symbolic_trace({f}).graph.nodes]"
        for f in (TRACED["methods"], TRACED["containers"])
    ]
    + [
        f"(lambda m: [m.graph.eliminate_dead_code(), m.recompile(), m.code][2])(torch.fx.symbolic_trace({TRACED['unused']}))",
        "torch.fx.symbolic_trace(lambda x, y: x + y, concrete_args={'y': 3}).code",
        "torch.fx.symbolic_trace(lambda x, y: x + y, concrete_args=(torch.fx.PH, 3)).code",
        "torch.fx.symbolic_trace(lambda x, y: x[0] + y, concrete_args={'x': [torch.fx.PH, torch.fx.PH]}).code",
        "torch.fx.symbolic_trace(lambda x, d: x + d['a'], concrete_args={'d': {'a': torch.fx.PH}}).code",
        "[torch.fx.is_fx_tracing() if hasattr(torch.fx, 'is_fx_tracing') else torch.fx._symbolic_trace.is_fx_tracing()]",
        "(lambda seen: [torch.fx.symbolic_trace(lambda x: [seen.append(torch.fx._symbolic_trace.is_fx_tracing()), x][1]), seen, torch.fx._symbolic_trace.is_fx_tracing()][1:])([])",
        *(f"torch.fx.symbolic_trace({f}).print_readable(False)" for f in (TRACED["slices"], TRACED["methods"])),
        *(
            f"(lambda m: [torch.fx.replace_pattern(m, lambda x: torch.relu(x), lambda x: torch.sigmoid(x)), m.code][1])(torch.fx.symbolic_trace(lambda x: {b}))"
            for b in ("torch.relu(torch.relu(x))", "torch.relu(x) + torch.relu(x + 1)", "x.sin()")
        ),
    ]
)

CLOSE = [
    f"said(lambda: torch.testing.assert_close({a}, {b}{tail}))"
    for a, b, tail in (
        ("1.0", "1.5", ", rtol=0, atol=0.5"),
        ("1.0", "1.5", ", rtol=0, atol=0.49"),
        ("1.0", "2.0", ", rtol=0.5, atol=0"),
        ("torch.tensor(1.0)", "torch.tensor(1.5)", ", rtol=0, atol=0.5"),
        ("torch.tensor([1.0, 2.0])", "torch.tensor([1.0, 3.0])", ""),
        ("T(3)", "T(4)", ""),
        ("T(3)", "T(3).float()", ""),
        ("T(3)", "T(3).float()", ", check_dtype=False"),
        ("float('nan')", "float('nan')", ""),
        ("float('nan')", "float('nan')", ", equal_nan=True"),
        ("[1, 2]", "[1, 2, 3]", ""),
        ("{'a': 1}", "{'b': 1}", ""),
        ("[1, {'a': T(2)}]", "[1, {'a': T(2) + 1}]", ""),
        ("None", "None", ""),
        ("'a'", "'a'", ""),
        ("1", "1.0", ""),
        ("T(2).bool()", "~T(2).bool()", ""),
        ("torch.tensor(1 + 1j)", "torch.tensor(1 + 2j)", ""),
        ("1 + 1j", "1 + 1j", ""),
        ("T(2)", "T(2)", ", rtol=0.1"),
        ("T(2)", "T(2)", ", msg='mine'"),
        ("T(2)", "T(2) + 1", ", msg='mine'"),
        ("T(2)", "T(2) + 1", ", msg=lambda m: 'then: ' + m"),
        ("float('inf')", "float('inf')", ""),
        ("float('inf')", "-float('inf')", ""),
    )
]

CASES: dict[str, list[str]] = {"graphs": GRAPHS, "comparisons": CLOSE}
