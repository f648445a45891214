"""Dispatch modes: every op of forward and backward passes, as it is run."""

import ferrotorch as torch
import ferrotorch.nn.functional as F
import pytest
from ferrotorch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten


class Noting(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.log = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.log.append(func)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("run", "overload", "name"),
    [
        (lambda x: x + 1, aten.add.Tensor, "aten.add.Tensor"),
        (lambda x: x.mul(x), aten.mul.Tensor, "aten.mul.Tensor"),
        (lambda x: x == 1, aten.eq.Scalar, "aten.eq.Scalar"),
        (lambda x: x > x, aten.gt.Tensor, "aten.gt.Tensor"),
        (lambda x: torch.pow(x, 2), aten.pow.Tensor_Scalar, "aten.pow.Tensor_Scalar"),
        (lambda x: torch.exp(x), aten.exp.default, "aten.exp.default"),
        (lambda x: x.exp_(), aten.exp_.default, "aten.exp_.default"),
        (lambda x: torch.exp(x, out=torch.tensor(0.0).new_tensor([0.0, 0.0])), aten.exp.out, "aten.exp.out"),
        (lambda x: x.sum(), aten.sum.default, "aten.sum.default"),
        (lambda x: x.sum(0), aten.sum.dim_IntList, "aten.sum.dim_IntList"),
        (lambda x: torch.cat([x, x]), aten.cat.default, "aten.cat.default"),
        (lambda x: F.gelu(x), aten.gelu.default, "aten.gelu.default"),
    ],
)
def test_ops_have_pytorchs_names(run, overload, name):
    x = torch.ones(2)
    with Noting() as mode:
        run(x)
    assert mode.log[-1] == overload
    assert hash(mode.log[-1]) == hash(overload)
    assert str(overload) == name
    assert overload.overloadpacket is getattr(aten, name.split(".")[1])
    assert torch.overrides.resolve_name(overload) == name


def test_names_of_overloads():
    assert aten.add.Tensor.name() == "aten::add.Tensor"
    assert aten.mm.default.name() == "aten::mm"
    assert repr(aten.add.Tensor) == "<OpOverload(op='aten.add', overload='Tensor')>"
    assert repr(aten.mm) == "<OpOverloadPacket(op='aten.mm')>"
    assert (aten.add.Tensor.__name__, aten.add.Tensor.namespace) == ("add.Tensor", "aten")
    assert aten.mm(torch.ones(1, 2), torch.ones(2, 1)).tolist() == [[2.0]]
    assert aten.add.Tensor(torch.ones(1), 2, alpha=3).tolist() == [7.0]
    with pytest.raises(AttributeError, match="has no attribute 'no_such_op'"):
        aten.no_such_op(1)


def test_schemas_of_functions_in_python():
    schema = "aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=[0, 0], "
    assert str(aten.max_pool2d.default._schema).startswith(schema.partition("=")[0])
    assert not hasattr(aten.cholesky.default, "_schema")


def test_arguments_are_those_of_the_schema():
    seen = []

    class Watching(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            seen.append((args, kwargs, types))
            return func(*args, **kwargs)

    x = torch.ones(2, 3)
    with Watching():
        x.sum(dim=1, keepdim=True)
        torch.add(x, other=x, alpha=2)
    assert seen[0] == ((x, [1], True), {}, ())
    assert seen[1][0][0] is x
    assert seen[1][1] == {"alpha": 2}


def test_functions_in_python_show_the_ops_that_they_are_made_of():
    x = torch.ones(2, 3)
    with Noting() as mode:
        F.cross_entropy(x, torch.tensor([0, 1]))
        torch.einsum("ij,ik->jk", x, x)
    assert mode.log
    assert all(str(func).startswith("aten.") for func in mode.log)


def test_a_backward_pass_shows_what_it_launches():
    x, w = torch.ones(4, 3), torch.ones(3, 2, requires_grad=True)
    with Noting() as mode:
        loss = (x @ w).sum()
        forward = len(mode.log)
        loss.backward()
    assert [str(func) for func in mode.log[:forward]] == ["aten.mm.default", "aten.sum.default"]
    assert aten.mm.default in mode.log[forward:]
    assert w.grad.tolist() == [[4.0, 4.0]] * 3


def test_a_mode_can_replace_results():
    class Doubling(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            return result.detach() * 2 if func == aten.mm.default and not result.requires_grad else result

    x, w = torch.ones(4, 3), torch.ones(3, 2, requires_grad=True)
    with Doubling():
        assert torch.mm(x, w.detach()).tolist() == [[6.0, 6.0]] * 4
        torch.matmul(x, w).sum().backward()
    assert w.grad.tolist() == [[8.0, 8.0]] * 3


def test_a_launch_can_be_run_once_with_its_arguments():
    kept = []

    class Abusing(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if not isinstance(func, torch._ops.Launch):
                return func(*args, **(kwargs or {}))
            kept.append((func, args))
            with pytest.raises(RuntimeError, match="takes the arguments that it was made with"):
                func(*args, 1)
            result = func(*args)
            with pytest.raises(RuntimeError, match="can be run once"):
                func(*args)
            return result

    w = torch.ones(2, requires_grad=True)
    with Abusing():
        (w * w).sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]
    func, args = kept[-1]
    with pytest.raises(RuntimeError, match="can be run once"):
        func(*args)


def test_what_a_mode_returns_for_a_launch_must_be_results():
    class Losing(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            return None if isinstance(func, torch._ops.Launch) else func(*args, **(kwargs or {}))

    loss = (torch.ones(2, requires_grad=True) * 2).sum()
    with Losing(), pytest.raises(RuntimeError, match="has to return 1 tensors"):
        loss.backward()


def test_nested_modes_and_errors():
    class Failing(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            raise ZeroDivisionError(str(func))

    with Noting() as outer, Noting() as inner:
        torch.exp(torch.ones(1))
    x = torch.ones(1)
    with Noting() as around:
        with Failing(), pytest.raises(ZeroDivisionError, match="exp"):
            x.exp()
        assert torch.utils._python_dispatch._get_current_dispatch_mode() is around
    assert around.log == []
    assert inner.log == [aten.ones.default, aten.exp.default]
    assert outer.log == [aten.ones.default, aten.exp.default]
    torch.exp(torch.ones(1))
    with pytest.raises(NotImplementedError), TorchDispatchMode():
        torch.exp(torch.ones(1))
    assert torch._C._len_torch_dispatch_stack() == 0


def test_a_memory_tracker():
    class Peak(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            for tensor in result if isinstance(result, tuple) else (result,):
                self.total += tensor.nbytes
            return result

    with Peak() as peak:
        torch.zeros(10)
        torch.ones(4, dtype=torch.float64).exp()
    assert peak.total == 40 + 32 + 32


def seen_of(run):
    """The names of the ops of a call, without ``detach``."""
    with Noting() as mode:
        run()
    names = [str(func).removeprefix("aten.").removesuffix(".default") for func in mode.log]
    return [name for name in names if name != "detach"]


X, STACK, IMAGE = torch.ones(2, 4), torch.ones(2, 3, 4), torch.ones(2, 3, 8, 8)
ROWS = ["view", "t", "addmm", "_unsafe_view"]


@pytest.mark.parametrize(
    ("run", "names"),
    [
        (lambda: torch.nn.Linear(4, 5)(X), ["t", "addmm"]),
        (lambda: torch.nn.Linear(4, 5)(STACK), ROWS),
        (lambda: F.linear(X, torch.ones(5, 4)), ["ones", "t", "mm"]),
        (lambda: X @ X.t(), ["t", "mm"]),
        (lambda: STACK[0] @ X[0], ["select.int", "select.int", "mv"]),
        (lambda: STACK @ STACK.transpose(1, 2), ["transpose.int", *["expand", "view"] * 2, "bmm", "_unsafe_view"]),
        (lambda: torch.nn.LayerNorm(4)(STACK), ["native_layer_norm"]),
        (lambda: torch.nn.GroupNorm(1, 3)(IMAGE), ["native_group_norm"]),
        (lambda: torch.nn.Conv2d(3, 4, 3)(IMAGE), ["convolution"]),
        (lambda: torch.nn.ConvTranspose2d(3, 4, 2)(IMAGE), ["convolution"]),
        (lambda: F.softmax(X, -1), ["_softmax"]),
        (lambda: F.log_softmax(X, -1, dtype=torch.float64), ["_to_copy", "_log_softmax"]),
        (lambda: F.adaptive_avg_pool2d(IMAGE, 1), ["mean.dim"]),
        (lambda: F.adaptive_avg_pool2d(IMAGE, 2), ["_adaptive_avg_pool2d"]),
        (lambda: F.dropout(X, 0.5), ["empty_like", "bernoulli_.float", "div_.Scalar", "mul.Tensor"]),
        (lambda: F.dropout(X, 0.5, training=False), []),
        (lambda: F.cross_entropy(X, torch.zeros(2, dtype=torch.int64)), ["zeros", "_log_softmax", "nll_loss_forward"]),
        (lambda: F.pad(X, (1, 1)), ["constant_pad_nd"]),
        (lambda: X.flatten(), ["view"]),
        (lambda: X.t().contiguous(), ["t", "clone"]),
        (lambda: X.double(), ["_to_copy"]),
        (lambda: X.to(torch.float32), []),
        (lambda: X.chunk(2, 1), ["split.Tensor"]),
        (lambda: X.var(1), ["var.correction"]),
    ],
)
def test_layers_are_seen_as_the_ops_that_pytorch_makes_of_them(run, names):
    # Without what makes the parameters of a new layer.
    made = ("uniform_", "kaiming", "empty.", "ones.", "fill_")
    assert [name for name in seen_of(run) if not name.startswith(made)] == names


def test_results_are_those_of_the_layers():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(16, 8), torch.nn.LayerNorm(8), torch.nn.Softmax(-1),
    )  # fmt: skip
    x = torch.randn(2, 3, 8, 8)

    def step():
        net.zero_grad()
        loss = F.cross_entropy(net(x), torch.tensor([1, 2]))
        loss.backward()
        return [loss.detach(), *(p.grad.clone() for p in net.parameters())]

    plain = step()
    with Noting():
        watched = step()
    for a, b in zip(plain, watched, strict=True):
        torch.testing.assert_close(a, b)
