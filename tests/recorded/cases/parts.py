"""Windows, lazy layers, plateaus, packed sequences, pruning, line searches, histograms and transforms of signals."""

W = "torch.signal.windows"
WINDOWS = [
    f"{W}.{name}({n}{tail}, dtype=torch.float64)"
    for name, tails in {
        "bartlett": ("", ", sym=False"),
        "blackman": ("", ", sym=False"),
        "cosine": ("", ", sym=False"),
        "exponential": ("", ", tau=2.0", ", sym=False", ", center=1.0, sym=False"),
        "gaussian": ("", ", std=2.0", ", sym=False"),
        "general_cosine": (", a=[0.5, 0.3, 0.2]", ", a=[0.5, 0.5], sym=False"),
        "general_hamming": ("", ", alpha=0.7", ", sym=False"),
        "hamming": ("", ", sym=False"),
        "hann": ("", ", sym=False"),
        "kaiser": ("", ", beta=5.0", ", sym=False"),
        "nuttall": ("", ", sym=False"),
    }.items()
    for tail in tails
    for n in (0, 1, 2, 5, 6)
] + [
    f"torch.{name}_window({n}, {p}, dtype=torch.float64)"
    for name in ("bartlett", "blackman", "hamming", "hann", "kaiser")
    for n in (1, 2, 5)
    for p in (True, False)
]

REST = [
    *(
        f"[torch.nn.{lazy}({args}).cls_to_become.__name__, repr(torch.nn.{lazy}({args}))]"
        for lazy, args in (
            ("LazyLinear", "3"),
            ("LazyBatchNorm1d", ""),
            ("LazyBatchNorm2d", "affine=False"),
            ("LazyBatchNorm3d", "momentum=None"),
            ("LazyInstanceNorm1d", ""),
            ("LazyInstanceNorm2d", "affine=True"),
            ("LazyInstanceNorm3d", "track_running_stats=True"),
            ("LazyConv1d", "3, 2"),
            ("LazyConvTranspose2d", "3, 2"),
            ("LazyBatchNorm1d", "affine=False, track_running_stats=False"),
        )
    ),
    *(
        f"(lambda m: [m(T(2, 3, 4).float()).shape, repr(m)])(nn.{lazy})"
        for lazy in (
            "LazyBatchNorm1d()",
            "LazyBatchNorm1d(affine=False)",
            "LazyBatchNorm1d(track_running_stats=False)",
            "LazyInstanceNorm1d()",
            "LazyInstanceNorm1d(affine=True)",
            "LazyConv1d(2, 1)",
            "LazyConvTranspose1d(2, 1)",
            "LazyLinear(2, bias=False)",
        )
    ),
    *(
        f"(lambda o, s: [[s.step(m), s.last_epoch, s.num_bad_epochs, s.best, o.param_groups[0]['lr']][1:] for m in (1.0, 1.1, 1.1, 0.99995, 1.2, 1.3, 0.5)])(*(lambda o: (o, S.ReduceLROnPlateau(o{t})))(optim.SGD([torch.zeros(1)], lr=1.0)))"
        for t in (
            "",
            ", patience=0",
            ", patience=1, cooldown=1",
            ", mode='max', patience=0",
            ", threshold_mode='abs', patience=1",
            ", factor=0.5, patience=0, min_lr=0.3",
            ", patience=0, eps=0.95",
            ", mode='max', threshold_mode='abs', patience=1, threshold=0.05",
        )
    ),
    *(
        f"utils.rnn.pad_packed_sequence(utils.rnn.pack_sequence([T(3), T(2)]), batch_first={b}, total_length={n})"
        for b in (True, False)
        for n in (None, 3, 4)
    ),
    "said(lambda: utils.rnn.pad_packed_sequence(utils.rnn.pack_sequence([T(3), T(2)]), total_length=2))",
    *(
        f"(lambda m: [prune.{how}, sorted(dict(m.named_buffers())), m.weight, prune.is_pruned(m)][1:])(fill(nn.Linear(3, 2)))"
        for how in (
            "l1_unstructured(m, 'weight', 2)",
            "l1_unstructured(m, 'weight', 0.5)",
            "ln_structured(m, 'weight', 1, 2, 0)",
            "ln_structured(m, 'weight', 1, float('inf'), 1)",
            "ln_structured(m, 'weight', 0.34, 1, -1)",
            "identity(m, 'weight')",
            "custom_from_mask(m, 'weight', torch.tensor([[1, 0, 1], [0, 1, 1]]))",
            "l1_unstructured(m, 'weight', 0)",
        )
    ),
    *(
        f"(lambda m: [prune.l1_unstructured(m, 'weight', 1), prune.l1_unstructured(m, 'weight', {n}), m.weight_mask, m.weight][2:])(fill(nn.Linear(3, 2)))"
        for n in (1, 2, 0.5)
    ),
    "(lambda m: [prune.global_unstructured([(m[0], 'weight'), (m[1], 'weight')], prune.L1Unstructured, amount=3), m[0].weight, m[1].weight][1:])(fill(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))))",
    *(
        f"train(lambda p: optim.LBFGS(p, lr={lr}, max_iter={n}, history_size={h}, line_search_fn={s}), 3, True)"
        for lr, n, h, s in (
            (1, 4, 10, "'strong_wolfe'"),
            (0.1, 3, 2, "None"),
            (2.0, 5, 1, "'strong_wolfe'"),
            (0.01, 2, 3, "'strong_wolfe'"),
            (10.0, 6, 4, "'strong_wolfe'"),
        )
    ),
    *(
        f"seeded(lambda: [s.shape for s in torch.pca_lowrank(T(6, 4){t})])"
        for t in ("", ", q=2", ", center=False, niter=0")
    ),
    *(f"seeded(lambda: [s.shape for s in torch.svd_lowrank(T(5, 4), {q})])" for q in (1, 2, 4)),
    "seeded(lambda: torch.pca_lowrank(T(6, 3) + 5, 3)[1])",
    "seeded(lambda: torch.pca_lowrank(T(6, 3) + 5, 3, center=False)[1])",
    "seeded(lambda: torch.svd_lowrank(T(5, 3), 3)[1])",
    "seeded(lambda: torch.svd_lowrank(T(5, 3), 3, M=T(1, 3))[1])",
    *(
        f"torch.{f}"
        for f in (
            "histogram(T(6), 3)",
            "histogram(T(6), torch.tensor([-1.0, 0.0, 1.0]).double())",
            "histogram(T(6), 3, range=(-1.0, 1.0), density=True)",
            "histogram(T(6), 3, weight=P(6))",
            "histogramdd(T(5, 2), [2, 3])",
            "histogramdd(T(5, 2), [2, 2], range=[-1.0, 1.0, -2.0, 2.0], density=True)",
            "bincount(torch.tensor([0, 2, 2]), minlength=5)",
            "bincount(torch.tensor([0, 2]), T(2))",
            "histc(T(6), 4)",
            "histc(T(6), 4, -1, 1)",
            "histc(torch.ones(3), 2)",
            "cdist(T(3, 2), T(2, 2))",
            "cdist(T(3, 2), T(2, 2), 1.0)",
            "cdist(T(3, 2), T(2, 2), 0.0)",
            "cdist(T(3, 2), T(2, 2), float('inf'))",
            "cdist(T(3, 2), T(0, 2))",
            "block_diag(T(2), T(2, 1))",
            "cartesian_prod(T(2), T(2))",
            "combinations(T(3))",
            "combinations(T(3), 2, True)",
            "meshgrid(T(2), T(3), indexing='xy')",
            "tensordot(T(2, 3), T(3, 2), 1)",
            "tensordot(T(2, 3), T(2, 3), ([0, 1], [0, 1]))",
            "unravel_index(torch.tensor([5, 1]), (2, 3))",
            "atleast_2d(T(2))",
            "atleast_3d(T(2))",
            "unique_consecutive(torch.tensor([1, 1, 2, 1]), return_counts=True, return_inverse=True)",
            "lu_unpack(*torch.linalg.lu_factor(T(2, 2)))",
            "norm(T(2, 2), 'nuc')",
            "norm(T(2, 2), 1, dim=0, keepdim=True)",
            "broadcast_shapes((2, 1), 3, (1, 3))",
            "stft(T(8), 4, 2, return_complex=True)",
            "stft(T(8), 4, 2, 3, center=False, onesided=False, return_complex=True)",
            "istft(torch.stft(T(8), 4, 2, return_complex=True, window=torch.hann_window(4).double()), 4, 2, window=torch.hann_window(4).double())",
        )
    ),
    "torch.nn.attention.SDPBackend.EFFICIENT_ATTENTION.value",
    "[b.value for b in torch.nn.attention.SDPBackend.__members__.values()]",
    "[F._get_softmax_dim('softmax', n, 3) for n in range(5)]",
]


CASES: dict[str, list[str]] = {"windows": WINDOWS, "other parts": REST}
