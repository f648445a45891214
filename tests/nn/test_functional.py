"""Functions against their formulae on small inputs."""

import math

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn import functional as F

X = [-3.0, -1.0, -0.25, 0.0, 0.25, 1.0, 3.0]


def close(actual, expected, tolerance=1e-5):
    expected = torch.as_tensor(expected, dtype=actual.dtype)
    assert actual.shape == expected.shape
    assert torch.allclose(actual, expected, rtol=tolerance, atol=tolerance)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


FORMULAE = {
    "relu": (F.relu, lambda x: max(x, 0)),
    "relu6": (F.relu6, lambda x: min(max(x, 0), 6)),
    "hardtanh": (lambda t: F.hardtanh(t, -0.5, 2.0), lambda x: min(max(x, -0.5), 2.0)),
    "elu": (lambda t: F.elu(t, 2.0), lambda x: x if x > 0 else 2 * math.expm1(x)),
    "celu": (lambda t: F.celu(t, 2.0), lambda x: x if x > 0 else 2 * math.expm1(x / 2)),
    "selu": (F.selu, lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x))),
    "leaky_relu": (lambda t: F.leaky_relu(t, 0.1), lambda x: x if x > 0 else 0.1 * x),
    "threshold": (lambda t: F.threshold(t, 0.5, -7.0), lambda x: x if x > 0.5 else -7.0),
    "silu": (F.silu, lambda x: x * sigmoid(x)),
    "mish": (F.mish, lambda x: x * math.tanh(math.log1p(math.exp(x)))),
    "gelu": (F.gelu, lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
    "softplus": (lambda t: F.softplus(t, beta=2), lambda x: math.log1p(math.exp(2 * x)) / 2),
    "softsign": (F.softsign, lambda x: x / (1 + abs(x))),
    "softshrink": (F.softshrink, lambda x: math.copysign(max(abs(x) - 0.5, 0), x)),
    "hardshrink": (F.hardshrink, lambda x: x if abs(x) > 0.5 else 0),
    "tanhshrink": (F.tanhshrink, lambda x: x - math.tanh(x)),
    "hardsigmoid": (F.hardsigmoid, lambda x: min(max(x + 3, 0), 6) / 6),
    "hardswish": (F.hardswish, lambda x: x * min(max(x + 3, 0), 6) / 6),
    "logsigmoid": (F.logsigmoid, lambda x: math.log(sigmoid(x))),
    "prelu": (lambda t: F.prelu(t, torch.tensor([0.3])), lambda x: x if x > 0 else 0.3 * x),
    "rrelu": (F.rrelu, lambda x: x if x > 0 else (1 / 8 + 1 / 3) / 2 * x),
}


@pytest.mark.parametrize("name", FORMULAE)
def test_activations(name):
    function, formula = FORMULAE[name]
    close(function(torch.tensor(X)), [formula(x) for x in X])


@pytest.mark.parametrize("name", ["relu", "relu6", "elu", "celu", "selu", "leaky_relu", "silu", "mish", "hardswish"])
def test_in_place_activations_write_and_differentiate(name):
    function = getattr(F, name)
    plain, source = torch.tensor(X, requires_grad=True), torch.tensor(X, requires_grad=True)
    expected = function(plain)
    target = source * 1
    assert function(target, inplace=True) is target
    close(target.detach(), expected.detach())
    expected.sum().backward()
    target.sum().backward()
    close(source.grad, plain.grad)


def test_activations_refuse_bad_arguments():
    with pytest.raises(ValueError, match="min_val cannot be greater than max_val"):
        F.hardtanh(torch.zeros(1), 1.0, -1.0)
    with pytest.raises(RuntimeError, match="lambda must be greater or equal to 0"):
        F.softshrink(torch.zeros(1), -1.0)
    with pytest.raises(RuntimeError, match="Halving dimension must be even"):
        F.glu(torch.zeros(3))


def test_softmax_family():
    x = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    close(F.softmax(x, 1).sum(1), [1.0, 1.0])
    close(F.log_softmax(x, 1).exp(), F.softmax(x, 1))
    close(F.softmin(x, 1), F.softmax(-x, 1))
    close(F.glu(x[:, :2], 1), (x[:, :1] * torch.sigmoid(x[:, 1:2])).tolist())
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        close(F.softmax(x), F.softmax(x, 1))


@pytest.mark.parametrize("shape", [(2,), (4, 34), (4, 5, 6), (0, 2), (2, 130, 66)])
@pytest.mark.parametrize("dim", [0, -1])
def test_glu_is_one_half_times_the_sigmoid_of_the_other(shape, dim):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    a, b = x.detach().chunk(2, dim)
    s = 1 / (1 + (-b).exp())
    close(F.glu(x, dim).detach(), a * s, 1e-12)
    factors = torch.randn(a.shape, dtype=torch.float64)
    (F.glu(x, dim) * factors).sum().backward()
    close(x.grad, torch.cat([factors * s, factors * a * s * (1 - s)], dim), 1e-12)
    for dtype, tolerance in [(torch.float32, 1e-6), (torch.bfloat16, 1e-2), (torch.float16, 2e-3)]:
        close(F.glu(x.detach().to(dtype), dim).double(), a * s, 4 * tolerance)
    turned = x.detach().t() if x.dim() == 2 else x.detach()
    close(F.glu(turned, -1 - dim if x.dim() == 2 else dim), (a * s).t() if x.dim() == 2 else a * s, 1e-12)


def test_gumbel_softmax_is_one_hot_with_a_soft_gradient():
    torch.manual_seed(0)
    logits = torch.zeros(5, 3, requires_grad=True)
    sample = F.gumbel_softmax(logits, hard=True)
    close(sample.detach().sort(1)[0], [[0.0, 0.0, 1.0]] * 5)
    (sample * torch.arange(3.0)).sum().backward()
    assert bool((logits.grad != 0).any())


def test_convolution_is_a_sum_over_unfolded_blocks():
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 3, 6, 5), torch.randn(4, 3, 3, 2), torch.randn(4)
    columns = F.unfold(x, (3, 2), padding=1, stride=2)
    expected = (weight.reshape(4, -1) @ columns).reshape(2, 4, 3, 3) + bias.reshape(1, 4, 1, 1)
    close(F.conv2d(x, weight, bias, stride=2, padding=1), expected, 1e-4)


@pytest.mark.parametrize("stride", [1, (2, 3)])
@pytest.mark.parametrize("padding", [0, (1, 2)])
@pytest.mark.parametrize("dilation", [1, (2, 1)])
def test_unfolded_columns_are_windows(dilation, padding, stride):
    x = torch.arange(2.0 * 3 * 9 * 11).reshape(2, 3, 9, 11).requires_grad_()
    columns = F.unfold(x, (3, 2), dilation, padding, stride)
    (dh, dw), (sh, sw), (ph, pw) = ((n, n) if isinstance(n, int) else n for n in (dilation, stride, padding))
    padded = F.pad(x.detach(), (pw, pw, ph, ph))
    height, width = padded.shape[2:]
    corners = [(h, w) for h in range(0, height - 2 * dh, sh) for w in range(0, width - dw, sw)]
    windows = [padded[:, :, h : h + 2 * dh + 1 : dh, w : w + dw + 1 : dw].reshape(2, -1) for h, w in corners]
    assert torch.equal(columns, torch.stack(windows, 2))
    assert columns.is_contiguous()
    columns.backward(columns.detach())
    # Every element comes back once for each window that shows it.
    counts = F.fold(torch.ones_like(columns), (9, 11), (3, 2), dilation, padding, stride)
    assert torch.equal(x.grad, counts * x.detach())


@pytest.mark.parametrize("stride", [1, (2, 3), 4])
@pytest.mark.parametrize("padding", [0, (1, 2)])
@pytest.mark.parametrize("dilation", [1, (2, 1), 3])
def test_fold_is_the_adjoint_of_unfold(dilation, padding, stride):
    image = torch.arange(2.0 * 3 * 13 * 11).reshape(2, 3, 13, 11) % 7 - 3
    unfolded = F.unfold(image, (3, 2), dilation, padding, stride)
    columns = (torch.arange(unfolded.numel()) % 5 - 2.0).reshape(unfolded.shape).requires_grad_()
    folded = F.fold(columns, (13, 11), (3, 2), dilation, padding, stride)
    assert folded.shape == image.shape
    assert (folded * image).sum() == (columns * unfolded).sum()
    folded.backward(image)
    assert torch.equal(columns.grad, unfolded)


def test_same_padding_keeps_the_size():
    x = torch.randn(1, 2, 7)
    for kernel, dilation in ((3, 1), (4, 1), (2, 3)):
        weight = torch.randn(2, 2, kernel)
        assert F.conv1d(x, weight, padding="same", dilation=dilation).shape == x.shape
    with pytest.raises(RuntimeError, match="not supported for strided convolutions"):
        F.conv1d(x, torch.randn(2, 2, 3), stride=2, padding="same")
    with pytest.raises(RuntimeError, match="at least three dimensions"):
        F.conv2d(torch.ones(1, 2, 5, 5), torch.tensor(1.0), padding="same")
    for weight in (torch.ones(3, 2, 3), torch.ones(1, 1, 1, 1, 2, 5)):
        with pytest.raises(RuntimeError, match=rf"for {weight.dim()}-dimensional weight"):
            F.conv2d(torch.ones(1, 2, 5, 5), weight, padding="same")


def test_transposed_convolution_is_the_adjoint():
    torch.manual_seed(0)
    x, y, weight = torch.randn(1, 2, 7), torch.randn(1, 3, 3), torch.randn(3, 2, 3)
    forward = (F.conv1d(x, weight, stride=2) * y).sum()
    adjoint = (F.conv_transpose1d(y, weight, stride=2) * x).sum()
    assert float(forward) == pytest.approx(float(adjoint), rel=1e-4)


def test_fold_counts_what_unfold_copies():
    ones = torch.ones(1, 1, 3, 3)
    close(F.fold(F.unfold(ones, 2), 3, 2), [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]])
    with pytest.raises(RuntimeError, match="must be at least one"):
        F.unfold(ones, 4)


def test_pooling():
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    close(F.max_pool2d(x, 2), [[[[5.0, 7.0], [13.0, 15.0]]]])
    close(F.avg_pool2d(x, 2), [[[[2.5, 4.5], [10.5, 12.5]]]])
    close(F.avg_pool2d(x, 2, divisor_override=1), [[[[10.0, 18.0], [42.0, 50.0]]]])
    close(F.adaptive_avg_pool2d(x, (1, None)), [[[[6.0, 7.0, 8.0, 9.0]]]])
    close(F.lp_pool2d(x, 2, 4), [[[[math.sqrt(sum(i * i for i in range(16)))]]]])
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    assert indices.flatten().tolist() == [5, 7, 13, 15]
    restored = F.max_unpool2d(values, indices, 2)
    assert restored.flatten().nonzero().flatten().tolist() == [5, 7, 13, 15]


def test_fractional_pooling_covers_the_input():
    torch.manual_seed(0)
    x = torch.arange(100.0).reshape(1, 1, 10, 10)
    pooled, indices = F.fractional_max_pool2d(x, 3, output_size=5, return_indices=True)
    assert pooled.shape == (1, 1, 5, 5)
    close(pooled.flatten(), x.flatten()[indices.flatten()])
    assert float(pooled.max()) == 99.0


@pytest.mark.parametrize(
    "normalized",
    [
        lambda x: F.batch_norm(x, None, None, training=True).transpose(0, 1).flatten(1),
        lambda x: F.instance_norm(x).flatten(0, 1).flatten(1),
        lambda x: F.layer_norm(x, x.shape[1:]).flatten(1),
        lambda x: F.group_norm(x, 2).reshape(6, -1),
    ],
)
def test_normalised_groups_have_mean_0_and_variance_1(normalized):
    torch.manual_seed(0)
    rows = normalized(torch.randn(3, 4, 5, 6) * 3 + 2)
    close(rows.mean(1), [0.0] * rows.size(0), 1e-4)
    close(rows.var(1, unbiased=False), [1.0] * rows.size(0), 1e-3)


def test_rms_norm_and_normalize():
    x = torch.tensor([[3.0, 4.0]])
    close(F.normalize(x), [[0.6, 0.8]])
    close(F.rms_norm(x, (2,), eps=0.0), (x / math.sqrt(12.5)).tolist())
    with pytest.raises(RuntimeError, match="normalized_shape"):
        F.rms_norm(x, (3,))


def test_training_statistics_need_several_values():
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        F.batch_norm(torch.zeros(1, 3), None, None, training=True)


def test_dropout_scales_what_it_keeps():
    torch.manual_seed(0)
    dropped = F.dropout(torch.ones(10000), 0.25)
    assert dropped.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.03)
    channels = F.dropout2d(torch.ones(4, 50, 3, 3), 0.5)
    assert set(channels.sum((2, 3)).unique().tolist()) == {0.0, 18.0}
    x = torch.ones(3)
    assert torch.equal(F.dropout(x, training=False), x)
    with pytest.raises(ValueError, match="between 0 and 1"):
        F.dropout(x, 1.5)


def test_alpha_dropout_keeps_mean_and_variance():
    torch.manual_seed(0)
    x = torch.randn(50000)
    y = F.alpha_dropout(x, 0.2, training=True)
    assert float(y.mean()) == pytest.approx(0.0, abs=0.03)
    assert float(y.std()) == pytest.approx(1.0, abs=0.03)


def test_embedding_bags_reduce_rows():
    table = torch.arange(12.0).reshape(6, 2)
    indices, offsets = torch.tensor([0, 2, 5, 1]), torch.tensor([0, 3, 3])
    rows = table[indices]
    close(F.embedding_bag(indices, table, offsets, mode="sum"), torch.stack([rows[:3].sum(0), rows[0] * 0, rows[3]]))
    close(F.embedding_bag(indices, table, offsets, mode="mean")[0], rows[:3].mean(0))
    close(F.embedding_bag(indices, table, offsets, mode="max")[0], rows[:3].max(0)[0])
    with pytest.raises(ValueError, match="mode has to be one of"):
        F.embedding_bag(indices, table, offsets, mode="min")


def test_embedding_limits_norms_in_place():
    table = torch.tensor([[3.0, 4.0], [30.0, 40.0]])
    F.embedding(torch.tensor([0]), table, max_norm=1.0)
    close(table, [[0.6, 0.8], [30.0, 40.0]])


def test_one_hot():
    assert F.one_hot(torch.tensor([1, 0]), 3).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert F.one_hot(torch.tensor([1, 2])).shape == (2, 3)
    with pytest.raises(RuntimeError, match="smaller than num_classes"):
        F.one_hot(torch.tensor([3]), 3)


def test_distances():
    a, b = torch.tensor([[3.0, 0.0], [0.0, 4.0]]), torch.zeros(2, 2)
    close(F.pairwise_distance(a, b, eps=0.0), [3.0, 4.0])
    close(F.cosine_similarity(a, torch.tensor([[1.0, 1.0]])), [math.sqrt(0.5)] * 2)
    close(F.pdist(a), [5.0])


def test_shuffles_invert_each_other():
    x = torch.arange(72.0).reshape(2, 4, 3, 3)
    assert F.pixel_shuffle(x, 2).shape == (2, 1, 6, 6)
    assert torch.equal(F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2), x)
    assert torch.equal(F.channel_shuffle(F.channel_shuffle(x, 2), 2), x)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_resizing_keeps_constants_and_the_identity(mode):
    constant = torch.full((1, 2, 3, 4), 2.5)
    close(F.interpolate(constant, size=(5, 7), mode=mode), torch.full((1, 2, 5, 7), 2.5))
    x = torch.randn(1, 1, 4, 3)
    close(F.interpolate(x, size=(4, 3), mode=mode), x)


def test_linear_resizing_follows_a_ramp():
    ramp = torch.arange(5.0).reshape(1, 1, 5)
    close(F.interpolate(ramp, size=9, mode="linear", align_corners=True).flatten(), [i / 2 for i in range(9)])
    with pytest.raises(ValueError, match="only one of size or scale_factor"):
        F.interpolate(ramp, size=3, scale_factor=2)
    with pytest.raises(NotImplementedError, match="bilinear mode needs 4D input"):
        F.interpolate(ramp, size=3, mode="bilinear")


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
def test_the_identity_grid_samples_the_image(mode, padding_mode):
    image = torch.randn(1, 2, 4, 5)
    grid = F.affine_grid(torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), image.shape, align_corners=True)
    close(F.grid_sample(image, grid, mode, padding_mode, align_corners=True), image, 1e-4)


def test_outside_of_the_image_there_are_zeros():
    image, grid = torch.ones(1, 1, 3, 3), torch.full((1, 1, 1, 2), 5.0)
    close(F.grid_sample(image, grid, align_corners=False), [[[[0.0]]]])
    close(F.grid_sample(image, grid, padding_mode="border", align_corners=False), [[[[1.0]]]])


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_softmax_of_products(causal):
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 3, 4), torch.randn(2, 3, 4), torch.randn(2, 3, 5)
    scores = q @ k.transpose(1, 2) / 2
    if causal:
        scores = scores + torch.full((3, 3), float("-inf")).triu(1)
    close(F.scaled_dot_product_attention(q, k, v, is_causal=causal), torch.softmax(scores, -1) @ v, 1e-4)


def attention_by_definition(q, k, v, causal):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    if causal:
        hidden = torch.ones(q.size(-2), k.size(-2), dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, float("-inf"))
    return torch.softmax(scores, -1) @ v


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("batch", "queries", "keys"), [((2, 3), 5, 7), ((), 3, 4), ((1,), 130, 300), ((9,), 260, 129), ((0,), 3, 2)]
)
def test_attention_in_blocks_has_the_values_and_gradients_of_its_definition(causal, batch, queries, keys):
    torch.manual_seed(0)
    q, k, v = (
        torch.randn(*batch, size, width, dtype=torch.float64, requires_grad=True)
        for size, width in ((queries, 8), (keys, 8), (keys, 5))
    )
    actual = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    expected = attention_by_definition(q, k, v, causal)
    close(actual, expected, 1e-10)
    direction = torch.randn_like(expected)
    for a, b in zip(
        torch.autograd.grad(actual, (q, k, v), direction),
        torch.autograd.grad(expected, (q, k, v), direction),
        strict=True,
    ):
        close(a, b, 1e-10)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_can_be_differentiated_twice(causal):
    torch.manual_seed(0)
    q, k, v = (
        torch.randn(2, size, width, dtype=torch.float64, requires_grad=True) for size, width in ((4, 3), (5, 3), (5, 2))
    )

    def attend(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)

    assert torch.autograd.gradcheck(attend, (q, k, v))
    assert torch.autograd.gradgradcheck(attend, (q, k, v))


def test_heads_attend_alike_with_and_without_weights():
    torch.manual_seed(0)
    layer, x = nn.MultiheadAttention(8, 2), torch.randn(3, 2, 8)
    padding = torch.tensor([[False, False, True], [False, False, False]])
    output, weights = layer(x, x, x, key_padding_mask=padding)
    close(layer(x, x, x, key_padding_mask=padding, need_weights=False)[0], output, 1e-4)
    close(weights.sum(-1), [[1.0] * 3] * 2)
    assert weights[0, :, 2].tolist() == [0.0] * 3


def test_dropout3d_reads_fewer_dimensions_as_one_sample():
    torch.manual_seed(0)
    with pytest.warns(UserWarning, match="2-D input"):
        assert F.dropout3d(torch.ones(4, 2)).tolist() == [[0, 0], [0, 0], [2, 2], [0, 0]]


@pytest.mark.parametrize("option", [{"sparse": True}, {"scale_grad_by_freq": True}])
def test_the_maximum_of_a_bag_has_a_plain_gradient(option):
    with pytest.raises(ValueError, match="max mode"):
        F.embedding_bag(torch.tensor([[1]]), torch.ones(3, 2), mode="max", **option)


def test_bags_begin_at_the_first_index():
    with pytest.raises(RuntimeError, match=r"offsets\[0\]"):
        F.embedding_bag(torch.tensor([1]), torch.ones(3, 2), torch.tensor([1]))


def test_half_types_may_have_float32_parameters():
    x, weight = torch.randn(4, 3).half(), torch.tensor([1.0, 2.0, 3.0])
    wide = F.layer_norm(x.float(), (3,), weight, weight)
    assert torch.equal(F.layer_norm(x, (3,), weight, weight), wide.half())
    assert F.rms_norm(x, (3,), weight).dtype == torch.float16


@pytest.mark.parametrize("norm", [nn.BatchNorm1d(3), nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.BatchNorm1d(3).eval()])
def test_other_mixtures_of_dtypes_are_refused(norm):
    with pytest.raises(RuntimeError, match=r"float64|Double"):
        norm(torch.ones(2, 3, dtype=torch.float64))


@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("padding_mode", ["border", "reflection"])
def test_a_grid_has_no_gradient_on_the_border(padding_mode, align_corners):
    image = torch.tensor([[[[1.0, 3, 8, 20]] * 3]])
    edge = 1.0 if align_corners else 1 - 1 / 4
    grid = torch.tensor([[[[edge, 0.0], [-edge, 0.0], [0.5, 0.0], [9.0, 0.0]]]], requires_grad=True)
    F.grid_sample(image, grid, padding_mode=padding_mode, align_corners=align_corners).sum().backward()
    along = grid.grad[0, 0, :, 0].tolist()
    assert along[:2] == [0, 0] and along[2] > 0
    assert along[3] == 0 or padding_mode == "reflection"


def test_the_identity_map_is_differentiable_on_the_border():
    theta = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]], requires_grad=True)
    image = torch.arange(12.0).reshape(1, 1, 3, 4) ** 2
    grid = F.affine_grid(theta, (1, 1, 3, 4), align_corners=True)
    F.grid_sample(image, grid, padding_mode="border", align_corners=True).sum().backward()
    assert theta.grad[0, :, 0].isfinite().all() and theta.grad.abs().max() < 300


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
@pytest.mark.parametrize("padding_mode", ["border", "reflection"])
def test_nan_in_a_grid_is_the_first_pixel(mode, padding_mode):
    image, nan = torch.tensor([[[[5.0, 6.0], [7.0, 8.0]]]]), float("nan")
    grid = torch.tensor([[[[nan, nan], [nan, 1.0]]]])
    assert F.grid_sample(image, grid, mode, padding_mode, align_corners=True).tolist() == [[[[5, 7]]]]


@pytest.mark.parametrize(("p", "want"), [(math.inf, [5.0, 3.0, 1.0, 2.0]), (-math.inf, [4.0, 2.0, 0.0, 1.0])])
def test_power_pools_of_infinite_order_are_extrema(p, want):
    x = torch.arange(8.0) - 5
    assert F.lp_pool1d(x.reshape(1, 1, 8), p, 2).flatten().tolist() == want
    assert F.lp_pool2d(x.reshape(1, 1, 1, 8), p, (1, 2)).flatten().tolist() == want


def test_a_zero_dimensional_tensor_is_a_size():
    x = torch.arange(8.0).reshape(1, 1, 8)
    two = torch.tensor(2)
    assert F.max_pool1d(x, two).tolist() == F.max_pool1d(x, 2).tolist()
    assert F.avg_pool1d(x, two, two).tolist() == F.avg_pool1d(x, 2, 2).tolist()


@pytest.mark.parametrize(("drop", "ndim", "words"), [
    (F.dropout2d, 3, r"assuming that channel-wise 1D dropout behavior is desired .* shape \(N, C, L\)"),
    (F.dropout2d, 2, r"Received a 2-D input to dropout2d.* 2 spatial dimensions.*3D or 4D inputs"),
    (F.dropout3d, 3, r"Received a 3-D input to dropout3d.* 3 spatial dimensions.*4D or 5D inputs"),
])  # fmt: skip
def test_dropout_of_channels_warns_of_other_dimensions(drop, ndim, words):
    x = torch.ones((2,) * ndim)
    with pytest.warns(UserWarning, match=words):
        assert torch.equal(drop(x, 0.5, training=False), x)


def test_native_channel_shuffle():
    x = torch.arange(8).reshape(1, 4, 2)
    assert torch.native_channel_shuffle(x, 2).tolist() == [[[0, 1], [4, 5], [2, 3], [6, 7]]]
    with pytest.raises(RuntimeError, match="Number of channels must be divisible by groups"):
        F.native_channel_shuffle(x, 3)
