"""Layers: state, modes and printing beyond what their functions do."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)

REPRS = {
    "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)": lambda: nn.Conv2d(
        1, 2, 3, padding=1, bias=False
    ),
    "Conv1d(2, 4, kernel_size=(3,), stride=(1,), padding=same, padding_mode=circular)": lambda: nn.Conv1d(
        2, 4, 3, padding="same", padding_mode="circular"
    ),
    "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)": lambda: nn.BatchNorm2d(
        3
    ),
    "LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True)": lambda: nn.LSTM(
        3, 4, 2, batch_first=True, bidirectional=True
    ),
    "Embedding(3, 4, padding_idx=2)": lambda: nn.Embedding(3, 4, padding_idx=-1),
    "Hardtanh(min_val=-1.0, max_val=1.0, inplace=True)": lambda: nn.Hardtanh(inplace=True),
    "ReLU6()": nn.ReLU6,
    "Dropout(p=0.5, inplace=False)": nn.Dropout,
    "Upsample(scale_factor=2.0, mode='nearest')": lambda: nn.Upsample(scale_factor=2),
    "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)": lambda: nn.MaxPool2d(2),
}


@pytest.mark.parametrize("text", REPRS)
def test_reprs(text):
    assert repr(REPRS[text]()) == text


def test_batch_norm_moves_running_statistics_in_training_only():
    layer = nn.BatchNorm1d(1)
    x = torch.tensor([[1.0], [3.0]])
    layer(x)
    assert layer.running_mean.tolist() == pytest.approx([0.2])
    assert layer.running_var.tolist() == pytest.approx([0.9 + 0.1 * 2])
    assert int(layer.num_batches_tracked) == 1
    layer.eval()(x)
    assert int(layer.num_batches_tracked) == 1
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        layer(torch.zeros(1, 1, 1, 1))


def test_batch_norm_without_momentum_averages_all_batches():
    layer = nn.BatchNorm1d(1, momentum=None)
    for value in (2.0, 4.0):
        layer(torch.tensor([[value - 1], [value + 1]]))
    assert layer.running_mean.tolist() == pytest.approx([3.0])


def test_padded_convolutions_agree_with_padding_first():
    torch.manual_seed(0)
    conv = nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular")
    plain = nn.Conv1d(1, 1, 3)
    plain.load_state_dict(conv.state_dict())
    x = torch.randn(1, 1, 5)
    wrapped = torch.cat([x[..., -1:], x, x[..., :1]], -1)
    assert torch.allclose(conv(x), plain(wrapped), atol=1e-6)


def test_output_size_chooses_the_output_padding():
    up = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    x = torch.zeros(1, 1, 4, 4)
    assert up(x).shape == (1, 1, 7, 7)
    assert up(x, output_size=[8, 7]).shape == (1, 1, 8, 7)
    with pytest.raises(ValueError, match="dimension 0 must be from 7 to 8"):
        up(x, output_size=[9, 7])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels must be divisible by groups"),
        (lambda: nn.Conv2d(2, 4, 3, padding="full"), "Invalid padding string"),
        (lambda: nn.Conv2d(2, 4, 3, padding_mode="mirror"), "padding_mode must be one of"),
        (lambda: nn.ConvTranspose1d(1, 1, 3, padding_mode="reflect"), 'Only "zeros" padding mode'),
        (lambda: nn.Dropout(1.5), "between 0 and 1"),
        (lambda: nn.GroupNorm(2, 3), "num_channels must be divisible by num_groups"),
        (lambda: nn.FractionalMaxPool2d(2), "requires specifying either an output size"),
    ],
)
def test_arguments_that_do_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_row_of_padding_is_zero_and_stays_so():
    table = nn.Embedding(3, 2, padding_idx=0)
    assert table.weight[0].tolist() == [0.0, 0.0]
    table(torch.tensor([0, 1, 1])).sum().backward()
    assert table.weight.grad.tolist() == [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]
    frozen = nn.Embedding.from_pretrained(torch.ones(2, 2))
    assert not frozen.weight.requires_grad


def test_flatten_and_unflatten():
    x = torch.zeros(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Unflatten(1, (3, 1))(x).shape == (2, 3, 1, 4)
    with pytest.raises(TypeError, match="must be a tuple of ints"):
        nn.Unflatten(1, 3)


def test_a_transformer_ignores_what_the_masks_exclude():
    torch.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
    source, target = torch.randn(2, 4, 8), torch.randn(2, 3, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    before = model(source, target, tgt_mask=mask)
    changed = target.clone()
    changed[:, 2] += 1.0
    after = model(source, changed, tgt_mask=mask)
    assert torch.allclose(before[:, :2], after[:, :2], atol=1e-5)
    assert not torch.allclose(before[:, 2], after[:, 2], atol=1e-3)
    with pytest.raises(RuntimeError, match="batch number of src and tgt must be equal"):
        model(source, target[:1])


@pytest.mark.parametrize("norm_first", [False, True])
def test_encoder_layers_stack(norm_first):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, norm_first=norm_first, activation="gelu")
    stack = nn.TransformerEncoder(layer, 2)
    x = torch.randn(3, 2, 8)
    assert torch.allclose(stack(x), layer(layer(x)), atol=1e-5)


def test_gradients_are_clipped():
    parameters = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]
    parameters[0].grad, parameters[1].grad = torch.tensor([3.0, 0.0]), torch.tensor([4.0])
    assert float(clip_grad_norm_(parameters, 1.0)) == pytest.approx(5.0)
    assert float(get_total_norm([p.grad for p in parameters[:2]])) == pytest.approx(1.0, rel=1e-4)
    clip_grad_value_(parameters, 0.5)
    assert parameters[0].grad.tolist() == [0.5, 0.0]
    parameters[0].grad = torch.full((2,), float("inf"))
    with pytest.raises(RuntimeError, match="non-finite"):
        clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)


def test_parameters_as_a_vector_and_back():
    layer = nn.Linear(2, 2)
    vector = parameters_to_vector(layer.parameters())
    assert vector.shape == (6,)
    vector_to_parameters(torch.arange(6.0), layer.parameters())
    assert layer.weight.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert layer.bias.tolist() == [4.0, 5.0]
    assert isinstance(layer.weight, nn.Parameter)


def test_instance_norm_without_parameters_takes_any_number_of_channels():
    x = torch.arange(6.0).reshape(2, 3)
    with pytest.warns(UserWarning, match="absence of affine parameters"):
        normalized = nn.InstanceNorm1d(3)(x)
    assert normalized.sum(1).abs().max() < 1e-6
    with pytest.raises(ValueError, match="num_features"):
        nn.InstanceNorm1d(3, affine=True)(x)


def test_synchronised_batch_norm_is_batch_norm_in_one_process():
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3), nn.Sequential(nn.BatchNorm1d(3, affine=False)).eval())
    parameters = list(net.parameters())
    x = torch.arange(12.0).reshape(4, 3) ** 2
    expected = net(x)
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    assert all(a is b for a, b in zip(converted.parameters(), parameters, strict=True))
    assert [type(m) for m in (converted[0], converted[2][0])] == [nn.SyncBatchNorm] * 2
    assert not converted[2][0].training
    converted[0].reset_running_stats()
    assert torch.equal(converted(x), expected)
    with pytest.raises(ValueError, match="at least 2D"):
        converted[0](torch.ones(3))
