"""Functions composed of others: options together, more dimensions, empty and single elements, and what they refuse."""

from recorded.cases.options import over

CURVES = [
    *over(
        "grads(lambda x: torch.gradient(x, spacing={spacing}, dim={dim}, edge_order={order}), T(4, 5))",
        spacing=("1", "0.5", "(2.0, 0.3)", "(torch.tensor([0.0, 1.0, 3.0, 4.5]).double(), torch.arange(5).double() ** 2)"),
        dim=("None", "(0, 1)"),
        order=(1, 2),
    ),
    *over(
        "torch.gradient(T(4, 3, 3), spacing={spacing}, dim={dim}, edge_order={order})",
        spacing=("2", "[0.7]"),
        dim=(0, -1, "(1,)", "[-2]"),
        order=(1, 2),
    ),
    "torch.gradient(torch.tensor([1, 4, 9, 16]))",
    "torch.gradient(T(3), spacing=torch.tensor(2.0))",
    "torch.gradient(T(2))",
    "torch.gradient(T(3), edge_order=2)",
    "torch.gradient(T(3, 4), dim=(1, 0), spacing=(0.5, 2.0))",
    *(
        f"raised(lambda: torch.gradient({call}))"
        for call in (
            "T(1)",
            "T(2), edge_order=2",
            "T(3), edge_order=3",
            "T(3), edge_order=0",
            "T(3, 3), spacing=(1.0,)",
            "T(3, 3), spacing=(1.0, 2.0, 3.0)",
            "T(3, 3), dim=(0, 0)",
            "T(3, 3), dim=2",
            "T(3, 3), dim=-3",
            "T(3), spacing=torch.ones(3)",
            "T(3), spacing=(torch.ones(3, 1).double(),)",
            "torch.tensor([1, 2, 3], dtype=torch.uint8)",
        )
    ),
    *over(
        "torch.diff(T(2, 4, 3), n={n}, dim={dim}{more})",
        n=(0, 1, 2, 3, 5),
        dim=(0, 1, -1),
        more=("",),
    ),
    *over(
        "grads(lambda a, b: torch.diff(T(2, 3), {n}, {dim}, prepend=a, append=b), T({shape}), T({shape}, shift=0.1))",
        n=(1, 2),
        dim=("1", "-1"),
        shape=("2, 1", "2, 2"),
    ),
    "torch.diff(T(2, 3), dim=0, prepend=T(1, 3))",
    "torch.diff(T(2, 3), dim=-2, append=T(2, 3))",
    "torch.diff(torch.tensor([True, False, False, True]))",
    "torch.diff(torch.tensor([1, 4, 9, 16]), 2)",
    "torch.diff(torch.zeros(0))",
    "torch.diff(torch.zeros(1), 3)",
    "torch.diff(T(4), out=torch.zeros(3).double())",
    *(
        f"raised(lambda: torch.diff({call}))"
        for call in ("T(3), -1", "torch.tensor(1.0)", "T(2, 3), prepend=T(3)", "T(2, 3), prepend=T(3, 1)", "T(2, 3), append=T(1, 1)", "T(3), dim=1")
    ),
    *over(
        "grads(lambda y: torch.{name}(y{more}), T(3, 4))",
        name=("trapezoid", "cumulative_trapezoid"),
        more=("", ", dx=0.5", ", dim=0", ", dx=2, dim=-2", ", T(4, shift=0.1)", ", T(3), dim=0", ", T(3, 4, shift=0.2)", ", T(1, 4)"),
    ),
    *over(
        "torch.{name}({args})",
        name=("trapezoid", "cumulative_trapezoid"),
        args=("T(1)", "T(2)", "torch.zeros(0)", "torch.zeros(2, 0)", "T(2, 1, 3), dim=1", "torch.tensor([1, 2, 4])"),
    ),
    *over(
        "raised(lambda: torch.{name}({args}))",
        name=("trapezoid", "cumulative_trapezoid"),
        args=("T(3), T(4)", "torch.tensor([True])", "T(2), torch.tensor([True, False])", "T(2), T(2), dx=1.0", "T(2), dim=1"),
    ),
]  # fmt: skip

STATISTICS = [
    *over(
        "grads(lambda x: torch.cov(x, correction={correction}, fweights={f}, aweights={a}), T(3, 5))",
        correction=(0, 1, 2),
        f=("None", "torch.tensor([1, 2, 1, 3, 0])"),
        a=("None", "P(5)"),
    ),
    *(
        f"torch.cov({call})"
        for call in ("T(4)", "torch.tensor(2.0)", "T(2, 1), correction=0", "torch.tensor([[1, 2, 4], [3, 1, 1]])", "torch.complex(T(2, 4), T(2, 4, shift=0.1))")
    ),
    *(
        f"raised(lambda: torch.cov({call}))"
        for call in (
            "T(2, 2, 2)", "M(3)", "T(3), fweights=torch.tensor([1.0, 2.0, 3.0])", "T(3), aweights=torch.tensor([1, 2, 3])",
            "T(3), fweights=torch.tensor([1, 2])", "T(3), aweights=P(2)", "T(3), fweights=torch.tensor([1, -1, 2])",
            "T(3), aweights=T(3)", "T(3), fweights=torch.ones(3, 1).long()",
        )
    ),
    *(
        f"torch.corrcoef({call})"
        for call in ("T(3, 5)", "T(4)", "torch.tensor(2.0)", "T(2, 5).float() * 1e3", "torch.complex(T(2, 4), T(2, 4, shift=0.1))")
    ),
    "raised(lambda: torch.corrcoef(T(2, 2, 2)))",
    *over(
        "grads(lambda x: torch.renorm(x, {p}, {dim}, {most}), T(2, 3, 2))",
        p=(1, 2, 0.5, 3.0, "float('inf')"),
        dim=(0, 1, -1),
        most=("1.0", "0.0"),
    ),
    "(lambda x: [x.renorm_(2, 0, 1.0), x])(T(2, 3))",
    *(f"raised(lambda: torch.renorm({call}))" for call in ("T(3), 2, 0, 1.0", "T(2, 3), 0, 0, 1.0", "T(2, 3), -1, 0, 1.0", "T(2, 3), 2, 2, 1.0", "T(2, 3), 2, -3, 1.0", "T(2, 3), 2, 0, -1.0")),
    *(f"grads(torch.kron, T({a}), T({b}, shift=0.2))" for a, b in (("2", "3"), ("2, 3", "2"), ("2", "2, 3"), ("2, 1, 2", "3, 2"))),
    "torch.kron(torch.tensor(2.0), T(2, 2))",
    *over(
        "grads(lambda a, b: torch.cdist(a, b, {p}), T({a}), T({b}, shift=0.3))",
        p=(0.5, 1, 2, 3, "float('inf')"),
        a=("3, 2", "2, 3, 2"),
        b=("4, 2", "2, 1, 2"),
    ),
    *over(
        "torch.cdist(T(27, 3), T(2, 3, shift=0.3), compute_mode='{mode}')",
        mode=("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"),
    ),
    *(f"torch.cdist({call})" for call in ("T(2, 0), T(3, 0)", "T(0, 2), T(3, 2)", "T(2, 3), T(2, 3), 0", "T(25, 1), T(26, 1)")),
    *(
        f"raised(lambda: torch.cdist({call}))"
        for call in ("T(2), T(2)", "T(2, 2), T(2)", "T(2, 2), T(2, 3)", "I(3, 2, 2), I(3, 2, 2)", "T(2, 2), T(2, 2), -1", "T(2, 2), T(2, 2), compute_mode='x'")
    ),
    *over(
        "grads(lambda x: torch.norm(x, {p}, {dim}, {keep}), T(2, 3))",
        p=("'fro'", "'nuc'", "2", "1", "float('inf')", "-float('inf')", "None", "3.5"),
        dim=("None", "(0, 1)"),
        keep=(True, False),
    ),
    *(f"torch.norm({call})" for call in ("T(3, 4), 1, 0", "T(3, 4), dim=-1", "T(2, 3, 4), 'nuc', (0, 2)", "T(2, 3, 4), 'fro', (1, 2), True", "T(3).float(), 2, dtype=torch.float64", "torch.complex(T(3), T(3))")),
    *(f"raised(lambda: torch.norm({call}))" for call in ("T(3), 'nuc'", "T(2, 3, 4), 'nuc'", "T(3), 'x'", "I(3, 3)", "T(2, 3), 2, 2")),
    *(f"torch.dist(T(3), T(3, shift=0.1), {p})" for p in (0, 1, 2, 3, "float('inf')", 0.5)),
    *(f"torch.inner({call})" for call in ("T(3), T(3)", "T(2, 3), T(3)", "T(2, 3), T(4, 3)", "torch.tensor(2.0), T(3)", "T(3), torch.tensor(2.0)", "T(2, 2, 3), T(3)")),
    "raised(lambda: torch.inner(T(2), T(3)))",
]  # fmt: skip

COUNTS = [
    *over(
        "torch.histogram(T(3, 4), {bins}, {more}density={density})",
        bins=("1", "4", "torch.tensor([-1.5, -0.5, 0.0, 1.0]).double()"),
        more=("", "weight=P(3, 4), "),
        density=(True, False),
    ),
    *over("torch.histogram(T(6), {n}, range={bounds})", n=(1, 3), bounds=("(-1.0, 1.0)", "(0.0, 0.0)", "(0.5, 0.5)", "(-5.0, 9.0)")),
    "torch.histogram(torch.ones(4), 3)",
    "torch.histogram(torch.tensor([0.0, 1.0, 2.0, 3.0]), 3)",
    "torch.histogram(torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0]), torch.tensor([0.0, 1.0, 3.0]))",
    "torch.histogram(torch.zeros(0), 2)",
    *over(
        "torch.histogramdd(T(5, 2), {bins}, {more}density={density})",
        bins=("2", "[2, 3]", "[torch.tensor([-1.5, 0.0, 1.5]).double(), torch.tensor([-1.0, 0.5, 1.0, 1.5]).double()]"),
        more=("", "weight=P(5), "),
        density=(True, False),
    ),
    "torch.histogramdd(T(2, 3, 3), [2, 1, 2], weight=P(2, 3))",
    "torch.histogramdd(T(5, 2), [2, 2], range=(-1.0, 1.0, 0.0, 0.0))",
    *(
        f"raised(lambda: torch.histogram({call}))"
        for call in (
            "T(3), 0", "T(3), -1", "I(3, 3), 2", "T(3), True", "T(3), 2.0", "T(3), torch.zeros(0).double()", "T(3), torch.zeros(2, 2).double()",
            "T(3), torch.zeros(2)", "T(3), 2, range=(1.0, 0.0)", "T(3), 2, range=(0.0, float('inf'))", "T(3), 2, range=(0.0,)",
            "T(3), 2, weight=P(2)", "T(3), 2, weight=P(3).float()", "T(3) * math.nan, 2", "T(3), torch.ones(1).double()",
        )
    ),
    *(
        f"raised(lambda: torch.histogramdd({call}))"
        for call in ("T(3), 2", "T(3, 2), [2]", "T(3, 2), [2, 2, 2]", "T(3, 2), [2, 0]", "T(3, 2), 2, range=(0.0, 1.0)", "T(3, 2), 2, weight=P(2)")
    ),
    *over("torch.histc(T(6), {bins}, {low}, {high})", bins=(1, 4), low=(-1, 0), high=(0, 1, 2)),
    *(f"raised(lambda: torch.histc({call}))" for call in ("T(3), 0", "T(3), 3, 1, 0", "T(3), 3, 0, float('inf')", "T(3) * math.nan, 3")),
    *over("torch.bincount(torch.tensor({x}), {weights}, {least})", x=([0, 2, 2], [1]), weights=("None",), least=(0, 2, 5)),
    *(f"raised(lambda: torch.bincount({call}))" for call in ("torch.tensor([-1])", "torch.tensor([1.0])", "torch.tensor([[1]])", "torch.tensor([1]), P(2)", "torch.tensor([1]), None, -1")),
]  # fmt: skip

BYTES = "(torch.arange({n}) * 37 % 251 + torch.arange({n}) % 5).to(torch.uint8).reshape({shape})"
IMAGE = BYTES.format(n=2 * 3 * 9 * 11, shape="2, 3, 9, 11")
BYTES_RESIZED = [
    *over(
        f"F.interpolate({IMAGE}, size={{size}}, mode={{mode}}, align_corners={{align}}, antialias={{antialias}})",
        size=((4, 5), (9, 20), (23, 11), (1, 3), (9, 11)),
        mode=("'bilinear'", "'bicubic'"),
        align=(False, True),
        antialias=(False, True),
    ),
    *over(
        f"F.interpolate({IMAGE}, scale_factor={{factor}}, mode={{mode}}, recompute_scale_factor={{again}}, antialias={{antialias}})",
        factor=(0.7, (1.6, 0.45), 1.01),
        mode=("'bilinear'", "'bicubic'"),
        again=(None, True),
        antialias=(False, True),
    ),
    *over(f"F.interpolate({IMAGE}{{view}}, size=(5, 7), mode='bilinear')", view=("[:, :, ::2]", ".mT", "[:1, 1:]", ".contiguous(memory_format=torch.channels_last)")),
    *over(f"F.interpolate({IMAGE}, size={{size}}, mode={{mode}})", size=((4, 5), (20, 33)), mode=("'nearest'", "'nearest-exact'")),
    *over(f"F.interpolate({IMAGE}.flatten(1, 2), size={{size}}, mode={{mode}})", size=(5, 23), mode=("'nearest'", "'nearest-exact'")),
    *(
        f"raised(lambda: F.interpolate(torch.zeros({shape}), size={size}, mode='{mode}'))"
        for shape, mode in (("2, 0, 4", "linear"), ("2, 3, 0", "nearest"), ("2, 0, 4, 5", "bicubic"), ("2, 3, 4, 0", "bilinear"), ("2, 2, 4, 0, 6", "trilinear"))
        for size in (3, 0)
    ),
    "F.interpolate(torch.zeros(0, 3, 4, 5), size=(2, 2), mode='bilinear')",
]  # fmt: skip

INDEXED = (
    "torch.repeat_interleave(T(4, 5), INDEX, 0)",
    "torch.repeat_interleave(INDEX)",
    "torch.repeat_interleave(T(4, 5), INDEX, 0, output_size=6)",
    "T(4, 5).index_copy_(0, INDEX, T(4, 5))",
    "T(4, 5).index_select(0, INDEX)",
    "T(4, 5).index_add_(0, INDEX, T(4, 5))",
    "T(4, 5).index_fill_(0, INDEX, 1.0)",
    "T(4, 5).gather(1, INDEX[:, None])",
    "T(4, 5).scatter(1, INDEX[:, None], T(4, 5))",
    "T(4, 5).take(INDEX)",
    "torch.take_along_dim(T(4, 5), INDEX[:, None], 1)",
    "F.nll_loss(T(4, 5), INDEX)",
    "F.cross_entropy(T(4, 5), INDEX)",
    "F.one_hot(INDEX, 5)",
    "F.embedding(INDEX, T(4, 5))",
    "F.max_unpool1d(T(1, 4), INDEX[None], 1)",
    "torch.tensor_split(T(4, 5), INDEX.sort()[0])",
    "torch.bincount(INDEX)",
    "F.margin_ranking_loss(INDEX, INDEX + 1, INDEX - 2)",
    "torch.tensor([0, 3, 1, 2], dtype=torch.INDEX)",
)
INDICES_BY_DTYPE = [
    *(
        f"raised(lambda: {call.replace('INDEX', f'torch.tensor([0, 3, 1, 2], dtype=torch.{dtype})')})"
        for call in INDEXED
        for dtype in ("int64", "int32", "int16", "float32")
    ),
    *over("F.max_unpool2d(T(3, 2, 4), torch.arange(24).reshape(3, 2, 4) % 8, 2, output_size={size})", size=("None", "(4, 8)", "(5, 9)", "(3, 7)")),
    *over(
        "raised(lambda: F.max_unpool2d(T(3, 2, 4), torch.arange(24).reshape(3, 2, 4) % 8, 2, output_size={size}))",
        size=("(4,)", "(3, 4, 8)", "(6, 10)", "()", "(2, 8)"),
    ),
]  # fmt: skip

OF_DTYPES = {
    "int32": "torch.tensor([1, 2, 3], dtype=torch.int32)",
    "bool": "torch.tensor([True, False, True])",
    "float32": "torch.tensor([0.5, 1.5, 2.0])",
    "complex64": "torch.tensor([1j, 2, 3])",
    "float64": "torch.tensor([0.5, 1.5, 2.0]).double()",
}

# What a tensor cannot store is refused first, whatever the op is defined for.
IN_PLACE = [
    f"raised(lambda: {target}.{op}_({other}))"
    for op in (
        "gcd",
        "hypot",
        "nextafter",
        "atan2",
        "xlogy",
        "copysign",
        "floor_divide",
        "bitwise_and",
        "div",
        "sub",
        "pow",
    )
    for kind, target in OF_DTYPES.items()
    for other_kind, other in OF_DTYPES.items()
    if kind != other_kind and kind != "complex64"
] + [f"raised(lambda: {x}.square_())" for x in OF_DTYPES.values()]

OUTER_SUMS = [
    "(lambda f: [raised(f), f() if raised(f) == 'nothing' else None])(lambda: torch.addr("
    f"torch.ones(2, 3).to(torch.{a}), torch.arange(2).to(torch.{b}), torch.arange(3).to(torch.{c}){more}))"
    for a in OF_DTYPES
    for b in OF_DTYPES
    for c in ("int32", "float32", "bool", "complex64")
    for more in ("", ", beta=2, alpha=3", ", beta=0.5", ", alpha=True")
]

CASES: dict[str, list[str]] = {
    "indices_by_dtype": INDICES_BY_DTYPE,
    "bytes_resized": BYTES_RESIZED,
    "in_place": IN_PLACE,
    "outer_sums": OUTER_SUMS,
    "curves": CURVES,
    "statistics": STATISTICS,
    "counts": COUNTS,
}
