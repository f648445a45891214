"""Private parts of PyTorch's layers and distributions that packages copy or extend."""

import ferrotorch as torch
import pytest
from ferrotorch import fx, nn
from ferrotorch.distributions import multivariate_normal, transforms, utils
from ferrotorch.nn import functional as F

T = torch.tensor


class TestPartsOfAttention:
    def test_masks_to_add(self):
        mask = T([True, False])
        assert F._canonical_mask(None, "m", None, "", torch.float32) is None
        assert F._canonical_mask(mask, "m", None, "", torch.float64).tolist() == [-torch.inf, 0]
        with pytest.warns(UserWarning, match="mismatched m and other is deprecated"):
            F._canonical_mask(mask, "m", torch.float32, "other", torch.float32)
        with pytest.raises(AssertionError, match="only bool and floating types of m are supported"):
            F._canonical_mask(T([1]), "m", None, "", torch.float32)
        assert F._none_or_dtype(mask) is torch.bool and F._none_or_dtype(None) is None

    def test_projections(self):
        torch.manual_seed(0)
        x, weight, bias = torch.randn(3, 4), torch.randn(12, 4), torch.randn(12)
        packed = F._in_projection_packed(x, x, x, weight, bias)
        apart = F._in_projection(x, x, x, *weight.chunk(3), *bias.chunk(3))
        for got, expected, w, b in zip(packed, apart, weight.chunk(3), bias.chunk(3), strict=True):
            torch.testing.assert_close(got, x @ w.t() + b)
            assert torch.equal(got, expected)

    def test_shapes(self):
        x = torch.ones(2, 3, 4)
        assert F._mha_shape_check(x, x, x, None, None, 2) is True
        assert F._mha_shape_check(x[0], x[0], x[0], None, torch.ones(2, 3, 3), 2) is False
        with pytest.raises(AssertionError, match="expected `key` and `value` to be 3-D but found 2-D"):
            F._mha_shape_check(x, x[0], x, None, None, 2)
        with pytest.raises(AssertionError, match="Expected `attn_mask` shape"):
            F._mha_shape_check(x[0], x[0], x[0], None, torch.ones(4, 3, 3), 2)


def test_small_parts_of_functions() -> None:
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        assert [F._get_softmax_dim("softmax", n, 2) for n in range(5)] == [0, 0, 1, 0, 1]
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        F._verify_batch_size([1, 3, 1])
    with pytest.raises(ValueError, match="more than 1 spatial element"):
        F._verify_spatial_size([2, 3, 1])
    assert F._unpool_output_size(torch.ones(1, 1, 3), [2], [2], [0], None) == [6]
    assert F._unpool_output_size(torch.ones(1, 1, 3), [2], [2], [0], [1, 1, 7]) == [7]
    with pytest.raises(ValueError, match="invalid output_size"):
        F._unpool_output_size(torch.ones(1, 1, 3), [2], [2], [0], [9])
    assert F._pair(3) == (3, 3) and F.Tensor is torch.Tensor
    with pytest.raises(AttributeError, match="no attribute '_nothing'"):
        F._nothing()


def test_arguments_of_to() -> None:
    parse = torch._C._nn._parse_to
    assert parse("cpu", torch.int64) == (torch.device("cpu"), torch.int64, False, None)
    assert parse(T([1.0]), non_blocking=True)[2] is True
    with pytest.raises(TypeError, match="only accepts floating point or complex dtypes"):
        nn.Linear(1, 1).to(torch.int64)
    with pytest.raises(AttributeError, match="_nothing"):
        torch._C._nn._nothing()


def test_parts_of_distributions() -> None:
    torch.manual_seed(0)
    first = utils._standard_normal((2, 3), torch.float64, torch.device("cpu"))
    torch.manual_seed(0)
    assert torch.equal(first, torch.randn(2, 3, dtype=torch.float64))
    assert transforms._clipped_sigmoid(T([1000.0, -1000.0])).logit().isfinite().all()
    tril = T([[2.0, 0.0], [1.0, 3.0]])
    assert multivariate_normal._batch_mv(tril, T([1.0, 1.0])).tolist() == [2, 4]
    x = T([2.0, 4.0])
    expected = x @ torch.linalg.solve(tril @ tril.t(), x)
    torch.testing.assert_close(multivariate_normal._batch_mahalanobis(tril, x), expected)
    found = multivariate_normal._precision_to_scale_tril(torch.linalg.inv(tril @ tril.t()))
    torch.testing.assert_close(found, tril)


@pytest.mark.parametrize("form", ["apart", "list", "subscripts"])
def test_every_form_of_einsum_is_one_node(form: str) -> None:
    def program(a, b):
        if form == "list":
            return torch.einsum("ij,jk->ik", [a, b])
        return torch.einsum("ij,jk->ik", a, b) if form == "apart" else torch.einsum(a, [0, 1], b, [1, 2], [0, 2])

    graph = fx.symbolic_trace(program).graph
    node = next(node for node in graph.nodes if node.op == "call_function")
    assert [str(arg) for arg in node.args[1:]] == ["a", "b"]
    assert node.args[0] == ("ij,jk->ik" if form != "subscripts" else "AB,BC->AC")


def test_default_kernels() -> None:
    @torch.library.custom_op("parts::twice", mutates_args=())
    def twice(x: torch.Tensor) -> torch.Tensor:
        raise AssertionError

    torch.library.register_kernel("parts::twice", "default")(lambda x: x * 2)
    assert torch.ops.parts.twice(T([1.0])).item() == 2


def test_functions_that_switch_overrides_off() -> None:
    assert torch._C._get_tracing_state() is None and torch._C.TensorBase is torch.Tensor
    x = torch.ones(4)
    assert torch._C._is_alias_of(x, x[1:]) and not torch._C._is_alias_of(x, x.clone())
    assert torch._C._get_accelerator().type in ("cpu", "wgpu") and torch._C._has_xpu is False

    class Plain(torch.Tensor):
        __torch_function__ = torch._C._disabled_torch_function_impl

    x = torch.ones(2).as_subclass(Plain)
    assert type(x + 1) is torch.Tensor and (x + 1).tolist() == [2, 2]


def test_modules_of_devices_and_traces() -> None:
    from ferrotorch import _utils
    from ferrotorch.fx.experimental.proxy_tensor import get_proxy_mode

    assert get_proxy_mode() is None and _utils._get_device_module("cpu") is torch.cpu
    with pytest.raises(RuntimeError, match="Device 'abacus' does not have a corresponding module"):
        _utils._get_device_module("abacus")


def test_hooks_of_every_module_by_name() -> None:
    from ferrotorch.nn.modules import module

    seen = []
    handle = module.register_module_parameter_registration_hook(lambda *args: seen.append(args[1]))
    assert len(module._global_parameter_registration_hooks) == 1
    nn.Linear(1, 1)
    handle.remove()
    assert seen == ["weight", "bias"] and not module._global_parameter_registration_hooks
    assert not module._global_forward_hooks and not module._global_backward_pre_hooks
    with pytest.raises(AttributeError, match="_global_nothing"):
        module._global_nothing()


def test_tensors_of_modules_exchanged_by_name() -> None:
    from ferrotorch.nn.utils._named_member_accessor import set_tensor, swap_tensor

    layer = nn.BatchNorm1d(2)
    weight, plain = layer.weight, torch.zeros(2)
    assert swap_tensor(layer, "weight", plain) is weight and layer.weight is plain
    assert swap_tensor(layer, "weight", weight) is plain and layer._parameters["weight"] is weight
    mean = layer.running_mean
    assert swap_tensor(layer, "running_mean", None) is mean and layer.running_mean is None
    absent = swap_tensor(layer, "extra", plain, allow_missing=True)
    assert layer.extra is plain and swap_tensor(layer, "extra", absent) is plain and not hasattr(layer, "extra")
    set_tensor(layer, "other", plain)
    assert layer.other is plain
    with pytest.raises(AttributeError, match="BatchNorm1d has no attribute `nothing`"):
        swap_tensor(layer, "nothing", plain)
    with pytest.raises(TypeError, match=r"not an instance of torch\.Tensor"):
        swap_tensor(layer, "weight", 3)
    with pytest.raises(KeyError, match="contain a dot"):
        swap_tensor(layer, "a.b", plain)


def test_parts_of_printed_tensors() -> None:
    from ferrotorch import _tensor_str as text

    x = torch.tensor([[1, 2], [3, 4]])
    assert text._tensor_str(x, 3) == "[[1, 2],\n    [3, 4]]"
    assert text._add_suffixes("tensor([1]", ["a=1", "b=2"], 7, False) == "tensor([1], a=1, b=2)"
    assert text._add_suffixes("tensor([1]", ["a=1"], 7, True) == "tensor([1],\n       a=1)"
    assert text._str_intern(x[0]) == repr(x[0])
