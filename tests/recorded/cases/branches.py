"""Branches that are seldom taken: a batch that is missing, a default that is not named, an argument at its bound."""

LAYERS = [
    "F.fold(T(4, 9), (4, 4), 2)",
    "F.fold(T(1, 4, 9), (4, 4), 2)",
    "F.embedding_bag(I(4, 5), T(4, 3), torch.tensor([0, 2]), scale_grad_by_freq=False, mode='sum', padding_idx=1)",
    "grads(lambda w: F.embedding_bag(I(4, 6), w, torch.tensor([0, 2]), scale_grad_by_freq=True, mode='sum', padding_idx=1), T(4, 3))",
    "F.embedding(I(4, 5), 3 * T(4, 3), max_norm=1.0)",
    "F.embedding(I(4, 5), 3e-4 * T(4, 3), max_norm=1e-6)",
    *(
        f"grads(lambda x: F.interpolate(x, {size}, mode='{mode}', align_corners={align}, antialias={antialias}), T(1, 2, 5, 6))"
        for size in ("(8, 3)", "(3, 9)")
        for mode in ("bilinear", "bicubic")
        for align in (False, True)
        for antialias in (False, True)
    ),
    "F.interpolate(T(1, 2, 5), 8, mode='linear')",
    *(
        f"F.interpolate(T(1, 2, 5, 6), {size}, mode='{mode}')"
        for size in ("[torch.tensor([4]), torch.tensor(3, dtype=torch.int32)]", "torch.tensor(4)", "np.int64(4)")
        for mode in ("nearest", "bilinear", "area")
    ),
    *(
        f"raised(lambda: F.interpolate(T(1, 2, 5, 6), {size}))"
        for size in ("2.5", "(2.5, 2)", "torch.tensor(2.5)", "torch.tensor([4, 4])", "(2,)", "True", "'4'")
    ),
    "F.interpolate(T(1, 2, 3, 4, 3), (4, 2, 5), mode='trilinear', align_corners=True)",
    "layer(nn.InstanceNorm1d(3, affine=True), T(3, 5))",
    "layer(nn.InstanceNorm2d(3), T(3, 5, 4))",
    "layer(nn.InstanceNorm3d(2), T(1, 2, 3, 4, 2))",
    "F.max_unpool2d(T(3, 2, 4), torch.arange(24).reshape(3, 2, 4) % 8, 2)",
    "F.max_unpool1d(T(3, 4), torch.arange(12).reshape(3, 4) % 8, 2)",
    "F.max_unpool3d(T(1, 2, 1, 1, 2), torch.arange(4).reshape(1, 2, 1, 1, 2), 2)",
    "[raised(lambda: F.avg_pool2d(T(1, 1, 4, 4), (2, 2, 2))), F.avg_pool2d(T(1, 1, 4, 4), (2,))]",
    "[nn.EmbeddingBag(3, 2).include_last_offset, nn.EmbeddingBag(3, 2).sparse, nn.EmbeddingBag(3, 2).mode]",
    *(
        f"F.ctc_loss(T(6, 2, 4).log_softmax(2), torch.tensor([[1, 2, 2], [3, 1, 1]]), torch.tensor({inputs}), torch.tensor({targets}), "
        f"reduction='none', zero_infinity={zero})"
        for inputs, targets in (([6, 6], [3, 2]), ([5, 6], [0, 3]), ([6, 3], [0, 0]), ([1, 2], [1, 2]))
        for zero in (False, True)
    ),
    *(
        f"(lambda m: [prune.{first}, prune.{then}, m.weight_mask][2])(fill(nn.Conv2d(2, 4, 2)))"
        for first in (
            "l1_unstructured(m, 'weight', 0.4)",
            "ln_structured(m, 'weight', 1, 2, 0)",
            "custom_from_mask(m, 'weight', torch.arange(32).reshape(4, 2, 2, 2) % 8 < 7 - 2 * torch.arange(4).view(4, 1, 1, 1))",
        )
        for then in (
            "ln_structured(m, 'weight', 0.5, 2, 0)",
            "ln_structured(m, 'weight', 1, 1, 1)",
            "l1_unstructured(m, 'weight', 3)",
        )
    ),
]

REFUSED = [
    f"raised(lambda: {call})"
    for call in (
        "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [5])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [6])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [0, 2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [1])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [1.5, 2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 6, [])",
        "prune.ln_structured(nn.Linear(2, 3), 'weight', 1, 2, -2)",
        "prune.ln_structured(nn.Linear(2, 3), 'weight', 1, 2, -3)",
        "prune.ln_structured(nn.Linear(2, 3), 'weight', 1, 2, 2)",
        "prune.random_structured(nn.Linear(2, 3), 'bias', 1, 0)",
        "optim.Muon([torch.zeros(2, 2)], lr=0.0)",
        "optim.Muon([torch.zeros(2, 2)], lr=-0.1)",
        "optim.Muon([torch.zeros(2, 2)], lr=torch.ones(2))",
        "optim.Muon([torch.zeros(2)])",
        "optim.Adam([torch.zeros(2, dtype=torch.complex64)], fused=True)",
        "F.multi_head_attention_forward(T(3, 4), T(3, 4), T(3, 4), 4, 2, T(12, 4), None, None, None, False, 0.0, T(4, 4), None, "
        "attn_mask=torch.zeros(3, 3, 3).double())",
        "F.multi_head_attention_forward(T(3, 4), T(3, 4), T(3, 4), 4, 2, T(12, 4), None, None, None, False, 0.0, T(4, 4), None, "
        "attn_mask=torch.zeros(3, 3).long())",
    )
]

NUMBERS = [
    "D.Cauchy(T(3), P(3)).icdf(P(3))",
    "D.Cauchy(0.5, 2.0).cdf(T(3))",
    "D.Geometric(torch.tensor([1.0, 0.5, 1.0])).log_prob(torch.tensor([0.0, 2.0, 3.0]))",
    "D.Geometric(torch.tensor(1.0)).entropy()",
    "D.Wishart(torch.tensor([4.0, 5.0]).double(), torch.eye(3).double() * 2).log_prob(torch.eye(3).double().expand(2, 3, 3) * 1.5)",
    "D.Wishart(torch.tensor(4.0).double(), torch.eye(2).double()).log_prob(torch.tensor([[2.0, 0.5], [0.5, 1.0]]).double())",
    "[D.Independent(D.Bernoulli(P(3)), n).has_enumerate_support for n in (0, 1)]",
    "D.Independent(D.Bernoulli(P(3)), 0).enumerate_support()",
    "raised(lambda: D.Independent(D.Bernoulli(P(3)), 1).enumerate_support())",
    "seeded(lambda: D.VonMises(torch.zeros(4), torch.tensor([0.1, 1.0, 5.0, 50.0])).sample((6,)))",
    "seeded(lambda: init.trunc_normal_(torch.zeros(50), 0.5, 2.0, -1.0, 1.5))",
    "seeded(lambda: init.trunc_normal_(torch.zeros(50), mean=-3.0, std=0.5, a=-2.5, b=2.0))",
    "train(lambda ps: optim.Adagrad(ps, lr=0.1, lr_decay=0.3, eps=0.01))",
    "[nn.UninitializedParameter if hasattr(nn, 'UninitializedParameter') else None, "
    "tuple(nn.parameter.UninitializedParameter().data.shape)][1]",
]

MODULES = [
    "[n for n, _ in nn.ModuleList([nn.Linear(1, 1)] * 2).named_parameters()]",
    "[n for n, _ in nn.ModuleList([nn.Linear(1, 1)] * 2).named_parameters(remove_duplicate=False)]",
    "[n for n, _ in nn.ModuleList([nn.BatchNorm1d(1)] * 2).named_buffers(remove_duplicate=False)]",
    "list(nn.Linear(1, 2).state_dict({}, 'a.'))",
    "list(nn.Linear(1, 2).state_dict(destination={}, prefix='b.'))",
    "(lambda d: [nn.modules.utils.consume_prefix_in_state_dict_if_present(d, 'm.'), list(d), list(d._metadata)][1:])"
    "((lambda m: m.state_dict(prefix='m.'))(nn.Sequential(nn.Linear(1, 1))))",
    "[nn._reduction.get_enum(r) for r in ('none', 'mean', 'sum', 'elementwise_mean')]",
    "raised(lambda: nn._reduction.get_enum('max'))",
    "raised(lambda: nn.parallel.scatter_gather.gather([{'a': T(2)}, {'a': T(2), 'b': T(1)}], 'cpu'))",
    "(lambda seen: [nn.Linear(2, 2).register_forward_hook(lambda *a: seen.append(1)), seen][1])([])",
    "(lambda m, seen: [m.register_forward_hook(lambda *a: seen.append(1)), "
    "m.register_forward_hook(lambda *a: seen.append(2)), m.register_forward_hook(lambda *a: seen.append(3), prepend=True), m(T(2, 2).float()), "
    "seen][-1])(nn.Linear(2, 2), [])",
    "(lambda m, seen: [m.register_full_backward_hook(lambda m, i, o: seen.append((i[0] is None, o[0]))), m(T(2, 2)).sum().backward(), "
    "seen][-1])(fill(nn.Linear(2, 2)), [])",
    "(lambda m: [torch.manual_seed(0), utils.spectral_norm(m), m.weight_u.shape, sorted(dict(m.named_buffers()))][2:])(nn.Linear(3, 4))",
    "(lambda t: [torch.from_numpy(np.ones(1)), list(t)][1])(torch.func.functional_call(nn.Linear(2, 1), "
    "{'weight': T(1, 2), 'bias': T(1)}, T(3, 2)))",
]

BIAS = "__import__(f'{torch.__name__}.nn.attention.bias', fromlist=['bias'])"
FLEX = "__import__(f'{torch.__name__}.nn.attention.flex_attention', fromlist=['flex_attention'])"
BLOCKS = f"{FLEX}.create_block_mask({{rule}}, None, None, 384, 512, device='cpu')"
DEFAULTS = [
    "D.Multinomial(3, probs=torch.tensor([0.5, 0.5, 0.0])).log_prob(torch.tensor([[1.0, 2.0, 0.0], [1.0, 1.0, 1.0]]))",
    *(
        f"F.lp_pool{d}d(T({size}), {norm}, 2)"
        for d, size in ((1, "1, 2, 6"), (2, "1, 1, 4, 4"))
        for norm in ("math.inf", "-math.inf")
    ),
    "[v.requires_grad for v in nn.Linear(1, 2).state_dict({}, 'a.', True).values()]",
    "[v.requires_grad for v in nn.Linear(1, 2).state_dict({}, 'a.').values()]",
    "[F.prelu(T(2, 3), T(3)), F.prelu(T(3), T(1)), F.prelu(T(2, 3, 2), T(3)), F.prelu(torch.tensor(-1.0), torch.tensor(0.5))]",
    "[raised(lambda: F.prelu(T(2, 3), T(2))), raised(lambda: F.prelu(T(3), T(3))), raised(lambda: F.prelu(T(3), T(1, 1)))]",
    "[F.one_hot(torch.tensor([0, 2])), F.one_hot(torch.tensor([0, 0])), F.one_hot(torch.tensor([1]), 3)]",
    "F.gaussian_nll_loss(T(3), P(3), torch.tensor([0.0, 1.0, 2.0]).double())",
    "raised(lambda: F.gaussian_nll_loss(T(3), P(3), torch.tensor([-1e-9, 1.0, 2.0]).double()))",
    *(
        "(lambda w: [F.embedding(I(4, 6), w, padding_idx={padding}, sparse=True).sum().backward(), w.grad.to_dense()][1])"
        "(T(4, 3).requires_grad_())".replace("{padding}", padding)
        for padding in ("None", "0", "-1")
    ),
    "[nn.EmbeddingBag.from_pretrained(T(3, 2)).sparse, nn.Embedding.from_pretrained(T(3, 2)).sparse]",
    "seeded(lambda: F.multi_head_attention_forward(*[T(3, 2, 4).float()] * 3, 4, 2, T(12, 4).float(), None, None, None, False, 0.5, "
    "T(4, 4).float(), None)[0])",
    f"{BIAS}.causal_upper_left(2, 3)._materialize()",
    f"{BIAS}.causal_lower_right(2, 3)._materialize()",
    f"raised(lambda: {BIAS}.causal_upper_left(2, 3, 4))",
    *(
        f"(lambda m: [m.kv_num_blocks, m.kv_indices, m.full_kv_num_blocks, m.full_kv_indices])({BLOCKS.replace('{rule}', rule)})"
        for rule in ("lambda b, h, q, k: q >= k", "lambda b, h, q, k: (q - k).abs() < 100")
    ),
]

CASES = {"layers": LAYERS, "refused": REFUSED, "numbers": NUMBERS, "modules": MODULES, "defaults": DEFAULTS}
