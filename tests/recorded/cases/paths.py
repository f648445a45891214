"""Functions that are composed of others: their options, defaults, bounds and refusals."""

GRADIENT = [
    "torch.gradient(T(5))",
    "torch.gradient(T(4, 3), spacing=2.0)",
    "torch.gradient(T(4, 3), spacing=None)",
    "torch.gradient(T(4, 3), spacing=[2.0, 0.5], edge_order=2)",
    "torch.gradient(T(4, 3), spacing=(torch.tensor([0.0, 1.0, 3.0, 4.5]).double(), T(3)), edge_order=2)",
    "torch.gradient(T(4, 3), spacing=(torch.tensor([0.0, 1.0, 3.0, 4.5]).double(),), dim=0)",
    "torch.gradient(T(4, 3), spacing=(torch.tensor([0.0, 1.0, 3.0, 4.5]).double(),), dim=-2, edge_order=2)",
    "torch.gradient(T(3, 4), dim=(1, -2))",
    "torch.gradient(T(2), edge_order=1)",
    "torch.gradient(I(9, 5))",
    *(
        f"said(lambda: torch.gradient({call}))"
        for call in (
            "T(2), edge_order=2",
            "T(1)",
            "T(3), edge_order=3",
            "T(3), edge_order=0",
            "T(3, 3), dim=(0, -2)",
            "T(3, 3), dim=2",
            "T(3, 3), dim=-3",
            "T(3, 3), spacing=[1.0]",
            "T(3, 3), spacing=[1.0, 2.0], dim=0",
        )
    ),
    "raised(lambda: torch.gradient(T(3), spacing=(T(3, 1),)))",
    "raised(lambda: torch.gradient(torch.ones(3, dtype=torch.uint8)))",
]

HISTOGRAMS = [
    "list(torch.histogram(T(20), 4))",
    "list(torch.histogram(T(20), 4, range=(-1.0, 1.0)))",
    "torch.histogram(T(20)).hist.shape",
    "list(torch.histogram(T(4, 5), 3, weight=P(4, 5), density=True))",
    "list(torch.histogram(T(20), torch.tensor([-1.0, 0.0, 0.25, 1.0]).double()))",
    "list(torch.histogram(torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0]), torch.tensor([-1.0, 0.0, 1.0])))",
    "list(torch.histogram(torch.tensor([1.0, 1.0]), 3))",
    "list(torch.histogram(torch.zeros(0), 2))",
    "list(torch.histogram(T(9), 2, range=(0.5, 0.5)))",
    "(lambda h, e: [list(torch.histogram(T(9), 2, out=(h, e))), h, e])(torch.zeros(0).double(), torch.zeros(0).double())",
    "(lambda r: [r.hist, list(r.bin_edges)])(torch.histogramdd(T(10, 2), [2, 3]))",
    "(lambda r: [r.hist, list(r.bin_edges)])(torch.histogramdd(T(10, 2), 2, range=(-1.0, 1.0, 0.0, 1.5), weight=P(10), density=True))",
    "(lambda r: [r.hist, list(r.bin_edges)])(torch.histogramdd(T(2, 5, 2), [torch.tensor([-1.0, 0.0, 2.0]).double()] * 2, weight=P(2, 5)))",
    "(lambda r: [r.hist, list(r.bin_edges)])(torch.histogramdd(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), [1, 2]))",
    *(
        f"raised(lambda: {call})"
        for call in (
            "torch.histogram(T(3), 0)",
            "torch.histogram(T(3), torch.tensor([1.0]).double())",
            "torch.histogram(T(3), torch.zeros(0).double())",
            "torch.histogram(T(3), torch.zeros(1, 2).double())",
            "torch.histogram(T(3), torch.zeros(2))",
            "torch.histogram(T(3), 2, range=(1.0, 0.0))",
            "torch.histogram(T(3), 2, range=(0.0, math.inf))",
            "torch.histogram(T(3), 2, range=(-math.inf, 0.0))",
            "torch.histogram(T(3), 2, range=(0.0, 1.0, 2.0))",
            "torch.histogram(T(3), 2, weight=T(2))",
            "torch.histogram(T(3), 2, weight=T(3).float())",
            "torch.histogram(I(3, 3), 2)",
            "torch.histogram(T(3), True)",
            "torch.histogramdd(T(3), 2)",
            "torch.histogramdd(T(3, 2), [2])",
            "torch.histogramdd(T(3, 2), 2, weight=T(3, 2))",
        )
    ),
]

HASHES = [
    *(f"torch.hash_tensor(I(99, {size})).item()" for size in ("1", "2", "3", "7", "4, 3", "5, 3, 2")),
    "torch.hash_tensor(I(99, 3, 4, 5), 1).tolist()",
    "torch.hash_tensor(I(99, 3, 4, 5), -1, keepdim=True).tolist()",
    "torch.hash_tensor(I(99, 3, 4, 5), (0, -1)).tolist()",
    "torch.hash_tensor(I(99, 3, 4), keepdim=True).tolist()",
    "torch.hash_tensor(I(99, 3, 4), []).tolist()",
    "[torch.hash_tensor(T(5).to(d)).item() for d in (torch.float64, torch.float32, torch.float16, torch.bfloat16)]",
    "[torch.hash_tensor(I(9, 5).to(d)).item() for d in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)]",
    "torch.hash_tensor(torch.tensor(5)).item()",
    "[torch.hash_tensor(torch.tensor(5), d).item() for d in (0, -1)]",
    "torch.hash_tensor(torch.tensor(5), keepdim=True).shape",
    "torch.hash_tensor(torch.zeros(0, 3), 1).tolist()",
    *(
        f"raised(lambda: torch.hash_tensor({call}))"
        for call in (
            "T(3), 1",
            "T(3), -2",
            "T(3, 2), (0, -2)",
            "torch.zeros(0)",
            "torch.zeros(0, 3), 0",
            "T(3), mode=1",
            "T(3).to(torch.complex64)",
            "torch.tensor(1), 1",
            "torch.tensor(1), -2",
            "T(3), out=torch.zeros(0)",
        )
    ),
]

REDUCED = [
    "[torch.norm(T(3, 4), p) for p in ('fro', None, 'nuc', 1, 0, math.inf, -math.inf, 2.5)]",
    "[torch.norm(T(3, 4), p, 1, True) for p in ('fro', None, 1, 0, math.inf)]",
    "[torch.norm(T(2, 3, 4), 'nuc', (0, 1)), torch.norm(T(2, 3, 4), 'nuc', (0, 1), True), torch.norm(T(2, 3, 4), 2, (0, 1))]",
    "[raised(lambda: torch.norm(T(3), 'nuc')), raised(lambda: torch.norm(T(2, 3, 4), 'nuc'))]",
    "torch.norm(T(3).float(), dtype=torch.float64)",
    "[torch.dist(T(3), T(3, shift=0.1)), torch.dist(T(3), T(3, shift=0.1), 1), torch.dist(T(3), T(3, shift=0.1), 0)]",
    "[torch.diff(T(5), n) for n in range(7)]",
    "[torch.diff(T(3, 4), dim=d) for d in (0, 1, -1, -2)]",
    "torch.diff(T(3, 4), 2, 0, T(1, 4), T(2, 4))",
    "torch.diff(T(3), prepend=T(1))",
    "torch.diff(T(3), append=T(2))",
    "torch.diff(M(6))",
    "torch.diff(T(3, 4), dim=-2, prepend=T(2, 4))",
    *(
        f"raised(lambda: torch.diff({call}))"
        for call in (
            "torch.tensor(1.0)",
            "T(3), -1",
            "T(3, 4), 1, 0, T(4)",
            "T(3, 4), 1, 0, T(1, 3)",
            "T(3, 4), 1, -2, T(1, 3)",
            "T(3), 1, 1",
            "T(3), 1, -2",
        )
    ),
    "[torch.inner(T(3), T(3)), torch.inner(T(2, 3), T(4, 3)), torch.inner(T(2, 3), torch.tensor(2.0)), "
    "torch.inner(torch.tensor(2.0).double(), T(2))]",
    "[torch.cov(T(3, 5)), torch.cov(T(5)), torch.cov(torch.tensor(2.0)), torch.cov(I(9, 2, 5))]",
    "[torch.cov(T(3, 5), correction=c) for c in (0, 1, 2)]",
    "torch.cov(T(3, 5), fweights=torch.tensor([1, 2, 0, 1, 3]))",
    "torch.cov(T(3, 5), aweights=P(5))",
    "torch.cov(T(3, 5), aweights=P(5), correction=0)",
    "torch.cov(T(3, 5), fweights=torch.tensor([1, 2, 0, 1, 3]), aweights=P(5), correction=2)",
    "torch.cov(torch.complex(T(2, 4), T(2, 4, shift=0.1)), fweights=torch.tensor([1, 2, 0, 1]))",
    "torch.cov(T(2, 1)).isnan()",
    "[torch.cov(T(2, 4), correction=4), torch.cov(T(2, 4), correction=6)]",
    *(
        f"raised(lambda: torch.cov(T(2, 3), {call}))"
        for call in (
            "fweights=torch.tensor([1, 2])",
            "fweights=torch.tensor([[1, 2, 3]])",
            "fweights=torch.tensor([1, -1, 3])",
            "fweights=T(3).abs()",
            "aweights=torch.tensor([1, 2, 3])",
            "aweights=-P(3)",
            "aweights=P(2)",
        )
    ),
    "torch.cov(T(2, 3), fweights=torch.tensor([0, 1, 2]), aweights=torch.tensor([0.0, 1.0, 2.0]).double())",
    "[raised(lambda: torch.cov(T(2, 3, 4))), raised(lambda: torch.cov(M(4))), raised(lambda: torch.corrcoef(T(2, 3, 4)))]",
    "[torch.corrcoef(T(3, 5)), torch.corrcoef(T(5)), torch.corrcoef(torch.complex(T(2, 4), T(2, 4, shift=0.1)))]",
    "torch.corrcoef(torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [-1.0, -2.0, -3.0]]))",
    "[torch.trapezoid(T(4)), torch.trapezoid(T(4), dx=0.5), torch.trapezoid(T(3, 4), dim=0), torch.trapezoid(T(1)), "
    "torch.trapezoid(T(0, 3), dim=0), torch.trapezoid(T(4), T(4, shift=0.2)), torch.trapezoid(T(3, 4), T(3), dim=0), "
    "torch.trapezoid(T(3, 4), T(3, 4, shift=0.1)), torch.trapezoid(T(2, 3, 4), T(3, 4, shift=0.1), dim=1)]",
    "[torch.cumulative_trapezoid(T(4)), torch.cumulative_trapezoid(T(4), dx=0.5), torch.cumulative_trapezoid(T(3, 4), dim=0), "
    "torch.cumulative_trapezoid(T(1)), torch.cumulative_trapezoid(T(0)), torch.cumulative_trapezoid(T(4), T(4, shift=0.2)), "
    "torch.cumulative_trapezoid(T(3, 4), T(3), dim=0), torch.cumulative_trapezoid(T(2), dx=torch.tensor(2.0))]",
    *(
        f"[raised(lambda: torch.{name}({call})) for _ in '1']"
        for name in ("trapezoid", "cumulative_trapezoid")
        for call in ("T(3), T(2)", "M(3)", "T(3), M(3)", "T(3), T(3), dx=1.0", "T(3), dx=T(1)", "T(3, 4), T(3)")
    ),
    "raised(lambda: torch.trapezoid(T(3), dx=torch.tensor(1.0, requires_grad=True)))",
    "[torch.renorm(T(3, 4), 2, 0, 1.0), torch.renorm(T(3, 4), 1, -1, 1.0), torch.renorm(T(2, 3, 2), math.inf, 1, 0.5), "
    "torch.renorm(T(2, 2), 2, 0, 0.0), torch.renorm(3e-7 * T(2, 2), 2, 0, 2e-7), torch.renorm(torch.tensor([[3.0, 4.0]]), 2, 0, 5.0)]",
    *(
        f"raised(lambda: torch.renorm({call}))"
        for call in (
            "T(3), 2, 0, 1.0",
            "T(3, 4), 0, 0, 1.0",
            "T(3, 4), -1, 0, 1.0",
            "T(3, 4), 2, 0, -1.0",
            "T(3, 4), 2, 2, 1.0",
            "T(3, 4), 2, -3, 1.0",
        )
    ),
]

NUMBERS = [
    "[torch.deg2rad(torch.tensor([90.0, -30.0])), torch.rad2deg(T(3)), torch.deg2rad(I(90, 3))]",
    "[torch.float_power(T(3).abs(), 2), torch.float_power(2, I(4, 3)), torch.float_power(I(4, 3), 2j), torch.float_power(2j, I(4, 3))]",
    "[torch.ldexp(T(3), torch.tensor([1, -2, 0])), torch.ldexp(I(4, 3), torch.tensor([1, -2, 0])), torch.ldexp(T(2), T(2)), "
    "torch.ldexp(T(2).float(), torch.tensor([200, -140])), torch.ldexp(torch.tensor([1e-30, 3e38]), torch.tensor([140, -150]))]",
    "[torch.angle(torch.tensor([-1.0, 0.0, 2.0, math.nan])), torch.angle(torch.tensor([-1, 0, 2])), torch.angle(torch.complex(T(3), T(3, shift=0.1)))]",
    "grads(torch.angle, torch.tensor([-1.0, 0.5, 2.0]).double())",
    "[torch.isreal(torch.tensor([1 + 0j, 1j])), torch.isreal(T(2)), torch.isreal(I(3, 2))]",
    "[torch.positive(T(2)), raised(lambda: torch.positive(M(2)))]",
    "[torch.mvlgamma(3 + P(3), p) for p in (1, 2, 3)]",
    "[torch.mvlgamma(torch.tensor([4, 5]), 2), raised(lambda: torch.mvlgamma(P(2), 0)), raised(lambda: torch.mvlgamma(P(2), True))]",
    "[list(torch.frexp(x)) for x in (T(4), T(4).float(), torch.tensor([0.0, 1.0, 0.5, 1e-300, 5e-324, math.inf, -math.inf, -8.0]).double(), "
    "torch.tensor([2.0 ** -1000, 2.0 ** -1001, 1e-310]).double())]",
    "[torch.vander(T(3)), torch.vander(T(3), 0), torch.vander(T(3), 1), torch.vander(T(3), 2, True), torch.vander(I(4, 3), 4), "
    "torch.vander(M(3), 3), torch.vander(T(0))]",
    "[raised(lambda: torch.vander(T(3), -1)), raised(lambda: torch.vander(T(3, 1))), raised(lambda: torch.vander(torch.tensor(1.0)))]",
    "[torch.norm_except_dim(T(3, 4), 2, 0), torch.norm_except_dim(T(3, 4), 1, 1), torch.norm_except_dim(T(3, 4), 2, -1), "
    "torch.norm_except_dim(T(3)), torch.norm_except_dim(T(2, 3, 2), 2, 2), torch.norm_except_dim(T(3, 4))]",
    "[raised(lambda: torch.norm_except_dim(T(3, 4), 2, 2)), raised(lambda: torch.norm_except_dim(T(3, 4), 2, -3))]",
    "[torch._int_mm(I(9, 3, 4).to(torch.int8), I(9, 4, 8).to(torch.int8)), raised(lambda: torch._int_mm(I(9, 3, 4), I(9, 4, 8)))]",
    "torch.pinverse(torch.tensor([[1.0, 0.0], [0.0, 1e-3]]), 1e-2)",
    "[torch.pinverse(torch.diag(torch.tensor([1.0, 1e-14])).double()), torch.pinverse(torch.diag(torch.tensor([1.0, 1e-16])).double())]",
    "[list(torch.svd(T(3, 2), compute_uv=False)), [x.shape for x in torch.svd(T(3, 2), False)], [x.shape for x in torch.svd(T(3, 2))], "
    "[x.shape for x in torch.svd(T(2, 3, 2), some=False, compute_uv=False)]]",
    "[[x for x in torch.lu(T(3, 3), get_infos=i)] for i in (False, True)]",
    "[x for x in torch.lu(torch.eye(2) * 2)]",
    "[torch.chain_matmul(T(2, 3)), torch.chain_matmul(T(2, 3), T(3, 2)), raised(lambda: torch.chain_matmul(T(3), T(3, 2)))]",
    *(
        f"list(torch.triangular_solve(T(3, 2), T(3, 3) + 2 * torch.eye(3).double(), {u}, {t}, {d}))"
        for u in (True, False)
        for t in (True, False)
        for d in (True, False)
    ),
    "list(torch.triangular_solve(T(3, 2), T(3, 3) + 2 * torch.eye(3).double()))",
    "list(torch.triangular_solve(T(2, 3, 2), T(3, 3) + 2 * torch.eye(3).double(), upper=False))",
    "[raised(lambda: torch.triangular_solve(T(3), T(3, 3))), raised(lambda: torch.triangular_solve(T(3, 1), T(3)))]",
    "[torch.nuclear_norm(T(3, 4)), torch.nuclear_norm(T(3, 4), keepdim=True), torch.nuclear_norm(T(2, 3, 4), (0, 2)), torch.frobenius_norm(T(3, 4), 1), "
    "torch.frobenius_norm(T(3, 4), (0, 1), True)]",
]

ASKED = [
    "[torch.get_device(T(2)), torch.is_same_size(T(2), T(2)), torch.is_same_size(T(2), T(1, 2)), torch.is_signed(I(3, 1)), torch.is_nonzero(T(1))]",
    "[raised(lambda: torch.is_nonzero(T(2))), raised(lambda: torch.is_nonzero(T(0)))]",
    "[x.dim_order() for x in (T(2, 3, 4), T(2, 3, 4).transpose(0, 2), T(2, 3).t(), T(2, 3, 4).permute(1, 2, 0), T(1, 3, 1), "
    "T(3, 1).expand(3, 4), T(2, 3, 4, 5).to(memory_format=torch.channels_last), torch.tensor(1.0))]",
    "[x.dim_order(ambiguity_check=True) for x in (T(2, 3, 4), T(2, 3).t())]",
    "[raised(lambda: x.dim_order(ambiguity_check=True)) for x in (T(1, 3), T(3, 1).expand(3, 4), T(3, 1))]",
    "T(1, 3, 4, 5).dim_order(ambiguity_check=[torch.contiguous_format, torch.channels_last])",
    "[raised(lambda: T(1, 3, 4, 5).dim_order(ambiguity_check=c)) for c in ([], [torch.channels_last], 1, ['x'], [torch.contiguous_format] * 2)]",
    "raised(lambda: T(2, 1, 1, 1).dim_order(ambiguity_check=[torch.contiguous_format, torch.channels_last]))",
    "(lambda x: [x.is_set_to(x), x.is_set_to(x[1:]), x.is_set_to(x.view(2, 2)), x.is_set_to(x.clone()), x.is_set_to(x.view(4)), "
    "x.view(2, 2).is_set_to(x.view(2, 2).t()), x[:2].is_set_to(x[1:3])])(T(4))",
    "[torch.is_conj(torch.complex(T(2), T(2)).conj()), torch.is_neg(torch.complex(T(2), T(2)).conj().imag), torch.numel(T(3, 2)), torch.is_inference(T(1))]",
]

WINDOWS = [
    *(
        f"[torch.{name}_window(n, p) for n in (0, 1, 2, 5) for p in (True, False)] + [torch.{name}_window(4)]"
        for name in ("bartlett", "blackman", "hamming", "hann", "kaiser")
    ),
    *(
        f"[raised(lambda: torch.{name}_window(-1)), raised(lambda: torch.{name}_window(3, dtype=torch.int64)), "
        f"torch.{name}_window(3, dtype=torch.float64, requires_grad=True).requires_grad, torch.{name}_window(1, requires_grad=True).requires_grad, "
        f"torch.{name}_window(3).requires_grad, torch.{name}_window(1).requires_grad]"
        for name in ("bartlett", "blackman", "hamming", "hann", "kaiser")
    ),
    "[torch.hamming_window(5, True, 0.6, 0.3), torch.hamming_window(5, True, 0.6), torch.kaiser_window(5, True, 4.0)]",
    *(
        f"[torch.signal.windows.{name}(n, sym=s{more}) for n in (0, 1, 2, 5) for s in (True, False)] + [torch.signal.windows.{name}(4{more}), "
        f"torch.signal.windows.{name}(4{more}, dtype=torch.float64, requires_grad=True).requires_grad, torch.signal.windows.{name}(4{more}).requires_grad, "
        f"torch.signal.windows.{name}(1{more}).requires_grad, torch.signal.windows.{name}(1{more}, requires_grad=True).requires_grad]"
        for name, more in (
            ("bartlett", ""),
            ("blackman", ""),
            ("cosine", ""),
            ("exponential", ", tau=2.0"),
            ("exponential", ""),
            ("gaussian", ""),
            ("gaussian", ", std=0.7"),
            ("general_cosine", ", a=[0.4, 0.3, 0.3]"),
            ("general_hamming", ""),
            ("general_hamming", ", alpha=0.6"),
            ("hamming", ""),
            ("hann", ""),
            ("kaiser", ""),
            ("kaiser", ", beta=3.0"),
            ("nuttall", ""),
        )
    ),
    "torch.signal.windows.exponential(5, center=1.0, sym=False)",
    *(
        f"raised(lambda: torch.signal.windows.{call})"
        for call in (
            "exponential(5, center=1.0)",
            "exponential(5, tau=0.0)",
            "gaussian(5, std=0.0)",
            "kaiser(5, beta=-1.0)",
            "hann(-1)",
            "hann(3, dtype=torch.float16)",
            "general_cosine(3, a=[])",
            "general_cosine(3, a=1.0)",
            "bartlett(-1)",
            "hann(3, layout=torch.sparse_coo)",
        )
    ),
    "torch.signal.windows.kaiser(3, beta=0.0)",
]

COPIES = [
    "(lambda t: [torch.split_copy(T(4), 2, out=[t, T(2)]), t])(T(2, shift=3.0))",
    "raised(lambda: torch.split_copy(T(4), 2, out=[T(0)]))",
    "raised(lambda: torch.split_copy(T(4), 2, out=T(0)))",
    "[torch.view_copy(T(4), (2, 2)), torch.view_copy(T(2), torch.int64).shape, torch.view_copy(T(2, 3).t(), (6,)), torch.alias_copy(T(2))]",
    "[list(torch.unbind_copy(T(2, 2))), torch.narrow_copy(T(4), 0, 1, 2), T(4).narrow_copy(0, 1, 2), list(T(5).unsafe_chunk(2)), list(torch.unsafe_split(T(5), 2))]",
    *(
        f"(lambda x: torch.{call}.grad_fn.name())(T(2, 3).requires_grad_())"
        for call in (
            "alias_copy(x)",
            "view_copy(x, (6,))",
            "narrow_copy(x, 0, 0, 1)",
            "t_copy(x)",
            "permute_copy(x, (1, 0))",
            "unbind_copy(x)[0]",
            "expand_copy(x, (2, 2, 3))",
            "diagonal_copy(x)",
        )
    ),
    "torch.t_copy(T(2, 3)).stride()",
]

SEGMENTS = [
    f"grads(lambda x: torch.segment_reduce(x, '{how}', lengths=torch.tensor([2, 0, 3, 1]){more}), T(6{size}))"
    for how in ("sum", "mean", "max", "min", "prod")
    for more in ("", ", initial=0.5", ", unsafe=True")
    for size in ("", ", 2")
] + [
    "grads(lambda x: torch.segment_reduce(x, 'max', lengths=torch.tensor([2, 2])), torch.tensor([1.0, 1.0, 0.0, math.nan]).double())",
    "grads(lambda x: torch.segment_reduce(x, 'prod', lengths=torch.tensor([2, 2, 3])), torch.tensor([2.0, 0.0, 3.0, math.nan, math.nan, 1.0, math.nan]).double())",
    "torch.segment_reduce(T(6), 'sum', offsets=torch.tensor([0, 2, 6]))",
    "torch.segment_reduce(T(2, 3), 'sum', lengths=torch.tensor([[1, 2], [3, 0]]), axis=1)",
    *(
        f"raised(lambda: torch.segment_reduce(T(6), {call}))"
        for call in (
            "'sum'",
            "'sum', lengths=torch.tensor([2, 3])",
            "'sum', lengths=torch.tensor([7, -1])",
            "'other', lengths=torch.tensor([6])",
            "'sum', lengths=torch.tensor([6.0])",
        )
    ),
]

PLAIN = [
    *(
        f"seeded(lambda: torch.{name}(torch.ones(2, 3, 2), 0.5, {train}))"
        for name in ("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout")
        for train in (True, False)
    ),
    *(
        f"seeded(lambda: (lambda x: [torch.{name}(x, 0.5, True) is x, x])(torch.ones(2, 3, 2)))"
        for name in ("dropout_", "alpha_dropout_", "feature_dropout_", "feature_alpha_dropout_")
    ),
    "[raised(lambda: torch.feature_dropout(T(3), 0.5, True)), seeded(lambda: torch.feature_dropout(torch.ones(2, 3), 0.5, True))]",
    "torch.batch_norm(T(4, 3), P(3), T(3), T(3), P(3), False, 0.1, 1e-2, False)",
    "torch.batch_norm(T(4, 3), None, None, None, None, True, 0.1, 1e-2, False)",
    "(lambda m, v: [torch.batch_norm(T(4, 3), None, None, m, v, True, 0.3, 1e-2, True), m, v])(T(3), P(3))",
    "(lambda m, v: [torch.instance_norm(T(2, 3, 4), P(3), T(3), m, v, True, 0.3, 1e-2, True), m, v])(T(3), P(3))",
    "torch.instance_norm(T(2, 3, 4), None, None, T(3), P(3), False, 0.3, 1e-2, True)",
    "list(torch.adaptive_max_pool1d(T(1, 2, 7), 3))",
    "[grads(lambda w: torch.embedding(w, I(3, 4), p), T(3, 2)) for p in (-1, 0, 1)]",
    "grads(lambda w: torch.embedding(w, torch.tensor([0, 1, 1])), T(3, 2))",
    "grads(lambda w: torch.embedding(w, torch.tensor([0, 1, 1]), scale_grad_by_freq=True), T(3, 2))",
    *(
        f"torch.grid_sampler(T(1, 1, 3, 3), T(1, 2, 2, 2), {m}, {p}, {a})"
        for m in (0, 1, 2)
        for p in (0, 1, 2)
        for a in (False, True)
    ),
    "torch.grid_sampler_2d(T(1, 1, 3, 3), T(1, 2, 2, 2), 0, 1, True)",
    "torch.grid_sampler_3d(T(1, 1, 3, 3, 2), T(1, 2, 2, 1, 3), 0, 1, True)",
    *(
        f"torch.cosine_embedding_loss(T(3, 4), T(3, 4, shift=0.1), torch.tensor([1, -1, 1]).double(), 0.2, {r})"
        for r in (0, 1, 2)
    ),
    "torch.cosine_embedding_loss(T(3, 4), T(3, 4, shift=0.1), -torch.ones(3).double())",
    *(f"torch.hinge_embedding_loss(T(3), torch.tensor([1, -1, -1]).double(), 0.8, {r})" for r in (0, 1, 2)),
    "torch.hinge_embedding_loss(T(3), torch.tensor([1, -1, -1]).double())",
    *(f"torch.kl_div(T(3), P(3), {r}, log_target={t})" for r in (0, 1, 2) for t in (False, True)),
    "torch.kl_div(T(3), P(3))",
    *(f"torch.margin_ranking_loss(T(3), P(3), torch.tensor([1, -1, -1]).double(), 0.8, {r})" for r in (0, 1, 2)),
    "torch.margin_ranking_loss(T(3), P(3), torch.tensor([1, -1, -1]).double())",
    *(
        f"torch.poisson_nll_loss(P(3), 3 * P(3), {log}, {full}, 0.1, {r})"
        for r in (0, 1, 2)
        for log in (True, False)
        for full in (True, False)
    ),
    *(
        f"torch.triplet_margin_loss(T(2, 3), P(2, 3), T(2, 3, shift=0.1), 0.7, 1.5, 1e-2, {s}, {r})"
        for s in (True, False)
        for r in (0, 1, 2)
    ),
    "torch.triplet_margin_loss(T(2, 3), T(2, 3), T(2, 3, shift=0.1))",
    "torch.triplet_margin_loss(T(2, 3), T(2, 3, shift=0.9), T(2, 3))",
    "torch.triplet_margin_loss(T(2, 3), P(2, 3), T(2, 3), eps=0.1)",
    *(
        f"torch.binary_cross_entropy_with_logits(T(3), P(3), {w}, {p}, {r})"
        for r in (0, 1, 2)
        for w in ("None", "P(3)")
        for p in ("None", "P(3)")
    ),
    "torch.binary_cross_entropy_with_logits(T(3), P(3))",
    *(
        f"torch.ctc_loss(T(6, 2, 4).log_softmax(2), torch.tensor([[1, 2, 2], [3, 1, 1]]), torch.tensor([6, 3]), torch.tensor([3, 3]), 0, {r}, {z})"
        for r in (0, 1, 2)
        for z in (False, True)
    ),
    "torch.ctc_loss(T(6, 2, 4).log_softmax(2), torch.tensor([[1, 2, 2], [3, 1, 1]]), torch.tensor([6, 3]), torch.tensor([3, 3]))",
    *(
        f"(lambda r: [r[0], *([] if {m} == 0 else r[1:])])(torch.embedding_bag(T(4, 3), torch.tensor([0, 2, 1, 1, 3]), torch.tensor([0, 2, 2, {'5' if last else '4'}]), False, {m}, "
        f"False, None, {last}, {pad}))"
        for m in (0, 1, 2)
        for last in (False, True)
        for pad in (None, 1, -1)
        if not (last and m == 0)
    ),
    "raised(lambda: torch.grid_sampler_3d(T(1, 1, 3, 3), T(1, 2, 2, 2), 0, 0, True))",
]

STATES = {
    "lstm": (
        "torch.lstm(T(3, 2, 2), (T({n}, 2, 3), T({n}, 2, 3, shift=0.1)), {w}, {b}, {layers}, 0.0, False, {two}, {first})",
        12,
    ),
    "gru": ("torch.gru(T(3, 2, 2), T({n}, 2, 3), {w}, {b}, {layers}, 0.0, False, {two}, {first})", 9),
    "rnn_tanh": ("torch.rnn_tanh(T(3, 2, 2), T({n}, 2, 3), {w}, {b}, {layers}, 0.0, False, {two}, {first})", 3),
    "rnn_relu": ("torch.rnn_relu(T(3, 2, 2), T({n}, 2, 3), {w}, {b}, {layers}, 0.0, False, {two}, {first})", 3),
}


def _recurrent(name: str, biases: bool, layers: int, two: bool) -> str:
    text, rows = STATES[name]
    weights = []
    for layer in range(layers):
        for way in range(1 + two):
            width = 2 if layer == 0 else 3 * (1 + two)
            shift = 0.2 + layer + 0.3 * way
            weights += [f"T({rows}, {width}, shift={shift})", f"T({rows}, 3, shift={shift + 0.1})"]
            weights += [f"T({rows}, shift={shift + 0.2})", f"T({rows}, shift={shift + 0.3})"] if biases else []
    filled = text.format(
        n=layers * (1 + two), w=f"[{', '.join(weights)}]", b=biases, layers=layers, two=two, first=False
    )
    return f"list({filled})"


RECURRENT = [
    _recurrent(name, biases, layers, two)
    for name in STATES
    for biases, layers, two in ((True, 1, False), (False, 2, True), (True, 2, True))
] + [
    "list(torch.lstm(T(2, 3, 2), (T(1, 2, 3), T(1, 2, 3)), [T(12, 2), T(12, 3)], False, 1, 0.0, False, False, True))",
    "list(torch.gru(T(5, 2), torch.tensor([2, 2, 1]), T(1, 2, 3), [T(9, 2), T(9, 3)], False, 1, 0.0, False, False))",
    "list(torch.lstm(T(5, 2), torch.tensor([2, 2, 1]), (T(1, 2, 3), T(1, 2, 3)), [T(12, 2), T(12, 3)], False, 1, 0.0, False, False))",
    "list(torch.lstm(T(3, 2, 2), (T(1, 2, 2), T(1, 2, 3)), [T(12, 2), T(12, 2), T(2, 3)], False, 1, 0.0, False, False, False))",
    "list(torch.lstm_cell(T(2, 3), (T(2, 2), T(2, 2)), T(8, 3), T(8, 2)))",
    "list(torch.lstm_cell(T(2, 3), (T(2, 2), T(2, 2)), T(8, 3), T(8, 2), T(8), P(8)))",
    "torch.gru_cell(T(2, 3), T(2, 2), T(6, 3), T(6, 2), T(6), P(6))",
    "torch.rnn_tanh_cell(T(2, 3), T(2, 2), T(2, 3), T(2, 2), T(2), P(2))",
    "torch.rnn_relu_cell(T(2, 3), T(2, 2), T(2, 3), T(2, 2))",
    *(
        f"raised(lambda: torch.{call})"
        for call in (
            "lstm_cell(T(2, 3), (T(2, 2),), T(8, 3), T(8, 2))",
            "gru_cell(T(2, 4), T(2, 2), T(6, 3), T(6, 2))",
            "gru_cell(T(2, 3), T(2, 3), T(6, 3), T(6, 2))",
            "gru(T(3, 2, 2), T(1, 2, 3), [T(9, 2)], False, 1, 0.0, False, False, False)",
            "lstm(T(3, 2, 2), (T(1, 2, 3),), [T(12, 2), T(12, 3)], False, 1, 0.0, False, False, False)",
            "gru(T(3, 2, 2), T(1, 2, 3), [T(9, 2), T(9, 3)], False, 1, 0.0, False, False)",
        )
    ),
]

CASES = {
    "gradient": GRADIENT,
    "histograms": HISTOGRAMS,
    "hashes": HASHES,
    "reduced": REDUCED,
    "numbers": NUMBERS,
    "asked": ASKED,
    "windows": WINDOWS,
    "copies": COPIES,
    "segments": SEGMENTS,
    "plain": PLAIN,
    "recurrent": RECURRENT,
}
