"""Functions of `nn.functional` that no other record shows, and options of those that are written in Python."""

POOL_SHAPES = {1: "8", 2: "5, 6", 3: "4, 5, 4"}

CASES: dict[str, list[str]] = {
    **{f"F.{name}_": [f"F.{name}_(T(7))"] for name in ("celu", "elu", "leaky_relu", "relu", "selu")},
    "F.hardtanh_": ["F.hardtanh_(T(7), -0.5, 0.4)"],
    "F.threshold_": ["F.threshold_(T(7), 0.2, 3.0)"],
    "F.rrelu_": ["F.rrelu_(T(7))", "seeded(lambda: F.rrelu_(T(7), 0.2, 0.4, training=True))"],
    "F.native_channel_shuffle": [
        "F.native_channel_shuffle(T(2, 6, 2), 3)",
        "F.native_channel_shuffle(T(1, 4, 2, 3), 2)",
    ],
    "F.grouped_mm": [
        f"F.grouped_mm({a}.bfloat16(), {b}.bfloat16(){offs})"
        for a, b, offs in (
            ("T(4, 8)", "T(2, 8, 8)", ", offs=torch.tensor([1, 4], dtype=torch.int32)"),
            ("T(2, 4, 8)", "T(2, 8, 8)", ""),
            ("T(8, 16)", "T(16, 8)", ", offs=torch.tensor([8, 16], dtype=torch.int32)"),
        )
    ],
    "F.scaled_mm": [
        "F.scaled_mm(T(16, 16).to(torch.float8_e4m3fn), T(16, 16).to(torch.float8_e4m3fn).t(), torch.tensor(2.0), "
        "F.ScalingType.TensorWise, torch.tensor(3.0), F.ScalingType.TensorWise)",
    ],
    "F.scaled_grouped_mm": ["list(__import__('inspect').signature(F.scaled_grouped_mm).parameters)"],
    "F.ScalingType": ["[F.ScalingType.TensorWise.name, F.ScalingType.RowWise.name]"],
    "F.SwizzleType": ["F.SwizzleType.NO_SWIZZLE.name"],
    "F.tanh": ["grads(F.tanh, T(7))"],
    "F.sigmoid": ["grads(F.sigmoid, T(7))"],
    "F.softmax": ["grads(lambda x: F.softmax(x, 0), T(3, 2))", "F.softmax(T(3, 2).float(), -1, dtype=torch.float64)"],
    "F.log_softmax": [
        "grads(lambda x: F.log_softmax(x, 0), T(3, 2))",
        "F.log_softmax(T(2).float(), -1, dtype=torch.float64)",
    ],
    "F.dropout1d": ["seeded(lambda: F.dropout1d(T(2, 3, 4)))", "F.dropout1d(T(2, 3, 4), training=False)"],
    "F.triplet_margin_with_distance_loss": [
        "grads(F.triplet_margin_with_distance_loss, T(4, 3), T(4, 3, shift=0.1), T(4, 3, shift=0.9))",
        "F.triplet_margin_with_distance_loss(T(4, 3), T(4, 3, shift=0.1), T(4, 3, shift=0.9), margin=0.2, swap=True, "
        "reduction='none')",
    ],
    **{
        f"F.adaptive_max_pool{d}d_with_indices": [f"F.adaptive_max_pool{d}d_with_indices(T(1, 2, {s}), 2)"]
        for d, s in POOL_SHAPES.items()
    },
    **{
        f"F.max_pool{d}d_with_indices": [f"F.max_pool{d}d_with_indices(T(1, 2, {s}), 3, 2, 1, ceil_mode=True)"]
        for d, s in POOL_SHAPES.items()
    },
    **{
        f"F.fractional_max_pool{d}d_with_indices": [
            f"F.fractional_max_pool{d}d_with_indices(T(1, 2, *[7] * {d}), 2, 3, _random_samples=P(1, 2, {d}))"
        ]
        for d in (2, 3)
    },
    **{f"F.lp_pool{d}d": [f"grads(lambda x: F.lp_pool{d}d(x, 3.0, 2), P(1, 2, {s}))"] for d, s in POOL_SHAPES.items()},
    **{
        f"F.max_unpool{d}d": [
            f"F.max_unpool{d}d(*F.max_pool{d}d(T(1, 2, {s}), 2, 2, return_indices=True), 2, output_size=({s},))",
            f"F.max_unpool{d}d(*F.max_pool{d}d(T(1, 2, {s}), 3, 2, 1, return_indices=True), 3, 2, 1, output_size=({s},))",
        ]
        for d, s in POOL_SHAPES.items()
    },
    "F.local_response_norm": ["grads(lambda x: F.local_response_norm(x, 3, 0.4, 0.6, 1.5), T(2, 5, 3))"],
    "F.gumbel_softmax": [
        "seeded(lambda: F.gumbel_softmax(T(3, 4), tau=0.7, dim=0))",
        "seeded(lambda: F.gumbel_softmax(T(3, 4), hard=True))",
    ],
    "F.one_hot": ["F.one_hot(I(4, 3))", "F.one_hot(I(4, 2, 2), 6)"],
    "F.normalize": ["grads(F.normalize, T(2, 3))", "F.normalize(T(2, 3), 3.0, 0, 5.0)"],
    "F.cosine_similarity": ["grads(lambda a, b: F.cosine_similarity(a, b, 0, 0.4), T(3, 2), T(3, 2, shift=0.1))"],
    "F.pairwise_distance": [
        "grads(lambda a, b: F.pairwise_distance(a, b, 3.0, 0.1, True), T(3, 2), T(3, 2, shift=0.1))"
    ],
    "F.interpolate": [
        "grads(lambda x: F.interpolate(x, scale_factor=1.5, mode='bilinear', antialias=True), T(1, 1, 4, 3))",
        "grads(lambda x: F.interpolate(x, (2, 2), mode='bicubic', antialias=True, align_corners=True), T(1, 1, 4, 3))",
        "F.interpolate(T(1, 1, 4), scale_factor=0.6, mode='area')",
    ],
    "F.grid_sample": [
        f"grads(lambda x, g: F.grid_sample(x, g, {mode!r}, {padding!r}, {corners}), T(1, 1, 3, 4), T(1, 2, 2, 2, scale=1.3))"
        for mode in ("bilinear", "nearest", "bicubic")
        for padding in ("zeros", "border", "reflection")
        for corners in (False, True)
    ],
    "F.affine_grid": ["grads(lambda t: F.affine_grid(t, [1, 1, 2, 3], align_corners=True), T(1, 2, 3))"],
    "F.pad": [
        "F.pad(T(1, 2, 5), (2, -1), 'constant', 0.5)",
        "F.pad(T(1, 2, 5), (2, 1), 'reflect')",
        "F.pad(T(1, 1, 3, 4), (1, 2, 0, 1), 'circular')",
    ],
    "F.embedding": ["grads(lambda w: F.embedding(I(4, 5), w, padding_idx=1, scale_grad_by_freq=True), T(4, 2))"],
    "F.multi_head_attention_forward": [
        "F.multi_head_attention_forward(T(3, 1, 4), T(3, 1, 4), T(3, 1, 4), 4, 2, T(12, 4), T(12), None, None, False, 0.0, "
        "T(4, 4), T(4))",
    ],
    "F.scaled_dot_product_attention": [
        "grads(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3), T(1, 2, 3, 4), "
        "T(1, 2, 3, 4, shift=0.1), T(1, 2, 3, 4, shift=0.4))",
        "F.scaled_dot_product_attention(T(1, 4, 3, 4), T(1, 2, 3, 4), T(1, 2, 3, 4), enable_gqa=True)",
    ],
    "F.cross_entropy": [
        "grads(lambda x: F.cross_entropy(x, I(3, 2, 4), ignore_index=0, label_smoothing=0.1), T(2, 3, 4))"
    ],
    "F.unfold": ["F.unfold(T(1, 2, 4, 3), (2, 1), (1, 2), (0, 1), (2, 1))"],
    "F.fold": [
        "F.fold(T(1, 4, 6), (3, 4), 2)",
        "F.fold(T(4, 6), (3, 4), 2)",
        "raised(lambda: F.fold(T(6), (3, 4), 2))",
    ],
    **{
        f"F.{name}": [
            f"seeded(lambda: F.{name}(T(2, 3, 2, 2, 2), training=True))",
            f"F.{name}(T(2, 3, 2, 2, 2), training=False)",
        ]
        for name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout3d")
    },
    "F.embedding_bag": [
        f"F.embedding_bag(torch.tensor([1]), T(4, 2), torch.tensor([0, 1]), mode={mode!r})"
        for mode in ("sum", "mean", "max")
    ],
}
