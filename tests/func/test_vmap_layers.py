"""Functions that are composed of ops, on batched tensors: each sample gets what it would get alone."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.func import vmap

F = nn.functional
COUNT = 3


def case(function, *shapes, integers=()):
    """A function of tensors of these shapes; those whose numbers are given are small integers below the bound."""
    return function, shapes, dict(integers)


CASES = {
    "conv1d": case(lambda x, w, b: F.conv1d(x, w, b, 2, 1), (2, 4, 7), (6, 4, 3), (6,)),
    "conv1d without a batch": case(lambda x, w: F.conv1d(x, w), (4, 7), (6, 4, 3)),
    "conv2d in groups": case(lambda x, w, b: F.conv2d(x, w, b, groups=2), (2, 4, 5, 5), (6, 2, 3, 3), (6,)),
    "conv2d of one size": case(lambda x, w: F.conv2d(x, w, padding="same"), (2, 3, 5, 4), (4, 3, 3, 3)),
    "conv3d": case(lambda x, w: F.conv3d(x, w, dilation=2), (1, 2, 5, 5, 5), (3, 2, 2, 2, 2)),
    "conv_transpose1d": case(lambda x, w: F.conv_transpose1d(x, w, None, 2, 1, 1), (2, 4, 5), (4, 3, 3)),
    "conv_transpose2d": case(lambda x, w, b: F.conv_transpose2d(x, w, b, groups=2), (2, 4, 3, 3), (4, 3, 2, 2), (6,)),
    "max_pool2d": case(lambda x: F.max_pool2d(x, 2, return_indices=True), (2, 3, 6, 6)),
    "max_pool1d without a batch": case(lambda x: F.max_pool1d(x, 3, 1, 1), (3, 6)),
    "avg_pool3d": case(lambda x: F.avg_pool3d(x, 2), (2, 2, 4, 4, 4)),
    "adaptive_avg_pool2d": case(lambda x: F.adaptive_avg_pool2d(x, (2, 3)), (2, 3, 5, 5)),
    "adaptive_max_pool1d": case(lambda x: F.adaptive_max_pool1d(x, 2), (2, 3, 5)),
    "lp_pool2d": case(lambda x: F.lp_pool2d(x.abs(), 2.0, 2), (2, 3, 4, 4)),
    "max_unpool": case(lambda x: F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2), (2, 3, 6)),
    "interpolate": case(lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), (2, 3, 4, 4)),
    "interpolate to the nearest": case(lambda x: F.interpolate(x, size=7), (2, 3, 4)),
    "grid_sample": case(lambda x, g: F.grid_sample(x, g.tanh(), align_corners=False), (2, 3, 4, 4), (2, 3, 3, 2)),
    "affine_grid": case(lambda t: F.affine_grid(t, [2, 3, 4, 5], align_corners=False), (2, 2, 3)),
    "pixel_shuffle": case(lambda x: F.pixel_shuffle(x, 2), (2, 8, 3, 3)),
    "unfold": case(lambda x: F.unfold(x, 2), (2, 3, 4, 4)),
    "fold": case(lambda x: F.fold(x, (4, 4), 2), (2, 12, 9)),
    "pad": case(lambda x: F.pad(x, (1, 2), value=3.0), (2, 3)),
    "pad by reflection": case(lambda x: F.pad(x, (1, 2), "reflect"), (2, 3, 5)),
    "pad in a circle": case(lambda x: F.pad(x, (1, 2, 1, 1), "circular"), (3, 5, 4)),
    "batch_norm": case(lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), (4, 3, 2), (3,), (3,)),
    "instance_norm": case(lambda x, w, b: F.instance_norm(x, None, None, w, b), (2, 3, 4), (3,), (3,)),
    "layer_norm": case(lambda x, w, b: F.layer_norm(x, (3, 4), w, b), (2, 3, 4), (3, 4), (3, 4)),
    "group_norm": case(lambda x, w, b: F.group_norm(x, 2, w, b), (2, 4, 3), (4,), (4,)),
    "local_response_norm": case(lambda x: F.local_response_norm(x, 3), (2, 4, 3)),
    "normalize": case(lambda x: F.normalize(x, dim=0), (2, 3)),
    "embedding": case(lambda w, i: F.embedding(i, w, padding_idx=1), (5, 3), (2, 4), integers={1: 5}),
    "embedding_bag": case(lambda w, i: F.embedding_bag(i, w, mode="sum"), (5, 3), (2, 4), integers={1: 5}),
    "one_hot": case(lambda i: F.one_hot(i, 5), (2, 3), integers={0: 5}),
    "linear": case(F.linear, (2, 3), (4, 3), (4,)),
    "bilinear": case(F.bilinear, (2, 3), (2, 4), (5, 3, 4), (5,)),
    "prelu": case(F.prelu, (2, 3, 2), (3,)),
    "glu": case(F.glu, (2, 4)),
    "softmin": case(lambda x: F.softmin(x, 0), (2, 4)),
    "attention": case(F.scaled_dot_product_attention, (2, 3, 4), (2, 5, 4), (2, 5, 4)),
    "attention with a mask": case(
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m > 0.2), (2, 3, 4), (2, 5, 4), (2, 5, 4), (3, 5)
    ),
    "mse_loss": case(F.mse_loss, (2, 3), (2, 3)),
    "smooth_l1_loss": case(lambda x, y: F.smooth_l1_loss(x, y, reduction="none"), (2, 3), (2, 3)),
    "cross_entropy": case(F.cross_entropy, (4, 3), (4,), integers={1: 3}),
    "cross_entropy with weights": case(
        lambda x, t, w: F.cross_entropy(x, t, w.abs(), ignore_index=1, label_smoothing=0.1), (4, 3), (4,), (3,),
        integers={1: 3},
    ),
    "cross_entropy of one": case(F.cross_entropy, (3,), (), integers={1: 3}),
    "cross_entropy of pictures": case(
        lambda x, t: F.cross_entropy(x, t, reduction="sum"), (2, 3, 4), (2, 4), integers={1: 3}
    ),
    "cross_entropy of probabilities": case(lambda x, t: F.cross_entropy(x, t.softmax(1)), (4, 3), (4, 3)),
    "nll_loss": case(lambda x, t: F.nll_loss(x.log_softmax(1), t), (4, 3), (4,), integers={1: 3}),
    "binary_cross_entropy": case(lambda x, t: F.binary_cross_entropy(x.sigmoid(), t.sigmoid()), (2, 3), (2, 3)),
    "with logits": case(
        lambda x, t, w: F.binary_cross_entropy_with_logits(x, t.sigmoid(), pos_weight=w), (2, 3), (2, 3), (3,)
    ),
    "kl_div": case(lambda x, t: F.kl_div(x, t.softmax(1), reduction="batchmean"), (2, 3), (2, 3)),
    "hinge_embedding_loss": case(lambda x, t: F.hinge_embedding_loss(x, t.sign()), (4,), (4,)),
    "margin_ranking_loss": case(lambda x, y, t: F.margin_ranking_loss(x, y, t.sign()), (4,), (4,), (4,)),
    "triplet_margin_loss": case(F.triplet_margin_loss, (2, 3), (2, 3), (2, 3)),
    "gaussian_nll_loss": case(lambda x, y, v: F.gaussian_nll_loss(x, y, v.exp().detach()), (2, 3), (2, 3), (2, 3)),
    "poisson_nll_loss": case(F.poisson_nll_loss, (2, 3), (2, 3)),
    "cosine_similarity": case(lambda x, y: F.cosine_similarity(x, y, dim=0), (2, 3), (2, 3)),
    "pairwise_distance": case(F.pairwise_distance, (2, 3), (2, 3)),
    "cdist": case(torch.cdist, (2, 3), (4, 3)),
    "cov": case(torch.cov, (3, 5)),
    "cross": case(lambda x, y: torch.cross(x, y, dim=-1), (2, 3), (2, 3)),
    "diff": case(torch.diff, (2, 4)),
    "einsum": case(lambda x, y: torch.einsum("ij,kj->ik", x, y), (2, 3), (4, 3)),
    "einsum without an arrow": case(lambda x, y: torch.einsum("ij,jk", x, y), (2, 3), (3, 4)),
    "tensordot": case(lambda x, y: torch.tensordot(x, y, ([1, 0], [0, 1])), (2, 3, 4), (3, 2, 5)),
    "tensordot, of one": case(lambda x, y: torch.tensordot(x, y, ([0, 1], [2, 0])), (1, 3, 4), (1, 5, 2)),
    "kron": case(torch.kron, (2, 3), (2, 2)),
    "norm": case(torch.norm, (2, 3)),
    "trapezoid": case(torch.trapezoid, (2, 3)),
    "searchsorted": case(lambda x, y: torch.searchsorted(x.sort().values, y), (5,), (2, 3)),
    "bucketize": case(lambda x, y: torch.bucketize(y, x.sort().values), (5,), (2, 3)),
    "isin": case(lambda x, y: torch.isin(x, y), (2, 3), (4,), integers={0: 4, 1: 4}),
    "quantile": case(lambda x: torch.quantile(x, torch.tensor([0.2, 0.7], dtype=x.dtype), dim=0), (4, 2)),
    "quantile of all": case(lambda x: torch.quantile(x, 0.4, keepdim=True), (4, 2)),
    "where": case(lambda x, y: torch.where(x > 0, x, y), (2, 3), (3,)),
    "masked_scatter": case(lambda x, y: x.masked_scatter(x > 0, y), (2, 3), (6,)),
    "index_put": case(lambda x, i, v: x.index_put((i,), v, accumulate=True), (5, 2), (4,), (4, 2), integers={1: 5}),
    "index_add": case(lambda x, i, v: x.index_add(0, i, v, alpha=2), (5, 2), (4,), (4, 2), integers={1: 5}),
    "index_select": case(lambda x, i: x.index_select(1, i), (2, 5), (4,), integers={1: 5}),
    "gather": case(lambda x, i: x.gather(0, i), (5, 2), (3, 2), integers={1: 5}),
    "scatter": case(lambda x, i, v: x.scatter(0, i, v), (5, 2), (1, 2), (1, 2), integers={1: 5}),
    "repeat": case(lambda x: x.repeat(2, 1, 3), (2, 3)),
    "roll": case(lambda x: x.roll((1, 2), (0, 1)), (2, 3)),
    "block_diag": case(torch.block_diag, (2, 3), (2,)),
    "meshgrid": case(lambda x, y: torch.meshgrid(x, y, indexing="xy"), (2,), (3,)),
    "cartesian_prod": case(torch.cartesian_prod, (2,), (3,)),
    "cummax": case(lambda x: tuple(torch.cummax(x, 1)), (2, 3)),
    "topk": case(lambda x: tuple(x.topk(2)), (2, 3)),
    "addmm": case(lambda x, y, z: torch.addmm(x, y, z, beta=0.5, alpha=2), (2, 4), (2, 3), (3, 4)),
    "addr": case(torch.addr, (2, 3), (2,), (3,)),
    "isclose": case(torch.isclose, (2, 3), (2, 3)),
}  # fmt: skip


def columns(shapes, integers):
    generator = torch.Generator().manual_seed(0)
    draw = lambda shape: torch.randn(COUNT, *shape, dtype=torch.float64, generator=generator)  # noqa: E731
    whole = lambda shape, bound: torch.randint(0, bound, (COUNT, *shape), generator=generator)  # noqa: E731
    return [whole(shape, integers[i]) if i in integers else draw(shape) for i, shape in enumerate(shapes)]


def check(name, dims):
    function, shapes, integers = CASES[name]
    given = [c if d == 0 else c[0] for c, d in zip(columns(shapes, integers), dims, strict=True)]
    found = vmap(function, tuple(dims))(*given)
    each = [function(*(g[i] if d == 0 else g for g, d in zip(given, dims, strict=True))) for i in range(COUNT)]
    found, each = (found, each) if isinstance(found, tuple) else ((found,), [(result,) for result in each])
    for part, column in zip(found, zip(*each, strict=True), strict=True):
        expected = torch.stack(column)
        assert part.shape == expected.shape and part.dtype == expected.dtype
        assert torch.allclose(part, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_every_argument_batched(name):
    check(name, [0] * len(CASES[name][1]))


@pytest.mark.parametrize("name", [name for name in CASES if len(CASES[name][1]) > 1])
def test_one_argument_batched(name):
    count = len(CASES[name][1])
    for i in range(count):
        check(name, [0 if j == i else None for j in range(count)])


@pytest.mark.parametrize("layer", [nn.LSTM(3, 4).double(), nn.GRU(3, 4, bidirectional=True).double(),
                                   nn.MultiheadAttention(4, 2).double(), nn.TransformerEncoderLayer(4, 2, 8,
                                   0.0).double()],
                         ids=lambda layer: type(layer).__name__)  # fmt: skip
def test_sequences(layer):
    x = torch.randn(COUNT, 5, 2, 3 if isinstance(layer, nn.RNNBase) else 4, dtype=torch.float64)
    call = (lambda s: layer(s, s, s)[0]) if isinstance(layer, nn.MultiheadAttention) else layer
    first = lambda result: result[0] if isinstance(result, tuple) else result  # noqa: E731
    found = vmap(lambda s: first(call(s)))(x)
    assert torch.allclose(found, torch.stack([first(call(s)) for s in x]), atol=1e-9)
