"""Classes that write down what they are asked for."""

from typing import Any

import ferrotorch as torch

#: What was called, with the types of the arguments, in the order of the calls.
LOG: list[tuple[Any, ...]] = []


class Logged(torch.Tensor):
    """A tensor that notes every function that it is given to."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        LOG.append((func, tuple(type(arg).__name__ for arg in args), kwargs))
        return super().__torch_function__(func, types, args, kwargs)


class Duck:
    """No tensor, but an argument of functions all the same; answers with what it was asked."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return func, types, args, kwargs


def called(run) -> list[Any]:
    """The functions that a call asked for."""
    LOG.clear()
    run()
    return [func for func, *_ in LOG]


def logged(*shape: int) -> Any:
    return torch.ones(*shape).as_subclass(Logged)
