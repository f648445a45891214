"""Linear algebra under its old names, and functions of neighbours, counts and segments."""

CASES: dict[str, list[str]] = {
    "torch.nuclear_norm": ["torch.nuclear_norm(T(3, 2))"],
    "torch.chain_matmul": ["grads(torch.chain_matmul, T(2, 3), T(3, 1), T(1, 4))"],
    "torch.frobenius_norm": ["grads(lambda x: torch.frobenius_norm(x, 1, True), T(2, 3))"],
    "torch.norm_except_dim": ["grads(lambda x: torch.norm_except_dim(x, 2, 1), T(2, 3, 2))", "torch.norm_except_dim(T(3), 3, -1)"],
    "torch.matrix_power": ["grads(lambda x: torch.matrix_power(x, 3), T(2, 3, 3))"],
    "Tensor.matrix_power": ["T(2, 2).matrix_power(0)"],
    "torch.vander": ["[torch.vander(T(3)), torch.vander(I(5, 3), 4, increasing=True)]"],
    "torch.segment_reduce": [
        "torch.segment_reduce(T(6, 2), 'mean', lengths=torch.tensor([1, 3, 2]))",
        "torch.segment_reduce(T(2, 4), 'max', lengths=torch.tensor([[1, 3], [2, 2]]), axis=1)",
        "torch.segment_reduce(T(5), 'prod', offsets=torch.tensor([0, 2, 2, 5]), initial=2)",
    ],
    "torch.is_same_size": ["[torch.is_same_size(T(2, 3), P(2, 3)), torch.is_same_size(T(2), T(2, 1))]"],
    "torch.is_signed": ["[torch.is_signed(T(1)), torch.is_signed(T(1).byte())]"],
    "torch.get_device": ["torch.get_device(T(1))"],
    "torch.detach_": ["torch.detach_(T(2).requires_grad_() * 2)"],
    "Tensor.is_set_to": ["(lambda x: [x.is_set_to(x[:]), x.is_set_to(x.clone()), x.is_set_to(x.t())])(T(2, 2))"],
    "torch.adaptive_max_pool1d": ["torch.adaptive_max_pool1d(T(1, 8), 3)"],
    **{
        f"torch.{name}{end}": [f"torch.{name}{end}(T(2, 3), 0.5, False)"]
        for name in ("alpha_dropout", "dropout", "feature_alpha_dropout", "feature_dropout")
        for end in ("", "_")
    },
    "torch.batch_norm": ["grads(lambda x: torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False), T(4, 2))"],
    "torch.instance_norm": ["torch.instance_norm(T(1, 2, 4), P(2), T(2), None, None, True, 0.1, 1e-5, False)"],
    "torch.embedding": ["grads(lambda w: torch.embedding(w, I(4, 3), 1), T(4, 2))"],
    "torch.embedding_bag": [f"torch.embedding_bag(T(6, 2), I(6, 5), torch.tensor([0, 2]), mode={mode})[0]" for mode in range(3)]
    + [f"torch.embedding_bag(T(6, 2), I(6, 5), torch.tensor([0, 2, 2]), mode={mode})[1:]" for mode in (1, 2)],
    **{
        f"torch.{name}": [f"torch.{name}(T(1, 2, 3, 3), T(1, 2, 2, 2), {mode}, {padding}, True)" for mode, padding in ((0, 0), (1, 1), (2, 2))]
        for name in ("grid_sampler", "grid_sampler_2d")
    },
    "torch.grid_sampler_3d": ["torch.grid_sampler_3d(T(1, 1, 2, 3, 3), T(1, 1, 2, 2, 3), 0, 2, False)"],
    "torch.binary_cross_entropy_with_logits": ["torch.binary_cross_entropy_with_logits(T(4), P(4), reduction=2)"],
    "torch.cosine_embedding_loss": ["torch.cosine_embedding_loss(T(2, 3), P(2, 3), torch.tensor([1, -1]), 0.1, 1)"],
    "torch.ctc_loss": ["torch.ctc_loss(T(4, 1, 3).log_softmax(-1), torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2]), 0, 2)"],
    "torch.hinge_embedding_loss": ["torch.hinge_embedding_loss(T(4), T(4).sign(), 1.0, 0)"],
    "torch.kl_div": ["[torch.kl_div(P(4).log(), P(4), how) for how in range(3)]"],
    "torch.margin_ranking_loss": ["torch.margin_ranking_loss(T(4), P(4), T(4).sign(), 0.1, 1)"],
    "torch.poisson_nll_loss": ["torch.poisson_nll_loss(T(4), P(4), True, False, 1e-8, 1)"],
    "torch.triplet_margin_loss": ["torch.triplet_margin_loss(T(2, 3), P(2, 3), T(2, 3, shift=2), 1.0, 2.0, 1e-6, True, 2)"],
    "torch.use_deterministic_algorithms": [
        "[torch.use_deterministic_algorithms(True), torch.are_deterministic_algorithms_enabled(), torch.use_deterministic_algorithms(False)][1]"
    ],
    "torch.are_deterministic_algorithms_enabled": ["torch.are_deterministic_algorithms_enabled()"],
    "torch.is_deterministic_algorithms_warn_only_enabled": ["torch.is_deterministic_algorithms_warn_only_enabled()"],
    "torch.get_deterministic_debug_mode": ["torch.get_deterministic_debug_mode()"],
    "torch.set_deterministic_debug_mode": [
        "[torch.set_deterministic_debug_mode('warn'), torch.get_deterministic_debug_mode(), torch.set_deterministic_debug_mode(0)][1]"
    ],
    "torch.get_float32_matmul_precision": ["torch.get_float32_matmul_precision()"],
    "torch.set_float32_matmul_precision": ["torch.set_float32_matmul_precision('highest')"],
    "torch.get_num_interop_threads": ["torch.get_num_interop_threads() >= 1"],
    "torch.set_num_interop_threads": ["raised(lambda: torch.set_num_interop_threads(0))"],
    "torch.from_file": [
        "torch.from_file(torch.__config__.__file__, size=0, dtype=torch.int16)",
        "torch.from_file(torch.__config__.__file__, size=2, dtype=torch.int16).shape",
    ],
    "torch.StorageBase": ["[isinstance(T(1).untyped_storage(), torch.StorageBase), isinstance(T(1), torch.StorageBase)]"],
    "torch.is_storage": ["[torch.is_storage(T(1).untyped_storage()), torch.is_storage(torch.FloatStorage(2)), torch.is_storage(3)]"],
    "torch.TypedStorage": ["torch.TypedStorage([1, 2]).tolist()"],
    "torch.Storage": ["torch.Storage is torch.FloatStorage"],
    **{
        f"torch.{name}Storage": [f"[torch.{name}Storage([1, 0]).tolist(), torch.{name}Storage(3).type()]"]
        for name in ("BFloat16", "Bool", "Byte", "Char", "ComplexDouble", "ComplexFloat", "Double", "Float", "Half", "Int", "Long", "Short")
    },
    "Tensor.storage": ["T(2, 3).storage().tolist()"],
    "Tensor.storage_type": ["T(2, 3).storage_type().__name__"],
    "Tensor.fill_diagonal_": ["T(5, 2).fill_diagonal_(7, wrap=True)", "T(2, 2, 2).fill_diagonal_(7)"],
    "Tensor.hardshrink": ["T(6).hardshrink(0.8)"],
    "Tensor.dense_dim": ["T(2, 3).dense_dim()"],
    "Tensor.sparse_dim": ["T(2, 3).sparse_dim()"],
    "torch.gradient": ["torch.gradient(T(3, 4), spacing=(T(3).cumsum(0), T(4).exp()), edge_order=2)"],
    "torch.frexp": ["list(torch.frexp(T(5) * 40))"],
    "torch.det": ["grads(torch.det, T(2, 3, 3) + torch.eye(3))"],
    "Tensor.det": ["(T(3, 3) + torch.eye(3)).det()"],
    "torch.slogdet": ["grads(lambda x: torch.slogdet(x)[1], T(3, 3) + torch.eye(3))"],
    "Tensor.slogdet": ["list((T(3, 3) + torch.eye(3)).slogdet())"],
    "torch.logdet": ["grads(torch.logdet, T(3, 3) * 0.1 + torch.eye(3))"],
    "Tensor.logdet": ["(T(3, 3) * 0.1 + torch.eye(3)).logdet()"],
    "torch.inverse": ["grads(torch.inverse, T(2, 3, 3) + torch.eye(3))"],
    "Tensor.inverse": ["(T(3, 3) + torch.eye(3)).inverse()"],
    "torch.geqrf": ["list(torch.geqrf(T(4, 3) + torch.eye(4, 3)))"],
    "Tensor.geqrf": ["list((T(3, 3) + torch.eye(3)).geqrf())"],
    "torch.orgqr": ["grads(torch.orgqr, T(4, 3), P(3))"],
    "Tensor.orgqr": ["T(4, 3).orgqr(P(2))"],
    "torch.ormqr": ["grads(torch.ormqr, T(4, 3), P(3), T(4, 2))"],
    "Tensor.ormqr": ["T(4, 3).ormqr(P(3), T(2, 4), False, True)"],
    "torch.cholesky_solve": ["grads(torch.cholesky_solve, T(3, 2), T(3, 3) + 3 * torch.eye(3))"],
    "Tensor.cholesky_solve": ["T(3, 2).cholesky_solve(T(3, 3) + 3 * torch.eye(3), upper=True)"],
    "torch.cholesky_inverse": ["grads(torch.cholesky_inverse, T(3, 3) + 3 * torch.eye(3))"],
    "Tensor.cholesky_inverse": ["(T(3, 3) + 3 * torch.eye(3)).cholesky_inverse(upper=True)"],
    "torch.lu_unpack": ["list(torch.lu_unpack(*torch.linalg.lu_factor(T(3, 4) + torch.eye(3, 4))))"],
    # Of full rank, so that random directions leave no trace but in signs.
    "torch.svd_lowrank": ["(lambda u, s, v: [s, (u * s) @ v.mT])(*torch.svd_lowrank(T(5, 3), q=3))"],
    "torch.pca_lowrank": ["(lambda u, s, v: [s, (u * s) @ v.mT])(*torch.pca_lowrank(T(3, 5)))"],
    "torch.matrix_exp": ["grads(torch.matrix_exp, T(2, 3, 3))"],
    "Tensor.matrix_exp": ["(T(3, 3) * 5).matrix_exp()"],
}  # fmt: skip
