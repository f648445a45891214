"""Where parts meet that seldom do: sums of sparse and dense numbers of other dtypes, samples of `vmap` and random numbers."""

from recorded.cases.options import over

KINDS = ("uint8", "int8", "int16", "int64", "float32")
OF = "torch.tensor([{values}]).to(torch.{kind})"
SPARSE = OF.format(values="1, 200, 3, 0", kind="{other}") + ".to_sparse()"
DENSE = OF.format(values="-1, 2, 0, 100", kind="{kind}")
APART = [
    text
    for text in over(
        f"torch.{{name}}({DENSE}, {SPARSE}).to_dense()",
        name=("add", "sub", "mul"),
        kind=KINDS,
        other=("uint8", "int8", "int64"),
    )
    if "mul" not in text or "float" not in text
]
IN_PLACE = [
    *over(
        f"{DENSE}.{{name}}_({SPARSE})",
        name=("add", "sub", "mul"),
        kind=("uint8", "int8", "int64"),
        other=("uint8", "int16"),
    ),
    *over(
        f"torch.{{name}}({DENSE}, {SPARSE}, alpha=3)", name=("add", "sub"), kind=("int16", "int64"), other=("uint8",)
    ),
    *over(f"raised(lambda: torch.ones(4).long().{{name}}_({SPARSE}))", name=("add", "sub", "mul"), other=("float32",)),
]

DIAGONALS = [
    *over(
        "torch.sparse.spdiags(T({shape}), torch.tensor({offsets}), (3, 4){layout}).to_dense()",
        shape=("1, 4",),
        offsets=("0", "[0]", "[-1]", "[2]"),
        layout=("", ", torch.sparse_csr", ", layout=torch.sparse_csc"),
    ),
    *(
        f"said(lambda: torch.sparse.spdiags({call}))"
        for call in (
            "T(2, 5), torch.tensor([0, 1]), (5,)",
            "T(2, 5), torch.tensor([0, 1]), (5, 5, 5)",
            "T(2, 5), torch.tensor([[0], [1]]), (5, 5)",
            "T(2, 5), torch.tensor([0.0, 1.0]), (5, 5)",
            "T(2, 5), torch.tensor([0, 1], dtype=torch.int32), (5, 5)",
            "T(2, 5), torch.tensor([0, 1]), (5, 5), torch.strided",
            "T(2, 5), torch.tensor([0, 1]), (5, 5), torch.sparse_bsr",
            "T(2, 5), torch.tensor([0.0]), (5, 5)",
            "T(2, 2, 5), torch.tensor([0.0]), (5,)",
        )
    ),
]

BAGS = over(
    "F.embedding_bag(torch.tensor([1, 3, 1, 0], dtype=torch.{kind}), T(4, 2, scale=3.0).to(torch.{of}), "
    "torch.tensor([0, 2], dtype=torch.{kind}), max_norm={norm}, mode='{mode}')",
    kind=("int32", "int64"),
    of=("float64", "float16"),
    norm=(1.0, 2.5),
    mode=("sum", "mean", "max"),
)

DRAWN = [
    *over(
        "seeded(lambda: torch.func.vmap(lambda b: {drawn} + b * 0, randomness='{randomness}')({of}))",
        drawn=(
            "torch.randint_like(torch.ones(3), 9)",
            "torch.randint_like(torch.ones(3), 2, 9)",
            "F.dropout1d(torch.ones(3, 4), 0.5)",
            "F.alpha_dropout(torch.ones(3, 4), 0.5)",
            "F.feature_alpha_dropout(torch.ones(3, 4), 0.5)",
        ),
        randomness=("same", "different"),
        of=("torch.ones(5)",),
    ),
    *over(
        "seeded(lambda: torch.func.vmap(lambda x: {drawn}, randomness='{randomness}')(torch.ones(5, 3, 4)))",
        drawn=("torch.randint_like(x, 9)", "F.dropout1d(x, 0.5)", "F.alpha_dropout(x, 0.5)"),
        randomness=("same", "different"),
    ),
    *over(
        "raised(lambda: torch.func.vmap(lambda b: {drawn} + b)(torch.ones(2)))",
        drawn=("torch.randint_like(torch.ones(3), 9)", "F.dropout1d(torch.ones(3, 4), 0.5)"),
    ),
]

FOREACH = over(
    "raised(lambda: torch._foreach_{name}_([torch.ones(2, dtype=torch.int32)], {other}))",
    name=("minimum", "maximum", "clamp_max", "clamp_min"),
    other=("[torch.ones(2)]", "0.5"),
) + over(
    "torch._foreach_{name}_([T(3), T(2)], {other})",
    name=("minimum", "maximum"),
    other=("0.5", "[T(3, shift=0.1), T(2, shift=0.4)]", "[0.1, -0.2]"),
)

NAMED = [
    *over(
        "torch.ops.aten.__{name}__{overload}(torch.tensor(6), torch.tensor(3))",
        name=("and", "or", "xor", "lshift", "rshift", "iand", "ior", "ixor"),
        overload=("", ".Tensor"),
    ),
]

STORAGES = [
    *over(
        "torch.{name}Storage.from_buffer(bytearray(range(16)), '{order}').tolist()",
        name=("Short", "Int", "Double", "BFloat16", "ComplexFloat", "Char", "Bool"),
        order=("native", "little", "big"),
    ),
    "torch.IntStorage.from_buffer(bytearray(range(16)), 'big', 2, 4).tolist()",
    "torch.CharStorage.from_buffer(bytearray(range(4)), 'other').tolist()",
    "said(lambda: torch.IntStorage.from_buffer(bytearray(range(16)), 'other'))",
    "said(lambda: torch.BoolStorage.from_buffer(bytearray(range(16)), 'other'))",
]

APPLIED = [
    *over(
        "raised(lambda: torch.ones(2).{applied})",
        applied=("apply_(lambda x: 'a')", "apply_(lambda x: None)", "map_(torch.ones(2), lambda x, y: 'a')"),
    ),
    "torch.ones(2).apply_(lambda x: True)",
    "torch.ones(2).apply_(lambda x: torch.tensor(3))",
    "torch.arange(3).apply_(lambda x: x * 1.5)",
    "torch.ones(2).map_(torch.ones(2) * 3, lambda x, y: x + y)",
]

# Two values lie at one place.
DOUBLE = "torch.sparse_coo_tensor(torch.tensor([[0, 0, 2, 1]]), {values}, (4,)).requires_grad_()"
OF_DOUBLE = (
    "x.to_dense().sum()",
    "(x.to_dense() * torch.arange(4.0)).sum()",
    "(x * 2).to_dense().sum()",
    "(x * x).to_dense().sum()",
    "torch.sparse.sum(x)",
    "(x.coalesce() * x.coalesce()).to_dense().sum()",
    "(x.coalesce().values() ** 2).sum()",
    "(x + x).to_dense().pow(2).sum()",
    "(x / 3).to_dense().sum()",
    "(-x).to_dense().pow(3).sum()",
    "(x * torch.arange(4.0)).to_dense().sum()",
)
PLACES = [
    *(
        f"(lambda x: torch.autograd.grad({call}, x)[0].to_dense())({DOUBLE.format(values='torch.arange(1.0, 5.0)')})"
        for call in OF_DOUBLE
    ),
    *(
        f"grads(lambda v: (lambda x: {call})({DOUBLE.format(values='v')[:-17]}), torch.arange(1.0, 5.0))"
        for call in OF_DOUBLE
    ),
]

SAMPLED = [
    *over(
        "torch.sparse.sampled_addmm({sparse}.to_sparse_csr(), T(2, 3, 4), T(2, 4, 3), beta={beta}, alpha=2.0).to_dense()",
        sparse=("torch.eye(3).double()", "torch.stack([torch.eye(3), torch.eye(3)]).double()"),
        beta=(0.0, 0.5),
    ),
    *over(
        "said(lambda: torch.sparse.sampled_addmm({sparse}.to_sparse_csr(), T{first}, T{second}))",
        sparse=("torch.stack([torch.eye(3), torch.eye(3)]).double()",),
        first=("(3, 4)", "(3, 3, 4)"),
        second=("(4, 3)", "(3, 4, 3)"),
    ),
    *over(
        "torch.select_copy(torch.eye(4).to_sparse_{layout}(), {dim}, {index}).is_coalesced()",
        layout=("csr", "csc"),
        dim=(0, 1),
        index=(0, 2),
    ),
]

RANKS = [
    *over(
        "raised(lambda: torch.func.vmap({name})(torch.eye(5)))",
        name=(
            *(
                f"torch.linalg.{name}"
                for name in ["cholesky", "cholesky_ex", "det", "slogdet", "eig", "eigvals", "eigh", "eigvalsh"]
            ),
            *(
                f"torch.linalg.{name}"
                for name in ["inv", "inv_ex", "lu", "lu_factor", "lu_factor_ex", "ldl_factor", "qr", "svd", "svdvals"]
            ),
            *(
                f"torch.{name}"
                for name in [
                    "cholesky",
                    "logdet",
                    "det",
                    "slogdet",
                    "inverse",
                    "cholesky_inverse",
                    "matrix_exp",
                    "qr",
                    "geqrf",
                ]
            ),
        ),
    ),
    *over(
        "raised(lambda: torch.func.vmap(lambda x: {sum})(torch.ones(5, 5)))",
        sum=(
            "torch.addmm(torch.ones(5, 5), x, x)",
            "torch.addmm(torch.ones(5, 5), torch.ones(5, 5), x)",
            "torch.addmv(x, x, x)",
            "torch.baddbmm(x, x, x)",
            "torch.addbmm(torch.ones(5, 5), torch.ones(5, 5), x)",
        ),
    ),
    *over(
        "torch.func.vmap({name})(torch.stack([torch.eye(3).double() * 2, T(3, 3) + torch.eye(3) * 4]))",
        name=("torch.linalg.det", "torch.linalg.inv", "torch.linalg.cholesky_ex", "torch.matrix_exp"),
    ),
    "torch.func.vmap(lambda x: torch.addmv(x, torch.ones(3, 3).double(), x))(T(3, 3))",
]

GENERATORS = [
    "(lambda g: g.set_state(g.get_state()) is g)(torch.Generator())",
    "(lambda g: torch.rand(3, generator=torch.Generator().set_state(g.get_state())))(torch.Generator().manual_seed(3))",
    *over(
        "str(torch.UntypedStorage(8, device={device}).device)",
        device=("'cpu'", "'meta'", "torch.device('meta')", "None"),
    ),
]

CASES = {
    "samples that are no matrices": RANKS,
    "states and devices": GENERATORS,
    "several values at a place": PLACES,
    "samples of products": SAMPLED,
    "storages of buffers": STORAGES,
    "functions of elements": APPLIED,
    "sparse and dense of other dtypes": APART,
    "written to in place": IN_PLACE,
    "diagonals": DIAGONALS,
    "bags of indices": BAGS,
    "random numbers of samples": DRAWN,
    "lists of tensors": FOREACH,
    "operators by name": NAMED,
}
