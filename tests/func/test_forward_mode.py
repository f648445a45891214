"""`torch.func.jvp`, `jacfwd` and `linearize`, and what of `autograd.functional` is by forward mode."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import forward_ad as fw
from ferrotorch.autograd import functional
from ferrotorch.func import grad, jacfwd, jacrev, jvp, linearize, vmap

ONE = torch.tensor(1.0, dtype=torch.float64)


def double(*values):
    return torch.tensor(values, dtype=torch.float64)


def derivative(f):
    """The derivative of a function of one number."""
    return lambda x: jvp(f, (x,), (torch.ones_like(x),))[1]


def test_value_and_product():
    x, v = double(1, 2, 3), double(1, 0, -1)
    value, product = jvp(lambda x: x**2, (x,), (v,))
    assert value.tolist() == [1, 4, 9] and product.tolist() == [2, 0, -6]
    assert not value.requires_grad and fw.unpack_dual(value).tangent is None


def test_nested_arguments_and_results():
    def f(pair, scale):
        return {"sum": pair[0] + pair[1]["y"], "scaled": (pair[0] * scale,)}

    primals = ((ONE * 2, {"y": ONE * 3}), ONE * 5)
    tangents = ((ONE, {"y": ONE * 10}), ONE * 100)
    values, products = jvp(f, primals, tangents)
    assert values["sum"] == 5 and values["scaled"][0] == 10
    assert products["sum"] == 11 and products["scaled"][0] == 5 + 200


def test_aux_is_returned_as_it_is():
    value, product, aux = jvp(lambda x: (x**2, {"x": x, "n": x + 3}), (ONE * 3,), (ONE,), has_aux=True)
    assert (value.item(), product.item(), aux["x"].item(), aux["n"].item()) == (9, 6, 3, 6)
    with fw.dual_level():
        assert fw.unpack_dual(aux["x"]).tangent is None
    with pytest.raises(RuntimeError, match=r"should be a tuple: \(output, aux\)"):
        jvp(lambda x: x, (ONE,), (ONE,), has_aux=True)


@pytest.mark.parametrize(("aux", "kind"), [(1, "int"), ({"a": ONE, "b": ["b"]}, "str"), (None, "NoneType")])
@pytest.mark.parametrize(
    "transformed",
    [
        lambda f: jvp(f, (ONE,), (ONE,), has_aux=True),
        lambda f: jacfwd(f, has_aux=True)(ONE),
        lambda f: torch.func.vjp(f, ONE, has_aux=True),
        lambda f: torch.func.jacrev(f, has_aux=True)(ONE),
        lambda f: torch.func.grad(f, has_aux=True)(ONE),
        lambda f: torch.func.grad_and_value(f, has_aux=True)(ONE),
    ],
)
def test_aux_holds_tensors_alone(transformed, aux, kind):
    with pytest.raises(RuntimeError, match=f"Expected tensors, got unsupported type <class '{kind}'>"):
        transformed(lambda x: (x * 2, aux))


def test_results_that_do_not_depend_on_the_arguments():
    constant = double(1, 2)
    _, product = jvp(lambda x: constant, (ONE,), (ONE,))
    assert product.tolist() == [0, 0]
    with pytest.raises(RuntimeError, match="independent of the inputs"):
        jvp(lambda x: constant, (ONE,), (ONE,), strict=True)


def test_refused_calls():
    for primals, tangents, message in [
        ([ONE], [ONE], "Expected primals to be a tuple"),
        ((ONE, ONE), (ONE,), "same python structure"),
        ((), (), "primals to contain at least one Tensor"),
        ((1.0,), (1.0,), "primals to only contain Tensors"),
        ((ONE,), (1.0,), "tangents to only contain Tensors"),
    ]:
        with pytest.raises(RuntimeError, match=message):
            jvp(lambda x: x, primals, tangents)
    with pytest.raises(RuntimeError, match="return only tensors"):
        jvp(lambda x: 3.0, (ONE,), (ONE,))
    with pytest.raises(RuntimeError, match="non-empty output"):
        jvp(lambda x: None, (ONE,), (ONE,))
    # A call that failed leaves no level behind.
    assert jvp(torch.exp, (ONE * 0,), (ONE,))[1] == 1


def test_derivatives_of_derivatives():
    f = torch.sin
    for wanted in (torch.cos, lambda x: -torch.sin(x), lambda x: -torch.cos(x), torch.sin):
        f = derivative(f)
        assert torch.allclose(f(ONE), wanted(ONE))


def test_levels_are_not_confused():
    # d/dx of x * d/dy (x + y) = 1, and not 2.
    assert derivative(lambda x: x * derivative(lambda y: x + y)(ONE))(ONE) == 1
    # d/dx of x * d/dy (x * y) = 2 x.
    assert derivative(lambda x: x * derivative(lambda y: x * y)(ONE * 5))(ONE * 3) == 6
    # The inner function's argument is the outer's: d/dx of (d/dy y^2 at x) = 2.
    assert derivative(lambda x: derivative(lambda y: y**2)(x))(ONE * 3) == 2
    # An inner tangent that depends on the outer argument.
    assert derivative(lambda x: jvp(torch.sin, (ONE * 0,), (x**2,))[1])(ONE * 3) == 6


def test_in_place_ops_within_levels():
    def f(x):
        y = torch.zeros(2, dtype=x.dtype)
        y[0] = x * x
        y[1:].add_(x)
        y *= x
        return y.sum()

    assert derivative(f)(ONE * 2) == 3 * 4 + 2 * 2
    assert derivative(derivative(f))(ONE * 2) == 6 * 2 + 2


def test_a_level_of_forward_ad_around():
    with fw.dual_level():
        x = fw.make_dual(ONE * 3, ONE)
        assert fw.unpack_dual(derivative(lambda x: x**3)(x)).tangent == 18


def test_gradients_of_products():
    x = double(1, 2).requires_grad_()
    product = jvp(lambda x: (x**3).sum(), (x,), (double(1, 1),))[1]
    assert [g.tolist() for g in torch.autograd.grad(product, x)] == [[6, 12]]


def test_products_of_gradients():
    """Forward over reverse: a product of the Hessian and a vector."""

    def gradient(x):
        x = x.view_as(x)
        x.requires_grad = True
        return torch.autograd.grad((x.prod() + x[0] ** 3).sum(), x, create_graph=True)[0]

    product = jvp(gradient, (double(1, 2, 3),), (double(1, 0, 0),))[1]
    assert product.tolist() == [6, 3, 2]


def test_no_grad_does_not_matter():
    with torch.no_grad():
        assert derivative(lambda x: x**2)(ONE) == 2
    with fw._set_fwd_grad_enabled(False):
        assert derivative(lambda x: x**2)(ONE) == 2


def test_jacobian():
    x = double(1, 2, 3)
    assert jacfwd(lambda x: x[1:] * x[:-1])(x).tolist() == [[2, 1, 0], [0, 3, 2]]
    assert jacfwd(lambda x: x.sum())(x).tolist() == [1, 1, 1]
    assert jacfwd(torch.sin)(ONE).shape == ()
    matrix = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(jacfwd(lambda m: m.t())(matrix), torch.eye(6).reshape(2, 3, 2, 3).permute(1, 0, 2, 3))


def test_jacobians_by_chosen_arguments():
    def f(x, y):
        return x * y, x.sum()

    x, y = double(1, 2), double(3, 4)
    by_second, of_sum = jacfwd(f, argnums=1)(x, y)
    assert by_second.tolist() == [[1, 0], [0, 2]] and of_sum.tolist() == [0, 0]
    (by_y, by_x), (sum_by_y, sum_by_x) = jacfwd(f, argnums=(1, 0))(x, y)
    assert by_x.tolist() == [[3, 0], [0, 4]] and torch.equal(by_y, by_second)
    assert sum_by_x.tolist() == [1, 1] and sum_by_y.tolist() == [0, 0]
    assert jacfwd(f, argnums=-1)(x, y)[0].tolist() == by_second.tolist()


def test_jacobians_of_nested_arguments_with_aux():
    jacobian, aux = jacfwd(lambda d: ({"r": d["a"] * d["b"]}, d["a"]), has_aux=True)({"a": double(1, 2), "b": ONE * 3})
    assert jacobian["r"]["a"].tolist() == [[3, 0], [0, 3]] and jacobian["r"]["b"].tolist() == [1, 2]
    assert aux.tolist() == [1, 2]


def test_hessian_by_forward_mode():
    def f(x):
        return x.prod() + (x**3).sum()

    x = double(1, 2, 3)
    wanted = [[6, 3, 2], [3, 12, 1], [2, 1, 18]]
    assert jacfwd(jacfwd(f))(x).tolist() == wanted
    for strategy in ("forward-mode", "reverse-mode"):
        found = functional.hessian(f, x, vectorize=True, outer_jacobian_strategy=strategy)
        assert found.tolist() == wanted
    pair = functional.hessian(
        lambda x, y: (x**2 * y).sum(), (ONE * 2, ONE * 5), vectorize=True, outer_jacobian_strategy="forward-mode"
    )
    assert [[h.item() for h in row] for row in pair] == [[10, 4], [4, 0]]


def test_refused_jacobians():
    with pytest.raises(RuntimeError, match="Got argnum=2, but only 1 positional inputs"):
        jacfwd(torch.sin, argnums=2)(ONE)
    with pytest.raises(RuntimeError, match="argnums must be int or Tuple"):
        jacfwd(torch.sin, argnums="x")(ONE)
    with pytest.raises(RuntimeError, match="must be unique"):
        jacfwd(torch.mul, argnums=(0, -2))(ONE, ONE)
    with pytest.raises(RuntimeError, match="all inputs to be real"):
        jacfwd(torch.abs)(torch.tensor(1j))
    with pytest.raises(RuntimeError, match="all outputs to be real"):
        jacfwd(lambda x: x * 1j)(ONE)


def test_random_ops_in_jacobians():
    def f(x):
        return x * torch.rand(2, dtype=x.dtype)

    x = double(1, 2)
    with pytest.raises(RuntimeError, match="random"):
        jacfwd(f)(x)
    torch.manual_seed(0)
    once = jacfwd(f, randomness="same")(x).diagonal()
    torch.manual_seed(0)
    assert torch.equal(once, torch.rand(2, dtype=torch.float64))
    assert (jacfwd(f, randomness="different")(x).diagonal() > 0).all()
    with pytest.raises(RuntimeError, match="randomness"):
        jacfwd(f, randomness="none")(x)


def test_jacobian_of_autograd_functional():
    def f(x, y):
        return x * y, y.sum()

    x, y = double(1, 2), double(3, 4)
    for strategy in ("forward-mode", "reverse-mode"):
        found = functional.jacobian(f, (x, y), vectorize=True, strategy=strategy)
        assert [[block.tolist() for block in row] for row in found] == [
            [[[3, 0], [0, 4]], [[1, 0], [0, 2]]],
            [[0, 0], [1, 1]],
        ]
    assert functional.jacobian(torch.sin, ONE * 0, vectorize=True, strategy="forward-mode") == 1
    with pytest.raises(NotImplementedError, match="only implemented for `vectorize=True`"):
        functional.jacobian(torch.sin, ONE, strategy="forward-mode")


def test_linearize():
    runs = []

    def f(x, y):
        runs.append(1)
        return {"product": x * y, "y": y, "constant": torch.zeros(2)}

    values, along = linearize(f, double(1, 2), ONE * 3)
    assert values["product"].tolist() == [3, 6]
    for v, w in ((1.0, 0.0), (0.5, 2.0)):
        found = along(double(v, v), ONE * w)
        assert found["product"].tolist() == [3 * v + w, 3 * v + 2 * w]
        assert found["y"] == w and found["constant"].tolist() == [0, 0]
        assert not found["product"].requires_grad
    assert len(runs) == 1


def test_linearize_within_a_level():
    assert derivative(lambda x: linearize(lambda y: y**3, x)[1](ONE))(ONE * 2) == 12


def test_linearize_refuses_tangents_unlike_its_arguments():
    _, along = linearize(torch.sin, double(1, 2))
    for tangents, message in [
        ((double(1, 2), ONE), "same argspec"),
        ((double(1, 2, 3),), "shape"),
        ((double(1, 2).float(),), "dtype"),
    ]:
        with pytest.raises(RuntimeError, match=message):
            along(*tangents)


def test_samples():
    x, v = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    wanted = x.cos() * v
    assert torch.allclose(vmap(lambda x, v: jvp(torch.sin, (x,), (v,))[1])(x, v), wanted)
    assert torch.allclose(vmap(lambda v: jvp(torch.sin, (x[0],), (v,))[1])(v), x[0].cos() * v)
    assert torch.allclose(jvp(vmap(torch.sin), (x,), (v,))[1], wanted)
    assert torch.allclose(vmap(jacfwd(lambda x: x**2))(x), torch.diag_embed(2 * x))

    def by_duals(x, v):
        with fw.dual_level():
            return fw.unpack_dual(fw.make_dual(x, v).sin()).tangent

    assert torch.allclose(vmap(by_duals)(x, v), wanted)


def test_functions_that_look_at_values_are_taken_column_by_column():
    f = lambda x: x * 2 if x.sum().item() > 0 else x  # noqa: E731
    assert jacfwd(f)(double(1, 2, 3)).diagonal().tolist() == [2, 2, 2]
    assert jacfwd(f)(double(-1, -2, -3)).diagonal().tolist() == [1, 1, 1]


def test_with_the_transforms_of_reverse_mode():
    def f(x):
        return (x**3).sum()

    x, ones = double(1, 2, 3), double(1, 1, 1)
    assert jvp(grad(f), (x,), (ones,))[1].tolist() == [6, 12, 18]
    assert grad(lambda x: jvp(f, (x,), (ones,))[1])(x).tolist() == [6, 12, 18]
    for second in (jacfwd(grad(f)), jacfwd(jacrev(f)), jacrev(jacfwd(f))):
        assert torch.equal(second(x), torch.diag(6 * x))
