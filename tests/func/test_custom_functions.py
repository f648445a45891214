"""Functions with a derivative of one's own inside transforms."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import Function
from ferrotorch.func import grad, hessian, jacrev, vmap

X, Y = torch.arange(6.0).reshape(3, 2) + 1, torch.tensor([2.0, 3.0])


class Product(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x, y):
        return x * y, x.sum()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        assert x.dim() == y.dim() == g.dim() == 1 and h.dim() == 0
        return g * y + h, g * x


class ByRule(Function):
    calls: list = []  # noqa: RUF012

    @staticmethod
    def forward(x):
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx, g):
        return 3 * ctx.saved_tensors[0] ** 2 * g

    @staticmethod
    def vmap(info, in_dims, x):
        ByRule.calls.append((info.batch_size, info.randomness, in_dims, tuple(x.shape)))
        return ByRule.apply(x.movedim(in_dims[0], 0)), 0


def test_a_generated_rule_shows_samples_to_forward_and_backward():
    product, total = vmap(Product.apply, (0, None))(X, Y)
    assert torch.equal(product, X * Y) and torch.equal(total, X.sum(1))
    x, y = X.clone().requires_grad_(), Y.clone().requires_grad_()
    product, total = vmap(Product.apply, (0, None))(x, y)
    (product.sum() + total.sum()).backward()
    assert torch.equal(x.grad, (Y + 1).expand(3, 2)) and torch.equal(y.grad, X.sum(0))
    each = vmap(grad(lambda x, y: Product.apply(x, y)[0].sum(), (0, 1)), (0, None))(X, Y)
    assert torch.equal(each[0], Y.expand(3, 2)) and torch.equal(each[1], X)
    nested = vmap(vmap(lambda x, s: Product.apply(x * s, Y)[0], (None, 0)), (0, None))(X, torch.tensor([1.0, 2.0]))
    assert torch.equal(nested, torch.stack([X * Y, 2 * X * Y], 1))


def test_a_rule_of_its_own():
    ByRule.calls.clear()
    assert torch.equal(vmap(ByRule.apply, 1)(X), (X**3).T)
    assert ByRule.calls == [(2, "error", (0,), (2, 3))]
    assert torch.allclose(vmap(grad(lambda x: ByRule.apply(x).sum()))(X), 3 * X**2)
    assert torch.allclose(jacrev(ByRule.apply)(Y), (3 * Y**2).diag())
    assert torch.allclose(jacrev(jacrev(lambda x: ByRule.apply(x).sum()))(Y), (6 * Y).diag())
    with pytest.raises(NotImplementedError, match="implement the jvp function"):
        hessian(lambda x: ByRule.apply(x).sum())(Y)


def test_functions_that_cannot_be_batched():
    class NoRule(ByRule):
        vmap = Function.vmap

    class Both(ByRule):
        generate_vmap_rule = True

    class NoContext(Function):
        @staticmethod
        def forward(ctx, x):
            return x

    for function, text in [(NoRule, "does not have vmap support"), (Both, "both generate_vmap_rule=True"),
                           (NoContext, "it must override the setup_context staticmethod")]:  # fmt: skip
        with pytest.raises(RuntimeError, match=text):
            vmap(function.apply)(X)
