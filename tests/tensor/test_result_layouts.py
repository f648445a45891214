"""How results lie in memory, given how their inputs lie: strides, memory formats, gradients."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest

COLUMNS = torch.arange(80.0).reshape(10, 8).t()  # (8, 10), strides (1, 8)
GAPS = COLUMNS[::2, ::2]  # (4, 5), strides (2, 16)
CUBE = torch.arange(120.0).reshape(4, 5, 6)
TURNED = CUBE[:, :, ::2].permute(2, 0, 1)  # (3, 4, 5), strides (2, 30, 6)
SOME = torch.tensor([0, 2, 1])


@pytest.mark.parametrize(
    ("compute", "strides"),
    [
        (lambda: GAPS.clone(), (1, 4)),
        (lambda: GAPS.exp(), (1, 4)),
        (lambda: torch.empty_like(GAPS), (1, 4)),
        (lambda: torch.arange(5.0).expand(3, 5).clone(), (5, 1)),
        (lambda: TURNED.double(), (1, 15, 3)),
        (lambda: TURNED + 1, (1, 15, 3)),
        (lambda: TURNED > 1, (1, 15, 3)),
        (lambda: torch.addcmul(TURNED, TURNED, TURNED), (1, 15, 3)),
        (lambda: TURNED + TURNED[:, :1], (1, 15, 3)),
        (lambda: COLUMNS + torch.zeros(8, 10), (1, 8)),
        (lambda: torch.zeros(8, 10) + COLUMNS, (10, 1)),
        (lambda: torch.zeros(10) + COLUMNS, (1, 8)),
        (lambda: COLUMNS.sort(0).indices, (1, 8)),
        (lambda: TURNED.argsort(), (1, 15, 3)),
        (lambda: COLUMNS.flip(0), (1, 8)),
        (lambda: GAPS.flip(1), (1, 4)),
        (lambda: COLUMNS.cumsum(0), (10, 1)),
        (lambda: CUBE.permute(2, 0, 1).sum(1), (5, 1)),
        (lambda: CUBE.permute(2, 0, 1).amax(1, keepdim=True), (5, 5, 1)),
        (lambda: COLUMNS.topk(2, 0).values, (10, 1)),
        (lambda: CUBE.kthvalue(1).indices, (5, 1)),
        (lambda: COLUMNS.gather(0, torch.zeros(8, 10, dtype=torch.int64)), (10, 1)),
        (lambda: COLUMNS.index_select(0, SOME), (10, 1)),
        (lambda: COLUMNS[SOME], (10, 1)),
        (lambda: CUBE.permute(2, 0, 1)[SOME], (20, 5, 1)),
        (lambda: CUBE.permute(2, 0, 1)[:, SOME], (1, 6, 18)),
        (lambda: torch.arange(360.0).reshape(3, 4, 5, 6).permute(3, 2, 1, 0)[SOME, :, SOME], (15, 1, 5)),
        (lambda: COLUMNS[COLUMNS[:, 0] > 2], (10, 1)),
        (lambda: torch.ones(2, 3).nonzero(), (1, 6)),
        (lambda: COLUMNS.index_put((SOME,), torch.tensor(1.0)), (1, 8)),
        (lambda: COLUMNS.masked_fill(COLUMNS > 1, 0.0), (10, 1)),
        (lambda: GAPS.select_scatter(torch.zeros(5), 0, 0), (2, 16)),
        (lambda: torch.cat([COLUMNS, COLUMNS]), (10, 1)),
        (lambda: torch.arange(5).expand(1, 1, 5), (5, 5, 1)),
        (lambda: torch.arange(5).expand(2, 1, 5), (0, 5, 1)),
        (lambda: torch.tensor(1.0).expand(1, 2), (0, 0)),
        (lambda: torch.empty_strided((4, 1), (1, 7)).view(4, 1), (1, 7)),
        (lambda: torch.empty_strided((4, 1), (1, 7)).view(2, 1, 2), (2, 2, 1)),
        (lambda: torch.empty_strided((0, 3), (7, 9)).view(0, 3), (7, 9)),
        (lambda: torch.empty_strided((0, 3), (7, 9)).view(3, 0), (1, 1)),
    ],
)
def test_dimensions_keep_their_order_in_memory(compute, strides):
    assert compute().stride() == strides


WEIGHT = torch.arange(144.0).reshape(4, 4, 3, 3) / 100
WEIGHT_3D = torch.arange(432.0).reshape(4, 4, 3, 3, 3) / 300
GRID = torch.linspace(-1, 1, 24).reshape(2, 3, 2, 2)


def unpooled(x):
    values, positions = F.max_pool2d(x, 2, return_indices=True)
    return F.max_unpool2d(values, positions, 2)


ON_IMAGES = {
    "conv2d": lambda x: F.conv2d(x, WEIGHT.to(x.device), padding=1),
    "conv2d of a row-major input by such a weight": lambda x: F.conv2d(
        x.contiguous(), WEIGHT.to(x.device, memory_format=torch.channels_last)
    ),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, WEIGHT.to(x.device), stride=2),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "group_norm": lambda x: F.group_norm(x, 2),
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "positions": lambda x: F.max_pool2d(x, 2, return_indices=True)[1],
    "avg_pool2d": lambda x: F.avg_pool2d(x, 2, 1),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, 3),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, 3),
    "lp_pool2d": lambda x: F.lp_pool2d(x, 2, 2),
    "max_unpool2d": unpooled,
    "nearest": lambda x: F.interpolate(x, scale_factor=2),
    "bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "bicubic": lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"),
    "antialiased": lambda x: F.interpolate(x, scale_factor=0.5, mode="bilinear", antialias=True),
    "area": lambda x: F.interpolate(x, scale_factor=0.5, mode="area"),
    "constant pad": lambda x: F.pad(x, (1, 2, 3, 4)),
    "cropped": lambda x: F.pad(x, (-1, 0, 0, -1)),
    "reflect": lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    "replicate": lambda x: F.pad(x, (1, 1, 1, 1), mode="replicate"),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 2),
    "channel_shuffle": lambda x: F.channel_shuffle(x, 2),
    "cat": lambda x: torch.cat([x, x], 1),
    "flip": lambda x: x.flip(2),
    "roll": lambda x: x.roll(1, 2),
    "softmax": lambda x: x.relu() + x.clamp(0, 1),
    "bias": lambda x: x + torch.ones(4, 1, 1, device=x.device),
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "dtype": lambda x: x.to(torch.float16),
    "like": lambda x: torch.zeros_like(x),
    "dropout": lambda x: F.dropout(x, 0.0),
    "rms_norm": lambda x: F.rms_norm(x, x.shape[-1:]),
    "rms_norm of images": lambda x: F.rms_norm(x, x.shape[1:]),
}
ON_VOLUMES = {
    "conv3d": lambda x: F.conv3d(x, WEIGHT_3D.to(x.device), padding=1),
    "conv_transpose3d": lambda x: F.conv_transpose3d(x, WEIGHT_3D.to(x.device)),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "group_norm": lambda x: F.group_norm(x, 2),
    "max_pool3d": lambda x: F.max_pool3d(x, 2),
    "trilinear": lambda x: F.interpolate(x, scale_factor=2, mode="trilinear"),
    "nearest": lambda x: F.interpolate(x, scale_factor=2),
    "pad": lambda x: F.pad(x, (1, 2, 3, 4, 5, 6)),
    "cat": lambda x: torch.cat([x, x], 2),
    "add": lambda x: x + 1,
}
ROW_MAJOR = {
    "avg_pool3d": lambda x: F.avg_pool3d(x, 2),
    "circular pad": lambda x: F.pad(x, (1,) * 6, mode="circular"),
    "layer_norm": lambda x: F.layer_norm(x, x.shape[-1:]),
    "softmax": lambda x: F.softmax(x, 1),
    "cumsum": lambda x: x.cumsum(1),
    "mixed": lambda x: torch.cat([x, x.contiguous()]),
    "logsigmoid": F.logsigmoid,
    "rrelu": F.rrelu,
    "renorm": lambda x: torch.renorm(x, 2, 1, 1.0),
    "cross": lambda x: torch.linalg.cross(x, x + 1, dim=2),
}


def check_kept(compute, x, format):
    got, plain = compute(x.to(memory_format=format)), compute(x.contiguous())
    assert got.is_contiguous(memory_format=format)
    torch.testing.assert_close(got, plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("compute", ON_IMAGES.values(), ids=ON_IMAGES)
def test_ops_on_images_keep_channels_last(compute, device):
    check_kept(compute, torch.randn(2, 4, 6, 8, device=device), torch.channels_last)


@pytest.mark.parametrize("compute", ON_VOLUMES.values(), ids=ON_VOLUMES)
def test_ops_on_volumes_keep_channels_last(compute, device):
    check_kept(compute, torch.randn(2, 4, 3, 6, 8, device=device), torch.channels_last_3d)


@pytest.mark.parametrize("compute", ROW_MAJOR.values(), ids=ROW_MAJOR)
def test_some_results_are_row_major_whatever_the_input(compute, device):
    x = torch.randn(2, 4, 3, 6, 8, device=device)
    got = compute(x.to(memory_format=torch.channels_last_3d))
    assert got.is_contiguous()
    torch.testing.assert_close(got, compute(x))


@pytest.mark.parametrize("function", [F.logsigmoid, F.rrelu, lambda x: F.rrelu(x, training=True)])
def test_row_major_activations_are_one_node(function):
    x = torch.randn(2, 4, 6, 8).to(memory_format=torch.channels_last).requires_grad_()
    y = function(x)
    assert y.is_contiguous()
    assert y.grad_fn.next_functions[0][0].variable is x
    y.sum().backward()
    assert x.grad.stride() == x.stride()


def test_grid_sample_is_row_major():
    x = torch.randn(2, 4, 6, 8).to(memory_format=torch.channels_last)
    assert F.grid_sample(x, GRID, align_corners=False).is_contiguous()


def test_stacks_divide_what_they_would_be_joined():
    x = torch.randn(2, 4, 6, 8).to(memory_format=torch.channels_last)
    assert torch.stack([x, x]).stride() == (384, 192, 1, 32, 4)
    assert torch.stack([x, x], 1).stride() == (384, 4, 1, 64, 8)
    assert torch.stack([x, x], 4).is_contiguous()
    assert torch.stack([x, x], 1)[:, 1].equal(x)


@pytest.mark.parametrize("retained", [False, True])
def test_gradients_lie_as_their_leaf_does(device, retained):
    images = torch.randn(2, 4, 6, 8, device=device).to(memory_format=torch.channels_last).requires_grad_()
    matrix = torch.randn(3, 4, device=device).t().requires_grad_()
    gaps = torch.randn(4, 6, device=device)[:, ::2].requires_grad_()
    for leaf, strides in ((images, (192, 1, 32, 4)), (matrix, (1, 4)), (gaps, (3, 1))):
        for _ in range(2):
            (leaf.contiguous() * 3).sum().backward(create_graph=retained)
            assert leaf.grad.stride() == strides
        assert leaf.grad.detach().unique().tolist() == [6.0]


def test_gradients_of_a_module_in_channels_last(device):
    model = torch.nn.Sequential(torch.nn.Conv2d(4, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Conv2d(4, 2, 2))
    model = model.to(device).to(memory_format=torch.channels_last)
    x = torch.randn(2, 4, 6, 8, device=device).to(memory_format=torch.channels_last).requires_grad_()
    out = model(x)
    out.square().sum().backward()
    for tensor in (out, x.grad, model[0].weight, model[0].weight.grad, model[2].weight.grad):
        assert tensor.is_contiguous(memory_format=torch.channels_last)
    plain = x.detach().contiguous().requires_grad_()
    weight = model[0].weight.grad.clone()
    model.zero_grad()
    model.to(memory_format=torch.contiguous_format)(plain).square().sum().backward()
    torch.testing.assert_close(x.grad, plain.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(weight, model[0].weight.grad, rtol=1e-4, atol=1e-3)


def test_other_devices_get_the_same_order(device):
    moved = TURNED.to(device, copy=True)
    assert moved.stride() == (1, 15, 3) and moved.cpu().equal(TURNED)
    assert CUBE[1:, :, ::2].to(device).cpu().equal(CUBE[1:, :, ::2])
    assert COLUMNS[:, 2:].to(device).cpu().equal(COLUMNS[:, 2:])


@pytest.mark.parametrize(
    ("compute", "strides"),
    [
        (lambda x: torch.complex(x, x), (1, 15, 3)),
        (lambda x: torch.polar(x, torch.ones(3, 4, 5)), (1, 15, 3)),
        (lambda x: x.put(SOME, torch.ones(3)), (1, 15, 3)),
        (lambda x: x.contiguous().put(SOME, torch.ones(3)), (20, 5, 1)),
        (lambda x: x.long().median(-1)[1], (4, 1)),
        (lambda x: x.long().median(-1)[0], (4, 1)),
        (lambda x: x.long().nanmedian(1)[1], (5, 1)),
    ],
)
def test_composed_results_lie_as_their_inputs_do(compute, strides):
    x = TURNED.clone()
    got = compute(x)
    assert got.stride() == strides
    assert torch.equal(got, compute(x.contiguous()))


def test_coordinates_of_a_place_lie_beside_one_another():
    rows, columns = torch.unravel_index(torch.arange(6).reshape(2, 3), (2, 3))
    assert rows.tolist() == [[0, 0, 0], [1, 1, 1]] and columns.tolist() == [[0, 1, 2], [0, 1, 2]]
    assert rows.stride() == columns.stride() == (6, 2) and columns.storage_offset() == 1
    assert torch.unravel_index(torch.tensor(3), ()) == ()


ONE_CHANNEL = torch.arange(96.0).reshape(2, 3, 4, 4)[:, :1].contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: F.interpolate(x, size=(2, 2)),
        lambda x: F.interpolate(x, size=(6, 5), mode="bilinear"),
        lambda x: F.interpolate(x.to(torch.uint8), size=(6, 5), mode="bicubic"),
        lambda x: F.group_norm(x, 1),
        lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
        lambda x: F.max_pool2d(x, 2),
        lambda x: F.conv2d(x, torch.ones(3, 1, 2, 2)),
        lambda x: x + 1,
    ],
)
def test_strides_of_a_single_channel_tell_the_format(compute):
    assert ONE_CHANNEL.stride() == (16, 1, 4, 1)
    assert compute(ONE_CHANNEL).stride(3) == compute(ONE_CHANNEL).size(1)
    assert compute(ONE_CHANNEL.clone(memory_format=torch.contiguous_format)).stride(3) == 1
    result = compute(ONE_CHANNEL)
    assert result.stride(1) == 1
    assert torch.equal(result, compute(ONE_CHANNEL.clone(memory_format=torch.contiguous_format)))
