"""Calls of all kinds that were tried in both libraries side by side."""

_W = "torch.tensor([0.5, 0.2, 0.3], dtype=torch.double, requires_grad=True)"
_MASKED = "torch.masked"

# Arguments that a function has no derivative by.
CONSTANTS = [
    "F.soft_margin_loss(T(2, 3), w)",
    "F.multi_margin_loss(T(2, 3), I(3, 2), weight=w)",
    "torch.linalg.pinv(T(2, 3), rtol=w[0])",
    "torch.linalg.pinv(T(2, 3), atol=w[0])",
    "torch.fake_quantize_per_tensor_affine(T(3).float(), w[0].float(), torch.tensor(0), 0, 255)",
    "torch.fake_quantize_per_channel_affine(T(3, 2).float(), w.float(), torch.zeros(3, dtype=torch.int), 0, 0, 255)",
]

# Functions without a gradient, and with one whatever comes.
_NOTHING = (
    "type('Nothing', (torch.autograd.Function,), {'forward': staticmethod(lambda ctx, x: x * 2), "
    "'backward': staticmethod(lambda ctx, g: None)})"
)
_TWO = (
    "type('Two', (torch.autograd.Function,), {'forward': staticmethod(lambda ctx, x: "
    "[ctx.set_materialize_grads(materialize), (x * 2, x * 3)][1]), "
    "'backward': staticmethod(lambda ctx, a, b: [seen.append((a, b)), T(2)][1])})"
)
SAMPLERS = (
    "normal_()", "uniform_()", "bernoulli_()", "bernoulli_(P(3))", "exponential_()", "cauchy_()", "geometric_(0.5)",
    "log_normal_()", "random_()", "random_(7)", "random_(2, 7)", "zero_()", "fill_(2.0)",
)  # fmt: skip

CASES: dict[str, list[str]] = {
    "arguments without a derivative": [
        *[f"said(lambda w={_W}: {call})" for call in CONSTANTS],
        *[f"said(torch.no_grad()(lambda w={_W}: {call}))" for call in CONSTANTS],
    ],
    "multilabel_soft_margin_loss": [
        "F.multilabel_soft_margin_loss(T(1), P(5))",
        "F.multilabel_soft_margin_loss(T(2, 1), P(2, 5), reduction='none')",
        "raised(lambda: F.multilabel_soft_margin_loss(torch.tensor(1.0), P(5)))",
    ],
    "numbers of masked tensors": [
        *[
            f"(lambda x: {call})(torch.masked.masked_tensor(torch.arange(4.0), torch.tensor([True, False, True, True])))"
            for call in (
                "x.sum().item()",
                "x.mean().item()",
                "x.amax().item()",
                "x.var().item()",
                "bool(x.sum() > 1)",
                "float(x.prod())",
                "int(x.sum())",
                "x[2].item()",
                "said(x[1].item)",
                "said(x.item)",
                "bool(x[0] == 0)",
            )
        ],
    ],
    "masked reductions": [
        *[
            f"str({_MASKED}.{name}(torch.ones({shape}, dtype=torch.{dtype}), mask={mask}).dtype)"
            for name in ("prod", "sum", "amax")
            for shape in ("()", "2")
            for dtype in ("int32", "uint8", "bool")
            for mask in ("None", "torch.ones(2, dtype=torch.bool)")
            if not (shape == "()" and mask != "None") and (name, dtype) != ("amax", "bool")
        ],
        *[
            f"str({_MASKED}.{name}(torch.ones(3, dtype=torch.{dtype}), mask=M(3), correction={correction}).dtype)"
            for name in ("std", "var")
            for dtype in ("float16", "bfloat16", "float64", "complex64")
            for correction in (0, 0.5, 1)
        ],
        *[
            f"str({_MASKED}.logaddexp(torch.ones(2, dtype=torch.{a}), torch.ones(2, dtype=torch.{b})).dtype)"
            for a in ("float16", "float32", "float64")
            for b in ("float16", "float32")
        ],
        f"{_MASKED}.logaddexp(torch.complex(T(2), P(2)), torch.complex(P(2), T(2)))",
    ],
    "covariances": [
        "str(torch.func.vmap(torch.corrcoef)(T(3, 4).bfloat16()).dtype)",
        "str(torch.func.vmap(torch.cov)(T(3, 2, 4).bfloat16()).dtype)",
        "grads(lambda x: torch.view_as_real(torch.corrcoef(torch.view_as_complex(x))), T(2, 5, 2))",
        "torch.cov(T(2, 5), correction=7)",
        "torch.cov(T(2, 5), correction=2)",
    ],
    "batch_norm of samples": [
        "torch.func.vmap(lambda x, m, v: F.batch_norm(x, m, v, training=True), (0, 1, 1))(T(2, 3, 2), torch.zeros(2, 2).double(), torch.ones(2, 2).double())",
        "torch.func.vmap(lambda x, m, v: F.batch_norm(x, m, v, training=False), (1, -1, 1))(T(4, 3, 2, 2), T(2, 3), P(2, 3))",
    ],
    "dropout of everything": [
        f"[str(x.dtype) for x in [F.alpha_dropout(torch.ones(2, 2, dtype=torch.{dtype}), 1.0, True), "
        f"F.feature_alpha_dropout(torch.ones(2, 2, 2, dtype=torch.{dtype}), 1.0, True)]]"
        for dtype in ("bool", "int32", "float16")
    ],
    "options of optimizers that were loaded": [
        f"(lambda make: (lambda a, b: [b.load_state_dict(a.state_dict()), sorted(b.state_dict()['param_groups'][0]), repr(b)])"
        f"(make(), make()))(lambda: optim.{make})"
        for make in (
            "Adafactor([T(2, 2).requires_grad_()])",
            "Muon([T(2, 2).requires_grad_()])",
            "Adam([T(2, 2).requires_grad_()])",
            "SGD([T(2).requires_grad_()], lr=0.1)",
            "Rprop([T(2).requires_grad_()])",
        )
    ],
    "ends of phases": [
        f"[[phase['end_step'] for phase in S.OneCycleLR(optim.SGD([T(2)], lr=0.1, momentum=0.9), 0.5, 21, {options})._schedule_phases]]"
        for options in ("pct_start=0.3", "pct_start=0.25, three_phase=True", "pct_start=1 / 3")
    ],
    "files of the old format": [
        f"(lambda f: [torch.save({x}, f, _use_new_zipfile_serialization=False), f.seek(0), "
        f"torch.load(f, weights_only={plain})][2])(__import__('io').BytesIO()){seen}"
        for plain in (True, False)
        for x, seen in (
            ("torch.quantize_per_channel(T(2, 3).float(), P(2).float(), I(5, 2), 0, torch.qint8)", ".dequantize()"),
            ("torch.quantize_per_tensor(T(5).float(), 0.1, 3, torch.quint8)", ".dequantize()"),
            ("P(3, 4).to_sparse()", ".to_dense()"),
            ("[P(3, 4).to_sparse().coalesce(), T(2)]", "[0].to_dense()"),
            ("P(3, 4).to_sparse_csr()", ".to_dense()"),
            ("{'a': T(4)[1:], 'b': nn.Parameter(P(2))}", "['a']"),
        )
    ],
    "sizes that are refused": [
        *[f"said(lambda: F.interpolate(T(1, 1, 4, 4), scale_factor={factor}))" for factor in ("math.inf", "math.nan")],
        "said(lambda: torch.cumulative_trapezoid(torch.tensor(1.0)))",
        "raised(lambda: torch.cumulative_trapezoid(torch.tensor(1.0), T(3, 3)))",
        "said(lambda: F.bilinear(T(1)[0], T(3), T(5, 2, 3)))",
        "said(lambda: F.bilinear(T(2), T(3), T(5, 2, 3), T(1)))",
        "raised(lambda: F.bilinear(T(2), T(3), torch.tensor(1.0).double()))",
    ],
    "nodes without a gradient": [
        *[
            f"(lambda seen, materialize: (lambda x: [{_NOTHING}.apply(sum({_TWO}.apply(x)){between}).sum().backward(), x.grad, seen])"
            f"(T(2).requires_grad_()))([], {materialize})"
            for materialize in (True, False)
            for between in ("", ".sin()", " * 2 + 1")
        ],
        f"(lambda seen, x: (lambda y: [y.register_hook(seen.append), x.register_hook(seen.append), "
        f"y.grad_fn.register_hook(lambda *g: seen.append(g)), {_NOTHING}.apply(y).sum().backward(), seen][4])(x * 1))([], T(2).requires_grad_())",
        f"(lambda x: said(lambda: [x.register_hook(lambda g: T(2)), {_NOTHING}.apply(x).sum().backward()]))(T(2).requires_grad_())",
        "(lambda seen, x: (lambda a, b: [a.register_hook(seen.append), b.sum().backward(), x.grad, seen][2:])(*(x * 1).unbind()))"
        "([], T(2, 2).requires_grad_())",
    ],
    "samplers in place": [
        f"seeded(lambda: grads(lambda x: (lambda y: [y{view}.{call}, y * T(3, 3)][1])(x * 1), T(3, 3)))"
        for call in SAMPLERS
        for view in ("[1]", ".t()[0]")
    ]
    + [f"seeded(lambda: type((T(3).requires_grad_() * 1).{call}.grad_fn).__name__)" for call in SAMPLERS],
    "random bounds of floats": [
        f"seeded(lambda: torch.zeros(9, dtype=torch.{dtype}).random_({bounds}))"
        for dtype in ("float32", "float64", "bfloat16")
        for bounds in ("0, 2**40", "-2**33 - 5, 2**33 + 3", "0, 2**24 + 1", "-2**60 - 1, 2**61 - 1")
    ],
    "targets and constants of losses": [
        *[
            f"said(lambda: F.binary_cross_entropy({x}, {y}))"
            for x, y in (
                ("P(2)", "torch.tensor([2.0, 0.5]).double()"),
                ("P(2)", "torch.tensor([math.nan, 0.5]).double()"),
                ("torch.tensor([-0.1, 0.5]).double()", "P(2)"),
            )
        ],
        *[
            f"said(lambda w={_W}: {call})"
            for call in (
                "F.binary_cross_entropy(P(2, 3), P(2, 3), weight=w)",
                "F.binary_cross_entropy_with_logits(T(2, 3), P(2, 3), weight=w)",
                "F.binary_cross_entropy_with_logits(T(2, 3), P(2, 3), pos_weight=w)",
                "F.nll_loss(T(2, 3), I(3, 2), weight=w)",
                "F.nll_loss(T(2, 3, 2), I(3, 2, 2), weight=w)",
                "F.cross_entropy(T(2, 3), I(3, 2), weight=w)",
                "F.batch_norm(T(2, 3), w, P(3))",
                "F.batch_norm(T(2, 3), P(3), w)",
            )
        ],
        "grads(lambda w: F.cross_entropy(T(2, 3), P(2, 3), weight=w), P(3))",
    ],
    "sums with an outer product": [
        *[
            f"str(torch.addr(torch.ones({shape}, dtype=torch.{a}), torch.ones(2, dtype=torch.{b}), torch.ones(3).half()).dtype)"
            for shape in ("()", "2, 3")
            for a in ("float32", "int64", "complex64")
            for b in ("float16", "bool")
        ],
        "grads(lambda x, a, b: torch.addr(x, a, b, beta=0, alpha=2), T(2, 3), T(2), P(3))",
    ],
    "samples without dimensions": [
        "torch.func.vmap(lambda x: x.squeeze(()))(T(2, 1, 1))",
        "torch.func.vmap(lambda x: x.squeeze())(T(2, 1, 1))",
        "torch.func.vmap(lambda x, i: torch.gather(x, 0, i))(T(2), torch.zeros(2, 1, dtype=torch.long))",
        "torch.func.vmap(torch.argwhere)(torch.ones(2, 2))",
        "torch.func.vmap(torch.bincount)(torch.tensor([[0, 1, 2], [2, 1, 1]]))",
        *[
            f"said(lambda: torch.func.vmap(lambda x: {call})(T(2, 3))).partition(': ')[2]"
            for call in (
                "x.sum().item()",
                "1 if x.sum() > 0 else 0",
                "x[x > 0]",
                "x.data_ptr()",
                "x.untyped_storage()",
                "x.tolist()",
                "__import__('copy').deepcopy(x)",
                "__import__('pickle').dumps(x)",
            )
        ],
    ],
    "tangents of what is written twice": [
        "list(torch.func.jvp(lambda x: torch.zeros(3).double().scatter(0, torch.tensor([1, 1]), x), (T(2),), (P(2),)))",
        "list(torch.func.jvp(lambda x: torch.zeros(3).double().index_copy(0, torch.tensor([1, 1]), x), (T(2),), (P(2),)))",
        "list(torch.func.jvp(lambda x: F.max_unpool2d(x, torch.tensor([[[[0, 5], [5, 3]]]]), 2), (T(1, 1, 2, 2),), (P(1, 1, 2, 2),)))",
    ],
    "tensors as they are": [
        "[y is x for x in [T(2, 3)] for y in torch.broadcast_tensors(x, x)]",
        "[y is x for x in [T(2, 3)] for y in torch.broadcast_tensors(x, T(3))]",
    ],
    "truth values among sizes": [
        *[
            f"T(1, 6).{call}"
            for call in ("view([3, True, 2])", "permute([1, False])", "repeat([2, True])", "flip([0, True])")
        ],
        *[
            f"said(lambda: {call})"
            for call in ("torch.zeros([True, 2])", "torch.ones((3.0,))", "T(1, 6).permute([False, 1])")
        ],
        *[
            f"torch.{call}"
            for call in ("zeros(3, requires_grad=None)", "eye(2, requires_grad=None)", "ones(2, pin_memory=None)")
        ],
    ],
    "least squares": [
        f"grads(lambda a, b: torch.linalg.lstsq(a, b, driver='{driver}')[:2], T(5, 2), P(5, 3))"
        for driver in ("gels", "gelsd", "gelss")
    ],
    "pivots of another shape": [
        "said(lambda: torch.lu_unpack(T(7, 5), torch.tensor(1, dtype=torch.int32)))",
        "said(lambda: torch.lu_unpack(T(2, 3, 3), torch.ones(3, dtype=torch.int32)))",
    ],
}
