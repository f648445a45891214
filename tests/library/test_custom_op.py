"""Python functions as ops: schemas, kernels, shapes, derivatives, samples, checks."""

from __future__ import annotations

import ferrotorch as torch
import pytest
from ferrotorch import Tensor
from ferrotorch.library import custom_op, infer_schema, opcheck
from ferrotorch.utils._python_dispatch import TorchDispatchMode


@pytest.fixture
def sincos():
    @custom_op("tests::sincos", mutates_args=())
    def sincos(x: Tensor, n: int = 2, *, s: float | None = None) -> tuple[Tensor, Tensor]:
        return x.sin() * n, x.cos()

    return sincos


def _setup(ctx, inputs, keyword_only_inputs, output):
    assert keyword_only_inputs == {"s": None} and len(output) == 2
    ctx.save_for_backward(inputs[0])
    ctx.n = inputs[1]


def _backward(ctx, grad_sin, grad_cos):
    (x,) = ctx.saved_tensors
    assert ctx.needs_input_grad[0]
    return grad_sin * x.cos() * ctx.n - grad_cos * x.sin(), None


def test_names_and_schema(sincos):
    assert repr(sincos) == "<CustomOpDef(tests::sincos)>"
    op = torch.ops.tests.sincos
    assert str(op) == "tests.sincos" and repr(op) == "<OpOverloadPacket(op='tests.sincos')>"
    assert op.overloads() == ["default"] and str(op.default) == "tests.sincos.default"
    assert str(op.default._schema) == "tests::sincos(Tensor x, SymInt n=2, *, float? s=None) -> (Tensor, Tensor)"
    x = torch.tensor([0.5, 1.0])
    for call in (sincos, op, op.default):
        assert torch.equal(call(x, 3)[0], x.sin() * 3) and torch.equal(call(x)[1], x.cos())


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((), r"tests::sincos\(\) is missing value for argument 'x'. Declaration: tests::sincos\(Tensor x"),
        ((1,), r"Expected a value of type 'Tensor' for argument 'x' but instead found type 'int'"),
        ((torch.ones(1), "a"), r"Expected a value of type 'int' for argument 'n' but instead found type 'str'"),
        ((torch.ones(1), 1, 2), r"takes 2 positional argument\(s\) but 3 was/were given"),
    ],
)
def test_arguments_are_checked(sincos, args, text):
    with pytest.raises(RuntimeError, match=text):
        sincos(*args)


def test_unknown_names(sincos):
    with pytest.raises(AttributeError, match="'_OpNamespace' 'tests' object has no attribute 'nothing'"):
        _ = torch.ops.tests.nothing
    with pytest.raises(AttributeError, match=r"The underlying op of 'tests.sincos' has no overload name 'nothing'"):
        _ = torch.ops.tests.sincos.nothing
    with pytest.raises(AttributeError, match="'_OpNamespace' 'aten' object has no attribute 'nothing_there'"):
        _ = torch.ops.aten.nothing_there
    with pytest.raises(OSError, match=r"Could not load this library: /none.so"):
        torch.ops.load_library("/none.so")


def test_derivatives(sincos):
    x = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)
    y, _ = sincos(x)
    assert type(y.grad_fn).__name__ == "GeneratedBackwardFor_tests_sincos_defaultBackward"
    with pytest.raises(RuntimeError, match=r"Trying to backward through tests.sincos.default but no autograd formula"):
        y.sum().backward()
    sincos.register_autograd(_backward, setup_context=_setup)
    y, z = sincos(x, 3)
    (grad,) = torch.autograd.grad(y.sum() + z.sum(), x)
    assert torch.allclose(grad, 3 * x.cos() - x.sin())
    assert torch.autograd.gradcheck(lambda x: sincos(x, 3), (x,))
    assert torch.autograd.gradgradcheck(lambda x: sincos(x, 3), (x,))
    assert opcheck(sincos, (x,), test_utils=["test_schema", "test_autograd_registration"]) == {
        "test_schema": "SUCCESS", "test_autograd_registration": "SUCCESS",
    }  # fmt: skip


def test_lists_of_tensors_have_lists_of_gradients():
    @custom_op("tests::weighted", mutates_args=())
    def weighted(xs: list[Tensor], w: float) -> Tensor:
        return sum((x * w for x in xs), torch.zeros_like(xs[0]))

    def setup_context(ctx, inputs, output):
        ctx.count, ctx.w = len(inputs[0]), inputs[1]

    weighted.register_autograd(lambda ctx, grad: ([grad * ctx.w] * ctx.count, None), setup_context=setup_context)
    xs = [torch.ones(2, requires_grad=True), torch.ones(2)]
    weighted(xs, 3.0).sum().backward()
    assert xs[0].grad.tolist() == [3.0, 3.0]


def test_shapes_without_values(sincos):
    with pytest.raises(RuntimeError, match="There was no fake impl registered for <CustomOpDef"):
        sincos(torch.ones(2, device="meta"))

    @sincos.register_fake
    def _(x, n=2, *, s=None):
        return torch.empty_like(x), x.new_empty(3)

    y, z = sincos(torch.ones(2, device="meta"))
    assert y.is_meta and y.shape == (2,) and z.shape == (3,)
    with pytest.raises(torch._library.opcheck.OpCheckError, match=r"the fake impl returns \(3,\)"):
        opcheck(sincos, (torch.ones(2),))


def test_samples(sincos):
    x = torch.rand(3, 2)
    y, z = torch.vmap(sincos)(x)
    assert torch.allclose(y, 2 * x.sin()) and torch.allclose(z, x.cos())
    assert torch.allclose(torch.vmap(lambda x: sincos(x)[1], in_dims=1, out_dims=1)(x), x.cos())
    seen = []

    @sincos.register_vmap
    def _(info, in_dims, x, n=2, *, s=None):
        seen.append((info.batch_size, in_dims))
        return (x.sin() * n, x.cos()), (in_dims[0], in_dims[0])

    assert torch.allclose(torch.vmap(sincos)(x)[0], y) and seen == [(3, (0,))]


def test_kernels_by_device(sincos):
    @sincos.register_kernel("cpu")
    def _(x, n=2, *, s=None):
        return x + n, x - n

    assert sincos(torch.zeros(1))[0].item() == 2.0
    with sincos.set_kernel_enabled("cpu", False):
        assert sincos(torch.zeros(1))[0].item() == 0.0


def test_writing_to_arguments():
    @custom_op("tests::inc_", mutates_args={"x"})
    def inc_(x: Tensor) -> None:
        x.add_(1)

    x = torch.zeros(2)
    version = x._version
    assert inc_(x) is None and x.tolist() == [1.0, 1.0] and x._version > version
    assert str(inc_._opoverload._schema) == "tests::inc_(Tensor(a0!) x) -> ()" and inc_._opoverload._schema.is_mutable
    with pytest.raises(RuntimeError, match="Cannot register autograd formula for non-functional operator"):
        inc_.register_autograd(_backward)


def test_results_have_memory_of_their_own():
    @custom_op("tests::alias", mutates_args=())
    def alias(x: Tensor) -> Tensor:
        return x.view(-1)

    with pytest.raises(RuntimeError, match="may not alias any inputs to this custom operator"):
        alias(torch.ones(2))


def test_modes_see_ops(sincos):
    class Record(TorchDispatchMode):
        seen = ()

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.seen = (*self.seen, str(func))
            return func(*args, **(kwargs or {}))

    x = torch.ones(1)
    with Record() as mode:
        sincos(x)
    assert mode.seen[0] == "tests.sincos.default"
    sincos.register_torch_dispatch(Record, lambda mode, func, types, args, kwargs: "rule")
    with Record():
        assert sincos(x) == "rule"


def test_graphs_have_ops(sincos):
    graph = torch.fx.Tracer().trace(lambda x: sincos(x, 3)[0] + torch.ops.aten.add.Tensor(x, 1))
    assert [str(node.target) for node in graph.nodes if node.op == "call_function"][:1] == ["tests.sincos.default"]
    module = torch.fx.GraphModule({}, graph)
    assert "torch.ops.tests.sincos.default(x, 3)" in module.code
    assert "torch.ops.aten.add.Tensor(x, 1)" in module.code
    x = torch.rand(2)
    assert torch.allclose(module(x), x.sin() * 3 + x + 1)


def _annotated(x: list[Tensor], d: torch.dtype, e: torch.device, b: bool = True, t: str = "a",
               g: list[Tensor | None] | None = None) -> list[Tensor]:  # fmt: skip
    return x


def test_inferred_schemas():
    assert infer_schema(_annotated, mutates_args=()) == (
        '(Tensor[] x, ScalarType d, Device e, bool b=True, str t="a", Tensor?[]? g=None) -> Tensor[]'
    )

    def two(x: Tensor, y: list[Tensor]) -> None: ...

    assert infer_schema(two, mutates_args="unknown") == "(Tensor(a0!) x, Tensor(a1!)[] y) -> ()"
    assert infer_schema(two, mutates_args=["y"], op_name="foo") == "foo(Tensor x, Tensor(a1!)[] y) -> ()"


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: x, "Parameter x must have a type annotation."),
        (lambda *x: x, "We do not support positional-only args, varargs, or varkwargs."),
    ],
)
def test_functions_without_a_schema(function, text):
    with pytest.raises(ValueError, match=text):
        infer_schema(function, mutates_args=())
