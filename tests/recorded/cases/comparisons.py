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
}
