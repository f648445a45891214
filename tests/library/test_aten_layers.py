"""Ops of aten that layers and derivatives are made of, by their names in PyTorch's schemas."""

import ferrotorch as torch
import pytest
from ferrotorch.nn import functional as F

aten = torch.ops.aten
T = torch.tensor


@pytest.fixture
def x() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(2, 4, 6, 6)


@pytest.fixture
def v() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(3, 5)


class TestVariants:
    def test_views(self, v):
        whole = aten.alias.default(v)
        assert whole is not v and whole.data_ptr() == v.data_ptr() and torch.equal(whole, v)
        assert aten.alias(v.t()).stride() == (1, 5)
        part = aten.slice.Tensor(v, 1, 1, -1, 2)
        assert torch.equal(part, v[:, 1:-1:2]) and part.data_ptr() == v[:, 1:].data_ptr()
        assert torch.equal(aten.index.Tensor(v, [None, T([0, 2])]), v[:, [0, 2]])
        assert torch.equal(aten.mT(v), v.t()) and aten._local_scalar_dense(T([4])) == 4
        assert not aten.slice_copy(v)._is_view() and torch.equal(aten.slice_copy(v, 0, 1), v[1:])

    def test_writing_and_functional_forms(self, v):
        before = v.clone()
        assert aten.zero(v).abs().sum() == 0 and torch.equal(v, before)
        assert torch.equal(aten.copy(v, v * 2), before * 2)
        assert aten.gelu_(v) is v and torch.equal(v, F.gelu(before))
        assert torch.equal(aten.linalg_norm(v), torch.linalg.norm(v))
        assert torch.equal(aten.special_logit(T([0.2, 0.3])), torch.special.logit(T([0.2, 0.3])))

    def test_sparse_products_and_checks_of_numbers(self, v):
        sparse = torch.eye(3).to_sparse()
        torch.testing.assert_close(aten._sparse_addmm(v, sparse, v, beta=2, alpha=3), v * 5)
        assert torch.equal(aten._pin_memory(v), v)
        aten._assert_scalar(1, "no")
        with pytest.raises(RuntimeError, match="it is zero"):
            aten._assert_scalar(0, "it is zero")

    def test_rows_are_scaled_down_to_a_norm(self):
        rows = T([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
        assert aten.embedding_renorm_(rows, T([0, 1]), 1.0, 2.0) is rows
        torch.testing.assert_close(rows, T([[0.6, 0.8], [0.3, 0.4], [6.0, 8.0]]))


class TestLayers:
    def test_softmax_of_nothing_is_zero(self, v):
        hidden = v.clone()
        hidden[0] = -torch.inf
        result = aten._safe_softmax(hidden, 1)
        assert result[0].sum() == 0 and torch.equal(result[1:], v[1:].softmax(1))
        assert aten._softmax(v, 1, False).sum(1).allclose(torch.ones(3))
        assert aten._log_softmax(v.half(), 1, True).dtype is torch.float32

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_normalizations_give_their_statistics(self, x, dtype):
        x = x.to(dtype)
        y, mean, rstd = aten.native_layer_norm(x, [6, 6], None, None, 1e-5)
        torch.testing.assert_close((x - mean) * rstd, y)
        assert mean.shape == (2, 4, 1, 1)
        y, mean, rstd = aten.native_group_norm(x, None, None, 2, 4, 36, 2, 1e-5)
        assert mean.shape == rstd.shape == (2, 2)
        torch.testing.assert_close(((x.view(2, 2, -1) - mean[..., None]) * rstd[..., None]).view_as(x), y)
        running = torch.zeros(4, dtype=dtype), torch.ones(4, dtype=dtype)
        y, mean, rstd = aten.native_batch_norm(x, None, None, *running, True, 0.1, 1e-5)
        torch.testing.assert_close((x - mean.view(4, 1, 1)) * rstd.view(4, 1, 1), y)
        torch.testing.assert_close(running[0], mean * 0.1)
        again = aten._native_batch_norm_legit.no_stats(x, None, None, True, 0.1, 1e-5)
        assert torch.equal(again[0], y)
        y, mean, _ = aten._native_batch_norm_legit_no_training(x, None, None, *running, 0.1, 1e-5)
        assert mean.numel() == 0 and torch.equal(y, F.batch_norm(x, *running))

    def test_dropout_gives_its_mask(self, v):
        y, mask = aten.native_dropout(torch.ones(1000), 0.25, True)
        assert mask.dtype is torch.bool and 650 < mask.sum() < 850
        torch.testing.assert_close(y, mask / 0.75)
        assert aten.native_dropout(v, 0.5, False)[1].all()

    @pytest.mark.parametrize(
        ("size", "transposed", "expected"),
        [((2, 4, 3, 3), False, F.conv2d), ((4, 2, 3, 3), True, F.conv_transpose2d)],
    )
    def test_convolution(self, x, size, transposed, expected):
        weight, bias = torch.randn(size), torch.randn(2)
        result = aten.convolution(x, weight, bias, [2], [1], [1], transposed, [0], 1)
        torch.testing.assert_close(result, expected(x, weight, bias, 2, 1))
        flags = (False, False, True, True)
        torch.testing.assert_close(
            aten._convolution(x, weight, bias, [2], [1], [1], transposed, [0], 1, *flags), result
        )

    def test_sizes_of_images(self, x):
        bilinear = F.interpolate(x, (3, 9), mode="bilinear", align_corners=True)
        assert torch.equal(aten.upsample_bilinear2d(x, [3, 9], True), bilinear)
        assert torch.equal(aten.upsample_bilinear2d.vec(x, [3, 9], True, None), bilinear)
        nearest = F.interpolate(x, scale_factor=(2.0, 1.5))
        assert torch.equal(aten.upsample_nearest2d.vec(x, None, [2.0, 1.5]), nearest)
        assert torch.equal(aten.reflection_pad2d(x, [1, 2, 0, 1]), F.pad(x, (1, 2, 0, 1), "reflect"))
        columns = aten.im2col(x, [2, 2], [1, 1], [0, 0], [2, 2])
        assert torch.equal(aten.col2im(columns, [6, 6], [2, 2], [1, 1], [0, 0], [2, 2]), x)


# The function, and the op's arguments behind the gradient and the input.
OF_INPUTS = {
    "gelu": (lambda v: F.gelu(v), ()),
    "silu": (F.silu, ()),
    "mish": (F.mish, ()),
    "hardswish": (F.hardswish, ()),
    "hardsigmoid": (F.hardsigmoid, ()),
    "hardtanh": (lambda v: F.hardtanh(v, -0.5, 0.5), (-0.5, 0.5)),
    "softplus": (lambda v: F.softplus(v, 2.0), (2.0, 20.0)),
    "threshold": (lambda v: F.threshold(v, 0.3, 7.0), (0.3,)),
    "leaky_relu": (lambda v: F.leaky_relu(v, 0.1), (0.1, False)),
    "softshrink": (lambda v: F.softshrink(v, 0.3), (0.3,)),
    "reflection_pad1d": (lambda v: F.pad(v, (1, 2), "reflect"), ([1, 2],)),
}
OF_RESULTS = {
    "tanh_backward": (torch.tanh, ()),
    "sigmoid_backward": (torch.sigmoid, ()),
    "_softmax_backward_data": (lambda v: v.softmax(1), (1, torch.float32)),
    "_log_softmax_backward_data": (lambda v: v.log_softmax(1), (1, torch.float32)),
}
LOSSES = {
    "mse_loss_backward": (F.mse_loss, (1,)),
    "smooth_l1_loss_backward": (lambda a, b: F.smooth_l1_loss(a, b, reduction="sum", beta=0.5), (2, 0.5)),
    "huber_loss_backward": (lambda a, b: F.huber_loss(a, b, delta=0.5), (1, 0.5)),
}


class TestDerivatives:
    @pytest.mark.parametrize("name", OF_INPUTS)
    def test_of_inputs(self, v, name):
        function, rest = OF_INPUTS[name]
        at = v.clone().requires_grad_()
        y = function(at)
        grad = torch.randn(y.shape)
        expected = torch.autograd.grad(y, at, grad)[0]
        torch.testing.assert_close(getattr(aten, f"{name}_backward")(grad, v, *rest), expected)

    @pytest.mark.parametrize("name", OF_RESULTS)
    def test_of_results(self, v, name):
        function, rest = OF_RESULTS[name]
        at = v.clone().requires_grad_()
        y = function(at)
        grad = torch.randn(y.shape)
        expected = torch.autograd.grad(y, at, grad)[0]
        torch.testing.assert_close(getattr(aten, name)(grad, y.detach(), *rest), expected)

    @pytest.mark.parametrize("name", LOSSES)
    def test_of_losses(self, v, name):
        function, rest = LOSSES[name]
        at = v.clone().requires_grad_()
        expected = torch.autograd.grad(function(at, v.flip(0)) * 2, at)[0]
        torch.testing.assert_close(getattr(aten, name)(T(2.0), v, v.flip(0), *rest), expected)

    @pytest.mark.parametrize("is_result", [False, True])
    def test_of_elu(self, v, is_result):
        at = v.clone().requires_grad_()
        y = torch.where(at > 0, 1.1 * at, 1.1 * 1.2 * (torch.exp(0.9 * at) - 1))
        expected = torch.autograd.grad(y.sum(), at)[0]
        found = aten.elu_backward(torch.ones(3, 5), 1.2, 1.1, 0.9, is_result, y.detach() if is_result else v)
        torch.testing.assert_close(found, expected)

    def test_of_likelihoods(self, v):
        target, weight = T([0, 1, 4]), T([1.0, 2.0, 3.0, 4.0, 5.0])
        loss, total = aten.nll_loss_forward(v, target, weight, 1, 1)
        torch.testing.assert_close(loss, F.nll_loss(v, target, weight, ignore_index=1))
        assert total.item() == 6
        at = v.clone().requires_grad_()
        expected = torch.autograd.grad(F.nll_loss(at, target), at)[0]
        assert torch.equal(aten.nll_loss_backward(T(1.0), v, target, None, 1, -100, T(3.0)), expected)
        rows = aten.embedding_dense_backward(torch.ones(3, 2), T([0, 1, 0]), 4, 1, False)
        assert rows.tolist() == [[2, 2], [0, 0], [0, 0], [0, 0]]

    def test_of_layer_normalization(self, v):
        weight, bias = torch.randn(5, requires_grad=True), torch.randn(5, requires_grad=True)
        at = v.clone().requires_grad_()
        y, mean, rstd = aten.native_layer_norm(at, [5], weight, bias, 1e-5)
        grad = torch.randn(3, 5)
        expected = torch.autograd.grad(y, (at, weight, bias), grad)
        found = aten.native_layer_norm_backward(grad, v, [5], mean, rstd, weight, bias, [True, True, True])
        torch.testing.assert_close(found, expected)
        assert aten.native_layer_norm_backward(grad, v, [5], mean, rstd, weight, bias, [True, False, False])[1] is None

    def test_of_convolution(self, x):
        weight = torch.randn(2, 4, 3, 3, requires_grad=True)
        at = x.clone().requires_grad_()
        y = F.conv2d(at, weight, padding=1)
        grad = torch.randn(y.shape)
        expected = torch.autograd.grad(y, (at, weight), grad)
        rest = ([1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, True])
        *found, by_bias = aten.convolution_backward(grad, x, weight, [2], *rest)
        torch.testing.assert_close(found, list(expected))
        torch.testing.assert_close(by_bias, grad.sum((0, 2, 3)))

    def test_of_views(self):
        grad = torch.ones(3, 2)
        assert aten.slice_backward(grad, [3, 5], 1, 1, 5, 2).tolist() == [[0, 1, 0, 1, 0]] * 3
        assert aten.select_backward(torch.ones(2), [2, 3], 1, 2).tolist() == [[0, 0, 1]] * 2
        assert torch.equal(aten.native_dropout_backward(grad, T([True, False]), 2.0), T([[2.0, 0.0]] * 3))


def test_names_that_aten_lacks() -> None:
    with pytest.raises(AttributeError, match="no attribute 'native_nothing'"):
        aten.native_nothing()
