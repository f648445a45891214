"""Gradients, products and Jacobians of functions, nested in one another and in `vmap`."""

import math

import ferrotorch as torch
import pytest
from ferrotorch import nn
from ferrotorch.func import functional_call, grad, grad_and_value, hessian, jacrev, vjp, vmap

X = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
F = nn.functional


def cubes(x):
    return (x**3).sum()


def test_gradients_of_any_order():
    assert torch.allclose(grad(cubes)(X), 3 * X**2)
    assert torch.allclose(grad(lambda x: grad(cubes)(x).sum())(X), 6 * X)
    f = torch.sin
    for k in range(4):
        x = torch.tensor(0.3, dtype=torch.float64)
        assert math.isclose(f(x).item(), math.sin(0.3 + k * math.pi / 2))
        f = grad(f)
    assert not grad(cubes)(X).requires_grad


def test_arguments_by_number_and_in_containers():
    f = lambda p, y, *, k=1: (p["a"] * y * k + p["b"]).sum()  # noqa: E731
    p = {"a": X, "b": X * 2}
    by_p, by_y = grad(f, (0, -1))(p, X + 1, k=3)
    assert torch.allclose(by_p["a"], 3 * (X + 1)) and torch.equal(by_p["b"], torch.ones_like(X))
    assert torch.allclose(by_y, 3 * X)
    assert torch.allclose(grad(f, 1)(p, X), X)


def test_values_and_what_else_is_returned():
    gradient, value = grad_and_value(cubes)(X)
    assert torch.allclose(gradient, 3 * X**2) and torch.allclose(value, cubes(X)) and not value.requires_grad
    gradient, aux = grad(lambda x: (cubes(x), {"y": x * 2}), has_aux=True)(X)
    assert torch.equal(aux["y"], X * 2) and not aux["y"].requires_grad
    assert grad_and_value(lambda x: (cubes(x), x[0]), has_aux=True)(X)[1][1] == X[0]


def test_recording_inside_and_outside():
    with torch.no_grad():
        assert torch.allclose(grad(cubes)(X), 3 * X**2)

    def half(x):
        with torch.no_grad():
            frozen = x**2
        return (x - frozen).sum()

    assert torch.equal(grad(half)(X), torch.ones_like(X))
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    outer = grad(lambda x: (w * x**2).sum())(X)
    outer.sum().backward()
    assert torch.allclose(w.grad, 2 * X)
    x = X.clone().requires_grad_()
    grad(cubes)(x).sum().backward()
    assert torch.allclose(x.grad, 6 * X)
    inner = grad(lambda v: grad(lambda x: (v * x**2).sum())(X).sum())(X)
    assert torch.allclose(inner, 2 * X) and not inner.requires_grad


def test_products_with_vectors():
    value, products = vjp(lambda x, y: {"p": x * y, "s": x.sum()}, X, X + 1)
    assert torch.allclose(value["p"], X * (X + 1)) and not value["p"].requires_grad
    by_x, by_y = products({"p": torch.ones_like(X), "s": torch.tensor(2.0, dtype=torch.float64)})
    assert torch.allclose(by_x, X + 3) and torch.allclose(by_y, X)
    vectors = torch.eye(3, dtype=torch.float64)
    _, of_square = vjp(lambda x: x**2, X)
    assert torch.allclose(vmap(of_square)(vectors)[0], (2 * X).diag())
    assert vjp(lambda x: (x, x[0]), X, has_aux=True)[2] == X[0]


@pytest.mark.parametrize("chunk_size", [None, 1, 2, 100])
def test_jacobians(chunk_size):
    def f(x, y):
        return {"outer": x[:, None] * y, "sum": (x * y).sum()}

    y = torch.tensor([3.0, 4.0, -1.0], dtype=torch.float64)
    result = jacrev(f, (0, 1), chunk_size=chunk_size)(X, y)
    eye = torch.eye(3, dtype=torch.float64)
    assert torch.allclose(result["outer"][0], eye[:, None, :] * y[None, :, None])
    assert torch.allclose(result["outer"][1], X[:, None, None] * eye[None])
    assert torch.allclose(result["sum"][0], y) and torch.allclose(result["sum"][1], X)
    assert torch.allclose(jacrev(lambda x: (x**2, x[0]), has_aux=True, chunk_size=chunk_size)(X)[0], (2 * X).diag())


def test_jacobians_where_samples_cannot_run_together():
    assert torch.allclose(
        jacrev(lambda x: x * 2 if x.sum().item() > 0 else x)(X), 2 * torch.eye(3, dtype=torch.float64)
    )
    calls = []
    assert jacrev(lambda x: (calls.append(x.shape), x.sin())[1])(X).shape == (3, 3)
    assert calls == [(3,)]


def test_hessians_and_what_vmap_makes_of_them():
    assert torch.allclose(hessian(cubes)(X), (6 * X).diag())
    mixed = hessian(lambda a, b: (a**2 * b).sum(), (0, 1))(X, X + 1)
    assert torch.allclose(mixed[0][1], (2 * X).diag()) and torch.allclose(mixed[1][1], torch.zeros(3, 3).double())
    batch = torch.stack([X, X + 1])
    assert torch.allclose(vmap(hessian(cubes))(batch), torch.diag_embed(6 * batch))
    assert torch.allclose(vmap(jacrev(torch.sin))(batch), torch.diag_embed(batch.cos()))
    assert torch.allclose(jacrev(vmap(cubes))(batch)[1, 1], 3 * batch[1] ** 2)
    laplacian = lambda x: hessian(cubes)(x).trace()  # noqa: E731
    assert torch.allclose(grad(lambda x: vmap(laplacian)(x).sum())(batch), torch.full((2, 3), 6.0).double())


def test_gradients_of_every_sample():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.GELU(), nn.MaxPool2d(2), nn.GroupNorm(1, 3), nn.Flatten(),
                        nn.Linear(12, 4), nn.LayerNorm(4)).double()  # fmt: skip
    parameters = {name: p.detach() for name, p in net.named_parameters()}
    images, classes = torch.randn(5, 2, 4, 4, dtype=torch.float64), torch.tensor([0, 1, 2, 3, 0])

    def loss(p, image, label):
        return F.cross_entropy(functional_call(net, p, (image.unsqueeze(0),)), label.unsqueeze(0))

    each = vmap(grad(loss), (None, 0, 0))(parameters, images, classes)
    for i in range(5):
        net.zero_grad()
        F.cross_entropy(net(images[i : i + 1]), classes[i : i + 1]).backward()
        for name, p in net.named_parameters():
            assert torch.allclose(each[name][i], p.grad), name


def test_known_gradients_of_every_sample():
    data = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    loss = lambda w, x, y: (x @ w - y) ** 2  # noqa: E731
    w, y = torch.tensor([1.0, -1.0]), torch.tensor([0.0, 1.0])
    assert vmap(grad(loss), (None, 0, 0))(w, data, y).tolist() == [[-2.0, -4.0], [-12.0, -16.0]]
    nested = vmap(lambda x: grad(lambda w: vmap(lambda s: s * (w @ x) ** 2)(torch.tensor([1.0, 2.0])).sum())(w))(data)
    assert nested.tolist() == [[-6.0, -12.0], [-18.0, -24.0]]


def test_errors():
    for f, text in [
        (lambda x: x, "Expected f.* to return a scalar Tensor, got tensor with 1 dims"),
        (lambda x: 1.0, "to return a Tensor, got <class 'float'>"),
        (lambda x: x.sum() + 1j, "grad can be implicitly created only for real scalar outputs"),
        (lambda x: x.sum().backward(), r"backward\(\) called inside a functorch transform"),
    ]:
        with pytest.raises(RuntimeError, match=text):
            grad(f)(X)
    for argnums, text in [
        (1, "Got argnum=1, but only 1 positional inputs"), ((), "argnums must be non-empty"),
        ((0, 0), "elements must be unique"), ("a", "argnums must be int or Tuple"), ((0.5,), "argnum must be int"),
    ]:  # fmt: skip
        with pytest.raises(RuntimeError, match=text):
            grad(cubes, argnums)(X)
    with pytest.raises(RuntimeError, match="structure of cotangents to be the same"):
        vjp(cubes, X)[1]((X, X))
    with pytest.raises(RuntimeError, match="only Tensors of floating point and complex dtype"):
        grad(lambda x: x.sum())(torch.arange(3))
    with pytest.raises(RuntimeError, match="All outputs of f must be floating-point"):
        vjp(lambda x: x.argmax(), X)
    with pytest.raises(RuntimeError, match="Expected all inputs to be real"):
        jacrev(torch.sin)(X + 1j)
    with pytest.raises(ValueError, match="chunk_size"):
        jacrev(torch.sin, chunk_size=0)
    with pytest.raises(ValueError, match="Thing passed to transform API must be Tensor"):
        grad(cubes)(1.0)


def test_autograd_grad_inside_vmap_is_of_the_samples():
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    with pytest.raises(RuntimeError, match="would be the sum over them"):
        vmap(lambda x: torch.autograd.grad((w * x).sum(), w)[0])(torch.stack([X, X]))
    graph = (w**2).sum()
    seeds = torch.tensor([1.0, 2.0], dtype=torch.float64)
    rows = vmap(lambda s: torch.autograd.grad(graph, w, s, retain_graph=True)[0])(seeds)
    assert torch.equal(rows, torch.tensor([[2.0] * 3, [4.0] * 3]).double())


def test_jacobians_of_autograd_all_rows_at_once():
    from ferrotorch.autograd.functional import jacobian

    f = lambda x, y: (x[:, None] * y, (x * y).sum())  # noqa: E731
    found, expected = jacobian(f, (X, X + 1), vectorize=True), jacobian(f, (X, X + 1))
    for row, other in zip(found, expected, strict=True):
        assert all(map(torch.allclose, row, other))
    x = X.clone().requires_grad_()
    jacobian(torch.sin, x, create_graph=True, vectorize=True).sum().backward()
    assert torch.allclose(x.grad, -X.sin())
    assert not jacobian(torch.sin, x, vectorize=True).requires_grad
    assert torch.autograd.gradcheck(torch.sin, (x,), check_batched_grad=True)


def test_forward_mode_inside_and_outside():
    from ferrotorch.func import jacfwd, jvp

    batch = torch.stack([X, X + 1, X - 1])
    values, slopes = vmap(lambda x: jvp(torch.sin, (x,), (torch.ones_like(x),)))(batch)
    assert torch.allclose(values, batch.sin()) and torch.allclose(slopes, batch.cos())
    shared = vmap(lambda t: jvp(lambda x: x**2, (X,), (t,))[1])(batch)
    assert torch.allclose(shared, 2 * X * batch)
    assert torch.allclose(vmap(jacfwd(torch.sin))(batch), torch.diag_embed(batch.cos()))
    assert torch.allclose(jacrev(jacfwd(cubes))(X), (6 * X).diag())
    assert torch.allclose(jacfwd(jacrev(cubes))(X), (6 * X).diag())
    assert torch.allclose(jacfwd(lambda x: (x**2, x.sum()), has_aux=True)(X)[1], X.sum())
    assert torch.allclose(jacfwd(lambda x: x * 2 if x.sum().item() > 0 else x)(X), 2 * torch.eye(3).double())
