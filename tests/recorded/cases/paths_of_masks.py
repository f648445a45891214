"""Reductions with masks, tensors that carry them, sequences of several lengths, and functions of matrices."""

X = "T(3, 4)"
K = "M(3, 4)"
ALL = ("sum", "prod", "amax", "amin", "mean", "argmax", "argmin", "var", "std", "logsumexp", "norm")
ONE_DIM = ("argmax", "argmin")


def _reduction(name: str, dim: str, options: str = "") -> str:
    order = "2.0, " if name == "norm" else ""
    return f"torch.masked.{name}(T(3, 4), {order}{dim}{options})"


REDUCED = [
    *(_reduction(name, dim, ", mask=M(3, 4)") for name in ALL for dim in ("0", "1", "-1")),
    *(_reduction(name, dim, ", mask=M(3, 4), keepdim=True") for name in ALL for dim in ("0", "1")),
    *(_reduction(name, dim) for name in ALL for dim in ("0", "None")),
    *(_reduction(name, "(0, 1)", ", mask=M(3, 4)") for name in ALL if name not in ONE_DIM),
    *(_reduction(name, "None", ", mask=M(4)") for name in ALL if name not in ONE_DIM),
    *(
        _reduction(name, "0", ", mask=M(3, 4), dtype=torch.float32")
        for name in ALL
        if name not in ("var", "std", "norm")
    ),
    *(_reduction(name, "1", ", mask=torch.zeros(3, 4, dtype=torch.bool)") for name in ALL if name != "norm"),
    *(
        f"torch.masked.{name}(I(9, 3, 4), 1, mask=M(3, 4))"
        for name in ("sum", "prod", "amax", "amin", "argmax", "argmin", "var", "std")
    ),
    *(
        f"torch.masked.{name}(I(9, 3, 4).to(torch.int8), 1, mask=torch.zeros(3, 4).bool())"
        for name in ("sum", "prod", "amax", "amin")
    ),
    *(f"torch.masked.norm(T(3, 4), {p}, 1, mask=M(3, 4))" for p in ("0", "1", "-math.inf", "math.inf", "3")),
    "[torch.masked.norm(T(3, 4), mask=M(3, 4)), torch.masked.norm(T(3, 4), 1, mask=M(3, 4))]",
    *(
        f"torch.masked.{name}(T(3, 4), 1, {option}, mask=M(3, 4))"
        for name in ("var", "std")
        for option in ("False", "True", "correction=0", "correction=2", "correction=1.5")
    ),
    "torch.masked.var(torch.complex(T(3, 4), T(3, 4, shift=0.1)), 1, mask=M(3, 4))",
    *(f"torch.masked.median(T(3, 4), {d}, mask=M(3, 4){k})" for d in (0, 1, -1) for k in ("", ", keepdim=True")),
    "torch.masked.median(T(3, 4))",
    "[torch.masked.median(I(9, 3, 4), 1, mask=M(3, 4) | (I(9, 3, 4) > 3)), torch.masked.median(I(9, 3, 4), 0, keepdim=True)]",
    *(
        f"torch.masked.{name}(T(3, 4), {d}, mask=M(3, 4))"
        for name in ("cumsum", "cumprod", "softmax", "log_softmax", "softmin")
        for d in (0, 1, -1)
    ),
    *(
        f"torch.masked.{name}(T(3, 4), 1{o})"
        for name in ("cumsum", "cumprod", "softmax", "log_softmax", "softmin")
        for o in ("", ", dtype=torch.float32")
    ),
    *(f"torch.masked.normalize(T(3, 4), {p}, {d}, mask=M(3, 4))" for p in (1, 2, "math.inf") for d in (0, -1)),
    "[torch.masked.normalize(0 * T(3, 4), 2, 1), torch.masked.normalize(1e-13 * T(3, 4), 2, 1), torch.masked.normalize(T(3, 4), 2, 1, eps=10.0)]",
    "torch.masked.logaddexp(T(3, 4), P(3, 4), input_mask=M(3, 4), other_mask=M(4))",
    "torch.masked.logaddexp(T(3, 4), P(3, 4))",
    *(
        f"raised(lambda: torch.masked.{call})"
        for call in (
            "mean(I(9, 3), 0)",
            "sum(T(3), 1)",
            "sum(T(3), -2)",
            "sum(T(3, 4), (0, -2))",
            "sum(T(3), 0, mask=M(2, 3))",
            "median(I(9, 3, 4), 1, mask=torch.zeros(3, 4).bool())",
            "argmax(T(3).to_sparse(), 0)",
            "prod(T(3).to_sparse(), 0)",
            "mean(T(3).to_sparse(), 0)",
            "amax(T(3).to_sparse(), 0)",
            "sum(T(2, 3).to_sparse_csr(), 0)",
            "sum(T(2, 3).to_sparse_csc(), 0, keepdim=True)",
        )
    ),
]

S = "(T(3, 4) * M(3, 4)).to_sparse()"
OF_SPARSE = [
    *(
        f"torch.masked.{name}({S}, {d}, mask=(T(3, 4, shift=2.0) > 0){layout}).to_dense()"
        for name in ("sum", "prod", "amax", "amin")
        for d in (0, 1, "(0, 1)")
        for layout in ("", ".to_sparse()")
    ),
    *(
        f"torch.masked.{name}({S}, {d}, mask=(T(3, 4, shift=2.0) > 0).to_sparse(), keepdim=True).to_dense()"
        for name in ("sum", "prod", "amax", "amin")
        for d in (0, 1, "(0, 1)")
    ),
    *(f"torch.masked.sum({S}, {d}{k}).to_dense()" for d in (0, 1, None) for k in ("", ", keepdim=True")),
    *(
        f"torch.masked.{name}((T(3, 4) * M(3, 4)).to_sparse_csr(), {d}, mask=(T(3, 4, shift=2.0) > 0).to_sparse_csr(), keepdim=True).to_dense()"
        for name in ("sum", "prod", "amax", "amin", "mean")
        for d in (0, 1)
    ),
    *(
        f"torch.masked.{name}(torch.sparse_coo_tensor([[2, 0]], T(2, 2), (3, 2)), {d}, mask=(T(3, 2) > 0).to_sparse(1)).to_dense()"
        for name, d in (("sum", 0), ("sum", 1), ("prod", 0))
    ),
    *(
        f"torch.masked.{name}((I(9, 3, 4) * M(3, 4)).to_sparse(), 1, mask=M(3, 4).to_sparse()).to_dense()"
        for name in ("sum", "prod", "amax")
    ),
    "torch.masked.prod(torch.complex(T(3, 4), T(3, 4, shift=0.1)).to_sparse(), 1, mask=M(3, 4).to_sparse()).to_dense()",
    f"torch.masked.sum({S}, 1, mask=M(3, 1)).to_dense()",
]

V = "torch.masked.masked_tensor(T(3, 4), M(3, 4))"
W = "torch.masked.masked_tensor(P(3, 4), M(3, 4))"
# The same elements and masks as they lie in coordinates and compressed rows.
STORED = [
    (
        f"torch.masked.masked_tensor(T(3, 4).sparse_mask({m}), {m})",
        f"torch.masked.masked_tensor(P(3, 4).sparse_mask({m}), {m})",
    )
    for m in ("M(3, 4).to_sparse().coalesce()", "M(3, 4).to_sparse_csr()")
]


def _both(call: str) -> str:
    return f"(lambda r: [r.get_data() * r.get_mask(), r.get_mask()])({call})"


CARRIED = [
    *(
        _both(call)
        for call in (
            *(
                f"{V}.{name}()"
                for name in (
                    "sin",
                    "abs",
                    "exp",
                    "neg",
                    "float",
                    "clone",
                    "sum",
                    "mean",
                    "prod",
                    "amax",
                    "amin",
                    "t",
                    "ravel",
                    "isnan",
                    "argmax",
                    "argmin",
                )
            ),
            *(f"{V} {op} {W}" for op in ("+", "-", "*", "/", "<", "==", ">=")),
            f"{V} + 2",
            f"{V} ** 2",
            f"{V} + P(3, 4)",
            f"torch.maximum({V}, {W})",
            *(f"{V}.{name}({d})" for name in ("sum", "mean", "prod", "amax", "amin", "argmax") for d in (0, 1)),
            *(f"{V}.{name}(1, keepdim=True)" for name in ("sum", "amax")),
            f"{V}.unsqueeze(0)",
            f"{V}.transpose(0, 1)",
            f"{V}[1]",
            f"{V}[:, 2:]",
            f"{V}.reshape(4, 3)",
            f"{V}.select(1, 2)",
            f"{V}.expand(2, 3, 4)",
            f"{V}.view(12)",
            f"torch.cat([{V}, {W}], 1)",
            f"torch.stack([{V}, {W}])",
            f"torch.where(T(3, 4) > 0, {V}, {W})",
            f"{V}.softmax(1)",
            f"{V}.clone().mul_({W})",
            f"{V}.clone().add_(1)",
            "torch.masked.as_masked_tensor(T(3, 4), M(3, 4))",
            "torch.masked.masked_tensor(M(3, 4), M(3, 4)).all()",
            "torch.masked.masked_tensor(M(3, 4), M(3, 4)).all(1)",
        )
    ),
    *(f"[[r.get_data() * r.get_mask(), r.get_mask()] for r in {V}.{call}]" for call in ("split(2, 1)", "chunk(2, 1)")),
    f"[{V}.to_tensor(9.0), {V}.shape, {V}.dim(), {V}.requires_grad, torch.masked.is_masked_tensor({V}), torch.masked.is_masked_tensor(T(2)), len({V}), {V}.is_sparse]",
    *(
        f"repr(torch.masked.masked_tensor({x}, {m}))"
        for x, m in (
            ("T(3, 4)", "M(3, 4)"),
            ("I(9, 5)", "M(5)"),
            ("M(2, 2, 2)", "~M(2, 2, 2)"),
            ("torch.tensor(2.5)", "torch.tensor(True)"),
            ("torch.tensor(2.5)", "torch.tensor(False)"),
            ("T(2, 2, 3)", "M(2, 2, 3)"),
        )
    ),
    "(lambda x: [torch.masked.as_masked_tensor(x, M(3, 4)).mul(2).sum().backward(), "
    "x.grad.to_tensor(0.0) if torch.masked.is_masked_tensor(x.grad) else x.grad][1])(T(3, 4).requires_grad_())",
    "(lambda x: [(x * x).sum().backward(), x.grad.get_data() * M(3, 4)][1])(torch.masked.masked_tensor(T(3, 4), M(3, 4), requires_grad=True))",
    *(
        f"raised(lambda: torch.masked.masked_tensor({args}))"
        for args in (
            "T(3), M(4)",
            "T(3), T(3)",
            "T(3), M(1, 3)",
            "[1.0], M(1)",
            "T(3), [True]",
            "T(3).to(torch.complex64), M(3)",
            "T(3).to_sparse(), M(3)",
            "I(3, 3), M(3), True",
        )
    ),
    *(
        f"(lambda r: [r.layout, r.get_data().to_dense(), r.get_mask().to_dense()])({call})"
        for v, w in STORED
        for call in (
            *(
                f"{v}.{name}()"
                for name in ("sin", "cos", "exp", "neg", "isnan", "sum", "prod", "amax", "amin", "to_dense")
            ),
            *(f"{v} {op} {w}" for op in ("+", "-", "*", "/", "==")),
            f"{v} + 2",
            f"{v} ** 2",
            f"torch.maximum({v}, {w})",
            f"torch.atan2({v}, {w})",
            f"{v}.to_dense().to_sparse()",
            f"{V}.to_sparse()",
            f"{V}.to_sparse_csr()",
            f"torch.ops.aten.exp({v})",
        )
    ),
    f"[{STORED[0][0]}.argmax().get_data().item(), {STORED[0][0]}.argmin().get_data().item()]",
    *(f"[repr({v}), {v}.is_sparse, {v}.is_sparse_coo(), {v}.is_sparse_csr(), {v}.shape]" for v, _ in STORED),
    "[torch.masked.masked_tensor(T(3, 4).to_sparse(), M(3, 4).to_sparse()).get_mask()._nnz()]",
    *(
        f"(lambda x: [x.to_dense().sum().backward(), x.grad.layout, x.grad.to_dense().get_data()])({v[:-1]}, requires_grad=True))"
        for v, _ in STORED
    ),
    f"(lambda x: [x.to_sparse().to_dense().sum().backward(), x.grad.get_data()])({V[:-1]}, requires_grad=True))",
    *(
        f"raised(lambda: torch.masked.masked_tensor({args}))"
        for args in (
            "T(3, 4).to_sparse_csc(), M(3, 4).to_sparse_csc()",
            "torch.sparse_coo_tensor(torch.tensor([[0, 1], [0, 1]]), T(2), (3, 4)), torch.sparse_coo_tensor(torch.tensor([[0, 1], [0, 2]]), torch.tensor([True, True]), (3, 4))",
            "torch.sparse_csr_tensor(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), T(2), (2, 4)), torch.sparse_csr_tensor(torch.tensor([0, 1, 2]), torch.tensor([1, 1]), torch.tensor([True, True]), (2, 4))",
        )
    ),
    *(f"raised(lambda: {STORED[0][0]}.{call})" for call in ("is_contiguous()", "contiguous()")),
    *(
        f"(lambda t, m: [torch.masked._combine_input_and_mask(torch.masked.{name}, t, m)])(T(3, 4), M(3, 4))"
        for name in ("sum", "prod", "amax", "amin")
    ),
    *(
        f"torch.masked._output_mask(torch.masked.{name}, T(3, 4), {args}, mask=M(3, 4))"
        for name, args in (("sum", "1"), ("norm", "2, 0"), ("softmax", "1"), ("var", "(0, 1)"))
    ),
    "torch.masked._input_mask(T(3, 4).to_sparse(), mask=M(3, 4)).to_dense()",
    "torch.masked._input_mask(T(3, 4), mask=M(1, 4))",
    "torch.masked._where(M(3, 4).to_sparse(), T(3, 4).to_sparse(), torch.tensor(0.0)).to_dense()",
    "torch.masked._canonical_dim((1, -3), 3)",
    f"raised(lambda: {V} + torch.masked.masked_tensor(T(3, 4), ~M(3, 4)))",
    f"raised(lambda: torch.cat([{V}, T(3, 4)]))",
]

N = "torch.nested.nested_tensor([T(2, 3), T(4, 3, shift=0.1), T(1, 3, shift=0.2)], layout=torch.jagged)"
O = "torch.nested.nested_tensor([P(2, 3), P(4, 3), P(1, 3)], layout=torch.jagged)"  # noqa: E741
STRIDED = "torch.nested.nested_tensor([T(2, 3), T(4, 3, shift=0.1), T(1, 3, shift=0.2)])"


def _parts(call: str) -> str:
    return f"[list(x) if isinstance(x, tuple) else x for x in ({call}).unbind()]"


NESTED = [
    *(
        _parts(call)
        for call in (
            N,
            STRIDED,
            f"{N}.sin()",
            f"{N} * 2",
            f"(lambda x: x + x)({N})",
            f"-{N}",
            f"F.relu({N})",
            f"F.linear({N}, T(2, 3))",
            f"F.linear({N}, T(2, 3), T(2))",
            f"F.layer_norm({N}, (3,))",
            f"{N}.softmax(-1)",
            f"F.softmax({N}, 2)",
            f"F.log_softmax({N}, 2)",
            f"{N} @ T(3, 2)",
            f"{N}.sum(-1)",
            f"{N}.sum(-1, keepdim=True)",
            f"{N}.mean(-1)",
            f"{N}.mean(2, True)",
            f"{N}.unflatten(-1, (3, 1))",
            f"{N}.unflatten(-1, (3, 1)).transpose(1, 2)",
            f"{N}.unflatten(-1, (1, 3)).flatten(2, 3)",
            f"{N}.transpose(1, 2)",
            f"{N} + T(3)",
            f"{N} * T(1, 1, 3)",
            f"torch.cat([{N}, {N} * 2], 2)",
            "torch.nested.as_nested_tensor([T(2, 3), T(1, 3)])",
            "torch.nested.as_nested_tensor([T(2, 3), T(1, 3)], layout=torch.jagged)",
            "torch.nested.nested_tensor_from_jagged(T(5, 2), torch.tensor([0, 2, 2, 5]))",
            "torch.nested.narrow(T(3, 4), 1, torch.tensor([0, 1, 0]), torch.tensor([2, 3, 1]), layout=torch.jagged)",
            "torch.nested.nested_tensor([[1.0, 2.0], [3.0]])",
            f"{N}.to(torch.float32)",
            f"{N}.clone()",
            f"{N}.detach()",
        )
    ),
    *(
        f"[{x}.sum(), {x}.is_nested, {x}.dim(), {x}.size(0), {x}.numel(), str({x}.layout), {x}.requires_grad, len({x}.unbind()), {x}.is_contiguous(), str({x}.dtype)]"
        for x in (N,)
    ),
    f"[{N}.sum(1), {N}.sum(1, True), {N}.max(), {N}.min(), {N}.values(), {N}.offsets()]",
    *(
        f"torch.nested.to_padded_tensor({x}, {p}{size})"
        for x in (N, STRIDED)
        for p, size in (("0.0", ""), ("9.0", ""), ("-1.0", ", (3, 5, 4)" if x is STRIDED else ""))
    ),
    f"[{STRIDED}.size(0), {STRIDED}.size(2), {STRIDED}.dim(), {STRIDED}.numel()]",
    *(
        f"raised(lambda: {call})"
        for call in (
            f"{STRIDED}.size(1)",
            f"{STRIDED}.size()",
            f"{N}.sum(0)",
            f"{N} + {O}.transpose(1, 2)",
            f"{N}.softmax(0)",
            "torch.nested.nested_tensor([T(2), T(2, 2)])",
            "torch.nested.nested_tensor([T(2, 3), T(2, 4)], layout=torch.jagged)",
            f"{N}.unflatten(1, (1, 2))",
        )
    ),
    *(
        f"[x for x in F.scaled_dot_product_attention(*[{N}.unflatten(-1, (1, 3)).transpose(1, 2)] * 3{c}).transpose(1, 2).unbind()]"
        for c in ("", ", scale=0.3")
    ),
    "grads(lambda a, b: torch.nested.as_nested_tensor([a, b], layout=torch.jagged).sin().values(), T(2, 3), T(1, 3))",
    "[x.requires_grad for x in (torch.nested.nested_tensor([T(2)], requires_grad=True), torch.nested.nested_tensor([T(2)]))]",
    "[str(torch.nested.nested_tensor([T(2)], dtype=torch.float32).dtype), str(torch.nested.as_nested_tensor([T(2)], dtype=torch.float32).dtype)]",
]

A = "(T(4, 4) + 3 * torch.eye(4).double())"
MATRICES = [
    *(
        f"torch.linalg.matrix_norm(T(3, 4), {o}{k})"
        for o in ("'fro'", "'nuc'", "1", "-1", "2", "-2", "math.inf", "-math.inf")
        for k in ("", ", keepdim=True", ", (1, 0)")
    ),
    *(
        f"torch.linalg.matrix_norm(T(2, 3, 4), {o}, {d}{k})"
        for o in ("'fro'", "'nuc'", "1", "-2", "math.inf")
        for d in ("(0, 2)", "(-1, 0)", "(1, 2)")
        for k in ("", ", True")
    ),
    *(f"torch.linalg.matrix_norm(torch.zeros(0, 3), {o})" for o in ("1", "'fro'", "'nuc'")),
    *(f"raised(lambda: torch.linalg.matrix_norm(torch.zeros(0, 3), {o}))" for o in ("-1", "math.inf", "-2")),
    *(f"torch.linalg.matrix_norm(T(3, 4).float(), {o}, dtype=torch.float64)" for o in ("1", "2", "'fro'")),
    *(
        f"torch.linalg.norm(T(3, 4){a})"
        for a in (
            "",
            ", 1",
            ", 'nuc'",
            ", 2, 0",
            ", math.inf, (0, 1)",
            ", 1, -1, True",
            ", dim=1",
            ", 'fro', (1, 0), True",
            ", None, None, True",
            ", 2, (0, 1), True",
        )
    ),
    *(f"torch.linalg.norm(T(4){a})" for a in ("", ", 1", ", 0", ", -math.inf", ", 3, 0")),
    "torch.linalg.norm(T(2, 3, 4), 1, (0, 2))",
    "raised(lambda: torch.linalg.norm(T(2, 3, 4), 'fro'))",
    *(
        f"torch.linalg.cond({A}{p})"
        for p in ("", ", 2", ", -2", ", 1", ", -1", ", 'fro'", ", 'nuc'", ", math.inf", ", -math.inf")
    ),
    "torch.linalg.cond(T(3, 2))",
    "torch.linalg.cond(T(2, 3), -2)",
    "[torch.linalg.cond(torch.ones(2, 2), 1), torch.linalg.cond(torch.zeros(0, 0)), torch.linalg.cond(torch.zeros(2, 0, 0), 1)]",
    *(f"torch.linalg.matrix_power({A}, {n})" for n in (-3, -1, 0, 1, 2, 3, 4, 5, 6, 7)),
    "grads(lambda x: torch.linalg.matrix_power(x, 0), T(2, 2))",
    *(
        f"grads(lambda a, b, c: torch.linalg.multi_dot([a, b, c]), {a})"
        for a in (
            "T(2, 3), T(3, 4), T(4, 2)",
            "T(3), T(3, 4), T(4)",
            "T(2, 3), T(3, 4), T(4)",
            "T(3), T(3, 4), T(4, 2)",
        )
    ),
    "[torch.linalg.multi_dot([T(2, 3), T(3)]), torch.linalg.multi_dot([T(10, 2), T(2, 8), T(8, 3), T(3, 4)]).shape, torch.linalg.multi_dot([T(3), T(3)])]",
    *(f"torch.linalg.vander(T(3){n})" for n in ("", ", N=2", ", N=5")),
    "torch.linalg.vander(T(2, 3))",
    "torch.linalg.vander(torch.tensor(1.5), N=3)",
    "torch.linalg.vander(I(4, 3))",
    "[torch.linalg.tensorinv(T(6, 2, 3) + torch.eye(6).double().reshape(6, 2, 3) * 3, ind=1), torch.linalg.tensorinv(torch.eye(6).double().reshape(2, 3, 6) * 2 + T(2, 3, 6) * 0.1).shape]",
    "[torch.linalg.tensorsolve((torch.eye(6).double() * 3 + T(6, 6)).reshape(2, 3, 6), T(2, 3)), torch.linalg.tensorsolve((torch.eye(6).double() * 3 + T(6, 6)).reshape(6, 2, 3), T(2, 3), dims=(0,)), "
    "torch.linalg.tensorsolve((torch.eye(4).double() * 3 + T(4, 4)).reshape(2, 2, 4), T(2, 2))]",
    *(
        f"torch.linalg.matrix_rank(torch.diag(torch.tensor([2.0, 1.0, 1e-3, 1e-17]).double()){a})"
        for a in (
            "",
            ", 0.5",
            ", atol=1.5",
            ", rtol=0.4",
            ", atol=1e-18",
            ", atol=0.0",
            ", rtol=1e-18",
            ", atol=1.0, rtol=0.1",
            ", hermitian=True",
            ", tol=1e-2, hermitian=True",
            ", atol=torch.tensor(0.5)",
            ", atol=2.0",
            ", rtol=0.5",
        )
    ),
    "[torch.linalg.matrix_rank(torch.zeros(2, 0, 3)), torch.linalg.matrix_rank(torch.stack([torch.eye(2), torch.eye(2) * 1e-3]), atol=torch.tensor([0.5, 1e-4]))]",
    *(
        f"torch.linalg.pinv(torch.diag(torch.tensor([2.0, 1.0, 1e-3, 1e-17]).double()){a})"
        for a in (
            "",
            ", 0.1",
            ", atol=1.5",
            ", rtol=0.4",
            ", atol=1e-18",
            ", hermitian=True",
            ", atol=1.0, rtol=0.1",
            ", rcond=1e-2, hermitian=True",
        )
    ),
    "[torch.linalg.pinv(T(3, 2)), torch.linalg.pinv(T(2, 3, 2)), torch.linalg.pinv(torch.zeros(0, 3)), torch.linalg.pinv(torch.complex(T(3, 2), T(3, 2, shift=0.1)))]",
    *(
        f"raised(lambda: torch.linalg.{call})"
        for call in (
            "matrix_norm(T(3))",
            "matrix_norm(T(3, 4), 3)",
            "matrix_norm(T(3, 4), 'x')",
            "matrix_norm(T(3, 4), 1, (0, 0))",
            "matrix_norm(T(3, 4), 1, (0, -2))",
            "matrix_norm(T(3, 4), 1, (0,))",
            "matrix_norm(T(3, 4), 1, (0, 2))",
            "matrix_norm(T(3, 4), 1, (0, -3))",
            "matrix_norm(I(9, 3, 4), 1)",
            "matrix_norm(T(3, 4), 1, dtype=torch.float32)",
            "matrix_norm(T(3, 4), 1, dtype=torch.int64)",
            "matrix_norm(T(3, 4), 1, dtype=torch.complex128)",
            "matrix_norm(T(3, 4).half(), 2)",
            "norm(T(2, 3, 4), 1)",
            "norm(T(2, 3, 4), 1, (0, 1, 2))",
            "norm(T(3), 'fro')",
            "cond(T(3))",
            "cond(T(3, 4), 1)",
            "cond(T(3, 3), 3)",
            "cond(T(3, 3), 'x')",
            "matrix_power(T(3, 4), 2)",
            "matrix_power(torch.zeros(2, 2), -1)",
            "multi_dot([T(2, 3)])",
            "multi_dot([T(2, 3), T(2, 3)])",
            "multi_dot([T(2, 3), T(3, 4).float()])",
            "multi_dot([T(2, 3), T(3), T(3, 2)])",
            "multi_dot([T(2, 3, 4), T(4, 2)])",
            "multi_dot([T(2, 3), T(3, 4), T(3, 2)])",
            "vander(T(3), N=1)",
            "vander(torch.tensor(1.0))",
            "vander(T(3), N=0)",
            "vander(M(3))",
            "tensorinv(T(6, 2, 3), ind=0)",
            "tensorinv(T(6, 2, 3), ind=2)",
            "tensorinv(T(6, 2, 3), ind=-1)",
            "tensorsolve(T(2, 3, 4), T(2, 3))",
            "tensorsolve(T(2, 3, 6), T(6))",
            "matrix_rank(T(3))",
            "matrix_rank(T(3, 3), 0.1, atol=0.1)",
            "pinv(T(3))",
            "pinv(I(9, 3, 3))",
            "pinv(T(2, 2), 0.1, rtol=0.1)",
            "matrix_rank(T(2, 2), atol=torch.tensor(1j))",
            "matrix_rank(T(2, 2), 'a')",
        )
    ),
    *(
        f"torch.{call}"
        for call in (
            "svd_lowrank(torch.zeros(3, 4))[1]",
            "pca_lowrank(torch.ones(3, 4))[1]",
            "pca_lowrank(torch.ones(3, 4), 2, center=False)[1].round(decimals=3)",
        )
    ),
    *(
        f"seeded(lambda: [x.abs() for x in torch.{call}])"
        for call in (
            "svd_lowrank(T(6, 4), 2)",
            "svd_lowrank(T(4, 6), 2, 1)",
            "svd_lowrank(T(6, 4), 3, M=P(6, 4))",
            "pca_lowrank(T(6, 4), 2)",
            "pca_lowrank(T(6, 4), 2, False, 3)",
            "svd_lowrank(T(2, 6, 4), 2)",
        )
    ),
    *(
        f"raised(lambda: torch.{call})"
        for call in ("pca_lowrank(T(6, 4), 5)", "pca_lowrank(T(6, 4), -1)", "pca_lowrank(T(6, 4), 2, niter=-1)")
    ),
    *(
        f"[x.abs() for x in torch.lobpcg({a})]"
        for B in ("torch.diag(torch.arange(1.0, 13.0).double()) + 0.1 * T(12, 12) + 0.1 * T(12, 12).t()",)
        for a in (
            f"{B}, 2, X=T(12, 2), tol=1e-9",
            f"{B}, 2, X=T(12, 2), largest=False, tol=1e-9",
            f"{B}, X=T(12, 2), tol=1e-9, method='basic'",
            f"{B}, 2, B=torch.eye(12).double() * 2, X=T(12, 2), tol=1e-9",
            f"{B}, 2, X=T(12, 2), iK=torch.eye(12).double() * 0.5, tol=1e-9",
        )
    ),
]

CASES = {"reduced": REDUCED, "of_sparse": OF_SPARSE, "carried": CARRIED, "nested": NESTED, "matrices": MATRICES}
