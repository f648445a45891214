"""Nodes have PyTorch's names, and a function that is composed of ops may be one node."""

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.nn import functional as F


def make(*shape):
    return torch.rand(*shape, requires_grad=True)


CASES = {
    "AddBackward0": lambda: make(3) + 1,
    "PowBackward0": lambda: make(3) ** 3,
    "PowBackward1": lambda: make(3) ** make(3),
    "PowBackward2": lambda: 2 ** make(3),
    "RemainderBackward0": lambda: make(3) % 2,
    "RemainderBackward1": lambda: make(3) % make(3),
    "LerpBackward0": lambda: torch.lerp(make(3), make(3), 0.5),
    "LerpBackward1": lambda: torch.lerp(make(3), make(3), make(3)),
    "DotBackward0": lambda: make(3) @ make(3),
    "MvBackward0": lambda: make(2, 3) @ make(3),
    "MmBackward0": lambda: F.linear(make(2, 3), make(4, 3)),
    "AddmmBackward0": lambda: F.linear(make(2, 3), make(4, 3), make(4)),
    "AddmvBackward0": lambda: torch.addmv(make(2), make(2, 3), make(3)),
    "VarBackward0": lambda: make(3).var(),
    "StdBackward0": lambda: make(3, 2).std(0),
    "NansumBackward0": lambda: make(3).nansum(),
    "TraceBackward0": lambda: make(3, 3).trace(),
    "RollBackward0": lambda: make(3, 3).roll(1),
    "MaskedSelectBackward0": lambda: (x := make(4)).masked_select(x > 0),
    "NativeLayerNormBackward0": lambda: F.layer_norm(make(2, 3), (3,)),
    "NativeBatchNormBackward0": lambda: nn.BatchNorm2d(3)(make(2, 3, 4, 4)),
    "NativeGroupNormBackward0": lambda: F.group_norm(make(2, 4, 3), 2),
    "MkldnnRnnLayerBackward0": lambda: nn.LSTM(2, 3)(make(4, 1, 2))[0],
    "MaxPool2DWithIndicesBackward0": lambda: F.max_pool2d(make(1, 1, 4, 4), 2),
    "AvgPool3DBackward0": lambda: F.avg_pool3d(make(1, 1, 4, 4, 4), 2),
    "AdaptiveAvgPool2DBackward0": lambda: F.adaptive_avg_pool2d(make(1, 1, 4, 4), 2),
    "MseLossBackward0": lambda: F.mse_loss(make(3), torch.ones(3)),
    "SmoothL1LossBackward0": lambda: F.smooth_l1_loss(make(3), torch.ones(3)),
    "HuberLossBackward0": lambda: F.huber_loss(make(3), torch.ones(3)),
    "NllLossBackward0": lambda: F.cross_entropy(make(2, 3), torch.tensor([0, 2])),
    "NllLoss2DBackward0": lambda: F.cross_entropy(make(2, 3, 1, 1), torch.tensor([[[0]], [[2]]])),
    "BinaryCrossEntropyBackward0": lambda: F.binary_cross_entropy(make(3), torch.ones(3)),
    "BinaryCrossEntropyWithLogitsBackward0": lambda: F.binary_cross_entropy_with_logits(make(3), torch.ones(3)),
    "SoftMarginLossBackward0": lambda: F.soft_margin_loss(make(3), torch.ones(3)),
    "PixelShuffleBackward0": lambda: F.pixel_shuffle(make(1, 4, 2, 2), 2),
    "GridSampler2DBackward0": lambda: F.grid_sample(make(1, 1, 3, 3), make(1, 2, 2, 2), align_corners=False),
    "UpsampleBilinear2DBackward0": lambda: F.interpolate(make(1, 1, 3, 3), scale_factor=2, mode="bilinear"),
    "UpsampleNearest1DBackward0": lambda: F.interpolate(make(1, 1, 3), scale_factor=2),
    "ReflectionPad2DBackward0": lambda: F.pad(make(1, 1, 3, 3), (1, 1, 1, 1), mode="reflect"),
    "Im2ColBackward0": lambda: F.unfold(make(1, 1, 3, 3), 2),
    "Col2ImBackward0": lambda: F.fold(make(1, 4, 4), (3, 3), 2),
    "EmbeddingBagBackward0": lambda: F.embedding_bag(torch.tensor([0, 1]), make(3, 2), torch.tensor([0])),
    "CdistBackward0": lambda: torch.cdist(make(2, 3), make(2, 3)),
    "LinalgCrossBackward0": lambda: torch.cross(make(2, 3), make(2, 3), dim=1),
    "GluBackward0": lambda: F.glu(make(4)),
    "CeluBackward0": lambda: F.celu(make(4)),
    "ComplexBackward0": lambda: torch.complex(make(2), make(2)),
    "RsubBackward0": lambda: torch.rsub(make(3), make(3)),
    "RsubBackward1": lambda: 1 - make(3),
    "SubBackward0": lambda: make(3) - 1,
    "DivBackward0": lambda: make(3) / 2,
    "DivBackward2": lambda: torch.div(make(3), make(3), rounding_mode="floor"),
    "CopysignBackward0": lambda: torch.copysign(make(3), make(3)),
    "CopysignBackward1": lambda: torch.copysign(make(3), -1.0),
    "ClampBackward0": lambda: torch.clamp(make(3), make(3), make(3)),
    "ClampBackward1": lambda: make(3).clamp(0, 1),
    "ClampMinBackward0": lambda: make(3).clamp_min(0.5),
    "ClampMinBackward1": lambda: make(3).clamp_min(make(3)),
    "ClampMaxBackward0": lambda: make(3).clamp_max(0.5),
    "ClampMaxBackward1": lambda: make(3).clamp_max(make(3)),
    "IndexFillBackward0": lambda: make(3).index_fill(0, torch.tensor([1]), 2.0),
    "IndexFillBackward1": lambda: make(3).index_fill(0, torch.tensor([1]), torch.tensor(2.0)),
    "MaskedFillBackward0": lambda: (x := make(3)).masked_fill(x > 1, 2.0),
    "MaskedFillBackward1": lambda: (x := make(3)).masked_fill(x > 1, torch.tensor(2.0)),
    "MaskedScatterBackward0": lambda: (x := make(3)).masked_scatter(x > 0, make(3)),
    "IndexReduceBackward0": lambda: make(3).index_reduce(0, torch.tensor([1]), make(1), "mean"),
    "VdotBackward0": lambda: torch.vdot(make(3), make(3)),
    "VarMeanBackward0": lambda: torch.var_mean(torch.complex(make(3), make(3)), 0)[0],
    "StdMeanBackward0": lambda: torch.std_mean(make(3, 2), 0)[1],
    "NanToNumBackward0": lambda: torch.complex(make(3), make(3)).nan_to_num(),
    "SortBackward0": lambda: make(3).sort()[0],
    "SortBackward1": lambda: make(3).sort(stable=True)[0],
    "RoundBackward0": lambda: make(3).round(),
    "RoundBackward1": lambda: make(3).round(decimals=1),
    "SqueezeBackward0": lambda: make(1, 3).squeeze(),
    "SqueezeBackward1": lambda: make(1, 3).squeeze(1),
    "SqueezeBackward2": lambda: make(1, 3).squeeze((0,)),
    "DiagEmbedBackward0": lambda: torch.diag_embed(make(3)),
    "PreluKernelBackward0": lambda: F.prelu(make(3), make(1)),
    "torch::autograd::CopyBackwards": lambda: (make(3) * 1).copy_(make(3)),
    "Unique2Backward0": lambda: torch.unique(make(3)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_name(name):
    node = CASES[name]().grad_fn
    assert node.name() == name
    assert type(node).__name__ == name.removeprefix("torch::autograd::")


def loss(x, target):
    return F.smooth_l1_loss(x, target)


def test_a_composed_function_is_one_node():
    x, target = make(3), make(3)
    node = loss(x, target).grad_fn
    assert [edge[0].variable is t for edge, t in zip(node.next_functions, (x, target), strict=True)] == [True, True]
    y = x * 2
    assert loss(y, y).grad_fn.next_functions == ((y.grad_fn, 0),)
    nll = F.cross_entropy(make(2, 3), torch.tensor([0, 2])).grad_fn
    assert [edge[0].name() for edge in nll.next_functions] == ["LogSoftmaxBackward0"]


def test_derivatives_through_a_composed_function():
    x, target = torch.tensor([0.5, 3.0], requires_grad=True), torch.tensor([0.0, 1.0])
    y = x * x
    value = loss(y, target)
    (first,) = torch.autograd.grad(value, x, create_graph=True)
    assert torch.allclose(first, torch.tensor([0.125, 3.0]))
    (second,) = torch.autograd.grad(first.sum(), x, retain_graph=True)
    assert torch.allclose(second, torch.tensor([0.75, 1.0]))
    (of_y,) = torch.autograd.grad(value, y, retain_graph=True)
    assert torch.allclose(of_y, torch.tensor([0.25, 1.0]) / 2)
    nodes = torch._C._live_nodes()
    value.backward()
    assert torch.equal(x.grad, first)
    del value, first, second, y
    assert torch._C._live_nodes() < nodes


def test_hooks_around_a_composed_function_fire_once():
    x, seen = make(3), []
    y = x * 1
    x.register_hook(lambda grad: seen.append("leaf"))
    y.register_hook(lambda grad: seen.append("tensor"))
    y.grad_fn.register_prehook(lambda grads: seen.append("before"))
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append("after"))
    value = F.mse_loss(y, torch.zeros(3)) + F.mse_loss(x, torch.zeros(3))
    value.backward()
    assert seen == ["tensor", "before", "after", "leaf"]


def test_freed_and_retained():
    x = make(3)
    value = F.mse_loss(x, torch.zeros(3))
    value.backward(retain_graph=True)
    value.backward()
    assert torch.allclose(x.grad, 4 * x / 3)
    with pytest.raises(RuntimeError, match="second time"):
        value.backward()


def test_writes_in_place_are_noticed():
    x = make(3) * 1
    value = F.mse_loss(x, torch.zeros(3), reduction="none")
    value.mul_(2)
    value.sum().backward()  # the result was not saved
    losses = (
        F.glu,
        lambda x: F.mse_loss(x, x + 1),
        lambda x: F.smooth_l1_loss(x, x + 1),
        lambda x: F.huber_loss(x, x + 1),
    )
    for call in losses:
        x = make(1, 4) * 1
        value = call(x)
        x.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            value.sum().backward()


def test_composed_in_a_checkpoint():
    from ferrotorch.utils.checkpoint import checkpoint

    x = make(1, 4, 2, 2)

    def function(x):
        return F.mse_loss(
            F.interpolate(F.pixel_shuffle(x, 2), scale_factor=2, mode="bilinear"), torch.zeros(1, 1, 8, 8)
        )

    (want,) = torch.autograd.grad(function(x), x)
    (got,) = torch.autograd.grad(checkpoint(function, x, use_reentrant=False), x, create_graph=True)
    assert torch.equal(got, want)
    (second,) = torch.autograd.grad(got.sum(), x)
    (plain,) = torch.autograd.grad(function(x), x, create_graph=True)
    assert torch.equal(second, torch.autograd.grad(plain.sum(), x)[0])


COPIES = {
    "TransposeBackward0_copy": lambda x: torch.transpose_copy(x, 0, 1),
    "SqueezeBackward1_copy": lambda x: torch.squeeze_copy(x, 0),
    "UnbindBackward0_copy": lambda x: torch.unbind_copy(x)[1],
    "ViewBackward0_copy": lambda x: torch.view_copy(x.mT, (6,)),
    "AliasBackward0_copy": torch.alias_copy,
    "NarrowCopyBackward0": lambda x: torch.narrow_copy(x, 1, 0, 2),
    "Deg2RadBackward0": torch.deg2rad,
    "LdexpBackward0": lambda x: torch.ldexp(x, torch.ones(3)),
    "MvlgammaBackward0": lambda x: torch.mvlgamma(x + 1, 2),
    "TriangularSolveBackward0": lambda x: torch.triangular_solve(x, torch.eye(2))[0],
    "PdistBackward0": lambda x: F.pdist(x),
    "FractionalMaxPool2DBackward0": lambda x: F.fractional_max_pool2d(x.expand(1, 2, 3), 1, output_size=1),
    "RreluWithNoiseBackward0": lambda x: F.rrelu(x - 0.5, training=True),
}  # fmt: skip


@pytest.mark.parametrize("name", COPIES)
def test_composed_functions_and_their_derivatives(name):
    x = (torch.arange(6.0).view(2, 3) / 6 + 0.1).requires_grad_()
    torch.manual_seed(0)
    result = COPIES[name](x)
    assert result.grad_fn.name() == name
    torch.manual_seed(0)
    (grad,) = torch.autograd.grad(result.sum(), x)
    step, base = 1e-2, x.detach()
    for i in (0, 5):
        ends = []
        for sign in (1, -1):
            moved = base.clone()
            moved.view(-1)[i] += sign * step
            torch.manual_seed(0)
            ends.append(COPIES[name](moved).sum())
        assert torch.allclose(grad.view(-1)[i], (ends[0] - ends[1]) / (2 * step), atol=2e-3)


def test_products_of_batches_are_no_views():
    x, w = make(2, 3, 4), make(4, 5)
    for result in (x @ w, x @ make(4), x @ make(2, 4, 5)):
        assert result.grad_fn.name() == "UnsafeViewBackward0"
        assert result._base is None
        result.mul_(2)
    (x @ w).sum().backward()
    assert torch.allclose(w.grad, x.detach().sum((0, 1))[:, None].expand(4, 5))
    assert torch.allclose(x.grad, w.detach().sum(1).expand(2, 3, 4))


def chain(tensor):
    names, node = [], tensor.grad_fn
    while node.next_functions:
        names.append(node.name())
        node = node.next_functions[0][0]
    return names


ROWS = torch.tensor([1, 0])


@pytest.mark.parametrize(
    ("index", "names"),
    [
        (slice(None), ["SliceBackward0"]),
        (..., ["AliasBackward0"]),
        ((slice(None), slice(None)), ["AliasBackward0"]),
        ((slice(0, 9), slice(-9, None, 1)), ["AliasBackward0"]),
        ((), ["AliasBackward0"]),
        ((slice(None), 1), ["SelectBackward0"]),
        ((slice(None), 0, slice(None)), ["SelectBackward0"]),
        ((slice(None), slice(1, None)), ["SliceBackward0"]),
        ((slice(0, 1), slice(None, None, 2)), ["SliceBackward0", "SliceBackward0"]),
        ((slice(None), None), ["UnsqueezeBackward0"]),
        ((slice(None), ROWS), ["IndexBackward0"]),
        ((slice(0, 2), slice(None), ROWS), ["IndexBackward0"]),
    ],
)
def test_slices_of_whole_dimensions_leave_no_node(index, names):
    x = torch.arange(24.0).reshape(2, 3, 4).requires_grad_()
    y = x[index]
    assert chain(y) == names
    parts = index if isinstance(index, tuple) else (index,)
    plain = tuple(i.numpy() if isinstance(i, torch.Tensor) else i for i in parts)
    assert y.tolist() == x.detach().numpy()[plain].tolist()
    assert y is not x
    assert y._is_view() != ("IndexBackward0" in names)
    y.sum().backward()
    assert x.grad.sum() == y.numel()


def test_assignment_to_whole_dimensions():
    x = torch.zeros(2, 3)
    x[:, :] = torch.arange(3.0)
    x[:, 0] = 7
    assert x.tolist() == [[7, 1, 2], [7, 1, 2]]
    y = torch.zeros(2, 3, requires_grad=True) * 1
    y[:, :] = torch.ones(3, requires_grad=True)
    assert y.requires_grad
