"""Ops defined by schemas, with kernels by dispatch key; ops of the library by name."""

from __future__ import annotations

import ferrotorch as torch
import numpy as np
import pytest
from ferrotorch.library import Library


@pytest.fixture
def library():
    made = Library("tests_lib", "DEF")
    yield made
    made._destroy()


def test_define_and_implement(library):
    assert library.define("add1(Tensor x, int n=3) -> Tensor") == "add1"
    library.impl("add1", lambda x, n=3: x + n, "CPU")
    op = torch.ops.tests_lib.add1
    assert op(torch.ones(1)).item() == 4.0 and op.default(torch.ones(1), n=5).item() == 6.0
    with pytest.raises(RuntimeError, match="with the same name and overload name multiple times"):
        library.define("add1(Tensor x, int n=3) -> Tensor")
    with pytest.raises(RuntimeError, match="there's already a kernel registered from python overriding add1"):
        library.impl("add1", lambda x, n=3: x, "CPU", allow_override=False)
    library.impl("add1", lambda x, n=3: x - n, "CPU")
    assert op(torch.ones(1)).item() == -2.0
    library.impl("add1", lambda x, n=3: x + n, "CPU")
    with pytest.raises(NotImplementedError, match="tests_lib::add1: attempted to run this operator with Meta tensors"):
        op(torch.ones(1, device="meta"))
    library.impl("add1", lambda x, n=3: torch.empty_like(x), "Meta")
    assert op(torch.ones(1, device="meta")).is_meta
    # A kernel of differentiable ops is differentiable.
    x = torch.ones(1, requires_grad=True)
    assert op(x).requires_grad


def test_kernels_may_come_before_the_definition(library):
    torch.library.impl("tests_lib::early", ["CPU"], lib=library)(lambda x: x * 3)
    with pytest.raises(AttributeError, match="early"):
        torch.ops.tests_lib.early  # noqa: B018
    library.define("early(Tensor x) -> Tensor")
    library.impl("early", lambda x: x * 2, "CompositeExplicitAutograd")
    assert torch.ops.tests_lib.early(torch.ones(1)).item() == 3


def test_overloads(library):
    library.define("twice.int(int x) -> int")
    library.define("twice.Tensor(Tensor x) -> Tensor")
    library.impl("twice.int", lambda x: 2 * x, "CompositeExplicitAutograd")
    library.impl("twice.Tensor", lambda x: x + x, "CompositeImplicitAutograd")
    op = torch.ops.tests_lib.twice
    assert op.overloads() == ["int", "Tensor"] and op(4) == 8 and op(torch.ones(2)).tolist() == [2.0, 2.0]
    # A tensor of one number is a number, for the overload that is asked first; not a complex one.
    assert op(torch.ones(1)) == 2 and op(torch.tensor([1j])).item() == 2j
    assert op.int.name() == "tests_lib::twice.int"


def test_functions_of_the_module():
    torch.library.define("tests_lib2::mul", "(Tensor a, Tensor b) -> Tensor")

    @torch.library.impl("tests_lib2::mul", "cpu")
    def _(a, b):
        return a * b

    torch.library.register_fake("tests_lib2::mul", lambda a, b: torch.empty_like(a))
    op = torch.ops.tests_lib2.mul
    assert op(torch.ones(1), torch.full((1,), 3.0)).item() == 3.0
    assert set(torch.library.opcheck(op.default, (torch.ones(1), torch.ones(1))).values()) == {"SUCCESS"}
    assert torch.vmap(op)(torch.ones(3, 1), torch.ones(3, 1)).shape == (3, 1)

    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    torch.library.register_autograd(
        "tests_lib2::mul", lambda ctx, g: (g * 10, g * ctx.saved_tensors[0]), setup_context=setup_context
    )
    a = torch.ones(1, requires_grad=True)
    op(a, torch.ones(1)).backward()
    assert a.grad.item() == 10.0


def test_what_cannot_be_registered():
    with pytest.raises(NotImplementedError, match="ops of 'aten' are compiled here"):
        Library("aten", "IMPL").impl("add.Tensor", lambda a, b: a, "CPU")
    with pytest.raises(NotImplementedError, match=r"torch.library.triton_op: Triton kernels need CUDA"):
        torch.library.triton_op("a::b", mutates_args=())
    with pytest.raises(RuntimeError, match="cannot parse the schema"):
        Library("tests_lib3", "FRAGMENT").define("no schema")
    with pytest.raises(RuntimeError, match="could not parse dispatch key: Nowhere"):
        Library("tests_lib3", "FRAGMENT", "Nowhere")


def test_ops_of_the_library_by_name():
    aten = torch.ops.aten
    assert str(aten.add.Tensor._schema) == "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"
    assert aten.relu_.default._schema.is_mutable and not aten.relu.default._schema.is_mutable
    assert aten.sum.dim_IntList(torch.ones(2, 2), [0]).tolist() == [2.0, 2.0]
    assert aten._to_copy(torch.ones(1), dtype=torch.float64).dtype is torch.float64
    assert aten.view.default(torch.ones(4), [2, 2]).shape == (2, 2)
    assert aten.add(self=torch.ones(1), other=2).item() == 3
    assert torch.ops.prim.device(torch.ones(1)) == torch.device("cpu")
    assert aten.add.overloads()[:2] == ["Tensor", "Scalar"]


def test_kernels_where_autocast_is_on() -> None:
    library = torch.library.Library("casting", "DEF")
    library.define("twice(Tensor x) -> Tensor")
    library.impl("twice", lambda x: x * 2)

    def cast(x: torch.Tensor) -> torch.Tensor:
        keys = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastCPU)
        with torch._C._ExcludeDispatchKeyGuard(keys):
            return torch.ops.casting.twice(x.bfloat16())

    for key in ("AutocastCPU", "AutocastCUDA", "AutocastXPU"):
        library.impl("twice", cast, key)
    with pytest.raises(RuntimeError, match="already a kernel registered"):
        library.impl("twice", cast, "AutocastCPU", allow_override=False)
    assert torch.ops.casting.twice(torch.ones(2)).dtype is torch.float32
    with torch.autocast("cpu"):
        assert torch.ops.casting.twice(torch.ones(2)).dtype is torch.bfloat16
    library._destroy()


def test_kernels_for_devices_that_are_not_there() -> None:
    library = torch.library.Library("elsewhere", "DEF")
    library.define("twice(Tensor x) -> Tensor")
    torch.library.impl("elsewhere::twice", ("cpu", "xpu", "MPS"))(lambda x: x * 2)
    assert torch.ops.elsewhere.twice(torch.ones(2)).tolist() == [2.0, 2.0]
    library._destroy()


def test_numbers_of_numpy_are_numbers():
    """An op gets Python's numbers, whatever a caller has measured them with."""
    library = Library("numbers_of_numpy", "DEF")
    library.define("scale(Tensor x, float factor, int times) -> Tensor")
    seen = []

    def scale(x, factor, times):
        seen.append((type(factor), type(times)))
        return x * factor**times

    library.impl("scale", scale, "CompositeExplicitAutograd")
    op = torch.ops.numbers_of_numpy.scale
    assert op(torch.ones(1), np.float32(0.5), np.int64(2)).item() == 0.25
    assert op(torch.ones(1), np.int8(3), np.uint8(2)).item() == 9
    assert seen == [(float, int), (float, int)]
    with pytest.raises(RuntimeError, match="'int' for argument 'times'"):
        op(torch.ones(1), 0.5, np.float64(2))
