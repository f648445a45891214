"""Losses of `nn`, with every way to reduce them."""


def reduced(call: str, arguments: str) -> list[str]:
    """A loss with its default and with each other reduction; `{}` in the call is where the option goes."""
    options = ["", "reduction='sum'", "reduction='none'"]
    return [f"layer({call.format(option)}, {arguments})".replace("(, ", "(") for option in options]


CASES: dict[str, list[str]] = {
    "nn.L1Loss": reduced("nn.L1Loss({})", "T(3, 2), T(3, 2, shift=0.1)"),
    "nn.MSELoss": reduced("nn.MSELoss({})", "T(3, 2), T(3, 2, shift=0.1)"),
    "nn.SmoothL1Loss": reduced("nn.SmoothL1Loss({})", "T(3, 2), T(3, 2, shift=3.1)")
    + reduced("nn.SmoothL1Loss(beta=0.4, {})", "T(3, 2), T(3, 2, shift=3.1)"),
    "nn.HuberLoss": reduced("nn.HuberLoss({})", "T(3, 2), T(3, 2, shift=3.1)")
    + reduced("nn.HuberLoss(delta=0.4, {})", "T(3, 2), T(3, 2, shift=3.1)"),
    "nn.SoftMarginLoss": reduced("nn.SoftMarginLoss({})", "T(3, 2), target=T(3, 2, shift=0.1).sign()"),
    "nn.BCELoss": reduced("nn.BCELoss({})", "P(3, 2), P(3, 2, shift=0.1)")
    + reduced("nn.BCELoss(weight=P(2).to(torch.float64), {})", "P(3, 2), P(3, 2, shift=0.1)"),
    "nn.BCEWithLogitsLoss": reduced("nn.BCEWithLogitsLoss({})", "T(3, 2), P(3, 2)")
    + reduced("nn.BCEWithLogitsLoss(weight=P(2), pos_weight=P(2, shift=0.9), {})", "T(3, 2), P(3, 2)"),
    "nn.NLLLoss": reduced("nn.NLLLoss({})", "T(4, 3), I(3, 4)")
    + reduced("nn.NLLLoss(weight=P(3), ignore_index=1, {})", "T(4, 3), I(3, 4)"),
    "nn.CrossEntropyLoss": reduced("nn.CrossEntropyLoss({})", "T(4, 3), I(3, 4)")
    + reduced("nn.CrossEntropyLoss(weight=P(3), ignore_index=1, label_smoothing=0.2, {})", "T(4, 3), I(3, 4)")
    + reduced("nn.CrossEntropyLoss(label_smoothing=0.2, {})", "T(4, 3), P(4, 3)"),
    "nn.KLDivLoss": reduced("nn.KLDivLoss({})", "T(4, 3), P(4, 3)")
    + reduced("nn.KLDivLoss(log_target=True, {})", "T(4, 3), P(4, 3)")
    + ["layer(nn.KLDivLoss(reduction='batchmean'), T(4, 3), P(4, 3))"],
    "nn.NLLLoss2d": reduced("nn.NLLLoss2d({})", "T(4, 3), I(3, 4)"),
    "nn.PoissonNLLLoss": reduced("nn.PoissonNLLLoss({})", "T(4, 3), I(7, 4, 3)")
    + reduced("nn.PoissonNLLLoss(log_input=False, full=True, eps=0.1, {})", "P(4, 3), I(7, 4, 3)"),
    "nn.GaussianNLLLoss": reduced("nn.GaussianNLLLoss({})", "T(4, 3), T(4, 3, shift=0.1), P(4, 3)")
    + reduced("nn.GaussianNLLLoss(full=True, eps=0.3, {})", "T(4, 3), T(4, 3, shift=0.1), P(4, 1)"),
    "nn.HingeEmbeddingLoss": reduced("nn.HingeEmbeddingLoss({})", "T(4, 3), target=T(4, 3, shift=0.1).sign()")
    + reduced("nn.HingeEmbeddingLoss(margin=0.4, {})", "T(4, 3), target=T(4, 3, shift=0.1).sign()"),
    "nn.CosineEmbeddingLoss": reduced(
        "nn.CosineEmbeddingLoss({})", "T(4, 3), T(4, 3, shift=0.1), target=T(4, shift=0.5).sign()"
    )
    + reduced("nn.CosineEmbeddingLoss(margin=0.4, {})", "T(4, 3), T(4, 3, shift=0.3), target=T(4, shift=0.5).sign()"),
    "nn.MarginRankingLoss": reduced("nn.MarginRankingLoss({})", "T(4), T(4, shift=0.1), target=T(4, shift=0.5).sign()")
    + reduced("nn.MarginRankingLoss(margin=0.4, {})", "T(4), T(4, shift=0.3), target=T(4, shift=0.5).sign()"),
    "nn.MultiLabelMarginLoss": reduced(
        "nn.MultiLabelMarginLoss({})", "T(2, 4), torch.tensor([[3, 0, -1, 1], [1, -1, 0, 2]])"
    ),
    "nn.MultiLabelSoftMarginLoss": reduced("nn.MultiLabelSoftMarginLoss({})", "T(4, 3), M(4, 3).double()")
    + reduced("nn.MultiLabelSoftMarginLoss(weight=P(3), {})", "T(4, 3), M(4, 3).double()"),
    "nn.MultiMarginLoss": reduced("nn.MultiMarginLoss({})", "T(4, 3), I(3, 4)")
    + reduced("nn.MultiMarginLoss(p=2, margin=0.4, weight=P(3), {})", "T(4, 3), I(3, 4)"),
    "nn.TripletMarginLoss": reduced("nn.TripletMarginLoss({})", "T(4, 3), T(4, 3, shift=0.1), T(4, 3, shift=0.9)")
    + reduced(
        "nn.TripletMarginLoss(margin=0.4, p=1.0, eps=0.1, swap=True, {})",
        "T(4, 3), T(4, 3, shift=0.1), T(4, 3, shift=0.9)",
    ),
    "nn.TripletMarginWithDistanceLoss": reduced(
        "nn.TripletMarginWithDistanceLoss({})", "T(4, 3), T(4, 3, shift=0.1), T(4, 3, shift=0.9)"
    )
    + [
        "grads(nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1), margin=0.4, "
        "swap=True), T(4, 3), T(4, 3, shift=0.1), T(4, 3, shift=0.9))"
    ],
    "nn.CTCLoss": reduced(
        "nn.CTCLoss({})", "T(6, 2, 4).log_softmax(-1), I(3, 2, 3) + 1, torch.tensor([6, 5]), torch.tensor([3, 2])"
    )
    + reduced(
        "nn.CTCLoss(blank=3, zero_infinity=True, {})",
        "T(3, 2, 4).log_softmax(-1), I(3, 2, 3), torch.tensor([3, 2]), torch.tensor([3, 3])",
    ),
}
