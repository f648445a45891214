"""`torch.autograd.forward_ad`: dual tensors, levels, views and in-place ops, functions of one's own."""

import threading

import ferrotorch as torch
import pytest
from ferrotorch.autograd import Function
from ferrotorch.autograd import forward_ad as fw


def tangent(x):
    return fw.unpack_dual(x).tangent


def dual(values, direction, **kwargs):
    return fw.make_dual(torch.tensor(values, **kwargs), torch.tensor(direction, **kwargs))


def test_a_dual_shares_the_data_and_keeps_the_tangent():
    x, v = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    with fw.dual_level() as level:
        assert level == 0 == fw._current_level
        d = fw.make_dual(x, v)
        assert d.data_ptr() == x.data_ptr() and tangent(d) is v
        assert not d.requires_grad and d.is_leaf and d.grad_fn is None
        assert tangent(x) is None
        primal, found = fw.unpack_dual(d)
        assert primal.data_ptr() == x.data_ptr() and tangent(primal) is None and found is v
        x.add_(1)
        assert d._version == x._version == 1 and d.tolist() == [2.0, 3.0]
    assert fw._current_level == -1
    assert tangent(d) is None and fw.unpack_dual(d).primal is d


def test_tangents_go_with_their_level():
    x, v = torch.tensor([1.0]), torch.tensor([2.0])
    with fw.dual_level():
        old = fw.make_dual(x, v)
    with fw.dual_level():
        assert tangent(old) is None and tangent(old * 2) is None
        assert tangent(fw.make_dual(old, v) * 2).tolist() == [4.0]


def test_what_there_is_no_dual_of():
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match="no level exists"):
        fw.make_dual(x, x)
    with fw.dual_level():
        with pytest.raises(RuntimeError, match=r"different size .* of size \[2\] while .* of size \[3\]"):
            fw.make_dual(x, torch.ones(3))
        with pytest.raises(ValueError, match=r"Expected primal to be floating point or complex, but got: torch\.int64"):
            fw.make_dual(x.long(), x)
        with pytest.raises(ValueError, match="Expected tangent to be floating point or complex"):
            fw.make_dual(x, x.long())
        with pytest.raises(RuntimeError, match="complex forward gradient"):
            fw.make_dual(x, x.to(torch.complex64))
        d = fw.make_dual(x, x)
        with pytest.raises(RuntimeError, match="already has a forward gradient at the same level 0"):
            fw.make_dual(d, x)
        with pytest.raises(RuntimeError, match="itself has a forward gradient at the same level0"):
            fw.make_dual(x, d)


def test_levels_are_entered_and_left_in_order():
    with pytest.raises(RuntimeError, match="Dual level must be a positive number"):
        fw.exit_dual_level()
    level = fw.enter_dual_level()
    with pytest.raises(RuntimeError, match="Nested forward mode AD is not supported"):
        fw.enter_dual_level()
    with pytest.raises(RuntimeError, match="not the last one that was created"):
        fw.exit_dual_level(level=level + 1)
    fw.exit_dual_level(level=level)
    assert fw._current_level == -1


def test_a_level_as_a_decorator():
    @fw.dual_level()
    def derivative(x):
        return tangent(fw.make_dual(x, torch.ones_like(x)).exp())

    assert torch.equal(derivative(torch.zeros(2)), torch.ones(2))


def test_tangents_of_another_dtype_or_layout_are_copied():
    x = torch.arange(6.0).reshape(2, 3)
    with fw.dual_level():
        of_double = tangent(fw.make_dual(x, torch.ones(2, 3, dtype=torch.float64)))
        assert of_double.dtype == torch.float32
        turned = torch.arange(6.0).reshape(3, 2).t()
        found = tangent(fw.make_dual(x, turned))
        assert found is not turned and found.stride() == x.stride() and torch.equal(found, turned)
        z, c = torch.ones(2, dtype=torch.complex64), torch.tensor([1j, 2j])
        assert tangent(fw.make_dual(z, c)) is c
        assert tangent(fw.make_dual(z.conj(), c)) is not c
        assert tangent(fw.make_dual(z, c.conj())).tolist() == [-1j, -2j]


def test_a_view_of_a_dual_is_a_view_of_its_tangent():
    with fw.dual_level():
        v = torch.arange(6.0).reshape(2, 3)
        d = fw.make_dual(torch.ones(2, 3), v)
        views = [
            lambda x: x[1], lambda x: x.t(), lambda x: x[:, 1:], lambda x: x.view(-1), lambda x: x.unbind(1)[2],
        ]  # fmt: skip
        for view in views:
            assert torch.equal(tangent(view(d)), view(v))
            assert tangent(view(d)).untyped_storage().data_ptr() == v.untyped_storage().data_ptr()


def test_writing_to_a_view_changes_the_tangent_of_the_base():
    with fw.dual_level():
        base = dual([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]).clone()
        other = base[1:]
        base[0] *= 5
        assert tangent(base).tolist() == [5.0, 1.0, 1.0] and tangent(other).tolist() == [1.0, 1.0]
        other.mul_(2)
        assert tangent(base).tolist() == [5.0, 2.0, 2.0]
        base[:2] = torch.zeros(2)
        assert tangent(base).tolist() == [0.0, 0.0, 2.0] and tangent(other).tolist() == [0.0, 2.0]
        base.zero_()
        assert tangent(base).tolist() == [0.0, 0.0, 0.0] == tangent(base.t()).tolist()


def test_writing_a_dual_into_a_plain_tensor():
    with fw.dual_level():
        d = dual([1.0, 2.0], [3.0, 4.0])
        writes = [
            lambda t: t.copy_(d), lambda t: t.add_(d), lambda t: t.view(2).copy_(d),
            lambda t: t.__setitem__(slice(None), d),
        ]  # fmt: skip
        for write in writes:
            target = torch.zeros(2)
            write(target)
            assert tangent(target).tolist() == [3.0, 4.0] and not target.requires_grad
        part = torch.zeros(3)
        part[1] = d[0]
        assert tangent(part).tolist() == [0.0, 3.0, 0.0]
        alias = torch.zeros(2)
        alias.detach().add_(d)
        assert tangent(alias) is None


def test_a_write_to_a_dual_is_none_to_the_tensor_it_was_made_of():
    x = torch.tensor([1.0, 2.0])
    with fw.dual_level():
        d = fw.make_dual(x, torch.ones(2))
        d.mul_(d)
        assert x.tolist() == [1.0, 4.0] and tangent(x) is None
        assert tangent(d).tolist() == [2.0, 4.0]


@pytest.mark.parametrize("change", ["t_", "transpose_", "unsqueeze_", "squeeze_"])
def test_shapes_changed_in_place(change):
    args = {"transpose_": (0, 1), "unsqueeze_": (0,)}.get(change, ())
    v = torch.arange(6.0).reshape(2, 3)
    with fw.dual_level():
        d = fw.make_dual(torch.zeros(2, 3), v).clone()
        getattr(d, change)(*args)
        assert torch.equal(tangent(d * 2), getattr(v.clone(), change)(*args) * 2)


def test_what_leaves_tangents_behind():
    with fw.dual_level():
        d = dual([1.0, 2.0], [3.0, 4.0])
        assert tangent(d.detach()) is None and tangent(d.data) is None
        assert tangent(d > 1) is None and tangent(d.argmax()) is None
        assert tangent(torch.zeros_like(d)) is None
        copy = d.clone()
        copy.detach_()
        assert tangent(copy * 2) is None
        with torch.no_grad():
            assert tangent(d * 2).tolist() == [6.0, 8.0]
        with torch.inference_mode():
            assert tangent(d * 2) is None
        with fw._set_fwd_grad_enabled(False):
            assert tangent(d * 2) is None and not fw._is_fwd_grad_enabled()
        assert tangent(d.round()).tolist() == [0.0, 0.0]


def test_results_go_into_no_tensor_that_is_given():
    with fw.dual_level():
        d = dual([1.0, 2.0], [3.0, 4.0])
        for call in (
            lambda: torch.add(d, 1, out=torch.empty(2)), lambda: torch.exp(torch.ones(2), out=d),
            lambda: torch.sum(d, 0, out=torch.empty(())), lambda: torch.cat([d, d], out=torch.empty(4)),
        ):  # fmt: skip
            with pytest.raises(NotImplementedError, match=r"forward AD .* because it is an out= function"):
                call()


def test_duals_are_printed_with_their_tangents():
    with fw.dual_level():
        d = dual([1.0, 2.0], [3.0, 4.0])
        assert repr(d) == "tensor([1., 2.], tangent=tensor([3., 4.]))"
        assert "tangent" not in repr(fw.unpack_dual(d).primal)


def test_levels_belong_to_their_thread():
    with fw.dual_level():
        d = dual([1.0], [2.0])
        seen = []
        thread = threading.Thread(target=lambda: seen.append((fw._current_level, (d * 2).tolist())))
        thread.start()
        thread.join()
        assert seen == [(-1, [2.0])] and tangent(d * 2).tolist() == [4.0]


def test_a_dual_zero_dim_tensor_is_no_number():
    with fw.dual_level():
        scale = dual(2.0, 1.0)
        x = torch.tensor([1.0, 3.0])
        assert tangent(x * scale).tolist() == [1.0, 3.0]
        assert tangent(torch.where(x > 2, x, scale)).tolist() == [1.0, 0.0]


def test_gradients_of_duals_are_dual():
    x, v = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 1.0])
    with fw.dual_level():
        d = fw.make_dual(x, v)
        assert d.requires_grad and not d.is_leaf
        (g,) = torch.autograd.grad((d**3).sum(), d)
        assert g.tolist() == [3.0, 12.0] and tangent(g).tolist() == [6.0, 12.0]
        (d.exp() * d).sum().backward()
        assert torch.allclose(tangent(x.grad), torch.exp(x) * (x + 2))


def test_a_leaf_that_is_dual():
    with fw.dual_level():
        d = dual([1.0, 2.0], [1.0, 1.0]).requires_grad_()
        assert d.is_leaf and d.requires_grad
        (d**3).sum().backward()
        assert tangent(d.grad).tolist() == [6.0, 12.0]


def test_primal_and_tangent_have_their_histories():
    x, v = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
    with fw.dual_level():
        p, t = fw.unpack_dual(fw.make_dual(x, v) ** 2)
        assert [g.tolist() for g in torch.autograd.grad(p.sum(), x, retain_graph=True)] == [[2.0, 4.0]]
        assert [g.tolist() for g in torch.autograd.grad(t.sum(), (x, v))] == [[6.0, 8.0], [2.0, 4.0]]


def test_saved_tensors_with_hooks_keep_their_tangents():
    x = torch.tensor([0.5, 1.0], requires_grad=True)
    with fw.dual_level(), torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        d = fw.make_dual(x, torch.ones(2))
        (g,) = torch.autograd.grad(d.exp().sum() + (d**3).sum(), d)
        assert torch.allclose(tangent(g), x.exp() + 6 * x)


def test_a_walk_within_walks_knows_the_levels():
    """Deeply nested walks go on in threads of their own."""

    class Within(Function):
        @staticmethod
        def forward(ctx, x, depth):
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            ctx.depth = depth
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                y = x.view_as(x).requires_grad_() if not x.requires_grad else x.view_as(x)
                result = Within.apply(y, ctx.depth - 1) if ctx.depth else y**3
            return g * torch.autograd.grad(result, y, torch.ones_like(y))[0], None

        @staticmethod
        def jvp(ctx, v, _):
            (x,) = ctx.saved_tensors
            return 3 * x**2 * v

    x = torch.tensor([2.0], requires_grad=True)
    with fw.dual_level():
        d = fw.make_dual(x, torch.ones(1))
        (g,) = torch.autograd.grad(Within.apply(d, 30), d)
        assert g.item() == 12.0 and tangent(g).item() == 12.0


class Cube(Function):
    @staticmethod
    def forward(ctx, x, scale, y):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x, y)
        ctx.scale = scale
        return scale * x**3 + y, x.detach() > 0

    @staticmethod
    def backward(ctx, g, _):
        (x,) = ctx.saved_tensors
        return g * ctx.scale * 3 * x**2, None, g

    @staticmethod
    def jvp(ctx, v, scale, w):
        x, y = ctx.saved_tensors
        assert scale is None and y is not None
        return ctx.scale * 3 * x**2 * v + w, None


def test_functions_of_ones_own():
    x, y = torch.tensor([1.0, 2.0]), torch.zeros(2)
    with fw.dual_level():
        d = fw.make_dual(x, torch.ones(2))
        result, positive = Cube.apply(d, 2.0, y)
        assert tangent(result).tolist() == [6.0, 24.0] and tangent(positive) is None
        assert not result.requires_grad
        z = x.clone().requires_grad_()
        result, _ = Cube.apply(fw.make_dual(z, torch.ones(2)), 1.0, y)
        (g,) = torch.autograd.grad(result.sum(), z)
        assert g.tolist() == [3.0, 12.0] and tangent(g).tolist() == [6.0, 12.0]


def test_functions_may_ask_for_absent_tangents():
    seen = []

    class Add(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.set_materialize_grads(False)
            return x + y

        @staticmethod
        def jvp(ctx, v, w):
            seen.append((v is None, w is None))
            return v

    with fw.dual_level():
        assert tangent(Add.apply(dual([1.0], [2.0]), torch.ones(1))).tolist() == [2.0]
    assert seen == [(False, True)]


def test_functions_without_a_forward_derivative():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            return g * 2

    class Wrong(Double):
        @staticmethod
        def jvp(ctx, v):
            return v, v

    with fw.dual_level():
        with pytest.raises(NotImplementedError, match="must implement the jvp function"):
            Double.apply(dual([1.0], [2.0]))
        with pytest.raises(RuntimeError, match=r"Wrong.jvp returned 2, expected 1"):
            Wrong.apply(dual([1.0], [2.0]))
        x = torch.ones(1, requires_grad=True)
        (g,) = torch.autograd.grad(Double.apply(x) * dual([1.0], [3.0]), x)
        assert tangent(g).tolist() == [6.0]


def test_save_for_forward_takes_tensors_alone():
    class Bad(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_forward(2)
            return x * 2

    with pytest.raises(TypeError, match="save_for_forward expects all arguments to be tensors"):
        Bad.apply(torch.ones(1))


def test_a_function_that_writes_in_place():
    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            x.exp_()
            ctx.mark_dirty(x)
            ctx.save_for_forward(x)
            return x

        @staticmethod
        def jvp(ctx, v):
            (y,) = ctx.saved_tensors
            return v.mul_(y)

    with fw.dual_level():
        d = dual([0.0, 0.0], [1.0, 2.0]).clone()
        assert Exp.apply(d) is d and tangent(d).tolist() == [1.0, 2.0]


def test_modules_with_parameters_that_are_dual():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
    ).double()
    x = torch.randn(5, 3, dtype=torch.float64)
    parameters = {name: p.detach() for name, p in net.named_parameters()}
    directions = {name: torch.randn_like(p) for name, p in parameters.items()}
    with fw.dual_level():
        duals = {name: fw.make_dual(p, directions[name]) for name, p in parameters.items()}
        found = tangent(torch.func.functional_call(net, duals, x).sum())
    grads = torch.autograd.grad(net(x).sum(), list(net.parameters()))
    wanted = sum((g * directions[name]).sum() for g, name in zip(grads, parameters, strict=True))
    assert torch.allclose(found, wanted)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_recurrent_modules(kind):
    torch.manual_seed(0)
    net = getattr(torch.nn, kind)(3, 4, bidirectional=True).double()
    x, v = torch.randn(2, 5, 2, 3, dtype=torch.float64)
    with fw.dual_level():
        found = tangent(net(fw.make_dual(x, v))[0])
    step = 1e-6
    wanted = (net(x + step * v)[0] - net(x - step * v)[0]) / (2 * step)
    assert torch.allclose(found, wanted, atol=1e-8)


def test_on_each_device(device):
    with fw.dual_level():
        x, v = torch.rand(4, 4, device=device), torch.rand(4, 4, device=device)
        d = fw.make_dual(x, v)
        assert torch.allclose(tangent(d @ d).cpu(), (v @ x + x @ v).cpu(), atol=1e-5)
        d[0] = 0.0
        assert torch.equal(tangent(d.softmax(0).sum(0)).cpu().abs() < 1e-5, torch.ones(4, dtype=torch.bool))
        if device != "cpu":
            with pytest.raises(RuntimeError, match="on device"):
                fw.make_dual(x, v.cpu())
