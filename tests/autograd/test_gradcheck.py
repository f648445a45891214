"""gradcheck and gradgradcheck accept right derivatives and refuse wrong ones."""

import ferrotorch as torch
import pytest
from ferrotorch.autograd import GradcheckError, gradcheck, gradgradcheck


def double(*shape, dtype=torch.float64):
    values = torch.randn((*shape, 2), dtype=torch.float64)
    z = torch.view_as_complex(values) if dtype.is_complex else values[..., 0].contiguous()
    return z.requires_grad_()


def scaled_by(forward, backward):
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * forward

        @staticmethod
        def backward(ctx, grad):
            return grad * backward

    return Scale.apply


FUNCTIONS = {
    "product": (lambda a, b: a * b.exp(), [(3,), (3,)]),
    "matmul": (lambda a, b: a @ b, [(2, 3), (3, 2)]),
    "two outputs": (lambda a: (a.sin(), a.sum()), [(4,)]),
    "softmax": (lambda a: a.softmax(-1), [(2, 3)]),
    "broadcast": (lambda a, b: (a + b) * b, [(2, 1), (3,)]),
    "window": (lambda a: a[1:] * a[:-1], [(4,)]),
    "empty": (lambda a: a * 2, [(0,)]),
    "scalar": (lambda a: a * a, [()]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("fast_mode", [False, True])
def test_right_derivatives(name, fast_mode):
    function, shapes = FUNCTIONS[name]
    inputs = tuple(double(*shape) for shape in shapes)
    assert gradcheck(function, inputs, fast_mode=fast_mode, check_batched_grad=True)
    assert gradgradcheck(function, inputs, fast_mode=fast_mode)
    assert gradgradcheck(function, inputs, gen_non_contig_grad_outputs=True)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_complex(fast_mode):
    z = double(3, dtype=torch.complex128)
    assert gradcheck(lambda z: z * z, (z,), fast_mode=fast_mode)
    assert gradcheck(lambda z: z.abs(), (z,), fast_mode=fast_mode)
    assert gradcheck(lambda x: torch.complex(x, x * x), (double(3),), fast_mode=fast_mode)
    with pytest.raises(GradcheckError, match="Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(scaled_by(2j, 2j), (z,), fast_mode=fast_mode)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_wrong_derivative(fast_mode):
    wrong = scaled_by(2, 3)
    with pytest.raises(GradcheckError, match=r"Jacobian mismatch for output 0 with respect to input 0,\s*numerical:"):
        gradcheck(wrong, (double(2),), fast_mode=fast_mode)
    assert gradcheck(wrong, (double(2),), fast_mode=fast_mode, raise_exception=False) is False


def test_wrong_second_derivative():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x.detach() ** 2

    assert gradcheck(Cube.apply, (double(2),))
    with pytest.raises(GradcheckError):
        gradgradcheck(Cube.apply, (double(2),))


def test_detached_output():
    with pytest.raises(GradcheckError, match="expected to be zero"):
        gradcheck(lambda x: (x * 2).detach(), (double(2),))
    assert gradcheck(lambda x: torch.ones(2, dtype=torch.float64), (double(2),))


def test_backward_that_differs():
    class Noisy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2 + torch.rand_like(grad) * 1e-7

    with pytest.raises(GradcheckError, match="not reentrant"):
        gradcheck(Noisy.apply, (double(2),))
    assert gradcheck(Noisy.apply, (double(2),), nondet_tol=1e-6, check_undefined_grad=False)


def test_undefined_gradients():
    class Two(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            parts = [grad * factor for grad, factor in ((a, 2), (b, 3)) if grad is not None]
            return sum(parts) if parts else None

    assert gradcheck(Two.apply, (double(2),))


class WrongTangent(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * 2 + y, x * 3

    @staticmethod
    def backward(ctx, a, b):
        return a * 2 + b * 3, a

    @staticmethod
    def jvp(ctx, v, w):
        return v * 2 + w, v * 4


@pytest.mark.parametrize("fast_mode", [False, True])
def test_forward_mode(fast_mode):
    assert gradcheck(lambda x, y: (x * y).sin(), (double(2, 3), double(3)), check_forward_ad=True, fast_mode=fast_mode)
    z = torch.tensor([1 + 2j, -0.5j], dtype=torch.complex128, requires_grad=True)
    assert gradcheck(lambda z: (z.abs(), z * z.conj()), (z,), check_forward_ad=True, fast_mode=fast_mode)
    inputs = (double(2), double(2))
    assert gradcheck(WrongTangent.apply, inputs, fast_mode=fast_mode)
    with pytest.raises(GradcheckError, match="forward mode mismatch for output 1 with respect to input 0"):
        gradcheck(WrongTangent.apply, inputs, check_forward_ad=True, check_backward_ad=False, fast_mode=fast_mode)
    assert not gradcheck(
        WrongTangent.apply, inputs, check_forward_ad=True, check_backward_ad=False, fast_mode=fast_mode,
        raise_exception=False,
    )  # fmt: skip


def test_batches_of_tangents():
    assert gradcheck(
        lambda x, y: ((x * y).sin(), x.sum()), (double(2, 3), double(3)), check_forward_ad=True,
        check_batched_forward_grad=True,
    )  # fmt: skip


def test_forward_mode_of_backward():
    check = {"check_fwd_over_rev": True, "check_rev_over_rev": False}
    assert gradgradcheck(lambda x, y: x.exp() * y**3, (double(2, 3), double(3)), **check)

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            return x**2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 * (x.detach() + 0 * x)

        @staticmethod
        def jvp(ctx, v):
            return 2 * v * ctx.saved_tensors[0]

    with pytest.raises(GradcheckError, match="forward mode mismatch"):
        gradgradcheck(Wrong.apply, (double(2),), **check)


def test_absent_tangents():
    class Fickle(torch.autograd.Function):
        """Forgets half where one of three tangents is absent."""

        @staticmethod
        def forward(ctx, x, y, z):
            ctx.set_materialize_grads(False)
            return x + y + z

        @staticmethod
        def backward(ctx, g):
            return g, g, g

        @staticmethod
        def jvp(ctx, *tangents):
            total = sum(t for t in tangents if t is not None)
            return total / 2 if tangents.count(None) == 1 else total

    with pytest.raises(GradcheckError, match="absent tangent of input 0 as zeros"):
        gradcheck(Fickle.apply, (double(2), double(2), double(2)), check_forward_ad=True)


def test_bad_arguments():
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(lambda x: x, (torch.ones(2),))
    with pytest.raises(AssertionError, match="at least one of check_forward_ad or check_backward_ad"):
        gradcheck(lambda x: x, (double(2),), check_backward_ad=False)
    with pytest.raises(AssertionError, match="check_batched_forward_grad=True requires check_forward_ad"):
        gradcheck(lambda x: x, (double(2),), check_batched_forward_grad=True)
    with pytest.raises(AssertionError, match="check_batched_grad=True requires check_backward_ad"):
        gradcheck(lambda x: x, (double(2),), check_batched_grad=True, check_backward_ad=False, check_forward_ad=True)
    with pytest.raises(AssertionError, match="at least one of check_fwd_over_rev or check_rev_over_rev"):
        gradgradcheck(lambda x: x, (double(2),), check_rev_over_rev=False)
    with pytest.raises(RuntimeError, match="stride 0"):
        gradcheck(lambda x: x, (double(1).expand(3),))
    with pytest.warns(UserWarning, match="not a double precision"):
        gradcheck(lambda x: x * 2, (torch.ones(2, requires_grad=True),), atol=0.1)


def test_inputs_are_put_back():
    x = double(3)
    before = x.tolist()
    gradcheck(lambda x: x.exp(), (x,))
    assert x.tolist() == before


@pytest.mark.parametrize("fast", [False, True])
def test_second_derivatives_of_what_is_linear_in_forward_mode(fast):
    x = torch.randn(1, 1, 2, 2, dtype=torch.float64, requires_grad=True)
    y = torch.randn(3, dtype=torch.float64, requires_grad=True)
    for function, inputs in [
        (lambda x: torch.nn.functional.interpolate(x, scale_factor=2, mode="bicubic", align_corners=True), (x,)),
        (lambda x, y: (3 * x, y.sin()), (x, y)),
        (lambda x, y: x * y.sum(), (x, y)),
    ]:
        assert torch.autograd.gradgradcheck(function, inputs, check_fwd_over_rev=True, fast_mode=fast)
