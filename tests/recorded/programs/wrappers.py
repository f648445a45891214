"""Tensors of classes that compute by ``__torch_dispatch__``, in derivatives of functions."""

from typing import Any


def _doubling(space: Any) -> Any:
    """A class of wrappers with a slot for what they wrap."""
    torch = space.torch
    from importlib import import_module

    tree_map = import_module(f"{torch.__name__}.utils._pytree").tree_map

    class Wrapper(torch.Tensor):
        __slots__ = ("inner",)

        @staticmethod
        def __new__(cls: Any, inner: Any, requires_grad: bool = False) -> Any:
            made = torch.Tensor._make_wrapper_subclass(
                cls, inner.size(), strides=inner.stride(), dtype=inner.dtype, requires_grad=requires_grad
            )
            made.inner = inner.detach() if requires_grad else inner
            return made

        @classmethod
        def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            inner = tree_map(lambda x: x.inner if isinstance(x, cls) else x, (args, kwargs or {}))
            return tree_map(lambda x: cls(x) if isinstance(x, torch.Tensor) else x, func(*inner[0], **inner[1]))

    return Wrapper


def _inner(values: Any) -> Any:
    return [_inner(value) for value in values] if isinstance(values, tuple | list) else values.inner


def _derivatives(space: Any, name: str, *more: Any, **options: Any) -> Any:
    wrapper = _doubling(space)
    compute = getattr(space.torch.autograd.functional, name)
    point = wrapper(space.T(3))
    vectors = [wrapper(vector) for vector in more]
    cubes = lambda x: (x**3).sum() if name in ("hessian", "hvp", "vhp") else x**3 + x.sum()  # noqa: E731
    return _inner(compute(cubes, point, *vectors, **options))


def products_with_jacobians_of_wrappers(space: Any) -> Any:
    v = space.T(3, shift=0.2)
    return [_derivatives(space, name, v) for name in ("vjp", "jvp", "hvp", "vhp")]


def jacobians_of_wrappers(space: Any) -> Any:
    return [
        _derivatives(space, name, vectorize=vectorize)
        for name in ("jacobian", "hessian")
        for vectorize in (False, True)
    ]


def wrappers_that_want_gradients(space: Any) -> Any:
    wrapper, torch = _doubling(space), space.torch
    x = wrapper(space.T(2, 2))
    return [
        (made.requires_grad, made.is_leaf, type(made) is wrapper)
        for made in (torch.zeros_like(x, requires_grad=True), torch.ones_like(x), x.new_zeros(2, requires_grad=True))
    ]


def wrappers_that_lie_apart(space: Any) -> Any:
    wrapper = _doubling(space)
    made = [wrapper(space.T(2, 1).expand(2, 2)), wrapper(space.T(3, 2).t()), wrapper(space.T(2, 3))]
    return [x.reshape(-1).inner for x in made]
