"""Names that packages take from inside PyTorch: their values are PyTorch's."""

import io
import math
import subprocess
import sys

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch._jit_internal import boolean_dispatch, boolean_dispatched
from ferrotorch.autograd import functional
from ferrotorch.autograd.function import FunctionCtx, _ContextMethodMixin
from ferrotorch.jit import _state, _unique_state_dict
from ferrotorch.nn.modules.conv import _ConvTransposeMixin, _ConvTransposeNd
from ferrotorch.nn.modules.pooling import _AvgPoolNd
from ferrotorch.onnx import operators
from ferrotorch.optim.lbfgs import _cubic_interpolate, _strong_wolfe


class TestScaling:
    def test_it_unscales_and_says_what_is_not_finite(self):
        grads, found, factor = [torch.ones(3), torch.tensor([1.0, math.inf])], torch.zeros(1), torch.tensor(0.5)
        torch._amp_foreach_non_finite_check_and_unscale_(grads[:1], found, factor)
        assert grads[0].tolist() == [0.5] * 3 and found.tolist() == [0]
        torch._amp_foreach_non_finite_check_and_unscale_(grads, found, factor)
        assert grads[1].tolist() == [0.5, math.inf] and found.tolist() == [1]
        with pytest.raises(RuntimeError, match="inv_scale must be a 1-element tensor"):
            torch._amp_foreach_non_finite_check_and_unscale_(grads, found, torch.ones(2))

    def test_the_scale_follows(self):
        scale, tracker, found = torch.tensor(4.0), torch.tensor(0, dtype=torch.int32), torch.zeros(1)
        seen = []
        for _ in range(3):
            torch._amp_update_scale_(scale, tracker, found, 2.0, 0.5, 2)
            seen.append((scale.item(), tracker.item()))
        torch._amp_update_scale_(scale, tracker, found + 1, 2.0, 0.5, 2)
        assert [*seen, (scale.item(), tracker.item())] == [(4, 1), (8, 0), (8, 1), (4, 0)]
        largest = torch.tensor(3e38)
        torch._amp_update_scale_(largest, torch.ones(1, dtype=torch.int32), found, 2.0, 0.5, 2)
        assert math.isclose(largest.item(), 3e38, rel_tol=1e-6)
        with pytest.raises(RuntimeError, match="growth_tracker must be an int tensor"):
            torch._amp_update_scale_(scale, tracker.long(), found, 2.0, 0.5, 2)


@pytest.mark.parametrize("name", ["eig", "solve", "lstsq", "matrix_rank"])
def test_functions_that_are_gone_name_their_successors(name):
    with pytest.raises(
        RuntimeError, match=rf"deprecated since version 1\.9 and is now removed(.|\n)*torch\.linalg\.{name}"
    ):
        getattr(torch, name)(torch.ones(2, 2), torch.ones(2, 2))


class TestLineSearch:
    def test_it_is_pytorch_s(self):
        def evaluate(x, t, d):
            y = x + t * d
            return float((y**4).sum()), 4 * y**3

        x = torch.tensor([1.0, 2.0])
        gradient = 4 * x**3
        value, found, t, count = _strong_wolfe(
            evaluate, x, 0.5, -gradient, 17.0, gradient, -float(gradient.dot(gradient))
        )
        torch.testing.assert_close(torch.tensor([value, t]), torch.tensor([1.7382976, 0.0976]), rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(found, torch.tensor([0.9053, -5.6915]), rtol=1e-4, atol=1e-4)
        assert count == 3

    def test_a_cubic_has_its_least_value(self):
        values = [torch.tensor(v) for v in (0.0, 1.0, -1.0, 1.0, 2.0, 3.0)]
        assert math.isclose(float(_cubic_interpolate(*values)), 0.25, rel_tol=1e-4)


class TestLayers:
    def test_what_kind_they_are(self):
        assert all(isinstance(layer(2), _AvgPoolNd) for layer in (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d))
        assert not isinstance(nn.ConvTranspose2d(1, 1, 1), _ConvTransposeMixin)
        assert issubclass(_ConvTransposeMixin, _ConvTransposeNd)

    def test_modules_list_what_is_public(self):
        code = (
            "from torch.nn.modules import activation, linear, conv, adaptive\n"
            "print(len(activation.__all__), *linear.__all__, 'LazyConv2d' in conv.__all__, *adaptive.__all__)"
        )
        done = subprocess.run([sys.executable, "-m", "ferrotorch", "-c", code], capture_output=True, text=True)
        assert done.stdout.split() == [
            "29", "Bilinear", "Identity", "LazyLinear", "Linear", "True", "AdaptiveLogSoftmaxWithLoss",
        ], done.stderr  # fmt: skip

    def test_shared_tensors_stand_once(self):
        layer = nn.Linear(2, 2)
        shared = nn.Sequential(layer, layer)
        assert list(_unique_state_dict(shared)) == ["0.weight", "0.bias"]
        assert _unique_state_dict(shared, keep_vars=True)["0.bias"] is layer.bias


def test_results_of_functions_are_unpacked():
    assert functional._tuple_postprocess(((1,), (2,)), (True, False)) == (1, 2)
    assert functional._tuple_postprocess((5,), False) == 5
    (value,) = functional._grad_postprocess([torch.ones(1, requires_grad=True) * 2], False)
    assert not value.requires_grad
    assert _ContextMethodMixin is FunctionCtx and torch.autograd.kineto_available()


def test_sizes_are_checked():
    assert torch._check_is_size(3) is None
    for size, bound in ((-1, None), (3, 2)):
        with pytest.raises(RuntimeError, match="Expected cond to be True"):
            torch._check_is_size(size, max=bound)
    assert operators.shape_as_tensor(torch.ones(2, 3)).tolist() == [2, 3]
    assert operators.reshape_from_tensor_shape(torch.ones(2, 3), torch.tensor([3, 2])).shape == (3, 2)


def test_what_is_pickled_is_made_again():
    class Named(torch.Tensor):
        pass

    made = torch._tensor._rebuild_from_type_v2(lambda: torch.ones(2), Named, (), {"label": 1})
    assert type(made) is Named and made.label == 1
    buffer = io.BytesIO()
    torch.save(torch.arange(3), buffer)
    assert torch.storage._load_from_bytes(buffer.getvalue()).tolist() == [0, 1, 2]


def test_what_a_condition_chooses_is_listed():
    chosen = boolean_dispatch("flag", 1, False, torch.sin, torch.cos, "module", "name")
    assert boolean_dispatched[chosen]["if_true"] is torch.sin and boolean_dispatched[chosen]["arg_name"] == "flag"
    assert bool(_state._enabled)
