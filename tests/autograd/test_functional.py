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


@pytest.mark.parametrize("vectorize", [False, True])
def test_derivatives_of_and_by_single_numbers(vectorize):
    x = torch.tensor(2.0)
    assert F.jacobian(torch.sin, x, vectorize=vectorize).item() == pytest.approx(-0.41614684)
    assert F.hessian(torch.sin, x, vectorize=vectorize).item() == pytest.approx(-0.90929743)


@pytest.mark.parametrize("product", [F.vjp, F.jvp])
def test_strict_with_a_graph_needs_derivatives_that_depend_on_the_input(product):
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match=r"independent of input 0.*create_graph=True"):
        product(lambda a: 3 * a, x, x, strict=True, create_graph=True)
    assert product(lambda a: a * a, x, x, strict=True, create_graph=True)[1].tolist() == [2, 2]
    with pytest.raises(RuntimeError, match=r"independent of input 0.*create_graph=True"):
        F.jacobian(lambda a: 3 * a, x, strict=True, create_graph=True)
