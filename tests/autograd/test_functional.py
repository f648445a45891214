"""Jacobians, Hessians and products with them."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import functional as F

A = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
X = torch.tensor([1.0, 2.0])


def test_jacobian():
    assert F.jacobian(lambda x: A @ x, X).tolist() == A.tolist()
    assert F.jacobian(lambda x: x.exp().sum(), X).shape == (2,)


def test_jacobian_of_several():
    rows = F.jacobian(lambda a, b: (a * b, a.sum()), (X, X))
    assert rows[0][0].tolist() == torch.diag(X).tolist()
    assert [t.tolist() for t in rows[1]] == [[1.0, 1.0], [0.0, 0.0]]


def test_hessian():
    assert F.hessian(lambda x: (x**3).sum(), X).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    blocks = F.hessian(lambda a, b: (a * b).sum(), (X, X))
    assert blocks[0][1].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert blocks[0][0].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_products():
    v = torch.tensor([1.0, -1.0])
    value, product = F.vjp(lambda x: A @ x, X, v)
    assert value.tolist() == (A @ X).tolist() and product.tolist() == (v @ A).tolist()
    value, product = F.jvp(lambda x: A @ x, X, v)
    assert value.tolist() == (A @ X).tolist() and product.tolist() == (A @ v).tolist()
    for f in (F.hvp, F.vhp):
        value, product = f(lambda x: (x**3).sum(), X, v)
        assert value.item() == 9 and product.tolist() == [6.0, -12.0]


def test_products_of_several():
    v = (torch.ones(2), torch.zeros(2))
    _, product = F.jvp(lambda a, b: (a * b, a + b), (X, A[0]), v)
    assert [p.tolist() for p in product] == [[1.0, 2.0], [1.0, 1.0]]
    _, product = F.hvp(lambda a, b: (a * b).sum(), (X, X), v)
    assert [p.tolist() for p in product] == [[0.0, 0.0], [1.0, 1.0]]


def test_vector_may_be_left_out_for_one_element():
    x = torch.tensor(3.0)
    assert F.vjp(lambda x: x * x, x)[1].item() == 6
    assert F.jvp(lambda x: x * x, x)[1].item() == 6
    with pytest.raises(RuntimeError, match="can only be None"):
        F.vjp(lambda x: x * 2, X)


def test_create_graph():
    x = X.clone().requires_grad_()
    F.jacobian(lambda x: x**3, x, create_graph=True).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]
    assert not F.jacobian(lambda x: x**3, x).requires_grad


@pytest.mark.parametrize("f", [F.jacobian, F.vjp, F.jvp])
def test_wrong_types(f):
    with pytest.raises(TypeError, match="inputs given to"):
        f(lambda x: x, 3)
    with pytest.raises(TypeError, match="outputs of the user-provided function"):
        f(lambda x: 3, torch.tensor(1.0))


def test_strict():
    with pytest.raises(RuntimeError, match="does not require gradients"):
        F.jacobian(lambda x: x.detach(), X, strict=True)
    with pytest.raises(RuntimeError, match="independent of input 1"):
        F.jacobian(lambda a, b: a * 2, (X, X), strict=True)
    with pytest.raises(RuntimeError, match="independent of the input"):
        F.hessian(lambda x: x.sum(), X, strict=True)


def test_wrong_vector():
    with pytest.raises(RuntimeError, match="invalid size"):
        F.vjp(lambda x: x * 2, X, torch.ones(3))
    with pytest.raises(RuntimeError, match="should contain a single Tensor"):
        F.jvp(lambda x: x * 2, X, (X, X))
    with pytest.raises(RuntimeError, match="single element"):
        F.hessian(lambda x: x * 2, X)


def always(x):
    return torch.ones(2, requires_grad=True).sum()


def linear(x):
    return (x * 3).sum()


def square(x):
    return (x * x).sum()


DEPENDENT = "is independent of input 0. This is not allowed in strict mode when create_graph=True"


@pytest.mark.parametrize(
    ("name", "f", "create_graph", "message"),
    [
        ("vjp", linear, True, "jacobian of the user-provided function " + DEPENDENT),
        ("jvp", linear, True, "jacobian of the user-provided function " + DEPENDENT),
        ("jacobian", linear, True, "jacobian of the user-provided function " + DEPENDENT),
        ("hessian", square, True, "jacobian of the user-provided function " + DEPENDENT),
        ("vhp", square, True, "hessian of the user-provided function " + DEPENDENT),
        ("hvp", square, True, "hessian of the user-provided function " + DEPENDENT),
        ("hessian", always, False, "While computing the hessian, found that the jacobian"),
        ("vhp", linear, False, "While computing the hessian, found that the jacobian"),
        ("vhp", always, False, "output of the user-provided function is independent"),
    ],
)
def test_strict_refuses_what_does_not_depend_on_the_input(name, f, create_graph, message):
    x = torch.tensor([1.0, 2.0])
    vector = {"vjp": (torch.tensor(1.0),), "jacobian": (), "hessian": ()}.get(name, (torch.ones(2),))
    function = getattr(F, name)
    with pytest.raises(RuntimeError, match=message):
        function(f, x, *vector, strict=True, create_graph=create_graph)
    function(f, x, *vector, create_graph=create_graph)


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobian_and_hessian_of_0_dim_inputs(strategy):
    x = torch.tensor(2.0)
    assert torch.allclose(F.jacobian(torch.cos, x, vectorize=True, strategy=strategy), -x.sin())
    hessian = F.hessian(torch.cos, x, vectorize=True, outer_jacobian_strategy=strategy)
    assert torch.allclose(hessian, -x.cos())
    of_x, of_y = F.jacobian(lambda x, y: x * y, (x, torch.ones(3)), vectorize=True, strategy=strategy)
    assert of_x.tolist() == [1, 1, 1] and torch.equal(of_y, 2 * torch.eye(3))
