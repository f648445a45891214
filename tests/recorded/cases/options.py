"""Functions of layers under every combination of a few options, and at the bounds where they take another path."""

from itertools import product


def over(call: str, **options: tuple[object, ...]) -> list[str]:
    """A call with each combination of what may stand at its names."""
    return [call.format(**dict(zip(options, values, strict=True))) for values in product(*options.values())]


REDUCTIONS = ("'mean'", "'sum'", "'none'")
# How losses were asked for their reduction before it had a name.
OLD_REDUCTIONS = (
    "size_average=False",
    "reduce=False",
    "size_average=False, reduce=True",
    "size_average=True, reduce=False",
)

INTERPOLATE = {
    "linear": over(
        "grads(lambda x: F.interpolate(x, {size}, mode='linear', align_corners={corners}), T(1, 2, 5))",
        size=("1", "3", "5", "8", "None, 0.5", "None, 1.7"),
        corners=(True, False),
    ),
    "planes": over(
        "grads(lambda x: F.interpolate(x, {size}, mode={mode!r}, align_corners={corners}, antialias={anti}), T(1, 1, 4, 5))",
        size=("(1, 3)", "(4, 7)", "(2, 2)", "None, (0.6, 1.4)"),
        mode=("bilinear", "bicubic"),
        corners=(True, False),
        anti=(True, False),
    ),
    "rescaled": over(
        "F.interpolate(T(1, 1, 5, 4), scale_factor={factor}, mode={mode!r}, recompute_scale_factor={again})",
        factor=(1.3, 0.7, 1.0, 2),
        mode=("bilinear", "bicubic", "nearest", "nearest-exact", "area"),
        again=(True, False, None),
    ),
    "volumes": over(
        "grads(lambda x: F.interpolate(x, {size}, mode='trilinear', align_corners={corners}), T(1, 1, 2, 3, 2))",
        size=("(1, 2, 3)", "(3, 3, 1)"),
        corners=(True, False),
    )
    + over("F.interpolate(T(1, 1, 2, 3, 2), (3, 2, 4), mode={mode!r})", mode=("nearest", "nearest-exact", "area")),
    "bytes": over(
        "F.interpolate(I(256, 1, 1, 5, 6).to(torch.uint8), {size}, mode={mode!r}, align_corners={corners})",
        size=("(3, 4)", "(1, 1)"),
        mode=("bilinear",),
        corners=(False,),
    )
    + over(
        "F.interpolate(I(256, 1, 1, 5, 6).to(torch.uint8), (3, 8), mode={mode!r})", mode=("nearest", "nearest-exact")
    ),
    "dtypes": over(
        "F.interpolate(T(1, 1, 3, 4).to(torch.{dtype}), (5, 3), mode={mode!r})",
        dtype=("float32", "bfloat16"),
        mode=("bilinear", "nearest", "area"),
    ),
    "old names": over(
        "(lambda w: [w.simplefilter('ignore'), F.{name}(T(1, 1, 2, 3), {size})][1])(__import__('warnings'))",
        name=("upsample", "upsample_nearest", "upsample_bilinear"),
        size=("(3, 4)", "scale_factor=2"),
    ),
    "refusals": [
        f"said(lambda: F.interpolate({call}))"
        for call in (
            "T(1, 1, 4)",
            "T(1, 1, 4), 2, 2.0",
            "T(1, 1, 4), 2, recompute_scale_factor=True",
            "T(1, 1, 4), 2, align_corners=True",
            "T(1, 1, 4), 2, mode='nearest', align_corners=False",
            "T(1, 1, 4, 4), (2, 2), mode='linear'",
        )
    ]
    + [
        f"raised(lambda: F.interpolate({call}))"
        for call in (
            "T(1, 1, 4), (2, 2)",
            "T(1, 1, 4, 4), scale_factor=(2.0,)",
            "T(1, 1, 4, 4), (0, 2)",
            "T(1, 4), 2",
            "T(1, 1, 4), 2, mode='bicubic'",
            "T(1, 1, 4, 4), 2, mode='trilinear'",
            "T(1, 1, 2, 2, 2, 2), 2",
            "T(1, 1, 4), 2, mode='linear', antialias=True",
        )
    ],
}

PAIRS = {
    "l1_loss": "T(3, 2), T(3, 2, shift=0.1)",
    "mse_loss": "T(3, 2), T(3, 2, shift=0.1)",
    "smooth_l1_loss": "T(3, 2), T(3, 2, shift=3.1)",
    "soft_margin_loss": "T(3, 2), T(3, 2, shift=0.1).sign()",
    "binary_cross_entropy": "P(3, 2), P(3, 2, shift=0.1)",
    "binary_cross_entropy_with_logits": "T(3, 2), P(3, 2, shift=0.1)",
    "nll_loss": "T(4, 3), I(3, 4)",
    "cross_entropy": "T(4, 3), I(3, 4)",
    "kl_div": "T(4, 3), P(4, 3)",
    "poisson_nll_loss": "T(4, 3), I(7, 4, 3)",
    "hinge_embedding_loss": "T(4, 3), T(4, 3, shift=0.1).sign()",
    "cosine_embedding_loss": "T(4, 3), T(4, 3, shift=0.1), T(4, shift=0.5).sign()",
    "margin_ranking_loss": "T(4), T(4, shift=0.1), T(4, shift=0.5).sign()",
    "multilabel_margin_loss": "T(2, 4), torch.tensor([[3, 0, -1, 1], [1, -1, 0, 2]])",
    "multilabel_soft_margin_loss": "T(4, 3), M(4, 3).double()",
    "multi_margin_loss": "T(4, 3), I(3, 4)",
    "triplet_margin_loss": "T(4, 3), T(4, 3, shift=0.1), T(4, 3, shift=0.9)",
}

LOSSES = {
    "old reductions": [
        f"grads(lambda x: F.{name}(x, {args.partition('), ')[2]}, {old}), {args.partition('), ')[0]}))"
        for name, args in PAIRS.items()
        for old in OLD_REDUCTIONS
    ],
    "unknown reductions": [f"raised(lambda: F.{name}({args}, reduction='middle'))" for name, args in PAIRS.items()],
    "weights": over(
        "grads(lambda x: F.{name}(x, T(3, 2, shift=0.1), reduction={how}, weight=P(3, 2)), T(3, 2))",
        name=("l1_loss", "mse_loss"),
        how=REDUCTIONS,
    )
    + over("F.huber_loss(T(3, 2), T(3, 2, shift=3.1), {how}, 0.7, P(3, 2))", how=REDUCTIONS),
    "at bounds": over(
        "grads(lambda x: F.huber_loss(x, torch.zeros(5).double(), reduction={how}, delta={delta}), torch.tensor([-2.0, "
        "-0.5, 0.0, 0.5, 2.0]).double())",
        how=REDUCTIONS,
        delta=(0.5, 2.0, 1e-3),
    )
    + over(
        "grads(lambda x: F.smooth_l1_loss(x, torch.zeros(5).double(), beta={beta}), torch.tensor([-2.0, -0.5, 0.0, 0.5, "
        "2.0]).double())",
        beta=(0.0, 0.5, 2.0),
    )
    + over("raised(lambda: F.huber_loss(T(2), T(2), delta={delta}))", delta=(0, -1.0, 0.0))
    + ["raised(lambda: F.smooth_l1_loss(T(2), T(2), beta=-1.0))"],
    "cosines": over(
        "grads(lambda a, b: F.cosine_embedding_loss(a, b, torch.tensor([1, -1, 1, -1]), {margin}, reduction={how}), "
        "{a}, {b})",
        margin=(0, 0.3, -0.5),
        how=("'none'", "'mean'"),
        a=("T(4, 3)", "T(4, 3) * 1e-7"),
        b=("T(4, 3, shift=0.1)",),
    )
    + [
        "F.cosine_embedding_loss(torch.zeros(2, 3), torch.ones(2, 3), torch.tensor([1, -1]), -0.2, reduction='none')",
        "F.cosine_embedding_loss(T(3), T(3, shift=0.2), torch.tensor(1))",
        "F.cosine_embedding_loss(T(3), T(3, shift=0.2), torch.tensor(-1), 0.2)",
        "raised(lambda: F.cosine_embedding_loss(T(3), T(3), torch.tensor([1])))",
        "raised(lambda: F.cosine_embedding_loss(T(2, 3), T(3), torch.tensor([1, 1])))",
        "raised(lambda: F.cosine_embedding_loss(T(2, 2, 3), T(2, 2, 3), torch.ones(2, 2)))",
    ],
    "rankings": over(
        "grads(lambda a: F.margin_ranking_loss(a, T(4, shift=0.3), torch.tensor([1, -1, 1, -1]), {margin}, reduction={how}), T(4))",
        margin=(0, 0.5),
        how=REDUCTIONS,
    )
    + over("F.hinge_embedding_loss(T(4), torch.tensor([1, -1, 0, 1]), {margin}, reduction='none')", margin=(1.0, 0.2)),
    "margins": over(
        "grads(lambda x: F.multi_margin_loss(x, {target}, {p}, {margin}, {weight}, reduction={how}), T(2, 3))",
        target=("torch.tensor([0, 2])",),
        p=(1, 2),
        margin=(1.0, 0.3),
        weight=(None, "P(3)"),
        how=REDUCTIONS,
    )
    + [
        "F.multi_margin_loss(T(3), torch.tensor(1))",
        "F.multi_margin_loss(T(3), torch.tensor([1]), reduction='none')",
        "F.multi_margin_loss(T(1, 3), torch.tensor([1]), reduction='none')",
        "raised(lambda: F.multi_margin_loss(T(2, 3), torch.tensor([1, 1]), p=3))",
        "raised(lambda: F.multi_margin_loss(T(2, 3), torch.tensor([1, 1]), weight=P(2)))",
        "raised(lambda: F.multi_margin_loss(T(2, 3), torch.tensor([[1, 1]])))",
        "raised(lambda: F.multi_margin_loss(T(2, 3), torch.tensor([1])))",
        "raised(lambda: F.multi_margin_loss(T(2, 2, 3), torch.tensor([1, 1])))",
        "F.multilabel_margin_loss(T(4), torch.tensor([2, 0, -1, 3]))",
        "F.multilabel_margin_loss(T(4), torch.tensor([-1, 0, 1, 3]))",
        "grads(lambda x: F.multilabel_margin_loss(x, torch.tensor([[2, 2, -1, 0], [3, 2, 1, 0]]), reduction='none'), T(2, 4))",
        "raised(lambda: F.multilabel_margin_loss(T(2, 4), torch.tensor([1, 2, 3, 0])))",
    ],
    "triplets": over(
        "grads(lambda a: F.triplet_margin_loss(a, T(4, 3, shift=0.1), T(4, 3, shift=0.9), {margin}, {p}, {eps}, {swap}, "
        "reduction={how}), T(4, 3))",
        margin=(1.0, 0.1),
        p=(1, 2.0, 3),
        eps=("1e-6", "0.1"),
        swap=(True, False),
        how=("'none'",),
    ),
    "log likelihoods": over(
        "grads(lambda x: F.gaussian_nll_loss(x, T(3, 2, shift=0.1), {var}, full={full}, eps={eps}, reduction={how}), T(3, 2))",
        var=("P(3, 2)", "P(3, 1)", "P(3)[:, None]", "0.5"),
        full=(True, False),
        eps=("1e-6", "0.4"),
        how=("'mean'", "'none'"),
    )
    + over(
        "grads(lambda x: F.poisson_nll_loss(x, torch.tensor([0.0, 0.5, 1.0, 1.5, 4.0]).double(), {log}, {full}, eps={eps}, "
        "reduction={how}), P(5))",
        log=(True, False),
        full=(True, False),
        eps=("1e-8", "0.1"),
        how=("'none'", "'mean'"),
    )
    + [
        "said(lambda: F.gaussian_nll_loss(T(2), T(2), torch.tensor([0.1, -0.1])))",
        "raised(lambda: F.gaussian_nll_loss(T(2), T(2), P(3)))",
        "raised(lambda: F.gaussian_nll_loss(T(2), T(2), P(2), reduction='middle'))",
    ],
    "divergences": over(
        "grads(lambda x: F.kl_div(x, {target}, reduction={how}, log_target={log}), T(2, 3))",
        target=("P(2, 3)", "torch.tensor([[0.0, 1.0, 0.5], [0.2, 0.0, 0.8]]).double()"),
        how=(*REDUCTIONS, "'batchmean'"),
        log=(True, False),
    )
    + [
        "F.kl_div(T(3), P(3), reduction='batchmean')",
        "F.kl_div(torch.tensor(0.3), torch.tensor(0.2), reduction='batchmean')",
    ],
    "classes": over(
        "grads(lambda x: F.cross_entropy(x, {target}, {weight}, ignore_index={ignored}, reduction={how}, "
        "label_smoothing={smooth}), T(3, 4))",
        target=("torch.tensor([0, 3, 1])",),
        weight=(None, "P(4)"),
        ignored=(-100, 3),
        how=REDUCTIONS,
        smooth=(0.0, 0.3),
    )
    + over(
        "grads(lambda x: F.cross_entropy(x, P(3, 4), {weight}, reduction={how}, label_smoothing={smooth}), T(3, 4))",
        weight=(None, "P(4)"),
        how=REDUCTIONS,
        smooth=(0.0, 0.3),
    )
    + over(
        "grads(lambda x: F.nll_loss(x, {target}, {weight}, ignore_index={ignored}, reduction={how}), T(2, 4, 3))",
        target=("I(4, 2, 3)",),
        weight=(None, "P(4)"),
        ignored=(-100, 3),
        how=REDUCTIONS,
    )
    + [
        "F.cross_entropy(T(4), torch.tensor(2))",
        "F.cross_entropy(T(4), P(4), label_smoothing=0.2)",
        "F.nll_loss(T(4), torch.tensor(2), reduction='none')",
        "F.nll_loss(T(2, 3), torch.tensor([1, 1]), ignore_index=1)",
        "raised(lambda: F.cross_entropy(T(2, 3), torch.tensor([0, 1]), label_smoothing=1.1))",
        "raised(lambda: F.cross_entropy(T(2, 3), torch.tensor([0, 1]), label_smoothing=-0.1))",
        "raised(lambda: F.cross_entropy(T(2, 3), torch.tensor([0, 3])))",
        "raised(lambda: F.cross_entropy(T(2, 3), torch.tensor([0, 1, 1])))",
        "raised(lambda: F.nll_loss(T(2, 3), torch.tensor([0, 1]), torch.ones(2)))",
    ],
    "linear maps": over(
        "grads(lambda x, w: F.linear_cross_entropy(x, w, {target}, linear_bias={bias}, reduction={how}, "
        "label_smoothing={smooth}), T(2, 3), T(4, 3))",
        target=("torch.tensor([0, 3])", "P(2, 4)"),
        bias=(None, "T(4, shift=0.1)"),
        how=REDUCTIONS,
        smooth=(0.0, 0.2),
    )
    + [
        *(
            f"grads(lambda x, w, b: F.linear_cross_entropy(x, w, {target}, linear_bias=b, weight={weight}, reduction={how!r}, "
            f"options=torch.nn.LinearCrossEntropyOptions({chunks})).sum(), T(5, 3), T(4, 3), T(4, shift=0.1))"
            for target in ("torch.tensor([0, 3, 1, -100, 2])", "P(5, 4)")
            for weight in (None, "P(4)")
            for how in ("mean", "sum", "none")
            for chunks in ("batch_chunk_size=2", "chunking_method='aspect_ratio'")
            if weight is None or "tensor" in target
        ),
        *(
            f"raised(lambda: torch.nn.LinearCrossEntropyOptions({options}))"
            for options in (
                "batch_chunk_size=0",
                "chunking_method='rows'",
                "acc_policy='best'",
                "acc_dtype=torch.int64",
            )
        ),
        "raised(lambda: F.linear_cross_entropy(T(5, 3), T(4, 3), I(4, 5), options=torch.nn.LinearCrossEntropyOptions(batch_chunk_size=3, chunking_method='aspect_ratio')))",
        "repr(torch.nn.LinearCrossEntropyOptions(batch_chunk_size=2))",
        "F.linear_cross_entropy(T(3), T(4, 3), torch.tensor(1))",
        "F.linear_cross_entropy(T(3), T(4, 3), torch.tensor(1), ignore_index=1, reduction='sum')",
        "F.linear_cross_entropy(T(2, 3), T(4, 3), torch.tensor([-100, 1]))",
        "F.linear_cross_entropy(T(2, 3), T(4, 5, 3), I(4, 2, 5))",
        "F.linear_cross_entropy(T(2, 3), T(4, 5, 3), I(4, 2, 5), linear_bias=T(4, 5), weight=P(4))",
        "raised(lambda: F.linear_cross_entropy(T(3), T(4, 5, 3), I(4, 5)))",
        "raised(lambda: F.linear_cross_entropy(T(2, 2, 3), T(4, 3), I(4, 2)))",
        "raised(lambda: F.linear_cross_entropy(T(2, 3), T(4, 2), I(4, 2)))",
        "raised(lambda: F.linear_cross_entropy(T(2, 3), T(3), I(4, 2)))",
    ],
    "alignments": over(
        "grads(lambda x: F.ctc_loss(x.log_softmax(-1), {targets}, {lengths}, blank={blank}, reduction={how}, "
        "zero_infinity={zero}), T(5, 3, 4))",
        targets=("torch.tensor([[1, 1, 3], [2, 3, 1], [3, 1, 2]])",),
        lengths=("(5, 3, 0), (2, 0, 0)", "torch.tensor([5, 4, 2]), torch.tensor([3, 2, 3])"),
        blank=(0,),
        how=REDUCTIONS,
        zero=(True, False),
    )
    + over(
        "F.ctc_loss(T(6, 2, 4).log_softmax(-1), torch.tensor([0, 1, 1, 0, 2]), {ends}, (3, 2), blank=3, reduction={how})",
        ends=("(6, 6)", "(4, 5)"),
        how=REDUCTIONS,
    )
    + [
        "grads(lambda x: F.ctc_loss(x.log_softmax(-1), torch.tensor([1, 2]), torch.tensor(4), torch.tensor(2)), T(4, 3))",
        "F.ctc_loss(T(4, 3).log_softmax(-1), torch.tensor([1, 1]), torch.tensor(4), torch.tensor(2), reduction='none')",
        "raised(lambda: F.ctc_loss(T(4, 1, 3), torch.tensor([[1, 1]]), (4,), (2,), blank=3))",
        "raised(lambda: F.ctc_loss(T(4, 1, 3), torch.tensor([[1, 1]]), (4,), (2,), blank=-1))",
        "raised(lambda: F.ctc_loss(T(4, 1, 3), torch.tensor([[1, 1]]), (5,), (2,)))",
        "raised(lambda: F.ctc_loss(T(4, 1, 3), torch.tensor([[1, 1]]), (4, 4), (2,)))",
        "raised(lambda: F.ctc_loss(T(4, 1, 3), torch.tensor([1, 1]), (4,), (3,)))",
    ],
    "soft margins": over(
        "grads(lambda x: F.multilabel_soft_margin_loss(x, M(3, 4).double(), {weight}, reduction={how}), T(3, 4))",
        weight=(None, "P(4)", "P(3, 4)"),
        how=REDUCTIONS,
    )
    + over(
        "grads(lambda x: F.binary_cross_entropy_with_logits(x, P(3, 4), {weight}, pos_weight={positive}, reduction={how}), "
        "T(3, 4) * 9)",
        weight=(None, "P(4)"),
        positive=(None, "P(4, shift=0.8)"),
        how=REDUCTIONS,
    )
    + over(
        "grads(lambda x: F.binary_cross_entropy(x, {target}, {weight}, reduction={how}), torch.tensor([0.0, 0.3, 1.0]).double())",
        target=("torch.tensor([0.0, 1.0, 1.0]).double()", "P(3)"),
        weight=(None, "P(3, shift=0.9)"),
        how=REDUCTIONS,
    ),
}

CASES = {
    **{f"interpolate: {name}": cases for name, cases in INTERPOLATE.items()},
    **{f"losses: {name}": cases for name, cases in LOSSES.items()},
}
