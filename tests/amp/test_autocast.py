"""Blocks of autocasting: what they nest, keep, switch off, and leave behind."""

import threading

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.utils._python_dispatch import TorchDispatchMode
from ferrotorch.utils.checkpoint import checkpoint


@pytest.fixture
def square():
    return torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def test_products_are_rounded_and_gradients_come_back_wide(square):
    weight = torch.tensor([[1.001, 0.0], [0.0, 1.0]], requires_grad=True)
    with torch.autocast("cpu"):
        product = square @ weight
    # 1.001 is 1 in bfloat16, which has eight digits.
    assert product.dtype is torch.bfloat16 and product.tolist() == [[1, 2], [3, 4]]
    product.float().sum().backward()
    assert weight.grad.dtype is torch.float32 and weight.grad.tolist() == [[4, 4], [6, 6]]


def test_blocks_nest_and_end_with_an_exception(square):
    def dtype():
        return (square @ square).dtype

    with torch.autocast("cpu", dtype=torch.float16):
        assert dtype() is torch.float16
        with torch.autocast("cpu", enabled=False):
            assert dtype() is torch.float32 and not torch.is_autocast_enabled("cpu")
            with torch.autocast("cpu", dtype=torch.bfloat16):
                assert dtype() is torch.bfloat16
        assert dtype() is torch.float16 and torch.get_autocast_dtype("cpu") is torch.float16
        with pytest.raises(KeyError), torch.autocast("cpu"):
            raise KeyError
        assert dtype() is torch.float16
    assert dtype() is torch.float32 and torch.get_autocast_cpu_dtype() is torch.bfloat16


def test_decorators(square):
    @torch.autocast("cpu")
    def multiply(x):
        return x @ x

    assert multiply(square).dtype is torch.bfloat16 and multiply.__name__ == "multiply"
    with pytest.warns(FutureWarning, match=r"`torch.cpu.amp.autocast\(args...\)` is deprecated. Please use `torch.amp"):
        assert torch.cpu.amp.autocast()(multiply)(square).dtype is torch.bfloat16
    with pytest.raises(TypeError, match=r"autocast\(\)\(func\) requires a callable"):
        torch.autocast("cpu")(1)


def test_parameters_are_cast_once_until_the_outermost_block_ends():
    layer = nn.Linear(2, 2)
    kept = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            kept.append(func.__name__)
            return func(*args, **(kwargs or {}))

    def casts(**options):
        kept.clear()
        with torch.autocast("cpu", **options), Watch():
            layer(torch.ones(1, 2, dtype=torch.bfloat16))
            with torch.autocast("cpu", **options):
                layer(torch.ones(1, 2, dtype=torch.bfloat16))
        return sum(name.startswith(("to", "_to_copy")) for name in kept)

    assert casts() == 2 and casts(cache_enabled=False) == 4


def test_a_parameter_written_to_is_cast_again():
    weight = nn.Parameter(torch.ones(2, 2))
    with torch.autocast("cpu"), torch.no_grad():
        assert torch.mm(weight, weight).tolist() == [[2, 2], [2, 2]]
        weight.fill_(2)
        assert torch.mm(weight, weight).tolist() == [[8, 8], [8, 8]]
    weight.requires_grad_()
    with torch.autocast("cpu"):
        with torch.no_grad():
            torch.mm(weight, weight)
        assert torch.mm(weight, weight).requires_grad


def test_in_place_ops_out_and_float64_are_left_alone(square):
    with torch.autocast("cpu"):
        assert torch.mm(square, square, out=torch.empty(2, 2)).dtype is torch.float32
        assert square.clone().addmm_(square, square).dtype is torch.float32
        assert torch.mm(square.double(), square.double()).dtype is torch.float64


def test_other_threads_are_not_autocasting(square):
    found = []
    with torch.autocast("cpu"):
        thread = threading.Thread(target=lambda: found.append((square @ square).dtype))
        thread.start()
        thread.join()
        found.append((square @ square).dtype)
    assert found == [torch.float32, torch.bfloat16]


def test_subclasses_and_modes_see_the_call_before_it_is_cast(square):
    seen = []

    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append([a.dtype for a in args if isinstance(a, torch.Tensor)])
            return func(*args, **(kwargs or {}))

    with torch.autocast("cpu"), Mode():
        assert torch.mm(square, square).dtype is torch.bfloat16
    assert seen[0] == [torch.float32, torch.float32]

    class Sub(torch.Tensor):
        pass

    with torch.autocast("cpu"):
        result = square.as_subclass(Sub) @ square
    assert type(result) is Sub and result.dtype is torch.bfloat16


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_checkpoints_are_computed_again_as_they_were(use_reentrant):
    layer = nn.Linear(2, 2)
    x = torch.ones(1, 2, requires_grad=True)
    dtypes = []

    def run(x):
        y = layer(x)
        dtypes.append(y.dtype)
        return y.sin()

    with torch.autocast("cpu"):
        loss = checkpoint(run, x, use_reentrant=use_reentrant).float().sum()
    loss.backward()
    assert dtypes == [torch.bfloat16, torch.bfloat16] and x.grad.dtype is torch.float32


def test_custom_functions():
    class Multiply(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            assert not torch.is_autocast_enabled("cpu")
            return a @ b

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, grad):
            a, b = ctx.saved_tensors
            return grad @ b.t(), a.t() @ grad

    a = torch.ones(2, 2, dtype=torch.bfloat16, requires_grad=True)
    with torch.autocast("cpu"):
        result = Multiply.apply(a, a)
    assert result.dtype is torch.float32 and result.tolist() == [[2, 2], [2, 2]]
    result.sum().backward()
    assert a.grad.dtype is torch.bfloat16 and a.grad.tolist() == [[4, 4], [4, 4]]


def test_what_cannot_be_cast_is_said():
    with pytest.warns(UserWarning, match="CUDA is not available. Disabling"):
        assert not torch.autocast("cuda")._enabled
    with pytest.warns(UserWarning, match="target dtype is not supported"):
        assert not torch.autocast("cpu", dtype=torch.float64)._enabled
    with pytest.raises(RuntimeError, match="unsupported autocast device_type 'toaster'"):
        torch.autocast("toaster")
    with pytest.raises(ValueError, match="Expected `device_type` of type `str`"):
        torch.autocast(1)


def test_kernels_may_be_kept_from_autocasting(square):
    key = torch._C.DispatchKey
    keys = torch._C.DispatchKeySet(key.AutocastCPU) | torch._C.DispatchKeySet(key.AutocastCUDA)
    assert keys.has(key.AutocastCPU) and not keys.has(key.CPU)
    with torch.autocast("cpu"):
        with torch._C._ExcludeDispatchKeyGuard(keys):
            assert (square @ square).dtype is torch.float32
        assert (square @ square).dtype is torch.bfloat16


def test_switches():
    assert torch.is_autocast_enabled() is False and torch.is_autocast_cpu_enabled() is False
    torch.set_autocast_cpu_enabled(True)
    try:
        assert torch.mm(torch.ones(1, 1), torch.ones(1, 1)).dtype is torch.bfloat16
        torch.set_autocast_cpu_dtype(torch.float16)
        assert torch.mm(torch.ones(1, 1), torch.ones(1, 1)).dtype is torch.float16
    finally:
        torch.set_autocast_dtype("cpu", torch.bfloat16)
        torch.set_autocast_enabled("cpu", False)
    assert torch.autocast_increment_nesting() == 1 and torch.autocast_decrement_nesting() == 0


@pytest.mark.filterwarnings("ignore:.*runs on the host")
@pytest.mark.skipif(not torch.wgpu.is_available(), reason="needs a GPU")
class TestGPU:
    """The lists for CUDA, on a GPU."""

    def test_lists(self):
        a = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device="wgpu")
        h = a.half()
        with torch.autocast("wgpu"):
            assert (a @ a).dtype is torch.float16 and (a @ a).tolist() == [[7, 10], [15, 22]]
            assert torch.mv(a, a[0]).dtype is torch.float16
            wide = [h.exp(), h**2, h.sum(), h.softmax(1), nn.functional.layer_norm(h, (2,)), h.cumsum(0), h.norm()]
            assert {x.dtype for x in wide} == {torch.float32}
            assert h.sum(dtype=torch.float16).dtype is torch.float16
            assert torch.addcmul(h, h, a).dtype is torch.float32 and torch.addcmul(h, h, h).dtype is torch.float16
            with pytest.raises(RuntimeError, match="unsafe to autocast"):
                nn.functional.binary_cross_entropy(h / 4, h / 4)
            # Tensors of the host are not meant.
            assert (a.cpu() @ a.cpu()).dtype is torch.float32

    def test_training(self):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)).to("wgpu")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("wgpu")
        x = torch.randn(32, 2, device="wgpu")
        y = x[:, :1] - x[:, 1:]
        losses = []
        for _ in range(30):
            optimizer.zero_grad()
            with torch.autocast("wgpu"):
                loss = nn.functional.mse_loss(model(x), y)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            losses.append(loss.item())
        assert losses[-1] < losses[0] / 4 and scaler.get_scale() == 65536
