"""What nodes of the graph show of their op's arguments and of what they saved, under PyTorch's names."""


def shown(call: str, names: str) -> str:
    """The attributes with these names of a call's node."""
    attributes = ", ".join(f"node._saved_{name}" for name in names.split())
    return f"(lambda node: [node.name(), {attributes}])(({call}).grad_fn)"


R = "T(3, 4).requires_grad_()"
LINE = "T(8).requires_grad_()"
IMAGE = "T(1, 2, 5, 5).requires_grad_()"

VOLUME = "T(1, 2, 4, 4, 4).requires_grad_()"
ROW = "T(1, 2, 6).requires_grad_()"

COMPOSED = [
    shown(f"F.max_pool2d({IMAGE}, 2)", "kernel_size padding dilation ceil_mode result1 self"),
    shown(f"F.max_pool2d({IMAGE}, (2, 3), 1, (1, 0), ceil_mode=True)", "kernel_size stride padding ceil_mode"),
    shown(f"F.max_pool3d({VOLUME}, 2, 1)", "kernel_size stride padding dilation ceil_mode result1 self"),
    shown(
        f"F.avg_pool2d({IMAGE}, 2, 1)", "kernel_size stride padding ceil_mode count_include_pad divisor_override self"
    ),
    shown(f"F.avg_pool2d({IMAGE}, (2, 1), divisor_override=3)", "kernel_size padding divisor_override"),
    shown(
        f"F.avg_pool3d({VOLUME}, 2, 2)", "kernel_size stride padding ceil_mode count_include_pad divisor_override self"
    ),
    shown(f"F.adaptive_avg_pool2d({IMAGE}, 2)", "self"),
    shown(f"F.adaptive_max_pool2d({IMAGE}, 2)", "self result1"),
    shown(f"F.pad({ROW}, (1, 2), 'reflect')", "padding self"),
    shown(f"F.pad({IMAGE}, (1, 2, 0, 1), 'replicate')", "padding self"),
    shown(f"F.interpolate({ROW}, scale_factor=2.0)", "output_size scales self_sym_sizes"),
    shown(f"F.interpolate({IMAGE}, scale_factor=(2.0, 1.5))", "output_size scales_h scales_w self_sym_sizes"),
    shown(f"F.interpolate({IMAGE}, size=(3, 4), mode='nearest-exact')", "output_size scales_h scales_w self_sym_sizes"),
    shown(
        f"F.interpolate({IMAGE}, size=3, mode='bilinear', align_corners=True)",
        "align_corners output_size scales_h scales_w self_sym_sizes",
    ),
    shown(
        f"F.interpolate({VOLUME}, scale_factor=2.0, mode='trilinear')",
        "align_corners output_size scales_d scales_h scales_w",
    ),
    shown(f"F.unfold({IMAGE}, 2, padding=1)", "kernel_size dilation padding stride self_sym_argsize_minus_1"),
    shown(f"F.fold({IMAGE}.flatten(2)[:, :, :4].repeat(1, 2, 1), (3, 3), 2)", "kernel_size dilation padding stride"),
    shown(f"F.pixel_shuffle({IMAGE}.repeat(1, 2, 1, 1), 2)", "upscale_factor"),
    shown(f"F.glu({R}, 1)", "dim self"),
    shown(f"F.mse_loss({R}, T(3, 4))", "reduction self target"),
    shown(f"F.mse_loss({R}, T(3, 4), reduction='sum')", "reduction"),
    shown(f"F.smooth_l1_loss({R}, T(3, 4), reduction='none', beta=0.5)", "reduction beta self target"),
    shown(f"F.huber_loss({R}, T(3, 4), delta=0.5)", "reduction delta self target"),
    shown(f"F.nll_loss({R}, I(4, 3))", "ignore_index reduction self target weight"),
    shown(f"F.nll_loss({R}, I(4, 3), T(4), ignore_index=1, reduction='sum')", "ignore_index reduction weight"),
    shown(f"F.soft_margin_loss({R}, T(3, 4).sign())", "reduction self target"),
    shown(f"F.multi_margin_loss({R}, I(4, 3), p=2, margin=0.5)", "p margin reduction self target weight"),
    shown(f"F.multilabel_margin_loss({R}, I(4, 3, 4))", "reduction self target"),
    shown(f"torch.aminmax({R}, dim=1)[0]", "dim keepdim self"),
    shown(f"{R}.nansum(1)", "dim keepdim self"),
    shown(f"{R}.rot90(2, (1, 0))", "dims k"),
    shown(f"{R}.masked_select(T(3, 4) > 0)", "mask self"),
]

REDUCTIONS = [
    shown(f"{R}.sum()", "self_sym_sizes"),
    shown(f"{R}.sum(1, keepdim=True)", "dim keepdim self_sym_sizes"),
    shown(f"{R}.sum((0, 1))", "dim keepdim self_sym_sizes"),
    shown(f"{R}.mean()", "self_sym_sizes self_sym_numel"),
    shown(f"{R}.mean([0])", "dim keepdim self_sym_sizes self_sym_numel"),
    shown(f"{R}.prod()", "self"),
    shown(f"{R}.prod(1, True)", "dim keepdim self"),
    shown(f"{R}.amax(1)", "dim keepdim result self"),
    shown(f"{R}.amin()", "dim keepdim result self"),
    shown(f"{R}.max()", "result self"),
    *(
        shown(f"{R}.{call}[0]", "dim keepdim indices self_sym_sizes")
        for call in ("max(1)", "min(0, True)", "median(1)", "kthvalue(2, 1)", "mode(1, True)")
    ),
    *(shown(f"{R}.{call}[0]", "dim indices self_sym_sizes") for call in ("sort(1)", "topk(2, 0)")),
    shown(f"{R}.var(1, keepdim=True, correction=0)", "dim keepdim correction self"),
    shown(f"{R}.var()", "dim keepdim self"),
    shown(f"torch.linalg.vector_norm({R}, 3, 1)", "ord dim keepdim result self"),
    shown(f"{R}.norm()", "ord dim keepdim"),
    shown(f"{R}.logsumexp(1)", "dim keepdim result self"),
    shown(f"{R}.cumsum(1)", "dim"),
    shown(f"{R}.cumprod(0)", "dim self"),
    shown(f"{R}.cummax(1)[0]", "dim indices"),
    shown(f"{R}.logcumsumexp(1)", "dim result self"),
    shown(f"{R}.softmax(1)", "dim result"),
    shown(f"{R}.log_softmax(0)", "dim result"),
]

VIEWS = [
    shown(f"{R}.view(12)", "self_sym_sizes"),
    shown(f"{R}.mul(2).view(2, 6)", "self_sym_sizes"),
    shown(f"{R}.t().reshape(12)", "self_sym_sizes"),
    shown(f"{R}.transpose(0, 1)", "dim0 dim1"),
    shown(f"{R}.permute(1, 0)", "dims"),
    shown(f"{R}[1]", "dim index self_sym_sizes"),
    shown(f"{R}[:, 1:4:2]", "dim start end step self_sym_sizes"),
    shown(f"{R}.narrow(0, 1, 2)", "dim start end step self_sym_sizes"),
    shown(f"{R}[:, :1].expand(3, 4)", "self_sym_sizes"),
    shown(f"{R}[:, :1].squeeze()", "self_sym_sizes"),
    shown(f"{R}[:, :1].squeeze(1)", "dim self_sym_sizes"),
    shown(f"{R}[:, :1].squeeze((0, 1))", "dim self_sym_sizes"),
    shown(f"{R}.unsqueeze(1)", "dim"),
    shown(f"{R}.diagonal(1)", "offset dim1 dim2 self_sym_sizes"),
    shown(f"{LINE}.unfold(0, 3, 2)", "dimension size step self_sym_sizes"),
    shown(f"{LINE}.as_strided((2, 2), (2, 1), 1)", "size stride storage_offset"),
    shown(f"{LINE}.split(3)[0]", "dim split_size self_sym_sizes"),
    shown(f"{LINE}.split([3, 5])[1]", "dim split_sizes self_sym_sizes"),
    shown(f"{R}.unbind(0)[0]", "dim"),
    shown(f"{R}.flip(0, 1)", "dims"),
    shown(f"{R}.roll(1, 0)", "shifts dims"),
    shown(f"{R}.repeat(2, 2, 1)", "repeats self_sym_sizes"),
    shown(f"torch.cat([{R}, {R}], 1)", "dim"),
    shown(f"torch.stack([{R}, {R}], 1)", "dim"),
    shown(f"{R}.tril(1)", "diagonal"),
    shown(f"torch.nn.functional.pad({R}, (1, 2))", "pad"),
]

PLACES = [
    shown(f"{R}[[0, 1]]", "indices self_sym_sizes"),
    shown(f"{R}[:, [0, 1]]", "indices self_sym_sizes"),
    shown(f"{R}[[0, 1], [2, 3]]", "indices self_sym_sizes"),
    f"(lambda node: [len(node._raw_saved_indices), type(node._raw_saved_indices[1]).__name__])({R}[:, [0, 1]].grad_fn)",
    shown(f"{R}.index_put((torch.tensor([0]),), T(4), accumulate=True)", "indices accumulate"),
    shown(f"{R}.index_select(1, torch.tensor([0, 1]))", "dim index self_sym_sizes"),
    shown(f"{R}.index_add(0, torch.tensor([0]), T(1, 4).requires_grad_(), alpha=2)", "dim index alpha"),
    shown(f"{R}.index_fill(1, torch.tensor([0]), 2.0)", "dim index"),
    shown(f"{R}.gather(1, torch.zeros(3, 1).long())", "dim index sparse_grad"),
    shown(f"{R}.scatter(1, torch.zeros(3, 1).long(), 2.0)", "dim index"),
    shown(f"{R}.scatter_add(1, torch.zeros(3, 1).long(), T(3, 1).requires_grad_())", "dim index"),
    shown(
        f"torch.nn.functional.embedding(torch.tensor([0, 1]), {R}, padding_idx=-1)",
        "indices padding_idx scale_grad_by_freq sparse weight_sym_argsize_0",
    ),
]

CONV = "stride padding dilation groups transposed output_padding bias_sym_sizes_opt input weight"
LAYERS = [
    shown(f"torch.conv2d({IMAGE}, T(3, 2, 3, 3), T(3), stride=(2, 1), padding=1)", CONV),
    shown("torch.conv1d(T(1, 2, 5).requires_grad_(), T(4, 1, 3), dilation=2, groups=2)", CONV),
    shown(f"torch.conv_transpose2d({IMAGE}, T(2, 3, 3, 3), stride=2, output_padding=1)", CONV),
    shown(f"torch.addmm(T(3), {R}, T(4, 3), beta=2, alpha=0.5)", "alpha beta mat1 mat2"),
    shown("torch.baddbmm(T(2, 2, 2), T(2, 2, 3).requires_grad_(), T(2, 3, 2))", "alpha beta batch1 batch2"),
    *(
        shown(f"torch.nn.functional.{loss}({R}, T(3, 4, shift=0.3), reduction='none')", "self target")
        for loss in ("mse_loss", "huber_loss", "smooth_l1_loss")
    ),
    shown(f"torch.nn.functional.layer_norm({R}, (4,), T(4))", "input weight"),
]

CASES = {"what nodes show": [*REDUCTIONS, *VIEWS, *PLACES, *LAYERS, *COMPOSED]}
