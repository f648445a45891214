"""Sizes of zero, and results that must not be the input itself."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch import nn

IMAGE = (1, 4, 4, 4)
IDENTITIES = {
    "pad": lambda x: F.pad(x, (0, 0)),
    "pad-reflect": lambda x: F.pad(x, (0, 0, 0, 0), "reflect"),
    "pad-replicate": lambda x: F.pad(x, (0, 0, 0, 0), "replicate"),
    "pad-circular": lambda x: F.pad(x, (0, 0, 0, 0), "circular"),
    "nearest": lambda x: F.interpolate(x, size=4),
    "bilinear": lambda x: F.interpolate(x, size=4, mode="bilinear"),
    "bicubic": lambda x: F.interpolate(x, scale_factor=1, mode="bicubic"),
    "pixel_shuffle": lambda x: F.pixel_shuffle(x, 1),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 1),
    "channel_shuffle": lambda x: F.channel_shuffle(x, 1),
    "channel_shuffle-all": lambda x: F.channel_shuffle(x, 4),
}


@pytest.mark.parametrize("f", IDENTITIES.values(), ids=IDENTITIES)
def test_a_function_that_changes_nothing_still_copies(f):
    x = torch.arange(64.0).reshape(IMAGE)
    y = f(x)
    assert torch.equal(x, y)
    y.zero_()
    assert x.sum() == 2016


@pytest.mark.parametrize("features", [(3, 0), (0, 3)])
@pytest.mark.parametrize("lead", [(2,), (0,), (2, 0), ()])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_without_features(features, lead, bias):
    layer = nn.Linear(2, 2, bias)
    layer.weight = nn.Parameter(torch.ones(features[1], features[0]))
    layer.bias = nn.Parameter(torch.ones(features[1])) if bias else None
    x = torch.ones(*lead, features[0], requires_grad=True)
    y = layer(x)
    assert y.shape == (*lead, features[1])
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert layer.weight.grad.shape == layer.weight.shape
    assert not layer.weight.grad.any()


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 4), (2, 3, 0)])
@pytest.mark.parametrize("momentum", [0.1, None])
def test_batch_norm_of_no_elements_learns_nothing(shape, momentum):
    layer = nn.BatchNorm1d(3, momentum=momentum)
    x = torch.ones(shape, requires_grad=True)
    layer(x).sum().backward()
    assert layer.weight.grad.tolist() == layer.bias.grad.tolist() == [0, 0, 0]
    assert x.grad.shape == shape
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0, 0, 0], [1, 1, 1])


def test_attention_over_no_queries():
    layer = nn.MultiheadAttention(4, 2)
    x = torch.ones(0, 2, 4, requires_grad=True)
    output, weights = layer(x, x, x)
    assert (output.shape, weights.shape) == ((0, 2, 4), (2, 0, 0))
    output.sum().backward()
    assert x.grad.shape == x.shape


def test_fold_of_no_images():
    x = torch.ones(0, 16, 12, requires_grad=True)
    y = F.fold(x, (4, 5), 2)
    assert y.shape == (0, 4, 4, 5)
    y.sum().backward()
    assert x.grad.shape == x.shape


def test_adaptive_softmax_with_a_cluster_without_features():
    with pytest.warns(UserWarning, match="zero-element"):
        layer = nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6])
    loss = layer(torch.ones(3, 4), torch.tensor([0, 4, 8])).loss
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(layer.head.weight.grad).all()


REFUSED = {
    "rrelu": (lambda: F.rrelu(torch.ones(2), 0.5, 0.1), RuntimeError, "Lower bound"),
    "rrelu-training": (lambda: F.rrelu(torch.ones(2), 0.5, 0.1, True), RuntimeError, "Lower bound"),
    "circular": (lambda: nn.CircularPad2d(1)(torch.ones(4, 4)), ValueError, r"expected 3D or 4D input \(got 2D"),
    "avg_pool": (lambda: nn.AvgPool2d(2, stride=0)(torch.ones(IMAGE)), RuntimeError, "stride"),
    "nll": (
        lambda: F.nll_loss(torch.zeros(2, 3), torch.zeros(2, 1, dtype=torch.int64)), RuntimeError, "multi-target",
    ),
    "cross_entropy": (
        lambda: F.cross_entropy(torch.zeros(2, 3), torch.zeros(2, 1, dtype=torch.int64)), RuntimeError, "multi-target",
    ),
    "multi_margin": (
        lambda: F.multi_margin_loss(torch.zeros(2, 3), torch.tensor([0, 1]), weight=torch.ones(2)),
        RuntimeError,
        "inconsistent weight size",
    ),
    "interpolate": (
        lambda: F.interpolate(torch.ones(1, 1, 2, 2, dtype=torch.int64), size=4), NotImplementedError, "interpolate",
    ),
    "interpolate-sizes": (lambda: F.interpolate(torch.ones(1, 1, 2), (2, 2), mode="bilinear"), ValueError, "number of"),
    "adaptive_max_pool": (
        lambda: F.adaptive_max_pool2d(torch.ones(IMAGE, dtype=torch.int64), 2), NotImplementedError, "adaptive_max",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_arguments_that_do_not_fit(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_triplet_loss_names_its_distance():
    assert "(distance_function): PairwiseDistance()" in repr(nn.TripletMarginWithDistanceLoss())


BAGS = {
    "index": ({"input": [0, 9], "offsets": [0]}, RuntimeError, "idx < num_embeddings.*9"),
    "negative index": ({"input": [0, -1], "offsets": [0]}, RuntimeError, "idx < num_embeddings.*-1"),
    "offset": ({"input": [0, 1], "offsets": [0, 5]}, RuntimeError, r"offsets\[-1\] can not be greater.*length 2"),
    "negative offset": ({"input": [0, 1], "offsets": [0, -1]}, IndexError, "out of range"),
    "padding": ({"input": [0], "offsets": [0], "padding_idx": 9}, RuntimeError, "-4 through 3, but got 9"),
}


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize(("arguments", "error", "message"), BAGS.values(), ids=BAGS)
def test_bags_that_do_not_fit(arguments, error, message, mode):
    arguments = {k: torch.tensor(v) if isinstance(v, list) else v for k, v in arguments.items()}
    with pytest.raises(error, match=message):
        F.embedding_bag(weight=torch.ones(4, 3), mode=mode, **arguments)


def test_weights_of_samples_are_of_the_dtype_of_the_rows():
    with pytest.raises(RuntimeError, match="same type"):
        F.embedding_bag(
            torch.tensor([0, 1]),
            torch.ones(4, 3),
            torch.tensor([0]),
            mode="sum",
            per_sample_weights=torch.ones(2).double(),
        )


@pytest.mark.parametrize(
    "call", [lambda: F.unfold(torch.ones(3, 0, 3, 4), 2), lambda: F.fold(torch.ones(3, 0, 6), (3, 4), 2)]
)
def test_sliding_blocks_need_channels(call):
    with pytest.raises(RuntimeError, match="non-zero dimensions"):
        call()


@pytest.mark.parametrize("size", [1, (1, 2), (2, 2)])
def test_columns_of_blocks_are_copies(size):
    image = torch.arange(4.0).reshape(1, 1, 2, 2)
    F.unfold(image, size).zero_()
    assert image.flatten().tolist() == [0.0, 1.0, 2.0, 3.0]
